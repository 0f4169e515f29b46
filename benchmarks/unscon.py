"""Score the shipped model on your copy of UNSCon, conflict against none.

Run `python benchmarks/unscon.py conflict_annotations_sentences.csv`.

UNSCon (K. Zaczynska, P. Bourgonje, M. Stede: How Diplomats Dispute, 2024; CC BY-SA, linatal/UNSCon) marks in UN Security Council
speeches which sentences dispute. The mapping:

| UNSCon                                                             | here                                   |
|--------------------------------------------------------------------|----------------------------------------|
| A0 = Direct_NegEval or Indirect_NegEval (negative evaluation)      | conflict                               |
| B1 = Challenge or Correction (of another speaker's statement)      | conflict                               |
| neither ("_" or empty)                                             | none                                   |
| the model's label condemnatory                                     | conflict; score is P(condemnatory)     |
| supportive, conciliatory, neutral                                  | none                                   |

The two are not the same thing: UNSCon also marks events told to blame ("Protesters have been massacred") that our codebook calls
neutral (R6), and does not mark condemnations of nobody present. Read the sentences that differ before you read the figure.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from outside import column, mended, read_rows, save, table, two_way

import stance

KNOWN = {"majority": 0.416, "VADER": 0.633, "LSD 2015 lexicon": 0.650, "TF-IDF + LR in domain, leave one meeting out": 0.681}
YES = {"1", "1.0", "true"}


@dataclass(frozen=True)
class Sentence:
    """A sentence, whether it disputes, and the speech it comes from."""

    text: str
    conflict: bool
    speech: str


def read(path: Path) -> list[Sentence]:
    """The sentences of a UNSCon file, in its own columns: sentence_text; A0 and B1, or a binary score; file_id or speech_id."""
    rows = read_rows(path, ",")
    text = column(rows, ("sentence_text", "text"), path)
    speech = column(rows, ("speech_id", "file_id", "filename", "basename"), path)
    decide = column(rows, ("A0", "Binary_Conflict_score", "ALL_score_binary", "Conflict_Type"), path)
    return [Sentence(mended(row[text]), _conflict(row, decide), _speech(row[speech])) for row in rows if row[text].strip()]


def _conflict(row: dict[str, str], column: str) -> bool:
    if column == "A0":
        return "NegEval" in row["A0"] or row.get("B1", "") in ("Challenge", "Correction")
    if column == "Conflict_Type":
        return row[column].strip().strip("_").lower() not in ("", "nan", "none", "no_conflict", "no conflict")
    return row[column].strip().lower() in YES


def _speech(name: str) -> str:
    """UNSC_2014_SPV.7219_spch015 from a file name that goes on with country and part."""
    found = re.match(r"UNSC_\d+_SPV\.[\d-]+_spch\d+", name)
    return found[0] if found else name


def score(sentences: list[Sentence]) -> dict[str, object]:
    """Macro F1 and area under the curve of the shipped model."""
    model = stance.load()
    probabilities = model.predict_proba([sentence.text for sentence in sentences])
    conflict = model.labels.index("condemnatory")
    return two_way(
        [sentence.conflict for sentence in sentences],
        (probabilities.argmax(1) == conflict).tolist(),
        np.asarray(probabilities[:, conflict]).tolist(),
        [sentence.speech for sentence in sentences],
        ("none", "conflict"),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, help="where to write the figures (default: benchmarks/results/unscon.json)")
    options = parser.parse_args()
    found = score(read(options.file))
    print(table("UNSCon, conflict against none", found, KNOWN))
    save("unscon", {"file": options.file.name, **found}, options.out)


if __name__ == "__main__":
    main()
