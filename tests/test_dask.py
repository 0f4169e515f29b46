"""The same table on a Dask cluster: two worker processes, one of which is killed in mid-run; nothing lost or doubled."""

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stance import model, tables
from stance.bulk import tag_table
from stance.records import DataError

pytest.importorskip("distributed")
sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from stance_cluster import cluster

TEXTS = ["We condemn attack {}.", "We thank Jordan, and its {} people.", "The {} ministers met on Tuesday.", ""]


@pytest.fixture
def table(tmp_path):
    with open(tmp_path / "in.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows((i, TEXTS[i % 4].format(i)) for i in range(60_000))
    return tmp_path / "in.csv"


RUN = """
import sys
from stance import tables
tables.CHUNK_BYTES = 2**14
from stance.cli import main
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="kills a process group")
def test_a_worker_dies_and_nothing_is_lost(monkeypatch, tmp_path, table):
    monkeypatch.setattr(tables, "CHUNK_BYTES", 2**14)
    tag_table(table, tmp_path / "whole.csv")
    out, part = tmp_path / "out.csv", tmp_path / "out.csv.part"
    with cluster(tmp_path) as (address, workers):
        command = [sys.executable, "-c", RUN, "tag", str(table), "-o", str(out), "--scheduler", address]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        while process.poll() is None and (not part.exists() or part.stat().st_size < 500_000):
            time.sleep(0.01)
        os.killpg(workers[0].pid, 9)
        _, messages = process.communicate(timeout=60)
    assert process.returncode == 0, messages
    assert "60,000 rows" in messages
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_another_model_on_a_worker_is_refused(tmp_path):
    from stance.records import ModelError
    from stance.tagging import model_of

    with pytest.raises(ModelError, match="is not the model this run began with"):
        model_of(str(model.default_folder()), "0" * 64)


def test_a_cluster_that_cannot_run_stance_is_told_in_one_line():
    from stance.bulk import _over_cluster
    from stance.plan import Chunk

    class Lost:
        def nthreads(self):
            return {"worker": 1}

        def submit(self, *_, **__):
            return self

        def result(self):
            raise RuntimeError("Error during deserialization of the task graph.") from ModuleNotFoundError(
                "No module named 'stance'"
            )

    with pytest.raises(DataError, match=r"No module named 'stance'.*install the same stance"):
        list(_over_cluster(Lost(), None, iter([(Chunk(b"", 0, "", None), 1)])))
