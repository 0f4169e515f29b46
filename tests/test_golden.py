"""Same text, same label, everywhere: 1,000 sentences with their probabilities, in this Python and every other one found."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stance import LABELS

ROOT = Path(__file__).parent.parent
with open(Path(__file__).parent / "tables" / "golden.csv", encoding="utf-8", newline="") as _file:
    GOLDEN = list(csv.DictReader(_file))
CODE = "import json, sys, stance; print(json.dumps([[p.label, *p.probabilities.values()] for p in map(stance.predict, json.load(sys.stdin))]))"


def other_pythons():
    """Interpreters from 3.11 on, in PATH or beside this one where several are kept."""
    found = {}
    for minor in range(11, 16):
        places = [shutil.which(f"python3.{minor}"), *map(str, Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))]
        for place in filter(None, places):
            works = subprocess.run(
                [place, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True, check=False
            )
            if works.stdout.strip() == f"(3, {minor})":
                found[minor] = place
    return [pytest.param(path, id=f"3.{minor}") for minor, path in found.items()] or [pytest.param(sys.executable, id="this one")]


def assert_golden(rows):
    for wanted, (label, *probabilities) in zip(GOLDEN, rows, strict=True):
        assert label == wanted["label"], wanted["text"]
        expected = [float(wanted[name]) for name in LABELS]
        assert max(abs(p - q) for p, q in zip(probabilities, expected, strict=True)) < 1e-6, wanted["text"]


def test_half_of_the_sentences_are_not_ascii():
    assert len(GOLDEN) == 1000
    assert sum(not row["text"].isascii() for row in GOLDEN) >= 500


def test_in_a_batch(model):
    assert_golden([[p.label, *p.probabilities.values()] for p in model.predict([row["text"] for row in GOLDEN])])


@pytest.mark.parametrize("python", other_pythons())
def test_one_by_one_on_the_standard_library_alone(python):
    texts = json.dumps([row["text"] for row in GOLDEN])
    done = subprocess.run([python, "-S", "-W", "error", "-c", CODE], input=texts, capture_output=True, text=True, check=False,
                          env={"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"})  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    assert_golden(json.loads(done.stdout))
