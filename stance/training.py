"""The job: labelled sentences → a calibrated model folder with its evaluation.

`train` runs the steps in order; each is a function of its own. Everything random has a fixed seed, and the
solver runs until it arrives (tol 1e-8), so the same data gives the same labels on every machine.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import sklearn
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize_scalar
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

from . import dataset
from .evaluation import Evaluation, evaluate, macro_f1
from .features import TEMPLATES, Analyzer
from .model import StanceModel
from .records import LABELS, DataError, ModelError
from .report import write_reports

FOLDS = 5
GRID_C = (1.0, 2.0, 4.0, 8.0)
SOURCES = 3  # a feature is kept only if it occurs in this many documents (also: no user's text inside a model)
SURE_ACCURACY = 0.9  # the recommended min_confidence is where out-of-fold accuracy reaches this
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """What a training run made: the model as loaded back from its folder, its folder, and its evaluations."""

    model: StanceModel
    folder: Path
    out_of_fold: Evaluation
    test: Evaluation | None
    settings: dict[str, Any]
    seconds: float


def train(
    data: Path, out: Path, *, templates: Sequence[str] = TEMPLATES, progress: Callable[[str], None] = lambda step: None
) -> Outcome:
    """Train on the labelled CSV (or the folder that holds sentences.csv) and write the model folder `out`.

    Raises DataError for faulty or leaking data, ModelError if the saved model does not answer as the pipeline does.
    """
    start = time.perf_counter()
    progress("reading and checking the labelled sentences")
    path = data / "sentences.csv" if data.is_dir() else data
    frame = read_for_training(path)
    labels = dataset.label_order(frame["label"])
    dataset.refuse_leakage(frame, str(path))
    analyzer = dataset.build_analyzer(frame, templates)
    progress(f"counting features of {len(frame)} sentences")
    counts, names = count_features(frame["text"].tolist(), analyzer)
    is_test = frame["group"].map(dataset.is_test_group).to_numpy()
    if not 0 < is_test.sum() < len(frame) or frame["group"].nunique() < 20 * FOLDS:
        is_test[:] = False  # too few documents to set some aside
    chosen, logits = cross_validate(counts, frame, labels, ~is_test, progress)
    temperature = fit_temperature(logits, codes_of(frame["label"][~is_test], labels))
    choice = frame[~is_test]
    out_of_fold = _evaluate(choice, softmax(logits / temperature), labels, "out of fold")
    test = None
    if is_test.any():
        progress("scoring the frozen test split")
        logits_test = fit_and_score(counts, frame, labels, ~is_test, is_test, chosen)
        test = _evaluate(frame[is_test], softmax(logits_test / temperature), labels, "frozen test split")
    progress("fitting on everything")
    pipeline = fit_pipeline(frame, analyzer, names[frequent(counts, frame["group"])], chosen, temperature)
    config = describe(frame, path, chosen, temperature, out_of_fold)
    StanceModel.from_pipeline(pipeline[0], pipeline[1], config).save(out)
    model = StanceModel.load(out)
    check_parity(model, pipeline, frame["text"].tolist()[:2000])
    joblib.dump(pipeline, out / "pipeline.joblib", compress=3)
    progress("writing the reports")
    write_reports(out, model, [e for e in (out_of_fold, test) if e is not None], frame)
    return Outcome(model, out, out_of_fold, test, config, time.perf_counter() - start)


def read_for_training(path: Path) -> pd.DataFrame:
    """The rows to train on; DataError if fewer than two labels or too few sentences or groups of one of them."""
    frame = dataset.read_labelled(path)
    if set(frame["label"]) & set(LABELS) and set(frame["label"]) - set(LABELS):
        frame = dataset.read_labelled(path, LABELS)  # names the rows: the four stances, one of them misspelt
    sizes = frame.groupby("label")["group"].nunique()
    if len(sizes) < 2:
        raise DataError(f"{path}: only the label {sizes.index[0]!r} occurs; two or more are needed")
    if sizes.min() < FOLDS:
        raise DataError(
            f"{path}: label {sizes.idxmin()!r} occurs in {sizes.min()} groups; {FOLDS} or more are needed to cross-validate"
        )
    return frame


def count_features(texts: Sequence[str], analyzer: Analyzer) -> tuple[sparse.csr_matrix, NDArray[np.str_]]:
    """Counts (n × features) of every feature, and the features' names: done once for all folds and settings."""
    vectorizer = CountVectorizer(analyzer=analyzer, lowercase=False, dtype=np.float64)
    return vectorizer.fit_transform(texts).tocsr(), vectorizer.get_feature_names_out()


def frequent(counts: sparse.csr_matrix, groups: pd.Series, sources: int = SOURCES) -> NDArray[np.bool_]:
    """True for the features that occur in at least `sources` different groups of these rows."""
    codes, unique = pd.factorize(groups)
    member = sparse.csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(len(unique), len(codes)))
    present = (member @ (counts > 0).astype(np.float64)) > 0
    return np.asarray(present.sum(axis=0)).ravel() >= sources


def weigh(
    counts: sparse.csr_matrix, groups: pd.Series, fit: NDArray[np.bool_], score: NDArray[np.bool_]
) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """TF-IDF of the rows to fit on and to score; selection and idf come from the rows to fit on alone."""
    keep = np.flatnonzero(frequent(counts[fit], groups[fit]))
    transformer = TfidfTransformer(sublinear_tf=True).fit(counts[fit][:, keep])
    return transformer.transform(counts[fit][:, keep]), transformer.transform(counts[score][:, keep])


def classifier(c: float, tol: float = 1e-8) -> LogisticRegression:
    """Multinomial logistic regression, L2; newton-cg is the fastest sound solver here (benchmarks/README.md)."""
    return LogisticRegression(C=c, solver="newton-cg", tol=tol, max_iter=1000)


def codes_of(labels: Sequence[str] | pd.Series, order: Sequence[str]) -> NDArray[np.intp]:
    """The position of each label in `order`."""
    place = {label: i for i, label in enumerate(order)}
    return np.array([place[label] for label in labels], dtype=np.intp)


def decision(model: LogisticRegression, X: sparse.csr_matrix, k: int) -> Floats:
    """Logits n × k, also for two classes (where scikit-learn gives one column)."""
    scores = model.decision_function(X)
    return np.column_stack([-scores / 2, scores / 2]) if k == 2 else np.asarray(scores)


def cross_validate(
    counts: sparse.csr_matrix,
    frame: pd.DataFrame,
    labels: Sequence[str],
    rows: NDArray[np.bool_],
    progress: Callable[[str], None],
) -> tuple[float, Floats]:
    """The C of best out-of-fold macro F1 and its out-of-fold logits for `rows`; no group stands on two sides."""
    chosen = np.flatnonzero(rows)
    groups = frame["group"].iloc[chosen]
    y = codes_of(frame["label"].iloc[chosen], labels)
    folds = list(GroupKFold(FOLDS).split(chosen, groups=groups))
    tasks = (joblib.delayed(_one_fold)(counts[chosen], y, groups, fit, held, len(labels)) for fit, held in folds)
    logits = np.zeros((len(GRID_C), len(chosen), len(labels)))
    results = joblib.Parallel(n_jobs=min(FOLDS, joblib.cpu_count()), return_as="generator")(tasks)
    for i, ((_, held), found) in enumerate(zip(folds, results, strict=True)):
        progress(f"cross-validation: fold {i + 1} of {FOLDS}")
        logits[:, held] = found
    scores = [macro_f1([labels[j] for j in y], [labels[j] for j in z.argmax(1)], labels) for z in logits]
    best = int(np.argmax(np.round(scores, 4)))  # the smallest C among equals
    return GRID_C[best], logits[best]


def _one_fold(
    counts: sparse.csr_matrix, y: NDArray[np.intp], groups: pd.Series, fit: NDArray[np.intp], held: NDArray[np.intp], k: int
) -> Floats:
    """Logits (settings × held rows × labels); `held` ascends, as GroupKFold gives it."""
    mask = np.zeros(counts.shape[0], dtype=bool)
    mask[fit] = True
    X, X_held = weigh(counts, groups, mask, ~mask)
    return np.stack([decision(classifier(c, 1e-6).fit(X, y[mask]), X_held, k) for c in GRID_C])


def fit_and_score(
    counts: sparse.csr_matrix,
    frame: pd.DataFrame,
    labels: Sequence[str],
    fit: NDArray[np.bool_],
    score: NDArray[np.bool_],
    c: float,
) -> Floats:
    """Logits of the rows `score` by a model fitted on the rows `fit` alone."""
    X, X_score = weigh(counts, frame["group"], fit, score)
    y = codes_of(frame["label"][fit], labels)
    return decision(classifier(c).fit(X, y), X_score, len(labels))


def softmax(logits: Floats) -> Floats:
    """Probabilities of logits (n × k)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_temperature(logits: Floats, y: NDArray[np.intp]) -> float:
    """The one divisor of logits that gives the least log loss (C. Guo et al., ICML 2017).

    The same number as CalibratedClassifierCV(method="temperature", ensemble=False) finds, but from the out-of-fold
    logits that cross-validation has made already.
    """

    def loss(log_t: float) -> float:
        z = logits / np.exp(log_t)
        z = z - z.max(axis=1, keepdims=True)
        return float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]).mean())

    found = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded", options={"xatol": 1e-8})
    return float(np.exp(found.x))


def fit_pipeline(frame: pd.DataFrame, analyzer: Analyzer, vocabulary: NDArray[np.str_], c: float, temperature: float) -> Pipeline:
    """TF-IDF + logistic regression on all rows, the temperature divided into coefficients and intercepts."""
    vectorizer = TfidfVectorizer(analyzer=analyzer, lowercase=False, sublinear_tf=True, vocabulary=vocabulary.tolist())
    model = classifier(c)
    pipeline = Pipeline([("tfidf", vectorizer), ("classifier", model)]).fit(frame["text"], frame["label"])
    model.coef_ /= temperature
    model.intercept_ /= temperature
    return pipeline


def check_parity(model: StanceModel, pipeline: Pipeline, texts: Sequence[str], tolerance: float = 1e-6) -> None:
    """Raise ModelError unless the saved model gives the pipeline's labels and probabilities on `texts`."""
    expected = pipeline.predict_proba(texts)
    order = [list(pipeline.classes_).index(label) for label in model.labels]
    gap = float(np.abs(model.predict_proba(texts) - expected[:, order]).max())
    if gap > tolerance:
        raise ModelError(f"the saved model differs from the pipeline by {gap:.2g}, allowed is {tolerance:g}")


def describe(frame: pd.DataFrame, path: Path, c: float, temperature: float, evaluation: Evaluation) -> dict[str, Any]:
    """What config.json says of a model beside its format: data, settings found, versions."""
    sure = [row["threshold"] for row in evaluation.coverage if row["accuracy"] >= SURE_ACCURACY]
    return {
        "data": {"file": path.name, "n": len(frame), "groups": int(frame["group"].nunique()), "sha256": dataset.data_hash(frame)},
        "C": c,
        "temperature": round(temperature, 10),
        "recommended_min_confidence": round(min(sure), 2) if sure else None,
        "versions": {"python": platform.python_version(), "scikit-learn": sklearn.__version__, "numpy": np.__version__},
    }


def _evaluate(frame: pd.DataFrame, probabilities: Floats, labels: Sequence[str], name: str) -> Evaluation:
    return evaluate(
        frame["label"].tolist(),
        probabilities,
        labels,
        groups=frame["group"].tolist(),
        secondary=frame["secondary"].tolist(),
        slices=slices_of(frame),
        name=name,
    )


def slices_of(frame: pd.DataFrame) -> dict[str, list[str]]:
    """The parts of the data that are scored apart: genre, kind, length, quoted, negated, mixed."""
    words = frame["text"].map(lambda text: len(text.split()))
    length = pd.cut(words, [0, 12, 25, 40, 10**9], labels=["1-12 words", "13-25 words", "26-40 words", "over 40 words"])
    found = {
        "length": length.astype(str).tolist(),
        "quotation": np.where(frame["text"].str.contains('["“”]'), "with quotation", "without").tolist(),
        "negation": np.where(
            frame["text"].str.contains(r"\b(?:not|no|never|nor|cannot)\b|n['’]t\b"), "negated", "plain"
        ).tolist(),
        "second stance": np.where(frame["secondary"] != "", "mixed", "single").tolist(),
    }
    for column in ("kind", "genre"):
        if frame[column].any():
            found[column] = frame[column].tolist()
    return found


def evaluate_model(model: StanceModel, frame: pd.DataFrame, name: str) -> Evaluation:
    """Score a model on labelled sentences."""
    return _evaluate(frame, np.asarray(model.predict_proba(frame["text"].tolist())), model.labels, name)


def evaluation_lines(evaluation: Evaluation) -> str:
    """The main figures of an evaluation as a few lines of text."""
    lines = [f"{evaluation.name}: {evaluation.n} sentences, {evaluation.n_groups} groups; 95 % intervals"]
    lines += [f"  {name:<20} {measure}" for name, measure in evaluation.measures.items()]
    lines += [
        f"  F1 {label:<17} {values['f1']}  (n = {evaluation.support[label]})" for label, values in evaluation.per_label.items()
    ]
    return "\n".join(lines)


def summary(outcome: Outcome) -> str:
    """Some ten lines for the terminal."""
    lines = [
        f"trained on    {outcome.settings['data']['n']} sentences of {outcome.settings['data']['groups']} documents",
        f"features      {len(outcome.model.vocabulary)}, C = {outcome.settings['C']:g}, "
        f"temperature {outcome.settings['temperature']:.3f}",
    ]
    for evaluation in (outcome.out_of_fold, outcome.test):
        if evaluation is not None:
            lines.append(f"{evaluation.name:<20} macro F1 {evaluation.measures['macro_f1']}  (n = {evaluation.n})")
    best = outcome.test or outcome.out_of_fold
    lines += [f"  {label:<18} F1 {values['f1']}" for label, values in best.per_label.items()]
    lines.append(f"calibration   ECE {best.measures['ece']}")
    lines.append(f"saved in      {outcome.folder}  ({outcome.seconds:.0f} s)")
    return "\n".join(lines)


def progress_bar(steps: int, stream: Any = None) -> Callable[[str], None]:
    """A callable that shows each step: a bar that redraws itself on a terminal, one line a step elsewhere."""
    stream = stream or sys.stderr
    done = 0

    def show(step: str) -> None:
        nonlocal done
        done = min(done + 1, steps)
        if stream.isatty():
            filled = round(24 * done / steps)
            end = "\n" if done == steps else ""
            stream.write(f"\r\x1b[K[{'█' * filled}{'·' * (24 - filled)}] {step}{end}")
        else:
            stream.write(f"[{done}/{steps}] {step}\n")
        stream.flush()

    return show


STEPS = 2 + FOLDS + 3  # how often `train` reports progress
