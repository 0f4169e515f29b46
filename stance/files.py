"""A file → a `Document`: the text of a .txt, .html, .docx or .pdf, with what had to be assumed to read it.

Plain text, HTML and Word files need the standard library alone; the [html] extra reads HTML better, [pdf] reads PDF.
Files are read from memory with a cap on their size, packed or not; nothing is written and nothing is fetched.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .encoding import decode
from .records import DataError

LARGEST = 50_000_000  # bytes of a file, and characters of its text
SUFFIXES = {
    ".txt": "txt",
    ".text": "txt",
    ".md": "txt",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".docx": "docx",
    ".pdf": "pdf",
}
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_LOOKS_HTML = re.compile(r"\s*(?:<!--[^>]{0,500}-->\s*)?<(?:!doctype html|html|head|body|article|div|p)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a file. `kinds` holds what its format says of some lines: start offset → kind; `notes` are for stderr."""

    name: str
    text: str = field(repr=False)
    kinds: Mapping[int, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()


def read(source: str) -> Document:
    """The document in a file, or on standard input for "-".

    Raises DataError, in one line, for what cannot be read as text.
    """
    name = "stdin" if source == "-" else source
    data = _bytes(source)
    kind = _kind(source, data)
    if not data.strip(b"\0 \t\r\n"):
        raise DataError(f"{name}: is empty; give a file with text")
    if kind == "docx":
        from .docx import paragraphs

        document = joined(name, paragraphs(data, name))
    elif kind == "pdf":
        from .pdf import text_of

        text, notes = text_of(data, name)
        document = Document(name, text, {}, notes)
    else:
        declared = _CHARSET.search(data, 0, 4000)
        text, encoding = decode(data, name, declared[1].decode("ascii", "replace") if declared else "")
        notes = () if encoding in ("utf-8", "utf-8-sig") else (f"read as {encoding}",)
        if kind == "html" or (source == "-" and _LOOKS_HTML.match(text)):
            from .html import readable

            found = readable(text)
            document = joined(name, found, notes)
        else:
            document = Document(name, text, {}, notes)
    if not document.text.strip():
        raise DataError(f"{name}: holds no text; open it and save what you want tagged as .txt")
    return document


def joined(name: str, lines: Iterator[tuple[str, str]] | list[tuple[str, str]], notes: tuple[str, ...] = ()) -> Document:
    """A document from (line, kind or '') pairs, a blank line between them."""
    pieces: list[str] = []
    kinds: dict[int, str] = {}
    at = 0
    for line, kind in lines:
        if kind:
            kinds[at] = kind
        pieces.append(line)
        at += len(line) + 2
    return Document(name, "\n\n".join(pieces), kinds, notes)


def expand(sources: list[str]) -> list[str]:
    """The files to read: each source, or for a folder the readable files in it and below, by name."""
    found: list[str] = []
    for source in sources:
        path = Path(source)
        if source != "-" and path.is_dir():
            inside = sorted(str(p) for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
            if not inside:
                raise DataError(f"{source}: no {', '.join(SUFFIXES)} file in this folder; give files or another folder")
            found += inside
        else:
            found.append(source)
    return found


def _kind(source: str, data: bytes) -> str:
    if data.startswith(b"%PDF-"):
        return "pdf"
    if source == "-":
        return "docx" if data.startswith(b"PK\x03\x04") else "txt"
    suffix = Path(source).suffix.lower()
    if suffix not in SUFFIXES:
        hint = "save it as .docx first" if suffix in (".doc", ".odt", ".rtf", ".pages") else f"give one of {', '.join(SUFFIXES)}"
        raise DataError(f"{source}: {suffix or 'a name without suffix'} is not a kind of file that tag reads; {hint}")
    return SUFFIXES[suffix]


def _bytes(source: str) -> bytes:
    if source == "-":
        data = sys.stdin.buffer.read(LARGEST + 1)
    else:
        path = Path(source)
        try:
            if path.exists() and not path.is_file():
                raise DataError(f"{source}: is not a regular file; give a text file")
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
        except OSError as error:
            raise DataError(f"{source}: cannot be read ({error.strerror}); give the path of an existing file") from None
    if len(data) > LARGEST:
        raise DataError(f"{source}: larger than {LARGEST // 1_000_000} MB; cut it up, or tag a table with one sentence a row")
    return data
