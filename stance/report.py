"""`Evaluation`s → metrics.json, report.html, report.md and the model card. Draws and words; computes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from .evaluation import Evaluation
from .model import StanceModel

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


def environment() -> Environment:
    """The templates of the package; HTML is escaped, an undefined name is an error."""
    found = Environment(
        loader=PackageLoader("stance", "templates"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters["percent"] = lambda x: f"{100 * x:.0f} %"
    found.filters["three"] = lambda x: f"{x:.3f}"
    found.filters["thousands"] = lambda x: f"{x:,}".replace(",", " ")
    return found


def strongest_features(model: StanceModel, n: int = 20) -> dict[str, list[tuple[str, float]]]:
    """The features of highest folded weight for each label."""
    k = len(model.labels)
    names = list(model.vocabulary)
    found = {}
    for j, label in enumerate(model.labels):
        column = list(model.folded[j::k])
        order = sorted(range(len(names)), key=lambda i: -column[i])[:n]
        found[label] = [(names[i], column[i]) for i in order]
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
    folder: Path, model: StanceModel, evaluations: Sequence[Evaluation], frame: pd.DataFrame | None = None
) -> dict[str, Any]:
    """Write metrics.json, report.html and report.md into `folder`, and the model card README.md after training.

    `frame` are the sentences the model was trained on (None when a model is only evaluated). Returns the metrics.
    """
    metrics = {
        "model": {
            key: model.config.get(key) for key in ("data", "C", "temperature", "recommended_min_confidence", "weights_sha256")
        },
        "n_features": len(model.vocabulary),
        "evaluations": [evaluation.to_dict() for evaluation in evaluations],
    }
    if frame is not None:
        metrics["data"] = data_card(frame)
    text = json.dumps(metrics, indent=1, ensure_ascii=False) + "\n"
    (folder / "metrics.json").write_text(text, encoding="utf-8")
    values = {"metrics": metrics, "measure_names": MEASURE_NAMES, "strongest": strongest_features(model)}
    templates = environment()
    for name in ("report.html", "report.md") + (("card.md",) if frame is not None else ()):
        target = folder / ("README.md" if name == "card.md" else name)
        target.write_text(templates.get_template(name).render(values), encoding="utf-8")
    return metrics
