"""Any number of sentences from Python: `stream`, and columns of pandas, polars and pyarrow."""

import subprocess
import sys
import tracemalloc
from itertools import cycle, islice

import pandas as pd
import pytest

import stance
from stance import InputError

TEXTS = ["We condemn the attack.", "We thank Jordan.", "The ministers met on Tuesday.", ""]
NAMES = ["label", "confidence", *(f"p_{label}" for label in stance.LABELS), "known", "recognised"]


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_stream_gives_what_predict_gives(model, batch):
    assert list(model.stream(iter(TEXTS), batch=batch)) == model.predict(TEXTS)
    assert [p.label for p in model.stream(TEXTS, batch=batch, min_confidence=1.0)] == [None] * 4


def test_stream_begins_before_its_input_ends(model):
    def endless():
        while True:
            yield from TEXTS

    assert [p.text for p in islice(model.stream(endless(), batch=3), 10)] == (TEXTS * 3)[:10]


def test_stream_has_bounded_memory(model):
    def peak(n):
        tracemalloc.start()
        for _ in model.stream(islice(cycle(TEXTS), n)):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(10_000)
    assert peak(40_000) < 1.5 * peak(10_000)


@pytest.mark.parametrize(
    ("texts", "batch", "reason"), [("one", 10, "iterable of sentences"), (TEXTS, 0, "batch of 1"), ([1], 1, "item 0")]
)
def test_stream_refuses(model, texts, batch, reason):
    with pytest.raises(InputError, match=reason):
        next(model.stream(texts, batch=batch))


def check(frame, model):
    """A frame (as a dict of lists) says what the predictions say."""
    expected = model.predict(TEXTS)
    assert list(frame) == NAMES
    assert frame["label"] == [p.label for p in expected]
    assert frame["p_neutral"] == [p.probabilities["neutral"] for p in expected]
    assert frame["recognised"] == [p.recognised for p in expected]


def test_pandas(model):
    found = model.predict(pd.Series(TEXTS, index=list("abcd")))
    assert list(found.index) == list("abcd")
    check(found.to_dict("list"), model)
    assert list(model.predict_proba(pd.Series(TEXTS))[:, 3]) == found["p_neutral"].tolist()


def test_polars(model):
    polars = pytest.importorskip("polars")
    pytest.importorskip("narwhals")
    found = model.predict(polars.Series("t", TEXTS), min_confidence=0.0)
    assert isinstance(found, polars.DataFrame)
    check(found.to_dict(as_series=False), model)
    with pytest.raises(InputError, match="item 1 is NoneType"):
        stance.predict(polars.Series(["a", None]))


def test_pyarrow(model):
    pyarrow = pytest.importorskip("pyarrow")
    pytest.importorskip("narwhals")
    plain = pyarrow.array(TEXTS)
    for column in (plain, pyarrow.chunked_array([TEXTS[:1], TEXTS[1:]]), plain.dictionary_encode(), plain.cast("large_string")):
        found = stance.predict(column)
        assert isinstance(found, pyarrow.Table)
        check(found.to_pydict(), model)
    with pytest.raises(InputError, match="item 0 is int"):
        stance.predict(pyarrow.chunked_array([[1]]))
    with pytest.raises(InputError, match="cannot predict on Int64Array"):
        stance.predict(pyarrow.array([1]))


def test_none_of_them_is_imported():
    code = "import sys, stance; stance.predict(['a', 'b']); print({'polars', 'pyarrow', 'narwhals', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
