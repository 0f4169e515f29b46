"""Write tests/tables/golden.csv: what the shipped model says of 1,000 sentences, for the test that it says so everywhere.

`python benchmarks/golden.py` after a training; the differences in git show what a change of data or features did.
"""

from __future__ import annotations

import csv
from pathlib import Path

import stance
from stance.dataset import knowledge_folder, read_labelled

TARGET = Path(__file__).parent.parent / "tests" / "tables" / "golden.csv"
N = 1000


def main() -> None:
    frame = read_labelled(knowledge_folder() / "sentences.csv")
    texts = frame["text"].tolist()
    step = len(texts) / N
    chosen = [texts[int(i * step)] for i in range(N)]
    chosen[::2] = [text.replace("'", "’").replace(" - ", " – ") + " «é…»" for text in chosen[::2]]  # half are not ASCII
    with open(TARGET, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "label", *stance.LABELS])
        for prediction in stance.predict(chosen):
            writer.writerow([prediction.text, prediction.label, *(f"{p:.9f}" for p in prediction.probabilities.values())])


if __name__ == "__main__":
    main()
