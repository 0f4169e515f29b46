"""Tag each sentence of diplomatic text as supportive, conciliatory, condemnatory or neutral.

>>> import stance
>>> stance.predict("The minister condemned the attack in the strongest terms.").label
'condemnatory'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .model import StanceModel, load
from .records import LABELS, DataError, Explanation, InputError, ModelError, Prediction, StanceError, Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .article import Article

__version__ = "0.1.0"
__all__ = [
    "LABELS",
    "Article",
    "DataError",
    "Explanation",
    "InputError",
    "ModelError",
    "Prediction",
    "StanceError",
    "StanceModel",
    "Statement",
    "load",
    "predict",
    "tag",
]


def predict(texts: Any, *, min_confidence: float | None = None) -> Any:
    """`StanceModel.predict` of the shipped model: str → Prediction, list → list, Series → DataFrame."""
    return load().predict(texts, min_confidence=min_confidence)


def tag(
    text: str,
    *,
    model: StanceModel | None = None,
    min_confidence: float | None = None,
    name: str = "",
    kinds: Mapping[int, str] | None = None,
) -> Article:
    """The statements of a document with kind of line, speaker and stance: `stance.article.tag`."""
    from . import article

    return article.tag(text, model=model, min_confidence=min_confidence, name=name, kinds=kinds)


def __getattr__(name: str) -> Any:
    if name == "Article":  # loaded when asked for: one prediction needs none of it
        from .article import Article

        return Article
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
