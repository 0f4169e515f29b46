"""Columns of pandas, polars and pyarrow → lists of values; predictions → a table of the same library.

None of the three is imported here before the caller has done so; polars and pyarrow are reached through narwhals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .records import InputError, Prediction

_COLUMNS = {("pandas", "Series"), ("polars", "Series"), ("pyarrow", "ChunkedArray"), ("pyarrow", "StringArray")}
_COLUMNS |= {("pyarrow", name) for name in ("LargeStringArray", "StringViewArray", "DictionaryArray", "NullArray")}


def _kind(value: object) -> tuple[str, str]:
    return type(value).__module__.partition(".")[0], type(value).__name__


def is_column(value: object) -> bool:
    """Whether `value` is a column of one of the three libraries."""
    return _kind(value) in _COLUMNS


def values(column: Any) -> list[Any]:
    """The values of a column, as Python objects."""
    if _kind(column)[0] == "pandas":
        return list(column.tolist())
    return list(column.to_pylist() if hasattr(column, "to_pylist") else _narwhals().from_native(column, series_only=True))


def frame(predictions: Sequence[Prediction], labels: Sequence[str], column: Any) -> Any:
    """A table with a row for each prediction, of the library that `column` is of; pandas keeps its index."""
    table: dict[str, list[object]] = {
        "label": [p.label for p in predictions],
        "confidence": [p.confidence for p in predictions],
        **{f"p_{label}": [p.probabilities[label] for p in predictions] for label in labels},
        "known": [p.known for p in predictions],
        "recognised": [p.recognised for p in predictions],
    }
    library = _kind(column)[0]
    if library == "pandas":
        import pandas as pd

        return pd.DataFrame(table, index=column.index)
    return _narwhals().from_dict(table, backend=library).to_native()


def _narwhals() -> Any:
    try:
        import narwhals
    except ImportError:
        raise InputError('polars and pyarrow columns need narwhals: pip install "stance[frames]", or pass a list') from None
    return narwhals
