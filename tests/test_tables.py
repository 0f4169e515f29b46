"""Reading tables in pieces: the cuts fall between rows, whatever the rows hold and wherever the pieces end."""

import csv
import gzip
import io
import time
import zlib
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance import DataError, tables
from stance.bulk import open_table, text_column
from stance.tables import TextTable, row_pattern


class Bytes:
    """A stream that gives a few bytes at a time."""

    def __init__(self, data, size):
        self.data, self.size = data, size

    def read(self):
        block, self.data = self.data[: self.size], self.data[self.size :]
        return block

    def done(self):
        return None

    def close(self):
        pass


def chunks_of(path):
    with closing(open_table(str(path))) as table:
        return list(table.chunks())


def rows_of(data, size, kind="csv"):
    table = TextTable("t", kind, Bytes(data, size))
    chunks = list(table.chunks())
    text = b"".join(chunk.data for chunk in chunks).decode("utf-8", "surrogateescape")
    pieces = [chunk.data.decode("utf-8", "surrogateescape") for chunk in chunks]
    rows = [row for piece in pieces for row in csv.reader(io.StringIO(piece, newline=""), delimiter=table.delimiter)]
    return table.columns, rows, text, chunks


cell = st.text(alphabet='ab,;"\n\r\té \0', max_size=12)


@given(st.lists(st.lists(cell, min_size=2, max_size=3), max_size=20), st.integers(1, 40), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=300, deadline=None)
def test_pieces_hold_the_rows_that_were_written(rows, size, line_end):
    file = io.StringIO(newline="")
    quoting = csv.QUOTE_MINIMAL if line_end == "\r\n" else csv.QUOTE_ALL
    csv.writer(file, lineterminator=line_end, quoting=quoting).writerows([["x", "y"], *rows])
    columns, found, _, chunks = rows_of(file.getvalue().encode(), size)
    assert columns == ("x", "y")
    assert found == rows
    assert sum(chunk.rows for chunk in chunks) == len(rows)
    assert not any(chunk.fault for chunk in chunks)


@given(st.text(alphabet='ab,"\n\r', max_size=60), st.integers(1, 20))
@settings(max_examples=500, deadline=None)
def test_any_text_is_cut_as_the_csv_module_reads_it(text, size):
    expected = list(csv.reader(io.StringIO(text, newline="")))
    _, found, kept, chunks = rows_of(b"h\n" + text.encode(), size)
    assert kept.removesuffix("\n") == text.removesuffix("\n")
    if not any(chunk.fault for chunk in chunks):
        assert found == expected
        assert sum(chunk.rows for chunk in chunks) == len(expected)
    else:  # only a quotation mark that never closes makes a fault
        assert {chunk.fault for chunk in chunks} <= {"", tables.UNCLOSED}


@given(st.text(alphabet='ab"{}\n\r\u2028', max_size=60), st.integers(1, 20))
@settings(max_examples=200, deadline=None)
def test_json_lines_end_at_line_feeds_only(text, size):
    table = TextTable("t", "jsonl", Bytes(text.encode(), size))
    chunks = list(table.chunks())
    expected = text if not text or text.endswith("\n") else text + "\n"
    assert b"".join(chunk.data for chunk in chunks).decode() == expected
    assert sum(chunk.rows for chunk in chunks) == expected.count("\n")


def test_a_row_after_an_unclosed_quotation_mark_is_a_row_again(monkeypatch):
    monkeypatch.setattr(tables, "ROW_LIMIT", 200)
    lines = [b'a,"never closed\n', *[b"c,d\n"] * 100]
    _, rows, _, chunks = rows_of(b"x,y\n" + b"".join(lines), 64)
    assert [chunk.fault for chunk in chunks if chunk.fault] == [tables.UNCLOSED]
    assert rows[1:] == [["c", "d"]] * 100


def test_a_line_over_the_limit_is_passed_over(monkeypatch):
    monkeypatch.setattr(tables, "ROW_LIMIT", 1000)
    _, rows, _, chunks = rows_of(b"x\nbefore\n" + b"z" * 5000 + b"\nafter\n", 64)
    assert rows == [["before"], ["after"]]
    assert [chunk.fault[:20] for chunk in chunks if chunk.fault] == ["a row of 5,001 bytes"]


@pytest.mark.parametrize("piece", ['"', '""', '"a', 'a"', ",", '",', '"\r', "a\r", '"a""', "\n"])
def test_cutting_takes_linear_time(piece):
    pattern = row_pattern(",")

    def seconds(n):
        data = piece.encode() * n
        began = time.process_time()
        pattern.match(data)
        return time.process_time() - began

    seconds(10_000)
    small, large = min(seconds(100_000) for _ in range(5)), min(seconds(400_000) for _ in range(5))
    assert large < 12 * small + 0.01


# ---- bytes that are not what they should be -------------------------------------------------------

GOOD = "text,n\nWe condemn the “attack”.,1\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (GOOD.encode(), None),
        (GOOD.encode("utf-8-sig"), None),
        (GOOD.encode("utf-16"), None),
        (b"\xfe\xff" + GOOD.encode("utf-16-be"), None),
        (GOOD.encode("cp1252"), "cp1252"),
        (GOOD.encode("utf-16-le"), "utf-16-le"),
        (GOOD.replace("\n", "\r\n").encode(), None),
        (GOOD.replace("\n", "\r").encode(), None),
        (GOOD.replace(",", ";").encode(), None),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_encodings(data, encoding, size):
    table = TextTable("t", "csv", Bytes(data, size), encoding)
    assert table.columns == ("text", "n")
    text = b"".join(chunk.data for chunk in table.chunks()).decode()
    assert text.strip() == GOOD.splitlines()[1].replace(",", table.delimiter)


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "t.csv", "is empty"),
        (b"\xef\xbb\xbf", "t.csv", "is empty"),
        (b"\n", "t.csv", "is an empty line"),
        (b"\na,b\n", "t.csv", "is an empty line"),
        (b"a,a\n", "t.csv", "'a' stands twice"),
        (b"a\0,b\n", "t.csv", "holds NUL"),
        (b"caf\xe9,b\n", "t.csv", "byte 0xe9 at position 3 is not UTF-8"),
        (b'"never closed\n', "t.csv", "quotation mark"),
        (b"x" * 10, "t.csv.gz", "damaged"),
        (gzip.compress(b"a,b\n" * 1000)[:-20], "t.csv.gz", "damaged"),
        (b"x" * 10, "t.csv.zst", "damaged|read"),
        (b"x" * 10, "t.parquet", "as Parquet"),
        (b"PAR1" * 10, "t.parquet", "as Parquet"),
        (b"", "t.parquet", "as Parquet"),
        (b"x", "t.dat", "--format"),
        (b"x", "t.csv.bz2", "--format"),
        (GOOD.encode("utf-16"), "t.tsv", None),
    ],
)
def test_files_that_are_no_tables(tmp_path, data, name, reason):
    path = tmp_path / name
    path.write_bytes(data)
    if reason is None:
        assert len(chunks_of(path)) == 1
        return
    with pytest.raises(DataError, match=reason) as caught:
        chunks_of(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: p.mkdir(), "is a folder"),
        (lambda p: p.symlink_to("nowhere"), "cannot be read"),
        (lambda p: None, "cannot be read"),
    ],
)
@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet"])
def test_paths_that_are_no_files(tmp_path, make, reason, name):
    path = tmp_path / name
    make(path)
    with pytest.raises(DataError, match=f"{reason}|as Parquet"):
        chunks_of(path)


def test_an_unknown_encoding_is_told():
    with pytest.raises(DataError, match="no encoding 'klingon'"):
        TextTable("t", "csv", Bytes(b"a,b\n", 10), "klingon")


def test_a_bomb_is_refused(tmp_path):
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"text\n" + b"a\n" * 20_000_000))
    with pytest.raises(DataError, match="unpacks to more than 100 times"):
        chunks_of(path)


def test_packed_files_are_read_piece_by_piece(tmp_path):
    pa = pytest.importorskip("pyarrow")
    data = b"text\n" + b"We met.\n" * 10_000
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(data) + gzip.compress(b"last\n"))
    frames = [pa.Codec("zstd").compress(piece, asbytes=True) for piece in (data, b"last\n")]
    (tmp_path / "a.csv.zst").write_bytes(b"".join(frames))
    for name in ("a.csv.gz", "a.csv.zst"):
        found = b"".join(chunk.data for chunk in chunks_of(tmp_path / name))
        assert zlib.crc32(found) == zlib.crc32(b"We met.\n" * 10_000 + b"last\n"), name


# ---- which column -------------------------------------------------------------------------------

SENTENCE = "We condemn the attack in the strongest terms."


@pytest.mark.parametrize(
    ("table", "asked", "answer"),
    [
        (f"text,n\n{SENTENCE},1\n", None, "text"),
        (f"n,Sentence\n1,{SENTENCE}\n", None, "Sentence"),
        (f"n,body\n1,{SENTENCE}\n", None, "body"),
        ("anything\n1\n", None, "anything"),
        (f"a,b\n{SENTENCE},{SENTENCE}\n", "b", "b"),
        (f"a,b\n{SENTENCE},{SENTENCE}\n", None, DataError("2 columns hold text")),
        (f"text,body\n1,{SENTENCE}\n", None, "text"),
        ("a,b\n1,2\n", None, DataError("no column looks like text")),
        (f"a,b\n{SENTENCE},1\n", "c", DataError("no column 'c'; columns found: a, b")),
    ],
)
def test_text_column(table, asked, answer):
    source = TextTable("t.csv", "csv", Bytes(table.encode(), 7))
    if isinstance(answer, str):
        assert text_column(source, "t.csv", asked) == answer
        return
    with pytest.raises(DataError, match=str(answer)):
        text_column(source, "t.csv", asked)
