"""What the data alone is worth: `python benchmarks/plain.py --data FILE` scores a plain model, without the lexicon, on real sentences.

Stems and pairs of stems with names masked, and character 3-5-grams of the masked text; logistic regression at C = 4.
Writes benchmarks/results/plain.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from stance.calibration import softmax
from stance.dataset import build_analyzer, data_hash, knowledge_folder, read_labelled
from stance.evaluation import evaluate
from stance.normalise import normalise
from stance.records import LABELS
from stance.training import classifier, decision

RESULTS = Path(__file__).parent / "results/plain.json"
C = 4.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    options = parser.parse_args()
    frame = read_labelled(knowledge_folder() / "sentences.csv", LABELS)
    real = read_labelled(options.data, LABELS)
    analyzer = build_analyzer(frame, ("words 0", "words 0 1"))

    def masked(text: str) -> str:
        return " ".join(analyzer.tokens(normalise(text)).symbols)

    parts = (
        TfidfVectorizer(analyzer=analyzer, lowercase=False, sublinear_tf=True, min_df=3),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), preprocessor=masked, sublinear_tf=True, min_df=3),
    )
    x = sparse.hstack([part.fit_transform(frame["text"]) for part in parts]).tocsr()
    y = frame["label"].map(LABELS.index).to_numpy()
    model = classifier(C, 1e-4).fit(x, y)
    unseen = sparse.hstack([part.transform(real["text"]) for part in parts]).tocsr()
    probabilities = softmax(decision(model, unseen, len(LABELS)))
    groups = real["doc" if "doc" in real else "group"].tolist()
    found = evaluate(real["label"].tolist(), probabilities, LABELS, groups=groups)
    record = {
        "trained_on": {"n": len(frame), "sha256": data_hash(frame)},
        "features": x.shape[1],
        "C": C,
        "n": len(real),
        "macro_f1": found.measures["macro_f1"].to_dict(),
        "accuracy": found.measures["accuracy"].to_dict(),
    }
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
