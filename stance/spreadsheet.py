"""Cells that no spreadsheet runs as a formula, and the way back to the exact text.

`escape` puts one apostrophe before a cell that a spreadsheet would take for a formula, `unescape` takes it off
again; the two undo each other for every string. Numbers (-5, +3.2) stay numbers.
Which characters begin a formula: https://owasp.org/www-community/attacks/CSV_Injection.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import IO

from .records import DataError

_NUMBER = r"[+-]?[0-9]+(?:[.,][0-9]+)*(?:[eE][+-]?[0-9]+)?\Z"
_SIGNS = "=+-@\0\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(rf"'*(?:[\t\r\n\0]|(?!{_NUMBER})[\s\0]*[{re.escape(_SIGNS)}])")
CELL_LIMIT = 2**31 - 1


def escape(cell: str) -> str:
    """The cell as it is, or with one apostrophe before it where a spreadsheet would run it."""
    return "'" + cell if _FORMULA.match(cell) else cell


def unescape(cell: str) -> str:
    """The text that `escape` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


class _Lines(list[str]):
    """A list that csv.writer takes for a file: one string a row."""

    write = list.append


def csv_rows(rows: Iterable[Sequence[object]], delimiter: str, safe: bool) -> list[str]:
    """Each row as CSV, without a line end; with `safe`, escaped."""
    lines = _Lines()
    if safe:
        rows = ([escape(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    csv.writer(lines, delimiter=delimiter, lineterminator="\r\n").writerows(rows)  # so that \r and \n are both quoted
    return [line[:-2] for line in lines]


def risky_rows(records: Sequence[str], delimiter: str) -> set[int]:
    """The numbers of the CSV rows (without line ends) that may hold a cell to escape; some others may be among them."""
    text = "\n".join(["", *records, ""])
    is_risky = _risky_sign(delimiter).match
    places = [at for sign in _SIGNS for at in _places(text, sign) if is_risky(text, at)]
    if "\t" in text or "\r" in text or text.count("\n") > len(records) + 1:
        places += [match.start() for match in _risky_blank(delimiter).finditer(text)]
    if not places:
        return set()
    starts = list(accumulate((len(record) + 1 for record in records), initial=1))
    return {max(0, bisect_right(starts, place) - 1) for place in places if place < starts[-1]}


def _places(text: str, character: str) -> Iterator[int]:
    """Where a character stands; `str.find` is several times faster than a pattern."""
    at = text.find(character)
    while at >= 0:
        yield at
        at = text.find(character, at + 1)


@lru_cache(maxsize=8)
def _risky_sign(delimiter: str) -> re.Pattern[str]:
    """A sign right behind what can stand before it at the beginning of a cell, unless a number follows."""
    d = re.escape(delimiter)
    digits = r"[0-9]+(?:[.,][0-9]+)*(?:[eE][+-]?[0-9]+)?"
    number = rf"(?<=[{d}\r\n][+-]){digits}[{d}\r\n]|(?<=\"[+-]){digits}\"(?!\")"
    return re.compile(rf"(?<=[{d}\"'\s\0]).(?!{number})", re.DOTALL)


@lru_cache(maxsize=8)
def _risky_blank(delimiter: str) -> re.Pattern[str]:
    """White space other than blanks at the beginning of a cell."""
    d = re.escape(delimiter)
    unquoted = "" if delimiter == "\t" else rf"|(?<=[{d}\r\n\"']\t)"
    return re.compile(rf"[\t\r\n](?:(?<=[{d}\r\n]['\"].)|(?<=['\"]'.){unquoted})", re.DOTALL)


def read_back(path: str | Path, *, delimiter: str = ",", csv_safe: bool = True) -> Iterator[dict[str, str]]:
    """The rows of a CSV that `stance tag` wrote, one dict a row, with the cells as they were before escaping.

    Reads `.gz` too. Raises DataError where the file is not such a table.
    """
    restore = unescape if csv_safe else str
    csv.field_size_limit(CELL_LIMIT)
    with _text(Path(path)) as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            header = [restore(name) for name in next(reader, [])]
            for row in reader:
                if len(row) != len(header):
                    reason = f"{len(row)} cells, the header has {len(header)}"
                    raise DataError(f"{path}: line {reader.line_num}: {reason}; tag it again")
                yield dict(zip(header, map(restore, row), strict=True))
        except (csv.Error, UnicodeDecodeError) as error:
            raise DataError(f"{path}: line {reader.line_num}: {error}; give a table that stance tag wrote") from None


def _text(path: Path) -> IO[str]:
    try:
        if path.suffix == ".gz":
            return io.TextIOWrapper(gzip.open(path), encoding="utf-8", newline="")
        return open(path, encoding="utf-8", newline="")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); give the path of an existing file") from None
