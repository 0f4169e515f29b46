"""Train again from the committed data and compare with the committed model: `python benchmarks/reproduce.py`.

Exit 1 unless every label on data/sentences.csv is the same and no probability differs by more than 1e-5.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

import stance
from stance.dataset import knowledge_folder, read_labelled
from stance.model import default_folder
from stance.training import train


def main() -> int:
    data = knowledge_folder() / "sentences.csv"
    texts = read_labelled(data)["text"].tolist()
    with tempfile.TemporaryDirectory() as folder:
        made = train(data, Path(folder), progress=lambda step: print(step, file=sys.stderr))
        ours, theirs = made.model.predict_proba(texts), stance.load().predict_proba(texts)
        figures = [
            json.loads((place / "metrics.json").read_text())["evaluations"] for place in (Path(folder), Path(default_folder()))
        ]
    gap, labels = float(np.abs(ours - theirs).max()), int((ours.argmax(1) != theirs.argmax(1)).sum())
    scores = [[round(e["measures"]["macro_f1"]["value"], 4) for e in f] for f in figures]
    print(
        f"{labels} labels differ, largest difference of a probability {gap:.2g}; "
        f"macro F1 retrained {scores[0]}, committed {scores[1]}"
    )
    return int(labels > 0 or gap > 1e-5 or scores[0] != scores[1])


if __name__ == "__main__":
    sys.exit(main())
