"""Sorted tables of text, searched where they lie: nothing is built before the first look-up.

A person at a prompt asks for one sentence; dicts of all names, expressions and features would take longer than the answer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence

_DICT_FROM = 50  # sentences; from here on a dict of all features is cheaper than searching


class Entries:
    """A table `entry → value`, as sorted lines with a tab between; entries that begin with one word lie together."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines

    @classmethod
    def of(cls, pairs: Mapping[str, str]) -> Entries:
        """The table of these pairs."""
        return cls([f"{entry}\t{value}" for entry, value in sorted(pairs.items())])

    def __len__(self) -> int:
        return len(self.lines)

    def pairs(self) -> dict[str, str]:
        """The whole table."""
        return dict(line.split("\t") for line in self.lines)

    def beginning_with(self, word: str) -> dict[str, str]:
        """The entries whose first word is `word`."""
        lines, starts = self.lines, (word + "\t", word + " ")
        first = last = bisect_left(lines, starts[0])
        while last < len(lines) and lines[last].startswith(starts):
            last += 1
        return dict(line.split("\t") for line in lines[first:last])


NO_ENTRIES = Entries(())


class Rows(Mapping[str, int]):
    """Feature → its row: the place of its name among the sorted names."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._asked = 0
        self._rows: dict[str, int] | None = None

    def finder(self) -> Callable[[str], int | None]:
        """A function from a feature to its row or None, to be asked for once a sentence."""
        if self._rows is None:
            self._asked += 1
            if self._asked < _DICT_FROM:
                return self._search
            self._rows = dict(zip(self._names, range(len(self._names)), strict=True))
        return self._rows.get

    def _search(self, name: str) -> int | None:
        names = self._names
        row = bisect_left(names, name)
        return row if row < len(names) and names[row] == name else None

    def __getitem__(self, name: str) -> int:
        row = self._search(name)
        if row is None:
            raise KeyError(name)
        return row

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
