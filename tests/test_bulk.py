"""`stance tag TABLE`: every row comes back, in order, the same bytes whatever the number of processes."""

import csv
import gzip
import io
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from stance import DataError, InputError, bulk, bulk_cli, parquet, tables, tag
from stance.bulk import Options, tag_table
from stance.cli import main
from stance.spreadsheet import read_back

ADDED = ["label", "confidence", "p_supportive", "p_conciliatory", "p_condemnatory", "p_neutral", "known", "error"]
SENTENCES = [
    "We condemn the attack in the strongest terms.",
    "We thank Jordan, and its people, for their hospitality.",
    '"Both sides" must show restraint, he said,\nand talk.',
    "The ministers met on Tuesday — in Genève.",
    "=SUM(A1)",
    "- We reject the allegations.",
]
ROWS = [{"id": str(i), "text": SENTENCES[i % 6], "note": f"note {i}"} for i in range(60)]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(tables, "CHUNK_BYTES", 600)
    monkeypatch.setattr(parquet, "ROWS", 7)


def csv_text(rows, delimiter=","):
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def write_table(path, rows):
    """The rows in the format that the name of the file says."""
    if path.suffix == ".parquet":
        pa = pytest.importorskip("pyarrow")
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    kind, compression = bulk.split_suffix(path.name)
    if kind == "jsonl":
        data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    else:
        data = csv_text(rows, "\t" if kind == "tsv" else ",").encode()
    if compression == "gz":
        data = gzip.compress(data)
    if compression == "zst":
        data = pytest.importorskip("pyarrow").Codec("zstd").compress(data, asbytes=True)
    path.write_bytes(data)
    return path


def read_table(path):
    """The rows of a tagged table, with "" and null as None."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        rows = pq.read_table(path).to_pylist()
    else:
        kind, compression = bulk.split_suffix(path.name)
        if compression == "zst":
            import pyarrow as pa

            plain = path.with_suffix("")
            plain.write_bytes(pa.CompressedInputStream(str(path), "zstd").read())
            path = plain
        if kind == "jsonl":
            text = gzip.decompress(path.read_bytes()) if compression == "gz" else path.read_bytes()
            rows = [json.loads(line) for line in text.decode().splitlines()]
        else:
            rows = list(read_back(path, delimiter="\t" if kind == "tsv" else ","))
    return [{name: None if value == "" else value for name, value in row.items()} for row in rows]


PAIRS = [
    *(("in.csv", f"out.{kind}") for kind in ("csv", "tsv", "jsonl", "parquet", "csv.gz", "jsonl.gz", "csv.zst")),
    *((f"in.{kind}", "out.csv") for kind in ("tsv", "parquet", "csv.gz", "csv.zst")),
    *(("in.jsonl", "out.jsonl"), ("in.jsonl.gz", "out.ndjson"), ("in.parquet", "out.parquet"), ("in.parquet", "out.jsonl")),
]


@pytest.mark.parametrize(("source", "out"), PAIRS)
def test_every_format_keeps_rows_columns_and_order(model, tmp_path, source, out):
    summary = tag_table(write_table(tmp_path / source, ROWS), tmp_path / out)
    found = read_table(tmp_path / out)
    assert summary.rows == 60
    assert list(found[0]) == ["id", "text", "note", *ADDED]
    assert [{name: row[name] for name in ROWS[0]} for row in found] == ROWS
    for row, prediction in zip(found, model.predict([row["text"] for row in ROWS]), strict=True):
        assert row["label"] == prediction.label
        assert row["error"] is None
        assert math.isclose(float(row["confidence"]), prediction.confidence, abs_tol=1e-6)
        assert math.isclose(float(row["known"]), prediction.known, abs_tol=1e-6)
        assert math.isclose(float(row["p_neutral"]), prediction.probabilities["neutral"], abs_tol=1e-6)
    assert sorted(path.name for path in tmp_path.iterdir() if "part" in path.name) == []


def test_chunk_sizes_do_not_matter(monkeypatch, tmp_path):
    source = write_table(tmp_path / "in.csv", ROWS)
    outputs = set()
    for size in (50, 333, 10**6):
        monkeypatch.setattr(tables, "CHUNK_BYTES", size)
        tag_table(source, tmp_path / "out.csv", force=True)
        outputs.add((tmp_path / "out.csv").read_bytes())
    assert len(outputs) == 1


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet"])
def test_two_processes_write_the_same_bytes_as_one(tmp_path, name):
    source = write_table(tmp_path / name, ROWS)
    for jobs in (1, 2):
        tag_table(source, tmp_path / f"out{jobs}-{name}", jobs=jobs)
    assert (tmp_path / f"out1-{name}").read_bytes() == (tmp_path / f"out2-{name}").read_bytes()


def test_joblib_decides_where_jobs_is_none(tmp_path):
    import joblib

    source = write_table(tmp_path / "in.csv", ROWS)
    tag_table(source, tmp_path / "a.csv")
    with joblib.parallel_config(backend="threading", n_jobs=2):
        tag_table(source, tmp_path / "b.csv", jobs=None)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_parquet_keeps_types_and_numbers_exactly(model, tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    texts = pa.array(SENTENCES * 5).dictionary_encode()
    table = pa.table({"when": pa.array(range(30), pa.timestamp("us")), "s": texts, "tags": [["a", None]] * 30})
    pq.write_table(table, tmp_path / "in.parquet")
    tag_table(tmp_path / "in.parquet", tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.select(["when", "s", "tags"]).to_pydict() == table.to_pydict()
    assert found.schema.field("when").type == pa.timestamp("us")
    exact = [p.probabilities["supportive"] for p in model.predict(SENTENCES * 5)]
    assert found["p_supportive"].to_pylist() == pytest.approx(exact, abs=1e-12)
    tag_table(tmp_path / "in.parquet", tmp_path / "out.jsonl")
    assert json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])["tags"] == ["a", None]


def test_json_lines_are_kept_letter_by_letter(tmp_path):
    first = '{ "text":"We met.", "n": 1.50, "big": 123456789012345678901234567890, "u": "\\u00e9" }'
    lines = [first, '{"text": "a\u2028b c", "e": 1E5}']
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    tag_table(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    for before, after in zip(lines, (tmp_path / "out.jsonl").read_text(encoding="utf-8").split("\n"), strict=False):
        assert after.startswith(before.rstrip(" }") + ', "label": ')
        assert json.loads(after)["text"] == json.loads(before)["text"]


# ---- rows that cannot be classified ---------------------------------------------------------------

LONG = "word " * 2001


@pytest.mark.parametrize(
    ("line", "cells", "kind", "reason"),
    [
        (b"a,", ["a", ""], "empty", "no text"),
        (b"a,   ", ["a", "   "], "empty", "no text"),
        (b"", ["", ""], "ragged", "0 cells, the header has 2"),
        (b"a", ["a", ""], "ragged", "1 cells, the header has 2"),
        (b"a,b,c,d", ["a", "b,c,d"], "ragged", "4 cells, the header has 2"),
        (b"a,We con\0demn.", ["a", "We con\0demn."], "NUL", "holds a NUL character"),
        (b"a,caf\xe9 ol\xe9", ["a", "caf\ufffd ol\ufffd"], "wrong encoding", "byte 0xe9 at position 5 is not UTF-8"),
        (b"caf\xe9,We met.", ["caf\ufffd", "We met."], "wrong encoding", "byte 0xe9"),
        (b"a," + LONG.encode(), ["a", LONG], "too long", "10,005 characters, at most 10,000"),
        (b'a,"never closed', ["a", "never closed\n"], "cannot be cut", "not closed"),
        (b"a," + b"x" * 5_000_000, ["", ""], "cannot be cut", "a row of 5,000,003 bytes, at most 4,194,304"),
    ],
)
def test_odd_rows_of_csv_stay_in_place(monkeypatch, tmp_path, line, cells, kind, reason):
    monkeypatch.setattr(tables, "CHUNK_BYTES", 2**16)
    good = b"1,We condemn the attack.\n"
    source = tmp_path / "in.csv"
    source.write_bytes(b"id,text\n" + good + line + b"\n" + good)
    summary = tag_table(source, tmp_path / "out.csv")
    first, odd, last = read_back(tmp_path / "out.csv")
    assert first["label"] == last["label"] == "condemnatory"
    assert (odd["id"], odd["text"]) == tuple(cells)
    assert not any(odd[name] for name in ADDED[:-1])
    assert reason in odd["error"]
    assert (summary.rows, dict(summary.faults)) == (3, {kind: 1})
    assert summary.first_faults == [f"{source}: row 2, column 'text': {odd['error']}"]
    with pytest.raises(DataError, match=r"in\.csv: row 2, column 'text': .*--strict") as caught:
        tag_table(source, tmp_path / "strict.csv", Options(strict=True))
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


@pytest.mark.parametrize(
    ("line", "kind", "reason"),
    [
        ("", "empty", "no text"),
        ("{", "not JSON", "Expecting property name"),
        ("[1]", "not JSON", "expected, not list"),
        ("[" * 100_000, "not JSON", "nested too deeply"),
        ('{"t": "x"}', "no text", "key 'text' is missing"),
        ('{"text": null}', "no text", "is NoneType, not a string"),
        ('{"text": ["a"]}', "no text", "is list, not a string"),
        ('{"text": "  "}', "empty", "no text"),
        ('{"text": "a", "label": "mine"}', "name clash", "key 'label' stands in the row already"),
    ],
)
def test_odd_rows_of_json_lines_stay_in_place(tmp_path, line, kind, reason):
    good = '{"text": "We condemn the attack."}'
    source = tmp_path / "in.jsonl"
    source.write_text("\n".join([good, line, good]))
    summary = tag_table(source, tmp_path / "out.jsonl")
    first, odd, last = (json.loads(text) for text in (tmp_path / "out.jsonl").read_text().splitlines())
    assert first["label"] == last["label"] == "condemnatory"
    assert odd["label"] is None
    assert reason in odd["error"]
    assert dict(summary.faults) == {kind: 1}
    kept = json.loads(line) if kind in ("no text", "empty") and line else {"raw": line}
    assert {name: odd[name] for name in kept} == kept


def test_strict_output_has_no_error_column(tmp_path):
    tag_table(write_table(tmp_path / "in.csv", ROWS), tmp_path / "out.csv", Options(strict=True))
    assert list(next(read_back(tmp_path / "out.csv")))[3:] == ADDED[:-1]


def test_nulls_in_parquet_are_faults(tmp_path):
    source = write_table(tmp_path / "in.parquet", [{"text": None, "x": math.nan}, {"text": "We met.", "x": 1.0}])
    assert tag_table(source, tmp_path / "out.jsonl", Options(column="text")).faults == {"empty": 1}
    first = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert (first["text"], first["x"], first["label"]) == (None, None, None)


# ---- options ------------------------------------------------------------------------------------


def test_uncertain_below_min_confidence(tmp_path):
    source = write_table(tmp_path / "in.csv", ROWS)
    tag_table(source, tmp_path / "out.csv", Options(min_confidence=0.99))
    for row in read_back(tmp_path / "out.csv"):
        assert (row["label"] == "uncertain") == (float(row["confidence"]) < 0.99)
    with pytest.raises(InputError, match="from 0 to 1"):
        tag_table(source, tmp_path / "x.csv", Options(min_confidence=2))


def test_names_that_clash_need_a_prefix(tmp_path):
    source = write_table(tmp_path / "in.csv", ROWS)
    tag_table(source, tmp_path / "once.csv")
    with pytest.raises(DataError, match=r"column 'label' stands there already; add --prefix"):
        tag_table(tmp_path / "once.csv", tmp_path / "twice.csv")
    tag_table(tmp_path / "once.csv", tmp_path / "twice.csv", Options(prefix="new_"))
    assert list(next(read_back(tmp_path / "twice.csv")))[11:] == ["new_" + name for name in ADDED]


def test_spreadsheets_run_nothing_and_the_text_comes_back(tmp_path):
    source = write_table(tmp_path / "in.csv", ROWS)
    tag_table(source, tmp_path / "safe.csv")
    cells = [cell for row in read_back(tmp_path / "safe.csv", csv_safe=False) for cell in row.values()]
    assert "'=SUM(A1)" in cells
    assert not any(cell.startswith(("=", "- ")) for cell in cells)
    tag_table(source, tmp_path / "plain.csv", Options(csv_safe=False))
    for name, safe in (("safe.csv", True), ("plain.csv", False)):
        assert [row["text"] for row in read_back(tmp_path / name, csv_safe=safe)] == [row["text"] for row in ROWS]


def test_split_gives_the_statements_of_each_document(tmp_path):
    documents = ["Oslo condemned the raid. “It was a crime,” Foreign Minister Kari Lund said.", "", "We met.\n\nWe thank Jordan."]
    for name in ("in.csv", "in.jsonl", "in.parquet"):
        source = write_table(tmp_path / name, [{"id": str(i), "text": text} for i, text in enumerate(documents)])
        tag_table(source, tmp_path / f"out-{name}", Options(split=True))
        found = read_table(tmp_path / f"out-{name}")
        expected = []
        for i, text in enumerate(documents):
            for s in tag(text).statements or [None]:
                place = (s.start, s.end, s.speaker or None, s.text, s.prediction.label) if s else (None,) * 5
                expected.append((str(i), i + 1, *place))
        columns = ("id", "row", "start", "end", "speaker", "text", "label")
        as_text = [tuple(None if value is None else str(value) for value in row) for row in expected]
        assert [tuple(None if row[n] is None else str(row[n]) for n in columns) for row in found] == as_text, name


def test_jobs_split_and_serial_agree(tmp_path):
    rows = [{"id": str(i), "text": f"We met. Oslo condemned raid {i}.\n\nWe thank Jordan."} for i in range(30)]
    source = write_table(tmp_path / "in.csv", rows)
    for jobs in (1, 2):
        tag_table(source, tmp_path / f"out{jobs}.csv", Options(split=True), jobs=jobs)
    assert (tmp_path / "out1.csv").read_bytes() == (tmp_path / "out2.csv").read_bytes()
    numbers = [int(row["row"]) for row in read_back(tmp_path / "out1.csv")]
    assert numbers == [i + 1 for i, row in enumerate(rows) for _ in tag(row["text"]).statements]


@pytest.mark.parametrize(
    ("source", "out", "reason"),
    [
        ("in.csv", "out.xlsx", "does not say what to write; end it in .csv"),
        ("in.jsonl", "out.csv", "JSON lines come out as JSON lines only"),
        ("in.csv", "out.parquet.gz", "Parquet is written to a plain file"),
        ("in.parquet", "-", "Parquet is written to a plain file"),
    ],
)
def test_outputs_that_cannot_be_made(tmp_path, source, out, reason):
    path = write_table(tmp_path / source, ROWS)
    with pytest.raises(DataError, match=reason):
        tag_table(path, out if out == "-" else tmp_path / out)


# ---- the command ----------------------------------------------------------------------------------


def stance_tag(*arguments, data=b""):
    command = [sys.executable, "-m", "stance.cli", "tag", *map(str, arguments)]
    return subprocess.run(command, input=data, capture_output=True, timeout=120, check=False)


def test_stdin_to_stdout():
    done = stance_tag("-", "--format", "csv", data=csv_text(ROWS).encode())
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[0] == ",".join(["id", "text", "note", *ADDED])
    assert b"60 rows of 'text'" in done.stderr
    done = stance_tag("-", "--format", "jsonl", data=b'{"text": "We met."}\n\n')
    assert json.loads(done.stdout.splitlines()[0])["label"] == "neutral"
    assert b"1 rows without a label: empty 1" in done.stderr


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    source = write_table(tmp_path / "in.csv", ROWS * 200)
    done = subprocess.run(f"{sys.executable} -m stance.cli tag {source} | head -1", shell=True, capture_output=True, check=True)
    assert done.stdout.decode().startswith("id,text,note,label")
    assert b"Traceback" not in done.stderr


def test_progress_is_shown_on_a_terminal_only(monkeypatch, tmp_path, capsys):
    source = write_table(tmp_path / "in.csv", ROWS)
    monkeypatch.setattr(bulk_cli, "_EVERY_SECONDS", 0.0)
    for terminal in (False, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda terminal=terminal: terminal)
        assert main(["tag", str(source), "-o", str(tmp_path / "out.csv"), "--force"]) == 0
        shown = capsys.readouterr().err
        assert ("a second  " in shown and " left" in shown) == terminal
        assert shown.rpartition("\x1b[K")[2].startswith("stance: 60 rows of 'text' in ")


@pytest.mark.parametrize(("seconds", "text"), [(5, "5 s"), (125, "2 min 05 s"), (7500, "2 h 05 min")])
def test_durations(seconds, text):
    assert bulk_cli.duration(seconds) == text


def test_the_recipe_for_spark_works_on_pandas():
    import pandas as pd

    found = stance_of(pd.Series(["We condemn the attack.", None]))
    assert found["label"].tolist()[0] == "condemnatory"
    assert found["recognised"].tolist() == [True, False]


def stance_of(texts):
    """The body of the function in docs/scale.md."""
    document = (Path(__file__).parent.parent / "docs/scale.md").read_text(encoding="utf-8")
    code = document.partition("def stance_of(texts: pd.Series) -> pd.DataFrame:\n")[2].partition("\n\n")[0]
    names = {"texts": texts}
    exec("def recipe():\n" + code + "\nresult = recipe()", names)
    return names["result"]


def test_numbers_in_the_document_are_the_measured_ones():
    root = Path(__file__).parent.parent
    sys.path.insert(0, str(root / "benchmarks"))
    from bulk import document

    text = (root / "docs/scale.md").read_text(encoding="utf-8")
    assert document(json.loads((root / "benchmarks/results/bulk.json").read_text()), text) == text


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (["none.csv"], 1, "cannot be read"),
        (["in.csv", "--column", "x"], 1, "no column 'x'; columns found: id, text, note"),
        (["in.csv", "-o", "in.csv", "--force"], 1, "is the input itself"),
        (["in.csv", "-o", "old.csv"], 1, "exists already; add --force"),
        (["in.csv", "-o", "."], 1, "is a folder"),
        (["in.csv", "-o", "no/such/out.csv"], 1, "No such file or directory; give a file in a folder that exists"),
        (["in.csv", "--resume"], 1, "cannot be resumed"),
        (["in.csv", "--json"], 1, "--json is for articles"),
        (["in.csv", "-o", "/dev/full"], 1, "No space left on device"),
        (["in.csv", "--scheduler", "tcp://127.0.0.1:1"], 1, "no Dask scheduler answers"),
        (["in.csv", "--jobs", "0"], 2, "not a number of processes"),
        (["in.csv", "--model", "none"], 1, "cannot be read"),
    ],
)
def test_errors_are_one_line(tmp_path, monkeypatch, capsys, arguments, status, reason):
    if "--scheduler" in arguments:
        pytest.importorskip("distributed")
        monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "in.csv", ROWS)
    (tmp_path / "old.csv").write_text("precious")
    before = (tmp_path / "in.csv").read_bytes()
    try:
        code = main(["tag", *arguments])
    except SystemExit as stop:
        code = stop.code
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert code == status
    assert reason in message
    assert (tmp_path / "old.csv").read_text() == "precious"
    assert (tmp_path / "in.csv").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv", "old.csv"}
