"""One sentence with its quotations masked → who is said to speak in it: the words that name the speaker.

A verb of speech with its subject, "according to", the agent of a passive, a name before a colon. Where the words name
nobody who can speak there is no cue: better none than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .phrases import MASK, POSSESSIVE, PRONOUNS, is_named
from .subjects import REACH, finite_end, leading_subject, subject_after, subject_before, without_lead
from .wordlists import NOUN_LIKE, ROLES, VERBS, WEAK

_VERB = re.compile(r"\b(?:" + "|".join(sorted(VERBS, key=len, reverse=True)) + r")\b")
_WEAK = {verb: re.compile(pattern) for verb, pattern in WEAK.items()}
_ACCORDING = re.compile(r"\b[Aa]ccording to\s+")
_IN_A_STATEMENT = re.compile(
    r"\b[Ii]n (?:an?|his|her|its|their)\s(?:[\w-]+\s){0,3}(?:statement|speech|letter|interview|post|tweet|briefing|"
    r"address|message|communiqué|note|editorial|article)\b"
)
_PASSIVE = re.compile(
    r"\b(?:was|were|been|be|is|are|being|am|got|gets?|it's|’s|'s)(?:\s+\w+ly|\s+also|\s+not|\s+once|\s+reportedly)?\s*$"
)


class Cue(NamedTuple):
    """The words that name the speaker, how sure the pattern is (0 best), and where in the sentence it stands."""

    rank: int
    at: int
    subject: str
    apposition: str = ""


def find_cue(sentence: str, *, after_quote: bool = False) -> Cue | None:
    """The best cue of a sentence whose quotations are masked; None where nobody is said to speak.

    `after_quote` says that the sentence before it ended in a quotation, so that it may begin with "said X".
    """
    found = [*_verb_cues(sentence, after_quote), *_according_cues(sentence), *_colon_cues(sentence)]
    return min(found, default=None, key=lambda cue: (cue.rank, cue.at))


def _verb_cues(sentence: str, after_quote: bool) -> Iterator[Cue]:
    for match in _VERB.finditer(sentence):
        verb, at, end = match[0], match.start(), match.end()
        follows = _WEAK.get(verb)
        if follows and not follows.match(sentence, end):
            continue
        before = sentence[max(0, at - REACH) : at]
        if _PASSIVE.search(before):
            yield from _agent(sentence, end, at)
            continue
        if verb.endswith("ing"):
            yield from _participle(before, at)
            continue
        inverted = before.rstrip(" ,").endswith(MASK) or (after_quote and not before.strip())
        if inverted:
            cue = subject_after(sentence, end)
            if cue:
                yield Cue(0, at, *cue)
                continue
        subject = subject_before(before)
        if subject and _fits(verb, subject[0]):
            rank = 1 if _touches_quote(sentence, before, end) else 2
            yield Cue(rank + subject[2], at, subject[0], subject[1])


def _fits(verb: str, subject: str) -> bool:
    """A form that may be a noun needs a subject that is no owner of it ('Oslo's latest demands')."""
    if verb not in NOUN_LIKE:
        return True
    words = subject.split()
    if any(POSSESSIVE.search(w) for w in words[-3:]) and not any(w.lower() in ROLES for w in words):
        return False
    return subject.lower() in PRONOUNS or words[-1][0].isupper() or words[-1].lower() in ROLES


def _touches_quote(sentence: str, before: str, end: int) -> bool:
    """Whether a quotation ends right before the subject or begins soon after the verb."""
    return MASK in before[-90:] or MASK in sentence[end : end + 90]


def _agent(sentence: str, end: int, at: int) -> Iterator[Cue]:
    """The speaker of a passive: 'was condemned by Oslo'."""
    match = re.compile(r"\s+(?:\w+\s+){0,3}?by\s+").match(sentence, end)
    if match:
        cue = subject_after(sentence, match.end())
        if cue and cue[0].lower() not in PRONOUNS:
            yield Cue(4, at, *cue)


def _participle(before: str, at: int) -> Iterator[Cue]:
    """The speaker of 'with X condemning …' and of 'X left, saying …'."""
    match = re.search(r"\b[Ww]ith ((?:[\w.'’-]+ ){1,8})$", before)
    if match:
        if is_named(match[1].strip()):
            yield Cue(3, at, match[1].strip())
        return
    if before.rstrip().endswith(",") or re.search(r",\s(?:also |and |while |before |by |after )?$", before):
        subject = leading_subject(before)
        if subject:
            yield Cue(3, at, subject)


def _according_cues(sentence: str) -> Iterator[Cue]:
    for match in _ACCORDING.finditer(sentence):
        found = subject_after(sentence, match.end())
        if found:
            yield Cue(2, match.start(), *found)


def _colon_cues(sentence: str) -> Iterator[Cue]:
    """'Varga: “…”' and 'Varga, in a statement: “…”'."""
    match = re.search(r":\s*\x01", sentence)
    if not match or match.start() > REACH:
        return
    before = sentence[: match.start()]
    place = _IN_A_STATEMENT.search(before)
    subject = before[: place.start()] if place else before
    subject = without_lead(subject.strip(" ,"))
    if len(subject.split()) <= 8 and is_named(subject) and finite_end(subject) is None:
        yield Cue(2, 0, subject)
