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
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from .records import DataError

_NUMBER = r"[+-]?[0-9]+(?:[.,][0-9]+)*(?:[eE][+-]?[0-9]+)?\Z"
_FORMULA = re.compile(rf"'*(?:[\t\r\n\0]|(?!{_NUMBER})[\s\0]*[=+\-@\uff1d\uff0b\uff0d\uff20])")
CELL_LIMIT = 2**31 - 1


def escape(cell: str) -> str:
    """The cell as it is, or with one apostrophe before it where a spreadsheet would run it."""
    return "'" + cell if _FORMULA.match(cell) else cell


def unescape(cell: str) -> str:
    """The text that `escape` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


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
