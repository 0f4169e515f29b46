"""A Dask cluster on this machine: a scheduler and two workers, each a process (group) of its own that can be killed."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of the scheduler, and the processes of the workers."""
    contact = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    begin = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    local = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(contact)]
    processes = [subprocess.Popen([*dask, "scheduler", *local], cwd=folder, **begin)]
    try:
        while not contact.exists():
            time.sleep(0.1)
        time.sleep(0.2)
        worker = ["--nthreads", "1", "--nworkers", "1", "--no-dashboard", "--local-directory", str(folder)]
        for _ in range(2):
            command = [*dask, "worker", "--scheduler-file", str(contact), *worker]
            processes.append(subprocess.Popen(command, cwd=folder, env=one_thread, **begin))
        import json

        yield json.loads(contact.read_text())["address"], processes[1:]
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()
