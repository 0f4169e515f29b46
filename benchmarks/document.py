"""Fill the generated blocks of the documents from committed figures: `python benchmarks/document.py [--check]`.

A block stands between `<!-- numbers: NAME -->` and `<!-- end -->`; NAME is one of the functions in BLOCKS. Figures come from
models/default/metrics.json, benchmarks/results/*.json and data/sentences.csv, never from a hand.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from stance.annotation import agreement, read_annotations
from stance.dataset import is_test_group, read_labelled
from stance.records import LABELS
from stance.report import data_card, outdated, refresh

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "data/DATASHEET.md", "data/BATCHES.md", "docs/model.md")
BLOCK = re.compile(r"(<!-- numbers: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def read(path: str) -> dict:
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


def three(measure: dict) -> str:
    return f"{measure['value']:.3f} [{measure['low']:.3f}, {measure['high']:.3f}]"


def in_domain() -> str:
    lines = ["| scored on | n | macro F1 | accuracy | ECE |", "|---|---|---|---|---|"]
    for e in read("models/default/metrics.json")["evaluations"]:
        m = e["measures"]
        lines.append(
            f"| {e['name']} | {e['n']} | {three(m['macro_f1'])} | {m['accuracy']['value']:.3f} | {m['ece']['value']:.3f} |"
        )
    return "\n".join(lines)


def real_text() -> str:
    record = read("benchmarks/results/real.json")
    lines = [
        "| trained on the same sentences | macro F1 | " + " | ".join(f"F1 {label}" for label in LABELS) + " | accuracy |",
        "|---" * 7 + "|",
    ]
    for name, e in record["rivals"].items():
        labels = " | ".join(f"{e['per_label'][label]['f1']['value']:.2f}" for label in LABELS)
        name = f"**{name}**" if name == "stance" else name
        lines.append(f"| {name} | {three(e['measures']['macro_f1'])} | {labels} | {e['measures']['accuracy']['value']:.3f} |")
    return "\n".join(lines)


def real_coverage() -> str:
    e = read("benchmarks/results/real.json")["rivals"]["stance"]
    head = "| share of sentences answered | " + " | ".join(f"{row['coverage']:.0%}" for row in e["coverage"]) + " |"
    rows = [
        "| " + name + " | " + " | ".join(f"{row[key]:.2f}" for row in e["coverage"]) + " |"
        for name, key in (("macro F1", "macro_f1"), ("accuracy", "accuracy"), ("confidence at least", "threshold"))
    ]
    ece = e["measures"]["ece"]
    return "\n".join(
        [
            head,
            "|---" * (len(e["coverage"]) + 1) + "|",
            *rows,
            "",
            f"Expected calibration error on these real sentences: {three(ece)}.",
        ]
    )


def composition() -> str:
    frame = read_labelled(ROOT / "data/sentences.csv", LABELS)
    card = data_card(frame)
    test = int(frame["group"].map(is_test_group).sum())
    lines = [
        f"{card['n']} sentences in {card['groups']} documents, {card['topics']} topics, {len(card['genres'])} genres; "
        f"length in words: a tenth up to {card['words']['p10']}, median {card['words']['p50']}, "
        f"a tenth from {card['words']['p90']}. "
        f"Frozen test split: {test} sentences. Sentences with a second stance: {int((frame['secondary'] != '').sum())}.",
        "",
        "| label | sentences | share |",
        "|---|---|---|",
    ]
    lines += [f"| {label} | {card['labels'][label]} | {card['labels'][label] / card['n']:.1%} |" for label in LABELS]
    lines += ["", "| kind | sentences | share |", "|---|---|---|"]
    lines += [f"| {kind} | {n} | {n / card['n']:.1%} |" for kind, n in card["kinds"].items()]
    largest = ", ".join(f"{name} ({n})" for name, n in Counter(card["genres"]).most_common(15))
    return "\n".join([*lines, "", f"Largest genres: {largest}."])


def agreement_figures() -> str:
    found = agreement(read_annotations(ROOT / "data/annotations.csv"))
    lines = [
        f"{found.n_shared} sentences (a random tenth of every batch) were labelled again by a reader who saw neither the writer's label nor the model's:",
        "",
        "| | value | 95 % interval |",
        "|---|---|---|",
        f"| Krippendorff's alpha (nominal) | {found.alpha['value']:.3f} | {found.alpha['low']:.3f} to {found.alpha['high']:.3f} |",
    ]
    for label in LABELS:
        row = found.alpha_by_label[label]
        lines.append(f"| alpha, {label} against the rest | {row['value']:.3f} | {row['low']:.3f} to {row['high']:.3f} |")
    with open(ROOT / "data/annotations.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    changed = sum(row["settled"] != row["annotator_writer"] for row in rows)
    lines += ["", f"Both agree on {found.unanimous:.1%}. The rest were settled with the rule cited; the writer's label was changed in {changed} "
              f"of {len(rows)} ({changed / len(rows):.1%})."]  # fmt: skip
    return "\n".join(lines)


def batches() -> str:
    with open(ROOT / "data/batches.csv", encoding="utf-8", newline="") as file:
        aims = {row["batch"]: row["aim"] for row in csv.DictReader(file)}
    lines = [
        "| after | sentences | words | pairs | triples | cross-validated macro F1 | macro F1 on real sentences | what it aimed at |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for s in read("benchmarks/results/batches.json"):
        c = s["coverage"]
        lines.append(
            f"| {s['name']} | {s['n']} | {c['words']:.1%} | {c['pairs']:.1%} | {c['triples']:.1%} "
            f"| {three(s['cross_validated'])} | {three(s['real'])} | {aims.get(s['name'], '')} |"
        )
    return "\n".join(lines)


def speed() -> str:
    rows = read("benchmarks/results/speed.json")
    lines = ["| | times faster (median) | smallest to largest |", "|---|---|---|"]
    lines += [f"| {name} | {row['ratio']:.1f} | {row['low']:.1f} to {row['high']:.1f} |" for name, row in rows.items()]
    line = rows["command line"]
    lines += [
        "",
        f"`stance predict` from the prompt takes {line['of_empty_python']:.1f} times as long as an empty Python process and {line['megabytes']:.0f} MB.",
    ]
    return "\n".join(lines)


def names() -> str:
    found = read("benchmarks/results/names.json")
    return (
        f"{found['frames']} sentence frames × {found['names']} names of states: {found['label_changes']} labels change, "
        f"the largest move of a probability is {found['largest_move']:.3f}."
    )


def peers() -> str:
    lines = [
        "| trained on the same sentences | macro F1 on real sentences | stance is ahead by | p | sentences a second |",
        "|---|---|---|---|---|",
    ]
    for name, row in read("benchmarks/results/peers.json")["peers"].items():
        behind = row.get("behind_stance")
        ahead, p = (three(behind), f"{behind['p']:.3f}") if behind else ("", "")
        rate = f"{row['sentences_per_second']:.0f}" if row["sentences_per_second"] else ""
        lines.append(f"| {name} | {three(row['macro_f1'])} | {ahead} | {p} | {rate} |")
    return "\n".join(lines)


def ablation() -> str:
    found = read("benchmarks/results/ablation.json")
    lines = ["| | features | macro F1, cross-validated | macro F1 on real sentences |", "|---|---|---|---|"]
    for name, row in found["variants"].items():
        lines.append(
            f"| {name} | {row['features']} | {row['cross_validation']['macro_f1']:.3f} | {row['real']['macro_f1']:.3f} |"
        )
    whole, batch = found["variants"]["everything"]["time"], found["batch_prediction"]
    lines += [
        "",
        f"Against scikit-learn's own word 1-2-gram analyzer on the same sentences the analyzer in plain Python (training, single sentences) costs {whole['ratio']:.1f} times "
        f"as much; a whole prediction in a batch, analysis included, costs {batch['ratio']:.1f} times as much.",
    ]
    return "\n".join(lines)


BLOCK_FUNCTIONS = (in_domain, real_text, real_coverage, composition, agreement_figures, batches, speed, names, peers, ablation)
BLOCKS: dict[str, Callable[[], str]] = {f.__name__: f for f in BLOCK_FUNCTIONS}


def filled(text: str) -> str:
    """`text` with every block made anew."""
    return BLOCK.sub(lambda m: f"{m[1]}{BLOCKS[m[2]]()}\n{m[3]}", text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a document is out of date")
    options = parser.parse_args()
    stale = []
    for name in DOCUMENTS:
        path = ROOT / name
        old = path.read_text(encoding="utf-8")
        new = filled(old)
        if old != new:
            stale.append(name)
            if not options.check:
                path.write_text(new, encoding="utf-8")
    model = ROOT / "models/default"
    if outdated(model):
        stale += [f"models/default/{name}" for name in outdated(model)]
        if not options.check:
            refresh(model)
    print(f"{'out of date' if options.check else 'rewritten'}: {', '.join(stale) or 'none'}")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
