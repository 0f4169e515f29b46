"""The commands of people who train, measure, compare and cite: each parses nothing, calls a function or two, and prints."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from . import dataset
from .model import default_folder, load
from .records import DataError
from .terminal import visible

_MODEL = "folder of a trained model (default: the shipped one)"


def train(options: argparse.Namespace) -> int:
    """`stance train`: train, evaluate and save a model."""
    from . import article_cli, training

    data = Path(options.data) if options.data else dataset.knowledge_folder()
    if options.add_default and not options.data:
        raise DataError("--add-default adds the project's sentences to yours; say with --data where yours are")
    out = Path(options.out) if options.out else Path(default_folder())
    show = training.progress_bar(training.STEPS)
    outcome = training.train(data, out, add_default=options.add_default, quote=options.quotes, progress=show)
    test = outcome.test and outcome.test.to_dict()
    found = {"folder": str(out), "seconds": outcome.seconds, "out_of_fold": outcome.out_of_fold.to_dict(), "test": test}
    text = training.summary(outcome)
    if not options.data:
        text = "\n".join([text, *article_cli.sample_lines(outcome.model, data)])
    return _told(options, found, text)


def evaluate(options: argparse.Namespace) -> int:
    """`stance evaluate`: score a model on labelled sentences; with -o write the report."""
    from . import scoring

    model = load(options.model)
    path = _data(options.data)
    frame = dataset.read_labelled(path, model.labels)
    source = {"file": path.name, "date": scoring.data_day(path)}
    evaluation = scoring.evaluate_model(model, frame, path.name, source, quote=options.quotes)
    if options.output:
        from .report import write_reports

        write_reports(_folder(options.output), model, [evaluation])
        print(f"stance: report written to {options.output}", file=sys.stderr)
    return _told(options, evaluation.to_dict(), scoring.evaluation_lines(evaluation))


def compare(options: argparse.Namespace) -> int:
    """`stance compare`: two models on the same sentences."""
    from . import comparison

    first, second = load(options.first), load(options.second)
    frame = dataset.read_labelled(_data(options.data), first.labels)
    names = (options.first, options.second)
    cautions = comparison.cautions(dataset.data_hash(frame), dict(zip(names, (first, second), strict=True)))
    if not options.data:
        frame = frame[frame["group"].map(dataset.is_test_group)].reset_index(drop=True)
    found = comparison.compare(frame, first, second, names, cautions)
    if options.output:
        from .report import render_comparison

        folder = _folder(options.output)
        text = json.dumps(found.to_dict(), indent=1, ensure_ascii=False) + "\n"
        (folder / "comparison.json").write_text(text, encoding="utf-8")
        (folder / "comparison.html").write_text(render_comparison(found.to_dict()), encoding="utf-8")
        print(f"stance: comparison written to {options.output}", file=sys.stderr)
    return _told(options, found.to_dict(), comparison.comparison_lines(found))


def cite(options: argparse.Namespace) -> int:
    """`stance cite`: how to cite a model, with its hash and figures."""
    from .citation import citation

    found = citation(Path(options.model or default_folder()))
    return _told(options, found, f"{found['text']}\n\n{found['bibtex']}")


def agreement(options: argparse.Namespace) -> int:
    """`stance agreement`: how far annotators agree, and where they do not."""
    from . import annotation

    found = annotation.agreement(annotation.read_annotations(options.file))
    return _told(options, found.to_dict(), annotation.agreement_lines(found, options.n))


def sample(options: argparse.Namespace) -> int:
    """`stance sample`: the sentences of a table worth labelling next."""
    from . import exchange, sampling

    pool = sampling.read_pool(options.file, options.column)
    found = sampling.sample(pool, load(options.model), options.by, options.n, options.seed)
    if options.output:
        _replace(options, Path(options.output))
        Path(options.output).write_text(exchange.written(found, options.output), encoding="utf-8", newline="")
        print(f"stance: {len(found)} of {len(pool)} sentences written to {options.output}", file=sys.stderr)
    elif options.json:
        print(json.dumps(found.to_dict("records"), ensure_ascii=False))
    else:
        sys.stdout.write(exchange.written(found, "stdout.csv"))
    return 0


def convert(options: argparse.Namespace) -> int:
    """`stance convert`: a table of labels to and from Label Studio and doccano."""
    from . import exchange

    _replace(options, Path(options.output))
    n = exchange.convert(options.file, options.output, suggest=options.suggest)
    print(f"stance: {n} rows written to {options.output}", file=sys.stderr)
    return 0


def _told(options: argparse.Namespace, record: Any, text: str) -> int:
    """Print the record as JSON if that was asked for, else the text, safe on a terminal."""
    print(json.dumps(record, ensure_ascii=False) if options.json else "\n".join(map(visible, text.split("\n"))))
    return 0


def _data(name: str | None) -> Path:
    return Path(name) if name else dataset.knowledge_folder() / "sentences.csv"


def _folder(name: str) -> Path:
    folder = Path(name)
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{name}: is a file; give the name of a folder to write into")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _replace(options: argparse.Namespace, target: Path) -> None:
    """DataError where `target` is the input, or exists and --force was not given."""
    if target.exists() and Path(options.file).exists() and target.samefile(options.file):
        raise DataError(f"{target}: is the input itself; give another name for the output")
    if target.exists() and not options.force:
        raise DataError(f"{target}: exists already; add --force to replace it")


# ---- options --------------------------------------------------------------------------------------


def _train_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="PATH", help="labelled CSV, or a folder with sentences.csv (default: data/)")
    parser.add_argument("--out", metavar="DIR", help="folder for the model (default: models/default)")
    parser.add_argument("--add-default", action="store_true", help="train on the project's sentences as well as on yours")
    _quotes(parser)


def _evaluate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="DIR", help=_MODEL)
    parser.add_argument("--data", metavar="FILE", help="CSV with the columns text and label (default: the project's own data)")
    parser.add_argument("-o", "--output", metavar="DIR", help="write report.html, report.md and metrics.json there")
    _quotes(parser)


def _quotes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-quotes", dest="quotes", action="store_false", help="quote no sentence of the data in the report")


def _compare_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", metavar="A", help="folder of the first model (the old one)")
    parser.add_argument("second", metavar="B", help="folder of the second model (the new one)")
    parser.add_argument("--data", metavar="FILE", help="labelled CSV that neither has seen (default: the project's test split)")
    parser.add_argument("-o", "--output", metavar="DIR", help="write comparison.html and comparison.json there")


def _cite_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="DIR", help=_MODEL)


def _sample_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="TABLE", help="sentences to choose from: .csv, .json (Label Studio), .jsonl (doccano)")
    parser.add_argument("--by", choices=("uncertainty", "diversity", "random"), default="uncertainty", help="how to choose")
    parser.add_argument("-n", type=_count, default=200, help="how many (default 200)")
    parser.add_argument("--column", default="text", metavar="NAME", help="the column with the sentences (default: text)")
    parser.add_argument("--seed", type=int, default=0, help="another draw by diversity or random (default 0)")
    parser.add_argument("--model", metavar="DIR", help=_MODEL)
    parser.add_argument("-o", "--output", metavar="OUT", help="a .csv, .json or .jsonl file (default: CSV on stdout)")
    parser.add_argument("--force", action="store_true", help="replace OUT")


def _convert_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="labels as .csv (table), .json (Label Studio) or .jsonl (doccano)")
    parser.add_argument("-o", "--output", metavar="OUT", required=True, help="the file to write; its ending tells the form")
    parser.add_argument("--suggest", action="store_true", help="Label Studio: show the model's answer to the annotator")
    parser.add_argument("--force", action="store_true", help="replace OUT")


def _agreement_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", help="CSV: columns id, annotator, label (and text), or one annotator_… column each"
    )
    parser.add_argument("-n", type=_count, default=20, help="how many disagreements to show (default 20)")


def _count(value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{value!r} is not a number from 1 on")
    return number


RUN = {f.__name__: f for f in (train, evaluate, compare, cite, agreement, sample, convert)}
OPTIONS = {
    "train": _train_options,
    "evaluate": _evaluate_options,
    "compare": _compare_options,
    "cite": _cite_options,
    "sample": _sample_options,
    "convert": _convert_options,
    "agreement": _agreement_options,
}
