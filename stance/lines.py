"""Paragraphs of a pasted page → the kind of each: headline, byline, caption, body or junk.

Rules on the form of lines alone (measured in TEXT.md, section 2: F .85 on flattened pages). Lines are labelled,
never deleted, so that a wrong guess costs a label and not a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from .sentences import Span

KINDS = ("headline", "byline", "caption", "body", "junk")
_FULL_WORDS = 15  # a paragraph of this many words with an end mark is the body's
_CAPTION_WORDS = 40
_TEASER_WORDS = 25  # a paragraph of this many words below the tail's first line is text again

_JUNK_START = re.compile(
    r"(?:subscribe|sign up|sign in|log in|log ?out|register (?:now|here|for|to)|create (?:an|your) (?:free )?account|"
    r"already a (?:subscriber|member)|"
    r"advertisement|advert|sponsored|promoted|paid content|partner content|read more|read also|read next|read:|see also|"
    r"see more|"
    r"also read|also on|more on this|more from|more stories|more news|more:|must read|most read|most popular|most viewed|"
    r"recommended|related|trending|top stories|latest news|latest stories|editor['’]?s['’]? picks?|don['’]t miss|"
    r"you (?:may|might) (?:also )?like|"
    r"up next|next (?:article|story|up)|previous (?:article|story)|watch:|watch live|watch now|listen:|listen to|"
    r"listen now|live:|video:|"
    r"share (?:this|on|via|article|story)|tweet this|follow us|follow @|like us|join (?:us|our|the conversation|"
    r"the discussion)|"
    r"get (?:our|the|unlimited|full) .{0,40}(?:newsletter|app|access|alerts|briefing|inbox)|download (?:our|the) app|"
    r"click here|tap here|skip to|jump to|back to top|go to|print this|email this|send us|contact us|about us|terms (?:of|"
    r"and)|privacy|"
    r"cookie|we use cookies|by (?:continuing|using|clicking|subscribing|signing)|this (?:site|website) uses|accept (?:all|"
    r"cookies)|manage (?:cookies|preferences)|"
    r"copyright|©|\(c\) ?\d|all rights reserved|support (?:our|us|independent)|donate|become a (?:member|subscriber|supporter)|"
    r"start your (?:free )?trial|unlock|this article is (?:for|free|reserved)|you have \d+ free|"
    r"continue reading|reading time|read time|estimated reading|\d+ thoughts? on|like loading|"
    r"load more|show more|view (?:all|more|comments|gallery)|leave a (?:comment|reply)|post a comment|"
    r"comments? ?\(?\d*\)?$|\d+ comments?|"
    r"report (?:an )?(?:error|typo)|corrections?:|have (?:a|you got a) (?:tip|story)|what do you think\?|tags?:|"
    r"topics?:|filed under|"
    r"explore more|in pictures|photo gallery|image gallery|newsletter|breaking news alerts|enter your email|your email|"
    r"thank you for (?:signing|subscribing)|"
    r"story continues|article continues|reuse this content|republish|our standards|for media (?:inquiries|enquiries)|"
    r"press office contact|media contact)"
    r"(?=$|[\s:–—.,!>|»-]|\b)",
    re.IGNORECASE,
)
_JUNK_WHOLE = re.compile(
    r"(?:menu|home|news|world|politics|business|sports?|opinion|video|videos|search|share|save|print|email|comment|"
    r"comments|facebook|twitter|x|whatsapp|"
    r"linkedin|telegram|reddit|copy link|copied|link copied|close|(?:like )?loading\.*|like this|ad|ads|live|latest|"
    r"more|next|previous|"
    r"back|top|english|subscribe|"
    r"listen|watch|bookmark|gift|gift this article|minutes? read|\d+ min(?:ute)?s?(?: read)?|text size|a a a|font size|"
    r"play|pause|mute|"
    r"show caption|hide caption|enlarge this image|toggle caption|transcript|caption|getty images|reuters|afp|ap|"
    r"yes|no|ok|cancel|submit|reply|like|report|follow|follow us|###|\*{3,}|-{3,}|_{3,}|={3,}|end(?:s)?|(?:# ?){2,5}|\d{1,4}|"
    r"page \d+(?: of \d+)?)[.!:…]?",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"\b(?:LISTEN|WATCH|READ MORE|READ|LOG IN|SIGN UP|SUBSCRIBE|SUBSCRIBE NOW|JOIN NOW|JOIN US|CLICK HERE|DONATE|"
    r"LIVE|FOLLOW)[ !.>»→:]*$"
)
_CALL_START = re.compile(
    r"(?:LISTEN|WATCH|READ MORE|READ NEXT|READ|LOG IN|SIGN UP|SUBSCRIBE|JOIN|CLICK|DONATE|FOLLOW|EXCLUSIVE OFFER|"
    r"SALE|DEAL)\b(?::| (?!AND\b)[a-z])"
)
_MENU = re.compile(r"[^|·•›»>]{1,30}(?:(?:\s?[|·•›»]\s?|\s>\s)[^|·•›»>]{1,30}){1,30}[|·•›»]?")
_SHARE_BAR = re.compile(
    r"(?:(?:share|tweet|email|e-mail|print|save|facebook|twitter|whatsapp|linkedin|telegram|"
    r"copy link|pin|post|comments?)\b[\s,|·]*){2,12}",
    re.IGNORECASE,
)

_CREDIT = re.compile(
    r"(?:\b(?i:photo(?:graph)?s?(?: by)?|image|picture|credit|pic|file photo|illustration|graphic|source)\s?:"
    r"|\b[Pp]hoto(?:graph)? by\b|\((?:AP|AFP|Reuters|Getty|EPA|Xinhua|TASS|AP Photo[^)]{0,60}|(?:Photo|Image|File|"
    r"Picture)[^)]{0,60}|[^()]{0,40}Getty Images[^)]{0,20})\)\W{0,2}$"
    r"|/\s?(?:REUTERS|AFP|AP|EPA|Reuters|Getty(?: Images)?|Anadolu|Xinhua|TASS|Shutterstock|Alamy)\b|Getty Images|"
    r"AP Photo|[|]\s?(?:AFP|AP|Reuters|EPA|Getty))",
)
_CREDIT_START = re.compile(
    r"(?:photo(?:graph)?|image|picture|credit|file photo|caption|pic|infographic|map|watch the video|photo by)\s?:", re.IGNORECASE
)
_BYLINE = re.compile(
    r"\(?(?:by|words by|reporting by|written by|edited by|additional reporting(?: by)?|compiled by|"
    r"analysis by|from our)\s+(?=[A-Z@])",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"(?:first |last )?(?:published|updated|posted|modified|created|issued|released|date|last updated|"
    r"first published)\b[\s:]*(?=.{0,80}(?:\d|"
    r"ago|today|yesterday))",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE_WORD = re.compile(
    rf"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?|{_MONTH}|\d{{1,4}}(?:st|nd|rd|th)?|\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}})?(?:am|"
    rf"pm)?|\d{{1,2}}(?:am|pm)|"
    r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|[ap]\.?m\.?|gmt|utc|est|edt|et|cet|bst|ist|at|on|of|hours?|minutes?|mins?|"
    r"hrs?|days?|ago|today|yesterday|updated|[|·,–—-])",
    re.IGNORECASE,
)
_BULLET = re.compile(r"(?:[•◦▪‣·●○■*–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)])\s")
_ENDS = re.compile(r"[.!?…][\"'”’»)\]]*(?:\[\d+\])*$|[\"”»]$|:$|;$|,$")
_SPEECH = re.compile(r"[\"“«‘]|(?:[A-Z][A-Z.'’-]*\s){0,4}[A-Z][A-Z.'’-]+:\s|[QA]:\s")
_NAME_LINE = re.compile(r"(?:[A-Z][\w.'’-]+(?:,| and| in|\s@\w+)?\s?){2,6}")
_TAIL = re.compile(
    r"(?:related|more (?:on|from|stories|news)|most (?:read|popular|viewed)|recommended|trending|top stories|latest|"
    r"you (?:may|might)|"
    r"read (?:more|next|also)|editor['’]?s|up next|also (?:on|read)|next (?:article|story)|don['’]t miss|explore more|"
    r"promoted|sponsored|"
    r"leave a (?:comment|reply)|post a comment|\d+ (?:comments?|thoughts?)\b|comments?\b|©|copyright)",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"(?:©|\(c\) ?\d{4}|copyright\b|all rights reserved|terms of (?:use|service)|privacy (?:policy|notice))", re.IGNORECASE
)


def kinds(text: str, paragraphs: Sequence[Span], known: Mapping[int, str] | None = None) -> list[str]:
    """The kind of each paragraph, in order; one of KINDS. `known` are kinds that a file's markup gave: start offset → kind."""
    lines = [" ".join(text[p.start : p.end].split()) for p in paragraphs]
    known = known or {}
    found = [_own_kind(line) or known.get(p.start, "") for line, p in zip(lines, paragraphs, strict=True)]
    _mark_repeats(lines, found)
    _mark_captions_printed_twice(lines, found)
    full = [i for i, line in enumerate(lines) if not found[i] and _is_full(line)]
    first, last = (full[0], full[-1]) if full else (_first_open(lines, found), len(lines) - 1)
    if not full and found.count("") == 1:
        found[found.index("")] = "body"  # one line alone is a statement, not its headline
    teasers = _teaser_start(lines, found)
    if teasers is not None and full:
        last = max((i for i in full if i < teasers), default=last)
    return [found[i] or _kind_by_place(i, line, first, last, teasers) for i, line in enumerate(lines)]


def _own_kind(line: str) -> str:
    """The kind that a line has by its own form, '' where its place decides."""
    words = line.split()
    n = len(words)
    if _JUNK_WHOLE.fullmatch(line) or _SHARE_BAR.fullmatch(line):
        return "junk"
    if n <= _CAPTION_WORDS and (_CREDIT_START.match(line) or _CREDIT.search(line)):
        return "caption"
    if n <= 14 and _MENU.fullmatch(line) and not _ENDS.search(line):
        return "byline" if _is_dated(words) or _BYLINE.match(line) else "junk"
    if n <= 30 and (_JUNK_START.match(line) or _CALL_START.match(line)) and not _looks_like_prose(line, n):
        return "junk"
    if (n <= 25 and _CALL.search(line)) or (n <= 25 and _FOOTER.search(line)):
        return "junk"
    if n <= 16 and (_BYLINE.match(line) or _DATED.match(line)) and not _long_sentence(line, n):
        return "byline"
    if n <= 10 and (_is_dated(words) or (_is_dated(words[:3]) and re.search(r"\bBY [A-Z]", line))):
        return "byline"
    return ""


def _looks_like_prose(line: str, n: int) -> bool:
    """A full sentence that only begins like a junk phrase ('Related talks in Geneva ended without a text.')."""
    return (
        n >= 9
        and line.endswith((".", ".”", '."'))
        and not re.search(r"\b(?:newsletter|subscri|inbox|account|cookies|app|our|click|your)\b", line, re.IGNORECASE)
    )


def _long_sentence(line: str, n: int) -> bool:
    return (
        n >= 8
        and bool(re.search(r"[a-z]{3}[.!?][\"”’]?$", line))
        and not re.search(r"\b(?:reporting|editing|[ap]\.m\.)", line, re.IGNORECASE)
    )


def _is_dated(words: Sequence[str]) -> bool:
    """Whether a line is nothing but a date or a time."""
    return (
        bool(words)
        and any(c.isdigit() for w in words for c in w)
        and all(all(_DATE_WORD.fullmatch(part) for part in re.split(r"[,|()]", word) if part) for word in words)
    )


def _is_full(line: str) -> bool:
    return len(line.split()) >= _FULL_WORDS and bool(_ENDS.search(line))


def _first_open(lines: Sequence[str], found: Sequence[str]) -> int:
    """Without a full paragraph: the first line with an end mark, or the first line left, starts the body."""
    open_lines = [i for i in range(len(lines)) if not found[i]]
    ended = [i for i in open_lines if _ENDS.search(lines[i])]
    return (ended or open_lines or [0])[0]


def _mark_repeats(lines: Sequence[str], found: list[str]) -> None:
    """A short line without end mark that occurs twice is a name or a section, not the text."""
    counts = Counter(line for line in lines if len(line.split()) <= 6)
    for i, line in enumerate(lines):
        if not found[i] and counts[line] > 1 and not _ENDS.search(line) and not _BULLET.match(line):
            found[i] = "byline"


def _mark_captions_printed_twice(lines: Sequence[str], found: list[str]) -> None:
    for i, line in enumerate(lines):
        if found[i] != "caption":
            continue
        for near in (i - 1, i + 1):
            if 0 <= near < len(lines) and not found[near] and len(lines[near]) > 20 and line.startswith(lines[near][:40]):
                found[near] = "caption"
        credit_alone = bool(_CREDIT_START.match(line)) and len(line.split()) <= 8
        if credit_alone and i and not found[i - 1] and len(lines[i - 1].split()) >= 4 and _caption_form(lines[i - 1]):
            found[i - 1] = "caption"


def _caption_form(line: str) -> bool:
    return not _SPEECH.match(line) and not _ENDS.search(line)


def _teaser_start(lines: Sequence[str], found: Sequence[str]) -> int | None:
    """The first line of the page's tail: a list of related stories or a footer with no full paragraph after it."""
    start = None
    for i in range(len(lines) - 1, 0, -1):
        if not found[i] and len(lines[i].split()) >= _TEASER_WORDS and _ENDS.search(lines[i]):
            break
        if found[i] == "junk" and _TAIL.match(lines[i]):
            start = i
    return start


def _kind_by_place(i: int, line: str, first: int, last: int, teasers: int | None) -> str:
    words = len(line.split())
    ended = bool(_ENDS.search(line))
    if teasers is not None and i > teasers and i > last and (words < _TEASER_WORDS or not ended):
        return "junk"
    if _SPEECH.match(line) or _BULLET.match(line):
        return "body"
    if i < first:
        return "body" if ended and words > 3 else "headline"
    if not ended and words <= 14:
        return "headline" if i != last or words <= 10 else "body"
    return "body"
