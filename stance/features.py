"""Sentence → feature names, with or without their places: the only definition of a feature.

Training hands an `Analyzer` to scikit-learn's TfidfVectorizer, prediction calls the same object, so the
two cannot drift apart. Names of states, bodies, places and persons, and numbers, become one token each
before anything is counted (names do not decide); stance expressions add the classes they belong to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from .normalise import normalise, normalise_with_offsets
from .stemming import stem

NAME, NUMBER, DAY, NOT, NO_STANCE = "@", "#", "~", "n't", "-"
MARKS = frozenset('?!"')
TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:'[^\W\d_]+)?|[?!\"]")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december")
_DAYS = frozenset(_WEEKDAYS + _MONTHS)  # May is left out: in a sentence it is more often the verb
_LINK = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]{1,64}@[\w.-]+")
_CACHE_LIMIT = 200_000
_Value = TypeVar("_Value")

TEMPLATES = (
    "words 0",
    "words 0 1",
    "classes 0",
    "classes 0 1",
    "classes 0 1 2",
    "classes 0 2",
    "classes 0 3",
    "stances 0 1",
    "stances ^ 0",
    "stances ^ 0 1",
)
"""What is counted: a sequence and the places taken together; `^` only at the start of the sequence.

`words` are stems and masks, `classes` all lexicon classes with names and marks between, `stances` the classes that
take a side or turn one round (written in capitals): they follow the argument of a sentence past its background.
"""


class Token(NamedTuple):
    """One token: the symbol that features are built from and its place in the cleaned text."""

    symbol: str
    start: int
    end: int


class Template(NamedTuple):
    """One line of TEMPLATES, read: `prefix` and `gaps` make the feature's name."""

    sequence: str
    places: tuple[int, ...]
    anchored: bool

    @property
    def prefix(self) -> str:
        """The first word of the feature's name: w, c or k, with ^ where it is anchored."""
        return {"words": "w", "classes": "c", "stances": "k"}[self.sequence] + (" ^" if self.anchored else "")

    def name(self, symbols: Sequence[str], i: int) -> str:
        """The feature that begins at `i`; each symbol passed over is a * in the name."""
        name, last = self.prefix, self.places[0] - 1
        for place in self.places:
            name += " " + "* " * (place - last - 1) + symbols[i + place]
            last = place
        return name


def read_template(line: str) -> Template:
    """The Template of a line; ValueError if it is none."""
    sequence, *rest = line.split(" ")
    anchored = rest[:1] == ["^"]
    places = rest[1:] if anchored else rest
    ordered = bool(places) and all(place.isdecimal() and len(place) == 1 for place in places) and places == sorted(set(places))
    if sequence not in ("words", "classes", "stances") or not ordered or places[0] != "0":
        raise ValueError(f"{line!r} is not a template")
    return Template(sequence, tuple(map(int, places)), anchored)


class Analyzer:
    """Callable: sentence → list of feature names (with repeats), for TfidfVectorizer(analyzer=...).

    `names` maps a name as written to True where its case must match exactly; `common` are the words seen in lower case,
    so that other capitalised words count as names; `lexicon` maps an expression (words separated by blanks) to its
    class, in capitals if it bears on the stance; `irregular` maps a word form to its lemma.
    """

    def __init__(
        self,
        templates: Sequence[str] = TEMPLATES,
        *,
        names: Mapping[str, bool] | None = None,
        common: Iterable[str] = (),
        lexicon: Mapping[str, str] | None = None,
        irregular: Mapping[str, str] | None = None,
    ) -> None:
        self.templates = tuple(templates)
        self.names = dict(names or {})
        self.common = frozenset(common)
        self.lexicon = dict(lexicon or {})
        self.irregular = dict(irregular or {})
        self._templates = [read_template(line) for line in self.templates]
        self._attributes: dict[str, tuple[str, bool, bool]] = {}
        self._name_starts = _by_first_word(self._name_entries())
        self._expression_starts = _by_first_word(self._expression_entries())

    # ---- tables -----------------------------------------------------------------------------------

    def _name_entries(self) -> Iterator[tuple[tuple[str, ...], bool]]:
        for name, exact in self.names.items():
            words = tuple(TOKEN.findall(normalise(name)))
            if words:
                yield (words if exact else tuple(w.lower() for w in words)), exact

    def _expression_entries(self) -> Iterator[tuple[tuple[str, ...], str]]:
        for expression, label in self.lexicon.items():
            words = tuple(self._stem(w) for w in expression.split())
            if words:
                yield words, label

    def _stem(self, word: str) -> str:
        return stem(self.irregular.get(word, word))

    def _attribute(self, raw: str) -> tuple[str, bool, bool]:
        """(symbol, may begin a listed name, is masked on its own) of one token as written."""
        found = self._attributes.get(raw)
        if found is None:
            if len(self._attributes) > _CACHE_LIMIT:
                self._attributes.clear()
            found = self._attributes[raw] = self._new_attribute(raw)
        return found

    def _new_attribute(self, raw: str) -> tuple[str, bool, bool]:
        if raw in MARKS:
            return raw, False, False
        lower = raw.lower()
        if lower.endswith("n't") or lower == "cannot":
            return NOT, False, False
        bare = lower.partition("'")[0] or lower
        if raw[0].isdigit():
            return NUMBER, False, False
        begins_name = bare in self._name_starts or _bare(raw) in self._name_starts
        capitalised = raw[0].isupper()
        if capitalised and bare in _DAYS:
            return DAY, begins_name, False
        masked = capitalised and bare not in self.common and len(bare) > 1
        return self._stem(bare), begins_name, masked

    # ---- tokens -----------------------------------------------------------------------------------

    def tokens(self, clean: str) -> list[Token]:
        """The tokens of a normalised text, names and numbers masked, runs of names joined."""
        if "@" in clean or "://" in clean or "www." in clean:
            clean = _LINK.sub(lambda m: " " * len(m[0]), clean)
        matches = [(m[0], m.start(), m.end()) for m in TOKEN.finditer(clean)]
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

    def classes(self, tokens: Sequence[Token]) -> list[Token]:
        """The lexicon classes along a sentence, longest expression first, with names and marks between."""
        result: list[Token] = []
        symbols = [t.symbol for t in tokens]
        i, n = 0, len(tokens)
        while i < n:
            length, label = 1, ""
            for words, found in self._expression_starts.get(symbols[i], ()):
                size = len(words)
                if (size > length or not label) and tuple(symbols[i : i + size]) == words:
                    length, label = size, found
            if not label and (symbols[i] == NAME or symbols[i] in MARKS):
                label = symbols[i]
            if label:
                result.append(Token(label, tokens[i].start, tokens[i + length - 1].end))
            i += length
        return result

    # ---- features ---------------------------------------------------------------------------------

    def __call__(self, text: str) -> list[str]:
        """The features of a sentence, in no promised order, repeated as often as they occur."""
        return [name for name, _, _ in self.features(self.tokens(normalise(text)))]

    def with_spans(self, text: str) -> list[tuple[str, int, int]]:
        """Each feature with the start and end of its words in `text` as it was given."""
        clean, offsets = normalise_with_offsets(text)
        return [(name, offsets[start], offsets[end - 1] + 1) for name, start, end in self.features(self.tokens(clean))]

    def features(self, tokens: list[Token]) -> Iterator[tuple[str, int, int]]:
        """Each feature of these tokens with its start and end in the cleaned text."""
        if not tokens:
            return
        sequences: dict[str, list[Token]] = {"words": tokens, "classes": [], "stances": []}
        if self.lexicon:
            sequences["classes"] = self.classes(tokens)
            stances = [t for t in sequences["classes"] if t.symbol.isupper() or t.symbol in "?!"]
            sequences["stances"] = stances or [Token(NO_STANCE, tokens[0].start, tokens[-1].end)]
        symbols = {name: [t.symbol for t in found] for name, found in sequences.items()}
        for template in self._templates:
            sequence = sequences[template.sequence]
            reach = template.places[-1]
            count = len(sequence) - reach
            for i in range(min(count, 1) if template.anchored else count):
                yield template.name(symbols[template.sequence], i), sequence[i].start, sequence[i + reach].end


def _bare(raw: str) -> str:
    """A token without its possessive."""
    return raw[:-2] if raw.endswith("'s") else raw


def _by_first_word(entries: Iterable[tuple[tuple[str, ...], _Value]]) -> dict[str, list[tuple[tuple[str, ...], _Value]]]:
    table: dict[str, list[tuple[tuple[str, ...], _Value]]] = {}
    for words, value in entries:
        table.setdefault(words[0], []).append((words, value))
    return table
