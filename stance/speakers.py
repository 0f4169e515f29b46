"""Paragraphs with their kinds → who says each sentence, on what evidence, and in what form of quotation.

A cue in the sentence decides; then what a quotation carries over; then names, pronouns and roles are traced back
to the fullest form in the text. Where there is no evidence there is no speaker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .cues import find_cue
from .people import People, full_names
from .quotes import Quotation, masked, quotations
from .sentences import Span

_LABEL = re.compile(
    r"(?P<caps>(?:(?:MR|MS|MRS|DR|SEN|REP|GEN|AMB|H\.E)\.?\s|THE\s)?[A-Z][A-Z.'’-]*(?:\s[A-Z][A-Z.'’-]*){0,5})(?:\s\([^)]{1,60}\))?:\s"
    r"|(?P<mixed>(?:Mr|Ms|Mrs|Dr|Sen|Rep|Gen|Amb|Secretary|Minister|President|Ambassador|Spokesperson|Spokesman|"
    r"Spokeswoman|Foreign Minister|Prime Minister|"
    r"Moderator|Question|Answer|Q|A|Journalist|Reporter|Interviewer|Chair|The President|"
    r"The Chair)\b\.?(?:\s[A-Z][\w.'’-]*){0,4})(?:\s\([^)]{1,60}\))?:\s"
)
_SURE_LABEL = re.compile(r"(?:MR|MS|MRS|DR)\b|QUESTION|ANSWER|THE (?:PRESIDENT|CHAIR|SECRETARY)|Q$|Question$|Mr|Ms|Mrs")
_NO_LABEL = frozenset(
    (
        "PHOTO",
        "NOTE",
        "UPDATE",
        "BREAKING",
        "WATCH",
        "READ",
        "LIVE",
        "VIDEO",
        "ANALYSIS",
        "OPINION",
        "EXCLUSIVE",
        "PS",
        "NB",
        "RE",
        "SUBJECT",
        "DATE",
        "FROM",
        "TO",
    )
)
_QUOTED_END = re.compile(r"[,.?!…—–-]$")
_MASK = "\x01"


class Voice(NamedTuple):
    """Who says a sentence: the speaker, the evidence (cue, carried, pronoun, label), the form of quotation."""

    speaker: str | None
    how: str | None
    quote_type: str


@dataclass(slots=True)
class _Line:
    """A sentence on its way to a voice."""

    span: Span
    text: str
    masked: str
    quotes: list[Quotation]
    paragraph: int
    kind: str
    spoken: bool = False
    speaker: str | None = None
    how: str | None = None

    @property
    def opens_quoted(self) -> bool:
        """Whether the sentence begins inside a quotation."""
        return self.masked.startswith(_MASK)

    @property
    def ends_quoted(self) -> bool:
        """Whether it ends inside a quotation or with its closing mark."""
        return self.masked.rstrip(".,; ").endswith(_MASK)

    @property
    def all_quoted(self) -> bool:
        """Whether nothing of it stands outside quotations."""
        return _MASK in self.masked and not any(c.isalnum() for c in self.masked)


def attribute(text: str, paragraphs: Sequence[Sequence[Span]], kinds: Sequence[str]) -> list[list[Voice]]:
    """For each sentence of each paragraph its `Voice`; `paragraphs` holds the sentences' spans."""
    lines = _lines(text, paragraphs, kinds)
    spoken = [line for line in lines if line.kind in ("body", "headline")]
    names = People(full_names(line.text for line in spoken))
    labelled = _apply_labels(spoken, names)
    previous: _Line | None = None
    for line in spoken:
        if line.paragraph not in labelled:
            _apply_cue(line, previous, names)
        previous = line
    body = [line for line in spoken if line.kind == "body" and line.paragraph not in labelled]
    _carry(body)
    result: list[list[Voice]] = [[] for _ in paragraphs]
    for line in lines:
        shown = names.shown(line.speaker) if line.speaker else None
        result[line.paragraph].append(Voice(shown, line.how if shown else None, _quote_type(line)))
    return result


def _lines(text: str, paragraphs: Sequence[Sequence[Span]], kinds: Sequence[str]) -> list[_Line]:
    spans = [Span(group[0].start, group[-1].end) if group else Span(0, 0) for group in paragraphs]
    quoting = [i for i, kind in enumerate(kinds) if kind in ("body", "headline")]
    quotes = dict(zip(quoting, quotations(text, [spans[i] for i in quoting]), strict=True))
    result = []
    for i, (group, kind) in enumerate(zip(paragraphs, kinds, strict=True)):
        waiting = list(quotes.get(i, ()))
        for span in group:
            while waiting and waiting[0].end <= span.start:
                waiting.pop(0)
            inside = [q for q in waiting if q.start < span.end]
            result.append(_Line(span, text[span.start : span.end], masked(text, span, inside), inside, i, kind))
    return result


# ---- transcripts --------------------------------------------------------------------------------------


def _label_of(line: _Line) -> str:
    match = _LABEL.match(line.text)
    label = (match["caps"] or match["mixed"]) if match else ""
    return "" if label in _NO_LABEL else label.strip()


def _apply_labels(lines: Sequence[_Line], names: People) -> set[int]:
    """Give the sentences of a transcript the speaker of their label; the paragraphs that this covers."""
    firsts = {line.paragraph: line for line in reversed(lines)}
    labels = {i: _label_of(line) for i, line in firsts.items() if line.kind == "body" or _label_of(line)}
    found = [label for label in labels.values() if label]
    if len(found) < 2 and not (found and _SURE_LABEL.match(found[0])):
        return set()
    current = ""
    covered: set[int] = set()
    for line in lines:
        if firsts[line.paragraph] is line:
            label = labels.get(line.paragraph, "")
            stage = line.text.startswith(("(", "[")) and line.text.rstrip().endswith((")", "]"))
            current = label or ("" if line.kind != "body" or stage else current)
            if current:
                covered.add(line.paragraph)
        if current and line.paragraph in covered:
            first = firsts[line.paragraph] is line and bool(labels.get(line.paragraph))
            line.spoken, line.speaker, line.how = True, names.label(current), "label" if first else "carried"
    return covered


# ---- cues and names ------------------------------------------------------------------------------------


def _apply_cue(line: _Line, previous: _Line | None, names: People) -> None:
    """Give a sentence the speaker that its own words name, and remember who was named."""
    after_quote = previous is not None and previous.ends_quoted and line.paragraph - previous.paragraph <= 1
    cue = find_cue(line.masked, after_quote=after_quote)
    if cue is None:
        names.notice_subject(line.masked)
        return
    speaker, how = names.resolve(cue)
    line.speaker, line.how = speaker, how if speaker else None


# ---- what a quotation carries over ---------------------------------------------------------------------


def _carry(lines: Sequence[_Line]) -> None:
    """Give quoted sentences without a cue the speaker of their quotation, or of the sentence before them."""
    by_chain: dict[int, tuple[str, str | None]] = {}
    for line in lines:
        for quote in line.quotes:
            if line.speaker and quote.chain not in by_chain and _belongs(line, quote):
                by_chain[quote.chain] = (line.speaker, line.how)
    previous: _Line | None = None
    for line in lines:
        if line.speaker is None and line.quotes:
            said = next(
                (by_chain[q.chain] for q in line.quotes if q.chain in by_chain and (line.all_quoted or line.opens_quoted)), None
            )
            if said:
                line.speaker, line.how = said[0], "carried"
            elif (line.all_quoted or _is_speech(line)) and previous is not None and previous.speaker and _near(previous, line):
                line.speaker, line.how = previous.speaker, "carried"
                for quote in line.quotes:
                    by_chain.setdefault(quote.chain, (line.speaker, "carried"))
        previous = line


def _belongs(line: _Line, quote: Quotation) -> bool:
    """Whether a quotation is speech of the sentence's speaker and no single quoted word."""
    return quote.end - quote.start > 3 and bool(line.masked)


def _near(previous: _Line, line: _Line) -> bool:
    """In one paragraph, or in the next one that begins with the quotation."""
    if previous.paragraph == line.paragraph:
        return True
    return line.opens_quoted and line.paragraph - previous.paragraph == 1 and previous.how is not None


def _is_speech(line: _Line) -> bool:
    return (
        line.opens_quoted
        and bool(line.quotes)
        and line.quotes[0].end - max(line.quotes[0].start, line.span.start) > 0.6 * len(line.text)
    )


def _quote_type(line: _Line) -> str:
    """direct, mixed, indirect or none."""
    if line.spoken or line.all_quoted:
        return "direct"
    pieces = list(_pieces(line))
    if any(sum(c.isalnum() for c in piece) for piece in pieces):
        return "direct" if any(_full_speech(line, piece, i) for i, piece in enumerate(pieces)) else "mixed"
    return "indirect" if line.speaker else "none"


def _pieces(line: _Line) -> Iterator[str]:
    for quote in line.quotes:
        yield line.text[max(quote.start - line.span.start, 0) : quote.end - line.span.start]


def _full_speech(line: _Line, piece: str, i: int) -> bool:
    """Whether a quoted piece is speech of its own: a capital first, an end mark last, or it runs on."""
    inner = piece.strip("\"“”„«»'‘’` ")
    if not inner:
        return False
    quote = line.quotes[i]
    begins = inner[0].isupper() or inner[0].isdigit() or quote.start < line.span.start or inner.startswith(("…", "..."))
    after = line.text[quote.end - line.span.start :][:1]
    ends = (
        quote.end > line.span.end
        or not quote.closed
        or bool(_QUOTED_END.search(inner))
        or after in (",", ".")
        or quote.end >= line.span.end
    )
    return begins and ends and (len(inner.split()) >= 3 or bool(_QUOTED_END.search(inner)))
