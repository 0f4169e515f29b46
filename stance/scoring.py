"""A model (or those of a cross-validation) on labelled sentences → an `Evaluation` with slices, annotators and examples.

`answer` asks the models, `score` turns their answers into figures; nothing here fits anything.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import annotation
from .dataset import data_hash
from .evaluation import Evaluation, evaluate, measure, resample
from .model import StanceModel
from .records import Contribution

EXAMPLES = 20  # single sentences shown of each sort
FEATURES = 5  # reasons named for each
FAINT = 0.05  # a word that moves the logit by less is not marked
NEGATION = r"\b(?:not|no|never|nor|cannot)\b|n['’]t\b"
_WORD = re.compile(r"\S+")
Judges = Sequence[tuple[StanceModel, NDArray[np.intp]]]


@dataclass(frozen=True)
class Answers:
    """What was said of each row of `frame`: probabilities (n × labels), share of known words, and the model that said it."""

    frame: pd.DataFrame
    labels: tuple[str, ...]
    probabilities: NDArray[np.float64]
    known: NDArray[np.float64]
    judges: list[StanceModel]

    def part(self, rows: NDArray[np.bool_]) -> Answers:
        """The answers to these rows alone."""
        judges = [judge for judge, kept in zip(self.judges, rows, strict=True) if kept]
        return Answers(self.frame[rows], self.labels, self.probabilities[rows], self.known[rows], judges)


def answer(frame: pd.DataFrame, judges: Judges) -> Answers:
    """The answers to all rows; `judges` pairs a model with the positions of the rows it answers."""
    labels = judges[0][0].labels
    probabilities, known = np.zeros((len(frame), len(labels))), np.zeros(len(frame))
    who: list[StanceModel] = [judges[0][0]] * len(frame)
    texts = frame["text"].tolist()
    for model, rows in judges:
        for i, prediction in zip(rows, model.predict([texts[i] for i in rows]), strict=True):
            probabilities[i] = [prediction.probabilities[label] for label in labels]
            known[i] = prediction.known
            who[i] = model
    return Answers(frame, labels, probabilities, known, who)


def score(answers: Answers, name: str, data: Mapping[str, Any] | None = None, *, quote: bool = True) -> Evaluation:
    """The figures of these answers. With `quote` the most confident errors and least certain sentences come along."""
    frame = answers.frame
    details: dict[str, Any] = {"data": {**(data or {}), "n": len(frame), "sha256": data_hash(frame)}}
    people = annotators_of(frame, answers.labels)
    if people:
        details["annotators"] = people
    if quote:
        details["examples"] = examples(answers)
    return evaluate(
        frame["label"].tolist(),
        answers.probabilities,
        answers.labels,
        groups=frame["group"].tolist(),
        secondary=frame["secondary"].tolist(),
        slices=slices_of(frame, answers.known),
        name=name,
        details=details,
    )


def annotators_of(frame: pd.DataFrame, labels: Sequence[str]) -> dict[str, Any] | None:
    """How far the `annotator_…` columns agree: alpha, kappa, and macro F1 of the second scored against the first."""
    between = annotation.between_columns(frame)
    if between is None:
        return None
    found = {key: value for key, value in between.to_dict().items() if key != "disagreements"}
    first, second = (frame[annotation.WIDE + name] for name in between.annotators[:2])
    both = first.isin(labels) & second.isin(labels)
    if both.any():
        given = np.eye(len(labels))[[labels.index(label) for label in second[both]]]
        point, boot, _ = resample(first[both].tolist(), given, labels, frame["group"][both].tolist())
        found["macro_f1"] = measure(point["macro_f1"], boot["macro_f1"]).to_dict()
    return found


def evaluate_model(
    model: StanceModel, frame: pd.DataFrame, name: str, data: Mapping[str, Any] | None = None, *, quote: bool = True
) -> Evaluation:
    """Score one model on labelled sentences; `data` says where they come from (file, date)."""
    return score(answer(frame, [(model, np.arange(len(frame)))]), name, data, quote=quote)


def data_day(path: Path) -> str:
    """The day a data file is of: of its last commit where it is committed as it stands, else of its last change."""
    ask = ["git", "-C", str(path.parent), "log", "-1", "--format=%cs", "--", path.name]
    clean = ["git", "-C", str(path.parent), "diff", "--quiet", "HEAD", "--", path.name]
    try:
        day = subprocess.run(ask, capture_output=True, text=True, timeout=10).stdout.strip()
        if day and subprocess.run(clean, capture_output=True, timeout=10).returncode == 0:
            return day
    except (OSError, subprocess.SubprocessError):
        pass  # no git here
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()


def slices_of(frame: pd.DataFrame, known: NDArray[np.float64]) -> dict[str, list[str]]:
    """The parts of the data that are scored apart: length, quoted, negated, mixed, known words; kind, genre, source."""
    words = frame["text"].map(lambda text: len(text.split()))
    length = pd.cut(words, [0, 12, 25, 40, 10**9], labels=["1-12 words", "13-25 words", "26-40 words", "over 40 words"])
    share = pd.cut(known, [-1, 0.8, 0.9, 0.999, 1], labels=["0 to 80 %", "80 to 90 %", "90 to 99 %", "all of them"])
    found = {
        "length": length.astype(str).tolist(),
        "quotation": np.where(frame["text"].str.contains('["“”]'), "with quotation", "without").tolist(),
        "negation": np.where(frame["text"].str.contains(NEGATION), "negated", "plain").tolist(),
        "second stance": np.where(frame["secondary"] != "", "mixed", "single").tolist(),
        "words known": np.asarray(share, dtype=str).tolist(),
    }
    for column in ("kind", "genre", "source"):
        if column in frame and frame[column].any():
            found[column] = frame[column].tolist()
    return found


# ---- single sentences -----------------------------------------------------------------------------


def examples(answers: Answers, n: int = EXAMPLES) -> dict[str, list[dict[str, Any]]]:
    """The `n` most confident errors and the `n` sentences with the least margin, each with its reasons.

    A sentence whose secondary label was given is no error here; no more than three of one document are shown.
    """
    frame, probabilities = answers.frame, answers.probabilities
    labels = np.array(answers.labels)
    given = labels[probabilities.argmax(1)]
    ranked = np.sort(probabilities, axis=1)
    wrong = (given != frame["label"].to_numpy()) & (given != frame["secondary"].to_numpy())
    surest = np.argsort(-ranked[:, -1], kind="stable")
    wavering = np.argsort(ranked[:, -1] - ranked[:, -2], kind="stable")
    groups = frame["group"].tolist()
    return {
        "errors": [_example(answers, i) for i in _spread([i for i in surest if wrong[i]], groups, n)],
        "unsure": [_example(answers, i) for i in _spread(list(wavering), groups, n)],
    }


def _spread(order: Sequence[int], groups: Sequence[str], n: int, most: int = 3) -> list[int]:
    """The first `n` of `order`, at most `most` of one group."""
    seen: dict[str, int] = {}
    found: list[int] = []
    for i in order:
        seen[groups[i]] = seen.get(groups[i], 0) + 1
        if seen[groups[i]] <= most:
            found.append(int(i))
        if len(found) == n:
            break
    return found


def _example(answers: Answers, i: int) -> dict[str, Any]:
    row = answers.frame.iloc[i]
    explanation = answers.judges[i].explain(row["text"])
    second = answers.labels[int(np.argsort(-answers.probabilities[i], kind="stable")[1])]
    return {
        "id": row["id"],
        "text": row["text"],
        "label": row["label"],
        "secondary": row["secondary"],
        "predicted": explanation.label,
        "runner_up": second,
        "probabilities": {label: round(float(p), 4) for label, p in zip(answers.labels, answers.probabilities[i], strict=True)},
        "marks": word_marks(row["text"], explanation.contributions),
        "reasons": [[c.feature, round(c.value, 3)] for c in explanation.top(FEATURES)],
    }


def word_marks(text: str, contributions: Sequence[Contribution]) -> list[list[float]]:
    """[start, end, share of the logit] of the words that count; a feature is shared out over its characters."""
    weight = np.zeros(len(text))
    for contribution in contributions:
        covered = sorted({i for start, end in contribution.spans for i in range(start, end)})
        if covered:
            weight[covered] += contribution.value / len(covered)
    words = ((m.start(), m.end(), float(weight[m.start() : m.end()].sum())) for m in _WORD.finditer(text))
    return [[start, end, round(value, 2)] for start, end, value in words if abs(value) >= FAINT]


# ---- words for the terminal -----------------------------------------------------------------------


def evaluation_lines(evaluation: Evaluation) -> str:
    """The main figures of an evaluation as a few lines of text."""
    lines = [f"{evaluation.name}: {evaluation.n} sentences, {evaluation.n_groups} groups; 95 % intervals"]
    lines += [f"  {name:<20} {measure}" for name, measure in evaluation.measures.items()]
    lines += [
        f"  F1 {label:<17} {values['f1']}  (n = {evaluation.support[label]})" for label, values in evaluation.per_label.items()
    ]
    return "\n".join(lines)
