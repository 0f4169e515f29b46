"""The bytes of a Word file → its paragraphs, tables included, tracked deletions left out. Standard library only."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from .records import DataError

UNPACKED = 100_000_000  # bytes of the main part
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SKIPPED = (_W + "del", _W + "moveFrom", "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")
_HEADINGS = ("heading", "title", "subtitle")


def paragraphs(data: bytes, where: str) -> Iterator[tuple[str, str]]:
    """(text, kind) of each paragraph in order; kind is 'headline' for Word's heading styles, 'caption' for captions, else ''."""
    try:
        yield from _walk(_main_part(data, where))
    except ElementTree.ParseError:
        raise DataError(f"{where}: the Word file is damaged; open it in a word processor and save it again") from None


def _main_part(data: bytes, where: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("word/document.xml") as part:
            xml = part.read(UNPACKED + 1)
    except KeyError:
        raise DataError(f"{where}: is no Word file (no word/document.xml in it); save it as .docx") from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        reason = "is locked by a password" if "encrypted" in str(error) or "password" in str(error) else "is no .docx file"
        raise DataError(f"{where}: {reason}; save it again as .docx without a password") from None
    except Exception as error:
        if type(error).__module__ in ("zlib", "lzma", "_lzma"):
            raise DataError(f"{where}: the Word file is damaged; open it in a word processor and save it again") from None
        raise
    if len(xml) > UNPACKED:
        raise DataError(f"{where}: unpacks to more than {UNPACKED // 1_000_000} MB; save the text alone")
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise DataError(f"{where}: holds XML entities, which no Word file does; save it again as .docx")
    return xml


def _walk(xml: bytes) -> Iterator[tuple[str, str]]:
    """The paragraphs by start and end events, so that no depth of nesting can exhaust the stack."""
    open_paragraphs: list[list[str]] = []
    kinds: list[str] = []
    skipped = 0
    for event, element in ElementTree.iterparse(io.BytesIO(xml), events=("start", "end")):
        tag = element.tag
        if tag in _SKIPPED:
            skipped += 1 if event == "start" else -1
        elif tag == _W + "p" and not skipped:
            if event == "start":
                open_paragraphs.append([])
                kinds.append("")
            else:
                text, kind = " ".join("".join(open_paragraphs.pop()).split()), kinds.pop()
                if text:
                    yield text, kind
                element.clear()
        elif event == "end" and open_paragraphs and not skipped:
            if tag == _W + "t":
                open_paragraphs[-1].append(element.text or "")
            elif tag in (_W + "tab", _W + "br", _W + "cr"):
                open_paragraphs[-1].append(" ")
            elif tag == _W + "noBreakHyphen":
                open_paragraphs[-1].append("-")
            elif tag == _W + "pStyle":
                kinds[-1] = _kind_of(element.get(_W + "val", ""))


def _kind_of(style: str) -> str:
    name = style.lower()
    return "headline" if name.startswith(_HEADINGS) else "caption" if name.startswith("caption") else ""
