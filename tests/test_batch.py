"""Batches: the same numbers as one by one, bit for bit, whatever the text, the order and the size of the batch."""

import pickle
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stance
from stance.dataset import knowledge_folder, read_labelled
from stance.lookup import IntMap
from stance.model import BATCH_FROM

PIECES = ["'", ".", "?", '"', "_", "-", " ", "9", "A.", "U.S.", "n't", "'s", "é", "’", "š", "x'y'z", " the United States ", "The Hague", "@", "&amp;",
          "\t", "\u00ad", "…", "Côte d'Ivoire", "http://a.b", "²", "½", "\n", "İ"]  # fmt: skip


def one_by_one(model, texts):
    scores = [model._score(text) for text in texts]
    return np.array([p for p, _ in scores]), np.array([known for _, known in scores])


def assert_same(model, texts):
    probabilities, known = model.score_batch(texts)
    expected, expected_known = one_by_one(model, texts)
    differing = np.flatnonzero((probabilities != expected).any(axis=1) | (known != expected_known))
    assert not len(differing), repr(texts[differing[0]])


@pytest.fixture(scope="module")
def texts():
    return read_labelled(knowledge_folder() / "sentences.csv")["text"].tolist()[::12]


def test_plain_sentences(model, texts):
    assert_same(model, texts)


def test_sentences_with_odd_pieces(model, texts):
    chance = random.Random(1)

    def spoilt(text):
        letters = list(text)
        for _ in range(chance.randint(1, 8)):
            letters.insert(chance.randrange(len(letters) + 1), chance.choice(PIECES))
        return "".join(letters)

    assert_same(model, [spoilt(text) for text in texts])


@given(st.lists(st.text() | st.from_regex(r"[A-Za-z.' 0-9?\"]{0,40}", fullmatch=True), min_size=1, max_size=20))
@settings(max_examples=300, deadline=None)
def test_any_text(texts):
    assert_same(stance.load(), texts)


def test_the_size_of_the_batch_does_not_matter(model, texts):
    whole = model.predict_proba(texts)
    assert len(texts) >= BATCH_FROM
    assert np.array_equal(whole[:50], model.predict_proba(texts[:50]))
    assert np.array_equal(whole[::-1], model.predict_proba(texts[::-1]))
    assert [p.label for p in model.stream(iter(texts), batch=7)] == [p.label for p in model.predict(texts)]


def test_a_word_a_thousand_times(model):
    assert_same(model, ["peace " * 1000, "no " * 70 + "peace"])


def test_int_map_finds_what_was_put_in():
    keys = np.array(random.Random(2).sample(range(1, 10**12), 5000), dtype=np.int64)
    table = IntMap(keys, np.arange(5000))
    assert np.array_equal(table.get(keys), np.arange(5000))
    assert (table.get(keys + 10**13) == -1).all()
    assert (IntMap(keys[:0], keys[:0]).get(keys) == -1).all()


def test_eight_threads_give_one_answer(texts):
    model = stance.StanceModel.load(stance.model.default_folder())
    parts = [texts[i::8] for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda part: model.score_batch(part)[0], parts))
    for part, probabilities in zip(parts, found, strict=True):
        assert np.array_equal(probabilities, one_by_one(model, part)[0])


def test_a_pickled_model_is_its_path_and_hash(model):
    data = pickle.dumps(model)
    assert len(data) < 1000
    assert pickle.loads(data).predict("We condemn it.") == model.predict("We condemn it.")


@pytest.mark.parametrize("threads", ["1", "2"])
def test_other_processes_and_thread_counts_give_the_same_bits(model, texts, threads):
    code = "import sys, json, stance; print(json.dumps(stance.load().score_batch(json.load(sys.stdin))[0].tolist()))"
    import json

    done = subprocess.run([sys.executable, "-c", code], input=json.dumps(texts[:200]), capture_output=True, text=True, check=True,
                          env={"OPENBLAS_NUM_THREADS": threads, "PATH": "", "PYTHONPATH": ":".join(sys.path)})  # fmt: skip
    assert json.loads(done.stdout) == model.score_batch(texts[:200])[0].tolist()
