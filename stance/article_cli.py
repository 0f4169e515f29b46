"""The options and output of `stance tag` for articles: read each file, tag it, print or write. One failure stops no other."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .records import DataError, InputError, StanceError

if TYPE_CHECKING:
    from .article import Article
    from .model import StanceModel


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that concern articles, as a group of their own in `stance tag --help`."""
    group = parser.add_argument_group("articles (.txt .html .docx .pdf, folders of these, or - for stdin)")
    group.add_argument("--html", metavar="PAGE", help="write a page to read (a folder of pages for several articles)")
    group.add_argument("--csv", action="store_true", help="a CSV table, one row a statement (also where OUT ends in .csv)")


def run(options: argparse.Namespace) -> int:
    """Tag the articles; exit status 1 where one of them could not be read."""
    from .files import expand
    from .model import load

    form = _form(options)
    sources = expand(options.file)
    _refuse_overwriting(options, sources)
    model = load(options.model)
    articles, failed = [], 0
    for source in sources:
        try:
            articles.append(_tagged(source, model, options.min_confidence))
        except StanceError as error:
            if len(sources) == 1:
                raise
            failed += 1
            print(f"stance: error: {error}", file=sys.stderr)
    if articles and options.html:
        _write_pages(Path(options.html), articles, len(sources) > 1, model)
    if options.output:
        _write(Path(options.output), _rendered(articles, form, colour=False))
    elif not options.html or form != "text":
        sys.stdout.write(_rendered(articles, form, colour=_in_colour()))
    return 1 if failed else 0


def _form(options: argparse.Namespace) -> str:
    """json, csv or text: by option, else by the suffix of OUT."""
    if options.json and options.csv:
        raise InputError("--json and --csv exclude each other; give one of them")
    suffix = Path(options.output or "").suffix.lower()
    if options.json or suffix in (".json", ".jsonl"):
        return "json"
    return "csv" if options.csv or suffix == ".csv" else "text"


def _tagged(source: str, model: StanceModel, min_confidence: float | None) -> Article:
    from .article import tag
    from .files import read

    document = read(source)
    for note in document.notes:
        print(f"stance: {document.name}: {note}", file=sys.stderr)
    name = "stdin" if source == "-" else source
    return tag(document.text, model=model, min_confidence=min_confidence, name=name, kinds=document.kinds)


def _refuse_overwriting(options: argparse.Namespace, sources: Sequence[str]) -> None:
    inputs = {Path(source).resolve() for source in sources if source != "-"}
    for target in (options.output, options.html):
        if not target:
            continue
        path = Path(target)
        if path.resolve() in inputs:
            raise InputError(f"{target}: is an input of this run; write to another file")
        if path.is_file() and not options.force:
            raise InputError(f"{target}: exists already; add --force to replace it")


def sample_lines(model: StanceModel, folder: str | Path) -> list[str]:
    """The sample article of the project's data as `model` tags it: its statements and the table of speakers, for the terminal."""
    from .article import tag
    from .terminal import article_lines

    path = Path(folder) / "examples" / "article.txt"
    if not path.is_file():
        return []
    article = tag(path.read_text(encoding="utf-8"), model=model, name=f"sample article {path.name}")
    return ["", *article_lines(article, colour=_in_colour(), brief=True)]


# ---- output -----------------------------------------------------------------------------------------


def _rendered(articles: Sequence[Article], form: str, *, colour: bool) -> str:
    if form == "json":
        return "".join(json.dumps(article.to_dict(), ensure_ascii=False) + "\n" for article in articles)
    if form == "csv":
        return _table(articles)
    from .terminal import article_lines

    blocks = ["\n".join(article_lines(article, colour=colour)) for article in articles]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _table(articles: Sequence[Article]) -> str:
    """The statements as CSV, safe to open in a spreadsheet (`stance.spreadsheet.unescape` gives the exact text back)."""
    from .article import columns
    from .spreadsheet import escape

    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    labels = articles[0].labels if articles else ()
    writer.writerow(["file", *columns(labels)])
    for name, row in _rows(articles):
        writer.writerow([escape(cell) if isinstance(cell, str) else cell for cell in (name, *row)])
    return out.getvalue()


def _rows(articles: Sequence[Article]) -> Iterator[tuple[str, list[object]]]:
    from .article import columns, flat

    for article in articles:
        names = columns(article.labels)
        for statement in article.statements:
            row = flat(statement)
            yield article.name, ["" if row[name] is None else row[name] for name in names]


def _write_pages(target: Path, articles: Sequence[Article], several: bool, model: StanceModel) -> None:
    from .page import page

    if not several:
        _write(target, page(articles[0], model))
        return
    target.mkdir(parents=True, exist_ok=True)
    used: set[str] = set()
    for article in articles:
        stem = Path(article.name).name
        n = 1
        while stem in used:
            n += 1
            stem = f"{Path(article.name).name}-{n}"
        used.add(stem)
        _write(target / f"{stem}.html", page(article, model))


def _write(path: Path, text: str) -> None:
    """Write the whole file or nothing: beside it first, then renamed."""
    aside = path.with_name(f"{path.name}.part{os.getpid()}")
    try:
        aside.write_bytes(text.encode("utf-8", "replace"))
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise DataError(f"{path}: cannot be written ({error.strerror}); give a place in a folder that exists") from None


def _in_colour() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
