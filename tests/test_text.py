"""Text → cleaned copy → tokens → features: tables first, then properties over all Unicode."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.dataset import knowledge_folder, read_lexicon
from stance.entries import Entries
from stance.features import EXACT, NUMBER, Analyzer, expression_entry, read_template
from stance.normalise import normalise, normalise_with_offsets
from stance.stemming import stem

CLEAN = [  # (as pasted, as read); the rows of the measured table
    ("Erdog\u0306an", "Erdo\u011fan"),
    ("sanc\u00adtions", "sanctions"),
    ("cease\u200bfire", "ceasefire"),
    ("\u202eright\u202c", "right"),
    ("o\ufb03cial", "official"),
    ("\uff35\uff2e", "UN"),
    ("№ 2334", "№ 2334"),
    ("pact²", "pact"),
    ("“We won’t”", '"We won\'t"'),
    ("wait…", "wait..."),
    ("non\u2011aligned \u2013 now", "non-aligned - now"),
    ("5\u00a0000", "5 000"),
    ("Smith &amp; Co &quot;x&quot;", 'Smith & Co "x"'),
    ("\x1b[31mred\x00", "[31mred"),
    ("İstanbul", "Istanbul"),
    ("\ud800x", "x"),
]
STEMS = [
    "condemn condemned condemns condemning",
    "urge urged urges urging",
    "agree agrees agreeing",
    "ally allies",
    "deny denied denies denying",
    "stop stopped stopping stops",
    "pass passed passes passing",
    "vote voted voting votes",
    "note noted notes",
    "ceasefire ceasefires",
    "voice voiced voicing voices",
]


@pytest.mark.parametrize(("pasted", "read"), CLEAN)
def test_cleaning_table(pasted, read):
    assert normalise(pasted) == read
    assert normalise_with_offsets(pasted)[0] == read


@pytest.mark.parametrize("forms", STEMS)
def test_inflections_share_a_stem(forms):
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize("words", ["nation national", "state statement", "not note", "firm firmly", "need needle", "is us"])
def test_other_words_stay_apart(words):
    first, second = words.split()
    assert stem(first) != stem(second)


@given(st.text())
def test_offsets_lead_back(text):
    clean, offsets = normalise_with_offsets(text)
    assert clean == normalise(text)
    assert len(offsets) == len(clean) + 1
    assert list(offsets) == sorted(offsets)
    assert all(0 <= at <= len(text) for at in offsets)


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text):
    once = normalise(text)
    if "&" not in once:  # "&amp;amp;" is one level of escaping deeper
        assert normalise(once) == once


@pytest.fixture(scope="module")
def analyzer(model):
    return model.analyzer


MASKS = [  # (text, its words with names as @, numbers as #, days and months as ~)
    ("Moscow condemned the strike", "@ condemned the strike"),
    ("MOSCOW CONDEMNS THE STRIKE", "@ condemns the strike"),
    ("Foreign Minister Sergei Ivanovich Petrov said", "foreign minister @ said"),
    ("12 people died on Tuesday", "# people died on ~"),
    ("They don't agree", "they n't agree"),
    ("Russia's attack", "@ attack"),
]


@pytest.mark.parametrize(("text", "words"), MASKS)
def test_masks(analyzer, text, words):
    expected = [stem(analyzer.irregular.get(w, w)) for w in words.split()]
    assert analyzer.tokens(normalise(text)).symbols == expected


def test_links_and_addresses_are_no_words(analyzer):
    assert analyzer("https://example.org/a-b?c=d or press.office@mfa.example.org") == analyzer("or")


@given(st.text())
def test_spans_and_plain_features_agree(text):
    from stance import load

    analyzer = load().analyzer
    with_spans = analyzer.with_spans(text)
    assert [name for name, _, _ in with_spans] == analyzer(text)
    assert all(0 <= start < end <= len(text) for _, start, end in with_spans)


@pytest.mark.parametrize(
    "line", ["", "words", "words 1", "words 0 0", "words 0 x", "letters 0", "words 0  1", "words 1 0", "words 0 10"]
)
def test_templates_are_read_strictly(line):
    with pytest.raises(ValueError, match="not a template"):
        read_template(line)


def test_classes_follow_the_argument():
    analyzer = Analyzer(
        ("classes 0 1", "stances ^ 0 1", "classes 0 2", "words ^ 0 1 2"),
        names=Entries.of({"Jordan": EXACT}),
        common=["the", "strongly"],
        lexicon=Entries.of({"condemn": "CONDEMN", "call for talk": "TALKS", "talk": "TALKS", "strongly": "booster"}),
    )
    assert analyzer("Jordan strongly condemned the raid, calls for talks") == [
        "c @ booster", "c booster CONDEMN", "c CONDEMN TALKS", "k ^ CONDEMN TALKS", "c @ * CONDEMN", "c booster * TALKS",
        "w ^ @ strongly condemn",
    ]  # fmt: skip


def test_an_empty_analyzer_counts_stems_and_pairs():
    assert Analyzer()("we agree on 3 points") == [
        "w we", "w agre", "w on", f"w {NUMBER}", "w point", "w we agre", "w agre on", f"w on {NUMBER}", f"w {NUMBER} point",
        "w ^ we", "w ^ we agre", "w ^ we agre on",
    ]  # fmt: skip


def test_every_expression_of_the_lexicon_is_found_in_its_own_words():
    """An entry that no sentence can match is dead: each is found whole where it stands as written."""
    with open(knowledge_folder() / "irregular.csv", encoding="utf-8") as file:
        irregular = {row["form"]: row["lemma"] for row in csv.DictReader(file)}
    lexicon = {expression_entry(expression, irregular): label for expression, label in read_lexicon(knowledge_folder()).items()}
    analyzer = Analyzer(lexicon=Entries.of(lexicon), irregular=irregular)
    for expression in read_lexicon(knowledge_folder()):
        written = expression.replace("@", "Atlantis").replace("#", "7").replace("~", "Monday")
        tokens = analyzer.tokens(normalise(written))
        assert " ".join(tokens.symbols) in lexicon, expression
