"""Score the shipped model on your copy of PLOVER-coded news, cooperation against conflict.

Run `python benchmarks/plover.py PLV_test.tsv`.

The file of Zero-Shot-PLOVER (Y. Hu et al., 2024, snowood1/Zero-Shot-PLOVER): columns sentence, sentence_id, gold_penta (0 to 4),
gold_root; or any table with a column quad and the classes 1 to 4 or their names. The mapping:

| PLOVER / CAMEO                                   | here                                                     |
|--------------------------------------------------|----------------------------------------------------------|
| 1 verbal cooperation (agree, consult, support)   | supportive or conciliatory                               |
| 3 verbal conflict (accuse, demand, threaten)     | condemnatory                                             |
| 2 material cooperation, 4 material conflict      | no label of ours (R6: bare events are neutral); counted  |
|                                                  | with their side in the row "all four"                    |
| 0 neutral                                        | left out                                                 |

Decided for conflict where P(condemnatory) > P(supportive) + P(conciliatory): what is neutral to the model still leans to a side.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from outside import column, read_rows, save, table, two_way

import stance

KNOWN = {"VADER": 0.700, "TF-IDF + LR in domain": 0.829, "TF-IDF + LR in domain, names masked": 0.856, "zero-shot NLI": 0.964}
NAMES = {"verbal cooperation": 1, "material cooperation": 2, "verbal conflict": 3, "material conflict": 4, "neutral": 0}
CONFLICT, VERBAL = (3, 4), (1, 3)


@dataclass(frozen=True)
class Event:
    """A sentence and the quad class that it was coded with."""

    text: str
    quad: int
    group: str


def read(path: Path) -> list[Event]:
    """The coded sentences, each once for each class it was given (a sentence stands once for every pair of actors)."""
    rows = read_rows(path, "," if path.suffix == ".csv" else "\t")
    text, quad = column(rows, ("sentence", "text"), path), column(rows, ("gold_penta", "quad", "quad_class"), path)
    found: dict[tuple[str, int], Event] = {}
    for row in rows:
        code = _quad(row[quad], path)
        if code and row[text].strip():
            event = Event(row[text].strip(), code, row.get("sentence_id") or row[text])
            found.setdefault((event.text, code), event)
    return list(found.values())


def _quad(value: str, path: Path) -> int:
    plain = value.strip().lower().replace("_", " ")
    if plain in NAMES:
        return NAMES[plain]
    if plain.removesuffix(".0") in ("0", "1", "2", "3", "4"):
        return int(float(plain))
    raise stance.DataError(f"{path}: quad class {value!r} is not known; use 0 to 4 or {', '.join(NAMES)}")


def score(events: list[Event]) -> dict[str, dict[str, object]]:
    """The figures for the verbal classes alone and for all four."""
    model = stance.load()
    p = dict(zip(model.labels, model.predict_proba([event.text for event in events]).T, strict=True))
    lean = p["condemnatory"] - p["supportive"] - p["conciliatory"]
    quads = np.array([event.quad for event in events])
    found = {}
    for name, rows in (("verbal", np.isin(quads, VERBAL)), ("all four", quads > 0)):
        found[name] = two_way(
            np.isin(quads[rows], CONFLICT).tolist(),
            (lean[rows] > 0).tolist(),
            lean[rows].tolist(),
            [event.group for event, kept in zip(events, rows, strict=True) if kept],
            ("cooperation", "conflict"),
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, help="where to write the figures (default: benchmarks/results/plover.json)")
    options = parser.parse_args()
    found = score(read(options.file))
    print(table("PLOVER, cooperation against conflict, all four classes", found["all four"], KNOWN))
    print(table("verbal classes only", found["verbal"], {}))
    save("plover", {"file": options.file.name, **found}, options.out)


if __name__ == "__main__":
    main()
