"""What the adapters to public sets share: read a table, score a yes/no decision with intervals, print beside known figures."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

import stance
from stance.encoding import decode, read_bytes
from stance.evaluation import evaluate, measure
from stance.records import DataError

RESULTS = Path(__file__).parent / "results"
REPEATS = 500


def read_rows(path: Path, delimiter: str) -> list[dict[str, str]]:
    """The rows of a delimited file as dictionaries of text."""
    text, _ = decode(read_bytes(path), str(path))
    csv.field_size_limit(2**31 - 1)
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    if not rows:
        raise DataError(f"{path}: holds no rows; give the file as its authors publish it")
    return [{key: value or "" for key, value in row.items() if key} for row in rows]


def column(rows: Sequence[dict[str, str]], names: Sequence[str], path: Path) -> str:
    """The first of `names` that the table has."""
    for name in names:
        if name in rows[0]:
            return name
    raise DataError(f"{path}: none of the columns {', '.join(names)}; columns found: {', '.join(rows[0])[:200]}")


def mended(text: str) -> str:
    """Tokenised text as people write it: no blank before punctuation, none inside brackets, one between words."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"\s+([.,;:!?)\]%])", r"\1", text)
    text = re.sub(r"([(\[])\s+", r"\1", text)
    return re.sub(r"\s+(['’]s\b|n['’]t\b)", r"\1", text)


def two_way(
    truth: Sequence[bool], decided: Sequence[bool], score: Sequence[float], groups: Sequence[str], names: tuple[str, str]
) -> dict[str, object]:
    """Macro F1, accuracy and kappa of `decided`, area under the curve of `score`; 95 % over `groups`; `names` are (no, yes)."""
    gold = [names[int(value)] for value in truth]
    found = evaluate(gold, np.eye(2)[np.asarray(decided, dtype=int)], names, groups=groups, repeats=REPEATS)
    result = {key: found.measures[key].to_dict() for key in ("macro_f1", "accuracy", "kappa")}
    result["auc"] = measure(*_auc(np.asarray(truth), np.asarray(score), np.asarray(groups))).to_dict()
    return {**result, "n": found.n, "n_groups": found.n_groups, "confusion": found.confusion, "order": list(names)}


def _auc(truth: np.ndarray, score: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    members = [np.flatnonzero(groups == group) for group in dict.fromkeys(groups.tolist())]
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(REPEATS):
        rows = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        if 0 < truth[rows].sum() < len(rows):
            draws.append(roc_auc_score(truth[rows], score[rows]))
    return np.array([roc_auc_score(truth, score)]), np.array(draws)


def table(title: str, ours: dict[str, object], known: dict[str, float]) -> str:
    """Our macro F1 and area under the curve beside the figures of NUMBERS.md."""
    lines = [
        title,
        f"  {'stance (never saw this set)':<44} macro F1 {_said(ours['macro_f1'])}   AUC {_said(ours['auc'])}   n = {ours['n']}",
    ]
    lines += [f"  {name:<44} macro F1 {value:.3f}" for name, value in known.items()]
    return "\n".join(lines)


def _said(figure: object) -> str:
    return "{value:.3f} [{low:.3f}, {high:.3f}]".format(**figure)  # type: ignore[arg-type]


def save(name: str, record: dict[str, object], out: Path | None) -> None:
    """Write the record with the hash of the weights that made it."""
    path = out or RESULTS / f"{name}.json"
    path.write_text(
        json.dumps({"weights_sha256": stance.load().config["weights_sha256"], **record}, indent=1) + "\n", encoding="utf-8"
    )
