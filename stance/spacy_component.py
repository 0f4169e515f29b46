"""A spaCy component: `nlp.add_pipe("stance")` after anything that finds sentences, then `sent._.stance.label`.

Needs spaCy (`pip install "stance[spacy]"`), which finds the component by itself through its entry point.
"""

from __future__ import annotations

from typing import Any

from spacy.language import Language
from spacy.tokens import Span

from .model import load
from .records import InputError, Prediction

_KEY = "stance"


def _prediction(sentence: Span) -> Prediction | None:
    """The prediction of a whole sentence; None for any other span."""
    found = sentence.doc.user_data.get(_KEY, {}).get(f"{sentence.start}:{sentence.end}")
    return found and Prediction(**found)


@Language.factory("stance", default_config={"model": None, "min_confidence": None})
def make_component(nlp: Language, name: str, model: str | None, min_confidence: float | None) -> Any:
    """A function that predicts the stance of each sentence of a Doc; read it from `sent._.stance` (a `Prediction`)."""
    Span.set_extension("stance", getter=_prediction, force=True)
    chosen = load(model)

    def component(doc: Any) -> Any:
        if not doc.has_annotation("SENT_START"):
            raise InputError('the stance component needs sentences; add nlp.add_pipe("sentencizer") before it')
        sentences = list(doc.sents)
        found = chosen.predict([sentence.text for sentence in sentences], min_confidence=min_confidence)
        rows = zip(sentences, found, strict=True)
        doc.user_data[_KEY] = {f"{s.start}:{s.end}": _plain(prediction) for s, prediction in rows}
        return doc

    return component


def _plain(prediction: Prediction) -> dict[str, object]:
    """The fields as plain values, so that a Doc can be written to disk and sent between processes."""
    fields = prediction.to_dict()
    del fields["confidence"]
    return fields
