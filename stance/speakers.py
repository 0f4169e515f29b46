"""Paragraphs with their kinds → who says each sentence, on what evidence, and in what form of quotation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .sentences import Span


class Voice(NamedTuple):
    """Who says a sentence: the speaker, the evidence (cue, carried, pronoun, label), the form of quotation."""

    speaker: str | None
    how: str | None
    quote_type: str


def attribute(text: str, paragraphs: Sequence[Sequence[Span]], kinds: Sequence[str]) -> list[list[Voice]]:
    """For each sentence of each paragraph its `Voice`; `paragraphs` holds the sentences' spans."""
    return [[Voice(None, None, "none") for _ in sentences] for sentences in paragraphs]
