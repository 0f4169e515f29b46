"""metrics.json and the benchmarks' results → what a reader should take from them, in plain words.

Picks, orders and words figures that others have computed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent.parent / "benchmarks" / "results"  # there in a checkout only
SMALL = 50
_FRACTIONS = (
    *((1 / 4, "1 in 4"), (1 / 3, "1 in 3"), (1 / 2, "1 in 2"), (3 / 5, "3 in 5"), (2 / 3, "2 in 3"), (3 / 4, "3 in 4")),
    *((4 / 5, "4 in 5"), (5 / 6, "5 in 6"), (7 / 8, "7 in 8"), (9 / 10, "9 in 10"), (19 / 20, "19 in 20"), (1.0, "all")),
)
_TRUST = (
    (0.80, "good", "Counts and single answers can be used; check the single sentences that you quote."),
    (0.65, "fair", "Trust counts over many sentences and the surest answers; read single sentences yourself."),
    (0.0, "weak", "Use it to sort sentences for reading, not to count them."),
)


_INSIDE = {"frozen test split": "the frozen test split", "out of fold": "the training data, out of fold"}
_UNPROVEN = "That is text of the training data's own kind: measure the model on text of yours before you rely on it."


def real_text(weights_sha256: str, *, shipped: bool) -> dict[str, Any] | None:
    """The result of benchmarks/real.py for these weights; for the shipped model also an earlier one, marked so."""
    record = _read("real")
    if record is None:
        return None
    current = record.get("weights_sha256") == weights_sha256
    if not (current or shipped):
        return None
    return {
        "data": record["data"],
        "current": current,
        "weights_sha256": record["weights_sha256"],
        "evaluation": {**record["rivals"]["stance"], "data": record["data"]},
        "rivals": {name: found["measures"]["macro_f1"] for name, found in record["rivals"].items() if name != "stance"},
    }


def benchmark_tables() -> list[dict[str, Any]]:
    """The peers, ablation and name-swap results as tables, where they have been measured."""
    titles = {
        "peers": "Against other methods, trained on the same sentences",
        "ablation": "What each part of the model brings",
        "names": "Do names decide? Only the name swapped",
    }
    found = []
    for name, title in titles.items():
        record = _read(name)
        table = as_table(record) if record is not None else None
        if table:
            found.append({"name": name, "title": title, **table})
    return found


def as_table(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Columns, rows and a note from a result file: {"columns", "rows"}, some figures, or records of figures by name."""
    note = str(record.get("note", ""))
    if "columns" in record and "rows" in record:
        return {"columns": list(record["columns"]), "rows": [[_cell(x) for x in row] for row in record["rows"]], "note": note}
    figures = {name: value for name, value in record.items() if isinstance(value, int | float)}
    if len(figures) > 2:
        cells = [[name.replace("_", " "), _cell(value)] for name, value in figures.items()]
        return {"columns": ["figure", "value"], "rows": cells, "note": note}
    for value in record.values():
        rows = _records(value)
        if rows:
            columns = list(dict.fromkeys(key for row in rows for key in row))
            return {"columns": columns, "rows": [[_cell(row.get(key)) for key in columns] for row in rows], "note": note}
    return None


def _records(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, Mapping) and value and all(isinstance(row, Mapping) for row in value.values()):
        value = [{"name": name, **row} for name, row in value.items()]
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(row, Mapping) for row in value):
        return []
    flat = [{**row, **row["measures"]} if isinstance(row.get("measures"), Mapping) else dict(row) for row in value]
    return [{key: cell for key, cell in row.items() if _is_figure(cell)} for row in flat]


def _is_figure(cell: Any) -> bool:
    return isinstance(cell, str | int | float) or (isinstance(cell, Mapping) and "value" in cell and "low" in cell)


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"
    if isinstance(value, float):
        return f"{value:.3f}"
    return "–" if value is None else str(value)


def _read(name: str) -> dict[str, Any] | None:
    try:
        found = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


# ---- at a glance ----------------------------------------------------------------------------------


def at_a_glance(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """What stands on top of a report: the figure that counts, what it means, where it fails, and a ruler to read it by."""
    real = metrics.get("real")
    main = real["evaluation"] if real else metrics["evaluations"][0]
    m = main["measures"]
    level, advice = next((level, advice) for bound, level, advice in _TRUST if m["macro_f1"]["low"] >= bound)
    if not real and main["name"] in _INSIDE:  # text of the training data's own kind: no reason to be at ease
        level, advice = ("weak" if level == "weak" else "fair"), _UNPROVEN
    on = "real text" if real else _INSIDE.get(main["name"], main["name"])
    return {
        "on": on,
        "real": bool(real),
        "current": not real or real["current"],
        "n": main["n"],
        "macro_f1": m["macro_f1"],
        "level": level,
        "right": fraction(m["accuracy"]["value"]),
        "advice": advice,
        "sure": _sure(main),
        "calibration": _calibration(m["ece"]["value"]),
        "weakest_label": min(main["per_label"].items(), key=lambda item: item[1]["f1"]["value"]),
        "confusion": _confusion(main),
        "weakest_part": _weakest_part(main),
        "agreement": _agreement(main),
        "ruler": _ruler(metrics, main, on),
        "seen": [e["name"] for e in metrics["evaluations"] if _trained_on(metrics, e)],
    }


def _trained_on(metrics: Mapping[str, Any], evaluation: Mapping[str, Any]) -> bool:
    """Whether the model was trained on the very sentences of an evaluation."""
    data = metrics["model"].get("data") or {}
    seen = {data.get("sha256"), *(part["sha256"] for part in data.get("parts", ()))}
    return evaluation.get("data", {}).get("sha256") in seen


def fraction(share: float) -> str:
    """The nearest share that people say aloud, as '3 in 4'."""
    return min(_FRACTIONS, key=lambda item: abs(item[0] - share))[1]


def _sure(main: Mapping[str, Any]) -> dict[str, Any] | None:
    """The largest share of answers, surest first, that is right nine times in ten."""
    good = [row for row in main["coverage"] if row["accuracy"] >= 0.895]
    return max(good, key=lambda row: row["coverage"]) if good else None


def _calibration(ece: float) -> str:
    if ece <= 0.05:
        return "Its confidence can be taken at its word"
    return "Its confidence is roughly right" if ece <= 0.1 else "Its confidence is misleading"


def _confusion(main: Mapping[str, Any]) -> dict[str, Any] | None:
    """The commonest mistake."""
    cells = [
        {"label": label, "predicted": main["labels"][j], "n": n, "of": sum(row)}
        for label, row in zip(main["labels"], main["confusion"], strict=True)
        for j, n in enumerate(row)
        if main["labels"][j] != label
    ]
    worst = max(cells, key=lambda cell: cell["n"])
    return worst if worst["n"] else None


def _weakest_part(main: Mapping[str, Any]) -> dict[str, Any] | None:
    """The part of the data with the lowest accuracy among those large enough to tell."""
    parts = [
        {"name": name, "part": part, **found}
        for name, values in main["slices"].items()
        if len(values) > 1
        for part, found in values.items()
        if found["n"] >= SMALL
    ]
    return min(parts, key=lambda part: part["accuracy"]["value"]) if parts else None


def _agreement(main: Mapping[str, Any]) -> dict[str, Any] | None:
    """The model's kappa with the annotation beside the annotators' own."""
    people = [figure for figure in (main.get("annotators") or {}).get("kappa", {}).values() if figure]
    return {"model": main["measures"]["kappa"], "people": people[0]} if people else None


def _ruler(metrics: Mapping[str, Any], main: Mapping[str, Any], on: str) -> list[dict[str, Any]]:
    """Macro F1 of the model and of what it is to be measured by, best first."""
    rows = [{"name": f"this model, {on}", "main": True, **main["measures"]["macro_f1"]}]
    others = metrics["evaluations"] if metrics.get("real") else metrics["evaluations"][1:]
    rows += [
        {"name": f"this model, {_INSIDE.get(e['name'], e['name'])}", "main": False, **e["measures"]["macro_f1"]} for e in others
    ]
    rivals = (metrics.get("real") or {}).get("rivals", {})
    rows += [{"name": f"{name}, {on}", "main": False, **figure} for name, figure in rivals.items()]
    people = (main.get("annotators") or {}).get("macro_f1")
    if people:
        rows.append({"name": f"one person by another, {on}", "main": False, **people})
    return sorted(rows, key=lambda row: -row["value"])
