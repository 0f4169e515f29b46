"""Tag each sentence of diplomatic text as supportive, conciliatory, condemnatory or neutral.

>>> import stance
>>> stance.predict("The minister condemned the attack in the strongest terms.").label
'condemnatory'
"""

from __future__ import annotations

from typing import Any

from .article import Article, tag
from .model import StanceModel, load
from .records import LABELS, DataError, Explanation, InputError, ModelError, Prediction, StanceError, Statement

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
