"""The data batch by batch: coverage of real text, grouped cross-validation and real macro F1 as it grew.

`python benchmarks/batches.py --data dev.csv` (columns text, label; doc where there is one) writes benchmarks/results/batches.json,
from which data/BATCHES.md and the curve in the datasheet are made. The present features are used for every stage.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path

import joblib
import matplotlib
import numpy as np
import pandas as pd

from stance.dataset import build_analyzer, knowledge_folder, read_labelled
from stance.evaluation import evaluate
from stance.records import LABELS
from stance.training import count_features, cross_validate, fit

matplotlib.use("svg")
from matplotlib import pyplot as plt

HERE = Path(__file__).parent


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)?", text.lower().replace("’", "'"))


def coverage(texts: Sequence[str], real: Sequence[str]) -> dict[str, float]:
    """The share of the running words, pairs and triples of `real` that occur in `texts`."""
    found = {}
    for n, name in ((1, "words"), (2, "pairs"), (3, "triples")):
        grams = [[" ".join(w[i : i + n]) for i in range(len(w) - n + 1)] for w in map(words, [*texts, *real])]
        ours = {gram for row in grams[: len(texts)] for gram in row}
        theirs = [gram for row in grams[len(texts) :] for gram in row]
        found[name] = round(sum(gram in ours for gram in theirs) / len(theirs), 4)
    return found


def stage(frame: pd.DataFrame, real: pd.DataFrame) -> dict[str, object]:
    """Scores of a model of these sentences alone."""
    analyzer = build_analyzer(frame)
    both = pd.concat([frame, real], ignore_index=True)
    counts, _ = count_features(both["text"].tolist(), analyzer)
    ours = np.arange(len(both)) < len(frame)
    c, folds = cross_validate(counts[: len(frame)], frame, LABELS, np.ones(len(frame), dtype=bool), lambda step: None)
    logits = np.zeros((len(frame), len(LABELS)))
    for fold in folds:
        logits[fold.held] = fold.logits
    scores = fit(counts, both, LABELS, ours, c, 1e-6).logits(counts[~ours], len(LABELS))
    inside = evaluate(frame["label"].tolist(), logits, LABELS, groups=frame["group"].tolist(), repeats=200)
    outside = evaluate(real["label"].tolist(), scores, LABELS, groups=real["group"].tolist())
    return {
        "n": len(frame),
        "coverage": coverage(frame["text"].tolist(), real["text"].tolist()),
        "cross_validated": inside.measures["macro_f1"].to_dict(),
        "real": outside.measures["macro_f1"].to_dict(),
    }


def draw(stages: list[dict], path: Path) -> None:
    """The learning curve as an SVG."""
    matplotlib.rcParams["svg.hashsalt"] = "stance"
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    n = [s["n"] for s in stages]
    for key, name, colour in (
        ("cross_validated", "inside the data, by document", "#4477aa"),
        ("real", "real sentences (dev)", "#cc6677"),
    ):
        values = [s[key]["value"] for s in stages]
        axes.plot(n, values, marker="o", color=colour, label=name)
        axes.fill_between(n, [s[key]["low"] for s in stages], [s[key]["high"] for s in stages], color=colour, alpha=0.15)
    axes.set_xscale("log")
    axes.set_xticks(n, [f"{x:,}".replace(",", " ") for x in n], rotation=30)
    axes.minorticks_off()
    axes.set_xlabel("sentences")
    axes.set_ylabel("macro F1")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path)
    options = parser.parse_args()
    frame = read_labelled(knowledge_folder() / "sentences.csv", LABELS)
    real = read_labelled(options.data, LABELS)
    prefix = frame["group"].str.partition("-")[0]
    with open(knowledge_folder() / "batches.csv", encoding="utf-8") as file:
        batches = list(csv.DictReader(file))
    chosen: list[str] = []
    subsets = []
    for batch in batches:
        chosen += batch["groups"].split()
        subsets.append(frame[prefix.isin(chosen)].reset_index(drop=True))
    small = subsets[0][subsets[0]["group"].map(lambda g: hash_share(g) < 0.25)].reset_index(drop=True)
    half = subsets[0][subsets[0]["group"].map(lambda g: hash_share(g) < 0.5)].reset_index(drop=True)
    names = ["a quarter of the trial texts", "half of the trial texts", *(b["batch"] for b in batches)]
    stages = []
    for name, subset in zip(names, [small, half, *subsets], strict=True):
        stages.append({"name": name, **stage(subset, real)})
        print(stages[-1], flush=True)
    (HERE / "results" / "batches.json").write_text(json.dumps(stages, indent=1) + "\n", encoding="utf-8")
    draw(stages, HERE.parent / "data" / "learning-curve.svg")


def hash_share(group: str) -> float:
    """A number from 0 to 1 that belongs to this group."""
    return int(joblib.hash(group)[:8], 16) / 16**8


if __name__ == "__main__":
    main()
