"""Parquet in and out, through pyarrow (`pip install "stance[parquet]"`), a batch of rows at a time.

Chunks and parts travel as Arrow streams, so that every column keeps its type; `finish` turns the parts of a
finished run into one Parquet file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import IO, Any

from .plan import Chunk, Fault, Plan, Rows, Scores
from .records import DataError
from .rows import CsvRows
from .spreadsheet import csv_rows
from .tables import arrow

ROWS = 4_096
_GROUP_ROWS = 2**17
_SAMPLE = 100


def _packed(batch: Any) -> bytes:
    pa = arrow()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write(batch)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def _unpacked(data: bytes) -> Any:
    return arrow().ipc.open_stream(data).read_all()


class ParquetTable:
    """A Parquet file, read in batches of rows."""

    kind, delimiter = "parquet", ","

    def __init__(self, name: str) -> None:
        pa = arrow()
        import pyarrow.parquet as pq

        try:
            self._file = pq.ParquetFile(name, pre_buffer=False, buffer_size=2**20)
        except (OSError, pa.ArrowException) as error:
            reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise DataError(f"{name}: cannot be read as Parquet ({reason}); check the path and the file") from None
        self.name = name
        self.schema = self._file.schema_arrow
        self.columns = tuple(self.schema.names)
        doubled = [column for i, column in enumerate(self.columns) if column in self.columns[:i]]
        if doubled:
            raise DataError(f"{name}: column {doubled[0]!r} stands twice; rename one")

    def _batches(self, rows: int) -> Iterator[Any]:
        pa = arrow()
        try:
            yield from self._file.iter_batches(batch_size=rows, use_threads=False)
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{self.name}: is damaged ({str(error).splitlines()[0]}); fetch it again") from None

    def chunks(self, counted: bool = True) -> Iterator[Chunk]:
        """All rows, in order."""
        total, n = self._file.metadata.num_rows, 0
        for batch in self._batches(ROWS):
            n += batch.num_rows
            yield Chunk(_packed(batch), batch.num_rows, "", n / total)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def sample(self) -> list[dict[str, Any]]:
        """The first rows as dicts, of the columns that hold text."""
        texts = [field.name for field in self.schema if is_text(field.type)]
        for batch in self._file.iter_batches(batch_size=_SAMPLE, columns=texts):
            return batch.to_pylist()  # type: ignore[no-any-return]
        return []


def is_text(kind: Any) -> bool:
    """Whether an Arrow type holds strings (also as a dictionary)."""
    types = arrow().types
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


class ArrowRows:
    """The rows of one batch, as an Arrow table."""

    def __init__(self, plan: Plan, table: Any, texts: list[str]) -> None:
        self._plan, self.table, self.texts = plan, table, texts
        self.faults: dict[int, Fault] = {}

    @classmethod
    def parse(cls, plan: Plan, data: bytes) -> ArrowRows:
        """The rows of a chunk; a null text is an empty one."""
        table = _unpacked(data)
        values = table[plan.column].to_pylist()
        return cls(plan, table, [value or "" for value in values])

    def repeated(self, places: Sequence[int], texts: Sequence[str]) -> ArrowRows:
        """The rows at `places` with other texts."""
        pa = arrow()
        column = self._plan.column
        at = self.table.schema.get_field_index(column)
        table = self.table.take(pa.array(places, pa.int64())).set_column(at, column, pa.array(texts, pa.string()))
        return ArrowRows(self._plan, table, list(texts))

    def csv_heads(self) -> list[str]:
        """Each row as CSV; nulls are empty, times as ISO, lists as Python writes them."""
        columns = [column.to_pylist() for column in self.table.columns]
        rows = [[value if value is None else str(value) for value in row] for row in zip(*columns, strict=True)]
        return csv_rows(rows, self._plan.delimiter, self._plan.csv_safe)

    def json_heads(self) -> list[str]:
        """Each row as a JSON object without its closing brace; values JSON does not know are written as strings."""
        return [_json(row)[:-1] for row in self.table.to_pylist()]


def _json(row: dict[str, Any]) -> str:
    """One JSON object; NaN and infinity, which JSON does not have, become null."""
    try:
        return json.dumps(row, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        plain = json.loads(json.dumps(row, default=str), parse_constant=lambda _: None)
        return json.dumps(plain, ensure_ascii=False)


def output_schema(plan: Plan, source: Any) -> Any:
    """The schema of the output: that of the input (strings, where it was text), then the added columns."""
    pa = arrow()
    schema = source if source is not None else pa.schema([(name, pa.string()) for name in plan.columns])
    if plan.split:
        schema = schema.set(schema.get_field_index(plan.column), pa.field(plan.column, pa.string()))
    kinds = {"row": pa.int64(), "start": pa.int64(), "end": pa.int64(), "confidence": pa.float64(), "known": pa.float64()}
    for name in plan.added:
        plain = name.removeprefix(plan.prefix)
        kind = pa.float64() if plain.startswith("p_") else kinds.get(plain, pa.string())
        schema = schema.append(pa.field(name, kind))
    return schema


def render(plan: Plan, rows: Rows, scores: Scores) -> bytes:
    """The rows and the added columns as an Arrow stream, with its length in front."""
    pa = arrow()
    source: Any = None
    if isinstance(rows, ArrowRows):
        source, columns = rows.table.schema, rows.table.columns
    else:
        lines = rows.lines if isinstance(rows, CsvRows) else []
        columns = [pa.array(cells, pa.string()) for cells in zip(*lines, strict=True)]
    spans = list(zip(*scores.spans, strict=True)) if plan.split else []
    labels = [label or None for label in scores.labels]
    errors = [] if plan.strict else [[rows.faults[i].reason if i in rows.faults else None for i in range(len(labels))]]
    schema = output_schema(plan, source)
    fields = list(schema)[len(plan.columns) :]
    numbers = [pa.array(column, from_pandas=True) for column in scores.numbers.T]  # NaN becomes null
    arrays = [*(pa.array(values) for values in [*spans, labels]), *numbers, *(pa.array(values) for values in errors)]
    added = [values.cast(field.type) for values, field in zip(arrays, fields, strict=True)]
    data = _packed(pa.Table.from_arrays([*columns, *added], schema=schema).combine_chunks())
    return len(data).to_bytes(8, "little") + data


def finish(parts: IO[bytes], target: str, plan: Plan, source: Any) -> None:
    """Write the parts (as `render` made them, one after the other) into the Parquet file `target`."""
    pa = arrow()
    import pyarrow.parquet as pq

    schema = output_schema(plan, source)
    few_values = [field.name for field in schema if not pa.types.is_floating(field.type)]
    with pq.ParquetWriter(target, schema, use_dictionary=few_values) as writer:
        waiting: list[Any] = []
        n = 0
        while head := parts.read(8):
            table = _unpacked(parts.read(int.from_bytes(head, "little")))
            waiting.append(table)
            n += table.num_rows
            if n >= _GROUP_ROWS:
                writer.write_table(pa.concat_tables(waiting))
                waiting, n = [], 0
        if waiting:
            writer.write_table(pa.concat_tables(waiting))
