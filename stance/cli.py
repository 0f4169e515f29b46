"""The command line: parse, call one function, print. Results on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple

from . import __version__
from .records import InputError, Prediction, StanceError

if TYPE_CHECKING:
    import argparse

    from .model import StanceModel

_MODEL_HELP = "folder of a trained model (default: the shipped one)"
_STDIN_BATCH = 4096


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _lines() -> Iterator[str]:
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def _share(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        import argparse

        raise argparse.ArgumentTypeError(f"{value!r} is not a number from 0 to 1")
    return number


def _predict(options: argparse.Namespace | SimpleNamespace) -> int:
    from .model import load
    from .terminal import visible

    for prediction in _predictions(load(options.model), options.text, options.min_confidence):
        if options.json:
            _print_json(prediction.to_dict())
        else:
            label = prediction.label or "unsure"
            print(f"{label}\t{prediction.confidence:.3f}\t{visible(prediction.text)}")
    return 0


def _predictions(model: StanceModel, texts: Sequence[str], min_confidence: float | None) -> Iterator[Prediction]:
    if texts:
        return iter(model.predict(list(texts), min_confidence=min_confidence))
    size = 1 if sys.stdin.isatty() else _STDIN_BATCH  # who types wants each answer at once
    return model.stream(_lines(), batch=size, min_confidence=min_confidence)


def _explain(options: argparse.Namespace) -> int:
    from .model import load
    from .terminal import visible

    explanation = load(options.model).explain(options.text, options.label)
    if options.json:
        _print_json(explanation.to_dict())
        return 0
    prediction = explanation.prediction
    print(f"{prediction.label}  {prediction.confidence:.3f}   ({prediction.known:.0%} of the words known)")
    print(f"logit of {explanation.label}: {explanation.logit:+.3f} = {explanation.intercept:+.3f} (intercept) + features")
    for contribution in explanation.top(options.n):
        start, end = contribution.spans[0]
        print(f"  {contribution.value:+.3f}  {contribution.feature:<32} {visible(explanation.text[start:end])}")
    return 0


def _tag(options: argparse.Namespace) -> int:
    from . import article_cli, bulk_cli

    tables = [file for file in options.file if bulk_cli.is_table(file, options.format)]
    if not tables:
        return article_cli.run(options)
    if len(options.file) > 1:
        raise InputError(f"{tables[0]}: tables are tagged one at a time; give it alone")
    options.file = tables[0]
    return bulk_cli.run(options)


class Command(NamedTuple):
    """A sub-command: what `stance --help` says of it, an example, its options, and the function that runs it."""

    summary: str
    example: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[..., int]


def _predict_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="*", metavar="TEXT", help="sentences; without any, one a line from stdin")
    parser.add_argument("--model", metavar="DIR", help=_MODEL_HELP)
    parser.add_argument("--min-confidence", type=_share, metavar="P", help="answer 'unsure' below this probability")


def _explain_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT")
    parser.add_argument("--label", help="explain this label instead of the most probable one")
    parser.add_argument("-n", type=int, default=12, help="how many features to show (default 12)")
    parser.add_argument("--model", metavar="DIR", help=_MODEL_HELP)


def _tag_options(parser: argparse.ArgumentParser) -> None:
    from . import article_cli, bulk_cli

    parser.add_argument("file", nargs="+", metavar="FILE", help="articles, folders of them, or one table; - for stdin")
    parser.add_argument("-o", "--output", metavar="OUT", help="where to write (default: stdout)")
    parser.add_argument("--model", metavar="DIR", help=_MODEL_HELP)
    parser.add_argument("--min-confidence", type=_share, metavar="P", help="write 'uncertain' below this probability")
    article_cli.add_options(parser)
    bulk_cli.add_options(parser)


def _research(name: str, summary: str, example: str) -> Command:
    """A command of research_cli.py, which is imported when it is wanted."""

    def add_options(parser: argparse.ArgumentParser) -> None:
        from . import research_cli

        research_cli.OPTIONS[name](parser)

    def run(options: argparse.Namespace) -> int:
        from . import research_cli

        return research_cli.RUN[name](options)

    return Command(summary, example, add_options, run)


COMMANDS = {
    "predict": Command(
        "label sentences",
        'stance predict "We condemn the attack."   or   stance predict < sentences.txt',
        _predict_options,
        _predict,
    ),
    "explain": Command(
        "show why a sentence gets its label", 'stance explain "We condemn the attack."', _explain_options, _explain
    ),
    "tag": Command(
        "label articles or a table",
        "stance tag article.html --html page.html   or   stance tag table.csv -o tagged.csv",
        _tag_options,
        _tag,
    ),
    "train": _research(
        "train", "train, evaluate and save a model", "stance train --data mine.csv --add-default --out models/mine"
    ),
    "evaluate": _research("evaluate", "score a model on labelled sentences", "stance evaluate --data labelled.csv -o report/"),
    "compare": _research(
        "compare",
        "compare two models on the same sentences",
        "stance compare models/old models/new --data labelled.csv -o report/",
    ),
    "cite": _research("cite", "print how to cite a model", "stance cite --model models/mine"),
    "sample": _research(
        "sample", "pick the sentences to label next", "stance sample table.csv --by uncertainty -n 200 -o next.csv"
    ),
    "convert": _research(
        "convert", "labels to and from Label Studio and doccano", "stance convert next.csv -o tasks.json   (.jsonl: doccano)"
    ),
    "agreement": _research("agreement", "measure how far annotators agree", "stance agreement annotations.csv"),
}


def _parser(wanted: str | None) -> argparse.ArgumentParser:
    """The parser; only the command that is wanted gets its options, since some of them cost imports."""
    import argparse

    parser = argparse.ArgumentParser(
        prog="stance",
        description="The stance of each sentence of diplomatic text: supportive, conciliatory, condemnatory or neutral.",
    )
    parser.add_argument("--version", action="version", version=f"stance {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", prog="stance")  # else it formats a usage
    for name, command in COMMANDS.items():
        found = commands.add_parser(
            name,
            help=command.summary,
            description=command.summary,
            epilog=f"example:\n  {command.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == wanted:
            found.add_argument("--json", action="store_true", help="print JSON")
            command.add_options(found)
    return parser


def _parsed(arguments: Sequence[str], wanted: str | None) -> argparse.Namespace | SimpleNamespace:
    """The options. `stance predict "..."` without any needs no parser, whose import takes longer than the prediction."""
    if arguments[:1] == ["predict"] and not any(word.startswith("-") for word in arguments):
        return SimpleNamespace(command="predict", text=arguments[1:], model=None, min_confidence=None, json=False)
    return _parser(wanted).parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 an error told in one line, 2 wrong usage."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    wanted = next((word for word in arguments if word in COMMANDS), None)
    try:
        options = _parsed(arguments, wanted)
        return COMMANDS[options.command].run(options)
    except StanceError as error:
        print(f"stance: error: {error}", file=sys.stderr)
    except ModuleNotFoundError as error:
        print(f"stance: error: {wanted} needs {error.name}, which is not installed; pip install {error.name}", file=sys.stderr)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("stance: stopped", file=sys.stderr)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"stance: error: {where}{error.strerror or error}; check the path and its permissions", file=sys.stderr)
    return 1


def run() -> None:
    """The installed command: `main`, then out at once. Taking a loaded model apart takes longer than a prediction."""
    status = main()
    if "numpy" in sys.modules:  # libraries may have processes and files to tidy up
        sys.exit(status)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # whoever read has gone away; main has told what there was to tell
        pass
    os._exit(status)


if __name__ == "__main__":
    run()
