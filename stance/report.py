"""`Evaluation`s → metrics.json, report.html, report.md and the model card. Draws and words; computes no figure.

`write_reports` gathers what is to be told into one dictionary (metrics.json); everything else is drawn from that file, so
`refresh` can draw again when a benchmark has been measured anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from . import figures
from .evaluation import Evaluation
from .findings import at_a_glance, benchmark_tables, real_text
from .model import StanceModel, default_folder
from .page import safe_text
from .records import DataError

if TYPE_CHECKING:
    import pandas as pd

MEASURE_NAMES = {
    "macro_f1": "macro F1",
    "accuracy": "accuracy",
    "label_or_secondary": "label or secondary",
    "kappa": "Cohen's kappa with the annotation",
    "log_loss": "log loss",
    "brier": "Brier score",
    "ece": "expected calibration error",
}
SMALL = 50  # parts of the data with fewer sentences are shown faintly


def environment() -> Environment:
    """The templates of the package; HTML is escaped, control characters are dropped, an undefined name is an error."""
    found = Environment(
        loader=PackageLoader("stance", "templates"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        finalize=lambda value: safe_text(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters.update(
        percent=lambda x: f"{100 * x:.0f} %",
        two=lambda x: f"{x:.2f}",
        three=lambda x: f"{x:.3f}",
        signed=lambda x: f"{x:+.3f}",
        thousands=lambda x: f"{x:,}".replace(",", " "),
        plain=plain,
        pieces=pieces,
    )
    found.globals.update(measure_names=MEASURE_NAMES, small=SMALL)
    return found


def plain(text: str) -> str:
    """Text that Markdown shows as it is: no table, link, tag or emphasis begins in it."""
    return re.sub(r"([\\`*_\[\]<>|#~$])", r"\\\1", " ".join(str(text).split()))


def pieces(text: str, marks: Sequence[Sequence[float]]) -> list[tuple[str, float]]:
    """The text cut at the marked words: (piece, its share of the logit, 0 where it is not marked)."""
    found: list[tuple[str, float]] = []
    at = 0
    for start, end, value in marks:
        found += [(text[at : int(start)], 0.0), (text[int(start) : int(end)], value)]
        at = int(end)
    return [piece for piece in [*found, (text[at:], 0.0)] if piece[0]]


def strongest_features(model: StanceModel, n: int = 20) -> dict[str, list[list[Any]]]:
    """The features of highest folded weight for each label."""
    k = len(model.labels)
    names = list(model.vocabulary)
    found = {}
    for j, label in enumerate(model.labels):
        column = list(model.folded[j::k])
        order = sorted(range(len(names)), key=lambda i: (-column[i], names[i]))[:n]
        found[label] = [[names[i], round(column[i], 3)] for i in order]
    return found


def data_card(frame: pd.DataFrame) -> dict[str, Any]:
    """Counts of labels, kinds and genres, and the quantiles of length in words."""
    words = frame["text"].map(lambda text: len(text.split()))
    return {
        "n": len(frame),
        "groups": int(frame["group"].nunique()),
        "labels": frame["label"].value_counts().to_dict(),
        "kinds": frame["kind"].value_counts().drop("", errors="ignore").to_dict(),
        "genres": frame["genre"].value_counts().drop("", errors="ignore").to_dict(),
        "topics": int(frame["topic"].nunique()),
        "words": {f"p{q}": int(words.quantile(q / 100)) for q in (10, 50, 90)},
    }


def write_reports(
    folder: Path,
    model: StanceModel,
    evaluations: Sequence[Evaluation],
    frame: pd.DataFrame | None = None,
    learning_curve: Sequence[Mapping[str, float]] = (),
) -> dict[str, Any]:
    """Write metrics.json, report.html and report.md into `folder`, and the model card README.md after training.

    `frame` are the sentences the model was trained on (None when a model is only evaluated). Returns the metrics.
    """
    keys = ("data", "C", "temperature", "recommended_min_confidence", "weights_sha256", "versions", "labels")
    metrics: dict[str, Any] = {
        "model": {key: model.config.get(key) for key in keys},
        "n_features": len(model.vocabulary),
        "evaluations": [evaluation.to_dict() for evaluation in evaluations],
        "learning_curve": list(learning_curve),
        "strongest": strongest_features(model),
    }
    metrics["data"] = data_card(frame) if frame is not None else None
    metrics["shipped"] = folder.resolve() == Path(default_folder()).resolve()
    return _written(folder, metrics)


def refresh(folder: Path) -> dict[str, Any]:
    """Draw the reports of `folder` again from its metrics.json and the benchmarks' results of today; returns the metrics."""
    return _written(folder, read_metrics(folder))


def outdated(folder: Path) -> list[str]:
    """The texts in `folder` that `refresh` would change; report.html apart, whose drawings differ with matplotlib's version."""
    fresh = _files(read_metrics(folder))
    fresh.pop("report.html")
    paths = ((folder / name, text) for name, text in fresh.items())
    return [path.name for path, text in paths if not path.exists() or path.read_text(encoding="utf-8") != text]


def read_metrics(folder: Path) -> dict[str, Any]:
    """The metrics.json of a folder; DataError where there is none."""
    try:
        found = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DataError(f"{folder}: holds no metrics.json; make one with stance train or stance evaluate -o {folder}") from None
    if not isinstance(found, dict) or not found.get("evaluations") or "shipped" not in found:
        raise DataError(
            f"{folder / 'metrics.json'}: is not of this version; make it anew with stance train or stance evaluate -o"
        )
    return found


def _written(folder: Path, metrics: dict[str, Any]) -> dict[str, Any]:
    for name, text in _files(metrics).items():
        (folder / name).write_text(text, encoding="utf-8")
    return metrics


def _files(metrics: dict[str, Any]) -> dict[str, str]:
    """File name → text of everything told about a model; adds the figures on real text to `metrics`."""
    real = real_text(metrics["model"]["weights_sha256"], shipped=metrics["shipped"])
    metrics["real"] = real if real is not None else metrics.get("real")
    return {"metrics.json": json.dumps(metrics, indent=1, ensure_ascii=False) + "\n", **render(metrics)}


def render(metrics: Mapping[str, Any]) -> dict[str, str]:
    """File name → text of report.html, report.md and, for a trained model, the card README.md."""
    evaluations = list(metrics["evaluations"])
    if metrics.get("real"):
        evaluations.insert(0, {**metrics["real"]["evaluation"], "name": "real text"})
    values = {
        "metrics": metrics,
        "evaluations": evaluations,
        "glance": at_a_glance(metrics),
        "tables": benchmark_tables() if metrics["shipped"] else [],
    }
    templates = environment()
    found = {
        "report.html": templates.get_template("report.html").render(
            values, drawings=[_drawings(e) for e in evaluations], curve=_curve(metrics)
        ),
        "report.md": templates.get_template("report.md").render(values),
    }
    if metrics["data"]:
        found["README.md"] = templates.get_template("card.md").render(values)
    return found


def render_comparison(comparison: Mapping[str, Any]) -> str:
    """The page of a `Comparison.to_dict()`."""
    return environment().get_template("compare.html").render(c=comparison)


def _drawings(evaluation: Mapping[str, Any]) -> dict[str, Markup]:
    return {
        "reliability": Markup(figures.reliability(evaluation["calibration"])),
        "risk": Markup(figures.risk(evaluation["coverage"])),
        "precision_recall": Markup(figures.precision_recall(evaluation.get("precision_recall") or {})),
    }


def _curve(metrics: Mapping[str, Any]) -> Markup:
    points = metrics.get("learning_curve") or []
    return Markup(figures.learning(points)) if len(points) > 1 else Markup("")
