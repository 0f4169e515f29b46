"""Paragraphs → the quotations in them: curly, straight and angled marks, nested, unclosed, run on over paragraphs.

An apostrophe opens nothing. A faulty mark stays a fault of its own paragraph and shifts nothing after it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from .sentences import Span

_MARK = re.compile(r"[\"“”„‟«»]|''|``")
_SINGLE_OPEN = re.compile(r"(?<!\w)['‘](?=[A-Z])")
_SINGLE_CLOSE = re.compile(r"[,.?!…]['’](?!\w)")
_OPENS_ONLY = {"“", "„", "‟", "«", "``"}
_CLOSERS = {"“": "”", "„": "“”", "‟": "”", "«": "»", "``": "''"}
_LONGEST_SINGLE = 1500
_MASK = "\x01"


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quotation with its marks. `chain` is shared by the paragraphs that one quotation runs over."""

    start: int
    end: int
    closed: bool
    chain: int


def quotations(text: str, paragraphs: Sequence[Span]) -> list[list[Quotation]]:
    """The quotations of each paragraph, in order, without overlap."""
    result: list[list[Quotation]] = []
    chain = 0
    runs_on = False
    for paragraph in paragraphs:
        found: list[Quotation] = []
        for start, end, closed in _in_paragraph(text, paragraph):
            if not (runs_on and start == paragraph.start):
                chain += 1
            found.append(Quotation(start, end, closed, chain))
            runs_on = False
        runs_on = bool(found) and not found[-1].closed
        result.append(found)
    return result


def masked(text: str, span: Span, quotes: Sequence[Quotation]) -> str:
    """The text of `span` with every quoted character replaced, at its place, by one that is in no text."""
    pieces: list[str] = []
    at = span.start
    for quote in quotes:
        if quote.end <= at or quote.start >= span.end:
            continue
        start, end = max(quote.start, at), min(quote.end, span.end)
        pieces += [text[at:start], _MASK * (end - start)]
        at = end
    pieces.append(text[at : span.end])
    return "".join(pieces)


def _in_paragraph(text: str, paragraph: Span) -> list[tuple[int, int, bool]]:
    """(start, end, closed) of the quotations in double marks, then of those in single marks outside them."""
    block = text[paragraph.start : paragraph.end]
    found = _double(block) or _single(block)
    return [(paragraph.start + start, paragraph.start + end, closed) for start, end, closed in found]


def _double(block: str) -> list[tuple[int, int, bool]]:
    marks = [(m[0], m.start(), m.end()) for m in _MARK.finditer(block)]
    last_curly = max((start for mark, start, _ in marks if mark == "”"), default=-1)
    nests = sum(mark == "“" for mark, _, _ in marks) == sum(mark == "”" for mark, _, _ in marks)
    found: list[tuple[int, int, bool]] = []
    opener, opened_at, depth = "", 0, 0
    for mark, start, end in marks:
        straight = mark in ('"', "''")
        if not opener:
            if mark in _OPENS_ONLY or (straight and _may_open(block, start, end)):
                opener, opened_at, depth = mark, start, 0
        elif straight and opener in ('"', "''"):
            if _only_opens(block, start, end):  # the quotation before it was never closed
                found.append((opened_at, start, False))
                opened_at = start
            else:
                found.append((opened_at, end, True))
                opener = ""
        elif mark == opener and nests:
            depth += 1
        elif mark in _CLOSERS.get(opener, '"') or (
            opener == "“" and straight and start > last_curly and not _only_opens(block, start, end)
        ):
            if depth:
                depth -= 1
                continue
            found.append((opened_at, end, True))
            opener = ""
    if opener:
        found.append((opened_at, len(block), False))
    return found


def _single(block: str) -> list[tuple[int, int, bool]]:
    """Quotations in single marks: from a mark before a capital to the next mark after , . ? or !, three blanks or more."""
    closers = [m.end() for m in _SINGLE_CLOSE.finditer(block)]
    found: list[tuple[int, int, bool]] = []
    at = 0
    for match in _SINGLE_OPEN.finditer(block):
        if match.start() < at:
            continue
        i = bisect_left(closers, match.end())
        if i == len(closers):
            break
        end = closers[i]
        if end - match.start() <= _LONGEST_SINGLE and block.count(" ", match.start(), end) >= 3:
            found.append((match.start(), end, True))
            at = end
    return found


def _may_open(block: str, start: int, end: int) -> bool:
    """Whether a straight mark can open a quotation: something follows it, and no letter or digit stands before it."""
    return end < len(block) and not block[end].isspace() and not (start and block[start - 1].isalnum())


def _only_opens(block: str, start: int, end: int) -> bool:
    """Whether a straight mark stands as only an opening one can: blank before it, a letter after it."""
    return start > 0 and block[start - 1].isspace() and end < len(block) and block[end].isalnum()
