"""Score the shipped model and plain baselines on real labelled sentences: `python benchmarks/real.py --data dev.csv`.

The CSV needs the columns text and label; secondary and doc are used where they are there. All rivals are trained on the
same sentences as the model (data/sentences.csv). Writes benchmarks/results/real.json, which the README's table is made of.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import stance
from stance.dataset import data_hash, knowledge_folder, read_labelled
from stance.evaluation import evaluate, paired_difference
from stance.model import default_folder
from stance.report import refresh
from stance.scoring import annotators_of, slices_of

HERE = Path(__file__).parent
KEYWORDS = (  # first match wins, in the order of the codebook's rule for equal weight
    (
        "condemnatory",
        r"condemn|denounc|deplor|accus|blam|reject|unaccept|violat|aggress|outrag|threat|warn|criticis|criticiz|sanction",
    ),
    ("supportive", r"support|welcom|commend|prais|congratulat|solidarity|stand with|condolence|thank|pledg|applaud|tribute"),
    (
        "conciliatory",
        r"restraint|dialogue|ceasefire|cease-fire|talks|negotiat|peaceful|calm|de-escalat|urge|call on|mediat|compromise",
    ),
)


def keyword_rules(texts: list[str]) -> np.ndarray:
    """Probabilities (0 or 1) of a keyword list: what ten minutes of work give."""
    rows = np.zeros((len(texts), 4))
    for row, text in zip(rows, texts, strict=True):
        found = next((label for label, pattern in KEYWORDS if re.search(pattern, text.lower())), "neutral")
        row[stance.LABELS.index(found)] = 1
    return rows


def plain_pipeline(train: object) -> object:
    """Word 1-2-gram TF-IDF and logistic regression at scikit-learn's settings, on the same sentences."""
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=1000))
    return model.fit(train["text"], train["label"])  # type: ignore[index]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path, metavar="PATH")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "real.json")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed figures of stance differ")
    options = parser.parse_args()
    frame = read_labelled(options.data, stance.LABELS)
    train = read_labelled(knowledge_folder() / "sentences.csv", stance.LABELS)
    texts, gold = frame["text"].tolist(), frame["label"].tolist()
    # rows of one document follow each other's lead: the unit of the bootstrap
    groups = frame["doc"].tolist() if "doc" in frame else frame["group"].tolist()
    majority = np.zeros((len(texts), 4))
    majority[:, stance.LABELS.index(train["label"].mode()[0])] = 1
    plain = plain_pipeline(train)
    order = [list(plain.classes_).index(label) for label in stance.LABELS]  # type: ignore[attr-defined]
    rivals = {
        "stance": stance.load().predict_proba(texts),
        "plain word TF-IDF + LR": plain.predict_proba(texts)[:, order],  # type: ignore[attr-defined]
        "keyword rules": keyword_rules(texts),
        "majority label": majority,
    }
    known = np.array([prediction.known for prediction in stance.load().predict(texts)])
    slices, people = slices_of(frame, known), annotators_of(frame, stance.LABELS)
    results = {}
    ours = [stance.LABELS[j] for j in rivals["stance"].argmax(1)]
    for name, probabilities in rivals.items():
        found = evaluate(
            gold,
            probabilities,
            stance.LABELS,
            groups=groups,
            secondary=frame["secondary"].tolist(),
            slices=slices,
            name=name,
            details={"annotators": people} if name == "stance" and people else {},
        )
        results[name] = found.to_dict()
        if name != "stance":
            theirs = [stance.LABELS[j] for j in probabilities.argmax(1)]
            difference, p = paired_difference(gold, ours, theirs, stance.LABELS, groups)
            results[name]["behind_stance"] = {**difference.to_dict(), "p": p}
        f1 = "  ".join(f"{label[:5]} {values['f1'].value:.3f}" for label, values in found.per_label.items())
        print(f"{name:<24} macro F1 {found.measures['macro_f1']}  accuracy {found.measures['accuracy'].value:.3f}  {f1}")
    ours_result = results["stance"]
    print("confusion (rows annotated, columns predicted):", *stance.LABELS)
    for label, row in zip(stance.LABELS, ours_result["confusion"], strict=True):
        print(f"  {label:<14}", *(f"{n:5d}" for n in row))
    print(
        "calibration error",
        ours_result["measures"]["ece"],
        "\ncoverage",
        [(c["coverage"], c["macro_f1"]) for c in ours_result["coverage"]],
    )
    record = {
        "data": {"file": options.data.name, "n": len(frame), "sha256": data_hash(frame)},
        "weights_sha256": stance.load().config["weights_sha256"],
        "rivals": results,
    }
    if options.check:
        committed = json.loads(options.out.read_text(encoding="utf-8"))["rivals"]["stance"]["measures"]["macro_f1"]["value"]
        measured = ours_result["measures"]["macro_f1"]["value"]
        if abs(committed - measured) > 5e-4:
            raise SystemExit(
                f"{options.out}: macro F1 {committed:.4f} is committed, {measured:.4f} measured; run without --check"
            )
        return
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if options.out == HERE / "results" / "real.json":
        refresh(Path(default_folder()))  # the shipped model's report and card show these figures


if __name__ == "__main__":
    main()
