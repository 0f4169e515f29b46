"""Text → paragraphs → sentences, each with its offsets in the text as it was given.

`paragraphs` decides which lines belong together (a pasted page, hard-wrapped text, lists); `split` cuts each
paragraph with nupunkt and repairs the cuts. Nothing visible is lost, moved or counted twice.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from .records import Sentence
from .wordlists import ABBREVIATIONS

LONGEST = 10_000  # characters; a longer sentence is cut at the last blank before this length
WIDEST_WRAP = 120  # characters; lines longer than this were not wrapped by hand or by a mail program
_TITLES_AND_UNITS = ABBREVIATIONS | {"mr", "mrs", "ms", "dr", "prof", "no", "jr", "sr", "vs"}

_LINE = re.compile(r"[^\n\r\v\f\x85\u2028\u2029]+")
_MARKER = re.compile(r"(?:[•◦▪‣·●○■*–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\d{1,3}(?:\.\d{1,3}){1,3}\.?)(?=\s)")
_LONE_MARKER = re.compile(r"(?:[•◦▪‣·●○■*]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])")
_LABEL = re.compile(r"(?:[A-Z][A-Z.'’-]*,?\s){0,5}[A-Z][A-Z.'’-]*:\s")
_OPEN_END = re.compile(
    r"(?:[,–—-]|\b(?:a|an|and|as|at|but|by|for|from|in|its|nor|of|on|or|than|that|the|their|to|with|which|who))$"
)
_END_MARK = re.compile(r"[.!?…:;][\"'”’»)\]]*$")

_GLUED = re.compile(r"[a-z0-9][a-z0-9)%][.!?…][\"”’)]?(?=[\"“‘(]?[A-Z][a-z])")
_ADDRESS = re.compile(r"\S*(?:@|://|www\.)\S*")
_FOOTNOTE = re.compile(r"(?:\[\d{1,3}\]|[¹²³⁰-⁹]{1,3})+(?=\s|$)")
_CLOSERS = re.compile(r"[”»)\]]+(?:’(?=\s|$))?|’+(?=\s|$)|\"(?=\s|$)")
_OFFICE = re.compile(
    r"(?:Secretar(?:y|iat)|President|Vice|Ambassador|Department|Embassy|Congress(?:man|woman)?|Senat(?:e|ors?)|Army|Navy|"
    r"Air|Marines?|Coast|Treasury|State|Security|General|Special|Envoy|Representative|Permanent|Forces|Charter|Human|High|"
    r"Resolution|Mission|Minist(?:er|ry)|Prime|Foreign|Attorney|Supreme|National|Central|Capitol|House|Defen[cs]e|Trade|"
    r"Command|Commission(?:er)?|Council|Chargé|Consul(?:ate)?|Deputy|Agency|Children|Women|Refugee|Office|Dollars?|"
    r"District|Marshal|Steel|Open|Fleet|Pacific|Africa|European|Military|Troops?|Geological|Chamber)\b"
)
_DOTTED = re.compile(r"(?:^|[\s(\"“‘])(?:[A-Z]\.){2,}$")
_ASKED = re.compile(
    r"(?:(?!(?:The|He|She|They|It|We|I|You|This|That|These|Those|A|An|But|And|In|On|At|Now|Then|There|His|Her|Their|Its|"
    r"No|Not|If|When|As|So|Yes|Our|My|Your|What|Why|How|Who)\b)[A-Z][\w.'’-]*,?\s+)"
    r"(?:(?:[A-Z][\w.'’-]*|of|the|for|and|de|al|bin|von|van),?\s+){0,7}"
    r"(?:said|asked|told|added|replied|demanded|wondered|insisted|shouted|cried|answered|exclaimed|inquired|"
    r"wrote|tweeted|warned|quipped|retorted|says|asks|adds)\b(?!\s+(?:nothing|little|that)\b)"
    r"|[A-Z][\w.'’-]*(?:\s[A-Z][\w.'’-]*){0,3},\s[a-z][^,.!?“”\"]{2,60},\s+(?:said|asked|told|added|replied|demanded|wondered|warned)\b"
)
_RANK = re.compile(r"(?:^|[\s-])(?:Gen|Lt|Maj|Brig|Col|Adm|Capt|Cmdr|Sgt|Cpl)\.$")
_STARTER = (
    r"(?:The|They|He|She|His|Her|It|Its|We|Our|This|That|These|Those|There|Then|Their|But|And|So|In|On|At|Nobody|No|Not|Both|Others|After|"
    r"Before|If|When|While|As|For|From|With|What|Why|Who|How|Yet|However|Meanwhile|Now|Later|Neither|Some|Many|Most|All|I|You|A|An)\b"
)
_SURE_END = re.compile(
    rf"(?:\b(?:[A-Z]\.){{2,}}|\b[ap]\.m\.|\b(?:etc|Inc|Ltd|Jr|Sr|Corp)\.)[\"”’)]?(?=\s+[“\"‘]?{_STARTER})"
    r"|\b(?:no|will|us|me|mass|miss|sun|sat|act|art|war|sea|off|fig|in|is|it|so|go|do|on|up|out|men|pass|set|said|ill|or|wash|mar|par|dem)\."
    r"[\"”’)]?(?=\s+[“\"‘]?[A-Z])"
    rf"|\b[a-z]{{4,}}\.(?=\s+(?:{_STARTER}|(?:Can|Could|Will|Would|Do|Does|Did|Is|Are|Was|Were|Should|Shall|Let|Please|Thank)\b))"
    r"|[a-z][.!?](?:\[\d{1,3}\]|[¹²³⁰-⁹]{1,3})+(?=\s+[“\"‘]?[A-Z])"
)
"""Ends that nupunkt takes for abbreviations: before a word that begins sentences, after a plain word, before a footnote."""
_BEFORE_QUOTE = re.compile(r"[a-z]{3}\.(?=\s+“[A-Z])")


class Span(NamedTuple):
    """A start and an end in the text."""

    start: int
    end: int


def split(text: str) -> list[Sentence]:
    """The sentences of `text` in order: every character that is not blank is in exactly one of them.

    >>> [s.text for s in split("The U.S. Secretary of State left. “Why now?” Varga asked.")]
    ['The U.S. Secretary of State left.', '“Why now?” Varga asked.']
    """
    return [Sentence(text[a:b], a, b) for paragraph in paragraphs(text) for a, b in split_paragraph(text, paragraph)]


def split_paragraph(text: str, paragraph: Span) -> list[Span]:
    """The sentences of one paragraph as spans of `text`."""
    block = text[paragraph.start : paragraph.end]
    cuts = _repaired(block, [start for start, _ in _tokenizer().span_tokenize(block)])
    spans = []
    for start, end in zip(cuts, [*cuts[1:], len(block)], strict=True):
        for a, b in _pieces(block, start, end):
            tight = _tight(block, a, b)
            if tight:
                spans.append(Span(paragraph.start + tight.start, paragraph.start + tight.end))
    return spans


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    """An own nupunkt tokenizer: its shared default would change for every other user of nupunkt."""
    import copy

    from nupunkt import PunktSentenceTokenizer, load_default_model

    tokenizer = PunktSentenceTokenizer(copy.deepcopy(load_default_model().parameters))
    tokenizer.add_abbreviations(sorted(ABBREVIATIONS))
    return tokenizer


def _tight(text: str, start: int, end: int) -> Span | None:
    """The span without blanks at its ends; None where nothing else is in it."""
    piece = text[start:end]
    inner = piece.strip()
    if not inner:
        return None
    first = start + len(piece) - len(piece.lstrip())
    return Span(first, first + len(inner))


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span itself, or where it is over LONGEST its pieces, cut at blanks where there are any."""
    while end - start > LONGEST:
        blank = text.rfind(" ", start + 1, start + LONGEST)
        cut = blank if blank > start else start + LONGEST
        yield start, cut
        start = cut
    yield start, end


# ---- paragraphs: which lines belong together --------------------------------------------------------


def paragraphs(text: str) -> list[Span]:
    """The paragraphs of `text`: lines, with the lines of hard-wrapped text joined."""
    result: list[Span] = []
    for chunk in _chunks(text):
        width = _wrap_width(text, chunk)
        start = chunk[0].start
        for line, following in zip(chunk, [*chunk[1:], None], strict=True):
            if following is None or not _continues(text, line, following, width):
                result.append(Span(start, line.end))
                start = following.start if following else line.end
    return result


def _chunks(text: str) -> Iterator[list[Span]]:
    """Runs of lines without a blank line between them."""
    chunk: list[Span] = []
    for match in _LINE.finditer(text):
        line = _tight(text, match.start(), match.end())
        gap = chunk and text.count("\n", chunk[-1].end, match.start()) + _other_breaks(text, chunk[-1].end, match.start()) > 1
        if chunk and (line is None or gap):
            yield chunk
            chunk = []
        if line:
            chunk.append(line)
    if chunk:
        yield chunk


def _other_breaks(text: str, start: int, end: int) -> int:
    """Line ends between two lines that are not a newline: carriage returns of their own, form feeds."""
    between = text[start:end]
    if between == "\n":
        return 0
    return len(re.findall(r"\r(?!\n)|[\v\f\x85\u2028\u2029]", between))


def _runs_on(text: str, line: Span, following: Span) -> bool:
    """Whether the form of two lines alone says that a sentence runs over the line end."""
    if line.end - line.start < 35 or text[following.start] in "•◦▪‣·●○■*":
        return False
    last = text[max(line.start, line.end - 12) : line.end]
    if _DOTTED.search(last):
        return bool(_OFFICE.match(text, following.start)) or text[following.start].islower()
    if _END_MARK.search(last):
        return False
    return text[following.start].islower() or bool(_OPEN_END.search(last))


def _wrap_width(text: str, chunk: Sequence[Span]) -> int:
    """The width that a chunk was wrapped at, 0 where it was not: most lines are short and some run on."""
    if len(chunk) < 2:
        return 0
    running = [line.end - line.start for line, following in pairwise(chunk) if _runs_on(text, line, following)]
    width = max(running, default=0)
    return width if width <= WIDEST_WRAP and len(running) * 4 >= len(chunk) - 1 else 0


def _continues(text: str, line: Span, following: Span, width: int) -> bool:
    """Whether `following` belongs to the same paragraph as `line`."""
    ahead = text[following.start : following.start + 60]
    if _MARKER.match(ahead + " ") or _LABEL.match(ahead):
        return False
    if _runs_on(text, line, following):
        return True
    if not width:
        return False
    first_word = len(ahead.split(maxsplit=1)[0])
    return width - 2 < line.end - line.start + 1 + first_word and line.end - line.start <= width + 10


# ---- repairs of nupunkt's cuts --------------------------------------------------------------------------


def _repaired(block: str, starts: Sequence[int]) -> list[int]:
    """The starts of the sentences of one paragraph, after joining, moving and adding cuts."""
    marks = [match.start() for match in re.finditer('"', block)]
    sure = [
        m.end() for m in _SURE_END.finditer(block) if len(m[0]) < 5 or _word_before(block, m.start()) not in _TITLES_AND_UNITS
    ]
    sure += [m.end() for m in _BEFORE_QUOTE.finditer(block) if _word_before(block, m.start()) not in _TITLES_AND_UNITS]
    cuts = sorted({0, *starts, *sure, *_glued_cuts(block, marks)})
    kept = [0]
    for cut, following in zip(cuts[1:], [*cuts, len(block)][2:], strict=True):
        moved = _behind_closers(block, cut, marks)
        if moved >= following or not block[moved:].strip():
            continue
        if not _joined(block, kept[-1], moved):
            kept.append(moved)
    return kept


def _behind_closers(block: str, cut: int, marks: Sequence[int]) -> int:
    """The cut, moved behind footnote marks and closing marks that the sentence before it owns."""
    at = cut
    while at < len(block) and block[at].isspace():
        at += 1
    match = _FOOTNOTE.match(block, at) or _CLOSERS.match(block, at)
    if match is not None:
        at = match.end()
    elif at == cut and block.startswith('"', at) and not _opens(marks, at):
        at += 1
    else:
        return cut
    while at < len(block) and block[at].isspace():
        at += 1
    return at


def _joined(block: str, start: int, cut: int) -> bool:
    """Whether the cut at `cut` parts what is one sentence."""
    left = block[max(start, cut - 200) : cut].rstrip()
    if cut - start < 20 and _LONE_MARKER.fullmatch(left):
        return True
    right = block[cut : cut + 160].lstrip()
    if not right:
        return True
    core = left.rstrip("\"'”’»)")
    quoted = len(core) < len(left)
    if right[0].islower() and (quoted or core.endswith(("!", "?", "…")) or _DOTTED.search(core)):
        return True
    if quoted and core.endswith(("!", "?")) and _ASKED.match(right):
        return True
    return not quoted and (bool(_RANK.search(left)) or (bool(_DOTTED.search(left)) and bool(_OFFICE.match(right))))


def _opens(marks: Sequence[int], at: int) -> bool:
    """Whether the straight mark at `at` opens a quotation: every second one does."""
    return bisect_right(marks, at) % 2 == 1


def _glued_cuts(block: str, marks: Sequence[int]) -> list[int]:
    """Places where a sentence ends and the next begins without a blank between them."""
    cuts = []
    for match in _GLUED.finditer(block):
        at = match.end()
        if _in_address(block, match.start()) or _word_before(block, match.start()) in _TITLES_AND_UNITS:
            continue
        if block[at - 1] == '"' and _opens(marks, at - 1):
            at -= 1
        cuts.append(at)
    return cuts


def _word_before(block: str, at: int) -> str:
    """The lower-cased word around `at`, up to its end mark."""
    start = at
    while start > 0 and at - start < 20 and block[start - 1].isalnum():
        start -= 1
    end = at
    while end < len(block) and block[end].isalnum():
        end += 1
    return block[start:end].lower()


def _in_address(block: str, at: int) -> bool:
    """Whether `at` lies in a web or mail address."""
    start = max(block.rfind(" ", max(0, at - 200), at), block.rfind("\n", max(0, at - 200), at)) + 1
    match = _ADDRESS.match(block[start : start + 400])
    return match is not None and start + match.end() > at
