"""Figures against scikit-learn's, intervals, curves, and what must be the same on every run."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, cohen_kappa_score, f1_score, log_loss

from stance.evaluation import evaluate, paired_difference, resample, wilson
from stance.records import LABELS, DataError
from stance.scoring import FAINT, answer, examples, score, slices_of, word_marks

RNG = np.random.default_rng(3)
N = 400
GOLD = RNG.choice(LABELS, N).tolist()
LOGITS = RNG.normal(size=(N, 4)) + 1.5 * np.eye(4)[[LABELS.index(label) for label in GOLD]]
P = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
GIVEN = [LABELS[j] for j in P.argmax(1)]
GROUPS = [f"g{i // 5}" for i in range(N)]


@pytest.fixture(scope="module")
def found():
    return evaluate(GOLD, P, LABELS, groups=GROUPS, secondary=[""] * N, name="x", repeats=200)


def test_figures_are_those_of_scikit_learn(found):
    m = {name: measure.value for name, measure in found.measures.items()}
    assert m["macro_f1"] == pytest.approx(f1_score(GOLD, GIVEN, average="macro"))
    assert m["kappa"] == pytest.approx(cohen_kappa_score(GOLD, GIVEN))
    columns = [LABELS.index(label) for label in sorted(LABELS)]
    assert m["log_loss"] == pytest.approx(log_loss(GOLD, P[:, columns], labels=sorted(LABELS)))
    assert m["brier"] == pytest.approx(((P - np.eye(4)[[LABELS.index(g) for g in GOLD]]) ** 2).sum(1).mean())
    for j, label in enumerate(LABELS):
        expected = average_precision_score([g == label for g in GOLD], P[:, j])
        assert found.precision_recall[label]["average_precision"] == pytest.approx(expected, abs=1e-6)
    assert "label_or_secondary" not in m


def test_every_interval_holds_its_figure(found):
    for measure in [*found.measures.values(), *(m for values in found.per_label.values() for m in values.values())]:
        assert measure.low <= measure.high
    f1 = found.measures["macro_f1"]
    assert f1.low < f1.value < f1.high
    low, high = wilson(0.5, 100)
    assert (round(low, 3), round(high, 3)) == (0.404, 0.596)


def test_curves_are_sound(found):
    accuracy = [row["accuracy"] for row in found.coverage]
    assert accuracy[0] == pytest.approx(found.measures["accuracy"].value, abs=1e-6)
    assert accuracy[-1] > accuracy[0]
    assert sum(row["n"] for row in found.calibration) == N
    for curve in found.precision_recall.values():
        precision = [point["precision"] for point in curve["points"]]
        assert precision == sorted(precision, reverse=True)


def test_metrics_are_rounded_and_the_same_again(found):
    again = evaluate(GOLD, P, LABELS, groups=GROUPS, secondary=[""] * N, name="x", repeats=200)
    text = json.dumps(found.to_dict(), allow_nan=False)
    assert text == json.dumps(again.to_dict(), allow_nan=False)
    assert "0000001" not in text.replace("1e-", "")


def test_groups_widen_the_interval():
    copies = np.repeat(np.arange(40), 10)  # every document says the same thing ten times
    point, boot, n = resample(np.array(GOLD)[copies].tolist(), P[copies], LABELS, [str(i) for i in copies])
    _, alone, _ = resample(np.array(GOLD)[copies].tolist(), P[copies], LABELS)
    assert n == 40
    assert boot["macro_f1"].std() > 2 * alone["macro_f1"].std()
    assert point["macro_f1"][0] == pytest.approx(f1_score(np.array(GOLD)[copies], np.array(GIVEN)[copies], average="macro"))


def test_paired_difference_of_equals_is_nothing():
    difference, p = paired_difference(GOLD, GIVEN, GIVEN, LABELS, GROUPS)
    assert (difference.value, difference.low, difference.high, p) == (0, 0, 0, 1)
    difference, p = paired_difference(GOLD, GOLD, GIVEN, LABELS, GROUPS)
    assert difference.low > 0
    assert p < 0.01


@pytest.mark.parametrize(("gold", "reason"), [([], "no rows"), (["angry"], "'angry' is not one of")])
def test_what_cannot_be_evaluated_is_refused(gold, reason):
    with pytest.raises(DataError, match=reason):
        evaluate(gold, np.full((len(gold), 4), 0.25), LABELS, name="mine.csv")


# ---- models on sentences --------------------------------------------------------------------------

SENTENCES = pd.DataFrame(
    [
        ("1", "We condemn the brutal attack.", "condemnatory", "", "a", "condemnatory", "condemnatory"),
        ("2", "We condemn the cowardly raid.", "neutral", "", "a", "neutral", "condemnatory"),
        ("3", "We condemn it but “urge restraint”.", "conciliatory", "condemnatory", "b", "conciliatory", "conciliatory"),
        ("4", "The ministers did not meet on Tuesday.", "neutral", "", "b", "neutral", "neutral"),
        ("5", "We thank Jordan for sheltering refugees.", "supportive", "", "c", "supportive", "supportive"),
    ],
    columns=["id", "text", "label", "secondary", "group", "annotator_a", "annotator_b"],
).assign(kind="", genre="speech", topic="")


@pytest.fixture(scope="module")
def answers(model):
    return answer(SENTENCES, [(model, np.array([0, 2, 4])), (model, np.array([1, 3]))])


def test_answers_come_back_in_order(model, answers):
    assert np.allclose(answers.probabilities, model.predict_proba(SENTENCES["text"].tolist()), atol=1e-12)


def test_examples_are_errors_with_reasons(answers):
    found = examples(answers)
    assert [row["id"] for row in found["errors"]] == ["2"]  # the third gave its second stance, which is no error
    (error,) = found["errors"]
    assert (error["label"], error["predicted"]) == ("neutral", "condemnatory")
    assert any(error["text"][int(a) : int(b)].startswith("condemn") and value > 0 for a, b, value in error["marks"])
    assert len(error["reasons"]) == 5
    assert len(found["unsure"]) == len(SENTENCES)


def test_word_marks_share_the_logit_out(model):
    text = SENTENCES["text"][0]
    explanation = model.explain(text)
    marks = word_marks(text, explanation.contributions)
    total = sum(c.value for c in explanation.contributions if c.spans)
    assert sum(value for _, _, value in marks) == pytest.approx(total, abs=len(text.split()) * (FAINT + 0.01))


def test_parts_of_the_data(answers):
    parts = slices_of(SENTENCES, answers.known)
    assert parts["negation"] == ["plain", "plain", "plain", "negated", "plain"]
    assert parts["quotation"][2] == "with quotation"
    assert parts["second stance"][2] == "mixed"
    assert set(parts) == {"length", "quotation", "negation", "second stance", "words known", "genre"}


def test_annotators_stand_beside_the_model(answers):
    record = score(answers, "x", {"file": "x.csv"}).to_dict()
    assert record["data"]["file"] == "x.csv"
    assert len(record["data"]["sha256"]) == 64
    assert record["annotators"]["kappa"]["a – b"]["value"] == pytest.approx(0.8 / 0.76 - 0.24 / 0.76, abs=1e-6)
    assert record["annotators"]["macro_f1"]["value"] < 1
    assert "examples" not in score(answers, "x", quote=False).to_dict()
