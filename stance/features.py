"""Sentence → feature names, with or without their places: the only definition of a feature.

Training hands an `Analyzer` to scikit-learn's TfidfVectorizer, prediction calls the same object, so the
two cannot drift apart. Names of states, bodies, places and persons, and numbers, become one token each
before anything is counted (names do not decide); stance expressions add the classes they belong to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple, TypeVar

from .normalise import normalise, normalise_with_offsets
from .stemming import stem

NAME, NUMBER, DAY, UNKNOWN_CLASS = "@", "#", "~", "_"
_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:'[^\W\d_]+)?|[?!\"]")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december")
_DAYS = frozenset(_WEEKDAYS + _MONTHS)  # May is left out: in a sentence it is more often the verb
_LINK = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]{1,64}@[\w.-]+")
_CACHE_LIMIT = 200_000
_Value = TypeVar("_Value")


class Token(NamedTuple):
    """One token: the symbol that features are built from and its place in the cleaned text."""

    symbol: str
    start: int
    end: int


@dataclass(frozen=True)
class Settings:
    """What can be switched in an analyzer; saved with the model and part of its hash."""

    word_ngrams: int = 2
    class_ngrams: int = 3
    class_skips: bool = True
    characters: bool = False
    mask_names: bool = True
    stems: bool = True

    def to_dict(self) -> dict[str, object]:
        """The settings as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: object) -> Settings:
        """Settings from plain JSON values; ValueError for an unknown name or a wrong type."""
        plain = cls().to_dict()
        if not isinstance(values, dict) or set(values) != set(plain):
            raise ValueError(f"expected exactly the settings {', '.join(plain)}")
        for name, value in values.items():
            if type(value) is not type(plain[name]) or (type(value) is int and not 0 <= value <= 6):
                raise ValueError(f"{name} is {value!r}")
        return cls(**values)


class Analyzer:
    """Callable: sentence → list of feature names (with repeats), for TfidfVectorizer(analyzer=...).

    `names` maps a name as written to True where its case must match exactly; `common` are the words
    seen in lower case, so that other capitalised words count as names; `lexicon` maps an expression
    (words separated by blanks) to its class; `irregular` maps a word form to its lemma.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        names: Mapping[str, bool] | None = None,
        common: Iterable[str] = (),
        lexicon: Mapping[str, str] | None = None,
        irregular: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.names = dict(names or {})
        self.common = frozenset(common)
        self.lexicon = dict(lexicon or {})
        self.irregular = dict(irregular or {})
        self._attributes: dict[str, tuple[str, bool, bool]] = {}
        self._name_starts = _by_first_word(self._name_entries())
        self._expression_starts = _by_first_word(self._expression_entries())

    # ---- tables -----------------------------------------------------------------------------------

    def _name_entries(self) -> Iterator[tuple[tuple[str, ...], bool]]:
        if not self.settings.mask_names:
            return
        for name, exact in self.names.items():
            words = tuple(_TOKEN.findall(normalise(name)))
            if words:
                yield (words if exact else tuple(w.lower() for w in words)), exact

    def _expression_entries(self) -> Iterator[tuple[tuple[str, ...], str]]:
        for expression, label in self.lexicon.items():
            words = tuple(w[:-1] if w.endswith("=") else self._stem(w) for w in expression.split())
            if words:
                yield words, label

    def _stem(self, word: str) -> str:
        if not self.settings.stems:
            return word
        return stem(self.irregular.get(word, word))

    def _attribute(self, raw: str) -> tuple[str, bool, bool]:
        """(symbol, may begin a name, is masked on its own) of one token as written."""
        found = self._attributes.get(raw)
        if found is None:
            if len(self._attributes) > _CACHE_LIMIT:
                self._attributes.clear()
            found = self._attributes[raw] = self._new_attribute(raw)
        return found

    def _new_attribute(self, raw: str) -> tuple[str, bool, bool]:
        if raw in '?!"':
            return raw, False, False
        lower = raw.lower()
        if lower.endswith("n't") or lower == "cannot":
            return "n't", False, False
        lower = lower.partition("'")[0] or lower
        if raw[0].isdigit():
            return NUMBER, False, False
        if not self.settings.mask_names:
            return self._stem(lower), False, False
        begins_name = lower in self._name_starts or raw.partition("'")[0] in self._name_starts
        capitalised = raw[0].isupper()
        if capitalised and lower in _DAYS:
            return DAY, begins_name, False
        masked = capitalised and lower not in self.common and len(lower) > 1
        return self._stem(lower), begins_name, masked

    # ---- tokens -----------------------------------------------------------------------------------

    def tokens(self, clean: str) -> list[Token]:
        """The tokens of a normalised text, names and numbers masked, runs of names joined."""
        if "@" in clean or "://" in clean or "www." in clean:
            clean = _LINK.sub(lambda m: " " * len(m[0]), clean)
        matches = [(m[0], m.start(), m.end()) for m in _TOKEN.finditer(clean)]
        result: list[Token] = []
        i, n = 0, len(matches)
        while i < n:
            raw, start, end = matches[i]
            symbol, begins_name, masked = self._attribute(raw)
            length = self._name_length(matches, i) if begins_name else 0
            if length or masked:
                length = max(length, 1)
                end = matches[i + length - 1][2]
                if result and result[-1].symbol == NAME:
                    result[-1] = Token(NAME, result[-1].start, end)
                else:
                    result.append(Token(NAME, start, end))
                i += length
                continue
            result.append(Token(symbol, start, end))
            i += 1
        return result

    def _name_length(self, matches: Sequence[tuple[str, int, int]], i: int) -> int:
        """How many tokens the longest listed name that begins at `i` takes; 0 if none does."""
        raw = _bare(matches[i][0])
        best = 0
        for first in {raw, raw.lower()}:
            for words, exact in self._name_starts.get(first, ()):
                size = len(words)
                if size <= best or i + size > len(matches):
                    continue
                ahead = [_bare(m[0]) for m in matches[i : i + size]]
                if tuple(ahead if exact else (w.lower() for w in ahead)) == words:
                    best = size
        return best

    # ---- features ---------------------------------------------------------------------------------

    def __call__(self, text: str) -> list[str]:
        """The features of a sentence, in no promised order, repeated as often as they occur."""
        return [name for name, _, _ in self._features(self.tokens(normalise(text)))]

    def with_spans(self, text: str) -> list[tuple[str, int, int]]:
        """Each feature with the start and end of its words in `text` as it was given."""
        clean, offsets = normalise_with_offsets(text)
        return [(name, offsets[start], offsets[end - 1] + 1) for name, start, end in self._features(self.tokens(clean))]

    def words(self, text: str) -> list[str]:
        """The unigram features of the words of `text`, masks and single letters apart: what `known` is counted over."""
        return ["w " + t.symbol for t in self.tokens(normalise(text)) if len(t.symbol) > 1]

    def _features(self, tokens: list[Token]) -> Iterator[tuple[str, int, int]]:
        n = len(tokens)
        longest = self.settings.word_ngrams
        for i in range(n):
            name = "w"
            start = tokens[i].start
            for j in range(i, min(i + longest, n)):
                name += " " + tokens[j].symbol
                yield name, start, tokens[j].end
        if self.lexicon:
            yield from self._class_features(self.classes(tokens))
        if self.settings.characters:
            for token in tokens:
                padded = f" {token.symbol} "
                for size in (3, 4, 5):
                    for k in range(len(padded) - size + 1):
                        yield "x " + padded[k : k + size], token.start, token.end

    def classes(self, tokens: Sequence[Token]) -> list[Token]:
        """The sequence of lexicon classes, longest expression first, with masks and marks between."""
        result: list[Token] = []
        symbols = [t.symbol for t in tokens]
        i, n = 0, len(tokens)
        while i < n:
            length, label = 1, ""
            for words, found in self._expression_starts.get(symbols[i], ()):
                size = len(words)
                if (size > length or not label) and tuple(symbols[i : i + size]) == words:
                    length, label = size, found
            if not label and symbols[i] in (NAME, '"', "?", "!"):
                label = symbols[i]
            if label:
                result.append(Token(label, tokens[i].start, tokens[i + length - 1].end))
            i += length
        return result

    def _class_features(self, classes: Sequence[Token]) -> Iterator[tuple[str, int, int]]:
        n = len(classes)
        for i in range(n):
            name = "c"
            start = classes[i].start
            for j in range(i, min(i + self.settings.class_ngrams, n)):
                name += " " + classes[j].symbol
                yield name, start, classes[j].end
            if self.settings.class_skips:
                for j in range(i + 2, min(i + 4, n)):
                    yield f"s {classes[i].symbol} {classes[j].symbol}", start, classes[j].end


def _bare(raw: str) -> str:
    """A token without its possessive."""
    return raw[:-2] if raw.endswith("'s") else raw


def _by_first_word(entries: Iterable[tuple[tuple[str, ...], _Value]]) -> dict[str, list[tuple[tuple[str, ...], _Value]]]:
    table: dict[str, list[tuple[tuple[str, ...], _Value]]] = {}
    for words, value in entries:
        table.setdefault(words[0], []).append((words, value))
    return table
