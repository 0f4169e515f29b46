"""Word → stem: inflection off, derivation left alone.

"condemned, condemns, condemning" meet in one feature; "nation" and "national" stay two. The idea is
step 1 of M. F. Porter, An algorithm for suffix stripping, Program 14(3), 1980, made simpler: every
final e goes, so that no ending has to be given one back. Merging derivations too (his later steps)
gained nothing here.
"""

from __future__ import annotations

_VOWELS = frozenset("aeiouy")


def _bare(base: str) -> str:
    """`base` if it can stand as a word (it has a vowel), one of a doubled consonant taken off; else ''."""
    if _VOWELS.isdisjoint(base):
        return ""
    return base[:-1] if base[-1] == base[-2] and base[-1] not in "aeiouylsz" else base


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
    if word.endswith("ly") and len(word) > 5:
        word = word[:-2]
    if len(word) > 3 and word[-1] == "e":
        word = word[:-1]
    return word
