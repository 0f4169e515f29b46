"""Tables searched where they lie answer as dicts of the same content do."""

from hypothesis import given
from hypothesis import strategies as st

from stance.entries import Entries, Rows

WORDS = st.text("ab'cé𝔞", min_size=1, max_size=3)
ENTRIES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


@given(st.dictionaries(ENTRIES, WORDS), WORDS)
def test_entries_are_found_by_their_first_word(pairs, word):
    found = Entries.of(pairs)
    assert found.pairs() == pairs
    assert found.beginning_with(word) == {entry: value for entry, value in pairs.items() if entry.split(" ")[0] == word}


@given(st.sets(ENTRIES), st.lists(ENTRIES))
def test_rows_are_the_places_of_the_names_however_often_they_are_asked_for(names, asked):
    rows = Rows(sorted(names))
    expected = {name: row for row, name in enumerate(sorted(names))}
    assert dict(rows) == expected
    for _ in range(60):  # the finder changes its way after some sentences
        find = rows.finder()
        assert [find(name) for name in [*asked, *names]] == [expected.get(name) for name in [*asked, *names]]
