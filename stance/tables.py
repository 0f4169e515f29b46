"""A table on disk or on stdin → its columns and chunks of whole rows, read in constant memory.

Text tables are only cut at row ends here, in the main process; `tagging` parses the rows, in any process.
A row that cannot be cut (quotation mark never closed, row over the limit) becomes a chunk of its own with a `fault`.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from .plan import Chunk
from .records import DataError
from .spreadsheet import CELL_LIMIT

CHUNK_BYTES = 2**19
ROW_LIMIT = 2**22
_UNPACKED_LIMIT = 100  # times the packed size: text packs 3 to 10 times, a bomb 1,000 times
_SAMPLE = 100
UNCLOSED = "a quotation mark opens a cell and is not closed"


# ---- bytes --------------------------------------------------------------------------------------


def open_bytes(source: str, compression: str) -> _Bytes:
    """The bytes of a file ("-": stdin), unpacked. DataError where it cannot be opened."""
    if source == "-":
        return _Bytes(source, sys.stdin.buffer, sys.stdin.buffer, 0)
    try:
        if Path(source).is_dir():
            raise DataError(f"{source}: is a folder; give the path of a table")
        raw = open(source, "rb")  # noqa: SIM115 (lives as long as the table)
        size = os.fstat(raw.fileno()).st_size
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"{source}: cannot be read ({reason}); give the path of an existing file") from None
    return _Bytes(source, raw, _unpacked(raw, compression), size if compression else 0, size)


def _unpacked(raw: IO[bytes], compression: str) -> IO[bytes]:
    if compression == "gz":
        return gzip.GzipFile(fileobj=raw)  # type: ignore[return-value]
    if compression == "zst":
        return arrow().CompressedInputStream(raw, "zstd")  # type: ignore[no-any-return]
    return raw


def arrow() -> Any:
    """The pyarrow package; DataError that says how to get it."""
    try:
        import pyarrow
    except ImportError:
        raise DataError('this needs pyarrow, which is not installed: pip install "stance[parquet]"') from None
    return pyarrow


class _Bytes:
    """A stream of bytes that knows how far it has come, and stops at damage and at bombs."""

    def __init__(self, name: str, raw: IO[bytes], stream: IO[bytes], packed: int, size: int = 0) -> None:
        self.name, self._raw, self._stream, self._packed, self._size = name, raw, stream, packed, size
        self._given = 0

    def read(self) -> bytes:
        """The next CHUNK_BYTES or fewer; b"" at the end. DataError where the file is damaged or a bomb."""
        try:
            block = self._stream.read(CHUNK_BYTES)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(f"{self.name}: is damaged ({error}); fetch or pack it again") from None
        except OSError as error:
            raise DataError(f"{self.name}: cannot be read ({error.strerror or error}); check the file and its disk") from None
        self._given += len(block)
        if self._packed and self._given > 2**24 and self._given > _UNPACKED_LIMIT * self._packed:
            raise DataError(
                f"{self.name}: unpacks to more than {_UNPACKED_LIMIT} times its size; unpack it yourself if you trust it"
            )
        return block

    def close(self) -> None:
        """Let go of the file; stdin stays open."""
        if self.name != "-":
            self._stream.close()
            self._raw.close()

    def done(self) -> float | None:
        """The share of the file that is read; None for stdin."""
        return min(1.0, self._raw.tell() / self._size) if self._size else None


def _decoder(name: str, encoding: str, where: str) -> Callable[[bytes, bool], bytes]:
    """A function from bytes in `encoding` to UTF-8; what cannot be decoded stays as bytes that are not UTF-8."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    except LookupError:
        raise DataError(f"{where}: no encoding {encoding!r} is known; try utf-8, cp1252 or utf-16") from None

    def recode(block: bytes, final: bool) -> bytes:
        try:
            return decoder.decode(block, final).encode("utf-8", "surrogateescape")
        except UnicodeError:
            raise DataError(f"{name}: is not {encoding}; save it as UTF-8, or give its --encoding") from None

    return recode


# ---- CSV, TSV and JSON lines ----------------------------------------------------------------------


def row_pattern(delimiter: str, line_end: bytes = rb"(?:\r\n|\n|\r)") -> re.Pattern[bytes]:
    """One CSV record with its line end, exactly as Python's csv module reads it; takes linear time (no backtracking)."""
    d = re.escape(delimiter).encode()
    cell = rb'(?:"(?:[^"]++|"")*+"|(?!"))[^%b\r\n]*+' % d
    return re.compile(rb"(?:%b%b)*+%b%b" % (cell, d, cell, line_end))


class TextTable:
    """CSV, TSV or JSON lines, cut into chunks at row ends."""

    def __init__(self, name: str, kind: str, stream: _Bytes, encoding: str | None = None) -> None:
        self.name, self.kind, self._stream = name, kind, stream
        self._recode: Callable[[bytes, bool], bytes] | None = None
        self._ended = False
        self._rest = self._begin(encoding)
        self.delimiter = "\t" if kind == "tsv" else ","
        self.columns: tuple[str, ...] = ()
        self._use(self.delimiter)
        if kind != "jsonl":
            self._read_header()

    def _begin(self, encoding: str | None) -> bytes:
        """The first bytes, without their byte-order mark; from here on everything is UTF-8."""
        first = self._stream.read()
        while len(first) < 4 and (more := self._stream.read()):
            first += more
        if encoding is None and first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = "utf-16"
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8", "utf-8-sig"):
            self._recode = _decoder(self.name, encoding, self.name)
            first = self._recode(first, False)
        return first.removeprefix(codecs.BOM_UTF8)

    def _use(self, delimiter: str) -> None:
        self.delimiter = delimiter
        self._row = row_pattern(delimiter)
        sure = row_pattern(delimiter, rb"(?:\r\n|\n|\r(?=[^\n]))")  # a last \r may be half of a \r\n
        self._first, self._all = sure, re.compile(rb"(?:%b)*+" % sure.pattern)

    def _more(self) -> bool:
        """Read one block behind the rest; False at the end, where the last line gets its line end."""
        block = self._stream.read()
        self._ended = not block
        if self._recode:
            block = self._recode(block, self._ended)
        self._rest += block
        if self._ended and self._rest and not self._rest.endswith(b"\n"):
            self._rest += b"\n"
        return not self._ended

    def _read_header(self) -> None:
        while not re.search(rb"[\r\n]", self._rest) and len(self._rest) <= ROW_LIMIT and self._more():
            pass
        line = re.split(rb"[\r\n]", self._rest, maxsplit=1)[0]
        if self.kind == "csv" and b"," not in line and b";" in line:
            self._use(";")
        while not (match := self._first.match(self._rest)):
            if self._ended or len(self._rest) > ROW_LIMIT:
                reason = f"row 1: {UNCLOSED}" if self._rest else "is empty"
                raise DataError(f"{self.name}: {reason}; a header with the names of the columns is needed")
            self._more()
        try:
            header = match[0].decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{self.name}: row 1: {not_utf8(error)}; save it as UTF-8, or give its --encoding") from None
        csv.field_size_limit(CELL_LIMIT)
        self.columns = tuple(next(csv.reader(io.StringIO(header, newline=""), delimiter=self.delimiter), []))
        doubled = [name for i, name in enumerate(self.columns) if name in self.columns[:i]]
        if doubled or not self.columns or "\0" in header:
            reason = f"column {doubled[0]!r} stands twice" if doubled else "holds NUL" if self.columns else "is an empty line"
            raise DataError(f"{self.name}: row 1: {reason}; a header with one name for each column is needed")
        self._rest = self._rest[match.end() :]

    def _cut(self) -> int:
        """Where the last whole row of the rest ends."""
        if self._plain(self._rest):
            return self._rest.rfind(b"\n") + 1
        match = self._all.match(self._rest)
        return match.end() if match else 0

    def _plain(self, data: bytes) -> bool:
        """Whether every row ends in a line feed and every line feed ends a row."""
        return self.kind == "jsonl" or (b'"' not in data and b"\r" not in data)

    def _count(self, data: bytes) -> int:
        return data.count(b"\n") if self._plain(data) else sum(1 for _ in self._row.finditer(data))

    def chunks(self, counted: bool = True) -> Iterator[Chunk]:
        """All rows; rows that cannot be cut are chunks of their own with a fault."""
        while self._rest or not self._ended:
            if end := self._cut():
                data, self._rest = self._rest[:end], self._rest[end:]
                yield Chunk(data, self._count(data) if counted else 0, "", self._stream.done())
            if self._rest and (self._ended or len(self._rest) > ROW_LIMIT):
                if self._cut() == 0:
                    yield self._uncut_row()
            elif not self._ended:
                self._more()

    def _uncut_row(self) -> Chunk:
        line_end = self._rest.find(b"\n") + 1
        if line_end:
            line, self._rest = self._rest[:line_end], self._rest[line_end:]
            return Chunk(line, 1, UNCLOSED, self._stream.done())
        size = 0
        while not line_end:
            size += len(self._rest)
            self._rest = b""
            if not self._more() and not self._rest:
                break
            line_end = self._rest.find(b"\n") + 1
        size, self._rest = size + line_end, self._rest[line_end:]
        return Chunk(b"", 1, f"a row of {size:,} bytes, at most {ROW_LIMIT:,}; its cells are left out", self._stream.done())

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()

    def sample(self) -> list[dict[str, Any]]:
        """The first rows that can be read, as dicts."""
        while not self._ended and len(self._rest) < CHUNK_BYTES:
            self._more()
        text = self._rest[: self._cut()].decode("utf-8", "replace")
        found: list[dict[str, Any]] = []
        if self.kind != "jsonl":
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter):
                found.append(dict(zip(self.columns, row, strict=False)))
                if len(found) == _SAMPLE:
                    break
            return found
        for line in text.split("\n")[:_SAMPLE]:
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                found.append(value)
        return found


def not_utf8(error: UnicodeDecodeError) -> str:
    """Why these bytes are not text: names the byte and its place."""
    return f"byte 0x{error.object[error.start]:02x} at position {error.start} is not UTF-8"
