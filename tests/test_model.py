"""`StanceModel`: answers, reasons, odd input, and the folder it is read from."""

import json
import math
import shutil
import time
import tracemalloc
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stance
from stance import InputError, ModelError
from stance.dataset import knowledge_folder, read_labelled
from stance.model import default_folder

SENTENCE = "The minister condemned the attack as a flagrant violation of international law."


@pytest.fixture(scope="module")
def sentences():
    return read_labelled(knowledge_folder() / "sentences.csv")["text"].tolist()


def test_shape_of_the_answer_follows_the_type(model):
    assert isinstance(model.predict(SENTENCE), stance.Prediction)
    assert [p.label for p in model.predict([SENTENCE])] == ["condemnatory"]
    assert model.predict([]) == []
    frame = model.predict(pd.Series([SENTENCE, "The talks begin on Monday."], index=["a", "b"]))
    assert list(frame.index) == ["a", "b"]
    assert list(frame) == [
        "label",
        "confidence",
        "p_supportive",
        "p_conciliatory",
        "p_condemnatory",
        "p_neutral",
        "known",
        "recognised",
    ]
    assert model.predict_proba([SENTENCE]).shape == (1, 4)
    assert model.predict_proba([]).shape == (0, 4)


def test_all_doors_give_the_same_answer(model):
    one = model.predict(SENTENCE)
    assert one == model.predict([SENTENCE])[0] == stance.predict(SENTENCE)
    assert list(one.probabilities.values()) == pytest.approx(model.predict_proba([SENTENCE])[0].tolist(), abs=1e-12)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "NoneType"),
        (3, "int"),
        (b"x", "decode it first"),
        ({"a": 1}, "dict"),
        ([1], "item 0 is int"),
        (["a", None], "item 1 is NoneType"),
        (pd.Series(["a", float("nan")]), "item 1 is float"),
        (iter(["a"]), "iterator"),
    ],
)
def test_wrong_types_are_refused_by_name(model, value, reason):
    with pytest.raises(InputError, match=reason):
        model.predict(value)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, math.nan])
def test_min_confidence_is_a_share(model, threshold):
    with pytest.raises(InputError, match="from 0 to 1"):
        model.predict(SENTENCE, min_confidence=threshold)


def test_the_model_abstains_below_min_confidence(model):
    unsure = model.predict("Perhaps.", min_confidence=1.0)
    assert unsure.label is None
    assert model.predict(SENTENCE, min_confidence=0.0).label == "condemnatory"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "😀😀",
        "我们谴责这次袭击",
        "Россия осудила удар",
        "12 345",
        "https://example.org/condemn",
        "x",
        "\x00",
        "\ud800",
    ],
)
def test_what_the_model_does_not_know_it_says(model, text):
    prediction = model.predict(text)
    assert not prediction.recognised
    assert prediction.known == 0
    assert math.isclose(sum(prediction.probabilities.values()), 1, abs_tol=1e-9)


@pytest.mark.parametrize("piece", ["a", "é", "1", "\u0301", "中", "http://a/"])
def test_two_megabytes_without_a_space_take_under_fifty(model, piece):
    text = piece * (2_000_000 // len(piece))
    tracemalloc.start()
    prediction = model.predict(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000
    assert math.isclose(sum(prediction.probabilities.values()), 1, abs_tol=1e-9)


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("piece", ["a", "A.", "x ", "Iran ", "talks, ", "'s", "?", "&amp;", "http://a/", "a@", "www."])
def test_time_is_linear_in_the_text(model, piece):
    def seconds(n):
        text = piece * (n // len(piece))
        start = time.process_time()
        model.predict(text)
        return time.process_time() - start

    seconds(1000)
    small = min(seconds(100_000) for _ in range(3))
    assert min(seconds(200_000) for _ in range(2)) < 2.6 * small + 0.1


def test_known_is_the_share_of_known_words(model):
    assert model.predict("the minister said").known == 1
    assert 0 < model.predict("the zzyzx qwrtp said").known < 1


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_probabilities_are_sound_for_any_text(text):
    prediction = stance.predict(text)
    values = list(prediction.probabilities.values())
    assert all(math.isfinite(p) and 0 <= p <= 1 for p in values)
    assert math.isclose(sum(values), 1, abs_tol=1e-9)
    assert list(prediction.probabilities) == list(stance.LABELS)
    assert prediction.label == stance.LABELS[values.index(max(values))]


def test_reasons_add_up(model, sentences):
    for text in sentences[::15]:
        explanation = model.explain(text)
        total = explanation.intercept + math.fsum(c.value for c in explanation.contributions)
        assert math.isclose(total, explanation.logit, abs_tol=1e-9)
        assert all(text[a:b].strip() for c in explanation.contributions for a, b in c.spans)


def test_explain_another_label(model):
    assert model.explain(SENTENCE, "supportive").logit < model.explain(SENTENCE).logit
    with pytest.raises(InputError, match="not one of"):
        model.explain(SENTENCE, "angry")
    with pytest.raises(InputError, match="one sentence"):
        model.explain([SENTENCE])


def test_save_and_load_round_trip(model, tmp_path, sentences):
    again = stance.load(model.save(tmp_path / "copy"))
    assert np.array_equal(again.predict_proba(sentences[:200]), model.predict_proba(sentences[:200]))
    assert (tmp_path / "copy/weights.safetensors").read_bytes() == (Path(default_folder()) / "weights.safetensors").read_bytes()


def test_weights_are_a_valid_safetensors_file():
    from safetensors.numpy import load_file

    tensors = load_file(Path(default_folder()) / "weights.safetensors")
    assert tensors["weights"].shape == (len(tensors["idf"]), 4)


def test_parity_with_scikit_learn(tmp_path):
    from stance.training import train

    frame = read_labelled(knowledge_folder() / "sentences.csv").iloc[:1500]
    path = tmp_path / "some.csv"
    frame.to_csv(path, index=False)
    outcome = train(path, tmp_path / "model")
    pipeline = joblib.load(tmp_path / "model/pipeline.joblib")
    texts = [*frame["text"], *(t.replace("'", "’").replace(" ", "\u00a0", 1) + " é" for t in frame["text"][:500])]
    order = [list(pipeline.classes_).index(label) for label in outcome.model.labels]
    expected = pipeline.predict_proba(texts)[:, order]
    found = outcome.model.predict_proba(texts)
    assert np.array_equal(found.argmax(1), expected.argmax(1))
    assert np.abs(found - expected).max() < 1e-6


# ---- a folder that is not what it should be -----------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    for name in ("weights.safetensors", "config.json"):
        shutil.copy(Path(default_folder()) / name, tmp_path / name)
    return tmp_path


def change_config(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    config.update(changes)
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format_version": 99}, "format version 99"),
        ({"labels": ["a"]}, "two or more"),
        ({"labels": ["a", "a", "b", "c"]}, "different names"),
        ({"labels": ["a", "b", "c"]}, "expected"),
        ({"labels": "abcd"}, "two or more"),
        ({"templates": ["words 9 x"]}, "not a template"),
        ({"templates": []}, "what is counted"),
        ({"weights_sha256": "0" * 64}, "SHA-256"),
        ({"weights_sha256": None}, "missing"),
        ({"normalise_version": 0}, "text table"),
        ({"recommended_min_confidence": 7}, "from 0 to 1"),
    ],
)
def test_faulty_configurations_are_refused(folder, changes, reason):
    change_config(folder, **changes)
    with pytest.raises(ModelError, match=reason):
        stance.load(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1, "a": 2}', '{"x": NaN}', "[" * 100_000, "\ud800"])
def test_faulty_json_is_refused(folder, text):
    (folder / "config.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ModelError, match=r"config\.json"):
        stance.load(folder)


def test_missing_folder_is_one_line():
    with pytest.raises(ModelError, match="cannot be read") as caught:
        stance.load("/nowhere/at/all")
    assert "\n" not in str(caught.value)
