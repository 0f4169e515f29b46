"""The records of a bulk run that cross module and process borders: what to do, a chunk to do it to, what came of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

FORMATS = ("csv", "tsv", "jsonl", "parquet")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some whole rows as bytes; `done` is the share of the input read so far (None: not known)."""

    data: bytes
    rows: int
    fault: str = ""
    done: float | None = None

    def digest(self) -> str:
        """The SHA-256 of the bytes, as hexadecimal digits."""
        return hashlib.sha256(self.data + self.fault.encode()).hexdigest()


class Table(Protocol):
    """What every kind of table offers to `bulk`."""

    kind: str
    delimiter: str
    columns: tuple[str, ...]

    def sample(self) -> list[dict[str, Any]]:
        """The first rows, to find the text column by."""

    def chunks(self, counted: bool = True) -> Iterator[Chunk]:
        """All rows, in order; to be called once. Counting them costs time; else `Chunk.rows` may be 0."""

    def close(self) -> None:
        """Let go of the file."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides what comes out for a row; the same plan and input give the same bytes."""

    source: str
    kind: str
    output: str
    delimiter: str
    read_delimiter: str
    compression: str
    columns: tuple[str, ...]
    column: str
    labels: tuple[str, ...]
    model: str | None
    model_hash: str
    prefix: str = ""
    min_confidence: float | None = None
    csv_safe: bool = False
    strict: bool = False
    split: bool = False

    @property
    def added_scores(self) -> tuple[str, ...]:
        """The names of the added columns that hold the answer: label, numbers and error."""
        names = ("label", "confidence", *(f"p_{label}" for label in self.labels), "known")
        return tuple(self.prefix + name for name in (names if self.strict else (*names, "error")))

    @property
    def added(self) -> tuple[str, ...]:
        """The names of all columns that tagging adds, in order."""
        spans = ("row", "start", "end", "kind", "speaker") if self.split else ()
        return tuple(self.prefix + name for name in spans) + self.added_scores


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of a chunk (from 0) that has no label, and why; `kind` groups them in the summary."""

    row: int
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Part:
    """What a chunk became: the bytes to write, and what to count."""

    data: bytes
    rows: int
    labels: Counter[str]
    faults: tuple[Fault, ...]
    digest: str
    done: float | None


@dataclass
class Scores:
    """The answers of one chunk: a label a row ("" where it has none), and confidence, probabilities and share known.

    `spans` has row, start, end, kind and speaker of each row where documents were split.
    """

    labels: list[str]
    numbers: np.ndarray
    spans: list[tuple[Any, ...]] = field(default_factory=list)


class Rows(Protocol):
    """Parsed rows of one chunk: the texts to classify, the faults found so far, and how to write them again."""

    texts: list[str]
    faults: dict[int, Fault]

    def repeated(self, places: Sequence[int], texts: Sequence[str]) -> Rows:
        """The rows at `places` (each as often as it stands there) with other texts; without faults."""

    def csv_heads(self) -> list[str]:
        """Each row as CSV without its line end."""

    def json_heads(self) -> list[str]:
        """Each row as a JSON object without its closing brace."""


def split_suffix(name: str) -> tuple[str, str]:
    """(format, compression) that a file name says, each "" where it says none: `a.csv.gz` → ("csv", "gz")."""
    stem, dot, last = name.lower().rpartition(".")
    compression = last if dot and last in ("gz", "zst") else ""
    suffix = (stem if compression else name.lower()).rpartition(".")[2]
    return {"ndjson": "jsonl", "pq": "parquet"}.get(suffix, suffix if suffix in FORMATS else ""), compression
