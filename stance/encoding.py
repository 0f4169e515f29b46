"""The bytes of a file → its text: by byte-order mark, else UTF-8, else what the file declares, else Windows-1252."""

from __future__ import annotations

from pathlib import Path

from .records import DataError

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decode(data: bytes, where: str, declared: str = "") -> tuple[str, str]:
    """The text and the encoding it was read in; `declared` is tried where the bytes are not UTF-8. Raises DataError."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data, encoding, where, "save it again as UTF-8")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    if b"\0" in data:
        raise DataError(f"{where}: holds NUL bytes (UTF-16 without a mark, or not a text file); save it as UTF-8")
    try:
        if declared:
            return data.decode(declared), declared.lower()
    except (LookupError, UnicodeDecodeError):
        pass
    return _decoded(data, "cp1252", where, "it is neither UTF-8 nor Windows-1252; save it as UTF-8")


def _decoded(data: bytes, encoding: str, where: str, hint: str) -> tuple[str, str]:
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: byte {error.start} cannot be read as {encoding}; {hint}") from None


def read_bytes(path: str | Path) -> bytes:
    """The bytes of a file; DataError with the reason where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); give the path of an existing file") from None
