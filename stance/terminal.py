"""An `Article` → lines for a terminal: each statement with its label and speaker, then the totals; colour if asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .records import Statement

if TYPE_CHECKING:
    from .article import Article, Summary

_COLOURS = {"supportive": "36", "conciliatory": "34", "condemnatory": "31", "neutral": "2", "unsure": "33"}
_MARKS = {"supportive": "+", "conciliatory": "~", "condemnatory": "!", "neutral": ".", "unsure": "?"}
_LABEL_WIDTH = 12
_SPEAKER_WIDTH = 28
_JUNK = ("byline", "caption", "junk")


def visible(text: str) -> str:
    """Text that is safe on a terminal: control and direction characters shown, not run."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else " " if c in "\t\n\r" or unicodedata.category(c) == "Zs" else f"\\u{ord(c):04x}" for c in text
    )


def article_lines(article: Article, *, colour: bool = False, brief: bool = False) -> Iterator[str]:
    """The lines to print for one article; `brief` cuts sentences at 100 characters and leaves the strongest ones out."""
    if article.name:
        yield _painted(visible(article.name), "1", colour)
    left_out = 0
    for statement in article.statements:
        if statement.kind in _JUNK:
            left_out += 1
        else:
            yield _statement_line(statement, colour, 100 if brief else None)
    if left_out:
        yield _painted(f"({left_out} captions, bylines and lines of the page around the article not shown)", "2", colour)
    yield ""
    yield from summary_lines(article, colour=colour, strongest=not brief)


def summary_lines(article: Article, *, colour: bool = False, strongest: bool = True) -> Iterator[str]:
    """The table speaker × label, with the article's total as its last line."""
    rows = [*article.speakers(), article.overall()]
    columns = list(dict.fromkeys(label for row in rows for label in row.counts))
    width = min(_SPEAKER_WIDTH, max(len(visible(row.name)) for row in rows))
    yield _painted(f"{'speaker':<{width}}  {'n':>4}  " + "  ".join(f"{c:>{_LABEL_WIDTH}}" for c in columns), "1", colour)
    for row in rows:
        yield f"{_cut(visible(row.name), width):<{width}}  {row.n:>4}  " + "  ".join(_cell(row, c, colour) for c in columns)
    for row in rows[:-1]:
        if strongest and row.strongest:
            yield _strongest(row, row.strongest, colour)


def _statement_line(statement: Statement, colour: bool, longest: int | None) -> str:
    prediction = statement.prediction
    label = prediction.label or "unsure"
    code = _COLOURS.get(label, "0")
    sign = _painted(f"{_MARKS.get(label, '*')} {label:<{_LABEL_WIDTH}} {prediction.confidence:.2f}", code, colour)
    text = visible(statement.text)
    text = _cut(text, longest) if longest else text
    speaker = "HEADLINE" if statement.kind == "headline" else visible(statement.speaker or "")
    return f"{sign}  {_cut(speaker, _SPEAKER_WIDTH):<{_SPEAKER_WIDTH}}  {text}"


def _strongest(row: Summary, statement: Statement, colour: bool) -> str:
    label = statement.prediction.label or "unsure"
    head = _painted(f"strongest of {visible(row.name)} ({label} {statement.prediction.confidence:.2f}):", "2", colour)
    return f"{head} {visible(statement.text)}"


def _cell(row: Summary, label: str, colour: bool) -> str:
    count = row.counts.get(label, 0)
    text = f"{count or '·':>{_LABEL_WIDTH}}"
    return _painted(text, _COLOURS.get(label, "0"), colour and count > 0)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _painted(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
