"""Names do not decide: every frame of name_frames.txt with every name below: `python benchmarks/names.py`.

A frame is a sentence with a slot for a state, its adjective or its capital (both from data/names.csv). Counts how often the name
changes the label, and how far it moves a probability from the median of its frame. Writes benchmarks/results/names.json.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

import stance

HERE = Path(__file__).parent
LIMIT = 0.05  # no name may move a probability further than this from the median of its frame
STATES = (
    *("Turkey", "Türkiye", "Jordan", "Chad", "Georgia", "Mali", "Niger", "Guinea", "Oman", "Cuba", "Fiji", "Togo", "Peru"),
    *("France", "Russia", "China", "India", "Israel", "Iran", "Ukraine", "Poland", "Germany", "Brazil", "Laos", "Cyprus"),
    *("Republic of the Congo", "Democratic Republic of the Congo", "Central African Republic", "Dominican Republic"),
    *("South Sudan", "North Macedonia", "Equatorial Guinea", "Papua New Guinea", "Sri Lanka", "Saudi Arabia", "Burkina Faso"),
    *("United Arab Emirates", "United States", "United States of America", "U.S.", "UK", "United Kingdom", "Gambia"),
    *("Democratic People's Republic of Korea", "North Korea", "Syrian Arab Republic", "Islamic Republic of Iran", "Holy See"),
    *("Timor-Leste", "Côte d'Ivoire", "St. Kitts and Nevis", "Guinea-Bissau", "Bosnia and Herzegovina", "Trinidad and Tobago"),
    *("Saint Vincent and the Grenadines", "São Tomé and Príncipe", "Antigua and Barbuda", "Cabo Verde", "Philippines"),
)
WITH_ARTICLE = ("Republic", "United", "U.S.", "UK", "Gambia", "Philippines", "Holy See")


class Frame(NamedTuple):
    """A sentence with a slot, and the label it has with any name."""

    label: str
    sentence: str


def read_frames(path: Path = HERE / "name_frames.txt") -> list[Frame]:
    """The frames of the file, comments left out."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Frame(*line.split("\t")) for line in lines if line and not line.startswith("#")]


def read_slots(path: Path = HERE.parent / "data" / "names.csv") -> list[dict[str, str]]:
    """For each of STATES what stands in the slots."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    first: dict[tuple[str, str], str] = {}
    for row in rows:
        first.setdefault((row["canonical"], row["kind"]), row["name"])
    canonical = {row["name"]: row["canonical"] for row in rows if row["kind"] == "state"}
    slots = []
    for name in STATES:
        state = canonical[name]
        article = "the " if any(word in name for word in WITH_ARTICLE) else ""
        filled = {
            "state": article + name,
            "bare": name,
            "adjective": first[state, "demonym"],
            "capital": first[state, "capital"],
        }
        slots.append(filled | {slot.upper(): text.upper() for slot, text in filled.items()})
    return slots


def fill(frame: Frame, slots: dict[str, str]) -> str:
    """The sentence with its slots filled, its first letter a capital, no s after the apostrophe of "United States'"."""
    sentence = frame.sentence
    if slots["bare"].endswith("s"):
        sentence = sentence.replace("{state}'s", "{state}'").replace("{STATE}'S", "{STATE}'")
    sentence = sentence.format_map(slots)
    first = 1 if sentence[0] == '"' else 0
    return sentence[:first] + sentence[first].upper() + sentence[first + 1 :]


def measure(model: stance.StanceModel, frames: list[Frame], slots: list[dict[str, str]]) -> dict:
    """Label changes and largest moves over all frames and names, the worst sentences first."""
    texts = [[fill(frame, filled) for filled in slots] for frame in frames]
    probabilities = model.predict_proba([text for row in texts for text in row]).reshape(len(frames), len(slots), -1)
    medians = np.median(probabilities, axis=1)
    moves = np.abs(probabilities - medians[:, None]).max(axis=2)
    changed = probabilities.argmax(axis=2) != medians.argmax(axis=1)[:, None]
    labels = [model.labels[j] for j in medians.argmax(axis=1)]
    worst = [divmod(int(i), len(slots)) for i in np.argsort(-moves, axis=None, kind="stable")]
    return {
        "frames": len(frames),
        "names": len(slots),
        "sentences": int(moves.size),
        "label_changes": int(changed.sum()),
        "largest_move": round(float(moves.max()), 4),
        "moves_above_limit": int((moves > LIMIT).sum()),
        "sentences_moved_at_all": int((moves > 1e-9).sum()),
        "frames_labelled_as_meant": sum(label == frame.label for label, frame in zip(labels, frames, strict=True)),
        "by_name": {filled["state"]: round(float(moves[:, j].max()), 4) for j, filled in enumerate(slots)},
        "worst": [
            {"text": texts[i][j], "move": round(float(moves[i, j]), 4), "changed": bool(changed[i, j])}
            for i, j in worst[:10]
            if moves[i, j] > 1e-9
        ],
    }


def main() -> None:
    found = measure(stance.load(), read_frames(), read_slots())
    for key, value in found.items():
        if key not in ("by_name", "worst"):
            print(f"{key.replace('_', ' '):<26} {value}")
    for row in found["worst"]:
        print(f"  {row['move']:.3f}{' label changes' if row['changed'] else ''}  {row['text']}")
    (HERE / "results" / "names.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
