"""Sentence → feature names, with or without their places: the only definition of a feature.

Training hands an `Analyzer` to scikit-learn's TfidfVectorizer, prediction calls the same object, so the
two cannot drift apart. Names of states, bodies, places and persons, and numbers, become one token each
before anything is counted (names do not decide); stance expressions add the classes they belong to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from .entries import NO_ENTRIES, Entries
from .normalise import normalise, normalise_with_offsets
from .stemming import stem

NAME, NUMBER, DAY, NOT, ARTICLE, POSSESSIVE = "@", "#", "~", "n't", "the", "s"
MARKS = frozenset('?!"')
_PASSING = MARKS | {NAME}  # stand in the sequence of classes as they are
TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:'[^\W\d_]+)?|[?!\"]")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december")
_DAYS = frozenset(_WEEKDAYS + _MONTHS)  # May is left out: in a sentence it is more often the verb
_LINK = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]{1,64}@[\w.-]+")
_CACHE_LIMIT = 200_000
_LONGEST_CACHED = 64  # letters; what is longer is no word that comes again

TEMPLATES = (
    "words 0",
    "words 0 1",
    "words ^ 0",
    "words ^ 0 1",
    "words ^ 0 1 2",
    "classes 0",
    "classes 0 1",
    "classes 0 2",
    "stances 0 1",
)
"""What is counted: a sequence and the places taken together; `^` only at the start of the sequence.

`words` are stems and masks, `classes` all lexicon classes with names and marks between, `stances` the classes that
take a side or turn one round (written in capitals): they follow the argument of a sentence past its background.
"""
EXACT, ANY_CASE = "1", "0"
"""Whether the case of a listed name must match: the values of the table of names."""
Names = tuple[int, dict[str, str]]
"""The listed names that begin with a token, and how many tokens the longest takes."""
Attribute = tuple[str, "Names | None", bool]
"""Of a token: its symbol, the listed names that begin with it, and whether it is masked on its own."""


class Tokens(NamedTuple):
    """A sequence in columns: the symbols that features are built from, and which words of the text each stands for.

    `firsts` and `lasts` count the words as TOKEN cuts them; one symbol may stand for several (a name, an expression).
    """

    symbols: list[str]
    firsts: list[int]
    lasts: list[int]

    def add(self, symbol: str, first: int, last: int) -> None:
        """Append one symbol."""
        self.symbols.append(symbol)
        self.firsts.append(first)
        self.lasts.append(last)


class Template(NamedTuple):
    """One line of TEMPLATES, read: the sequence, the places taken together, and the pattern of the feature's name."""

    sequence: str
    places: tuple[int, ...]
    anchored: bool
    pattern: str

    def names(self, symbols: Sequence[str]) -> Iterator[str]:
        """The features of a sequence, from its first place to its last, one at a time: a huge text makes no huge list."""
        if self.anchored:
            symbols = symbols[: self.places[-1] + 1]
        return map(self.pattern.__mod__, zip(*(symbols[place:] for place in self.places), strict=False))


def read_template(line: str) -> Template:
    """The Template of a line; ValueError if it is none."""
    sequence, *rest = line.split(" ")
    anchored = rest[:1] == ["^"]
    places = rest[1:] if anchored else rest
    ordered = bool(places) and all(place.isdecimal() and len(place) == 1 for place in places) and places == sorted(set(places))
    if sequence not in ("words", "classes", "stances") or not ordered or places[0] != "0":
        raise ValueError(f"{line!r} is not a template")
    pattern = {"words": "w", "classes": "c", "stances": "k"}[sequence] + (" ^" if anchored else "")
    for last, place in zip(["-1", *places], places, strict=False):
        pattern += " *" * (int(place) - int(last) - 1) + " %s"  # a * for each symbol passed over
    return Template(sequence, tuple(map(int, places)), anchored, pattern)


class Analyzer:
    """Callable: sentence → list of feature names (with repeats), for TfidfVectorizer(analyzer=...).

    `names` holds for each name (`name_entry`) whether its case must match (EXACT, ANY_CASE); `common` are the words seen in
    lower case, so that other capitalised words count as names; `lexicon` holds for each expression (`expression_entry`) its
    class, in capitals if it bears on the stance; `irregular` maps a word form to its lemma.
    """

    def __init__(
        self,
        templates: Sequence[str] = TEMPLATES,
        *,
        names: Entries = NO_ENTRIES,
        common: Iterable[str] = (),
        lexicon: Entries = NO_ENTRIES,
        irregular: Mapping[str, str] | None = None,
    ) -> None:
        self.templates = tuple(templates)
        self.names = names
        self.common = frozenset(common)
        self.lexicon = lexicon
        self.irregular = dict(irregular or {})
        self._templates = [read_template(line) for line in self.templates]
        self._attributes: dict[str, Attribute] = {}
        self._expressions: dict[str, dict[str, str]] = {}

    # ---- tables -----------------------------------------------------------------------------------

    def attribute(self, raw: str) -> Attribute:
        """What is known of one token as written."""
        found = self._attributes.get(raw)
        if found is None:
            if len(raw) > _LONGEST_CACHED:
                return self._new_attribute(raw)
            if len(self._attributes) > _CACHE_LIMIT:
                self._attributes.clear()
            found = self._attributes[raw] = self._new_attribute(raw)
        return found

    def _new_attribute(self, raw: str) -> Attribute:
        if raw in MARKS:
            return raw, None, False
        lower = raw.lower()
        symbol = symbol_of(lower, self.irregular)
        if symbol == NOT:
            return symbol, None, False
        if raw[0].isdigit():
            return NUMBER, None, False
        head = lower.partition("'")[0] or lower
        names = self._names_from(bare(raw))
        capitalised = raw[0].isupper()
        if capitalised and head in _DAYS:
            return DAY, names, False
        masked = capitalised and head not in self.common and len(head) > 1
        return symbol, names, masked

    def _names_from(self, word: str) -> Names | None:
        """The listed names that begin with `word`, as written or in lower case; None if there are none."""
        lower = word.lower()
        found = self.names.beginning_with(lower)
        if word != lower:
            found |= self.names.beginning_with(word)
        return (1 + max(name.count(" ") for name in found), found) if found else None

    def _expressions_from(self, symbol: str) -> dict[str, str]:
        """The lexicon's expressions that begin with `symbol`, and every beginning of one."""
        if len(self._expressions) > _CACHE_LIMIT:
            self._expressions.clear()
        found = self._expressions[symbol] = _with_prefixes(self.lexicon.beginning_with(symbol))
        return found

    # ---- tokens -----------------------------------------------------------------------------------

    def tokens(self, clean: str) -> Tokens:
        """The tokens of a normalised text, names and numbers masked, runs of names joined."""
        raws = TOKEN.findall(_without_links(clean))
        symbols: list[str] = []
        firsts: list[int] = []
        lasts: list[int] = []
        known = self._attributes
        skip = 0
        for i, raw in enumerate(raws):
            if i < skip:
                continue
            symbol, names, masked = known.get(raw) or self.attribute(raw)
            length = (self.name_length(raws, i, names) if names else 0) or masked
            first = i
            if length:
                skip = i + length
                symbol = NAME
                if symbols and symbols[-1] == ARTICLE:  # some names take one: "the Gambia" must count as "Ghana" does
                    symbols.pop()
                    lasts.pop()
                    first = firsts.pop()
                if symbols and symbols[-1] == NAME:
                    lasts[-1] = skip - 1
                    continue
            elif symbol == POSSESSIVE and symbols and symbols[-1] == NAME and self.attribute(raws[i - 1])[0] != POSSESSIVE:
                lasts[-1] = i  # what is left of "the U.S.'s"
                continue
            symbols.append(symbol)
            firsts.append(first)
            lasts.append(skip - 1 if length else i)
        return Tokens(symbols, firsts, lasts)

    def name_length(self, raws: Sequence[str], i: int, names: Names) -> int:
        """How many tokens the longest of these names that stands at `i` takes; 0 if none does."""
        longest, entries = names
        words, best = "", 0
        for size, raw in enumerate(raws[i : i + longest], 1):
            words = f"{words} {bare(raw)}" if words else bare(raw)
            if entries.get(words) == EXACT or entries.get(words.lower()) == ANY_CASE:
                best = size
        return best

    def classes(self, tokens: Tokens) -> Tokens:
        """The lexicon classes along a sentence, longest expression first, with names and marks between."""
        symbols, first, last = tokens
        result: list[str] = []
        firsts: list[int] = []
        lasts: list[int] = []
        known = self._expressions
        skip, n = 0, len(symbols)
        for i, symbol in enumerate(symbols):
            if i < skip:
                continue
            length, label = 1, symbol if symbol in _PASSING else ""
            expressions = known.get(symbol)
            if expressions is None:
                expressions = self._expressions_from(symbol)
            found = expressions.get(symbol)
            words, ahead = symbol, i + 1
            while found is not None:
                if found:
                    length, label = ahead - i, found
                if ahead == n:
                    break
                words = f"{words} {symbols[ahead]}"
                ahead += 1
                found = expressions.get(words)
            skip = i + length
            if label:
                result.append(label)
                firsts.append(first[i])
                lasts.append(last[skip - 1])
        return Tokens(result, firsts, lasts)

    # ---- features ---------------------------------------------------------------------------------

    def __call__(self, text: str) -> list[str]:
        """The features of a sentence, in the order of the templates, repeated as often as they occur."""
        return list(self.features(self.tokens(normalise(text))))

    def features(self, tokens: Tokens) -> Iterator[str]:
        """The features of these tokens."""
        sequences = self._sequences(tokens)
        return chain.from_iterable(template.names(sequences[template.sequence].symbols) for template in self._templates)

    def with_spans(self, text: str) -> list[tuple[str, int, int]]:
        """Each feature with the start and end of its words in `text` as it was given."""
        clean, offsets = normalise_with_offsets(text)
        spans = [match.span() for match in TOKEN.finditer(_without_links(clean))]
        sequences = self._sequences(self.tokens(clean))
        found = []
        for template in self._templates:
            symbols, firsts, lasts = sequences[template.sequence]
            for name, first, last in zip(template.names(symbols), firsts, lasts[template.places[-1] :], strict=False):
                found.append((name, offsets[spans[first][0]], offsets[spans[last][1] - 1] + 1))
        return found

    def _sequences(self, tokens: Tokens) -> dict[str, Tokens]:
        """What the templates are taken from."""
        classes, stances = Tokens([], [], []), Tokens([], [], [])
        if self.lexicon and tokens.symbols:
            classes = self.classes(tokens)
            for symbol, first, last in zip(*classes, strict=True):
                if symbol in "?!" or symbol.isupper():
                    stances.add(symbol, first, last)
        return {"words": tokens, "classes": classes, "stances": stances}


def _without_links(clean: str) -> str:
    """The text with links and e-mail addresses blanked, every other character in its place."""
    if "@" in clean or "://" in clean or "www." in clean:
        return _LINK.sub(lambda m: " " * len(m[0]), clean)
    return clean


def bare(raw: str) -> str:
    """A token without its possessive."""
    return raw[:-2] if raw.endswith(("'s", "'S")) else raw


def _with_prefixes(entries: Mapping[str, str]) -> dict[str, str]:
    """The entries, and "" for every beginning of one: a look-up that finds nothing need not go on."""
    found: dict[str, str] = {}
    for entry in entries:
        end = entry.find(" ")
        while end > 0:
            found[entry[:end]] = ""
            end = entry.find(" ", end + 1)
    found.update(entries)
    return found


def name_entry(name: str, exact: bool) -> str:
    """A name as the analyzer's table holds it: its tokens, in lower case unless its case matters."""
    words = " ".join(bare(word) for word in TOKEN.findall(normalise(name)))
    return words if exact else words.lower()


def expression_entry(expression: str, irregular: Mapping[str, str]) -> str:
    """A lexicon expression as the analyzer's table holds it: the stems and marks that its words become in a sentence."""
    return " ".join(symbol_of(word, irregular) for word in expression.split())


def symbol_of(word: str, irregular: Mapping[str, str]) -> str:
    """What a word in lower case counts as: its stem, or the mark of a negation; masks stand for themselves.

    >>> symbol_of("cannot", {}), symbol_of("envoy's", {}), symbol_of("met", {"met": "meet"})
    ("n't", 'envoy', 'meet')
    """
    if word.endswith("n't") or word == "cannot":
        return NOT
    head = word.partition("'")[0] or word
    return stem(irregular.get(head, head))
