"""`StanceModel`: a folder of plain numbers → labels, calibrated probabilities and exact reasons.

`from_pipeline` folds a fitted scikit-learn pipeline into one linear map; `save` and `load` go through folder.py.
One sentence at a time needs the standard library alone; from some thousand sentences on, batch.py does the same
sums with numpy and scipy. Both give the same numbers to the last bit.
"""

from __future__ import annotations

import math
import os
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from operator import add, mul
from typing import TYPE_CHECKING, Any, overload

from . import columns
from . import folder as model_folder
from .entries import Rows
from .folder import Parts
from .normalise import normalise
from .records import LABELS, Contribution, Explanation, InputError, Prediction

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from .batch import Scorer

BATCH_FROM = 1000  # from here on numpy and scipy pay for their import
CONFORMAL_COVERAGES = tuple(percent / 100 for percent in range(50, 100))
CHUNK = 4096  # sentences a batch: memory stays flat, the arrays fit the cache
_SCALES = [0.0, 1.0, *(1.0 + math.log(n) for n in range(2, 64))]


def scale(count: int) -> float:
    """Sublinear term frequency: 1 + ln count."""
    return _SCALES[count] if count < len(_SCALES) else 1.0 + math.log(count)


class StanceModel:
    """A folded TF-IDF + logistic-regression model. Make one with `stance.load` or `from_pipeline`."""

    def __init__(self, parts: Parts, folder: str | None = None) -> None:
        self.labels = parts.labels
        self.analyzer = parts.analyzer
        self.vocabulary = parts.vocabulary
        self.config = parts.config
        self.idf = parts.idf
        self.folded = parts.folded
        self.intercepts = parts.intercepts
        self._columns = [parts.folded[j :: len(parts.labels)] for j in range(len(parts.labels))]
        self._folder = folder
        self._scorer: Scorer | None = None

    def __repr__(self) -> str:
        return f"StanceModel({len(self.vocabulary)} features, labels={list(self.labels)})"

    def __reduce__(self) -> tuple[Any, ...]:
        """A model from a folder travels to other processes as its path and hash; one never saved as its parts."""
        if self._folder is not None:
            return _reload, (self._folder, self.config["weights_sha256"])
        return StanceModel, (self._parts(),)

    def _parts(self) -> Parts:
        return Parts(self.labels, self.analyzer, self.vocabulary, self.idf, self.folded, self.intercepts, self.config)

    @property
    def min_confidence(self) -> float | None:
        """The recommended threshold for `predict(min_confidence=...)`, if training found one."""
        return self.config.get("recommended_min_confidence")

    # ---- predicting ---------------------------------------------------------------------------------

    @overload
    def predict(self, texts: str, *, min_confidence: float | None = None) -> Prediction: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, texts: pd.Series, *, min_confidence: float | None = None) -> pd.DataFrame: ...
    @overload
    def predict(self, texts: Sequence[str], *, min_confidence: float | None = None) -> list[Prediction]: ...

    def predict(self, texts: Any, *, min_confidence: float | None = None) -> Any:
        """The stance of a sentence (`Prediction`), of a list (a list) or of a column (a table of the same library).

        A pandas Series gives a DataFrame with the same index, a polars Series a polars DataFrame, a pyarrow column a Table.

        With `min_confidence` (0 to 1) the label is None where the highest probability is below it.
        Raises InputError for anything that is not text.
        """
        if min_confidence is not None and not 0 <= min_confidence <= 1:
            raise InputError(f"min_confidence is {min_confidence!r}; give a number from 0 to 1")
        if isinstance(texts, str):
            return self._prediction(texts, *self._score(texts), min_confidence)
        scores = self._scores(as_texts(texts))
        predictions = [self._prediction(text, row, known, min_confidence) for text, row, known in scores]
        return columns.frame(predictions, self.labels, texts) if columns.is_column(texts) else predictions

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        """An array n × labels of calibrated probabilities, columns in the order of `labels`."""
        import numpy as np

        checked = as_texts([texts] if isinstance(texts, str) else texts)
        if len(checked) >= BATCH_FROM:
            return np.vstack([self.score_batch(checked[i : i + CHUNK])[0] for i in range(0, len(checked), CHUNK)])
        rows = [self._score(text)[0] for text in checked]
        return np.array(rows, dtype=float).reshape(len(rows), len(self.labels))

    def stream(self, texts: Iterable[str], *, batch: int = CHUNK, min_confidence: float | None = None) -> Iterator[Prediction]:
        """Predictions one by one for any number of sentences, in bounded memory: `batch` of them at a time."""
        if isinstance(texts, str) or batch < 1:
            raise InputError("stream takes an iterable of sentences and a batch of 1 or more; for one sentence use predict")
        waiting: list[str] = []
        for text in texts:
            waiting.append(text)
            if len(waiting) >= batch:
                yield from self.predict(waiting, min_confidence=min_confidence)
                waiting = []
        yield from self.predict(waiting, min_confidence=min_confidence)

    def predict_set(self, texts: Any, coverage: float = 0.9) -> Any:
        """The labels that together hold the right one with probability `coverage`: a tuple (a list of them for a list).

        Most probable first, never empty. `coverage` is one of .50, .51 … .99. The promise (split-conformal prediction)
        holds on average and for text like the training data only: real text of another kind gets less.
        """
        table = self.config.get("conformal")
        if not table:
            raise InputError("this model holds no conformal table; train it with this version of stance")
        place = round(coverage * 100) - 50 if isinstance(coverage, (int, float)) and coverage == coverage else -1
        if not 0 <= place < len(table) or abs(coverage - CONFORMAL_COVERAGES[place]) > 1e-9:
            raise InputError(f"coverage is {coverage!r}; give .50, .51 … .99")
        if isinstance(texts, str):
            return self._set(self._score(texts)[0], table[place])
        return [self._set(row, table[place]) for _, row, _ in self._scores(as_texts(texts))]

    def _set(self, probabilities: Sequence[float], least: float) -> tuple[str, ...]:
        order = sorted(range(len(self.labels)), key=lambda j: -probabilities[j])
        return tuple(self.labels[j] for j in order if j == order[0] or probabilities[j] >= least)

    def explain(self, text: str, label: str | None = None) -> Explanation:
        """Why `text` gets its label (or how much speaks for another `label`): features with their exact share.

        `intercept + sum(contributions) == logit` to 1e-9; spans index `text`.
        """
        if not isinstance(text, str):
            raise InputError(f"explain takes one sentence (str), not {type(text).__name__}")
        prediction = self._prediction(text, *self._score(text), None)
        chosen = prediction.label if label is None else label
        if chosen is None or chosen not in self.labels:
            raise InputError(f"label {chosen!r} is not one of {', '.join(self.labels)}")
        column = self.labels.index(chosen)
        spans: dict[int, list[tuple[int, int]]] = {}
        names: dict[int, str] = {}
        find = self.vocabulary.finder()
        for name, start, end in self.analyzer.with_spans(text):
            row = find(name)
            if row is not None:
                names[row] = name
                spans.setdefault(row, []).append((start, end))
        counts = {row: len(places) for row, places in spans.items()}
        logits, norm = self._logits(counts)
        contributions = [
            Contribution(names[row], scale(count) * self._columns[column][row] / norm, tuple(spans[row]))
            for row, count in counts.items()
        ]
        contributions.sort(key=lambda c: (-c.value, c.feature))
        return Explanation(text, chosen, logits[column], self.intercepts[column], contributions, prediction)

    # ---- arithmetic ---------------------------------------------------------------------------------

    def _logits(self, counts: Mapping[int, int]) -> tuple[list[float], float]:
        """Row → count, to one logit a label and the Euclidean length of the TF-IDF values (1 for none).

        Rows in ascending order: the same sums as batch.py, bit by bit.
        """
        rows = sorted(counts)
        weights = list(map(scale, map(counts.__getitem__, rows)))
        values = list(map(mul, weights, map(self.idf.__getitem__, rows)))
        squares = reduce(add, map(mul, values, values), 0.0)  # not sum(): from Python 3.12 on it rounds differently
        sums = [reduce(add, map(mul, weights, map(column.__getitem__, rows)), 0.0) for column in self._columns]
        norm = math.sqrt(squares) or 1.0
        return [total / norm + intercept for total, intercept in zip(sums, self.intercepts, strict=True)], norm

    def _score(self, text: str) -> tuple[list[float], float]:
        """The probabilities of one sentence and the share of its words that are known."""
        tokens = self.analyzer.tokens(normalise(text))
        find = self.vocabulary.finder()
        counts: dict[int, int] = {}
        for row in map(find, self.analyzer.features(tokens)):
            if row is not None:
                counts[row] = counts.get(row, 0) + 1
        words = ["w " + symbol for symbol in tokens.symbols if len(symbol) > 1]  # masks and single letters count as nothing
        known = sum(find(word) is not None for word in words) / len(words) if words else 0.0
        return softmax(self._logits(counts)[0]), known

    def _scores(self, texts: Sequence[str]) -> Iterator[tuple[str, Sequence[float], float]]:
        if len(texts) < BATCH_FROM:
            for text in texts:
                yield text, *self._score(text)
            return
        for i in range(0, len(texts), CHUNK):
            chunk = texts[i : i + CHUNK]
            probabilities, known = self.score_batch(chunk)
            yield from zip(chunk, probabilities.tolist(), known.tolist(), strict=True)

    def score_batch(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities (n × labels) and known shares (n) of checked texts, by numpy and scipy."""
        if self._scorer is None:
            from .batch import Scorer

            self._scorer = Scorer(self._parts())
        return self._scorer.score(texts, self._score)

    def _prediction(self, text: str, probabilities: Sequence[float], known: float, min_confidence: float | None) -> Prediction:
        highest = max(probabilities)
        sure = min_confidence is None or highest >= min_confidence
        label = self.labels[probabilities.index(highest)] if sure else None
        return Prediction(text, label, dict(zip(self.labels, probabilities, strict=True)), known, known > 0)

    # ---- from and to disk ---------------------------------------------------------------------------

    @classmethod
    def from_pipeline(cls, vectorizer: Any, classifier: Any, config: Mapping[str, Any] | None = None) -> StanceModel:
        """Fold a fitted TfidfVectorizer(analyzer=Analyzer) and LogisticRegression into one map.

        The vectorizer must use sublinear_tf, l2 norm and idf. Labels come in the order of LABELS where they are
        the four stances (scikit-learn sorts by the alphabet), else in the classifier's order.
        """
        import numpy as np

        classes = [str(label) for label in classifier.classes_]
        labels = list(LABELS) if set(classes) == set(LABELS) else classes
        coefficients, intercepts = classifier.coef_, classifier.intercept_
        if len(classes) == 2 and len(coefficients) == 1:  # scikit-learn keeps one row for two classes
            coefficients = np.vstack([-coefficients[0] / 2, coefficients[0] / 2])
            intercepts = np.array([-intercepts[0] / 2, intercepts[0] / 2])
        order = [classes.index(label) for label in labels]
        names = vectorizer.get_feature_names_out().tolist()
        rows = sorted(range(len(names)), key=names.__getitem__)
        idf = vectorizer.idf_[rows].astype(np.float32)
        folded = (coefficients[order].T * vectorizer.idf_[:, None])[rows].astype(np.float32)
        parts = Parts(
            tuple(labels),
            vectorizer.analyzer,
            Rows([names[row] for row in rows]),
            array("f", idf.tobytes()),
            array("f", folded.tobytes()),
            [float(b) for b in intercepts[order]],
            dict(config or {}),
        )
        return cls(parts)

    def save(self, folder: str | Path) -> Path:
        """Write weights.safetensors and config.json into `folder` (made if missing) and return it."""
        from pathlib import Path

        self.config = model_folder.write(os.fspath(folder), self._parts())
        return Path(folder)

    @classmethod
    def load(cls, folder: str | Path) -> StanceModel:
        """Read and check a model folder. Raises ModelError with the reason if anything is wrong with it."""
        path = os.path.abspath(os.fspath(folder))
        return cls(model_folder.read(path), path)


def softmax(logits: Sequence[float]) -> list[float]:
    """Probabilities of logits."""
    highest = max(logits)
    powers = [math.exp(x - highest) for x in logits]
    total = reduce(add, powers)
    return [p / total for p in powers]


def as_texts(texts: Any) -> list[str]:
    """A list of str from a list, tuple, array or column of sentences; InputError for anything else."""
    if isinstance(texts, (list, tuple)):
        found = list(texts)
    elif columns.is_column(texts):
        found = columns.values(texts)
    elif type(texts).__name__ == "ndarray" and texts.ndim == 1:
        found = texts.tolist()
    else:
        hint = (
            "decode it first" if isinstance(texts, bytes) else "give a str, a list of str, or a pandas, polars or pyarrow column"
        )
        raise InputError(f"cannot predict on {type(texts).__name__}: {hint}")
    for i, text in enumerate(found):
        if not isinstance(text, str):
            raise InputError(f"item {i} is {type(text).__name__}, not str; drop or fill missing values first")
    return found


def default_folder() -> str:
    """Where the shipped model lies: inside an installed package, or beside it in a checkout."""
    package = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(package, "models", "default")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "models", "default")


@lru_cache(maxsize=4)
def _load_once(folder: str, sha256: str | None) -> StanceModel:
    """One model a process for each folder and hash."""
    return StanceModel.load(folder)


def _reload(folder: str, sha256: str) -> StanceModel:
    model = _load_once(folder, sha256)
    if model.config["weights_sha256"] != sha256:
        raise InputError(f"{folder}: the model there is another one by now; send a freshly loaded model")
    return model


def load(folder: str | Path | None = None) -> StanceModel:
    """The shipped model, or the one in `folder`. The shipped one is read once per process."""
    return _load_once(default_folder(), None) if folder is None else StanceModel.load(folder)
