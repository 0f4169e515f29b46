"""An `Article` → one self-contained HTML page, and the same as a notebook's view. Everything from the text is escaped.

Needs no script: the words that decided are underlined by CSS on hover or focus, page furniture folds by <details>.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from .model import StanceModel, load
from .records import Statement
from .sentences import paragraphs

if TYPE_CHECKING:
    from jinja2 import Environment

    from .article import Article, Summary

SIGNS = {"supportive": "+", "conciliatory": "≈", "condemnatory": "!", "neutral": "·", "unsure": "?"}
_STRENGTHS = (0.6, 0.75, 0.9)
_SHARE = 0.7  # of what spoke for the label: the words that hold this much are the ones that decided
_MOST_WORDS = 6
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of characters of a sentence, and whether it helped to decide."""

    text: str
    decided: bool


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A statement as drawn."""

    statement: Statement
    label: str
    sign: str
    strength: int
    pieces: Sequence[_Piece]


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph or heading, or a fold of what is no part of the text."""

    kind: str
    speakers: Sequence[str]
    sentences: Sequence[_Sentence]


def page(article: Article, model: StanceModel | None = None) -> str:
    """A whole HTML page; `model` is the one that tagged the article (the shipped one unless given)."""
    return _environment().get_template("article.html").render(_values(article, model))


def notebook(article: Article) -> str:
    """The same as one element, for `_repr_html_`."""
    return _environment().get_template("article_body.html").render(_values(article, None), styled=True)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = Environment(
        loader=PackageLoader("stance", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["percent"] = lambda x: f"{100 * x:.0f} %"
    found.filters["safe_text"] = safe_text
    return found


def safe_text(text: str) -> str:
    """Text without control and direction characters: these are shown as their number."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _values(article: Article, model: StanceModel | None) -> Mapping[str, object]:
    model = model or load()
    rows: list[Summary] = article.speakers()
    overall = article.overall()
    titles = [s.text for s in article.headlines]
    title = next((t for t in titles if len(t.split()) >= 4), titles[0] if titles else article.name) or "Article"
    return {
        "title": title,
        "name": article.name,
        "overall": overall,
        "headlines": len(article.headlines),
        "rows": rows,
        "labels": list(overall.counts),
        "signs": {label: SIGNS.get(label, "#") for label in overall.counts},
        "places": {label: i % 4 if label not in SIGNS else label for i, label in enumerate(overall.counts)},
        "blocks": list(_blocks(article, model)),
        "most": max((row.n for row in rows), default=1),
        "styled": False,
    }


def _blocks(article: Article, model: StanceModel) -> Iterator[_Block]:
    """The paragraphs of the article in order, runs of page furniture in one fold."""
    starts = [p.start for p in paragraphs(article.text)]
    groups: list[tuple[int, list[Statement]]] = []
    for statement in article.statements:
        place = bisect_right(starts, statement.start)
        if not groups or groups[-1][0] != place:
            groups.append((place, []))
        groups[-1][1].append(statement)
    folded: list[_Sentence] = []
    for _, statements in groups:
        kind = statements[0].kind
        drawn = [_drawn(s, model) for s in statements]
        if kind in ("body", "headline"):
            if folded:
                yield _Block("fold", (), folded)
                folded = []
            speakers = list(dict.fromkeys(s.speaker for s in statements if s.speaker))
            yield _Block(kind, speakers, drawn)
        else:
            folded = [*folded, *drawn]
    if folded:
        yield _Block("fold", (), folded)


def _drawn(statement: Statement, model: StanceModel) -> _Sentence:
    prediction = statement.prediction
    label = prediction.label or "unsure"
    strength = 1 + sum(prediction.confidence >= bound for bound in _STRENGTHS)
    plain = statement.kind not in ("body", "headline") or label in ("neutral", "unsure")
    pieces = [_Piece(statement.text, False)] if plain else _pieces(statement, model)
    return _Sentence(statement, label, SIGNS.get(label, "#"), strength, pieces)


def _pieces(statement: Statement, model: StanceModel) -> list[_Piece]:
    """The sentence cut into runs of characters that decided and runs that did not."""
    text, label = statement.text, statement.prediction.label
    if label not in model.labels:
        return [_Piece(text, False)]
    explanation = model.explain(text, label)
    if explanation.prediction.probabilities != statement.prediction.probabilities:  # tagged by another model
        return [_Piece(text, False)]
    marked = [False] * len(text)
    for start, end in _deciding_words(text, [(c.value, c.spans) for c in explanation.contributions]):
        marked[start:end] = [True] * (end - start)
    edges = [0, *(i for i in range(1, len(text)) if marked[i] != marked[i - 1]), len(text)]
    return [_Piece(text[a:b], marked[a]) for a, b in pairwise(edges) if a < b]


def _deciding_words(text: str, contributions: Iterable[tuple[float, Sequence[tuple[int, int]]]]) -> list[tuple[int, int]]:
    """The words that hold most of what speaks for the label; a feature's share is divided among its words."""
    words = [match.span() for match in re.finditer(r"\w+(?:['’-]\w+)*", text)]
    starts = [start for start, _ in words]
    shares = [0.0] * len(words)
    for value, spans in contributions:
        for start, end in spans:
            inside = range(max(bisect_right(starts, start) - 1, 0), bisect_left(starts, end))
            for i in inside:
                shares[i] += value / (len(spans) * len(inside))
    wanted = _SHARE * sum(share for share in shares if share > 0)
    chosen = []
    for i in sorted(range(len(words)), key=lambda i: -shares[i])[:_MOST_WORDS]:
        if wanted <= 0 or shares[i] <= 0:
            break
        chosen.append(words[i])
        wanted -= shares[i]
    return chosen
