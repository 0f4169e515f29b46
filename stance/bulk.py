"""Tag a table of any size: chunks in, parts out, on one core, all cores or a Dask cluster, with the same bytes each time.

`tag_table` reads with `tables` and `parquet`, hands chunks to `tagging.tag_chunk` and appends what comes back to an
`output` that can be gone on with after a crash. Memory does not grow with the table.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from .model import default_folder
from .output import FileOutput, StreamOutput, open_output
from .plan import FORMATS, Chunk, Part, Plan, Table, split_suffix
from .records import DataError, InputError
from .tables import TextTable, open_bytes
from .tagging import csv_header, model_hash, model_of, packed, tag_chunk

_CHECKPOINT_SECONDS = 1.0
_WINDOW_CHUNKS, _WINDOW_BYTES = 32, 2**25  # a job; in all
_AHEAD = 4  # chunks on their way for each thread of a cluster
_SHOWN_FAULTS = 10
_WORKER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Options:
    """What to make of a table; each field is the option of `stance tag` of that name."""

    column: str | None = None
    model: str | None = None
    prefix: str = ""
    split: bool = False
    min_confidence: float | None = None
    csv_safe: bool = True
    strict: bool = False
    encoding: str | None = None
    format: str = ""


@dataclass
class Summary:
    """What a run did: rows read, labels given, rows without a label by kind of fault, the first faults in full."""

    rows: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    first_faults: list[str] = field(default_factory=list)
    done: float | None = None
    column: str = ""
    seconds: float = 0.0

    def add(self, part: Part, where: str) -> None:
        """Count one part; `where` begins the line of each fault."""
        for fault in part.faults:
            self.faults[fault.kind] += 1
            if len(self.first_faults) < _SHOWN_FAULTS:
                self.first_faults.append(f"{where}: row {self.rows + fault.row + 1}, column {self.column!r}: {fault.reason}")
        self.labels.update(part.labels)
        self.rows += part.rows
        self.done = part.done


Progress = Callable[[Summary], None]


def tag_table(
    source: str | Path,
    out: str | Path,
    options: Options | None = None,
    *,
    jobs: int | None = 1,
    scheduler: str | None = None,
    resume: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Tag each row of the table `source` ("-": stdin) into `out` ("-": stdout) and return the counts.

    `jobs` processes share the work (-1: one a core; None: what `joblib.parallel_config` says), or a Dask cluster at
    `scheduler`. The bytes written depend on none of that. Raises StanceError, one line: file, row, column, reason.
    """
    began = time.monotonic()
    source, out, options = str(source), str(out), options or Options()
    if jobs == 0:
        raise InputError("jobs is 0; give 1 or more, or -1 for one a core")
    if resume and "-" in (source, out):
        raise InputError("a run from stdin or to stdout cannot be resumed; give files")
    with closing(open_table(source, options.format, options.encoding)) as table:
        plan = make_plan(table, source, out, options)
        summary = Summary(column=plan.column)
        with closing(open_output(out, source, _identity(plan), force=force, resume=resume)) as output:
            if not output.finished:
                _run(table, plan, output, summary, jobs, scheduler, progress or (lambda _: None))
                summary.seconds = time.monotonic() - began
    return summary


# ---- what to do ---------------------------------------------------------------------------------


def open_table(source: str, kind: str = "", encoding: str | None = None) -> Table:
    """The table in the file `source` ("-": stdin). DataError where it is missing, not a table, or empty."""
    found, compression = split_suffix(source) if source != "-" else ("", "")
    kind = kind or found
    if not kind:
        raise DataError(f"{source}: the name does not say what table it is; add --format {'|'.join(FORMATS)}")
    if kind == "parquet":
        from .parquet import ParquetTable

        if source == "-" or compression:
            raise DataError(f"{source}: Parquet is read from a plain file; give the path of one")
        return ParquetTable(source)
    stream = open_bytes(source, compression)
    try:
        return TextTable(source, kind, stream, encoding)
    except DataError:
        stream.close()
        raise


def make_plan(table: Table, source: str, out: str, options: Options) -> Plan:
    """Everything that decides what comes out. DataError where a column is missing, clashes or cannot be guessed."""
    if options.min_confidence is not None and not 0 <= options.min_confidence <= 1:
        raise InputError(f"min_confidence is {options.min_confidence!r}; give a number from 0 to 1")
    streamed = out == "-" or (Path(out).exists() and not Path(out).is_file())  # a folder is refused by `open_output`
    output, compression = (table.kind, "") if streamed else split_suffix(out)
    if not output:
        raise DataError(f"{out}: the name does not say what to write; end it in .{', .'.join(FORMATS)}")
    if table.kind == "jsonl" and output != "jsonl":
        raise DataError(f"{out}: JSON lines come out as JSON lines only; give a name that ends in .jsonl")
    if output == "parquet" and (compression or streamed):
        raise DataError(f"{out}: Parquet is written to a plain file and packs itself; give a name that ends in .parquet")
    folder = Path(options.model or default_folder())
    digest = model_hash(folder)
    plan = Plan(
        source=source,
        kind=table.kind,
        output=output,
        delimiter=table.delimiter if table.kind == output else "\t" if output == "tsv" else ",",
        read_delimiter=table.delimiter,
        compression=compression,
        columns=table.columns,
        column=text_column(table, source, options.column),
        labels=model_of(str(folder), digest).labels,
        model=str(Path(folder).absolute()) if options.model else None,
        model_hash=digest,
        prefix=options.prefix,
        min_confidence=options.min_confidence,
        csv_safe=options.csv_safe and output in ("csv", "tsv"),
        strict=options.strict,
        split=options.split,
    )
    present = set(table.columns) or {key for row in table.sample()[:1] for key in row}
    if clash := [name for name in plan.added if name in present]:
        raise DataError(f"{source}: column {clash[0]!r} stands there already; add --prefix stance_ or rename it")
    return plan


def _identity(plan: Plan) -> dict[str, Any]:
    """What must be the same for a run to be gone on with: each key is the word that a refusal says."""
    from . import __version__

    options = {name: value for name, value in asdict(plan).items() if name not in ("source", "model", "model_hash")}
    found = {"version of stance": __version__, "model": plan.model_hash, "set of options": json.loads(json.dumps(options))}
    if plan.source != "-":
        status = os.stat(plan.source)
        found["input (size or date changed)"] = [status.st_size, status.st_mtime_ns]
    return found


def text_column(table: Table, name: str, asked: str | None) -> str:
    """The column to classify: the one asked for, a column `text` or `sentence`, or the only one that holds sentences."""
    sample = table.sample()
    columns = list(table.columns) or list(dict.fromkeys(key for row in sample for key in row))
    if asked is not None:
        if asked not in columns and (table.columns or sample):
            raise DataError(f"{name}: no column {asked!r}; columns found: {_listed(columns)}")
        return asked
    if len(columns) == 1:
        return columns[0]
    named = [column for column in columns if column.strip().lower() in ("text", "sentence")]
    found = named if len(named) == 1 else [c for c in columns if _holds_sentences([row.get(c) for row in sample])]
    if len(found) == 1:
        return found[0]
    reason = f"{len(found)} columns hold text ({_listed(found)})" if found else "no column looks like text"
    raise DataError(f"{name}: {reason}; name one with --column. Columns found: {_listed(columns)}")


def _holds_sentences(values: Sequence[object]) -> bool:
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    return bool(texts) and 2 * sum(text.count(" ") >= 3 for text in texts) > len(texts)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)[:200] or "none"


# ---- the loop -----------------------------------------------------------------------------------


def _run(
    table: Table,
    plan: Plan,
    output: FileOutput | StreamOutput,
    summary: Summary,
    jobs: int | None,
    scheduler: str | None,
    progress: Progress,
) -> None:
    chunks = table.chunks(counted=plan.split)  # only the column `row` needs the numbers beforehand
    state = _State(summary)
    if output.state:
        state.go_on(output.state, chunks, plan.source)
    elif plan.output != "parquet":
        output.write(packed(csv_header(plan) if plan.output != "jsonl" else b"", plan.compression))
    saved = time.monotonic()
    with _workers(jobs, scheduler) as work:
        for part in work(plan, _numbered(chunks, summary.rows + 1)):
            if plan.strict and part.faults:
                summary.add(part, plan.source)
                output.discard()
                raise DataError(f"{summary.first_faults[0]}; mend it, or leave out --strict")
            output.write(part.data)
            state.add(part, plan.source)
            if time.monotonic() - saved >= _CHECKPOINT_SECONDS:
                output.checkpoint(state.record())
                saved = time.monotonic()
            progress(summary)
    output.finish(state.record(), _converter(table, plan))


class _State:
    """How far a run has come, as a checkpoint records it: `chain` names all chunks tagged so far, in order."""

    def __init__(self, summary: Summary) -> None:
        self.summary, self.chunks, self.chain = summary, 0, ""

    def _link(self, digest: str) -> None:
        self.chunks += 1
        self.chain = hashlib.sha256(f"{self.chain} {digest}".encode()).hexdigest()

    def add(self, part: Part, where: str) -> None:
        self._link(part.digest)
        self.summary.add(part, where)

    def record(self) -> dict[str, Any]:
        s = self.summary
        counts = {"rows": s.rows, "labels": dict(s.labels), "faults": dict(s.faults), "first_faults": s.first_faults}
        return {"chunks": self.chunks, "chain": self.chain, **counts}

    def go_on(self, record: Mapping[str, Any], chunks: Iterator[Chunk], where: str) -> None:
        """Take over a record and pass over its chunks; DataError where they are not the ones it was made from."""
        for chunk in islice(chunks, record["chunks"]):
            self._link(chunk.digest())
        if self.chain != record["chain"]:
            raise DataError(f"{where}: has changed since the unfinished run; begin anew with --force")
        s = self.summary
        s.rows, s.labels, s.faults = record["rows"], Counter(record["labels"]), Counter(record["faults"])
        s.first_faults = list(record["first_faults"])


def _numbered(chunks: Iterable[Chunk], first: int) -> Iterator[tuple[Chunk, int]]:
    for chunk in chunks:
        yield chunk, first
        first += chunk.rows


def _converter(table: Table, plan: Plan) -> Callable[[Any, str], None] | None:
    if plan.output != "parquet":
        return None
    from .parquet import finish

    return lambda parts, path: finish(parts, path, plan, getattr(table, "schema", None))


Work = Callable[[Plan, Iterator[tuple[Chunk, int]]], Iterator[Part]]
"""Tags chunks somewhere and gives the parts in the order of the chunks."""


@contextmanager
def _workers(jobs: int | None, scheduler: str | None) -> Iterator[Work]:
    """Where the work is done: here, in processes of joblib's, or on a Dask cluster."""
    if scheduler is not None:
        with _cluster(scheduler) as client:
            yield lambda plan, chunks: _over_cluster(client, plan, chunks)
    elif jobs == 1:
        yield lambda plan, chunks: (tag_chunk(plan, chunk, first) for chunk, first in chunks)
    else:
        import joblib

        with joblib.Parallel(n_jobs=jobs, return_as="generator", batch_size=1) as parallel:
            yield lambda plan, chunks: _over_processes(parallel, plan, chunks)


@contextmanager
def _cluster(scheduler: str) -> Iterator[Any]:
    try:
        import distributed
    except ImportError:
        raise DataError('--scheduler needs Dask, which is not installed: pip install "stance[dask]"') from None
    try:
        client: Any = distributed.Client(scheduler, timeout=5)
    except (OSError, ValueError) as error:
        raise DataError(f"{scheduler}: no Dask scheduler answers ({_first_line(error)}); check the address") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_WORKER_SECONDS)
        except TimeoutError:
            raise DataError(f"{scheduler}: no Dask worker has joined in {_WORKER_SECONDS} s; start one") from None
        yield client


def _over_processes(parallel: Any, plan: Plan, chunks: Iterator[tuple[Chunk, int]]) -> Iterator[Part]:
    """The parts by joblib. Work is handed out in windows, so that results never pile up."""
    import joblib

    workers = max(1, joblib.effective_n_jobs(parallel.n_jobs))
    call = joblib.delayed(tag_chunk)
    while window := _window(chunks, workers):
        try:
            yield from parallel(call(plan, chunk, first) for chunk, first in window)
        except RuntimeError as error:
            if type(error).__name__ not in ("TerminatedWorkerError", "BrokenProcessPool"):
                raise
            raise _killed(plan, "fewer --jobs") from None


def _over_cluster(client: Any, plan: Plan, chunks: Iterator[tuple[Chunk, int]]) -> Iterator[Part]:
    """The parts by Dask: some chunks a worker thread are always on their way, and the first is waited for.

    Dask's own futures: joblib's Dask backend waits for ever where a worker cannot import what it is to run.
    """
    from distributed import KilledWorker

    waiting: deque[Any] = deque()
    try:
        while True:
            ahead = _AHEAD * max(1, sum(client.nthreads().values()))
            for chunk, first in islice(chunks, max(0, ahead - len(waiting))):
                waiting.append(client.submit(tag_chunk, plan, chunk, first, pure=False))
            if not waiting:
                return
            yield waiting.popleft().result()
    except KilledWorker:
        raise _killed(plan, "more memory for each worker") from None
    except (RuntimeError, ImportError) as error:
        raise DataError(
            f"the cluster cannot run this ({_first_line(error.__cause__ or error)}); install the same stance on its scheduler and workers"
        ) from None


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _killed(plan: Plan, hint: str) -> DataError:
    reason = "a worker process was killed, most often for lack of memory"
    return DataError(f"{plan.source}: {reason}; run the command again with --resume and {hint}")


def _window(chunks: Iterator[tuple[Chunk, int]], workers: int) -> list[tuple[Chunk, int]]:
    """The next chunks: enough to keep all workers busy, few enough to keep memory flat."""
    window: list[tuple[Chunk, int]] = []
    total = 0
    while len(window) < 2 * workers or (len(window) < _WINDOW_CHUNKS * workers and total < _WINDOW_BYTES):
        if (item := next(chunks, None)) is None:
            break
        window.append(item)
        total += len(item[0].data)
    return window
