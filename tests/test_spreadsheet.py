"""CSV that a spreadsheet can open: no cell runs, and our reader gives back the exact text."""

import csv
import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance import DataError
from stance.spreadsheet import csv_rows, escape, read_back, risky_rows, unescape

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


@given(st.lists(st.lists(st.text(alphabet="'=+-@\t\r\n\0 ＝5.,;\"a", max_size=6), min_size=1, max_size=3), max_size=6))
@settings(max_examples=500)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_no_risky_row_is_missed(delimiter, quoting, rows):
    lines = []
    for row in rows:
        file = io.StringIO(newline="")
        csv.writer(file, delimiter=delimiter, quoting=quoting).writerow(row)
        lines.append(file.getvalue().removesuffix("\r\n"))
    assert {i for i, row in enumerate(rows) if any(escape(cell) != cell for cell in row)} <= risky_rows(lines, delimiter)


def test_plain_rows_are_not_taken_for_risky():
    rows = ['1,-5,"a, b",it\'s,', '"a","","b"', '"x","-5","y - z"', "well-known,a=b,a@b.org", '"ends",""', ",,"]
    assert risky_rows(rows, ",") <= {2}
    assert risky_rows([row.replace(",", "\t") for row in rows], "\t") <= {2}


@given(st.lists(st.lists(st.text(alphabet="'\t\r\n\0 ,\"aé", max_size=6), min_size=1, max_size=3), max_size=6))
def test_written_rows_are_read_as_they_were(rows):
    text = "".join(line + "\n" for line in csv_rows(rows, ",", False))
    assert list(csv.reader(io.StringIO(text, newline=""))) == rows
