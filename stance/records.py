"""The labels, the small frozen records that cross module borders, and the exceptions.

Nothing here reads a file or imports another module of the package; everything else builds on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple  # not dataclasses: their import costs a third of a prediction at the prompt

LABELS = ("supportive", "conciliatory", "condemnatory", "neutral")
"""The four labels in the order of every table, column and tie-break (data/CODEBOOK.md)."""


class StanceError(Exception):
    """Base of every error that this package raises on purpose; its text is one line for a person."""


class ModelError(StanceError):
    """A model folder is missing, damaged, or not what its checksum says."""


class DataError(StanceError):
    """Labelled data or an input file cannot be used as it is; says where and what to do."""


class InputError(StanceError, TypeError):
    """A value of the wrong type was passed to predict, explain or tag."""


class Prediction(NamedTuple):
    """The stance of one sentence: a label with calibrated probabilities.

    `label` is None where the model abstains (`min_confidence`). `known` is the share of the
    sentence's words that the model knows (0 to 1); `recognised` is False where it knows none,
    and then the probabilities are the model's prior and say nothing about the text.
    """

    text: str
    label: str | None
    probabilities: Mapping[str, float]
    known: float
    recognised: bool

    @property
    def confidence(self) -> float:
        """The probability of the most probable label."""
        return max(self.probabilities.values())

    def to_dict(self) -> dict[str, object]:
        """The one JSON shape of a prediction (also printed by `stance predict --json`)."""
        return {
            "text": self.text,
            "label": self.label,
            "confidence": self.confidence,
            "probabilities": dict(self.probabilities),
            "known": self.known,
            "recognised": self.recognised,
        }


class Contribution(NamedTuple):
    """One feature's exact share of a logit, and the character spans of the text it came from."""

    feature: str
    value: float
    spans: tuple[tuple[int, int], ...]

    def to_dict(self) -> dict[str, object]:
        """Feature, value and spans as plain JSON values."""
        return {"feature": self.feature, "contribution": self.value, "spans": [list(span) for span in self.spans]}


class Explanation(NamedTuple):
    """Why a sentence got its label: `intercept` plus the contributions is `logit`.

    Contributions are sorted from the strongest argument for `label` to the strongest against it.
    """

    text: str
    label: str
    logit: float
    intercept: float
    contributions: Sequence[Contribution]
    prediction: Prediction

    def top(self, n: int = 5) -> list[Contribution]:
        """The `n` contributions of largest size, for or against, strongest first."""
        return sorted(self.contributions, key=lambda c: (-abs(c.value), c.feature))[:n]

    def to_dict(self) -> dict[str, object]:
        """Plain JSON values; `contributions` holds all of them."""
        return {
            "text": self.text,
            "label": self.label,
            "logit": self.logit,
            "intercept": self.intercept,
            "contributions": [c.to_dict() for c in self.contributions],
            "prediction": self.prediction.to_dict(),
        }


class Sentence(NamedTuple):
    """A sentence and where it stands: `original[start:end] == text`."""

    text: str
    start: int
    end: int


class Statement(NamedTuple):
    """One sentence of an article: where it stands, what kind of line it is in, who says it, and its stance.

    `kind` is headline, byline, caption, body or junk; only body counts in an article's totals. `speaker` is None
    where the text gives no evidence; `how` says what the evidence is: cue, carried, pronoun or label.
    `quote_type` is direct, mixed, indirect or none. `mentions` are the states and bodies named, canonical names.
    """

    text: str
    start: int
    end: int
    kind: str
    speaker: str | None
    how: str | None
    quote_type: str
    mentions: tuple[str, ...]
    prediction: Prediction

    def to_dict(self) -> dict[str, object]:
        """Plain JSON values: the prediction's shape, with the statement's own fields beside it."""
        return {
            **self.prediction.to_dict(),
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "kind": self.kind,
            "speaker": self.speaker,
            "how": self.how,
            "quote_type": self.quote_type,
            "mentions": list(self.mentions),
        }
