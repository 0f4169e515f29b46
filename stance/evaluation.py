"""Gold labels + probabilities → one `Evaluation` of plain numbers with bootstrap intervals.

Computes everything a report shows and draws nothing. Intervals resample whole groups (documents), since
sentences of one document are not independent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .records import DataError

REPEATS = 1000
BINS = 10
RECALLS = tuple(i / 20 for i in range(1, 21))
COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """A figure and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"

    def to_dict(self) -> dict[str, float]:
        """Rounded to six digits: enough for any table, and the same on every machine."""
        return {"value": round(self.value, 6), "low": round(self.low, 6), "high": round(self.high, 6)}


@dataclass(frozen=True)
class Evaluation:
    """How good a model is on some labelled sentences. Every field is plain numbers; see `to_dict`.

    `details` are what scoring.py adds: the data scored (file, hash, date), the annotators' agreement, single sentences.
    """

    name: str
    labels: tuple[str, ...]
    n: int
    n_groups: int
    measures: Mapping[str, Measure]
    per_label: Mapping[str, Mapping[str, Measure]]
    support: Mapping[str, int]
    confusion: list[list[int]]
    calibration: list[dict[str, float]]
    coverage: list[dict[str, float]]
    slices: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    precision_recall: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The JSON shape of metrics.json."""
        return {
            "name": self.name,
            "labels": list(self.labels),
            "n": self.n,
            "n_groups": self.n_groups,
            "measures": {name: m.to_dict() for name, m in self.measures.items()},
            "per_label": {
                label: {**{name: m.to_dict() for name, m in values.items()}, "support": self.support[label]}
                for label, values in self.per_label.items()
            },
            "confusion": self.confusion,
            "calibration": self.calibration,
            "coverage": self.coverage,
            "slices": self.slices,
            "precision_recall": self.precision_recall,
            **self.details,
        }


def f1_from_confusion(confusion: Floats) -> Floats:
    """F1 per label from confusion matrices (… × gold × predicted); 0 where a label is neither given nor predicted."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    total = confusion.sum(-1) + confusion.sum(-2)
    return np.asarray(np.divide(2 * hits, total, out=np.zeros_like(hits, dtype=float), where=total > 0))


def macro_f1(gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> float:
    """The mean over `labels` of F1."""
    return float(f1_from_confusion(_confusion(_codes(gold, labels), _codes(predicted, labels), len(labels))).mean())


def _codes(values: Sequence[str], labels: Sequence[str]) -> NDArray[np.intp]:
    place = {label: i for i, label in enumerate(labels)}
    return np.array([place[value] for value in values], dtype=np.intp)


def _confusion(gold: NDArray[np.intp], predicted: NDArray[np.intp], k: int) -> Floats:
    return np.bincount(gold * k + predicted, minlength=k * k).reshape(k, k).astype(float)


def expected_calibration_error(confidence: Floats, correct: Floats, bins: int = BINS) -> float:
    """Mean gap between confidence and accuracy over equal-width bins, weighted by their size (Guo et al. 2017)."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(place, confidence - correct, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def evaluate(
    gold: Sequence[str],
    probabilities: Floats,
    labels: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    secondary: Sequence[str] | None = None,
    slices: Mapping[str, Sequence[str]] | None = None,
    name: str = "",
    details: Mapping[str, Any] | None = None,
    repeats: int = REPEATS,
) -> Evaluation:
    """Score `probabilities` (n × labels) against `gold` (n labels).

    `groups` are resampled for the intervals (default: single rows); `secondary` are the labels that would have been
    second best; `slices` maps a name to one value a row. Raises DataError for a gold label that the model lacks.
    """
    labels = tuple(labels)
    unknown = sorted(set(gold) - set(labels))
    if unknown:
        raise DataError(f"{name or 'data'}: label {unknown[0]!r} is not one of the model's: {', '.join(labels)}")
    if not len(gold):
        raise DataError(f"{name or 'data'}: no rows to evaluate")
    codes = _codes(gold, labels)
    predicted = probabilities.argmax(axis=1)
    k = len(labels)
    point, boot, n_groups = resample(gold, probabilities, labels, groups, secondary, repeats)
    measures = {key: measure(point[key], boot[key]) for key in point if "/" not in key}
    if secondary is None or not any(secondary):
        measures.pop("label_or_secondary")
    per_label = {
        label: {m: measure(point[f"{m}/{j}"], boot[f"{m}/{j}"]) for m in ("precision", "recall", "f1")}
        for j, label in enumerate(labels)
    }
    confusion = _confusion(codes, predicted, k)
    return Evaluation(
        name=name,
        labels=labels,
        n=len(gold),
        n_groups=n_groups,
        measures=measures,
        per_label=per_label,
        support={label: int((codes == j).sum()) for j, label in enumerate(labels)},
        confusion=confusion.astype(int).tolist(),
        calibration=_calibration(probabilities.max(1), (predicted == codes).astype(float)),
        coverage=_coverage(codes, predicted, probabilities.max(1), k),
        slices=_slices(codes, predicted, k, slices or {}),
        precision_recall=_precision_recall(codes, probabilities, labels),
        details=details or {},
    )


def resample(
    gold: Sequence[str],
    probabilities: Floats,
    labels: Sequence[str],
    groups: Sequence[str] | None = None,
    secondary: Sequence[str] | None = None,
    repeats: int = REPEATS,
) -> tuple[dict[str, Floats], dict[str, Floats], int]:
    """Every measure on the rows as they are (one value) and on `repeats` draws of whole groups; the number of groups.

    The draws depend on the groups alone: two models on the same rows are compared draw by draw. Keys are the measures
    of `Evaluation`, and precision/j, recall/j, f1/j for the label at position j.
    """
    sums = _row_sums(_codes(gold, labels), probabilities.argmax(axis=1), probabilities, labels, secondary)
    group_codes = np.unique(np.asarray(groups if groups is not None else range(len(gold)), dtype=str), return_inverse=True)[1]
    n_groups = int(group_codes.max()) + 1
    by_group = np.zeros((n_groups, sums.shape[1]))
    np.add.at(by_group, group_codes, sums)
    draws = np.random.default_rng(0).multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=repeats)
    k = len(labels)
    return _from_sums(sums.sum(0)[None], k), _from_sums(draws @ by_group, k), n_groups


def _row_sums(
    codes: NDArray[np.intp],
    predicted: NDArray[np.intp],
    probabilities: Floats,
    labels: Sequence[str],
    secondary: Sequence[str] | None,
) -> Floats:
    """One row a sentence of everything that metrics are sums of: confusion cells, losses, calibration bins."""
    n, k = probabilities.shape
    cells = np.zeros((n, k * k))
    cells[np.arange(n), codes * k + predicted] = 1
    truth = np.eye(k)[codes]
    loss = -np.log(np.clip(probabilities[np.arange(n), codes], 1e-15, None))
    brier = ((probabilities - truth) ** 2).sum(1)
    confidence = probabilities.max(1)
    gaps = np.zeros((n, BINS))
    correct = predicted == codes
    gaps[np.arange(n), np.minimum((confidence * BINS).astype(int), BINS - 1)] = confidence - correct
    either = correct | np.array([second == labels[p] for second, p in zip(secondary or [""] * n, predicted, strict=True)])
    return np.column_stack([np.ones(n), loss, brier, either, gaps, cells])


def _from_sums(sums: Floats, k: int) -> dict[str, Floats]:
    n = sums[:, 0]
    confusion = sums[:, 4 + BINS :].reshape(-1, k, k)
    hits = np.diagonal(confusion, axis1=1, axis2=2)
    f1 = f1_from_confusion(confusion)
    expected = (confusion.sum(2) * confusion.sum(1)).sum(1) / n**2
    accuracy = hits.sum(1) / n
    found: dict[str, Floats] = {
        "macro_f1": f1.mean(1),
        "accuracy": accuracy,
        "kappa": np.divide(accuracy - expected, 1 - expected, out=np.zeros_like(n), where=expected < 1),
        "log_loss": sums[:, 1] / n,
        "brier": sums[:, 2] / n,
        "ece": np.abs(sums[:, 4 : 4 + BINS]).sum(1) / n,
        "label_or_secondary": sums[:, 3] / n,
    }
    for j in range(k):
        predicted, given = confusion[:, :, j].sum(1), confusion[:, j].sum(1)
        found[f"precision/{j}"] = np.divide(hits[:, j], predicted, out=np.zeros_like(n), where=predicted > 0)
        found[f"recall/{j}"] = np.divide(hits[:, j], given, out=np.zeros_like(n), where=given > 0)
        found[f"f1/{j}"] = f1[:, j]
    return found


def measure(point: Floats, boot: Floats) -> Measure:
    """The one value of `point` with the 95 % interval of its draws `boot`."""
    low, high = np.percentile(boot, [2.5, 97.5])
    return Measure(float(point[0]), float(low), float(high))


def _calibration(confidence: Floats, correct: Floats) -> list[dict[str, float]]:
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    rows = []
    for b in range(BINS):
        mask = place == b
        if mask.any():
            rows.append(
                {
                    "from": b / BINS,
                    "to": (b + 1) / BINS,
                    "n": int(mask.sum()),
                    "confidence": round(float(confidence[mask].mean()), 6),
                    "accuracy": round(float(correct[mask].mean()), 6),
                }
            )
    return rows


def _coverage(codes: NDArray[np.intp], predicted: NDArray[np.intp], confidence: Floats, k: int) -> list[dict[str, float]]:
    order = np.argsort(-confidence, kind="stable")
    rows = []
    for share in COVERAGES:
        kept = order[: max(1, round(share * len(order)))]
        rows.append(
            {
                "coverage": share,
                "n": len(kept),
                "threshold": round(float(confidence[kept].min()), 6),
                "macro_f1": round(float(f1_from_confusion(_confusion(codes[kept], predicted[kept], k)).mean()), 6),
                "accuracy": round(float((codes[kept] == predicted[kept]).mean()), 6),
            }
        )
    return rows


def _precision_recall(codes: NDArray[np.intp], probabilities: Floats, labels: Sequence[str]) -> dict[str, dict[str, Any]]:
    """For each label the average precision, and the best precision reached at each recall of RECALLS or more."""
    found: dict[str, dict[str, Any]] = {}
    for j, label in enumerate(labels):
        order = np.argsort(-probabilities[:, j], kind="stable")
        truth = codes[order] == j
        if not truth.any():
            continue
        last = np.append(np.diff(probabilities[order, j]) != 0, True)  # rows of equal probability come together
        hits = np.cumsum(truth)[last]
        precision, recall = hits / (np.flatnonzero(last) + 1), hits / truth.sum()
        steps = np.diff(recall, prepend=0)
        best = np.maximum.accumulate(precision[::-1])[::-1]
        found[label] = {
            "average_precision": round(float((steps * precision).sum()), 6),
            "points": [
                {"recall": share, "precision": round(float(best[np.searchsorted(recall, share - 1e-12)]), 6)} for share in RECALLS
            ],
        }
    return found


def _slices(
    codes: NDArray[np.intp], predicted: NDArray[np.intp], k: int, slices: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for name, values in slices.items():
        array = np.asarray(values, dtype=str)
        found[name] = {}
        for value in sorted(set(array.tolist()) - {""}):
            mask = array == value
            hits = float((codes[mask] == predicted[mask]).mean())
            low, high = wilson(hits, int(mask.sum()))
            f1 = float(f1_from_confusion(_confusion(codes[mask], predicted[mask], k)).mean())
            found[name][value] = {
                "n": int(mask.sum()),
                "accuracy": {"value": round(hits, 6), "low": round(low, 6), "high": round(high, 6)},
                "macro_f1": round(f1, 6),
            }
    return found


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a share of `n` (E. B. Wilson, JASA 22, 1927)."""
    z = 1.959964
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return centre - half, centre + half


def paired_difference(
    gold: Sequence[str],
    first: Sequence[str],
    second: Sequence[str],
    labels: Sequence[str],
    groups: Sequence[str] | None = None,
    repeats: int = REPEATS,
) -> tuple[Measure, float]:
    """Macro F1 of `first` minus that of `second` on the same rows, and its two-sided bootstrap p."""
    drawn = [
        resample(gold, np.eye(len(labels))[_codes(given, labels)], labels, groups, repeats=repeats) for given in (first, second)
    ]
    return difference(*((point["macro_f1"], boot["macro_f1"]) for point, boot, _ in drawn))


def difference(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> tuple[Measure, float]:
    """A measure of `first` minus that of `second`, each (value, draws) of `resample`; and its two-sided bootstrap p."""
    boot = first[1] - second[1]
    tail = min((boot <= 0).mean(), (boot >= 0).mean())
    return measure(first[0] - second[0], boot), float(min(1.0, 2 * max(tail, 1 / len(boot))))
