"""The speakers of one text: the fullest form of each name, titles, and whom a pronoun or "the minister" means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from . import actors
from .cues import Cue
from .phrases import NAME_WORD, PRONOUNS, name_of
from .subjects import leading_subject
from .wordlists import BODIES, BODY_ROLES, FEMALE, FUNCTION, MALE, ROLES, TITLES

_FULL_NAME = re.compile(
    r"\b[A-Z\u00c0-\u00de][\w'’-]{0,30}\w(?:\s(?:[A-Z]\.|(?:al|el|bin|bint|ben|ibn|abu|van|von|der|den|de|del|della|"
    r"di|da|dos|du|la|le)(?=\s[A-Z])|(?:al|el)-[A-Z][\w'’-]*|[A-Z\u00c0-\u00de][\w'’-]{0,30}\w)){1,4}"
)
_OF_SOMEBODY = re.compile(r"\b(?:of|for|to|from|in|at|with|by)\s+(?:the\s+|the late\s+)?$|['’]s?\s+(?:former\s+)?$")


def full_names(texts: Iterable[str]) -> dict[str, list[str]]:
    """Last name → full names in the order of the text."""
    found: dict[str, list[str]] = {}
    for text in texts:
        for match in _FULL_NAME.finditer(text):
            words = match[0].split()
            while words and (words[0].lower().rstrip(".") in TITLES | FUNCTION or words[0].lower().endswith(("'s", "’s"))):
                words.pop(0)
            if words and words[-1].endswith(("'s", "’s")):
                words[-1] = words[-1][:-2]
            name = " ".join(words)
            if len(words) >= 2 and not any(w.lower() in BODIES | TITLES for w in words) and not actors.is_known(name):
                forms = found.setdefault(words[-1], [])
                if name not in forms:
                    forms.append(name)
    return found


@dataclass(slots=True)
class People:
    """What is known about the speakers so far: fullest names, titles, sex, who was last spoken of."""

    full: dict[str, list[str]]
    _persons: list[str] = field(default_factory=list)
    _bodies: list[str] = field(default_factory=list)
    _roles: dict[str, set[str]] = field(default_factory=dict)
    _sex: dict[str, str] = field(default_factory=dict)
    _display: dict[str, str] = field(default_factory=dict)

    def resolve(self, cue: Cue) -> tuple[str | None, str]:
        """(key of the speaker, evidence) of a cue; the key is None for a pronoun that leads nowhere."""
        subject = cue.subject.strip()
        lower = subject.lower()
        if lower in PRONOUNS:
            return self._pronoun(lower), "pronoun"
        for phrase in (subject, _before_of(subject)):
            key = self._person(phrase)
            if key:
                self._remember_person(key, phrase, cue.apposition)
                return key, "cue"
        known = self._definite(lower)
        if known:
            return known, "pronoun"
        key = _body_key(subject)
        lone = NAME_WORD.fullmatch(subject) and not actors.is_known(subject)  # a person's last name, or a body's
        if lone or _is_one_person(lower):
            self._persons.append(key)
        if lone or not _is_one_person(lower):
            self._bodies.append(key)
        self._display.setdefault(key, _shown_body(subject))
        return key, "cue"

    def label(self, label: str) -> str:
        """The key of a transcript's label: a known person's, else the label itself."""
        words = label.split()
        name = words[-1].capitalize() if label.isupper() else words[-1]
        if len(words) > 1 and name in self.full:
            return self.full[name][0]
        self._display.setdefault(label, label)
        return label

    def shown(self, key: str) -> str:
        """The fullest form of a speaker's name, with the title that stood before it."""
        return self._display.get(key, key)

    def notice_subject(self, sentence: str) -> None:
        """Remember a person that a sentence without cue begins with: the next 'he' may be that one."""
        subject = leading_subject(sentence)
        key = self._person(subject) or self._person(_before_of(subject))
        if key:
            self._remember_person(key, _before_of(subject), "")
            return
        named = {
            name for forms in (self.full.get(last, ()) for last in set(sentence.split())) for name in forms if name in sentence
        }
        if len(named) == 1:
            self._persons.append(named.pop())

    def _person(self, subject: str) -> str:
        """The full name of the person that a noun phrase names; '' where it names no person."""
        name = name_of(subject)
        words = name.split()
        if not words or any(w.lower().strip(".,") in BODIES for w in words) or actors.is_known(name):
            return ""
        before = subject[: len(subject) - len(name)]
        if " and " in subject or ", " in subject or _OF_SOMEBODY.search(before):
            return ""
        forms = self.full.get(words[-1], [])
        if forms and name not in forms:
            return forms[0] if len(words) == 1 else name
        titled = any(w.lower().rstrip(".") in TITLES for w in before.split())
        return name if len(words) >= 2 or titled else ""

    def _remember_person(self, key: str, subject: str, apposition: str) -> None:
        self._persons.append(key)
        words = {w.lower().strip(".,") for w in f"{subject} {apposition}".split()}
        self._roles.setdefault(key, set()).update(words & ROLES)
        if words & FEMALE:
            self._sex[key] = "she"
        elif words & MALE:
            self._sex[key] = "he"
        shown = _shown_person(subject, key)
        if len(shown) > len(self._display.get(key, "")):
            self._display[key] = shown

    def _pronoun(self, pronoun: str) -> str | None:
        """Whom a pronoun means: the last person spoken of (of that sex, if known), or the last body."""
        if pronoun in ("it", "they"):
            return self._bodies[-1] if self._bodies else None
        for key in reversed(self._persons):
            if self._sex.get(key, pronoun) == pronoun:
                self._sex[key] = pronoun
                self._persons.append(key)
                return key
        return None

    def _definite(self, lower: str) -> str | None:
        """Whom 'the minister' or 'the ministry' means, if exactly one earlier speaker fits."""
        words = lower.split()
        if len(words) != 2 or words[0] != "the" or words[1] not in ROLES:
            return None
        role = words[1]
        persons = {key for key, roles in self._roles.items() if role in roles}
        bodies = {key for key in self._bodies if key.endswith(" " + role) and not key.startswith(("a ", "an "))}
        fitting = persons | bodies
        return fitting.pop() if len(fitting) == 1 else None


def _before_of(subject: str) -> str:
    """A noun phrase without the 'of Norland' at its end."""
    return re.split(r"\s(?:of|from)\s(?!State\b|Staff\b|Defen[cs]e\b|Foreign\b|the\b|for\b)", subject)[0]


def _is_one_person(lower: str) -> bool:
    """Whether a noun phrase means one unnamed person ('an adviser to Dremin')."""
    head = re.split(r"\b(?:of|for|to|from|in|at|with|on)\b", lower)[0].split()
    if not head:
        return False
    word = head[-1].rpartition("-")[2]
    return word in ROLES - BODY_ROLES and not word.endswith("s") and word not in ("spokesmen", "spokespeople", "policemen")


def _body_key(subject: str) -> str:
    words = subject.split()
    if words[0].lower() == "the" and len(words) > 1:
        words = words[1:]
    return " ".join(words).lower()


def _shown_body(subject: str) -> str:
    """A body's or an unnamed person's name as shown: a leading article in lower case, none before a proper name."""
    first, _, rest = subject.partition(" ")
    if first.lower() == "the" and rest and rest[0].isupper() and rest.split()[-1][0].isupper():
        return rest
    if first.lower() in FUNCTION or first.lower() in ROLES:
        return first.lower() + (" " + rest if rest else "")
    return subject


def _shown_person(subject: str, key: str) -> str:
    """The full name with the title right before it, owner and article left out."""
    name = name_of(subject)
    before = subject[: len(subject) - len(name)].split()
    title: list[str] = []
    for word in reversed(before):
        plain = word.lower().rstrip(".")
        if (
            (plain in TITLES or plain in ROLES or word.isupper() or word[0].isupper())
            and not word.endswith(("'s", "’s"))
            and plain not in FUNCTION - {"of", "for"}
        ):
            title.insert(0, word)
        else:
            break
    while title and title[0].lower() in ("of", "for"):
        title.pop(0)
    return " ".join([*title, key])
