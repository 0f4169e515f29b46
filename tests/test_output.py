"""The output appears whole or not at all: crashes at every step, kills at any moment, full disks, other people's files."""

import json
import os
import random
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from stance import DataError, bulk, output, parquet, tables
from stance.bulk import Options, tag_table

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
TEXTS = ["We condemn the attack.", "We thank Jordan, and its people.", "The ministers met on Tuesday.", ""]


class Crash(BaseException):
    """What a power cut looks like from inside: nothing after it runs."""


def write_csv(path, n=40):
    path.write_text("id,text\n" + "".join(f'{i},"{TEXTS[i % 4]}"\n' for i in range(n)))
    return path


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setattr(tables, "CHUNK_BYTES", 150)
    monkeypatch.setattr(parquet, "ROWS", 5)
    monkeypatch.setattr(bulk, "_CHECKPOINT_SECONDS", 0.0)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# ---- crashes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("out", ["out.csv", "out.parquet", "out.csv.gz"])
@pytest.mark.parametrize("old", [None, b"an older file"])
def test_a_crash_at_any_step_leaves_out_as_it_was_and_resumes(monkeypatch, tmp_path, out, old):
    """Each call of the operating system that matters is made to crash once, before and after it is done."""
    source = write_csv(tmp_path / "in.csv", 16)
    tag_table(source, tmp_path / f"whole-{out}")
    whole = (tmp_path / f"whole-{out}").read_bytes()
    target = tmp_path / out
    steps = 0
    while True:
        for mode in ("before", "after"):
            for path in tmp_path.glob(f"{out}*"):
                path.unlink()
            if old is not None:
                target.write_bytes(old)
            with monkeypatch.context() as patch:
                crashed = crash_at(patch, steps, mode)
                with suppress(Crash):
                    tag_table(source, target, force=old is not None)
                assert target.read_bytes() in (old, whole) if target.exists() else old is None
            if not crashed():
                assert target.read_bytes() == whole
                assert steps > 10
                return
            tag_table(source, target, resume=True, force=old is not None)
            assert target.read_bytes() == whole, (steps, mode)
            assert [name for name in names(tmp_path) if name.startswith(out)] == [out], (steps, mode)
        steps += 1


def crash_at(patch, step, mode):
    """Let the call number `step` to fsync, replace or truncate crash; returns a function: did it?"""
    seen = {"n": -1}

    def wrap(function):
        def call(*arguments):
            seen["n"] += 1
            if seen["n"] == step and mode == "before":
                raise Crash
            result = function(*arguments)
            if seen["n"] == step:
                raise Crash
            return result

        return call

    patch.setattr(output.os, "fsync", wrap(os.fsync))
    patch.setattr(output.os, "replace", wrap(os.replace))
    patch.setattr(output, "_write_all", wrap(output._write_all))
    return lambda: seen["n"] >= step


@pytest.mark.parametrize(("out", "jobs"), [("out.csv", "1"), ("out.csv", "2"), ("out.parquet", "1")])
def test_sigkill_at_random_moments(tmp_path, out, jobs):
    """Killed again and again until it gets through (benchmarks/bulk.py does it 50 times on a larger table)."""
    source = write_csv(tmp_path / "in.csv", 40_000)
    command = [sys.executable, "-m", "stance.cli", "tag", str(source), "--resume", "--jobs", jobs]
    subprocess.run([*command, "-o", str(tmp_path / f"whole-{out}")], check=True, capture_output=True)
    seed = random.Random(8)
    for _ in range(6):
        process = subprocess.Popen([*command, "-o", str(tmp_path / out)], stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(seed.uniform(0.3, 2.5))
        os.killpg(process.pid, 9)
        if process.wait() == 0:
            break
        assert not (tmp_path / out).exists() or (tmp_path / out).read_bytes() == (tmp_path / f"whole-{out}").read_bytes()
    subprocess.run([*command, "-o", str(tmp_path / out)], check=(tmp_path / out).exists() is False, capture_output=True)
    assert (tmp_path / out).read_bytes() == (tmp_path / f"whole-{out}").read_bytes()
    assert names(tmp_path) == sorted(["in.csv", out, f"whole-{out}"])


# ---- going on, or not -----------------------------------------------------------------------------


@pytest.fixture
def stopped(monkeypatch, tmp_path):
    """A run that was stopped after a few chunks: in.csv and out.csv.part."""
    source = write_csv(tmp_path / "in.csv")
    with monkeypatch.context() as patch:
        crash_at(patch, 12, "before")
        with pytest.raises(Crash):
            tag_table(source, tmp_path / "out.csv")
    assert names(tmp_path)[:3] == ["in.csv", "out.csv.part", "out.csv.part.json"]
    return tmp_path


def change_input(folder):
    text = (folder / "in.csv").read_text()
    (folder / "in.csv").write_text(text.replace("Jordan", "Sweden"))


def change_beginning_but_not_the_date(folder):
    status = (folder / "in.csv").stat()
    text = (folder / "in.csv").read_text()
    (folder / "in.csv").write_text(text.replace("condemn", "comdemn", 1))
    os.utime(folder / "in.csv", ns=(status.st_atime_ns, status.st_mtime_ns))


def change_model(folder):
    import stance

    stance.load().save(folder / "model")
    config = json.loads((folder / "model/config.json").read_text())
    (folder / "model/config.json").write_text(json.dumps({**config, "note": "another"}))


def change_version(folder):
    path = folder / "out.csv.part.json"
    path.write_text(path.read_text().replace('"version of stance": "', '"version of stance": "9.'))


def damage_record(folder):
    (folder / "out.csv.part.json").write_text("{")


def cut_part(folder):
    (folder / "out.csv.part").write_bytes(b"id")


@pytest.mark.parametrize(
    ("change", "options", "reason"),
    [
        (None, {"prefix": "x_"}, "another set of options"),
        (None, {"csv_safe": False}, "another set of options"),
        (None, {"min_confidence": 0.5}, "another set of options"),
        (None, {"column": "id"}, "another set of options"),
        (change_model, {"model": "model"}, "another model"),
        (change_version, {}, "another version of stance"),
        (change_input, {}, r"another input \(size or date changed\)"),
        (change_beginning_but_not_the_date, {}, "has changed since the unfinished run"),
        (damage_record, {}, "is not the record of a run"),
        (cut_part, {}, "holds 2 of"),
    ],
)
def test_another_run_is_not_gone_on_with(stopped, change, options, reason):
    if change:
        change(stopped)
    if "model" in options:
        options = {"model": str(stopped / "model")}
    before = (stopped / "out.csv.part").read_bytes()
    with pytest.raises(DataError, match=reason) as caught:
        tag_table(stopped / "in.csv", stopped / "out.csv", Options(**options), resume=True)
    assert "--force" in str(caught.value)
    assert before.startswith((stopped / "out.csv.part").read_bytes()[:100])
    tag_table(stopped / "in.csv", stopped / "out.csv", Options(**options), force=True)
    assert (stopped / "out.csv").exists()


def test_an_unfinished_run_is_not_overwritten_by_chance(stopped):
    with pytest.raises(DataError, match="go on with --resume or begin anew with --force"):
        tag_table(stopped / "in.csv", stopped / "out.csv")
    assert tag_table(stopped / "in.csv", stopped / "out.csv", resume=True).rows == 40


def test_a_moved_input_is_the_same_input(stopped):
    (stopped / "in.csv").rename(stopped / "moved.csv")
    assert tag_table(stopped / "moved.csv", stopped / "out.csv", resume=True).faults == {"empty": 10}


def test_two_runs_do_not_write_the_same_file(monkeypatch, tmp_path):
    source = write_csv(tmp_path / "in.csv")

    def second_run(_summary):
        with pytest.raises(DataError, match="another run is writing it"):
            tag_table(source, tmp_path / "out.csv", force=True)

    tag_table(source, tmp_path / "out.csv", progress=second_run)
    assert (tmp_path / "out.csv").read_text().count("\n") == 41


def test_the_input_is_never_the_output(tmp_path):
    source = write_csv(tmp_path / "in.csv")
    before = source.read_bytes()
    (tmp_path / "link.csv").symlink_to(source)
    os.link(source, tmp_path / "hard.csv")
    os.link(source, tmp_path / "x.csv.part")
    for out in ("in.csv", "link.csv", "hard.csv", "x.csv"):
        with pytest.raises(DataError, match="is the input itself"):
            tag_table(source, tmp_path / out, force=True)
    assert source.read_bytes() == before


# ---- disks ----------------------------------------------------------------------------------------


def test_ctrl_c_keeps_what_is_done(tmp_path):
    source = write_csv(tmp_path / "in.csv")

    def stop(summary):
        if summary.rows > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tag_table(source, tmp_path / "out.csv", progress=stop)
    assert json.loads((tmp_path / "out.csv.part.json").read_text())["state"]["rows"] > 20
    assert tag_table(source, tmp_path / "out.csv", resume=True).rows == 40


def test_ctrl_c_in_the_middle_of_a_row(monkeypatch, tmp_path):
    source = write_csv(tmp_path / "in.csv")
    tag_table(source, tmp_path / "whole.csv")
    for step in range(1, 8):
        with monkeypatch.context() as patch:
            calls = iter(range(100))

            def half(file, data, step=step, calls=calls):
                stop = next(calls) == step
                file.write(data[: len(data) // 2] if stop else data)
                if stop:
                    raise KeyboardInterrupt

            patch.setattr(output, "_write_all", half)
            with pytest.raises(KeyboardInterrupt):
                tag_table(source, tmp_path / "out.csv")
        tag_table(source, tmp_path / "out.csv", resume=True)
        assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
        (tmp_path / "out.csv").unlink()


@pytest.mark.parametrize("out", ["out.csv", "out.parquet"])
def test_a_full_disk_is_survived(tmp_path, out):
    """A limit on the size of files stands for the full disk; benchmarks/bulk.py mounts a real one."""
    source = write_csv(tmp_path / "in.csv", 8_000)
    tag_table(source, tmp_path / f"whole-{out}")
    limit = "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)); from stance.cli import main; sys.exit(main())"
    command = ["tag", str(source), "-o", str(tmp_path / out)]
    done = subprocess.run([sys.executable, "-c", limit, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "run the command again with --resume" in done.stderr
    assert not (tmp_path / out).exists()
    tag_table(source, tmp_path / out, resume=True)
    assert (tmp_path / out).read_bytes() == (tmp_path / f"whole-{out}").read_bytes()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(tmp_path):
    source = write_csv(tmp_path / "in.csv")
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(DataError, match="Permission denied; give a file in a folder that exists and can be written to"):
        tag_table(source, tmp_path / "closed/out.csv")


@LINUX
def test_a_folder_that_takes_no_files(tmp_path):
    with pytest.raises(DataError, match="give a file in a folder that exists and can be written to"):
        tag_table(write_csv(tmp_path / "in.csv"), "/proc/out.csv")


# ---- memory ---------------------------------------------------------------------------------------

LIMITED = r"""
import re, sys
from stance.bulk import Options, tag_table
tag_table(sys.argv[1], sys.argv[2], Options(column="text"))
print(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1])
"""


def memory_mb(source, out):
    command = [sys.executable, "-c", LIMITED, str(source), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


@LINUX
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_memory_does_not_grow_with_the_table(tmp_path, kind):
    """Empty texts, which the model is not asked for: 30 times the rows, no more memory (1 GB: benchmarks/bulk.py)."""
    line = {"csv": "1234567,,{}\n", "jsonl": '{{"id": 1234567, "text": "", "x": "{}"}}\n'}[kind].format("x" * 80)
    sizes = []
    for n in (10_000, 300_000):
        source = tmp_path / f"{n}.{kind}"
        source.write_text(("id,text,x\n" if kind == "csv" else "") + line * n)
        sizes.append(memory_mb(source, tmp_path / f"out{n}.{kind}"))
    assert sizes[1] < 300
    assert sizes[1] < 1.2 * sizes[0] + 5


@LINUX
def test_a_line_of_100_mb(tmp_path):
    source = tmp_path / "in.csv"
    with open(source, "w") as file:
        file.write("id,text\n1,")
        for _ in range(100):
            file.write("word " * 200_000)
        file.write("\n2,We condemn the attack.\n")
    assert memory_mb(source, tmp_path / "out.csv") < 300
    first, second = (tmp_path / "out.csv").read_text().splitlines()[1:]
    assert "a row of 100,000,003 bytes" in first
    assert second.startswith("2,We condemn the attack.,condemnatory,")
