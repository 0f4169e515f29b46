"""Text → sentences: a table of hard cases with a score, and properties that hold for any text."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.sentences import LONGEST, paragraphs, split

CASES = json.loads((Path(__file__).parent / "tables" / "sentences.json").read_text(encoding="utf-8"))


def texts(text):
    return [sentence.text for sentence in split(text)]


@pytest.mark.parametrize("case", CASES, ids=[f"{c['category']}-{i}" for i, c in enumerate(CASES)])
def test_table(case, request):
    if "known_failure" in case:
        request.applymarker(pytest.mark.xfail(reason=case["known_failure"]))
    assert texts(case["text"]) == case["sentences"]


def ends(pieces):
    """The ends of the inner sentences, counted in characters that are not blank."""
    found, total = set(), 0
    for piece in pieces[:-1]:
        total += sum(not c.isspace() for c in piece)
        found.add(total)
    return found


def boundary_f1(cases):
    true = predicted = right = 0
    for case in cases:
        gold, found = ends(case["sentences"]), ends(texts(case["text"]))
        true, predicted, right = true + len(gold), predicted + len(found), right + len(gold & found)
    return 2 * right / (true + predicted)


def test_boundary_f1_of_the_table_known_failures_included():
    assert len(CASES) >= 150
    assert boundary_f1(CASES) >= 0.95


# ---- what holds for any text -----------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "We condemn it.",
        "U.S.",
        "“",
        "”",
        '"',
        "'",
        "«",
        "»",
        "1.",
        "(a)",
        "•",
        "MR. LEE:",
        " ",
        "\n",
        "\n\n",
        "\r\n",
        "\t",
        "?",
        "!",
        "...",
        "said",
        "Oslo",
        "’s",
    ]
)


@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map("".join)))
@settings(max_examples=300)
def test_nothing_visible_is_lost_or_moved(text):
    at = 0
    for sentence in split(text):
        assert text[sentence.start : sentence.end] == sentence.text == sentence.text.strip() != ""
        assert not text[at : sentence.start].strip()
        at = sentence.end
    assert not text[at:].strip()


@given(st.lists(PIECES, max_size=30).map("".join))
def test_line_ends_of_all_systems_are_the_same(text):
    plain = text.replace("\r", "")
    assert [t.replace("\r\n", "\n") for t in texts(plain.replace("\n", "\r\n"))] == texts(plain)


def test_the_shared_tokenizer_of_nupunkt_is_left_alone():
    from nupunkt import load_default_model

    split("Vice Adm. Lee left.")
    assert "h.r.h" not in load_default_model().abbreviations


def test_paragraphs_of_a_page_and_of_wrapped_text():
    page = "Home | World\nTalks resume\nBy Anna Keller\nThe talks resumed on Friday."
    assert len(paragraphs(page)) == 4
    wrapped = (
        "The ministers met in the old harbour town on Friday and agreed\nto meet again. They did not say when they would "
        "publish the\ntext.\n\nA second paragraph."
    )
    assert len(paragraphs(wrapped)) == 2


def test_a_sentence_beyond_the_limit_is_cut_at_a_blank():
    found = split("word " * 5000)
    assert max(len(s.text) for s in found) <= LONGEST
    assert " ".join(s.text for s in found) == ("word " * 5000).strip()


HOSTILE = [
    "a",
    ". ",
    "U.S. ",
    '"',
    "“",
    "(",
    "1. ",
    "x.Y",
    "\n",
    "word ",
    "a.A\n",
    "Mr. ",
    "! ",
    "'A ",
    "“a” ",
    "e\u0301",
    "\n1. a",
    "A. ",
    "[1]",
    '." ',
]


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("piece", HOSTILE)
def test_time_is_linear_on_hostile_text(piece):
    def seconds(n):
        text = piece * (n // len(piece))
        start = time.process_time()
        split(text)
        return time.process_time() - start

    split(piece)
    small = min(seconds(40_000) for _ in range(3))
    assert min(seconds(80_000) for _ in range(2)) < 2.6 * small + 0.1
    assert small < 4
