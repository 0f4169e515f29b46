"""What each part of the analyzer is worth and what it costs: `python benchmarks/ablation.py [--data dev.csv]`.

Each line leaves one thing out: macro F1 in grouped cross-validation at the model's C, macro F1 on the CSV of --data (columns text
and label) after training on all sentences, and CPU time a sentence by that of scikit-learn's word 1-2-gram analyzer in the same
run. Features are counted once an analyzer; a template is left out by its columns. Writes benchmarks/results/ablation.json.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import re
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GroupKFold

import stance
from stance.dataset import build_analyzer, data_hash, knowledge_folder, read_labelled
from stance.entries import NO_ENTRIES
from stance.evaluation import macro_f1, paired_difference
from stance.features import MARKS, TEMPLATES, TOKEN, Analyzer, read_template
from stance.normalise import normalise
from stance.records import LABELS
from stance.training import FOLDS, Fitted, classifier, codes_of, count_features, weigh

HERE = Path(__file__).parent
GOAL = 3.0  # the whole analyzer may take this many times as long as scikit-learn's
TIMED = 3000  # sentences a round of timing
TOL = 1e-5  # of the solver: labels differ from the trained model's in less than one sentence of a thousand


class Unstemmed(Analyzer):
    """Words as they are written, in lower case; names, numbers and marks are masked as ever."""

    def _new_attribute(self, raw: str) -> tuple[str, bool, bool]:
        symbol, begins_name, masked = super()._new_attribute(raw)
        head = raw.lower().partition("'")[0]
        return (head if symbol[:1].isalpha() and symbol != "n't" and raw not in MARKS else symbol), begins_name, masked


class Counted(NamedTuple):
    """The counts of some features over the training sentences and over the real ones (None: not given)."""

    train: sparse.csr_matrix
    real: sparse.csr_matrix | None
    names: NDArray[np.str_]

    def columns(self, keep: NDArray[np.bool_]) -> Counted:
        """Some of the features."""
        return Counted(self.train[:, keep], None if self.real is None else self.real[:, keep], self.names[keep])

    def beside(self, other: Counted) -> Counted:
        """These features and those of `other`."""
        real = None if self.real is None else sparse.hstack([self.real, other.real]).tocsr()
        return Counted(sparse.hstack([self.train, other.train]).tocsr(), real, np.concatenate([self.names, other.names]))


class Variant(NamedTuple):
    """One line of the table."""

    name: str
    counted: Counted
    analyzer: Analyzer


def of_template(names: NDArray[np.str_], line: str) -> NDArray[np.bool_]:
    """True for the features that this template makes."""
    pattern = re.escape(read_template(line).pattern).replace("%s", "[^ *^]+")
    return np.array([re.fullmatch(pattern, name) is not None for name in names])


def count(analyzer: Analyzer, texts: list[str], real: list[str] | None) -> Counted:
    counts, names = count_features(texts, analyzer)
    if real is None:
        return Counted(counts, None, names)
    vectorizer = CountVectorizer(analyzer=analyzer, lowercase=False, dtype=np.float64, vocabulary=names.tolist())
    return Counted(counts, vectorizer.transform(real).tocsr(), names)


def variants(train: pd.DataFrame, real: list[str] | None) -> list[Variant]:
    """The whole analyzer, then what is left of it without each part."""
    texts = train["text"].tolist()
    whole = build_analyzer(train)
    tables: dict[str, Any] = {key: getattr(whole, key) for key in ("names", "common", "lexicon", "irregular")}
    counted = count(whole, texts, real)
    made_by = {line: of_template(counted.names, line) for line in TEMPLATES}
    assert (sum(made_by.values()) == 1).all(), "every feature belongs to one template"
    found = [Variant("everything", counted, whole)]
    for line in TEMPLATES:
        rest = tuple(other for other in TEMPLATES if other != line)
        found.append(Variant(f"without {line}", counted.columns(~made_by[line]), Analyzer(rest, **tables)))
    words = np.any([made_by[line] for line in TEMPLATES if line.startswith("words")], axis=0)
    found.append(Variant("without the lexicon", counted.columns(words), Analyzer(**tables | {"lexicon": NO_ENTRIES})))
    seen = {raw.lower().partition("'")[0] for text in [*texts, *(real or ())] for raw in TOKEN.findall(normalise(text))}
    unmasked = Analyzer(**tables | {"names": NO_ENTRIES, "common": seen})  # nothing listed, and every word known in lower case
    found.append(Variant("without masking names", count(unmasked, texts, real), unmasked))
    unstemmed = Unstemmed(**tables)
    only_words = Unstemmed([line for line in TEMPLATES if line.startswith("words")], **tables)
    forms = count(only_words, texts, real).beside(counted.columns(~words))
    found.append(Variant("without stems (of words)", forms, unstemmed))
    return found


def fit(counts: sparse.csr_matrix, groups: pd.Series, y: NDArray[np.intp], c: float) -> Fitted:
    keep, weighting = weigh(counts, groups)
    return Fitted(keep, weighting, classifier(c, TOL).fit(weighting.transform(counts[:, keep]), y))


def labelled(fitted: Fitted, counts: sparse.csr_matrix) -> list[str]:
    return [LABELS[j] for j in fitted.logits(counts, len(LABELS)).argmax(1)]


def out_of_fold(counts: sparse.csr_matrix, train: pd.DataFrame, c: float) -> list[str]:
    """The label of every training sentence by a model that has not seen its document."""
    y = codes_of(train["label"], LABELS)
    given = np.empty(len(train), dtype=object)
    for inside, held in GroupKFold(FOLDS).split(y, groups=train["group"]):
        given[held] = labelled(fit(counts[inside], train["group"].iloc[inside], y[inside], c), counts[held])
    return given.tolist()


def one_by_one(analyzer: Callable[[str], object]) -> Callable[[Sequence[str]], None]:
    """A callable that runs the analyzer over texts."""

    def run(texts: Sequence[str]) -> None:
        for text in texts:
            analyzer(text)

    return run


def seconds(run: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    start = time.process_time()
    run(texts)
    return time.process_time() - start


def cost(run: Callable[[Sequence[str]], object], texts: Sequence[str], rounds: int = 7) -> dict[str, float]:
    """CPU time by that of scikit-learn's analyzer, pair by pair after one round to warm up: median, smallest and largest."""
    plain = one_by_one(CountVectorizer(ngram_range=(1, 2)).build_analyzer())
    pairs = [(seconds(run, texts), seconds(plain, texts)) for _ in range(rounds + 1)][1:]
    ratios = [ours / theirs for ours, theirs in pairs]
    return {
        "microseconds": round(1e6 * statistics.median(ours for ours, _ in pairs) / len(texts), 1),
        "ratio": round(statistics.median(ratios), 2),
        "low": round(min(ratios), 2),
        "high": round(max(ratios), 2),
    }


def compared(gold: list[str], ours: list[str], whole: list[str], groups: list[str]) -> dict[str, Any]:
    """Macro F1, and what was lost against everything with its interval."""
    lost, p = paired_difference(gold, whole, ours, LABELS, groups)
    return {"macro_f1": round(macro_f1(gold, ours, LABELS), 4), "lost": lost.to_dict(), "p": p}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, metavar="PATH", help="a labelled CSV of real sentences")
    options = parser.parse_args()
    train = read_labelled(knowledge_folder() / "sentences.csv", LABELS)
    real = read_labelled(options.data, LABELS) if options.data else None
    config = stance.load().config
    c = float(config["C"])
    texts = train["text"].tolist()
    timed = texts[:: max(1, len(texts) // TIMED)][:TIMED]
    batch = cost(stance.load().predict_proba, timed)
    rows: dict[str, dict[str, Any]] = {}
    whole: dict[str, list[str]] = {}
    print(f"{'':<26} features   CV macro F1   lost                     real   lost                      µs   × scikit-learn")
    for name, counted, analyzer in variants(train, None if real is None else real["text"].tolist()):
        keep, _ = weigh(counted.train, train["group"])
        row: dict[str, Any] = {"features": len(keep)}
        given = out_of_fold(counted.train, train, c)
        row["cross_validation"] = compared(train["label"].tolist(), given, whole.setdefault("cv", given), train["group"].tolist())
        if real is not None:
            given = labelled(fit(counted.train, train["group"], codes_of(train["label"], LABELS), c), counted.real)
            groups = real["doc" if "doc" in real else "group"].tolist()
            row["real"] = compared(real["label"].tolist(), given, whole.setdefault("real", given), groups)
        row["time"] = cost(one_by_one(analyzer), timed)
        rows[name] = row
        scores = [row[key] for key in ("cross_validation", "real") if key in row]
        shown = "   ".join(
            f"{s['macro_f1']:.4f}   {s['lost']['value']:+.4f} [{s['lost']['low']:+.4f}, {s['lost']['high']:+.4f}]" for s in scores
        )
        t = row["time"]
        print(
            f"{name:<26} {len(keep):>8}   {shown}   {t['microseconds']:>6}   {t['ratio']} [{t['low']}, {t['high']}]", flush=True
        )
    ratio = rows["everything"]["time"]["ratio"]
    verdict = "met" if ratio <= GOAL else "missed"
    print(f"goal of the whole analyzer: {GOAL:g} times scikit-learn's time or less; measured {ratio}: {verdict}")
    print(f"a whole prediction in batches takes {batch['ratio']} [{batch['low']}, {batch['high']}] times its time")
    record = {
        "C": c,
        "trained_on": {"n": len(train), "sha256": data_hash(train)},
        "real": None if real is None else {"file": options.data.name, "n": len(real), "sha256": data_hash(real)},
        "goal_ratio": GOAL,
        "batch_prediction": batch,
        "variants": rows,
    }
    (HERE / "results" / "ablation.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
