"""The spaCy component on a blank pipeline with a sentencizer; skipped where spaCy is not installed."""

import tomllib
from pathlib import Path

import pytest

import stance
from stance import InputError

spacy = pytest.importorskip("spacy")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
TEXT = "We condemn the attack in Geneva. We thank Jordan. Perhaps."


@pytest.fixture
def nlp():
    import stance.spacy_component  # noqa: F401  (what the entry point does in an installed package)

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    return nlp


def test_each_sentence_has_its_prediction(nlp):
    nlp.add_pipe("stance")
    sentences = list(nlp(TEXT).sents)
    assert [s._.stance for s in sentences] == stance.predict([s.text for s in sentences])
    assert sentences[0]._.stance.label == "condemnatory"
    assert sentences[0][0:2]._.stance is None


def test_options(nlp):
    nlp.add_pipe("stance", config={"min_confidence": 1.0})
    assert [s._.stance.label for s in nlp(TEXT).sents] == [None] * 3


def test_a_doc_can_be_stored(nlp):
    nlp.add_pipe("stance")
    doc = nlp(TEXT)
    again = spacy.tokens.Doc(nlp.vocab).from_bytes(doc.to_bytes())
    assert [s._.stance for s in again.sents] == [s._.stance for s in doc.sents]


def test_many_docs_at_once(nlp):
    nlp.add_pipe("stance")
    assert [next(doc.sents)._.stance.label for doc in nlp.pipe([TEXT, "We met.", TEXT])] == [
        "condemnatory",
        "neutral",
        "condemnatory",
    ]


def test_a_pipeline_without_sentences_is_told():
    import stance.spacy_component  # noqa: F401

    nlp = spacy.blank("en")
    nlp.add_pipe("stance")
    with pytest.raises(InputError, match="sentencizer"):
        nlp(TEXT)


def test_the_entry_point_names_the_factory():
    from stance.spacy_component import make_component

    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
    entry = project["project"]["entry-points"]["spacy_factories"]["stance"]
    assert entry == f"{make_component.__module__}:{make_component.__name__}"
