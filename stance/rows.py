"""Chunks of text tables → rows: which text is to be classified, what is wrong, and how the row is written again.

Rows of CSV and JSON lines are kept letter by letter where the output has the same format.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from functools import lru_cache

from .plan import Chunk, Fault, Plan
from .spreadsheet import CELL_LIMIT, csv_rows, risky_rows
from .tables import not_utf8, row_pattern

_SURROGATE = re.compile("[\ud800-\udfff]")


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


class CsvRows:
    """Rows of CSV or TSV: lists of cells, brought to the width of the header.

    `records` are the rows as they were read, without their line ends, where all of them are known.
    """

    def __init__(self, plan: Plan, lines: list[list[str]], faults: dict[int, Fault], records: list[str] | None = None) -> None:
        self._plan, self._place, self._records = plan, plan.columns.index(plan.column), records
        self.lines, self.faults = lines, faults
        self.texts = [line[self._place] for line in lines]

    @classmethod
    def parse(cls, plan: Plan, chunk: Chunk) -> CsvRows:
        """The rows of a chunk, with a fault for each that is ragged, not UTF-8, or could not be cut."""
        csv.field_size_limit(CELL_LIMIT)
        text, damaged = _decoded(chunk.data)
        if chunk.fault:
            records: list[str] = []
            lines = list(csv.reader([text], delimiter=plan.read_delimiter)) or [[]]
        else:
            records, lines = _parsed(text, plan.read_delimiter)
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
        return cls(plan, lines, faults, records if len(records) == len(lines) else None)

    def repeated(self, places: Sequence[int], texts: Sequence[str]) -> CsvRows:
        """The rows at `places` (each as often as it stands there) with other texts; without faults."""
        lines = []
        for i, text in zip(places, texts, strict=True):
            lines.append([*self.lines[i][: self._place], text, *self.lines[i][self._place + 1 :]])
        return CsvRows(self._plan, lines, {})

    def csv_heads(self) -> list[str]:
        """Each row as CSV without its line end: as it was read, unless a fault or a formula is in it."""
        plan = self._plan
        if self._records is None or plan.delimiter != plan.read_delimiter:
            return csv_rows(self.lines, plan.delimiter, plan.csv_safe)
        heads = self._records.copy()
        places = sorted({*self.faults, *(risky_rows(heads, plan.delimiter) if plan.csv_safe else ())})
        for i, head in zip(places, csv_rows([self.lines[i] for i in places], plan.delimiter, plan.csv_safe), strict=True):
            heads[i] = head
        return heads

    def json_heads(self) -> list[str]:
        """Each row as a JSON object of strings, without its closing brace."""
        columns = self._plan.columns
        return [json.dumps(dict(zip(columns, line, strict=True)), ensure_ascii=False)[:-1] for line in self.lines]


@lru_cache(maxsize=8)
def _record(delimiter: str) -> re.Pattern[str]:
    return re.compile(row_pattern(delimiter).pattern.decode())


def _parsed(text: str, delimiter: str) -> tuple[list[str], list[list[str]]]:
    """The rows as they stand, without their line ends, and the cells of each.

    Where every row is one line, as is usual, lines without quotation marks need neither pattern nor csv.reader.
    """
    line_ends = text.count("\n")
    end = "\r\n" if "\r" in text and text.count("\r\n") == line_ends == text.count("\r") else "\n"
    records: list[str] = text.split(end)[:-1]
    quoted = [record for record in records if '"' in record]
    cells = list(csv.reader(quoted, delimiter=delimiter))
    if len(cells) == len(quoted) and (end == "\r\n" or "\r" not in text):
        following = iter(cells)
        return records, [next(following) if '"' in r else r.split(delimiter) if r else [] for r in records]
    whole: list[str] = _record(delimiter).findall(text)
    return [record.rstrip("\r\n") for record in whole], list(csv.reader(whole, delimiter=delimiter))


def _of_width(line: list[str], width: int, delimiter: str) -> list[str]:
    """Too few cells: empty ones added; too many: the surplus joined to the last, so that nothing is lost."""
    if len(line) < width:
        return line + [""] * (width - len(line))
    return [*line[: width - 1], delimiter.join(line[width - 1 :])]


class JsonRows:
    """JSON lines, kept letter by letter; a line that is no object with a text becomes {"raw": the line}."""

    def __init__(self, column: str, heads: list[str], texts: list[str], faults: dict[int, Fault]) -> None:
        self._column, self._heads, self.texts, self.faults = column, heads, texts, faults

    @classmethod
    def parse(cls, plan: Plan, chunk: Chunk) -> JsonRows:
        """The lines of a chunk, with a fault for each that is no object with a text."""
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

    def repeated(self, places: Sequence[int], texts: Sequence[str]) -> JsonRows:
        """The lines at `places` (each as often as it stands there) with other texts; without faults."""
        heads = []
        for i, text in zip(places, texts, strict=True):
            if i in self.faults:
                heads.append(self._heads[i])
                continue
            value = json.loads(self._heads[i] + "}")
            heads.append(json.dumps({**value, self._column: text}, ensure_ascii=False)[:-1])
        return JsonRows(self._column, heads, list(texts), {})

    def csv_heads(self) -> list[str]:
        """Never asked for: bulk refuses JSON lines to CSV."""
        raise NotImplementedError

    def json_heads(self) -> list[str]:
        """Each line as it was read, without its closing brace."""
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
