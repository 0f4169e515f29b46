"""Word → stem: inflection off, derivation left alone.

"condemned, condemns, condemning" meet in one feature; "nation" and "national" stay two. The idea is
step 1 of M. F. Porter, An algorithm for suffix stripping, Program 14(3), 1980, made simpler: a final e
goes from all but the shortest words, so that hardly an ending has to be given one back.
"""

from __future__ import annotations

_VOWELS = frozenset("aeiouy")


def _short(base: str) -> bool:
    """True for consonant, vowel, consonant: such a base had a silent e ("vot-ed") that tells it from others ("not")."""
    return len(base) == 3 and base[0] not in _VOWELS and base[1] in _VOWELS and base[2] not in _VOWELS and base[2] not in "wx"


def _bare(base: str) -> str:
    """The base of an -ed or -ing form: a doubled consonant halved, a silent e given back; '' if it cannot be a word."""
    if len(base) < 2 or _VOWELS.isdisjoint(base):
        return ""
    if base[-1] == base[-2] and base[-1] not in "aeiouylsz":
        return base[:-1]
    return base + "e" if _short(base) else base


def stem(word: str) -> str:
    """The stem of a lower-case word. Words of three letters and fewer come back as they are."""
    if len(word) <= 3:
        return word
    if word[-1] == "s" and not word.endswith(("ss", "us", "is")):
        word = word[:-3] + "y" if word.endswith("ies") and len(word) > 4 else word[:-1]
    if word.endswith("ied") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("ed") and len(word) > 4 and word[-3] != "e":  # "proceed"; "agreed" is in the irregular table
        word = _bare(word[:-2]) or word
    elif word.endswith("ing") and len(word) > 5:
        word = _bare(word[:-3]) or word
    if len(word) > 3 and word[-1] == "e" and not _short(word[:-1]):
        word = word[:-1]
    return word
