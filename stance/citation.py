"""The metrics.json of a model folder → how to cite that very model: version, hash of the weights, figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import __version__
from .report import read_metrics

TITLE = "stance: sentence-level stance in diplomatic text"
AUTHOR = "The stance authors"


def citation(folder: Path) -> dict[str, Any]:
    """Text, BibTeX and the figures behind them. Raises DataError where the folder holds no metrics.json.

    The figure on real text is cited where it was measured on these weights, else the frozen test split or the first evaluation.
    """
    metrics = read_metrics(folder)
    real = metrics.get("real")
    measured = real["evaluation"] if real and real["current"] else metrics["evaluations"][0]
    on = "real text" if real and real["current"] else measured["name"]
    model, f1 = metrics["model"], measured["measures"]["macro_f1"]
    weights = str(model["weights_sha256"])
    version = (model.get("versions") or {}).get("stance") or __version__
    score = f"macro F1 {f1['value']:.3f} [95 % {f1['low']:.3f}, {f1['high']:.3f}] on {on} (n = {measured['n']})"
    trained = _trained(model.get("data") or {})
    note = f"model weights SHA-256 {weights[:16]}; {trained}{score}"
    return {
        "text": f"{AUTHOR}. {TITLE}, version {version}. {note[0].upper() + note[1:]}.",
        "bibtex": "\n".join(
            [
                f"@software{{stance_{weights[:8]},",
                f"  author  = {{{{{AUTHOR}}}}},",
                f"  title   = {{{TITLE}}},",
                f"  version = {{{version}}},",
                f"  note    = {{{_tex(note)}}}",
                "}",
            ]
        ),
        "version": version,
        "weights_sha256": weights,
        "data_sha256": (model.get("data") or {}).get("sha256"),
        "evaluated_on": on,
        "n": measured["n"],
        "macro_f1": f1,
    }


def _trained(data: Mapping[str, Any]) -> str:
    return f"trained on {data['n']} sentences (SHA-256 {data['sha256'][:16]}); " if data else ""


def _tex(text: str) -> str:
    return "".join("\\" + c if c in "%&#_$" else c for c in text)
