"""The model folder: one crafted file for each rule, then thousands of broken ones: a model or a ModelError, nothing else."""

import json
import math
import os
import random
import struct
from pathlib import Path

import pytest

from stance import ModelError, weights
from stance.entries import Entries, Rows
from stance.features import ANY_CASE, Analyzer
from stance.folder import CONFIG, WEIGHTS, Parts, read, write
from stance.model import StanceModel

SENTENCE = "We urge both sides to talk."


@pytest.fixture
def folder(tmp_path):
    """A tiny sound model."""
    analyzer = Analyzer(
        ("words 0",),
        names=Entries.of({"jordan": ANY_CASE}),
        common=["urge", "talk"],
        lexicon=Entries.of({"urg": "URGE"}),
        irregular={"met": "meet"},
    )
    parts = Parts(("calm", "angry"), analyzer, Rows(["w talk", "w urg"]), [2.0, 1.5], [0.5, -0.5, 1.0, -1.0], [0.1, -0.1], {})
    write(str(tmp_path), parts)
    return tmp_path


def tensors(folder):
    data = (folder / WEIGHTS).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    body = data[8 + length :]
    return {name: (e["dtype"], tuple(e["shape"]), body[slice(*e["data_offsets"])]) for name, e in header.items()}


def put(folder, **changes):
    """Write the tensors with changes and the right checksum."""
    found = {**tensors(folder), **changes}
    digest = weights.write(str(folder / WEIGHTS), {name: value for name, value in found.items() if value is not None})
    seal(folder, digest)


def seal(folder, digest=None):
    import hashlib

    config = json.loads((folder / CONFIG).read_text())
    config["weights_sha256"] = digest or hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    (folder / CONFIG).write_text(json.dumps(config))


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def text(value):
    data = value.encode() if isinstance(value, str) else value
    return ("U8", (len(data),), data)


def test_the_sound_one_loads(folder):
    model = StanceModel.load(folder)
    assert model.predict(SENTENCE).label == "calm"
    assert model.explain(SENTENCE).top(1)[0].feature == "w urg"


CRAFTED = {
    "not a number": (lambda f: put(f, weights=("F32", (2, 2), floats(math.nan, 0, 0, 0))), "not finite"),
    "infinite": (lambda f: put(f, idf=("F32", (2,), floats(math.inf, 1))), "not finite"),
    "both infinities": (lambda f: put(f, weights=("F32", (2, 2), floats(math.inf, -math.inf, 0, 0))), "not finite"),
    "idf of zero": (lambda f: put(f, idf=("F32", (2,), floats(0, 1))), "not positive"),
    "one row too few": (lambda f: put(f, weights=("F32", (1, 2), floats(1, 2))), "expected"),
    "one label too many": (lambda f: put(f, weights=("F32", (2, 3), floats(*range(6)))), "expected"),
    "wrong type": (lambda f: put(f, idf=("F64", (2,), struct.pack("<2d", 1, 1))), "expected"),
    "feature twice": (lambda f: put(f, features=text("w urg\nw urg")), "an entry stands twice"),
    "features out of order": (lambda f: put(f, features=text("w urg\nw talk")), "not in order"),
    "names out of order": (lambda f: put(f, names=text("jordan\t0\nchad\t0")), "not in order"),
    "features of another type": (lambda f: put(f, features=("F32", (2,), floats(1, 2))), "not text"),
    "not UTF-8": (lambda f: put(f, features=text(b"w urg\n\xff\xfe")), "UTF-8"),
    "missing tensor": (lambda f: put(f, common=None), "common"),
    "extra tensor": (lambda f: put(f, more=text("x")), "more"),
    "name twice": (lambda f: put(f, names=text("jordan\t0\njordan\t1")), "an entry stands twice"),
    "lexicon without class": (lambda f: put(f, lexicon=text("urg")), "not a pair"),
    "empty lemma": (lambda f: put(f, irregular=text("met\t")), "empty"),
    "truncated": (lambda f: (f / WEIGHTS).write_bytes((f / WEIGHTS).read_bytes()[:-3]) and seal(f), "offsets"),
    "bytes at the end": (lambda f: (f / WEIGHTS).write_bytes((f / WEIGHTS).read_bytes() + b"xx") and seal(f), "belong to no tensor"),
    "empty": (lambda f: (f / WEIGHTS).write_bytes(b""), "0 bytes"),
    "changed after training": (lambda f: (f / WEIGHTS).write_bytes((f / WEIGHTS).read_bytes()[:-1] + b"z"), "SHA-256"),
    "header longer than the file": (lambda f: (f / WEIGHTS).write_bytes(b"\xff" * 16) and seal(f), "header of"),
    "header no JSON": (lambda f: (f / WEIGHTS).write_bytes((4).to_bytes(8, "little") + b"{{{{") and seal(f), "not a valid JSON"),
    "key twice": (lambda f: (f / WEIGHTS).write_bytes((17).to_bytes(8, "little") + b'{"a":{},   "a":{}}'[:17] + b"}") and seal(f), "twice|JSON"),
    "too large": (lambda f: os.truncate(f / WEIGHTS, weights.SIZE_LIMIT + 1), "allowed are"),
    "weights missing": (lambda f: (f / WEIGHTS).unlink(), "cannot be read"),
    "a folder for a file": (lambda f: ((f / WEIGHTS).unlink(), (f / WEIGHTS).mkdir()), "cannot be read"),
    "huge configuration": (lambda f: (f / CONFIG).write_text(" " * (2**20 + 1)), "1 MB"),
    "conformal table": (lambda f: (f / CONFIG).write_text((f / CONFIG).read_text().replace("{", '{"conformal": [2],', 1)), "conformal"),
}  # fmt: skip


@pytest.mark.parametrize("fault", CRAFTED)
def test_crafted_files_are_refused_with_the_reason(folder, fault):
    spoil, reason = CRAFTED[fault]
    spoil(folder)
    with pytest.raises(ModelError, match=reason) as caught:
        StanceModel.load(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


def mutated(data, random):
    data = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(data))
        kind = random.random()
        if kind < 0.5:
            data[at] = random.randrange(256)
        elif kind < 0.7:
            del data[at : at + random.randint(1, 40)]
        elif kind < 0.9:
            data[at:at] = random.choice([b"0", b"-1", b"}", b'"', b"NaN", b"1e999", b"\xff", b"[" * 50, b"9" * 30])
        else:
            data[at : at + 8] = random.randbytes(8)
        if not data:
            return b"{"
    return bytes(data)


def test_ten_thousand_broken_models_give_a_model_or_a_model_error(folder):
    chance = random.Random(20261122)
    sound = {name: (folder / name).read_bytes() for name in (CONFIG, WEIGHTS)}
    loaded = 0
    for i in range(10_000):
        name = WEIGHTS if i % 2 else CONFIG
        for other, data in sound.items():
            (folder / other).write_bytes(mutated(data, chance) if other == name else data)
        if name == WEIGHTS:
            seal(folder)
        try:
            model = StanceModel(read(str(folder)))
        except ModelError:
            continue
        loaded += 1
        assert len(model.predict(SENTENCE).probabilities) == len(model.labels)
    assert 0 < loaded < 9_000


def test_loading_never_writes(folder):
    before = {path.name: path.stat().st_mtime_ns for path in Path(folder).iterdir()}
    StanceModel.load(folder)
    assert before == {path.name: path.stat().st_mtime_ns for path in Path(folder).iterdir()}
