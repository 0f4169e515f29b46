"""The bytes of a PDF → its text: lines joined to paragraphs, running heads and page numbers left out. Needs the [pdf] extra."""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Sequence

from .records import DataError

_SCANNED = 25  # fewer characters a page than this: pictures of text
_DIGITS = re.compile(r"\d+")
_ENDS = re.compile(r"[.!?…:][\"'”’»)\]]*$")
_BULLET = re.compile(r"(?:[•◦▪‣·●○■*–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)])\s")
_EDGE = 2  # lines at the top and bottom of a page that may be its furniture


def text_of(data: bytes, where: str) -> tuple[str, tuple[str, ...]]:
    """The text of a PDF, a blank line between paragraphs, and notes on what was left out.

    Raises DataError for a damaged, locked or scanned file, or where pypdf is missing.
    """
    try:
        import pypdf
    except ImportError:
        raise DataError(f"{where}: reading PDF needs the [pdf] extra; run: pip install 'stance[pdf]'") from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DataError(f"{where}: is locked by a password; save it without one")
        pages = [page.extract_text().splitlines() for page in reader.pages]
    except DataError:
        raise
    except Exception as error:  # pypdf raises whatever a broken file leads it to
        raise DataError(f"{where}: the PDF cannot be read ({type(error).__name__}); print it to a new PDF") from None
    pages = [[" ".join(line.split()) for line in page if line.strip()] for page in pages]
    characters = sum(len(line) for page in pages for line in page)
    if characters < _SCANNED * max(len(pages), 1):
        raise DataError(f"{where}: a scanned PDF without text ({len(pages)} pages); run it through text recognition (OCR) first")
    kept, dropped = _without_furniture(pages)
    notes = (f"{dropped} running heads and page numbers left out",) if dropped else ()
    return "\n\n".join(_paragraphs([line for page in kept for line in page])), notes


def _without_furniture(pages: Sequence[Sequence[str]]) -> tuple[list[list[str]], int]:
    """The pages without first and last lines that recur on half of them (digits apart), and bare page numbers."""
    seen = Counter(form for page in pages for form in {_form(line) for line in [*page[:_EDGE], *page[-_EDGE:]]})
    often = max(2, len(pages) / 2)
    kept, dropped = [], 0
    for page in pages:
        first, last = 0, len(page)
        if len(pages) > 1:
            while first < min(_EDGE, last) and (seen[_form(page[first])] >= often or _is_number(page[first])):
                first += 1
            while last > max(first, len(page) - _EDGE) and (seen[_form(page[last - 1])] >= often or _is_number(page[last - 1])):
                last -= 1
        dropped += len(page) - (last - first)
        kept.append(list(page[first:last]))
    return kept, dropped


def _is_number(line: str) -> bool:
    return line.strip(" -–—").isdigit()


def _form(line: str) -> str:
    return _DIGITS.sub("#", line)


def _paragraphs(lines: Sequence[str]) -> list[str]:
    """Hard-wrapped lines joined: a paragraph ends at a short line with an end mark, a bullet begins one."""
    if not lines:
        return []
    lengths = sorted(len(line) for line in lines)
    width = lengths[int(len(lengths) * 0.8)]
    result: list[str] = []
    current = ""
    for i, line in enumerate(lines):
        if current and (_BULLET.match(line) or _breaks(lines[i - 1], line, width)):
            result.append(current)
            current = ""
        current = _glued(current, line)
    return [*result, current]


def _breaks(before: str, line: str, width: int) -> bool:
    short = len(before) < 0.8 * width
    if line[:1].islower():
        return False
    return short if _ENDS.search(before) else len(before) < 0.6 * width


def _glued(left: str, right: str) -> str:
    """Two lines as one, a word that was divided at the line end made whole."""
    if left.endswith("-") and len(left) > 1 and left[-2].islower() and right[:1].islower():
        return left[:-1] + right
    return f"{left} {right}" if left else right
