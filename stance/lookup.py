"""Whole numbers and sequences of them → whole numbers, for whole arrays at once: the tables of batch.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
BITS = 19  # bits a symbol number takes in a packed n-gram: three symbols and a template fit 63
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class IntMap:
    """Whole number ≥ 1 → whole number ≥ 0 for whole arrays: open addressing, no Python object per look-up."""

    def __init__(self, keys: Ints, values: Ints) -> None:
        bits = max(4, int(len(keys) * 2 + 1).bit_length())
        self._shift = np.uint64(64 - bits)
        self._mask = np.int64((1 << bits) - 1)
        self._keys = np.zeros(1 << bits, dtype=np.int64)
        self._values = np.full(1 << bits, -1, dtype=np.int64)
        waiting = np.arange(len(keys))
        slots = self._slots(keys)
        while len(waiting):
            free = self._keys[slots] == 0
            first = np.zeros(len(waiting), dtype=bool)
            first[np.unique(slots, return_index=True)[1]] = True  # one key a slot
            put = free & first
            self._keys[slots[put]] = keys[waiting[put]]
            self._values[slots[put]] = values[waiting[put]]
            waiting, slots = waiting[~put], (slots[~put] + ~free[~put]) & self._mask

    def _slots(self, keys: Ints) -> Ints:
        return ((keys.view(np.uint64) * _MULTIPLIER) >> self._shift).view(np.int64)

    def get(self, keys: Ints) -> Ints:
        """The value of each key, -1 where there is none."""
        slots = self._slots(keys)
        found = self._keys[slots]
        values = np.where(found == keys, self._values[slots], -1)
        open_ = np.flatnonzero((found != keys) & (found != 0))
        slots = slots[open_]
        while len(open_):
            slots = (slots + 1) & self._mask
            found = self._keys[slots]
            hit = found == keys[open_]
            values[open_[hit]] = self._values[slots[hit]]
            going = ~hit & (found != 0)
            open_, slots = open_[going], slots[going]
        return values


class Trie:
    """Sequences of whole numbers ≥ 1 → a value ≥ 1 each; finds the longest one from many places at once."""

    def __init__(self, entries: Iterable[tuple[Sequence[int], int]]) -> None:
        edges: dict[int, int] = {}
        accept = [0, 0]  # state 1 is the root
        self._longest = 0
        for numbers, value in entries:
            state = 1
            self._longest = max(self._longest, len(numbers))
            for number in numbers:
                edge = state << BITS | number
                if edge not in edges:
                    edges[edge] = len(accept)
                    accept.append(0)
                state = edges[edge]
            accept[state] = accept[state] or value
        self._edges = IntMap(np.array(list(edges), dtype=np.int64), np.array(list(edges.values()), dtype=np.int64))
        self._accept = np.array(accept, dtype=np.int64)

    def longest(self, numbers: Ints, sentences: Ints) -> tuple[Ints, Ints]:
        """For each place the length of the longest entry that begins there (0: none) and its value."""
        n = len(numbers)
        length, value = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        at = np.flatnonzero(numbers > 0)
        states = np.ones(len(at), dtype=np.int64)
        for depth in range(self._longest):
            inside = at + depth < n
            at, states = at[inside], states[inside]
            following = self._edges.get(states << BITS | numbers[at + depth])
            going = (following > 0) & (sentences[at] == sentences[at + depth])
            at, states = at[going], following[going]
            if not len(at):
                break
            accepted = self._accept[states]
            full = accepted > 0
            length[at[full]] = depth + 1
            value[at[full]] = accepted[full]
        return length, value


def inside(length: Ints) -> tuple[Bools, Bools]:
    """Of longest matches taken from the left: True from a match's second place on, and True on all its places."""
    later = np.zeros(len(length) + 1, dtype=np.int64)
    long = np.flatnonzero(length > 1)
    begins, ends = [], []
    reach = 0
    for i, size in zip(long.tolist(), length[long].tolist(), strict=True):
        if i >= reach:
            reach = i + size
            begins.append(i)
            ends.append(reach)
    whole = later.copy()
    whole[begins] += 1
    np.add.at(whole, ends, -1)
    later[np.array(begins, dtype=np.int64) + 1] += 1
    np.add.at(later, ends, -1)
    return np.cumsum(later)[:-1] > 0, np.cumsum(whole)[:-1] > 0
