"""How fast, how small and how safe `stance tag TABLE` is: writes benchmarks/results/bulk.json.

    python benchmarks/bulk.py                 speed against predict_proba in memory, --jobs 2 against --jobs 1
    python benchmarks/bulk.py --gigabyte      a CSV of 1 GB under a limit of memory
    python benchmarks/bulk.py --kills 50      SIGKILL at random moments, then --resume
    python benchmarks/bulk.py --full-disk     a real full disk (a tmpfs of 1 MB; needs root)
    python benchmarks/bulk.py --dask          a local Dask cluster of two workers, one killed in mid-run

Sentences are spliced from the project's own. Ratios are medians of rounds in which all contenders take turns.
"""

import argparse
import hashlib
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import stance
from stance.bulk import tag_table
from stance.dataset import knowledge_folder, read_labelled

RESULTS = Path(__file__).parent / "results/bulk.json"
DOCUMENT = Path(__file__).parent.parent / "docs/scale.md"
PRICE = 0.05  # USD a core-hour
COMMAND = [sys.executable, "-m", "stance.cli", "tag"]


def sentences(n: int) -> Iterator[str]:
    """`n` distinct sentences: the first half of one and the second half of another."""
    texts = read_labelled(knowledge_folder() / "sentences.csv")["text"].tolist()
    halves = [(" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])) for words in map(str.split, texts)]
    chance = random.Random(8)
    for _ in range(n):
        yield f"{chance.choice(halves)[0]} {chance.choice(halves)[1]}"


def write_csv(path: Path, texts: Iterator[str]) -> int:
    """The bytes of a table with the columns id, text and source."""
    import csv

    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "text", "source"])
        writer.writerows((i, text, "wire") for i, text in enumerate(texts))
        return file.tell()


def seconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    began = clock()
    work()
    return clock() - began


def speed(folder: Path, n: int, rounds: int) -> dict[str, object]:
    """CPU time of one process: predict_proba on a list, and a whole run from CSV to CSV and from Parquet to Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = list(sentences(n))
    size = write_csv(folder / "in.csv", iter(texts))
    pq.write_table(pa.table({"id": list(range(n)), "text": texts, "source": ["wire"] * n}), folder / "in.parquet")
    model = stance.load()
    contenders = {
        "predict_proba": lambda: model.predict_proba(texts),
        "csv": lambda: tag_table(folder / "in.csv", folder / "out.csv", force=True),
        "parquet": lambda: tag_table(folder / "in.parquet", folder / "out.parquet", force=True),
    }
    for work in contenders.values():
        work()
    taken = [{name: seconds(work, time.process_time) for name, work in contenders.items()} for _ in range(rounds)]
    found: dict[str, object] = {"sentences": n, "csv_mb": round(size / 1e6, 1), "rounds": rounds}
    for name in contenders:
        found[f"us_a_sentence_{name}"] = round(statistics.median(t[name] for t in taken) / n * 1e6, 2)
    for name in ("csv", "parquet"):
        ratios = [t["predict_proba"] / t[name] for t in taken]
        found[f"speed_of_{name}_over_predict_proba"] = round(statistics.median(ratios), 3)
        found[f"range_{name}"] = [round(min(ratios), 3), round(max(ratios), 3)]
    return found


def jobs(folder: Path, n: int, rounds: int) -> dict[str, object]:
    """Wall time of the whole command with one and with two processes, start-up included; the outputs are compared."""
    write_csv(folder / "in.csv", sentences(n))
    ratios, walls, cpus = [], [], {"1": [], "2": []}
    for _ in range(rounds):
        wall = {}
        for count in ("1", "2"):
            command = [*COMMAND, str(folder / "in.csv"), "-o", str(folder / f"out{count}.csv"), "--jobs", count, "--force"]
            before = cpu_of_children()
            wall[count] = seconds(lambda c=command: subprocess.run(c, check=True, stderr=subprocess.DEVNULL), time.monotonic)
            cpus[count].append(cpu_of_children() - before)
        assert digest(folder / "out1.csv") == digest(folder / "out2.csv")
        walls.append(wall)
        ratios.append(wall["1"] / wall["2"])
    return {
        "sentences": n,
        "rounds": rounds,
        "cores": os.cpu_count(),
        "sentences_a_second_jobs_1": round(n / statistics.median(wall["1"] for wall in walls)),
        "sentences_a_second_jobs_2": round(n / statistics.median(wall["2"] for wall in walls)),
        "cpu_of_jobs_2_over_jobs_1": round(statistics.median(cpus["2"]) / statistics.median(cpus["1"]), 3),
        "load_of_the_machine": round(os.getloadavg()[0], 1),
        "speed_of_jobs_2_over_jobs_1": round(statistics.median(ratios), 2),
        "range": [round(min(ratios), 2), round(max(ratios), 2)],
    }


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def digest(path: Path) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(2**20):
            found.update(block)
    return found.hexdigest()


def gigabyte(folder: Path, megabytes: int) -> dict[str, object]:
    """A large CSV under RLIMIT_AS, with the highest resident memory of the process."""
    block = list(sentences(50_000))
    rows, size = 0, 0
    with open(folder / "in.csv", "w", encoding="utf-8") as file:
        file.write("id,text,source\n")
        while size < megabytes * 10**6:
            lines = "".join('{},"{}",wire\n'.format(rows + i, text.replace('"', '""')) for i, text in enumerate(block))
            size += file.write(lines)
            rows += len(block)
    code = (
        "import resource, re, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1_200_000_000,) * 2)\n"
        "from stance.bulk import tag_table\n"
        "tag_table(sys.argv[1], sys.argv[2])\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
    )
    began = time.monotonic()
    command = [sys.executable, "-c", code, str(folder / "in.csv"), str(folder / "out.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    wall = time.monotonic() - began
    with open(folder / "out.csv", encoding="utf-8") as file:
        written = sum(1 for _ in file) - 1
    return {
        "input_mb": round(size / 1e6),
        "rows": rows,
        "rows_written": written,
        "address_space_limit_mb": 1200,
        "highest_resident_mb": round(int(done.stdout) / 1024, 1),
        "wall_seconds": round(wall, 1),
    }


def kills(folder: Path, n: int, times: int) -> dict[str, object]:
    """Runs with --jobs 2 are killed at random moments and gone on with; a finished one is begun anew."""
    write_csv(folder / "in.csv", sentences(n))
    command = [*COMMAND, str(folder / "in.csv"), "--jobs", "2", "--resume", "-o"]
    began = time.monotonic()
    subprocess.run([*command, str(folder / "whole.csv")], check=True, stderr=subprocess.DEVNULL)
    whole, wall = digest(folder / "whole.csv"), time.monotonic() - began
    out, chance = folder / "out.csv", random.Random(8)
    killed = finished = 0
    while killed < times:
        process = subprocess.Popen([*command, str(out)], stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            status = process.wait(chance.uniform(0.1, 0.8 * wall))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            killed += 1
            if not out.exists():
                continue
            status = 0  # killed when OUT was there already
        assert status == 0
        finished += 1
        assert digest(out) == whole
        for path in folder.glob("out.csv*"):
            path.unlink()
    subprocess.run([*command, str(out)], check=True, stderr=subprocess.DEVNULL)
    assert digest(out) == whole
    return {"rows": n, "kills": killed, "runs_that_got_through": finished + 1, "all_bytes_as_undisturbed": True}


def full_disk(folder: Path) -> dict[str, object]:
    """The output on a tmpfs of 1 MB: one clear line, nothing half-written, and --resume once there is room."""
    write_csv(folder / "in.csv", sentences(20_000))
    disk = folder / "disk"
    disk.mkdir()
    command = [*COMMAND, str(folder / "in.csv"), "-o"]
    subprocess.run([*command, str(folder / "whole.csv")], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=True)
    try:
        done = subprocess.run([*command, str(disk / "out.csv")], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert not (disk / "out.csv").exists()
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        subprocess.run([*command, str(disk / "out.csv"), "--resume"], check=True, stderr=subprocess.DEVNULL)
        assert digest(disk / "out.csv") == digest(folder / "whole.csv")
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    return {"message": re.sub(r"/\S*/", "", done.stderr.strip()), "resumed_to_the_same_bytes": True}


def dask(folder: Path, n: int) -> dict[str, object]:
    """A scheduler and two workers on this machine; one worker is killed once a third of the rows are written."""
    write_csv(folder / "in.csv", sentences(n))
    subprocess.run([*COMMAND, str(folder / "in.csv"), "-o", str(folder / "whole.csv")], check=True, stderr=subprocess.DEVNULL)
    from stance_cluster import cluster  # beside this file

    with cluster(folder) as (address, workers):
        command = [*COMMAND, str(folder / "in.csv"), "-o", str(folder / "out.csv"), "--scheduler", address]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        part, third = folder / "out.csv.part", (folder / "whole.csv").stat().st_size / 3
        while process.poll() is None and (not part.exists() or part.stat().st_size < third):
            time.sleep(0.02)
        still_running = process.poll() is None
        os.killpg(workers[0].pid, 9)
        assert process.wait() == 0
    assert still_running
    assert digest(folder / "out.csv") == digest(folder / "whole.csv")
    return {"rows": n, "workers": 2, "killed": 1, "same_bytes_as_without_cluster": True}


def figures(results: dict[str, dict]) -> str:
    """The block of docs/scale.md: every number from the results."""
    s, j, g, k = results["speed"], results["jobs"], results["gigabyte"], results["kills"]
    lines = [
        "| what | measured |",
        "|---|---|",
        f"| `predict_proba` on a list in memory | {s['us_a_sentence_predict_proba']:.1f} µs a sentence (CPU time of one core) |",
    ]
    for kind, name in (("csv", "CSV to CSV"), ("parquet", "Parquet to Parquet")):
        low, high = s[f"range_{kind}"]
        speed = f"{s[f'speed_of_{kind}_over_predict_proba']:.0%} of that speed ({low:.0%} to {high:.0%} in {s['rounds']} rounds)"
        lines.append(f"| {name}, the whole run | {s[f'us_a_sentence_{kind}']:.1f} µs: {speed} |")
    one, two = j["sentences_a_second_jobs_1"], j["sentences_a_second_jobs_2"]
    hours = 1e8 / one / 3600
    lines += [
        f"| `--jobs 1`, `--jobs 2` | {one:,} and {two:,} rows a second of wall time, start-up included "
        f"({j['speed_of_jobs_2_over_jobs_1']:.2f} times; {j['range'][0]:.2f} to {j['range'][1]:.2f}), "
        f"while the load of this {j['cores']}-core machine was {j['load_of_the_machine']} |",
        f"| a CSV of {g['input_mb']:,} MB, {g['rows']:,} rows | at most {g['highest_resident_mb']:.0f} MB of memory |",
        f"| {k['kills']} SIGKILLs at random moments, then `--resume` | same bytes each time |",
        f"| 100 million sentences | {hours:.1f} core-hours: at {PRICE} USD a core-hour (an assumption) {hours * PRICE:.2f} USD |",
    ]
    return "\n".join(lines)


def document(results: dict[str, dict], text: str) -> str:
    """`text` with its block of numbers made anew."""
    begin, end = "<!-- numbers: bulk -->\n", "<!-- end -->"
    head, _, rest = text.partition(begin)
    return f"{head}{begin}{figures(results)}\n{end}{rest.partition(end)[2]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--part", choices=("speed", "jobs"), help="only one of the two")
    parser.add_argument("--gigabyte", type=int, nargs="?", const=1000, metavar="MB")
    parser.add_argument("--kills", type=int, metavar="N")
    parser.add_argument("--full-disk", action="store_true")
    parser.add_argument("--dask", action="store_true")
    options = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.gigabyte:
            results["gigabyte"] = gigabyte(folder, options.gigabyte)
        elif options.kills:
            results["kills"] = kills(folder, options.sentences, options.kills)
        elif options.full_disk:
            results["full_disk"] = full_disk(folder)
        elif options.dask:
            results["dask"] = dask(folder, options.sentences)
        else:
            if options.part != "jobs":
                results["speed"] = speed(folder, options.sentences // 2, options.rounds)
            if options.part != "speed":
                results["jobs"] = jobs(folder, 3 * options.sentences, max(3, options.rounds // 2))
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))
    if {"speed", "jobs", "gigabyte", "kills"} <= results.keys():
        DOCUMENT.write_text(document(results, DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
