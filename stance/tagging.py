"""One chunk of a table in, the same rows with their labels out: a pure function, run in any process or on any machine.

`tag_chunk` parses the rows, finds the ones that cannot be classified, asks the model once for all others and
writes the result in the format of the output. It reads nothing but its arguments and the model's folder.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from .model import StanceModel, default_folder
from .plan import Chunk, Fault, Part, Plan, Rows
from .records import ModelError, Prediction, Statement
from .spreadsheet import CELL_LIMIT, escape
from .tables import arrow, not_utf8

TEXT_LIMIT = 10_000
DOCUMENT_LIMIT = 1_000_000
UNCERTAIN = "uncertain"
_SURROGATE = re.compile("[\ud800-\udfff]")
_DIGITS = "%.6f"


def tag_chunk(plan: Plan, chunk: Chunk, first: int) -> Part:
    """The rows of `chunk` with their labels; `first` is the number of its first row, counted from 1."""
    rows = _parse(plan, chunk)
    _find_odd_texts(rows, DOCUMENT_LIMIT if plan.split else TEXT_LIMIT)
    n, faults = len(rows.texts), tuple(rows.faults[i] for i in sorted(rows.faults))
    model = model_of(plan.model or str(default_folder()), plan.model_hash)
    if plan.split:
        rows, added = _sentences(plan, model, rows, first)
    else:
        added = _scores(plan, model, rows)
    if not plan.strict:
        added["error"] = [rows.faults[i].reason if i in rows.faults else None for i in range(len(rows.texts))]
    data = _render(plan, rows, {plan.prefix + name: values for name, values in added.items()})
    labels = Counter(label for label in added["label"] if label)
    return Part(packed(data, plan.compression), n, labels, faults, chunk.digest(), chunk.done)


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


# ---- parsing ------------------------------------------------------------------------------------


def _parse(plan: Plan, chunk: Chunk) -> Rows:
    if plan.kind == "parquet":
        from .parquet import ArrowRows

        return ArrowRows.parse(plan.column, chunk.data)
    return _JsonRows.parse(plan, chunk) if plan.kind == "jsonl" else _CsvRows.parse(plan, chunk)


def _decoded(data: bytes) -> tuple[str, bool]:
    """The text, and whether some of it was not UTF-8 (those bytes are lone surrogates then)."""
    try:
        return data.decode("utf-8"), False
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape"), True


def _encoding_fault(i: int, line: str) -> Fault | None:
    try:
        line.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError as error:
        return Fault(i, "wrong encoding", not_utf8(error) + "; save the table as UTF-8 or give its --encoding")
    return None


def _shown(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text)


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


class _CsvRows:
    """Rows of CSV or TSV: lists of cells, brought to the width of the header."""

    def __init__(self, columns: Sequence[str], place: int, lines: list[list[str]], faults: dict[int, Fault]) -> None:
        self._columns, self._place, self._lines, self.faults = columns, place, lines, faults
        self.texts = [line[place] for line in lines]

    @classmethod
    def parse(cls, plan: Plan, chunk: Chunk) -> _CsvRows:
        csv.field_size_limit(CELL_LIMIT)
        text, damaged = _decoded(chunk.data)
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=plan.read_delimiter)) or [[]] * bool(chunk.fault)
        width = len(plan.columns)
        faults: dict[int, Fault] = {}
        for i, line in enumerate(lines):
            if len(line) != width:
                if line or width > 1:
                    faults[i] = Fault(i, "ragged", f"{len(line)} cells, the header has {width}")
                lines[i] = _of_width(line, width, plan.read_delimiter)
        if damaged:
            for i, line in enumerate(lines):
                if fault := _encoding_fault(i, plan.read_delimiter.join(line)):
                    faults[i], lines[i] = fault, [_shown(cell) for cell in line]
        if chunk.fault:
            faults[0] = Fault(0, "cannot be cut", chunk.fault)
        return cls(plan.columns, plan.columns.index(plan.column), lines, faults)

    def repeated(self, places: Sequence[int], texts: Sequence[str]) -> _CsvRows:
        lines = []
        for i, text in zip(places, texts, strict=True):
            lines.append([*self._lines[i][: self._place], text, *self._lines[i][self._place + 1 :]])
        return _CsvRows(self._columns, self._place, lines, {})

    def cells(self) -> Iterable[Sequence[str]]:
        return self._lines

    def objects(self) -> Iterable[str]:
        for line in self._lines:
            yield json.dumps(dict(zip(self._columns, line, strict=True)), ensure_ascii=False)[:-1]


def _of_width(line: list[str], width: int, delimiter: str) -> list[str]:
    """Too few cells: empty ones added; too many: the surplus joined to the last, so that nothing is lost."""
    if len(line) < width:
        return line + [""] * (width - len(line))
    return [*line[: width - 1], delimiter.join(line[width - 1 :])]


class _JsonRows:
    """JSON lines, kept letter by letter; a line that is no object with a text becomes {"raw": the line}."""

    def __init__(self, column: str, heads: list[str], texts: list[str], faults: dict[int, Fault]) -> None:
        self._column, self._heads, self.texts, self.faults = column, heads, texts, faults

    @classmethod
    def parse(cls, plan: Plan, chunk: Chunk) -> _JsonRows:
        text, damaged = _decoded(chunk.data)
        lines = text.split("\n")[:-1] if text else [""]
        heads, texts, faults = [], [], {}
        reserved = frozenset(plan.added)
        for i, line in enumerate(lines):
            fault = _encoding_fault(i, line) if damaged else None
            value: object = None
            if chunk.fault:
                fault = Fault(i, "cannot be cut", chunk.fault)
            elif not fault:
                value, fault = _json_object(i, line, plan.column, reserved)
            if fault:
                faults[i] = fault
            if isinstance(value, dict):
                found = value.get(plan.column)
                texts.append(found if isinstance(found, str) else "")
                heads.append(line.rstrip()[:-1].rstrip() if not fault or fault.kind == "no text" else "")
            else:
                texts.append("")
                heads.append("{" + json.dumps("raw") + ": " + json.dumps(_shown(line.rstrip("\r")), ensure_ascii=False))
        return cls(plan.column, heads, texts, faults)

    def repeated(self, places: Sequence[int], texts: Sequence[str]) -> _JsonRows:
        heads = []
        for i, text in zip(places, texts, strict=True):
            if i in self.faults:
                heads.append(self._heads[i])
                continue
            value = json.loads(self._heads[i] + "}")
            heads.append(json.dumps({**value, self._column: text}, ensure_ascii=False)[:-1])
        return _JsonRows(self._column, heads, list(texts), {})

    def cells(self) -> Iterable[Sequence[str]]:
        raise NotImplementedError("bulk refuses JSON lines to anything else")

    def objects(self) -> Iterable[str]:
        return self._heads


def _json_object(i: int, line: str, column: str, reserved: frozenset[str]) -> tuple[object, Fault | None]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return None, Fault(i, "empty" if not line.strip() else "not JSON", "no text" if not line.strip() else reason)
    if not isinstance(value, dict):
        return None, Fault(i, "not JSON", f"a JSON object was expected, not {type(value).__name__}")
    if clash := reserved & value.keys():
        return None, Fault(i, "name clash", f"key {min(clash)!r} stands in the row already; use --prefix")
    if not isinstance(value.get(column), str):
        found = type(value[column]).__name__ if column in value else "missing"
        return value, Fault(i, "no text", f"key {column!r} is {found}, not a string")
    return value, None


# ---- labels -------------------------------------------------------------------------------------


def _scores(plan: Plan, model: StanceModel, rows: Rows) -> dict[str, list[Any]]:
    """The columns label, confidence, p_… and known, with None for rows that have a fault."""
    n = len(rows.texts)
    good = [i for i in range(n) if i not in rows.faults] if rows.faults else range(n)
    texts = [rows.texts[i] for i in good] if rows.faults else rows.texts
    predictions = model.predict(texts, min_confidence=plan.min_confidence)
    columns = _prediction_columns(plan, predictions)
    return {name: _spread(values, good, n) for name, values in columns.items()} if rows.faults else columns


def _prediction_columns(plan: Plan, predictions: Sequence[Prediction]) -> dict[str, list[Any]]:
    return {
        "label": [p.label or UNCERTAIN for p in predictions],
        "confidence": [p.confidence for p in predictions],
        **{f"p_{label}": [p.probabilities[label] for p in predictions] for label in plan.labels},
        "known": [p.known for p in predictions],
    }


def _spread(values: list[Any], places: Sequence[int], n: int) -> list[Any]:
    spread: list[Any] = [None] * n
    for i, value in zip(places, values, strict=True):
        spread[i] = value
    return spread


def _sentences(plan: Plan, model: StanceModel, rows: Rows, first: int) -> tuple[Rows, dict[str, list[Any]]]:
    """One row for each statement of each document, exactly as `stance.tag` has them; rows with a fault stay one row."""
    from .article import tag

    places: list[int] = []
    statements: list[Statement | None] = []
    for i, text in enumerate(rows.texts):
        found = () if i in rows.faults else tag(text, model=model, min_confidence=plan.min_confidence).statements
        places += [i] * (len(found) or 1)
        statements += found or [None]
    faults = {k: rows.faults[i] for k, i in enumerate(places) if i in rows.faults}
    good = [k for k, statement in enumerate(statements) if statement]
    some = [statement for statement in statements if statement]
    columns = _prediction_columns(plan, [s.prediction for s in some])
    columns = {"start": [s.start for s in some], "end": [s.end for s in some], "kind": [s.kind for s in some],
               "speaker": [s.speaker for s in some], **columns}  # fmt: skip
    spread = {name: _spread(values, good, len(places)) for name, values in columns.items()}
    repeated = rows.repeated(places, [s.text if s else rows.texts[i] for i, s in zip(places, statements, strict=True)])
    repeated.faults = faults
    return repeated, {"row": [first + i for i in places], **spread}


# ---- writing ------------------------------------------------------------------------------------


def _render(plan: Plan, rows: Rows, added: dict[str, list[Any]]) -> bytes:
    if plan.output == "parquet":
        from .parquet import render

        return render(plan, rows, added)
    return _json_lines(rows, added) if plan.output == "jsonl" else _csv_lines(plan, rows, added)


def packed(data: bytes, compression: str) -> bytes:
    """The bytes as one gzip member or zstd frame (such pieces may follow each other in a file), or as they are."""
    if compression == "gz":
        return gzip.compress(data, 6, mtime=0)
    if compression == "zst":
        return bytes(arrow().Codec("zstd").compress(data, asbytes=True))
    return data


def csv_header(plan: Plan) -> bytes:
    """The first line of a CSV output."""
    return _csv([[*plan.columns, *plan.added]], plan)


def _csv(lines: Iterable[Sequence[str]], plan: Plan) -> bytes:
    rows = [[escape(cell) for cell in line] for line in lines] if plan.csv_safe else list(lines)
    text = _written(rows, plan.delimiter, "\n")
    if "\r" in text:  # csv.writer quotes a cell for the characters of the line end alone
        text = "".join(_written([row], plan.delimiter, "\r\n")[:-2] + "\n" for row in rows)
    return text.encode("utf-8", "replace")


def _written(rows: Iterable[Sequence[str]], delimiter: str, line_end: str) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return file.getvalue()


def _csv_lines(plan: Plan, rows: Rows, added: dict[str, list[Any]]) -> bytes:
    columns = [_strings(values) for values in added.values()]
    return _csv(([*line, *more] for line, more in zip(rows.cells(), zip(*columns, strict=True), strict=True)), plan)


def _strings(values: list[Any]) -> list[str]:
    return [_DIGITS % v if type(v) is float else "" if v is None else str(v) for v in values]


def _json_lines(rows: Rows, added: dict[str, list[Any]]) -> bytes:
    template = ", ".join(f"{json.dumps(name)}: %s" for name in added).replace("%", "%%").replace("%%s", "%s") + "}\n"
    columns = [_json_values(values) for values in added.values()]
    lines = []
    for head, more in zip(rows.objects(), zip(*columns, strict=True), strict=True):
        lines.append(head + (template if head == "{" else ", " + template) % more)
    return "".join(lines).encode("utf-8", "replace")


def _json_values(values: list[Any]) -> list[str]:
    return [_DIGITS % v if type(v) is float else json.dumps(v, ensure_ascii=False) for v in values]
