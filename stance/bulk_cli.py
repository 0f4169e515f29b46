"""The options and messages of `stance tag TABLE`: parse, call `bulk.tag_table`, tell on stderr what was done."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from .plan import FORMATS, split_suffix
from .records import InputError

if TYPE_CHECKING:
    from .bulk import Summary

_EVERY_SECONDS = 0.25


def is_table(file: str, form: str) -> bool:
    """Whether `stance tag` was given a table: by --format, or by the suffix of the file."""
    return bool(form or split_suffix(file)[0])


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that concern tables, as a group of their own in `stance tag --help`."""
    group = parser.add_argument_group("tables (.csv .tsv .jsonl .parquet, also .gz and .zst)")
    group.add_argument("--column", metavar="NAME", help="the column with the text (guessed where only one can be meant)")
    group.add_argument("--format", choices=FORMATS, default="", help="what the table is, where its name does not say")
    group.add_argument("--encoding", metavar="NAME", help="of a text table (default: UTF-8, or UTF-16 by its mark)")
    group.add_argument("--prefix", default="", metavar="P", help="put P before the names of the added columns")
    group.add_argument("--split", action="store_true", help="cells hold documents: one output row a sentence")
    group.add_argument("--strict", action="store_true", help="stop at the first row that cannot be classified")
    group.add_argument("--force", action="store_true", help="replace OUT, or begin an unfinished run anew")
    group.add_argument("--resume", action="store_true", help="go on with an unfinished run")
    group.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="processes (-1: one a core); the result is the same")
    group.add_argument("--scheduler", metavar="ADDRESS", help="work on the Dask cluster at tcp://…")
    group.add_argument(
        "--csv-safe",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="CSV: an apostrophe before cells that a spreadsheet would run (default: on)",
    )


def _jobs(value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        number = 0
    if number == 0:
        raise argparse.ArgumentTypeError(f"{value!r} is not a number of processes; give 1 or more, or -1 for one a core")
    return number


def run(options: argparse.Namespace) -> int:
    """Tag the table; exit status 0, also where single rows could not be classified."""
    from .bulk import Options, tag_table

    if options.json:
        raise InputError("--json is for articles; for a table give -o a name that ends in .jsonl")
    chosen = Options(
        column=options.column,
        model=options.model,
        prefix=options.prefix,
        split=options.split,
        min_confidence=options.min_confidence,
        csv_safe=options.csv_safe,
        strict=options.strict,
        encoding=options.encoding,
        format=options.format,
    )
    out = options.output or "-"
    meter = Meter() if sys.stderr.isatty() else None
    try:
        summary = tag_table(
            options.file,
            out,
            chosen,
            jobs=options.jobs,
            scheduler=options.scheduler,
            resume=options.resume,
            force=options.force,
            progress=meter,
        )
    finally:
        if meter:
            meter.clear()
    print(told(summary, out), file=sys.stderr)
    return 0


class Meter:
    """One line on stderr that is written over: rows, rows a second, time left."""

    def __init__(self) -> None:
        self._began = self._shown = time.monotonic()
        self._first: Summary | None = None
        self._rows, self._done = 0, 0.0

    def __call__(self, summary: Summary) -> None:
        """Show how far the run is, now and then."""
        now = time.monotonic()
        if self._first is None:
            self._first, self._rows, self._done = summary, summary.rows, summary.done or 0.0
            self._began = now
        if now - self._shown < _EVERY_SECONDS:
            return
        self._shown = now
        line = f"{summary.rows:,} rows  {(summary.rows - self._rows) / max(now - self._began, 1e-9):,.0f} a second"
        if summary.done is not None and summary.done > self._done:
            left = (now - self._began) * (1 - summary.done) / (summary.done - self._done)
            line += f"  {summary.done:.0%}  {duration(left)} left"
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """A time in two units at most."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def told(summary: Summary, out: str) -> str:
    """What the run did, in one line, and a line each for the first rows without a label."""
    if not summary.seconds:
        return f"stance: {out} is complete already"
    where = "stdout" if out == "-" else out
    counts = ", ".join(f"{label} {n:,}" for label, n in summary.labels.most_common()) or "no labels"
    rate = summary.rows / summary.seconds
    done = f"{summary.rows:,} rows of {summary.column!r} in {summary.seconds:.1f} s ({rate:,.0f} a second)"
    line = f"stance: {done} → {where}: {counts}"
    if not summary.faults:
        return line
    faults = ", ".join(f"{kind} {n:,}" for kind, n in summary.faults.most_common())
    total = summary.faults.total()
    more = [f"  … and {total - len(summary.first_faults):,} more"] if total > len(summary.first_faults) else []
    first = [f"  {fault}" for fault in summary.first_faults]
    return "\n".join([line, f"stance: {total:,} rows without a label: {faults}", *first, *more])
