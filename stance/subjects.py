"""One sentence with its quotations masked → who is said to speak in it: the words that name the speaker.

Rules on the surface only (no parser): a verb of speech and the noun phrase before it, after it, after "according
to" or "by". Where the phrase names nobody who can speak, there is no cue: better none than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .cues import BODIES, FUNCTION, NOUN_LIKE, ROLES, TITLES, VERBS, WEAK

PRONOUNS = frozenset(("he", "she", "it", "they"))
_MASK = "\x01"
_REACH = 240  # characters of a sentence that are looked at on either side of a verb
_LONGEST_SUBJECT = 14  # words

_VERB = re.compile(r"\b(?:" + "|".join(sorted(VERBS, key=len, reverse=True)) + r")\b")
_WEAK = {verb: re.compile(pattern) for verb, pattern in WEAK.items()}
_ACCORDING = re.compile(r"\b[Aa]ccording to\s+")
_IN_A_STATEMENT = re.compile(
    r"\b[Ii]n (?:an?|his|her|its|their)\s(?:[\w-]+\s){0,3}(?:statement|speech|letter|interview|post|tweet|briefing|address|message|communiqué|note|editorial|article)\b"
)
_BREAK = re.compile(r"[\x01;:()\u2013\u2014\[\]“”\"]|\s-+\s|\.\s(?=[A-Z])")
_AUXILIARY = re.compile(
    r"\s+(?:has|have|had|also|then|later|again|once|still|already|just|now|only|even|will|would|could|can|may|might|did|does|do|not|never|"
    r"earlier|separately|repeatedly|reportedly|reluctantly|to|in turn|in response|immediately|today|yesterday|both|all|each|"
    r"on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|this week|last week|[a-z]{3,}ly)$"
)
_PASSIVE = re.compile(
    r"\b(?:was|were|been|be|is|are|being|am|got|gets?|it's|’s|'s)(?:\s+\w+ly|\s+also|\s+not|\s+once|\s+reportedly)?\s*$"
)
_LEAD = re.compile(
    r"(?:but|and|or|yet|so|then|later|meanwhile|however|also|still|instead|separately|earlier|again|both|nor|today|yesterday|afterwards?|"
    r"on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|"
    r"in (?:an?|his|her|its|their)\s(?:[\w-]+\s){0,3}(?:statement|speech|letter|interview|post|tweet|briefing|address|message))\b\s*",
    re.IGNORECASE,
)
_SUBORDINATE = re.compile(
    r"\b(?:that|because|while|when|as|if|whether|although|though|after|before|since|until|where|than|how|why|even as|given)\s+",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"\b(?:what|which|whom|whose)\b", re.IGNORECASE)
_FINITE = re.compile(
    r"\b(?:was|were|is|are|has|had|have|will|would|could|can|should|did|does|came|went|took|made|left|met|gave|held|began|ended|saw|got|flew|"
    r"rose|fell|stood|sat|spoke|kept|led|won|lost|brought|sent|put|ran|became|grew|drew|broke|paid|built|knew|thought|found)\b|\b[a-z]{3,}ed\b"
)
_NOT_FINITE = frozenset(
    (
        "united",
        "unnamed",
        "allied",
        "armed",
        "detained",
        "displaced",
        "senior-ranked",
        "retired",
        "elected",
        "so-called",
        "exiled",
        "jailed",
        "appointed",
        "combined",
        "besieged",
        "wounded",
        "injured",
        "occupied",
        "disputed",
        "sacred",
        "bereaved",
        "ousted",
        "deposed",
        "sacked",
        "named",
        "red",
    )
)
_AFTER_STOP = re.compile(
    r"[,.;:()\x01\u2013\u2014\"“”\[\]!?]|\s-+\s|\b(?:on|in|at|during|after|before|as|when|while|who|which|that|via|following|amid|adding|saying|whose|where|"
    r"since|through|late|early|yesterday|today|tonight|by|with|this|last|next|earlier|later|again|quietly|calmly|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|to (?:reporters|journalists|the press|the media|this|me|us)|and (?:then|later|\w+ed)|but|if|\w{3,}ly)\b"
)
_NAME_WORD = re.compile(r"[A-Z\u00c0-\u00de][\w.'’-]*")
_PARTICLE = frozenset(
    (
        "al",
        "el",
        "bin",
        "bint",
        "ben",
        "ibn",
        "abu",
        "van",
        "von",
        "der",
        "den",
        "de",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "du",
        "la",
        "le",
        "ten",
        "ter",
        "zu",
        "af",
        "av",
    )
)
_POSSESSIVE = re.compile(r"(?:['’]s|s['’])$")
_TRAILING = re.compile(
    r"(?:\b(?:he|she|they|it)|\b(?:the|an?|its|his|her|their)\s(?:[\w'’-]+\s){0,4}[\w-]+|(?:[A-Z][\w.'’-]*\s){0,5}[A-Z][\w.'’-]*)$"
)
_WORD = re.compile(r"[^\W_](?:[\w.'’-]*\w)?\.?")


class Cue(NamedTuple):
    """The words that name the speaker, how sure the pattern is (0 best), and where in the sentence it stands."""

    rank: int
    at: int
    subject: str
    apposition: str = ""


def find_cue(sentence: str, *, after_quote: bool = False) -> Cue | None:
    """The best cue of a sentence whose quotations are masked; None where nobody is said to speak.

    `after_quote` says that the sentence before it ended in a quotation, so that it may begin with "said X".
    """
    found = [*_verb_cues(sentence, after_quote), *_according_cues(sentence), *_colon_cues(sentence)]
    return min(found, default=None, key=lambda cue: (cue.rank, cue.at))


def is_named(subject: str) -> bool:
    """Whether a noun phrase names somebody or something that can speak."""
    words = _WORD.findall(subject)
    if not words or len(words) > _LONGEST_SUBJECT or _MASK in subject:
        return False
    if subject.lower() in PRONOUNS:
        return True
    if _POSSESSIVE.search(subject) and not _NAME_WORD.fullmatch(subject.split()[-1][:-2] + "s"):
        return False
    if words[-1].lower() in FUNCTION and words[-1].lower() not in ("others", "some", "many"):
        return False
    capital = any(_NAME_WORD.fullmatch(w) and w.lower() not in FUNCTION for w in words)
    return capital or any(part in ROLES for w in words for part in (w.lower(), w.lower().rpartition("-")[2]))


def is_person_name(phrase: str) -> bool:
    """Whether a phrase is two to five capitalised words (titles before them allowed) and no body's name."""
    name = name_of(phrase)
    words = name.split()
    return len(words) >= 2 and not any(w.lower().strip(".,") in BODIES for w in words)


def name_of(phrase: str) -> str:
    """The run of capitalised words, initials and particles at the end of a phrase, titles left out."""
    words = phrase.split()
    start = len(words)
    while start > 0:
        word = words[start - 1].strip(",")
        plain = word.lower().rstrip(".")
        if plain in TITLES or _POSSESSIVE.search(word):
            break
        if (
            _NAME_WORD.fullmatch(word)
            or (plain.rstrip("-") in _PARTICLE and start < len(words))
            or plain.startswith(("al-", "el-"))
        ):
            start -= 1
            continue
        break
    while start < len(words) and words[start].lower() in _PARTICLE | FUNCTION and not words[start][0].isupper():
        start += 1
    return " ".join(words[start:])


# ---- verbs of speech --------------------------------------------------------------------------------


def _verb_cues(sentence: str, after_quote: bool) -> Iterator[Cue]:
    for match in _VERB.finditer(sentence):
        verb, at, end = match[0], match.start(), match.end()
        follows = _WEAK.get(verb)
        if follows and not follows.match(sentence, end):
            continue
        before = sentence[max(0, at - _REACH) : at]
        if _PASSIVE.search(before):
            yield from _agent(sentence, end, at)
            continue
        if verb.endswith("ing"):
            yield from _participle(before, at)
            continue
        inverted = before.rstrip(" ,").endswith(_MASK) or (after_quote and not before.strip())
        if inverted:
            cue = _subject_after(sentence, end)
            if cue:
                yield Cue(0, at, *cue)
                continue
        subject = _subject_before(before)
        if subject and _fits(verb, subject[0]):
            rank = 1 if _touches_quote(sentence, before, end) else 2
            yield Cue(rank + subject[2], at, subject[0], subject[1])


def _fits(verb: str, subject: str) -> bool:
    """A form that may be a noun needs a subject that is no owner of it ('Oslo's latest demands')."""
    if verb not in NOUN_LIKE:
        return True
    words = subject.split()
    if any(_POSSESSIVE.search(w) for w in words[-3:]) and not any(w.lower() in ROLES for w in words):
        return False
    return subject.lower() in PRONOUNS or words[-1][0].isupper() or words[-1].lower() in ROLES


def _touches_quote(sentence: str, before: str, end: int) -> bool:
    """Whether a quotation ends right before the subject or begins soon after the verb."""
    return _MASK in before[-90:] or _MASK in sentence[end : end + 90]


def _agent(sentence: str, end: int, at: int) -> Iterator[Cue]:
    """The speaker of a passive: 'was condemned by Oslo'."""
    match = re.compile(r"\s+(?:\w+\s+){0,3}?by\s+").match(sentence, end)
    if match:
        cue = _subject_after(sentence, match.end())
        if cue and cue[0].lower() not in PRONOUNS:
            yield Cue(4, at, *cue)


def _participle(before: str, at: int) -> Iterator[Cue]:
    """The speaker of 'with X condemning …' and of 'X left, saying …'."""
    match = re.search(r"\b[Ww]ith ((?:[\w.'’-]+ ){1,8})$", before)
    if match:
        if is_named(match[1].strip()):
            yield Cue(3, at, match[1].strip())
        return
    if before.rstrip().endswith(",") or re.search(r",\s(?:also |and |while |before |by |after )?$", before):
        subject = _leading_subject(before)
        if subject:
            yield Cue(3, at, subject)


def _subject_after(sentence: str, end: int) -> tuple[str, str] | None:
    """(subject, apposition) of the noun phrase that begins at `end`; None where it names nobody."""
    ahead = sentence[end : end + _REACH].lstrip()
    first = ahead.split(" ", 1)[0].strip(",.;:\x01").lower()
    if first in PRONOUNS:
        return first, ""
    stop = _stop_of(ahead)
    subject = ahead[:stop].strip()
    rest = re.match(r",\s+([^,.;:\x01()]{3,80})", ahead[stop:])
    apposition = rest[1].strip() if rest else ""
    if subject and is_person_name(apposition) and not is_person_name(subject) and is_named(subject):
        return apposition, subject
    return (subject, apposition if rest else "") if is_named(subject) else None


def _stop_of(ahead: str) -> int:
    """Where a noun phrase that begins `ahead` stops; the dot of a title or an initial does not stop it."""
    at = 0
    while True:
        match = _AFTER_STOP.search(ahead, at)
        if match is None:
            return len(ahead)
        word = ahead[: match.start()].rpartition(" ")[2]
        if match[0] == "." and (len(word) <= 1 or word.lower() in TITLES or re.fullmatch(r"(?:[A-Za-z]\.)*[A-Z]|St|Jr|Sr", word)):
            at = match.end()
            continue
        if match.start() == 0 or (match[0].istitle() and not match[0].endswith("day")):
            at = match.end()
            if match.start() == 0:
                return 0
            continue
        return match.start()


def _subject_before(before: str) -> tuple[str, str, int] | None:
    """(subject, apposition, how much less sure) of the clause that ends at the verb; None where it names nobody."""
    clause = _clause(before)
    clause = _without_auxiliaries(clause)
    parts = [part.strip() for part in clause.split(",")]
    apposition, penalty = "", 0
    if len(parts) > 1 and not parts[-1]:
        parts.pop()
        apposition = parts.pop()
        while len(parts) > 1 and not is_person_name(_stripped(parts[-1])) and is_person_name(_stripped(parts[-2])):
            apposition = parts.pop()
        if is_person_name(apposition) and not (parts and is_person_name(_stripped(parts[-1]))):
            return apposition, parts[-1] if parts else "", 0
        if not parts:
            parts = [apposition]
    subject = _stripped(parts[-1])
    if subject.lower().split(" ", 1)[0] in ("who", "which") and len(parts) > 1:
        subject, penalty = _stripped(parts[-2]), 1
    elif " and " in subject and len(parts) > 1 and _NAME_WORD.fullmatch(parts[-2].split()[-1] if parts[-2] else ""):
        listed = [p for p in parts[:-1] if p and all(_NAME_WORD.fullmatch(w) for w in p.split())]
        subject = ", ".join([*listed, subject])
    return _checked(subject, apposition, penalty)


def _checked(subject: str, apposition: str, penalty: int) -> tuple[str, str, int] | None:
    """The subject after subordinate clauses before it are cut off, if it then names somebody."""
    words = list(_SUBORDINATE.finditer(subject))
    if words:
        subject, penalty = _stripped(subject[words[-1].end() :]), penalty + 2
    if _RELATIVE.search(subject):
        return None
    match = re.search(r"\b(?:but|and then)\s+", subject)
    if match:
        subject = _stripped(subject[match.end() :])
    verb = _finite(subject)
    if verb is not None:
        rest = subject[verb:].strip()
        tail = rest.rpartition(" and ")[2] if " and " in rest else ""
        if rest.endswith(" and") or tail == "and" or subject.endswith(" and"):
            subject = subject[: _finite_start(subject)].strip()
        elif tail and is_named(tail):
            subject = tail
        else:
            match = _TRAILING.search(rest)
            subject, penalty = (match[0] if match else ""), penalty + 1
    subject = subject.strip(" ,'’")
    return (subject, apposition, penalty) if is_named(subject) else None


def _finite(phrase: str) -> int | None:
    """The end of the last finite verb in a phrase that should be a noun phrase; None where there is none."""
    found = [m.end() for m in _FINITE.finditer(phrase) if m[0] not in _NOT_FINITE]
    return found[-1] if found else None


def _finite_start(phrase: str) -> int:
    return next((m.start() for m in _FINITE.finditer(phrase) if m[0] not in _NOT_FINITE), len(phrase))


def _clause(before: str) -> str:
    """What stands between the last break (quotation, semicolon, dash, bracket) and the verb."""
    text = before.rstrip()
    if text.endswith(")"):
        opened = text.rfind("(")
        text = text[:opened].rstrip() if opened >= 0 else text
    start = 0
    for match in _BREAK.finditer(text):
        if match[0][0] == "." and re.search(
            r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Gen|Lt|Col|Sen|Rep|Gov|Adm|Prof|Sgt|Capt|U\.S|U\.N|U\.K|E\.U)$", text[: match.start()]
        ):
            continue
        start = match.end()
    return text[start:] + before[len(before.rstrip()) :]


def _without_auxiliaries(clause: str) -> str:
    clause = clause.rstrip()
    while True:
        match = _AUXILIARY.search(clause)
        if not match:
            return clause
        clause = clause[: match.start()]


def _stripped(part: str) -> str:
    """A phrase without the conjunctions and adverbials that lead it in."""
    part = part.strip()
    while True:
        match = _LEAD.match(part)
        if not match or not match[0]:
            return part
        part = part[match.end() :].lstrip(" ,")


def _leading_subject(before: str) -> str:
    """The noun phrase that the sentence begins with, taken while words are names, roles or what joins them."""
    start = _stripped(before)
    words: list[str] = []
    for word in start.split()[:_LONGEST_SUBJECT]:
        plain = word.strip(",").lower()
        joins = plain in (
            "the",
            "a",
            "an",
            "of",
            "for",
            "and",
            "to",
            "its",
            "his",
            "her",
            "senior",
            "foreign",
            "former",
            "deputy",
            "prime",
            "defence",
            "defense",
            "state",
            "top",
            "chief",
            "opposition",
            "government",
            "regional",
            "national",
        )
        if not (_NAME_WORD.fullmatch(word.strip(",")) or joins or plain in ROLES or plain in PRONOUNS):
            break
        words.append(word)
        if word.endswith(","):
            break
    while words and words[-1].lower() in ("of", "for", "and", "to", "the", "a", "an", "its"):
        words.pop()
    subject = " ".join(words).strip(",")
    return subject if is_named(subject) else ""


# ---- other cues ---------------------------------------------------------------------------------------


def _according_cues(sentence: str) -> Iterator[Cue]:
    for match in _ACCORDING.finditer(sentence):
        found = _subject_after(sentence, match.end())
        if found:
            yield Cue(2, match.start(), *found)


def _colon_cues(sentence: str) -> Iterator[Cue]:
    """'Varga: “…”' and 'Varga, in a statement: “…”'."""
    match = re.search(r":\s*\x01", sentence)
    if not match or match.start() > _REACH:
        return
    before = sentence[: match.start()]
    place = _IN_A_STATEMENT.search(before)
    subject = before[: place.start()] if place else before
    subject = _stripped(subject.strip(" ,"))
    if len(subject.split()) <= 8 and is_named(subject) and _finite(subject) is None:
        yield Cue(2, 0, subject)
