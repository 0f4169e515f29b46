"""Names do not decide: no label changes with the name of a state, and no probability moves far."""

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).parent.parent / "benchmarks" / "names.py"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="benchmarks come with a checkout only")
if FILE.is_file():
    spec = importlib.util.spec_from_file_location("benchmark_names", FILE)
    names = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(names)


@pytest.fixture(scope="module")
def found(model):
    return names.measure(model, names.read_frames(), names.read_slots())


def test_enough_is_measured(found):
    frames = names.read_frames()
    assert found["frames"] >= 200
    assert found["names"] >= 40
    assert {frame.label for frame in frames} == {"supportive", "conciliatory", "condemnatory", "neutral"}
    assert len({frame.sentence for frame in frames}) == len(frames)
    assert all("{" in frame.sentence for frame in frames)


def test_no_name_changes_a_label(found):
    assert found["label_changes"] == 0, found["worst"]


def test_no_name_moves_a_probability_far(found):
    assert found["largest_move"] <= names.LIMIT, found["worst"]


def test_slots_are_filled_as_english_writes_them():
    united = next(filled for filled in names.read_slots() if filled["bare"] == "United States")
    sentence = names.Frame("neutral", "{state}'s coast and {capital}, {STATE}")
    assert names.fill(sentence, united) == "The United States' coast and Washington, THE UNITED STATES"
    assert names.fill(names.Frame("neutral", '"{state} it is," he said.'), united) == '"The United States it is," he said.'
