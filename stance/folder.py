"""A model folder ⇄ the parts of a model: config.json and weights.safetensors, nothing else, nothing executed.

`read` checks every part before it hands it on; whatever is wrong with a folder is a ModelError that says what.
"""

from __future__ import annotations

import json
import operator
import os
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from . import normalise, weights
from .entries import Entries, Rows
from .features import Analyzer, read_template
from .records import ModelError
from .weights import Fail, failing_in

FORMAT_VERSION = 3
WEIGHTS, CONFIG = "weights.safetensors", "config.json"
_TABLES = ("features", "names", "common", "lexicon", "irregular")
_CONFIG_LIMIT = 2**20


class Parts(NamedTuple):
    """What a model is made of. `folded` is features × labels, row by row: idf · weight / temperature."""

    labels: tuple[str, ...]
    analyzer: Analyzer
    vocabulary: Rows
    idf: Sequence[float]
    folded: Sequence[float]
    intercepts: Sequence[float]
    config: dict[str, Any]


def write(folder: str, parts: Parts) -> dict[str, Any]:
    """Write the two files into `folder` (made if missing); returns the configuration as written."""
    os.makedirs(folder, exist_ok=True)
    analyzer = parts.analyzer
    tables: dict[str, Iterable[str]] = {
        "features": parts.vocabulary,
        "names": analyzer.names.lines,
        "common": sorted(analyzer.common),
        "lexicon": analyzer.lexicon.lines,
        "irregular": (f"{form}\t{lemma}" for form, lemma in sorted(analyzer.irregular.items())),
    }
    n, k = len(parts.vocabulary), len(parts.labels)
    tensors = {
        "intercepts": ("F64", (k,), array("d", parts.intercepts).tobytes()),
        "idf": ("F32", (n,), array("f", parts.idf).tobytes()),
        "weights": ("F32", (n, k), array("f", parts.folded).tobytes()),
    }
    for name, lines in tables.items():
        data = "\n".join(lines).encode("utf-8")
        tensors[name] = ("U8", (len(data),), data)
    config = {
        **parts.config,
        "format_version": FORMAT_VERSION,
        "labels": list(parts.labels),
        "templates": list(analyzer.templates),
        "normalise_version": normalise.VERSION,
        "weights_sha256": weights.write(os.path.join(folder, WEIGHTS), tensors),
    }
    with open(os.path.join(folder, CONFIG), "w", encoding="utf-8") as file:
        file.write(json.dumps(config, indent=1, ensure_ascii=False) + "\n")
    return config


def read(folder: str) -> Parts:
    """The checked parts of the model in `folder`. Raises ModelError with the reason if anything is wrong with it."""
    path = os.path.join(folder, CONFIG)
    try:
        with open(path, "rb") as file:
            data = file.read(_CONFIG_LIMIT + 1)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); give the folder of a trained model") from None
    fail = failing_in(path)
    if len(data) > _CONFIG_LIMIT:
        raise fail("larger than 1 MB")
    config = weights.parse_json(data, fail)
    labels, templates, digest = _checked_config(config, fail)
    path = os.path.join(folder, WEIGHTS)
    return _checked_parts(weights.open_weights(path, digest), labels, templates, config, failing_in(path))


def _checked_config(config: Mapping[str, Any], fail: Fail) -> tuple[list[str], list[str], str]:
    """(labels, templates, SHA-256 of the weights) of a configuration."""
    if config.get("format_version") != FORMAT_VERSION:
        raise fail(f"format version {config.get('format_version')!r}, this stance reads {FORMAT_VERSION}")
    if config.get("normalise_version") != normalise.VERSION:
        raise fail(f"text table {config.get('normalise_version')!r}, this stance has {normalise.VERSION}")
    labels = config.get("labels")
    if not _names(labels, 2, 100):
        raise fail("'labels' must list two or more different names")
    templates = config.get("templates")
    if not _names(templates, 1, 15):
        raise fail("'templates' must list what is counted")
    try:
        for line in templates:  # type: ignore[union-attr]
            read_template(line)
    except ValueError as error:
        raise fail(f"'templates': {error}") from None
    digest = config.get("weights_sha256")
    if not isinstance(digest, str) or len(digest) != 64:
        raise fail("'weights_sha256' is missing")
    threshold = config.get("recommended_min_confidence")
    if threshold is not None and not (isinstance(threshold, float) and 0 <= threshold <= 1):
        raise fail("'recommended_min_confidence' is not a number from 0 to 1")
    conformal = config.get("conformal")
    if conformal is not None and not (
        isinstance(conformal, list) and len(conformal) == 50 and all(isinstance(x, float) and 0 <= x <= 1 for x in conformal)
    ):
        raise fail("'conformal' is not a list of 50 shares")
    return labels, templates, digest  # type: ignore[return-value]


def _names(values: object, least: int, most: int) -> bool:
    return (
        isinstance(values, list)
        and least <= len(values) <= most
        and all(isinstance(x, str) and x for x in values)
        and len(set(values)) == len(values)
    )


def _checked_parts(
    tensors: Mapping[str, tuple[tuple[int, ...], memoryview[Any]]],
    labels: Sequence[str],
    templates: Sequence[str],
    config: dict[str, Any],
    fail: Fail,
) -> Parts:
    odd = set(tensors) ^ {*_TABLES, "idf", "weights", "intercepts"}
    if odd:
        raise fail(f"missing or unexpected tensors: {', '.join(sorted(odd))}")
    features, names, common, lexicon, irregular = (_lines(tensors[name], name, fail) for name in _TABLES)
    n, k = len(features), len(labels)
    _check_order(features, "features", fail)
    numbers = []
    for name, shape, kind in (("idf", (n,), "f"), ("weights", (n, k), "f"), ("intercepts", (k,), "d")):
        found, view = tensors[name]
        if found != shape or view.format != kind:
            raise fail(f"tensor {name!r} is {view.format}{list(found)}, expected {kind}{list(shape)}")
        data = view.tobytes()
        high = data[array(kind).itemsize - 1 :: array(kind).itemsize]  # sign and exponent, little-endian
        if 0x7F in high or 0xFF in high:  # also of numbers beyond 1e38 (1e305), which are as wrong
            raise fail(f"tensor {name!r} holds a number that is not finite")
        if name == "idf" and (0 in high or not high.isascii()):
            raise fail("an idf is not positive")
        numbers.append(array(kind, data))  # looked up one by one: twice as fast as in the mapped file
    analyzer = Analyzer(
        templates,
        names=_entries(names, "names", fail),
        common=common,
        lexicon=_entries(lexicon, "lexicon", fail),
        irregular=_pairs(irregular, "irregular", fail),
    )
    return Parts(tuple(labels), analyzer, Rows(features), numbers[0], numbers[1], list(numbers[2]), config)


def _lines(tensor: tuple[tuple[int, ...], memoryview[Any]], name: str, fail: Fail) -> list[str]:
    shape, view = tensor
    if view.format != "B" or len(shape) != 1:
        raise fail(f"tensor {name!r} is not text")
    try:
        text = str(view, "utf-8")
    except UnicodeDecodeError:
        raise fail(f"tensor {name!r} is not valid UTF-8") from None
    return text.split("\n") if text else []


def _check_order(lines: Sequence[str], name: str, fail: Fail) -> None:
    """Sorted, each once: what is searched by bisection must be."""
    if not all(map(operator.lt, lines, islice(lines, 1, None))):
        raise fail(f"table {name!r} is not in order, or an entry stands twice")


def _entries(lines: Sequence[str], name: str, fail: Fail) -> Entries:
    """A sorted table of pairs."""
    if not all(line.count("\t") == 1 and line[0] != "\t" and line[-1] != "\t" for line in lines):
        raise fail(f"table {name!r} has a line that is not a pair")
    _check_order([line[: line.index("\t")] for line in lines], name, fail)  # no list a line: the collector would go through them
    return Entries(lines)


def _pairs(lines: Sequence[str], name: str, fail: Fail) -> dict[str, str]:
    try:
        pairs: dict[str, str] = dict(line.split("\t") for line in lines)
    except ValueError:
        raise fail(f"table {name!r} has a line that is not a pair") from None
    if len(pairs) != len(lines) or "" in pairs or "" in pairs.values():
        raise fail(f"table {name!r} holds an entry twice or an empty one")
    return pairs
