"""Broken copies of the shipped model: `python benchmarks/fuzz.py --files 5000` loads each and watches time and memory.

Each must give a model that predicts, or a ModelError, in a second and 200 MB. Most broken weights get a checksum that fits,
so that the checks behind it are reached. Writes benchmarks/results/fuzz.json.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from stance import ModelError
from stance.folder import CONFIG, WEIGHTS
from stance.model import StanceModel, default_folder

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from test_folder import SENTENCE, mutated, seal  # noqa: E402

RESULTS = Path(__file__).parent / "results/fuzz.json"
SECONDS, MEGABYTES = 1.0, 200


def break_one(folder: Path, sound: dict[str, bytes], chance: random.Random) -> None:
    """A broken copy in `folder`: one of the files changed, the weights with or without a checksum that fits."""
    name = chance.choice((CONFIG, WEIGHTS, WEIGHTS))
    for other, data in sound.items():
        (folder / other).write_bytes(data)
    data = sound[name]
    if name == WEIGHTS:  # most of the file is numbers: the header and the last table are struck more often
        begin = chance.choice((0, 0, 8, len(data) - 60_000, chance.randrange(len(data))))
        data = data[:begin] + mutated(data[begin : begin + 2000], chance) + data[begin + 2000 :]
    (folder / name).write_bytes(mutated(data, chance) if name == CONFIG else data)
    if name == WEIGHTS and chance.random() < 0.8:
        seal(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    sound = {name: (Path(default_folder()) / name).read_bytes() for name in (CONFIG, WEIGHTS)}
    loaded, reasons, slowest = 0, set(), 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for _ in range(options.files):
            break_one(folder, sound, chance)
            began = time.process_time()
            try:
                model = StanceModel.load(folder)
                assert len(model.predict(SENTENCE).probabilities) == len(model.labels)
                loaded += 1
            except ModelError as error:
                reasons.add(str(error).partition(": ")[2].partition(";")[0][:25])
            slowest = max(slowest, time.process_time() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {
        "files": options.files,
        "seed": options.seed,
        "gave_a_model": loaded,
        "gave_a_model_error": options.files - loaded,
        "kinds_of_reason": len(reasons),
        "slowest_seconds": round(slowest, 3),
        "highest_resident_mb": round(peak, 1),
    }
    assert slowest < SECONDS, found
    assert peak < MEGABYTES, found
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
