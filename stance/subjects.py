"""The text around a verb of speech → the noun phrase that is its subject, with its apposition.

Surface rules only: `subject_before` reads a clause that ends at the verb, `subject_after` what follows "said",
"according to" or "by", `leading_subject` what a sentence begins with.
"""

from __future__ import annotations

import re

from .phrases import LONGEST_SUBJECT, NAME_WORD, PRONOUNS, is_named, is_person_name
from .wordlists import JOINS, NOT_FINITE, ROLES, TITLES

REACH = 240  # characters of a sentence that are looked at on either side of a verb
_BREAK = re.compile(r"[\x01;:()\u2013\u2014\[\]“”\"]|\s-+\s|\.\s(?=[A-Z])")
_AUXILIARY = re.compile(
    r"\s+(?:has|have|had|also|then|later|again|once|still|already|just|now|only|even|will|would|could|can|may|might|"
    r"did|does|do|not|never|"
    r"earlier|separately|repeatedly|reportedly|reluctantly|to|in turn|in response|immediately|today|yesterday|both|all|each|"
    r"on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|this week|last week|"
    r"[a-z]{3,}ly)$"
)
_LEAD = re.compile(
    r"(?:but|and|or|yet|so|then|later|meanwhile|however|also|still|instead|separately|earlier|again|both|nor|today|"
    r"yesterday|afterwards?|"
    r"on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|"
    r"in (?:an?|his|her|its|their)\s(?:[\w-]+\s){0,3}(?:statement|speech|letter|interview|post|tweet|briefing|address|"
    r"message))\b\s*",
    re.IGNORECASE,
)
_SUBORDINATE = re.compile(
    r"\b(?:that|because|while|when|as|if|whether|although|though|after|before|since|until|where|than|how|why|even as|given)\s+",
    re.IGNORECASE,
)
_REDUCED = re.compile(  # "a diplomat briefed on the talks"
    r"((?:an?|one|two|three|four|five|several|some|many|the|senior|diplomats?|officials?|sources?|people|those)\s?(?:[\w-]+\s){0,3}?[\w-]+)\s"
    r"(?:briefed|involved|based|familiar|close|quoted|named|asked|interviewed|stationed|displaced|detained|known|taking|working|attending|representing)\b",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"\b(?:what|which|whom|whose)\b", re.IGNORECASE)
_FINITE = re.compile(
    r"\b(?:was|were|is|are|has|had|have|will|would|could|can|should|did|does|came|went|took|made|left|met|gave|held|"
    r"began|ended|saw|got|flew|"
    r"rose|fell|stood|sat|spoke|kept|led|won|lost|brought|sent|put|ran|became|grew|drew|broke|paid|built|knew|thought|"
    r"found)\b|\b[a-z]{3,}ed\b"
)
_AFTER_STOP = re.compile(
    r"[,.;:()\x01\u2013\u2014\"“”\[\]!?]|\s-+\s|\b(?:on|in|at|during|after|before|as|when|while|who|which|that|via|"
    r"following|amid|adding|saying|whose|where|"
    r"since|through|late|early|yesterday|today|tonight|by|with|this|last|next|earlier|later|again|quietly|calmly|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|to (?:reporters|journalists|the press|the media|this|me|us)|and (?:then|"
    r"later|\w+ed)|but|if|\w{3,}ly)\b"
)
_TRAILING = re.compile(
    r"(?:\b(?:he|she|they|it)|\b(?:the|an?|its|his|her|their)\s(?:[\w'’-]+\s){0,4}[\w-]+|(?:[A-Z][\w.'’-]*\s){0,5}[A-Z][\w.'’-]*)$"
)


def subject_after(sentence: str, end: int) -> tuple[str, str] | None:
    """(subject, apposition) of the noun phrase that begins at `end`; None where it names nobody."""
    ahead = sentence[end : end + REACH].lstrip()
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


def subject_before(before: str) -> tuple[str, str, int] | None:
    """(subject, apposition, how much less sure) of the clause that ends at the verb; None where it names nobody."""
    clause = _clause(before)
    clause = _without_auxiliaries(clause)
    parts = [part.strip() for part in clause.split(",")]
    apposition, penalty = "", 0
    if len(parts) > 1 and not parts[-1]:
        parts.pop()
        apposition = parts.pop()
        while len(parts) > 1 and not is_person_name(without_lead(parts[-1])) and is_person_name(without_lead(parts[-2])):
            apposition = parts.pop()
        if is_person_name(apposition) and not (parts and is_person_name(without_lead(parts[-1]))):
            return apposition, parts[-1] if parts else "", 0
        if not parts:
            parts = [apposition]
    subject = without_lead(parts[-1])
    if subject.lower().split(" ", 1)[0] in ("who", "which") and len(parts) > 1:
        subject, penalty = without_lead(parts[-2]), 1
    elif " and " in subject and len(parts) > 1 and NAME_WORD.fullmatch(parts[-2].split()[-1] if parts[-2] else ""):
        listed = [p for p in parts[:-1] if p and all(NAME_WORD.fullmatch(w) for w in p.split())]
        subject = ", ".join([*listed, subject])
    return _checked(subject, apposition, penalty)


def _checked(subject: str, apposition: str, penalty: int) -> tuple[str, str, int] | None:
    """The subject after subordinate clauses before it are cut off, if it then names somebody."""
    words = list(_SUBORDINATE.finditer(subject))
    if words:
        subject, penalty = without_lead(subject[words[-1].end() :]), penalty + 2
    if _RELATIVE.search(subject):
        return None
    match = re.search(r"\b(?:but|and then)\s+", subject)
    if match:
        subject = without_lead(subject[match.end() :])
    verb = finite_end(subject)
    if verb is not None:
        rest = subject[verb:].strip()
        tail = rest.rpartition(" and ")[2] if " and " in rest else ""
        reduced = _REDUCED.match(subject)
        if reduced and is_named(reduced[1]):
            subject = reduced[1]
        elif rest.endswith(" and") or tail == "and" or subject.endswith(" and"):
            subject = subject[: _finite_start(subject)].strip()
        elif tail and is_named(tail):
            subject = tail
        else:
            match = _TRAILING.search(rest)
            subject, penalty = (match[0] if match else ""), penalty + 1
    subject = subject.strip(" ,'’")
    return (subject, apposition, penalty) if is_named(subject) else None


def finite_end(phrase: str) -> int | None:
    """The end of the last finite verb in a phrase that should be a noun phrase; None where there is none."""
    found = [m.end() for m in _FINITE.finditer(phrase) if m[0] not in NOT_FINITE]
    return found[-1] if found else None


def _finite_start(phrase: str) -> int:
    return next((m.start() for m in _FINITE.finditer(phrase) if m[0] not in NOT_FINITE), len(phrase))


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


def without_lead(part: str) -> str:
    """A phrase without the conjunctions and adverbials that lead it in."""
    part = part.strip()
    while True:
        match = _LEAD.match(part)
        if not match or not match[0]:
            return part
        part = part[match.end() :].lstrip(" ,")


def leading_subject(before: str) -> str:
    """The noun phrase that the sentence begins with, taken while words are names, roles or what joins them."""
    start = without_lead(before)
    words: list[str] = []
    for word in start.split()[:LONGEST_SUBJECT]:
        plain = word.strip(",").lower()
        if not (NAME_WORD.fullmatch(word.strip(",")) or plain in JOINS or plain in ROLES or plain in PRONOUNS):
            break
        words.append(word)
        if word.endswith(","):
            break
    while words and words[-1].lower() in ("of", "for", "and", "to", "the", "a", "an", "its"):
        words.pop()
    subject = " ".join(words).strip(",")
    return subject if is_named(subject) else ""
