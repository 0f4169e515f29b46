"""The bytes of Latin-1 text → tokens as features.TOKEN cuts them: starts, ends and a hash of each, no Python object a token."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from .lookup import Bools, Ints

Bytes = NDArray[np.uint8]
_ALPHA, _DIGIT, _DOT, _APOSTROPHE, _MARK = 1, 2, 4, 8, 16
_CLASSES = np.zeros(256, dtype=np.uint8)  # of the characters of Latin-1, as the regular expressions of features.py see them
for _code in range(256):
    _letter = chr(_code)
    if re.match(r"[^\W_]", _letter):
        _CLASSES[_code] = _ALPHA if re.match(r"[^\W\d_]", _letter) else _DIGIT
    else:
        _CLASSES[_code] = {".": _DOT, "'": _APOSTROPHE, "?": _MARK, "!": _MARK, '"': _MARK}.get(_letter, 0)
_BASE = 0x9E3779B97F4A7C15 | 1  # odd: it has an inverse modulo 2^64


def cut_tokens(codes: Bytes) -> tuple[Ints, Ints]:
    """Starts and ends of the tokens, as features.TOKEN cuts them, of ASCII bytes."""
    kinds = _CLASSES[codes]
    alpha, word = kinds == _ALPHA, (kinds & (_ALPHA | _DIGIT)) > 0
    before = np.zeros(len(codes), dtype=bool)
    before[1:] = word[:-1]
    inside = word.copy()
    cut = word & ~before
    _join_apostrophes(kinds, alpha, before, inside, cut)
    _join_abbreviations(kinds, alpha, before, inside, cut)
    marks = kinds == _MARK
    cut |= marks
    inside |= marks
    leave = np.zeros(len(codes) + 1, dtype=bool)
    leave[1:] = inside
    leave[:-1] &= ~inside | cut
    return np.flatnonzero(cut), np.flatnonzero(leave)


def _join_apostrophes(kinds: Bytes, alpha: Bools, before: Bools, inside: Bools, cut: Bools) -> None:
    """One apostrophe between a word character and a letter belongs to the token; what follows it is letters only."""
    found = np.flatnonzero(kinds == _APOSTROPHE)
    found = found[(found > 0) & (found < len(kinds) - 1)]
    found = found[before[found] & alpha[found + 1]]
    if not len(found):
        return
    stops = np.flatnonzero(~alpha)  # where letters end
    ends = stops[np.minimum(np.searchsorted(stops, found + 1), len(stops) - 1)] if len(stops) else np.array([], dtype=np.int64)
    reach = -1
    for place, end in zip(found.tolist(), ends.tolist(), strict=True):
        end = end if end > place else len(kinds)
        if place == reach:  # a second apostrophe ends the token: rock'n'roll is "rock'n", "roll"
            reach = -1
            continue
        inside[place] = True
        cut[place + 1] = False
        if end < len(kinds) and kinds[end] == _DIGIT:
            cut[end] = True  # "o'clock9": digits do not follow letters after an apostrophe
        reach = end


def _join_abbreviations(kinds: Bytes, alpha: Bools, before: Bools, inside: Bools, cut: Bools) -> None:
    """Two or more single letters with a full stop each ("U.S.") are one token, full stops included."""
    dots = np.flatnonzero(kinds == _DOT)
    dots = dots[dots > 0]
    letters = dots[alpha[dots - 1]] - 1
    glued = np.zeros(len(letters), dtype=bool)
    glued[letters > 0] = before[letters[letters > 0]] | inside[letters[letters > 0] - 1]
    pairs = letters[~glued]
    if len(pairs) < 2:
        return
    together = np.zeros(len(pairs), dtype=bool)
    together[1:] = pairs[1:] - pairs[:-1] == 2
    together[:-1] |= together[1:]
    run = pairs[together]
    inside[run + 1] = True
    continued = np.zeros(len(run), dtype=bool)
    continued[1:] = run[1:] - run[:-1] == 2
    cut[run[continued]] = False
    after = run + 2
    after = after[after < len(kinds)]
    fresh = after[~np.isin(after, run) & inside[after]]
    cut[fresh] = True


def hashes_of(codes: Bytes, starts: Ints, ends: Ints) -> Ints:
    """A positive 63-bit number for each token, from its bytes and its length."""
    n = len(codes)
    powers, inverses = _powers(n + 1)
    sums = np.zeros(n + 1, dtype=np.uint64)
    np.cumsum((codes.astype(np.uint64) + np.uint64(1)) * powers[:n], out=sums[1:])
    mixed = (sums[ends] - sums[starts]) * inverses[starts]
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= (ends - starts).astype(np.uint64) << np.uint64(40)
    return ((mixed >> np.uint64(1)) | np.uint64(1)).view(np.int64)


_tables: tuple[NDArray[np.uint64], NDArray[np.uint64]] = (np.ones(1, dtype=np.uint64), np.ones(1, dtype=np.uint64))


def _powers(n: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The first powers of the hash base and of its inverse modulo 2^64; grown when needed."""
    global _tables
    if len(_tables[0]) < n:
        size = 1 << n.bit_length()
        inverse = pow(_BASE, -1, 1 << 64)
        grown = []
        for base in (_BASE, inverse):
            factors = np.full(size, base, dtype=np.uint64)
            factors[0] = 1
            grown.append(np.cumprod(factors))
        _tables = (grown[0], grown[1])
    return _tables
