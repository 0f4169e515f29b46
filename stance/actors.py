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

ACTOR_KINDS = frozenset(("state", "demonym", "capital", "seat", "body", "group", "dissolved"))
_TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:['’][^\W\d_]+)?")
_NAMESAKES = frozenset(
    "jordan chad georgia monaco israel paris sydney florence austin carolina india kenya china washington london holland ireland england france "
    "lincoln berlin madison victoria dakota cuba roman vienna milan kingston nelson wellington stanley hamilton santiago salvador martin malta cyprus "
    "jamaica brazil denmark german britain francis romania valentina lourdes troy york dallas mali sofia alexandria rio lima".split()
)
"""Names of states and capitals that people are also called by."""
_OTHER_THINGS = (
    "Washington Post|Washington Times|Washington Examiner|Washington State|Moscow Times|Jerusalem Post|Kyiv Post|Kyiv Independent|Tehran Times|Japan Times|"
    "Times of Israel|Times of India|China Daily|Korea Herald|Korea Times|Irish Times|Paris Agreement|Paris Accord|Paris Accords|Paris Club|Paris Climate|"
    "Vienna Convention|Vienna Conventions|Warsaw Pact|Minsk Agreement|Minsk Agreements|Minsk Protocol|Oslo Accords|Oslo Accord|Helsinki Accords|"
    "Helsinki Final Act|Rome Statute|Budapest Memorandum|Rome Treaty|Treaty of Rome|Treaty of Lisbon|Lisbon Treaty|Algiers Accords|Doha Round|Air France|"
    "Bank of England|Bank of America|Turkish delight|Panama Papers|Panama hat|guinea pig|guinea pigs|Georgia Tech|Georgia State|Jordan River|River Jordan|"
    "Jordan Valley|National Security Council|National Security Advisor|National Security Adviser|Dominican friar|Dominican order|Swiss cheese|German shepherd|"
    "Danish pastry|Cuban cigar|Cuban cigars|French fries|Monroe Doctrine|Stockholm syndrome|Manila envelope|Delhi belly|South China Morning Post|"
    "South China Sea|East China Sea|Sea of Japan|Indian Ocean|Gulf of Mexico|English language|English-language|Persian Gulf|Bay of Bengal|Mexico City policy|"
    "Miss Universe|Turkey Point|Chinese whispers|Russian roulette|Russian doll|Polish up|Lebanon County|Cuba Gooding|West Bank"
).split("|")
_AMERICAN_STATE = re.compile(
    r"\s(?:Gov\b|Governor|Sen\b|Senator|Rep\b|Republicans?|Democrats?|legislature|lawmakers|voters|Secretary of State|Supreme Court|runoff|peach)"
)
_OFFICE = frozenset(
    "president prime minister foreign defence defense ministry ministers government parliament ambassador embassy envoy army navy state secretary "
    "deputy vice and or the in on of for to from with after as while national security police authority government’s forces air war border council "
    "committee union monday tuesday wednesday thursday friday saturday sunday".split()
)
_QUALIFIERS = frozenset(
    "neighbouring neighboring southern northern eastern western central north south east west in on at for from with against to and but while when after "
    "before as if the a an of by both only since during despite like unlike between among ally mandatory modern today's even why how where what that whether "
    "although though because until meanwhile later yesterday earlier mr mrs president minister king queen ambassador pro anti non ex former greater "
    "says said told urges warns accuses tells asks blames thanks condemns versus vs via amid over into inside outside near around across toward towards".split()
)
_PLACE_BEFORE = frozenset(("in", "near", "outside", "around", "central", "downtown", "across", "visited"))
_SMALL_CAPITALS = frozenset(("THE", "AND", "OF", "TO", "WITH", "BY", "FROM", "FOR", "ON", "AS", "BUT", "OR", "IN", "AT", "AGAINST", "BETWEEN", "NEW", "OVER", "AFTER"))


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
    if name not in _NAMESAKES:
        return False
    if text[end : end + 2] in ("'s", "’s") or tokens[i][0].endswith(("'s", "’s")):
        after = ""
    if before[:1].isupper() and not before.isupper() and before.lower() not in _QUALIFIERS and not before.endswith("ing") and not _longest(words, i - 1):
        return True
    return bool(after[:1].isupper() and not after.isupper() and after.lower() not in _OFFICE and not _longest(words, i + 1))


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
    for name, canonical, kind, exact in [*rows, *((name, "", "state", False) for name in _OTHER_THINGS)]:
        words = tuple(_bare(word) for word in _TOKEN.findall(name))
        if words:
            table.setdefault(words[0].lower(), []).append(_Entry(words, canonical, kind, exact))
    return table
