"""Labels that several people gave the same sentences → how far they agree, and where they do not.

Reads a CSV of annotations, long (one row an annotation) or wide (one column an annotator). Our own few lines of Cohen's
kappa and Krippendorff's alpha, with intervals by resampling sentences; the tests hold them against the `krippendorff` package.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dataset import label_order, text_id
from .encoding import decode, read_bytes
from .records import DataError

REPEATS = 1000
WIDE = "annotator_"  # the columns of the wide form begin so
TRUSTED = 0.7  # the codebook: under this on any label, mend the rule before labelling more
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Annotations:
    """Who gave which label to which sentence: `given[sentence][annotator]`, "" where somebody gave none."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    annotators: tuple[str, ...]
    given: tuple[tuple[str, ...], ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that occur, in the order of every table."""
        return tuple(label_order(label for row in self.given for label in row if label))


@dataclass(frozen=True)
class Agreement:
    """How far annotators agree. Figures are dictionaries of value, low and high (95 %), or None where undefined."""

    annotators: tuple[str, ...]
    n: int
    n_shared: int
    alpha: Mapping[str, float] | None
    alpha_by_label: Mapping[str, Mapping[str, float] | None]
    kappa: Mapping[str, Mapping[str, float] | None]
    unanimous: float
    disagreements: Sequence[Mapping[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, the disagreements with every annotator's label."""
        return {
            "annotators": list(self.annotators),
            "n": self.n,
            "n_shared": self.n_shared,
            "alpha": self.alpha,
            "alpha_by_label": dict(self.alpha_by_label),
            "kappa": dict(self.kappa),
            "unanimous": round(self.unanimous, 6),
            "disagreements": list(self.disagreements),
        }


# ---- the two coefficients -------------------------------------------------------------------------


def cohens_kappa(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Agreement of two annotators beyond chance (J. Cohen, 1960); rows where one is empty are left out, None if undefined."""
    order = sorted({*first, *second} - {""})
    if len(order) < 2:
        return None
    return _finite(_kappa(_pair_cells(first, second, order).sum(0)[None], len(order))[0])


def krippendorff_alpha(given: Sequence[Sequence[str]]) -> float | None:
    """Nominal alpha of sentences × annotators, "" for a missing label (K. Krippendorff, Content Analysis, ch. 11).

    None where it is undefined: fewer than two labels occur in sentences that two people labelled.

    >>> krippendorff_alpha([["a", "a"], ["b", "b"], ["a", "b"], ["a", ""]])
    0.4444444444444444
    """
    order = sorted({label for row in given for label in row} - {""})
    if len(order) < 2:
        return None
    return _finite(_alpha(_coincidences(given, order).sum(0)[None], len(order))[0])


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _coincidences(given: Sequence[Sequence[str]], labels: Sequence[str]) -> Floats:
    """Each sentence's share of the coincidence matrix, flattened: sums of rows give the matrix of any sample."""
    k = len(labels)
    counts = np.array([[row.count(label) for label in labels] for row in map(list, given)], dtype=float).reshape(len(given), k)
    total = counts.sum(1)
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(k)
    return np.asarray((pairs / np.maximum(total - 1, 1)[:, None, None]).reshape(len(given), k * k))


def _alpha(sums: Floats, k: int) -> Floats:
    matrix = sums.reshape(-1, k, k)
    margin = matrix.sum(2)
    n = margin.sum(1)
    observed = n - np.trace(matrix, axis1=1, axis2=2)
    expected = n**2 - (margin**2).sum(1)
    return np.asarray(1 - np.divide((n - 1) * observed, expected, out=np.full(len(n), np.nan), where=expected > 0))


def _pair_cells(first: Sequence[str], second: Sequence[str], labels: Sequence[str]) -> Floats:
    place = {label: i for i, label in enumerate(labels)}
    cells = np.zeros((len(first), len(labels) ** 2))
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        if a and b:
            cells[i, place[a] * len(labels) + place[b]] = 1
    return cells


def _kappa(sums: Floats, k: int) -> Floats:
    matrix = sums.reshape(-1, k, k)
    n = np.maximum(matrix.sum((1, 2)), 1)
    observed = np.trace(matrix, axis1=1, axis2=2) / n
    expected = (matrix.sum(1) * matrix.sum(2)).sum(1) / n**2
    sound = (expected < 1) & (matrix.sum((1, 2)) > 0)
    return np.asarray(np.divide(observed - expected, 1 - expected, out=np.full(len(n), np.nan), where=sound))


# ---- the whole picture ----------------------------------------------------------------------------


def agreement(annotations: Annotations, repeats: int = REPEATS) -> Agreement:
    """Alpha over all, alpha of each label against the rest, kappa of each pair, and the sentences people differ on."""
    labels, given = annotations.labels, annotations.given
    draws = np.random.default_rng(0).multinomial(len(given), np.full(len(given), 1 / len(given)), size=repeats)

    def figure(rows: Floats, formula: Any, k: int) -> dict[str, float] | None:
        boot = formula(draws @ rows, k)
        value = _finite(formula(rows.sum(0)[None], k)[0])
        if value is None:
            return None
        low, high = np.nanpercentile(boot, [2.5, 97.5])
        return {"value": round(value, 6), "low": round(float(low), 6), "high": round(float(high), 6)}

    one_against_rest = {
        label: [["" if not value else "yes" if value == label else "no" for value in row] for row in given] for label in labels
    }
    columns = list(zip(*given, strict=True))
    people = annotations.annotators
    shared = [row for row in given if sum(map(bool, row)) > 1]
    return Agreement(
        annotators=people,
        n=len(given),
        n_shared=len(shared),
        alpha=figure(_coincidences(given, labels), _alpha, len(labels)),
        alpha_by_label={label: figure(_coincidences(rows, ("yes", "no")), _alpha, 2) for label, rows in one_against_rest.items()},
        kappa={
            f"{people[i]} – {people[j]}": figure(_pair_cells(columns[i], columns[j], labels), _kappa, len(labels))
            for i, j in combinations(range(len(people)), 2)
        },
        unanimous=sum(len(set(row) - {""}) == 1 for row in shared) / len(shared),
        disagreements=_disagreements(annotations),
    )


def _disagreements(annotations: Annotations) -> list[dict[str, Any]]:
    """The sentences with more than one label; the pairs of labels that part people most often come first."""
    rows: list[dict[str, Any]] = [
        {
            "id": name,
            "text": text,
            "labels": {who: label for who, label in zip(annotations.annotators, row, strict=True) if label},
        }
        for name, text, row in zip(annotations.ids, annotations.texts, annotations.given, strict=True)
        if len(set(row) - {""}) > 1
    ]
    often = Counter(tuple(sorted(set(row["labels"].values()))) for row in rows)
    return sorted(rows, key=lambda row: (-often[tuple(sorted(set(row["labels"].values())))], sorted(row["labels"].values())))


def confusions(found: Agreement) -> list[tuple[str, str, int]]:
    """Which two labels part people, and in how many sentences; most frequent first."""
    pairs = Counter(pair for row in found.disagreements for pair in combinations(sorted(set(row["labels"].values())), 2))
    return [(a, b, n) for (a, b), n in pairs.most_common()]


# ---- reading --------------------------------------------------------------------------------------


def read_annotations(path: str | Path) -> Annotations:
    """Annotations from a CSV. Raises DataError where fewer than two people labelled a sentence in common.

    Long form: columns annotator and label, and id or text to tell the sentences apart. Wide form: one column
    `annotator_NAME` (or `label_NAME`) a person. Empty cells are labels not given.
    """
    text, _ = decode(read_bytes(path), str(path))
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = [{key: value or "" for key, value in row.items() if key} for row in reader]
    except csv.Error as error:
        raise DataError(f"{path}: {error}; check the quotation marks") from None
    header = list(reader.fieldnames or ())
    wide = [name for name in header if name.startswith((WIDE, "label_"))]
    if not rows:
        raise DataError(f"{path}: holds no rows; give a CSV of annotations")
    if len(wide) >= 2:
        found = _from_wide(rows, wide)
    elif {"annotator", "label"} <= set(header) and {"id", "text"} & set(header):
        found = _from_long(rows, str(path))
    else:
        raise DataError(
            f"{path}: no annotations found; give columns annotator, label and id (or text), or two or more columns "
            f"named {WIDE}…; columns found: {', '.join(header)[:200]}"
        )
    if not any(sum(map(bool, row)) > 1 for row in found.given):
        raise DataError(f"{path}: no sentence has labels of two annotators; agreement needs sentences that both labelled")
    return found


def between_columns(frame: Any) -> Agreement | None:
    """The agreement of the `annotator_…` columns of a labelled DataFrame; None where there are not two."""
    columns = [name for name in frame.columns if name.startswith(WIDE)]
    rows = frame[["id", "text", *columns]].to_dict("records")
    found = _from_wide(rows, columns)
    if len(columns) < 2 or not any(sum(map(bool, row)) > 1 for row in found.given):
        return None
    return agreement(found)


def _from_wide(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> Annotations:
    texts = tuple(row.get("text", "") for row in rows)
    return Annotations(
        ids=tuple(
            row.get("id") or (text_id(text) if text else str(i)) for i, (row, text) in enumerate(zip(rows, texts, strict=True))
        ),
        texts=texts,
        annotators=tuple(name.partition("_")[2] for name in columns),
        given=tuple(tuple(row[name].strip() for name in columns) for row in rows),
    )


def _from_long(rows: Sequence[Mapping[str, str]], where: str) -> Annotations:
    people = list(dict.fromkeys(row["annotator"] for row in rows if row["annotator"]))
    texts: dict[str, str] = {}
    given: dict[str, dict[str, str]] = {}
    for number, row in enumerate(rows, start=2):
        name = row.get("id") or text_id(row.get("text", ""))
        texts.setdefault(name, row.get("text", ""))
        labels = given.setdefault(name, {})
        if row["annotator"] in labels:
            raise DataError(f"{where}: row {number}: {row['annotator']!r} labels sentence {name!r} twice; keep one of the two")
        if row["annotator"]:
            labels[row["annotator"]] = row["label"].strip()
    return Annotations(
        ids=tuple(given),
        texts=tuple(texts.values()),
        annotators=tuple(people),
        given=tuple(tuple(labels.get(who, "") for who in people) for labels in given.values()),
    )


# ---- words for the terminal -----------------------------------------------------------------------


def agreement_lines(found: Agreement, shown: int = 20) -> str:
    """The figures, the pairs of labels that part people, and the first `shown` disagreements, as text."""
    lines = [
        f"{found.n_shared} of {found.n} sentences labelled by two or more of {len(found.annotators)} annotators; 95 % intervals",
        f"  Krippendorff's alpha    {_said(found.alpha)}",
        *(f"    {label:<21} {_said(figure)}{_warning(figure)}" for label, figure in found.alpha_by_label.items()),
        *(f"  Cohen's kappa {pair:<12} {_said(figure)}" for pair, figure in found.kappa.items()),
        f"  all agree on            {found.unanimous:.1%}",
    ]
    if found.disagreements:
        lines.append(f"{len(found.disagreements)} disagreements:")
        lines += [f"  {n:5d}  {a} / {b}" for a, b, n in confusions(found)]
        for row in found.disagreements[:shown]:
            lines.append(f"  {row['id']}  " + ", ".join(f"{who}: {label}" for who, label in row["labels"].items()))
            lines.append(f"      {row['text']}")
        if len(found.disagreements) > shown:
            lines.append(f"  … and {len(found.disagreements) - shown} more; --json lists all")
    return "\n".join(lines)


def _said(figure: Mapping[str, float] | None) -> str:
    return "undefined: only one label was given" if figure is None else "{value:.3f} [{low:.3f}, {high:.3f}]".format(**figure)


def _warning(figure: Mapping[str, float] | None) -> str:
    low = figure is not None and figure["value"] < TRUSTED
    return f"   below {TRUSTED:.2f}: mend this label's rule before labelling more" if low else ""
