"""Rows of metrics.json → figures as inline SVG, drawn by matplotlib in the colours of the page around them.

Colours are CSS variables, so that one figure serves light and dark; text stays text. Every figure has its numbers in a
table beside it (report.html) and a title for those who cannot see it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# colours that stand for CSS variables of report.css while matplotlib draws
_INK, _FAINT, _LINE, _MAIN = "#010101", "#020202", "#030303", "#040404"
_LABELS = {"supportive": "#050505", "conciliatory": "#060606", "condemnatory": "#070707", "neutral": "#080808"}
_VARIABLES = {
    _INK: "var(--ink)",
    _FAINT: "var(--faint)",
    _LINE: "var(--line)",
    _MAIN: "var(--main)",
    **{colour: f"rgb(var(--{label}))" for label, colour in _LABELS.items()},
}
_DASHES = ("-", "--", "-.", ":")


def reliability(rows: Sequence[Mapping[str, float]]) -> str:
    """Accuracy against mean confidence in ten bins, area by number of sentences, beside the line of perfect calibration."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=_LINE, linewidth=1, linestyle="--")
        total = sum(row["n"] for row in rows)
        x, y = [row["confidence"] for row in rows], [row["accuracy"] for row in rows]
        axes.plot(x, y, color=_MAIN, linewidth=1)
        axes.scatter(x, y, s=[18 + 500 * row["n"] / total for row in rows], color=_MAIN, alpha=0.75, linewidths=0)
        _frame(axes, "confidence", "share right", (0, 1.02), (0, 1.02))

    return _svg(draw, "Reliability: share right against confidence; on the dashed line, confidence can be taken at its word")


def risk(rows: Sequence[Mapping[str, float]]) -> str:
    """Error rate against the share of sentences answered, surest first."""

    def draw(axes: Axes) -> None:
        x, y = [row["coverage"] for row in rows], [1 - row["accuracy"] for row in rows]
        axes.plot(x, y, color=_MAIN, marker="o", markersize=4, linewidth=1.5)
        _frame(axes, "share of sentences answered, surest first", "share wrong", (0.38, 1.02), (0, max(0.1, *y) * 1.15))

    return _svg(draw, "Risk against coverage: share of answers that are wrong when only the surest sentences are answered")


def precision_recall(curves: Mapping[str, Mapping[str, Any]]) -> str:
    """Precision against recall of each label."""

    def draw(axes: Axes) -> None:
        for i, (label, curve) in enumerate(curves.items()):
            x = [point["recall"] for point in curve["points"]]
            y = [point["precision"] for point in curve["points"]]
            axes.plot(x, y, color=_LABELS.get(label, _MAIN), linestyle=_DASHES[i % 4], linewidth=1.5, label=_plain(label))
        _frame(axes, "recall", "precision", (0, 1.02), (0, 1.04))
        axes.legend(loc="lower left", frameon=False, fontsize=9, labelcolor=_INK)

    return _svg(draw, "Precision against recall of each label")


def learning(points: Sequence[Mapping[str, float]]) -> str:
    """Macro F1 against the number of training sentences (doubling scale), with intervals."""

    def draw(axes: Axes) -> None:
        x, y = [point["n"] for point in points], [point["value"] for point in points]
        spread = [[p["value"] - p["low"] for p in points], [p["high"] - p["value"] for p in points]]
        axes.set_xscale("log", base=2)
        axes.errorbar(x, y, yerr=spread, color=_MAIN, marker="o", markersize=4, capsize=3, linewidth=1.5, elinewidth=1)
        axes.minorticks_off()
        axes.set_xticks(x, [f"{n:,}".replace(",", " ") for n in x])
        low, high = min(p["low"] for p in points), max(p["high"] for p in points)
        _frame(axes, "training sentences", "macro F1", None, (max(0, low - 0.03), min(1, high + 0.03)))

    return _svg(draw, "Learning curve: macro F1 on the frozen test split against the number of training sentences")


def _plain(text: str) -> str:
    """Text that matplotlib does not read as mathematics."""
    return text.replace("$", r"\$").lstrip("_")


def _frame(axes: Axes, x: str, y: str, x_range: tuple[float, float] | None, y_range: tuple[float, float]) -> None:
    axes.set_xlabel(x, color=_FAINT)
    axes.set_ylabel(y, color=_FAINT)
    if x_range:
        axes.set_xlim(*x_range)
    axes.set_ylim(*y_range)
    axes.grid(color=_LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_FAINT, labelsize=9, length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _svg(draw: Any, title: str) -> str:
    """The SVG element of one figure, the same on every run; no metadata, no namespace addresses, nothing that runs."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    target = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": title, "font.family": "sans-serif", "font.size": 10}):
        figure = Figure(figsize=(4.6, 3.1), layout="constrained")
        FigureCanvasSVG(figure)
        figure.patch.set_alpha(0)
        axes = figure.subplots()
        axes.patch.set_alpha(0)
        draw(axes)
        figure.savefig(target, format="svg", metadata={"Date": None})
    text = target.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r'\s(?:xmlns(?::\w+)?|version)="[^"]*"', "", text).replace("xlink:href", "href")
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r"font-family: [^;\"]*", "font-family: inherit", text)
    text = re.sub(r'(<g) id="[^"]*"', r"\1", text)
    text = re.sub(r'<svg\b[^>]*?viewBox="([^"]*)"[^>]*>', rf'<svg viewBox="\1" role="img" aria-label="{escape(title)}">', text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    return text.strip()
