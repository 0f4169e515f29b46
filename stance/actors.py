"""A sentence → the states and bodies that it mentions, by their canonical names.

The names are those of data/names.csv (name, canonical, kind, iso3, case), read once; the longest name wins, so that
"Northern Ireland" is no Ireland. Places (cities, regions) and namesakes (Michael Jordan, Washington Post) are no actors.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from .wordlists import NAMESAKES, OFFICE, OTHER_THINGS, QUALIFIERS

ACTOR_KINDS = frozenset(("state", "demonym", "capital", "seat", "body", "group", "dissolved"))
_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:['’][^\W\d_]+)?")
_AMERICAN_STATE = re.compile(
    r"\s(?:Gov\b|Governor|Sen\b|Senator|Rep\b|Republicans?|Democrats?|legislature|lawmakers|voters|Secretary of State|"
    r"Supreme Court|runoff|peach)"
)
_PLACE_BEFORE = frozenset(("in", "near", "outside", "around", "central", "downtown", "across", "visited"))
_SMALL_CAPITALS = frozenset(
    (
        "THE",
        "AND",
        "OF",
        "TO",
        "WITH",
        "BY",
        "FROM",
        "FOR",
        "ON",
        "AS",
        "BUT",
        "OR",
        "IN",
        "AT",
        "AGAINST",
        "BETWEEN",
        "NEW",
        "OVER",
        "AFTER",
    )
)


class _Entry(NamedTuple):
    words: tuple[str, ...]
    canonical: str
    kind: str
    exact: bool


def mentions(text: str) -> tuple[str, ...]:
    """The canonical names of the actors named in `text`, in order of first mention.

    >>> mentions("Moscow accused the U.S. of arming Ukrainians.")
    ('Russia', 'United States', 'Ukraine')
    """
    return tuple(dict.fromkeys(_mentions(text)))


def is_known(name: str) -> bool:
    """Whether `name` as a whole is a listed name of a state, body, group or place."""
    tokens = list(_TOKEN.finditer(name))
    words = [_bare(t[0]) for t in tokens]
    if words and words[0].lower() == "the":
        words = words[1:]
    return bool(words) and any(len(e.words) == len(words) for e in [_longest(words, 0)] if e)


def _mentions(text: str) -> Iterator[str]:
    tokens = list(_TOKEN.finditer(text))
    words = [_bare(t[0]) for t in tokens]
    i = 0
    while i < len(words):
        entry = _longest(words, i)
        if entry is None:
            i += 1
            continue
        size = len(entry.words)
        if entry.kind in ACTOR_KINDS and not _is_trap(text, tokens, words, i, entry):
            yield entry.canonical
        i += size


def _longest(words: Sequence[str], i: int) -> _Entry | None:
    """The longest listed name that begins at word `i`."""
    best: _Entry | None = None
    for entry in _table().get(words[i].lower(), ()):
        size = len(entry.words)
        if (best and size <= len(best.words)) or i + size > len(words):
            continue
        ahead = tuple(words[i : i + size])
        if ahead == entry.words or (_same(ahead, entry) if entry.exact else _lower(ahead) == _lower(entry.words)):
            best = entry
    return best


def _same(ahead: tuple[str, ...], entry: _Entry) -> bool:
    """Whether words in capitals are an exact-case name of four letters or more."""
    return all(w.isupper() and len(w) > 3 for w in ahead) and _lower(ahead) == _lower(entry.words)


def _lower(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


def _is_trap(text: str, tokens: Sequence[re.Match[str]], words: Sequence[str], i: int, entry: _Entry) -> bool:
    """Whether the name is here part of a person's or another thing's name, a place, or no name at all."""
    size = len(entry.words)
    start, end = tokens[i].start(), tokens[i + size - 1].end()
    before = words[i - 1] if i and text[tokens[i - 1].end() : start] == " " else ""
    after = words[i + size] if i + size < len(words) and text[end : tokens[i + size].start()] == " " else ""
    if not entry.canonical:
        return True
    if entry.words == ("US",):
        return before.isupper() and len(before) > 1 and before not in _SMALL_CAPITALS and not _longest(words, i - 1)
    if size > 1:
        return False
    if entry.kind == "capital" and before.lower() in _PLACE_BEFORE:
        return True
    name = entry.words[0].lower()
    if name == "georgia" and (_AMERICAN_STATE.match(text, end) or text[:start].endswith("Atlanta, ")):
        return True
    if name not in NAMESAKES:
        return False
    if text[end : end + 2] in ("'s", "’s") or tokens[i][0].endswith(("'s", "’s")):
        after = ""
    if (
        before[:1].isupper()
        and not before.isupper()
        and before.lower() not in QUALIFIERS
        and not before.endswith("ing")
        and not _longest(words, i - 1)
    ):
        return True
    return bool(after[:1].isupper() and not after.isupper() and after.lower() not in OFFICE and not _longest(words, i + 1))


def _bare(word: str) -> str:
    """A word without its possessive, apostrophes straight."""
    word = word.replace("’", "'")
    return word[:-2] if word.endswith("'s") else word


def names_file() -> Path:
    """The table of names: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "data" / "names.csv"
    return inside if inside.is_file() else package.parent / "data" / "names.csv"


@lru_cache(maxsize=1)
def _table() -> Mapping[str, list[_Entry]]:
    """First word, lower-cased → the names that begin with it."""
    table: dict[str, list[_Entry]] = {}
    with names_file().open(encoding="utf-8", newline="") as file:
        rows = [(r["name"], r["canonical"], r["kind"], r["case"] == "exact") for r in csv.DictReader(file)]
    for name, canonical, kind, exact in [*rows, *((name, "", "state", False) for name in OTHER_THINGS)]:
        words = tuple(_bare(word) for word in _TOKEN.findall(name))
        if words:
            table.setdefault(words[0].lower(), []).append(_Entry(words, canonical, kind, exact))
    return table
