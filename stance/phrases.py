"""A noun phrase → whether it names somebody who can speak, a person, and which of its words are the name."""

from __future__ import annotations

import re

from .wordlists import BODIES, FUNCTION, PARTICLES, ROLES, TITLES

MASK = "\x01"
PRONOUNS = frozenset(("he", "she", "it", "they"))
LONGEST_SUBJECT = 14  # words
NAME_WORD = re.compile(r"[A-Z\u00c0-\u00de][\w.'’-]*")
POSSESSIVE = re.compile(r"(?:['’]s|s['’])$")
_WORD = re.compile(r"[^\W_](?:[\w.'’-]*\w)?\.?")


def is_named(subject: str) -> bool:
    """Whether a noun phrase names somebody or something that can speak."""
    words = _WORD.findall(subject)
    if not words or len(words) > LONGEST_SUBJECT or MASK in subject:
        return False
    if subject.lower() in PRONOUNS:
        return True
    if POSSESSIVE.search(subject) and not NAME_WORD.fullmatch(subject.split()[-1][:-2] + "s"):
        return False
    if words[-1].lower() in FUNCTION and words[-1].lower() not in ("others", "some", "many"):
        return False
    capital = any(NAME_WORD.fullmatch(w) and w.lower() not in FUNCTION for w in words)
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
        if plain in TITLES or POSSESSIVE.search(word):
            break
        if (
            NAME_WORD.fullmatch(word)
            or (plain.rstrip("-") in PARTICLES and start < len(words))
            or plain.startswith(("al-", "el-"))
        ):
            start -= 1
            continue
        break
    while start < len(words) and words[start].lower() in PARTICLES | FUNCTION and not words[start][0].isupper():
        start += 1
    return " ".join(words[start:])
