"""A table of unlabelled sentences → the ones worth labelling next.

Three ways: by uncertainty (where the model wavers between two labels), by diversity (sentences unlike each other), at
random (the only one whose labels give an honest estimate of quality).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import kmeans_plusplus
from sklearn.feature_extraction.text import TfidfVectorizer

from .exchange import read
from .model import StanceModel
from .records import DataError

_WORDS = 20_000  # the most frequent words are enough to tell sentences apart, and bound the memory
WAYS = ("uncertainty", "diversity", "random")


def sample(frame: pd.DataFrame, model: StanceModel, by: str = "uncertainty", n: int = 200, seed: int = 0) -> pd.DataFrame:
    """`n` rows to label, in the order to label them, with columns label (empty), predicted and confidence added.

    Rows that have a label already and texts that occur before are left out. The same input gives the same sample.
    Raises DataError where nothing is left to label.
    """
    if by not in WAYS:
        raise DataError(f"sample by {by!r} is not known; use {', '.join(WAYS)}")
    labelled = frame["label"].astype(str).str.strip() != "" if "label" in frame else pd.Series(False, index=frame.index)
    done = set(frame.loc[labelled, "text"].map(_plain))
    plain = frame["text"].map(_plain)
    pool = frame[~labelled & ~plain.isin(done | {""}) & ~plain.duplicated()]
    if pool.empty:
        raise DataError("no sentence is left to label: all are labelled, empty, or repeat others")
    texts = pool["text"].tolist()
    probabilities = model.predict_proba(texts)
    if by == "uncertainty":
        chosen = _least_margin(probabilities, n)
    elif by == "diversity":
        chosen = _far_apart(texts, n, seed)
    else:
        chosen = np.random.default_rng(seed).permutation(len(pool))[:n]
    found = pool.iloc[chosen].copy()
    found["label"] = ""
    found["predicted"] = [model.labels[j] for j in probabilities[chosen].argmax(1)]
    found["confidence"] = probabilities[chosen].max(1).round(4)
    return found


def read_pool(path: str | Path, column: str = "text") -> pd.DataFrame:
    """The rows of a CSV, Label Studio or doccano file to sample from; `column` holds the sentences and becomes `text`."""
    if column == "text":
        return read(path)
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    if column not in frame:
        raise DataError(f"{path}: no column {column!r}; columns found: {', '.join(frame.columns)[:200]}")
    return frame.rename(columns={column: "text"})


def _plain(text: str) -> str:
    return " ".join(str(text).lower().split())


def _least_margin(probabilities: NDArray[np.float64], n: int) -> NDArray[np.intp]:
    """Rows whose two most probable labels are nearest to each other (T. Scheffer et al., 2001), nearest first."""
    ranked = np.sort(probabilities, axis=1)
    return np.argsort(ranked[:, -1] - ranked[:, -2], kind="stable")[:n]


def _far_apart(texts: Sequence[str], n: int, seed: int) -> NDArray[np.intp]:
    """Rows drawn one by one with odds by squared distance to those drawn so far (k-means++, Arthur and Vassilvitskii 2007).

    Unlike taking the farthest every time, this does not collect the odd ones out.
    """
    try:
        X = TfidfVectorizer(sublinear_tf=True, max_features=_WORDS).fit_transform(texts)
    except ValueError:  # no word in any of them
        return np.arange(len(texts))[:n]
    _, chosen = kmeans_plusplus(X, min(n, len(texts)), random_state=seed)
    return np.array(list(dict.fromkeys(chosen.tolist())), dtype=np.intp)
