"""The job: labelled sentences → a calibrated model folder with its evaluation.

`train` runs the steps in order; each is a function of its own. Everything random has a fixed seed, and the
solver runs until it arrives (tol 1e-8), so the same data gives the same labels on every machine.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import sklearn
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

from . import __version__, dataset
from .calibration import REAL_TEXT, conformal_quantiles, fit_temperature, softmax
from .evaluation import Evaluation, macro_f1, measure, resample
from .features import TEMPLATES, Analyzer
from .model import StanceModel
from .records import LABELS, DataError, ModelError
from .report import write_reports
from .scoring import answer, data_day, score

FOLDS = 5
CURVE = (1 / 8, 1 / 4, 1 / 2)  # the learning curve's sizes below the full one
GRID_C = (1.0, 2.0, 4.0, 8.0)
OWN, PROJECT = "own data", "project data"  # where a sentence comes from under add_default
CALIBRATE_FROM = 100  # so many own sentences give a temperature of their own
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
    data: Path,
    out: Path,
    *,
    templates: Sequence[str] = TEMPLATES,
    add_default: bool = False,
    quote: bool = True,
    progress: Callable[[str], None] = lambda step: None,
) -> Outcome:
    """Train on the labelled CSV (or the folder that holds sentences.csv) and write the model folder `out`.

    With `add_default` the project's own sentences are added to yours; without `quote` the reports quote no sentence.
    Raises DataError for faulty or leaking data, ModelError if the saved model does not answer as the pipeline does.
    """
    start = time.perf_counter()
    progress("reading and checking the labelled sentences")
    path = data / "sentences.csv" if data.is_dir() else data
    frame = read_for_training(path, add_default)
    labels = dataset.label_order(frame["label"])
    dataset.refuse_leakage(frame, str(path))
    analyzer = dataset.build_analyzer(frame, templates)
    progress(f"counting features of {len(frame)} sentences")
    counts, names = count_features(frame["text"].tolist(), analyzer)
    is_test = frame["group"].map(dataset.is_test_group).to_numpy()
    if not 0 < is_test.sum() < len(frame) or frame["group"].nunique() < 20 * FOLDS:
        is_test[:] = False  # too few documents to set some aside
    chosen, folds = cross_validate(counts, frame, labels, ~is_test, progress)
    choice = frame[~is_test]
    logits = np.zeros((len(choice), len(labels)))
    for fold in folds:
        logits[fold.held] = fold.logits
    y = codes_of(choice["label"], labels)
    mine = (choice["source"] == OWN).to_numpy() if add_default else np.zeros(len(choice), dtype=bool)
    on_mine = mine.sum() >= CALIBRATE_FROM  # what the model is for: its confidence is set on these
    temperature = fit_temperature(logits[mine], y[mine]) if on_mine else fit_temperature(logits, y)
    if not on_mine and (add_default or path.resolve() == (dataset.knowledge_folder() / "sentences.csv").resolve()):
        temperature *= REAL_TEXT
    source = {"file": path.name, "date": data_day(path)}
    judges = [(fold.fitted.as_model(analyzer, names, labels, temperature), fold.held) for fold in folds]
    answers = answer(choice, judges)
    out_of_fold = score(answers, "out of fold", source, quote=quote)
    own = score(answers.part(mine), "own data, out of fold", source, quote=quote) if mine.any() else None
    test, curve = None, []
    if is_test.any():
        progress("scoring the frozen test split")
        fitted = fit(counts, frame, labels, ~is_test, chosen)
        judge = fitted.as_model(analyzer, names, labels, temperature)
        test = score(answer(frame[is_test], [(judge, np.arange(is_test.sum()))]), "frozen test split", source, quote=quote)
        curve = learning_curve(counts, frame, labels, is_test, chosen, test)
    progress("fitting on everything")
    pipeline = fit_pipeline(frame, analyzer, names[frequent(counts, frame["group"])], chosen, temperature)
    config = describe(frame, path, chosen, temperature, out_of_fold)
    config["conformal"] = conformal_quantiles(softmax(logits / temperature), y)
    StanceModel.from_pipeline(pipeline[0], pipeline[1], config).save(out)
    model = StanceModel.load(out)
    check_parity(model, pipeline, frame["text"].tolist()[:2000])
    joblib.dump(pipeline, out / "pipeline.joblib", compress=3)
    progress("writing the reports")
    write_reports(out, model, [e for e in (own, test, out_of_fold) if e is not None], frame, curve)
    return Outcome(model, out, out_of_fold, test, config, time.perf_counter() - start)


def read_for_training(path: Path, add_default: bool = False) -> pd.DataFrame:
    """The rows to train on; DataError if fewer than two labels or too few sentences or groups of one of them."""
    frame = with_default(dataset.read_labelled(path, LABELS)) if add_default else dataset.read_labelled(path)
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


def with_default(frame: pd.DataFrame) -> pd.DataFrame:
    """These rows and the project's own sentences, less those that nearly repeat one of these; `source` tells them apart.

    Groups of the same name in both get another name here, so that the frozen test split of the project's data stays.
    """
    own = dataset.read_labelled(dataset.knowledge_folder() / "sentences.csv", LABELS).assign(source=PROJECT)
    clash = frame["group"].isin(set(own["group"]))
    mine = frame.assign(source=OWN, group=frame["group"].where(~clash, "own " + frame["group"]))
    both = pd.concat([mine, own], ignore_index=True).fillna("")
    pairs = dataset.near_duplicates(both["text"].tolist(), both["group"].tolist())
    repeated = {pair.second for pair in pairs if pair.first < len(mine) <= pair.second}
    return both.drop(index=sorted(repeated)).reset_index(drop=True)


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


@dataclass(frozen=True)
class Fitted:
    """A model fitted on some rows: which of the counted features it keeps, their idf weighting, the classifier."""

    keep: NDArray[np.intp]
    weighting: TfidfTransformer
    classifier: LogisticRegression

    def logits(self, counts: sparse.csr_matrix, k: int) -> Floats:
        """Logits n × k of counted rows."""
        return decision(self.classifier, self.weighting.transform(counts[:, self.keep]), k)

    def as_model(self, analyzer: Analyzer, names: NDArray[np.str_], labels: Sequence[str], temperature: float) -> StanceModel:
        """The same as a StanceModel, which explains its answers; `names` are those of all counted features."""
        vectorizer = TfidfVectorizer(analyzer=analyzer, lowercase=False, sublinear_tf=True, vocabulary=names[self.keep].tolist())
        vectorizer.idf_ = self.weighting.idf_
        tempered = copy(self.classifier)
        tempered.coef_, tempered.intercept_ = tempered.coef_ / temperature, tempered.intercept_ / temperature
        tempered.classes_ = np.array(labels)[tempered.classes_]
        return StanceModel.from_pipeline(vectorizer, tempered)


@dataclass(frozen=True)
class Fold:
    """One part of a cross-validation: the positions held out, their logits, and the model that gave them."""

    held: NDArray[np.intp]
    logits: Floats
    fitted: Fitted


def weigh(counts: sparse.csr_matrix, groups: pd.Series) -> tuple[NDArray[np.intp], TfidfTransformer]:
    """The features to keep and their idf; both come from the rows to fit on alone."""
    keep = np.flatnonzero(frequent(counts, groups))
    return keep, TfidfTransformer(sublinear_tf=True).fit(counts[:, keep])


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
) -> tuple[float, list[Fold]]:
    """The C of best out-of-fold macro F1 and its folds over `rows`; no group stands on two sides."""
    chosen = np.flatnonzero(rows)
    groups = frame["group"].iloc[chosen]
    y = codes_of(frame["label"].iloc[chosen], labels)
    sides = list(GroupKFold(FOLDS).split(chosen, groups=groups))
    tasks = (joblib.delayed(_one_fold)(counts[chosen], y, groups, inside, held, len(labels)) for inside, held in sides)
    results: list[list[Fold]] = []
    for found in joblib.Parallel(n_jobs=min(FOLDS, joblib.cpu_count()), return_as="generator")(tasks):
        results.append(found)
        progress(f"cross-validation: fold {len(results)} of {FOLDS}")
    scores = []
    for folds in zip(*results, strict=True):
        given = np.zeros(len(chosen), dtype=np.intp)
        for fold in folds:
            given[fold.held] = fold.logits.argmax(1)
        scores.append(macro_f1([labels[int(j)] for j in y], [labels[int(j)] for j in given], labels))
    best = int(np.argmax(np.round(scores, 4)))  # the smallest C among equals
    return GRID_C[best], [folds[best] for folds in results]


def _one_fold(
    counts: sparse.csr_matrix,
    y: NDArray[np.intp],
    groups: pd.Series,
    inside: NDArray[np.intp],
    held: NDArray[np.intp],
    k: int,
) -> list[Fold]:
    """The fold under each C of the grid."""
    keep, weighting = weigh(counts[inside], groups.iloc[inside])
    X = weighting.transform(counts[inside][:, keep])
    fits = (Fitted(keep, weighting, classifier(c, 1e-6).fit(X, y[inside])) for c in GRID_C)
    return [Fold(held, fitted.logits(counts[held], k), fitted) for fitted in fits]


def fit(
    counts: sparse.csr_matrix, frame: pd.DataFrame, labels: Sequence[str], rows: NDArray[np.bool_], c: float, tol: float = 1e-8
) -> Fitted:
    """The model of the rows `rows` alone."""
    keep, weighting = weigh(counts[rows], frame["group"][rows])
    y = codes_of(frame["label"][rows], labels)
    return Fitted(keep, weighting, classifier(c, tol).fit(weighting.transform(counts[rows][:, keep]), y))


def learning_curve(
    counts: sparse.csr_matrix,
    frame: pd.DataFrame,
    labels: Sequence[str],
    is_test: NDArray[np.bool_],
    c: float,
    full: Evaluation,
) -> list[dict[str, Any]]:
    """Macro F1 on the test split after training on an eighth, a quarter, half and all of the other documents."""
    gold, held = frame[is_test]["label"].tolist(), frame[is_test]["group"].tolist()
    documents = frame["group"][~is_test].unique()
    shuffled = documents[np.random.default_rng(0).permutation(len(documents))]
    points = []
    for share in CURVE:
        rows = ~is_test & frame["group"].isin(shuffled[: round(share * len(shuffled))]).to_numpy()
        if set(frame["label"][rows]) != set(labels):
            continue
        logits = fit(counts, frame, labels, rows, c, 1e-5).logits(counts[is_test], len(labels))
        point, boot, _ = resample(gold, softmax(logits), labels, held)
        points.append({"n": int(rows.sum()), **measure(point["macro_f1"], boot["macro_f1"]).to_dict()})
    return [*points, {"n": int((~is_test).sum()), **full.measures["macro_f1"].to_dict()}]


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
    data: dict[str, Any] = {
        "file": path.name,
        "n": len(frame),
        "groups": int(frame["group"].nunique()),
        "sha256": dataset.data_hash(frame),
    }
    if "source" in frame and set(frame["source"]) == {OWN, PROJECT}:
        parts = [(name, frame[frame["source"] == name]) for name in (OWN, PROJECT)]
        data["parts"] = [{"name": name, "n": len(part), "sha256": dataset.data_hash(part)} for name, part in parts]
    return {
        "data": data,
        "C": c,
        "temperature": round(temperature, 10),
        "recommended_min_confidence": round(min(sure), 2) if sure else None,
        "versions": {
            "stance": __version__,
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
        },
    }


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
