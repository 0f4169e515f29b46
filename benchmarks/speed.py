"""Speed of stance against a plain scikit-learn pipeline in one run, on one core: `python benchmarks/speed.py`.

The rival is word 1-2-gram plus char_wb 2-5-gram TF-IDF and logistic regression, trained on the same sentences. Every figure is a
median of paired ratios (above 1: stance is faster) with its smallest and largest value. Writes benchmarks/results/speed.json.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import joblib
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

import stance
from stance.dataset import knowledge_folder, read_labelled
from stance.model import StanceModel, default_folder

HERE = Path(__file__).parent
SENTENCE = "The minister condemned the strike as a flagrant violation of the agreement and urged both sides to return to talks."
GOALS = {"one sentence": 15.0, "batch": 12.0, "loading": 10.0, "command line": 20.0}


def rival(texts: list[str], labels: list[str]) -> object:
    """The plain pipeline."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    return make_pipeline(make_union(words, characters), LogisticRegression(C=10, max_iter=60, tol=1e-2)).fit(texts, labels)


def seconds(work: Callable[[], object], repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) / repeats


def paired(ours: Callable[[], object], theirs: Callable[[], object], rounds: int, repeats: tuple[int, int]) -> dict:
    """Ratios of CPU time, theirs by ours, pair by pair."""
    ours(), theirs()
    pairs = [(seconds(ours, repeats[0]), seconds(theirs, repeats[1])) for _ in range(rounds)]
    ratios = [b / a for a, b in pairs]
    return {
        "ratio": round(statistics.median(ratios), 1),
        "low": round(min(ratios), 1),
        "high": round(max(ratios), 1),
        "microseconds": round(1e6 * statistics.median(a for a, _ in pairs), 1),
    }


LAUNCHER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
wall = time.perf_counter() - start
print(json.dumps([wall, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024]))
"""  # a small process of its own: a child's peak memory counts from the fork, so the parent must be small


def process(arguments: list[str]) -> list[float]:
    """Wall seconds and peak memory (MB) of a whole process."""
    done = subprocess.run([sys.executable, "-c", LAUNCHER, *arguments], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def command_line(rival_path: Path, rounds: int) -> dict:
    """`stance predict` against joblib.load + predict, and against `python -c pass`, as whole processes."""
    ours = [sys.executable, "-c", "from stance.cli import run; run()", "predict", SENTENCE]  # what the installed script does
    theirs = [sys.executable, "-c", f"import joblib; print(joblib.load({str(rival_path)!r}).predict([{SENTENCE!r}]))"]
    empty = [sys.executable, "-c", "pass"]
    runs = [(process(ours), process(theirs), process(empty)) for _ in range(rounds + 1)][1:]
    ratios = [b[0] / a[0] for a, b, _ in runs]
    return {
        "ratio": round(statistics.median(ratios), 1),
        "low": round(min(ratios), 1),
        "high": round(max(ratios), 1),
        "milliseconds": round(1000 * statistics.median(a[0] for a, _, _ in runs), 1),
        "of_empty_python": round(statistics.median(a[0] / c[0] for a, _, c in runs), 2),
        "megabytes": round(max(a[1] for a, _, _ in runs), 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a goal is missed")
    options = parser.parse_args()
    frame = read_labelled(knowledge_folder() / "sentences.csv")
    texts = frame["text"].tolist()
    sample = texts[:: max(1, len(texts) // 4096)][:4096]
    plain = rival(texts, frame["label"].tolist())
    model = stance.load()
    results = {
        "one sentence": paired(
            lambda: model.predict(SENTENCE), lambda: plain.predict_proba([SENTENCE]), options.rounds, (200, 20)
        ),
        "batch": paired(lambda: model.predict_proba(sample), lambda: plain.predict_proba(sample), options.rounds, (3, 1)),
    }
    results["batch"]["microseconds"] = round(results["batch"]["microseconds"] / len(sample), 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plain.joblib"
        joblib.dump(plain, path)
        results["loading"] = paired(lambda: StanceModel.load(default_folder()), lambda: joblib.load(path), options.rounds, (5, 1))
        results["command line"] = command_line(path, options.rounds)
    print(f"{'':<14} {'times faster':>12}   smallest to largest   goal")
    for name, row in results.items():
        print(f"{name:<14} {row['ratio']:>12.1f}   {row['low']:.1f} to {row['high']:.1f}   {GOALS[name]:g}   {row}")
    if options.check:
        return int(any(results[name]["high"] < goal for name, goal in GOALS.items()))
    (HERE / "results" / "speed.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
