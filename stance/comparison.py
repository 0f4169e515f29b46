"""Two models on the same labelled sentences → is the second better, by how much, where, and which sentences changed.

Answers "did my retraining help?" by a paired bootstrap over documents and McNemar's test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest

from .evaluation import Measure, difference, resample
from .model import StanceModel
from .records import DataError
from .scoring import Answers, answer, slices_of

MEASURES = ("macro_f1", "accuracy", "label_or_secondary", "log_loss", "brier", "ece")
LOSSES = ("log_loss", "brier", "ece")  # of these less is better
SURE = 0.05
SMALL = 50  # parts of the data with fewer sentences are shown faintly


@dataclass(frozen=True)
class Change:
    """A measure under the first and the second model, second minus first, and the two-sided bootstrap p."""

    first: float
    second: float
    difference: Measure
    p: float
    n: int

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, rounded."""
        return {
            "first": round(self.first, 6),
            "second": round(self.second, 6),
            "difference": self.difference.to_dict(),
            "p": round(self.p, 4),
            "n": self.n,
        }


@dataclass(frozen=True)
class Comparison:
    """Two models side by side. `mcnemar` counts the sentences that only one got right; `changed` lists other answers."""

    names: tuple[str, str]
    labels: tuple[str, ...]
    n: int
    n_groups: int
    measures: Mapping[str, Change]
    per_label: Mapping[str, Change]
    slices: Mapping[str, Mapping[str, Change]]
    mcnemar: Mapping[str, float]
    changed: Sequence[Mapping[str, Any]]
    cautions: Sequence[str] = ()

    @property
    def verdict(self) -> str:
        """One sentence for a person: better, worse, or no difference that these sentences can show."""
        change = self.measures["macro_f1"]
        size = f"macro F1 {change.first:.3f} → {change.second:.3f} ({change.difference.value:+.3f}, {_interval(change)})"
        if change.p >= SURE:
            return f"No difference that {self.n} sentences can show: {size}, p = {change.p:.3f}."
        better = change.difference.value > 0
        return f"The second model is {'better' if better else 'worse'}: {size}, p = {change.p:.3f}."

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `changed` holds every sentence whose answer changed."""
        return {
            "names": list(self.names),
            "verdict": self.verdict,
            "cautions": list(self.cautions),
            "n": self.n,
            "n_groups": self.n_groups,
            "measures": {name: change.to_dict() for name, change in self.measures.items()},
            "per_label_f1": {label: change.to_dict() for label, change in self.per_label.items()},
            "slices_accuracy": {
                name: {value: change.to_dict() for value, change in values.items()} for name, values in self.slices.items()
            },
            "mcnemar": dict(self.mcnemar),
            "changed": list(self.changed),
        }


def compare(
    frame: pd.DataFrame,
    first: StanceModel,
    second: StanceModel,
    names: tuple[str, str] = ("first", "second"),
    cautions: Sequence[str] = (),
) -> Comparison:
    """The comparison of two models on `frame` (columns of `read_labelled`). DataError where their labels differ."""
    if set(first.labels) != set(second.labels):
        raise DataError(f"the models have other labels: {', '.join(first.labels)} against {', '.join(second.labels)}")
    unknown = sorted(set(frame["label"]) - set(first.labels))
    if unknown:
        raise DataError(f"label {unknown[0]!r} is not one of the models': {', '.join(first.labels)}")
    labels, everything = first.labels, np.arange(len(frame))
    before, after = answer(frame, [(first, everything)]), answer(frame, [(second, everything)])
    order = [second.labels.index(label) for label in labels]
    after = Answers(frame, labels, after.probabilities[:, order], after.known, after.judges)
    found = changes(before, after)
    return Comparison(
        names=names,
        labels=labels,
        n=len(frame),
        n_groups=int(frame["group"].nunique()),
        measures={
            key: found[key] for key in MEASURES if key in found and (key != "label_or_secondary" or any(frame["secondary"]))
        },
        per_label={label: found[f"f1/{j}"] for j, label in enumerate(labels)},
        slices=_slices(before, after),
        mcnemar=mcnemar(_right(before), _right(after)),
        changed=_changed(before, after),
        cautions=cautions,
    )


def changes(before: Answers, after: Answers, rows: NDArray[np.bool_] | None = None) -> dict[str, Change]:
    """Every measure before and after on the same rows (all by default), drawn in pairs."""
    frame = before.frame if rows is None else before.frame[rows]
    drawn = [
        resample(
            frame["label"].tolist(),
            a.probabilities if rows is None else a.probabilities[rows],
            before.labels,
            frame["group"].tolist(),
            frame["secondary"].tolist(),
        )
        for a in (before, after)
    ]
    (old, old_draws, _), (new, new_draws, _) = drawn
    return {
        key: Change(
            float(old[key][0]),
            float(new[key][0]),
            *difference((new[key], new_draws[key]), (old[key], old_draws[key])),
            len(frame),
        )
        for key in old
    }


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> dict[str, float]:
    """McNemar's exact test (Q. McNemar, 1947) on who was right; it takes sentences for independent, unlike the bootstrap."""
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    discordant = only_first + only_second
    p = float(binomtest(only_second, discordant).pvalue) if discordant else 1.0
    return {
        "both_right": int((first & second).sum()),
        "only_first_right": only_first,
        "only_second_right": only_second,
        "both_wrong": int((~first & ~second).sum()),
        "p": round(p, 6),
    }


def _given(answers: Answers) -> NDArray[np.str_]:
    return np.asarray(np.array(answers.labels)[answers.probabilities.argmax(1)])


def _right(answers: Answers) -> NDArray[np.bool_]:
    return np.asarray(_given(answers) == answers.frame["label"].to_numpy())


def _slices(before: Answers, after: Answers) -> dict[str, dict[str, Change]]:
    found: dict[str, dict[str, Change]] = {}
    for name, values in slices_of(before.frame, before.known).items():
        array = np.asarray(values, dtype=str)
        parts = sorted(set(array.tolist()) - {""})
        if len(parts) > 1:
            found[name] = {part: changes(before, after, array == part)["accuracy"] for part in parts}
    return found


def _changed(before: Answers, after: Answers) -> list[dict[str, Any]]:
    """The sentences with another answer: lost ones first, then won ones, then from wrong to wrong; surest first."""
    old, new = _given(before), _given(after)
    rows = []
    for i in np.flatnonzero(old != new):
        row = before.frame.iloc[i]
        outcome = "lost" if old[i] == row["label"] else "won" if new[i] == row["label"] else "still wrong"
        rows.append(
            {
                "outcome": outcome,
                "id": row["id"],
                "text": row["text"],
                "label": row["label"],
                "first": str(old[i]),
                "first_confidence": round(float(before.probabilities[i].max()), 4),
                "second": str(new[i]),
                "second_confidence": round(float(after.probabilities[i].max()), 4),
            }
        )
    rank = ("lost", "won", "still wrong")
    return sorted(rows, key=lambda row: (rank.index(row["outcome"]), -row["second_confidence"], row["id"]))


def cautions(frame_hash: str, models: Mapping[str, StanceModel]) -> list[str]:
    """What makes a comparison on data of this hash misleading: a model that was trained on it."""
    seen = [name for name, model in models.items() if frame_hash in _trained_on(model)]
    return [f"{name} was trained on these very sentences: it looks better here than it is" for name in seen]


def _trained_on(model: StanceModel) -> set[str]:
    data = model.config.get("data") or {}
    return {data.get("sha256", "")} | {part.get("sha256", "") for part in data.get("parts", ())}


# ---- words for the terminal -----------------------------------------------------------------------


def _interval(change: Change) -> str:
    return f"95 % {change.difference.low:+.3f} to {change.difference.high:+.3f}"


def comparison_lines(found: Comparison, shown: int = 20) -> str:
    """The verdict, the measures, labels and parts, and the first `shown` sentences that changed, as text."""
    lines = [
        f"{found.names[0]} → {found.names[1]} on {found.n} sentences of {found.n_groups} groups",
        found.verdict,
        *(f"Caution: {caution}." for caution in found.cautions),
        "",
    ]
    rows = [(name.replace("_", " "), change) for name, change in found.measures.items()]
    rows += [(f"F1 {label}", change) for label, change in found.per_label.items()]
    lines += [_line(name, change) for name, change in rows]
    m = found.mcnemar
    lines += [
        f"  McNemar: {m['only_first_right']} right only before, {m['only_second_right']} only after, p = {m['p']:.3g}",
        "",
        "accuracy in parts of the data",
        *(_line(f"{name}: {part}", change) for name, parts in found.slices.items() for part, change in parts.items()),
        "",
        f"{len(found.changed)} sentences changed",
    ]
    for row in found.changed[:shown]:
        lines.append(f"  {row['outcome']:<12}{row['first']} → {row['second']} (annotated {row['label']})  {row['text']}")
    if len(found.changed) > shown:
        lines.append(f"  … and {len(found.changed) - shown} more; -o DIR or --json gives all")
    return "\n".join(lines)


def _line(name: str, change: Change) -> str:
    sign = "*" if change.p < SURE else " "
    return (
        f"  {name:<28} {change.first:.3f} → {change.second:.3f}  {change.difference.value:+.3f} "
        f"[{change.difference.low:+.3f}, {change.difference.high:+.3f}]{sign} n = {change.n}"
    )
