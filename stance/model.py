"""`StanceModel`: a folder of plain numbers → labels, calibrated probabilities and exact reasons.

`from_pipeline` folds a fitted scikit-learn pipeline into one linear map, `save` writes it as
weights.safetensors + config.json, `load` reads those two files, checks them and executes nothing.
One sentence at a time needs the standard library alone; numpy and pandas are imported where asked for.
"""

from __future__ import annotations

import json
import math
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from . import normalise, weights
from .features import Analyzer, read_template
from .records import LABELS, Contribution, Explanation, InputError, ModelError, Prediction

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FORMAT_VERSION = 1
_WEIGHTS, _CONFIG = "weights.safetensors", "config.json"
_TENSORS = {"idf", "weights", "intercepts", "features", "names", "common", "lexicon", "irregular"}


class StanceModel:
    """A folded TF-IDF + logistic-regression model. Make one with `stance.load` or `from_pipeline`."""

    def __init__(
        self,
        labels: Sequence[str],
        analyzer: Analyzer,
        vocabulary: Mapping[str, int],
        idf: Sequence[float],
        folded: Sequence[float],
        intercepts: Sequence[float],
        config: Mapping[str, Any],
    ) -> None:
        self.labels = tuple(labels)
        self.analyzer = analyzer
        self.vocabulary = vocabulary
        self.config = dict(config)
        self._idf = idf
        self.folded = folded
        self._intercepts = list(intercepts)

    def __repr__(self) -> str:
        return f"StanceModel({len(self.vocabulary)} features, labels={list(self.labels)})"

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
        """The stance of a sentence (`Prediction`), of a list (a list) or of a Series (a DataFrame, same index).

        With `min_confidence` (0 to 1) the label is None where the highest probability is below it.
        Raises InputError for anything that is not text.
        """
        if min_confidence is not None and not 0 <= min_confidence <= 1:
            raise InputError(f"min_confidence is {min_confidence!r}; give a number from 0 to 1")
        if isinstance(texts, str):
            return self._prediction(texts, self._score(texts), min_confidence)
        checked = as_texts(texts)
        predictions = [self._prediction(text, self._score(text), min_confidence) for text in checked]
        return _frame(predictions, self.labels, texts.index) if _is_series(texts) else predictions

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        """An array n × labels of calibrated probabilities, columns in the order of `labels`."""
        import numpy as np

        checked = as_texts([texts] if isinstance(texts, str) else texts)
        rows = [_softmax(self._score(text)[0]) for text in checked]
        return np.array(rows, dtype=float).reshape(len(rows), len(self.labels))

    def explain(self, text: str, label: str | None = None) -> Explanation:
        """Why `text` gets its label (or how much speaks for another `label`): features with their exact share.

        `intercept + sum(contributions) == logit` to 1e-9; spans index `text`.
        """
        if not isinstance(text, str):
            raise InputError(f"explain takes one sentence (str), not {type(text).__name__}")
        logits, known = self._score(text)
        prediction = self._prediction(text, (logits, known), None)
        chosen = prediction.label if label is None else label
        if chosen not in self.labels:
            raise InputError(f"label {chosen!r} is not one of {', '.join(self.labels)}")
        column = self.labels.index(chosen)
        spans: dict[str, list[tuple[int, int]]] = {}
        for name, start, end in self.analyzer.with_spans(text):
            if name in self.vocabulary:
                spans.setdefault(name, []).append((start, end))
        frequencies = {name: len(places) for name, places in spans.items()}
        values, norm = self._values(frequencies)
        contributions = [
            Contribution(name, value * self._weight(self.vocabulary[name], column) / norm, tuple(spans[name]))
            for name, value in zip(frequencies, values, strict=True)
        ]
        contributions.sort(key=lambda c: (-c.value, c.feature))
        return Explanation(text, chosen, logits[column], self._intercepts[column], contributions, prediction)

    # ---- arithmetic ---------------------------------------------------------------------------------

    def _weight(self, row: int, column: int) -> float:
        return self.folded[row * len(self.labels) + column] / self._idf[row]

    def _values(self, frequencies: Mapping[str, int]) -> tuple[list[float], float]:
        """(1 + ln count) · idf of each feature, and the Euclidean norm of those values."""
        idf, vocabulary = self._idf, self.vocabulary
        values = [
            (1.0 + math.log(count)) * idf[vocabulary[name]] if count > 1 else idf[vocabulary[name]]
            for name, count in frequencies.items()
        ]
        return values, math.sqrt(math.fsum(v * v for v in values)) or 1.0

    def _score(self, text: str) -> tuple[list[float], float]:
        """The logits of one sentence and the share of its words that are known."""
        vocabulary, folded, k = self.vocabulary, self.folded, len(self.labels)
        tokens = self.analyzer.tokens(normalise.normalise(text))
        frequencies = Counter(name for name, _, _ in self.analyzer.features(tokens) if name in vocabulary)
        sums = [0.0] * k
        squares = 0.0
        for name, count in frequencies.items():
            row = vocabulary[name]
            scale = 1.0 + math.log(count) if count > 1 else 1.0
            value = scale * self._idf[row]
            squares += value * value
            at = row * k
            for j in range(k):
                sums[j] += scale * folded[at + j]
        norm = math.sqrt(squares) or 1.0
        logits = [b + s / norm for b, s in zip(self._intercepts, sums, strict=True)]
        words = ["w " + token.symbol for token in tokens if len(token.symbol) > 1]  # neither masks nor single letters
        known = sum(word in vocabulary for word in words) / len(words) if words else 0.0
        return logits, known

    def _prediction(self, text: str, score: tuple[list[float], float], min_confidence: float | None) -> Prediction:
        logits, known = score
        probabilities = _softmax(logits)
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
        names = vectorizer.get_feature_names_out()
        idf = vectorizer.idf_.astype(np.float32)
        folded = (coefficients[order].T * vectorizer.idf_[:, None]).astype(np.float32)
        return cls(
            labels,
            vectorizer.analyzer,
            {str(name): i for i, name in enumerate(names)},
            array("f", idf.tobytes()),
            array("f", folded.tobytes()),
            [float(b) for b in intercepts[order]],
            config or {},
        )

    def save(self, folder: str | Path) -> Path:
        """Write weights.safetensors and config.json into `folder` (made if missing) and return it."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        analyzer = self.analyzer
        texts = {
            "features": list(self.vocabulary),
            "names": [f"{name}\t{int(exact)}" for name, exact in sorted(analyzer.names.items())],
            "common": sorted(analyzer.common),
            "lexicon": [f"{expression}\t{label}" for expression, label in sorted(analyzer.lexicon.items())],
            "irregular": [f"{form}\t{lemma}" for form, lemma in sorted(analyzer.irregular.items())],
        }
        n, k = len(self.vocabulary), len(self.labels)
        tensors = {
            "intercepts": ("F64", (k,), array("d", self._intercepts).tobytes()),
            "idf": ("F32", (n,), bytes(memoryview(self._idf).cast("B"))),  # type: ignore[arg-type]
            "weights": ("F32", (n, k), bytes(memoryview(self.folded).cast("B"))),  # type: ignore[arg-type]
        }
        for name, lines in texts.items():
            data = "\n".join(lines).encode("utf-8")
            tensors[name] = ("U8", (len(data),), data)
        digest = weights.write(folder / _WEIGHTS, tensors)
        config = {
            **self.config,
            "format_version": FORMAT_VERSION,
            "labels": list(self.labels),
            "templates": list(analyzer.templates),
            "normalise_version": normalise.VERSION,
            "weights_sha256": digest,
        }
        self.config = config
        (folder / _CONFIG).write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> StanceModel:
        """Read and check a model folder. Raises ModelError with the reason if anything is wrong with it."""
        folder = Path(folder)
        path = folder / _CONFIG
        try:
            with open(path, "rb") as file:
                data = file.read(2**20 + 1)
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({error.strerror}); give the folder of a trained model") from None
        if len(data) > 2**20:
            raise ModelError(f"{path}: larger than 1 MB; train the model again or reinstall stance")
        config = weights.parse_json(data, path)
        labels, templates, digest = _checked_config(config, path)
        tensors = weights.open_weights(folder / _WEIGHTS, digest)

        def fail(reason: str) -> ModelError:
            return ModelError(f"{folder / _WEIGHTS}: {reason}; train the model again or reinstall stance")

        if set(tensors) != _TENSORS:
            odd = ", ".join(sorted(set(tensors) ^ _TENSORS))
            raise fail(f"missing or unexpected tensors: {odd}")
        texts = {name: _lines(tensors[name], name, fail) for name in _TENSORS - {"idf", "weights", "intercepts"}}
        features = texts["features"]
        n, k = len(features), len(labels)
        vocabulary = {name: i for i, name in enumerate(features)}
        if len(vocabulary) != n:
            raise fail(f"{n - len(vocabulary)} features stand twice")
        numbers = []
        for name, shape, kind in (("idf", (n,), "f"), ("weights", (n, k), "f"), ("intercepts", (k,), "d")):
            found, view = tensors[name]
            if found != shape or view.format != kind:
                raise fail(f"tensor {name!r} is {view.format}{list(found)}, expected {kind}{list(shape)}")
            if not math.isfinite(sum(view)):
                raise fail(f"tensor {name!r} holds a number that is not finite")
            numbers.append(view)
        if n and min(numbers[0]) <= 0:
            raise fail("an idf is not positive")
        analyzer = Analyzer(
            templates,
            names={name: value == "1" for name, value in _pairs(texts["names"], "names", fail).items()},
            common=texts["common"],
            lexicon=_pairs(texts["lexicon"], "lexicon", fail),
            irregular=_pairs(texts["irregular"], "irregular", fail),
        )
        return cls(labels, analyzer, vocabulary, numbers[0], numbers[1], list(numbers[2]), config)


def _checked_config(config: Mapping[str, Any], path: Path) -> tuple[list[str], list[str], str]:
    def fail(reason: str) -> ModelError:
        return ModelError(f"{path}: {reason}; train the model again or reinstall stance")

    if config.get("format_version") != FORMAT_VERSION:
        raise fail(f"format version {config.get('format_version')!r}, this stance reads {FORMAT_VERSION}")
    if config.get("normalise_version") != normalise.VERSION:
        raise fail(f"text table {config.get('normalise_version')!r}, this stance has {normalise.VERSION}")
    labels = config.get("labels")
    if not isinstance(labels, list) or len(labels) < 2 or not all(isinstance(x, str) and x for x in labels):
        raise fail("'labels' must list two or more names")
    if len(set(labels)) != len(labels):
        raise fail("'labels' names one label twice")
    digest = config.get("weights_sha256")
    if not isinstance(digest, str) or len(digest) != 64:
        raise fail("'weights_sha256' is missing")
    threshold = config.get("recommended_min_confidence")
    if threshold is not None and not (isinstance(threshold, float) and 0 <= threshold <= 1):
        raise fail("'recommended_min_confidence' is not a number from 0 to 1")
    templates = config.get("templates")
    if not isinstance(templates, list) or not templates or len(templates) > 40 or not all(isinstance(t, str) for t in templates):
        raise fail("'templates' must list what is counted")
    try:
        for line in templates:
            read_template(line)
    except ValueError as error:
        raise fail(f"'templates': {error}") from None
    return labels, templates, digest


def _lines(tensor: tuple[tuple[int, ...], memoryview], name: str, fail: Any) -> list[str]:
    shape, view = tensor
    if view.format != "B" or len(shape) != 1:
        raise fail(f"tensor {name!r} is not text")
    try:
        text = bytes(view).decode("utf-8")
    except UnicodeDecodeError:
        raise fail(f"tensor {name!r} is not valid UTF-8") from None
    return text.split("\n") if text else []


def _pairs(lines: Sequence[str], name: str, fail: Any) -> dict[str, str]:
    pairs = dict(line.partition("\t")[::2] for line in lines)
    if len(pairs) != len(lines) or not all(pairs.values()) or "" in pairs:
        raise fail(f"table {name!r} is malformed or holds an entry twice")
    return pairs


def _softmax(logits: Sequence[float]) -> list[float]:
    highest = max(logits)
    powers = [math.exp(x - highest) for x in logits]
    total = math.fsum(powers)
    return [p / total for p in powers]


def _is_series(texts: object) -> bool:
    return type(texts).__name__ == "Series" and type(texts).__module__.partition(".")[0] == "pandas"


def _frame(predictions: Sequence[Prediction], labels: Sequence[str], index: Any) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, list[object]] = {
        "label": [p.label for p in predictions],
        "confidence": [p.confidence for p in predictions],
        **{f"p_{label}": [p.probabilities[label] for p in predictions] for label in labels},
        "known": [p.known for p in predictions],
        "recognised": [p.recognised for p in predictions],
    }
    return pd.DataFrame(columns, index=index)


def as_texts(texts: Any) -> list[str]:
    """A list of str from a list, tuple, Series or array of sentences; InputError for anything else."""
    if isinstance(texts, (list, tuple)):
        found = list(texts)
    elif _is_series(texts) or (type(texts).__name__ == "ndarray" and texts.ndim == 1):
        found = texts.tolist()
    else:
        hint = "decode it first" if isinstance(texts, bytes) else "give a str, a list of str or a pandas Series"
        raise InputError(f"cannot predict on {type(texts).__name__}: {hint}")
    for i, text in enumerate(found):
        if not isinstance(text, str):
            raise InputError(f"item {i} is {type(text).__name__}, not str; drop or fill missing values first")
    return found


def default_folder() -> Path:
    """Where the shipped model lies: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "models" / "default"
    return inside if inside.is_dir() else package.parent / "models" / "default"


@lru_cache(maxsize=4)
def _load_once(folder: Path) -> StanceModel:
    return StanceModel.load(folder)


def load(folder: str | Path | None = None) -> StanceModel:
    """The shipped model, or the one in `folder`. The shipped one is read once per process."""
    return _load_once(default_folder()) if folder is None else StanceModel.load(folder)
