"""Labelled CSV files → a checked DataFrame; near-duplicates, the frozen test split, the knowledge tables.

Reads `data/` (or a user's own labelled file) and hands on a DataFrame with the columns of `COLUMNS`.
Every fault is gathered before one DataError names the first ten.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .encoding import decode, read_bytes
from .entries import Entries
from .features import ANY_CASE, EXACT, TEMPLATES, Analyzer, expression_entry, name_entry
from .records import LABELS, DataError

COLUMNS = ("id", "text", "label", "secondary", "group", "kind", "genre", "topic")
TEST_SHARE = 10  # one group in ten is test
LEAKAGE = 0.8  # Jaccard similarity of word 5-grams from which two sentences are near-duplicates
_SHOWN = 10
_CELL_LIMIT = 10_000


def read_labelled(path: str | Path, labels: Sequence[str] | None = None) -> pd.DataFrame:
    """The rows of a labelled CSV, all columns of COLUMNS present and filled where a default is honest.

    `text` and `label` must be there; `group` falls back to `doc`, then to one group a row. With `labels`
    every label must be one of them. Raises DataError naming file, row, column and reason for the first ten faults.
    """
    text, _ = decode(read_bytes(path), str(path))
    if "\0" in text:
        raise DataError(f"{path}: holds NUL characters; save it as plain UTF-8 text")
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.line_num}: {error}; check the quotation marks around it") from None
    if not rows:
        raise DataError(f"{path}: is empty; a header with the columns text and label is needed")
    header = [name.strip() for name in rows[0][1]]
    doubled = [name for name, n in Counter(header).items() if n > 1]
    missing = [name for name in ("text", "label") if name not in header]
    if doubled or missing:
        reason = f"column {doubled[0]!r} stands twice" if doubled else f"no column {missing[0]!r}"
        raise DataError(f"{path}: row 1: {reason}; columns found: {', '.join(header)[:200]}")
    if len(rows) == 1:
        raise DataError(f"{path}: holds a header but no rows; add labelled sentences")
    faults = _row_faults(header, rows[1:], labels)
    if faults:
        shown = "".join(f"\n  {fault}" for fault in faults[:_SHOWN])
        more = f"\n  … and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise DataError(f"{path}: {len(faults)} fault{'s' * (len(faults) > 1)}; mend these rows:{shown}{more}")
    frame = pd.DataFrame([row for _, row in rows[1:]], columns=header, dtype=str)
    return _with_all_columns(frame)


def _row_faults(header: list[str], rows: list[tuple[int, list[str]]], labels: Sequence[str] | None) -> list[str]:
    faults: list[str] = []
    seen: dict[str, int] = {}
    place = {name: i for i, name in enumerate(header)}
    for number, row in rows:
        if len(row) != len(header):
            faults.append(f"row {number}: {len(row)} cells, the header has {len(header)}")
            continue
        text, label = row[place["text"]], row[place["label"]]
        if not text.strip():
            faults.append(f"row {number}, column text: empty")
        elif len(text) > _CELL_LIMIT:
            faults.append(f"row {number}, column text: {len(text)} characters, at most {_CELL_LIMIT}")
        if not label.strip():
            faults.append(f"row {number}, column label: empty")
        for column in ("label", "secondary"):
            value = row[place[column]] if column in place else ""
            if labels is not None and value and value not in labels:
                faults.append(f"row {number}, column {column}: {value!r} is not one of {', '.join(labels)}")
        if "secondary" in place and label and row[place["secondary"]] == label:
            faults.append(f"row {number}, column secondary: the same as the label")
        if "id" in place and row[place["id"]]:
            first = seen.setdefault(row[place["id"]], number)
            if first != number:
                faults.append(f"row {number}, column id: {row[place['id']]!r} stands in row {first} already")
    return faults


def _with_all_columns(frame: pd.DataFrame) -> pd.DataFrame:
    if "group" not in frame:
        frame["group"] = frame["doc"] if "doc" in frame else [f"row-{i}" for i in range(len(frame))]
    frame.loc[frame["group"] == "", "group"] = [f"row-{i}" for i in frame.index[frame["group"] == ""]]
    for column in COLUMNS:
        if column not in frame:
            frame[column] = [text_id(text) for text in frame["text"]] if column == "id" else ""
    extra = [column for column in frame if column not in COLUMNS]
    return frame[[*COLUMNS, *extra]]


def text_id(text: str) -> str:
    """Twelve hexadecimal digits that belong to this text alone."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def label_order(found: Iterable[str]) -> list[str]:
    """LABELS where the labels are the four stances, else sorted by the alphabet."""
    names = set(found)
    return list(LABELS) if names <= set(LABELS) else sorted(names)


# ---- splits and leakage ---------------------------------------------------------------------------


def is_test_group(group: str) -> bool:
    """True for the groups of the frozen test split: one in ten, by a hash that no later data can move."""
    return int(hashlib.sha256(f"stance-test:{group}".encode()).hexdigest()[:8], 16) % TEST_SHARE == 0


@dataclass(frozen=True)
class NearDuplicate:
    """Two rows (positions) of different groups whose word 5-grams overlap by `similarity` (Jaccard)."""

    first: int
    second: int
    similarity: float


def near_duplicates(
    texts: Sequence[str], groups: Sequence[str], *, threshold: float = LEAKAGE, within: bool = False
) -> list[NearDuplicate]:
    """Pairs of sentences of different groups (with `within`: of any groups) that say nearly the same in the same words."""
    index: dict[str, list[int]] = defaultdict(list)
    sizes: list[int] = []
    found: list[NearDuplicate] = []
    for i, text in enumerate(texts):
        words = re.findall(r"\w+", text.lower())
        grams = {" ".join(words[k : k + 5]) for k in range(len(words) - 4)} or {" ".join(words)}
        shared = Counter(j for gram in grams for j in index[gram])
        for j, n in shared.items():
            similarity = n / (len(grams) + sizes[j] - n)
            if similarity >= threshold and (within or groups[i] != groups[j]):
                found.append(NearDuplicate(j, i, similarity))
        sizes.append(len(grams))
        for gram in grams:
            index[gram].append(i)
    return found


def refuse_leakage(frame: pd.DataFrame, where: str) -> None:
    """Raise DataError if near-duplicate sentences stand in different groups: a split could part them."""
    pairs = near_duplicates(frame["text"].tolist(), frame["group"].tolist())
    if pairs:
        shown = "".join(
            f"\n  rows {p.first + 2} and {p.second + 2}: {frame['text'].iloc[p.second][:80]!r}" for p in pairs[:_SHOWN]
        )
        raise DataError(
            f"{where}: {len(pairs)} near-duplicates in different groups would leak between the sides of a split; "
            f"delete one of each or give both the same group:{shown}"
        )


# ---- knowledge tables -----------------------------------------------------------------------------


def _table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    text, _ = decode(read_bytes(path), str(path))
    reader = csv.DictReader(io.StringIO(text, newline=""))
    absent = set(columns) - set(reader.fieldnames or ())
    if absent:
        raise DataError(f"{path}: no column {sorted(absent)[0]!r}; columns found: {reader.fieldnames}")
    return list(reader)


def common_words(texts: Iterable[str], groups: Iterable[str], sources: int = 3) -> set[str]:
    """Words written in lower case in at least `sources` groups: capitalised words outside them count as names."""
    where: dict[str, set[str]] = defaultdict(set)
    for text, group in zip(texts, groups, strict=True):
        for word in re.findall(r"(?<![\w.])[^\W\d_]+", text):
            if word.islower():
                where[word].add(group)
    return {word for word, found in where.items() if len(found) >= sources}


def knowledge_folder() -> Path:
    """The folder of the project's own tables: beside the package in a checkout, inside it once installed."""
    package = Path(__file__).parent
    inside = package / "data"
    return inside if inside.is_dir() else package.parent / "data"


def read_lexicon(folder: Path) -> dict[str, str]:
    """Expression → class, the classes that bear on the stance in capitals (lexicon.csv, lexicon_classes.csv)."""
    groups = {row["class"]: row["group"] for row in _table(folder / "lexicon_classes.csv", ("class", "group"))}
    rows = _table(folder / "lexicon.csv", ("expression", "class"))
    unknown = sorted({row["class"] for row in rows} - set(groups))
    if unknown:
        raise DataError(f"{folder / 'lexicon.csv'}: class {unknown[0]!r} is not in lexicon_classes.csv; add it there")
    return {row["expression"]: row["class"] if groups[row["class"]] == "background" else row["class"].upper() for row in rows}


def build_analyzer(frame: pd.DataFrame, templates: Sequence[str] = TEMPLATES, folder: Path | None = None) -> Analyzer:
    """The analyzer for these sentences: names, lexicon and irregular forms from the project's tables."""
    folder = folder or knowledge_folder()
    irregular = {row["form"]: row["lemma"] for row in _table(folder / "irregular.csv", ("form", "lemma"))}
    names = [(row["name"], row["case"] == "exact") for row in _table(folder / "names.csv", ("name", "case"))]
    lexicon: dict[str, str] = {}
    for expression, label in read_lexicon(folder).items():
        lexicon.setdefault(expression_entry(expression, irregular), label)
    return Analyzer(
        templates,
        names=Entries.of({name_entry(name, exact): EXACT if exact else ANY_CASE for name, exact in names}),
        common=common_words(frame["text"], frame["group"]),
        lexicon=Entries.of(lexicon),
        irregular=irregular,
    )


def data_hash(frame: pd.DataFrame) -> str:
    """SHA-256 over text, label and group of all rows, in order: names the data a model was trained on."""
    digest = hashlib.sha256()
    for row in zip(frame["text"], frame["label"], frame["group"], strict=True):
        digest.update("\x1f".join(row).encode("utf-8", "replace") + b"\x1e")
    return digest.hexdigest()
