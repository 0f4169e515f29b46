"""Two models compared: who is better, whether the sentences can tell, and which changed."""

import json
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from stance import comparison
from stance.comparison import changes, compare, comparison_lines, mcnemar
from stance.records import LABELS, DataError
from stance.scoring import Answers

N = 300
RNG = np.random.default_rng(1)
GOLD = RNG.choice(LABELS, N)
FRAME = pd.DataFrame(
    {
        "id": [str(i) for i in range(N)],
        "text": [f"sentence {i}" for i in range(N)],
        "label": GOLD,
        "secondary": "",
        "group": [f"g{i // 3}" for i in range(N)],
        "kind": "",
        "genre": np.where(np.arange(N) % 2, "speech", "news"),
        "topic": "",
    }
)


class Model:
    """Right in a given share of sentences, else the next label."""

    labels = LABELS
    config: ClassVar = {}

    def __init__(self, share, seed=0):
        right = np.random.default_rng(seed).random(N) < share
        codes = np.array([LABELS.index(label) for label in GOLD])
        self.codes = np.where(right, codes, (codes + 1) % 4)


def answers(model):
    return Answers(FRAME, LABELS, 0.1 + 0.6 * np.eye(4)[model.codes], np.ones(N), [model] * N)


@pytest.fixture
def found(monkeypatch):
    monkeypatch.setattr(comparison, "answer", lambda frame, judges: answers(judges[0][0]))
    return lambda first, second: compare(FRAME, first, second, ("old", "new"))


def test_a_better_model_is_called_better(found):
    result = found(Model(0.6), Model(0.8, seed=1))
    assert "better" in result.verdict
    change = result.measures["macro_f1"]
    assert change.difference.low > 0
    assert change.p < 0.01
    assert change.difference.value == pytest.approx(change.second - change.first)
    assert set(result.per_label) == set(LABELS)
    assert set(result.slices["genre"]) == {"speech", "news"}
    assert "worse" in found(Model(0.8, seed=1), Model(0.6)).verdict


def test_the_same_model_is_no_different(found):
    result = found(Model(0.7), Model(0.7))
    assert result.verdict.startswith("No difference that 300 sentences can show")
    assert list(result.changed) == []
    assert result.mcnemar["p"] == 1


def test_changed_sentences_are_sorted_by_what_became_of_them(found):
    result = found(Model(0.6), Model(0.7, seed=1))
    outcomes = [row["outcome"] for row in result.changed]
    assert outcomes == sorted(outcomes, key=("lost", "won", "still wrong").index)
    assert outcomes.count("lost") == result.mcnemar["only_first_right"]
    assert outcomes.count("won") == result.mcnemar["only_second_right"]


def test_mcnemar_is_the_exact_binomial():
    first = np.array([True] * 8 + [False] * 2)
    second = np.array([True] * 6 + [False] * 2 + [True] * 2)
    assert mcnemar(first, second) == {
        "both_right": 6,
        "only_first_right": 2,
        "only_second_right": 2,
        "both_wrong": 0,
        "p": 1.0,
    }
    assert mcnemar(np.zeros(6, bool), np.ones(6, bool))["p"] == pytest.approx(2 / 2**6)


def test_draws_are_paired():
    # a model against itself with one sentence mended: unpaired intervals would be ten times as wide
    first, second = Model(0.7), Model(0.7)
    wrong = np.flatnonzero(second.codes != [LABELS.index(label) for label in GOLD])[0]
    second.codes[wrong] = LABELS.index(GOLD[wrong])
    change = changes(answers(first), answers(second))["accuracy"]
    assert change.difference.high - change.difference.low < 0.02


def test_words_and_json(found):
    result = found(Model(0.6), Model(0.8, seed=1))
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["verdict"] == result.verdict
    lines = comparison_lines(result, shown=3)
    assert "old → new on 300 sentences of 100 groups" in lines
    assert "more; -o DIR or --json gives all" in lines


def test_other_labels_are_refused(found):
    other = Model(0.7)
    other.labels = ("a", "b")
    with pytest.raises(DataError, match="other labels"):
        found(Model(0.7), other)


def test_a_model_trained_on_the_data_is_named(model):
    names = comparison.cautions(model.config["data"]["sha256"], {"default": model})
    assert names == ["default was trained on these very sentences: it looks better here than it is"]
    assert comparison.cautions("0", {"default": model}) == []
