"""A text → an `Article`: its statements with kind, speaker and stance, and the totals of its body.

Data comes from `sentences`, `lines`, `speakers`, `actors` and the model; `files` reads it from disk, `page` draws it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import actors, lines, sentences, speakers
from .model import StanceModel, load
from .records import InputError, Prediction, Statement

if TYPE_CHECKING:
    import pandas as pd

NEUTRAL = "neutral"
_NO_STATEMENT = ("byline", "caption", "junk")  # codebook R12


@dataclass(frozen=True, slots=True)
class Summary:
    """How often each label occurs in a group of statements, and the strongest one: the surest that is not neutral."""

    name: str
    counts: Mapping[str, int]
    strongest: Statement | None

    @property
    def n(self) -> int:
        """The number of statements; those that the model abstained on included."""
        return sum(self.counts.values())

    def to_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return {
            "name": self.name,
            "n": self.n,
            "counts": dict(self.counts),
            "strongest": self.strongest and self.strongest.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Article:
    """A document as it was given, and its statements in order: `text[s.start:s.end] == s.text` for each."""

    text: str = field(repr=False)
    statements: Sequence[Statement] = field(repr=False)
    labels: Sequence[str] = ()
    name: str = ""

    def __repr__(self) -> str:
        return f"Article({self.name!r}, {len(self.statements)} statements, {len(self.body)} in the body)"

    @property
    def body(self) -> list[Statement]:
        """The statements of the text itself, without headlines, captions, bylines and junk."""
        return [s for s in self.statements if s.kind == "body"]

    @property
    def headlines(self) -> list[Statement]:
        """Title, deck and subheadings, reported apart from the body."""
        return [s for s in self.statements if s.kind == "headline"]

    def overall(self) -> Summary:
        """The labels of the body, counted."""
        return summarise("article", self.body, self.labels)

    def speakers(self) -> list[Summary]:
        """One `Summary` a speaker of the body, the most quoted first; what nobody says is left out."""
        groups: dict[str, list[Statement]] = {}
        for statement in self.body:
            if statement.speaker:
                groups.setdefault(statement.speaker, []).append(statement)
        found = [summarise(name, group, self.labels) for name, group in groups.items()]
        return sorted(found, key=lambda summary: -summary.n)

    def by_speaker(self) -> pd.DataFrame:
        """A table with a row for each speaker: how many statements of each label, and the strongest sentence."""
        import pandas as pd

        rows = [{**s.counts, "n": s.n, "strongest": s.strongest.text if s.strongest else None} for s in self.speakers()]
        index = pd.Index([s.name for s in self.speakers()], name="speaker", dtype=object)
        return pd.DataFrame(rows, index=index, columns=[*self.labels, "n", "strongest"])

    def to_frame(self) -> pd.DataFrame:
        """A table with a row for each statement, probabilities in columns p_<label>."""
        import pandas as pd

        return pd.DataFrame([flat(s) for s in self.statements], columns=columns(self.labels))

    def to_dict(self) -> dict[str, object]:
        """Plain JSON values: the name, the totals, the speakers and every statement."""
        return {
            "name": self.name,
            "overall": self.overall().to_dict(),
            "by_speaker": [summary.to_dict() for summary in self.speakers()],
            "statements": [statement.to_dict() for statement in self.statements],
        }

    def _repr_html_(self) -> str:
        from .page import notebook

        return notebook(self)


def columns(labels: Sequence[str]) -> list[str]:
    """The columns of `Article.to_frame` and of `stance tag --csv`."""
    return [
        *("start", "end", "kind", "speaker", "how", "quote_type", "label", "confidence"),
        *(f"p_{label}" for label in labels),
        *("known", "recognised", "mentions", "text"),
    ]


def flat(statement: Statement) -> dict[str, object]:
    """A statement as one row of plain values; mentions joined by '; '."""
    row = statement.to_dict()
    row.pop("probabilities")
    row.update({f"p_{label}": p for label, p in statement.prediction.probabilities.items()})
    row["mentions"] = "; ".join(statement.mentions)
    return row


def summarise(name: str, statements: Iterable[Statement], labels: Sequence[str]) -> Summary:
    """The counts of each label (and of 'unsure', where the model abstained) and the strongest statement."""
    counts = dict.fromkeys(labels, 0)
    strongest: Statement | None = None
    for statement in statements:
        label = statement.prediction.label
        counts[label or "unsure"] = counts.get(label or "unsure", 0) + 1
        if label not in (None, NEUTRAL) and (
            strongest is None or statement.prediction.confidence > strongest.prediction.confidence
        ):
            strongest = statement
    return Summary(name, counts, strongest)


def tag(
    text: str,
    *,
    model: StanceModel | None = None,
    min_confidence: float | None = None,
    name: str = "",
    kinds: Mapping[int, str] | None = None,
) -> Article:
    """The statements of a document, each with its kind of line, speaker and stance.

    `model` is the shipped one unless given; below `min_confidence` a statement's label is None. Captions, bylines
    and page furniture are neutral by rule (codebook R12). `kinds` are kinds of line that a file's markup gave: the
    offset where a line starts → its kind. Raises InputError for anything but a str.

    >>> article = tag("Oslo condemned the raid. “It was a crime,” Foreign Minister Kari Lund said.")
    >>> [(s.speaker, s.prediction.label) for s in article.statements]
    [('Oslo', 'condemnatory'), ('Foreign Minister Kari Lund', 'condemnatory')]
    """
    if not isinstance(text, str):
        hint = "decode it first" if isinstance(text, bytes) else "for a list of sentences use predict"
        raise InputError(f"tag takes one document (str), not {type(text).__name__}: {hint}")
    model = model or load()
    paragraphs = sentences.paragraphs(text)
    found = lines.kinds(text, paragraphs, kinds)
    spans = [sentences.split_paragraph(text, paragraph) for paragraph in paragraphs]
    said = speakers.attribute(text, spans, found)
    statements = []
    for kind, group, voices in zip(found, spans, said, strict=True):
        for (start, end), voice in zip(group, voices, strict=True):
            piece = text[start:end]
            prediction = model.predict(piece, min_confidence=min_confidence)
            if kind in _NO_STATEMENT:
                prediction = _neutral(prediction)
            statements.append(Statement(piece, start, end, kind, *voice, actors.mentions(piece), prediction))
    return Article(text, statements, model.labels, name)


def _neutral(prediction: Prediction) -> Prediction:
    """The prediction with the codebook's answer for what is no statement, where the model has that label."""
    if NEUTRAL not in prediction.probabilities:
        return prediction
    sure = {label: float(label == NEUTRAL) for label in prediction.probabilities}
    return Prediction(prediction.text, NEUTRAL, sure, prediction.known, prediction.recognised)
