"""CSV that a spreadsheet can open: no cell runs, and our reader gives back the exact text."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance import DataError
from stance.spreadsheet import escape, read_back, unescape

RISKY = [
    "=cmd|' /C calc'!A1",
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\0=1",
    " =1",
    "\u00a0=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    "- We condemn the attack.",
    "-",
    "+",
    "--5",
    "-5\n",
    "-٣",
]
HARMLESS = ["", "a", "-5", "+3.2", "-1,234.5", "-1e-5", "1-2", "a=b", "'quoted'", "it's", "'", "''", "“=1”", "…", "5%"]


@pytest.mark.parametrize("cell", RISKY)
def test_what_would_run_gets_an_apostrophe(cell):
    assert escape(cell) == "'" + cell
    assert escape("'" + cell) == "''" + cell
    assert unescape(escape(cell)) == cell


@pytest.mark.parametrize("cell", HARMLESS)
def test_the_rest_stays(cell):
    assert escape(cell) == unescape(cell) == cell


@given(st.text(alphabet="'=+-@\t\r\n\0 ＝＋5.a", max_size=8) | st.text(max_size=20))
@settings(max_examples=1000)
def test_escaping_can_always_be_undone(cell):
    assert unescape(escape(cell)) == cell
    assert escape(cell)[:1] not in set("=@\t\r\n\0＝＋－＠")


def test_read_back(tmp_path):
    text = "'=a,b\n'=1,'-5\n-5,''=x\n"
    (tmp_path / "t.csv").write_text(text)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(text.encode()))
    rows = [{"=a": "=1", "b": "'-5"}, {"=a": "-5", "b": "'=x"}]
    assert list(read_back(tmp_path / "t.csv")) == list(read_back(tmp_path / "t.csv.gz")) == rows
    assert next(read_back(tmp_path / "t.csv", csv_safe=False)) == {"'=a": "'=1", "b": "'-5"}


@pytest.mark.parametrize(("data", "reason"), [(b"a,b\n1\n", "line 2: 1 cells"), (b"a\n\xff\n", "utf-8")])
def test_read_back_of_something_else(tmp_path, data, reason):
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(DataError, match=reason):
        list(read_back(tmp_path / "t.csv"))
    with pytest.raises(DataError, match="existing file"):
        list(read_back(tmp_path / "none.csv"))
