"""One chunk of a table in, the same rows with their labels out: a pure function, run in any process or on any machine.

`tag_chunk` parses the rows, finds the ones that cannot be classified, asks the model once for all others and
writes the result in the format of the output. It reads nothing but its arguments and the model's folder.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import operator
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from .model import StanceModel, default_folder
from .plan import Chunk, Fault, Part, Plan, Rows, Scores
from .records import ModelError, Prediction, Statement
from .rows import CsvRows, JsonRows
from .spreadsheet import csv_rows
from .tables import arrow

if TYPE_CHECKING:
    import numpy as np

TEXT_LIMIT = 10_000
DOCUMENT_LIMIT = 1_000_000
BATCH_FROM = 300  # fewer sentences are done one by one, before scipy is imported; the numbers are the same
UNCERTAIN = "uncertain"


def tag_chunk(plan: Plan, chunk: Chunk, first: int) -> Part:
    """The rows of `chunk` with their labels; `first` is the number of its first row, counted from 1."""
    rows = _parse(plan, chunk)
    _find_odd_texts(rows, DOCUMENT_LIMIT if plan.split else TEXT_LIMIT)
    n, faults = len(rows.texts), tuple(rows.faults[i] for i in sorted(rows.faults))
    model = model_of(plan.model or str(default_folder()), plan.model_hash)
    rows, scores = _split(plan, model, rows, first) if plan.split else (rows, _scores(plan, model, rows))
    labels = Counter(scores.labels)
    del labels[""]
    return Part(packed(_render(plan, rows, scores), plan.compression), n, labels, faults, chunk.digest(), chunk.done)


@lru_cache(maxsize=2)
def model_of(folder: str, digest: str) -> StanceModel:
    """The model in `folder`, read once a process; ModelError where it is not the one that `digest` names."""
    model = StanceModel.load(folder)
    if model_hash(folder) != digest:
        raise ModelError(f"{folder}: is not the model this run began with; install the same one on every machine")
    return model


def model_hash(folder: str | Path) -> str:
    """The SHA-256 of config.json, which names the SHA-256 of the weights."""
    path = Path(folder) / "config.json"
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); give the folder of a trained model") from None


def _parse(plan: Plan, chunk: Chunk) -> Rows:
    if plan.kind == "parquet":
        from .parquet import ArrowRows

        return ArrowRows.parse(plan, chunk.data)
    return JsonRows.parse(plan, chunk) if plan.kind == "jsonl" else CsvRows.parse(plan, chunk)


def _find_odd_texts(rows: Rows, limit: int) -> None:
    """Add a fault for each text that is empty, too long, or holds NUL."""
    for i, text in enumerate(rows.texts):
        if i in rows.faults:
            continue
        if not text or text.isspace():
            rows.faults[i] = Fault(i, "empty", "no text")
        elif len(text) > limit:
            hint = "" if limit > TEXT_LIMIT else "; cut it into sentences or use --split"
            rows.faults[i] = Fault(i, "too long", f"{len(text):,} characters, at most {limit:,}{hint}")
        elif "\0" in text:
            rows.faults[i] = Fault(i, "NUL", "holds a NUL character")


# ---- labels -------------------------------------------------------------------------------------


def _scores(plan: Plan, model: StanceModel, rows: Rows) -> Scores:
    """Label and numbers of each row; "" and NaN for rows that have a fault."""
    n = len(rows.texts)
    if not rows.faults:
        return Scores(*_predict(plan, model, rows.texts))
    good = [i for i in range(n) if i not in rows.faults]
    return _spread(n, good, *_predict(plan, model, [rows.texts[i] for i in good]))


def _spread(n: int, places: Sequence[int], labels: Sequence[str], numbers: np.ndarray) -> Scores:
    """Scores of `n` rows, of which those at `places` have a label."""
    import numpy as np

    all_labels, all_numbers = [""] * n, np.full((n, numbers.shape[1]), np.nan)
    for i, label in zip(places, labels, strict=True):
        all_labels[i] = label
    all_numbers[list(places)] = numbers
    return Scores(all_labels, all_numbers)


def _predict(plan: Plan, model: StanceModel, texts: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """The label of each text, and its numbers: confidence, probabilities in the order of the labels, share known."""
    import numpy as np

    if len(texts) < BATCH_FROM:
        return _numbers(plan, model.predict(texts, min_confidence=plan.min_confidence))
    probabilities, known = model.score_batch(texts)
    confidence = probabilities.max(axis=1)
    labels = [plan.labels[j] for j in probabilities.argmax(axis=1).tolist()]
    if plan.min_confidence is not None:
        for i in np.flatnonzero(confidence < plan.min_confidence).tolist():
            labels[i] = UNCERTAIN
    return labels, np.column_stack([confidence, probabilities, known])


def _numbers(plan: Plan, predictions: Sequence[Prediction]) -> tuple[list[str], np.ndarray]:
    """What `_predict` returns, from predictions."""
    import numpy as np

    rows = [(p.confidence, *(p.probabilities[label] for label in plan.labels), p.known) for p in predictions]
    return [p.label or UNCERTAIN for p in predictions], np.array(rows, dtype=float).reshape(len(rows), len(plan.labels) + 2)


def _split(plan: Plan, model: StanceModel, rows: Rows, first: int) -> tuple[Rows, Scores]:
    """One row for each statement of each document, exactly as `stance.tag` has them; rows with a fault stay one row."""
    from .article import tag

    places: list[int] = []
    statements: list[Statement | None] = []
    for i, text in enumerate(rows.texts):
        found = () if i in rows.faults else tag(text, model=model, min_confidence=plan.min_confidence).statements
        places += [i] * (len(found) or 1)
        statements += found or [None]
    texts = [s.text if s else rows.texts[i] for i, s in zip(places, statements, strict=True)]
    repeated = rows.repeated(places, texts)
    repeated.faults = {k: rows.faults[i] for k, i in enumerate(places) if i in rows.faults}
    good = [k for k, statement in enumerate(statements) if statement]
    scores = _spread(len(places), good, *_numbers(plan, [s.prediction for s in statements if s]))
    for i, s in zip(places, statements, strict=True):
        scores.spans.append((first + i, s.start, s.end, s.kind, s.speaker or None) if s else (first + i, *[None] * 4))
    return repeated, scores


# ---- writing ------------------------------------------------------------------------------------


def _render(plan: Plan, rows: Rows, scores: Scores) -> bytes:
    if plan.output == "parquet":
        from .parquet import render

        return render(plan, rows, scores)
    if plan.output == "jsonl":
        heads, tails = rows.json_heads(), _json_tails(plan, rows.faults, scores)
        lines = [head + (tail if head != "{" else tail[2:]) for head, tail in zip(heads, tails, strict=True)]
    else:
        lines = list(map(operator.add, rows.csv_heads(), _csv_tails(plan, rows.faults, scores)))
    lines.append("")
    return "\n".join(lines).encode("utf-8", "replace")


def packed(data: bytes, compression: str) -> bytes:
    """The bytes as one gzip member or zstd frame (such pieces may follow each other in a file), or as they are."""
    if compression == "gz":
        return gzip.compress(data, 6, mtime=0)
    if compression == "zst":
        return bytes(arrow().Codec("zstd").compress(data, asbytes=True))
    return data


def csv_header(plan: Plan) -> bytes:
    """The first line of a CSV output."""
    return (csv_rows([[*plan.columns, *plan.added]], plan.delimiter, plan.csv_safe)[0] + "\n").encode()


def _csv_tails(plan: Plan, faults: dict[int, Fault], scores: Scores) -> list[str]:
    """The added cells of each row, each after a delimiter."""
    d = plan.delimiter
    begins = [d + cells for cells in csv_rows(scores.spans, d, plan.csv_safe)] if plan.split else [""] * len(scores.labels)
    labels = {label: d + csv_rows([[label]], d, plan.csv_safe)[0] for label in {*scores.labels} - {""}}
    numbers = filled([d] * scores.numbers.shape[1] + ["" if plan.strict else d], scores.numbers)
    tails = [b + labels[label] + x if label else "" for b, label, x in zip(begins, scores.labels, numbers, strict=True)]
    for i, fault in faults.items():
        empty = [""] * (scores.numbers.shape[1] + 1)
        tails[i] = begins[i] + d + csv_rows([[*empty, fault.reason]], d, plan.csv_safe)[0]
    return tails


def _json_tails(plan: Plan, faults: dict[int, Fault], scores: Scores) -> list[str]:
    """The added keys of each row and the closing brace."""
    names = plan.added
    spans, rest = names[: len(names) - len(plan.added_scores)], plan.added_scores
    begins = [""] * len(scores.labels)
    if plan.split:
        begins = [", " + _json(dict(zip(spans, span, strict=True)))[1:-1] for span in scores.spans]
    labels = {label: f", {_json(rest[0])}: {_json(label)}" for label in {*scores.labels} - {""}}
    k = scores.numbers.shape[1]
    end = "}" if plan.strict else f", {_json(rest[-1])}: null}}"
    numbers = filled([*(f", {_json(name)}: " for name in rest[1 : k + 1]), end], scores.numbers)
    tails = [b + labels[label] + x if label else "" for b, label, x in zip(begins, scores.labels, numbers, strict=True)]
    for i, fault in faults.items():
        tails[i] = begins[i] + ", " + _json({**dict.fromkeys(rest), rest[-1]: fault.reason})[1:]
    return tails


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def filled(pieces: Sequence[str], numbers: np.ndarray) -> list[str]:
    """For each row of `numbers` (from 0 to 1) the pieces with its numbers between them, to six decimals.

    >>> import numpy as np
    >>> filled(["a=", " b=", "."], np.array([[0.5, 1.0]]))
    ['a=0.500000 b=1.000000.']
    """
    import numpy as np

    millionths = np.rint(np.nan_to_num(numbers) * 1e6).astype(np.uint32)
    template = "0.000000".join(pieces)
    encoding, kind = ("ascii", np.uint8) if template.isascii() else ("utf-32-le", np.uint32)
    text = np.tile(np.frombuffer(template.encode(encoding), kind), (len(numbers), 1))
    at = 0
    for column, piece in zip(millionths.T, pieces, strict=False):
        at += len(piece)
        text[:, at] += (column // 1_000_000).astype(kind)
        for digit in range(6):
            text[:, at + 2 + digit] += (column // 10 ** (5 - digit) % 10).astype(kind)
        at += len("0.000000")
    joined, width = text.tobytes().decode(encoding), len(template)
    return [joined[i : i + width] for i in range(0, len(joined), width)]
