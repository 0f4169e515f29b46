"""A sentence → the states and bodies that it mentions, by their canonical names.

The names are those of data/names.csv (name, canonical, kind, iso3, case), read once; the traps are tested.
"""

from __future__ import annotations


def mentions(text: str) -> tuple[str, ...]:
    """The canonical names of the actors named in `text`, in order of first mention."""
    return ()
