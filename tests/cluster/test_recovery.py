"""What stops a run: a full disk, `scancel`, a killed Snakemake, too little memory.

Four shards of samples written here are executed. The checkout lies on a disk of its own, small
enough to be filled.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.cluster import Cluster, Login, login, stop, wait_for
from helpers.records import make_problem, make_sample

from codepref.provenance.record import mark_layout
from codepref.records import TestCase

pytestmark = pytest.mark.long

RUN = "results/recovery"
CONFIGS = ["configs/test.yaml", "tests/cluster/recovery.yaml"]
RIGHT = "print(input())"
WRONG = "print(0)"
SLOW = "import time\nline = input()\ntime.sleep(25)\nprint(line)"
# More than the first attempt's job may use, less than what the problem allows; it holds it for
# longer than SLURM's polls are apart.
HUNGRY = "import time\nheld = bytearray(b'x') * 600_000_000\ntime.sleep(6)\nprint(input())"
SHARDS = {1: [RIGHT, WRONG], 2: [WRONG, SLOW], 3: [HUNGRY, RIGHT], 4: [RIGHT, RIGHT]}
VERDICTS = {RIGHT: "passed", WRONG: "wrong_answer", SLOW: "passed", HUNGRY: "passed"}


def write_inputs(run: Path) -> None:
    """What the execution needs, with times in the order in which a run makes it."""
    problem = make_problem(
        "recovery/echo",
        statement="Print the line that you read.",
        interface="stdio",
        entry_point=None,
        tests=[TestCase(input="7\n", expected="7\n")],
    )
    now = time.time() - 1000

    def write(path: Path, text: str) -> None:
        nonlocal now
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        now += 2
        os.utime(path, (now, now))

    mark_layout(run)
    write(run / "problems/all.jsonl", problem.model_dump_json() + "\n")
    for number in SHARDS:  # the one problem's samples are in all of them
        write(run / f"problems/shards/{number}-of-4.jsonl", problem.model_dump_json() + "\n")
    write(run / "models/smollm/.snakemake_timestamp", "")
    os.utime(run / "models/smollm", (now, now))
    for number, programs in SHARDS.items():
        samples = [
            make_sample(problem, 2 * number + place, f"```python\n{program}\n```", model="smollm")
            for place, program in enumerate(programs)
        ]
        text = "".join(sample.model_dump_json() + "\n" for sample in samples)
        write(run / f"samples/smollm/{number}-of-4.jsonl", text)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Login]:
    folder = tmp_path_factory.mktemp("recovery")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=True)
    try:
        write_inputs(folder / RUN)
        yield login(folder, CONFIGS)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def verdicts(here: Login, number: int) -> list[str]:
    """The verdicts of a shard that is there, which has to be whole."""
    text = (here.folder / RUN / f"executions/smollm/{number}-of-4.jsonl").read_text()
    return [json.loads(line)["verdict"] for line in text.splitlines()]


def finished(here: Login) -> dict[int, int]:
    """The shards that are there, and when each was written."""
    paths = {
        number: here.folder / RUN / f"executions/smollm/{number}-of-4.jsonl" for number in SHARDS
    }
    return {number: path.stat().st_mtime_ns for number, path in paths.items() if path.exists()}


def started(cluster: Cluster, number: int, not_in: str | None = None) -> str:
    """Wait until a shard is being executed, in another job than ``not_in``; return the job."""
    words = ("run_executions.py", f"{number}-of-4.jsonl")
    jobs: list[str] = []

    def found() -> bool:
        job = cluster.job_of(*words)
        jobs.extend([job] if job and job != not_in else [])
        return bool(jobs)

    wait_for(found, 240, f"shard {number} to be executed")
    return jobs[0]


TARGET = ["--", f"{RUN}/executions/smollm.jsonl"]


def test_a_full_disk_leaves_no_half_file(cluster: Cluster, here: Login) -> None:
    filler = here.folder / "filler"
    free = os.statvfs(here.folder)
    filler.write_bytes(b"x" * (free.f_bavail * free.f_frsize - 200_000))
    process = here.start(*here.literal_command("--retries", "0", *TARGET))
    try:
        # Snakemake itself has written what it needs: now nobody can write anything.
        wait_for(lambda: "submitted" in here.printed(), 120, "the jobs")
        with filler.open("ab", buffering=0) as stream, contextlib.suppress(OSError):
            while True:
                stream.write(b"x" * 512)
        process.wait(300)
    finally:
        stop(process)
        filler.unlink()
    assert process.returncode != 0
    for number in finished(here):
        assert len(verdicts(here, number)) == 2
    assert len(finished(here)) < 4


def test_killed_jobs_and_a_killed_snakemake(cluster: Cluster, here: Login) -> None:
    # A full disk leaves verdicts in the work files: the slow shard would be done at once.
    shutil.rmtree(here.folder / RUN / "executions", ignore_errors=True)
    process = here.start(*here.literal_command(*TARGET))
    try:
        first = started(cluster, 2)
        time.sleep(3)
        cluster.command("scancel", first)
        wait_for(lambda: {1, 4} <= finished(here).keys(), 240, "the quick shards")
        second = started(cluster, 2, not_in=first)
        asked = {job["jobid"]: job["reqmem"] for job in cluster.jobs(here)}
        assert asked[second] == asked[first]  # what it lost was not for want of memory
        process.send_signal(signal.SIGKILL)
        process.wait(60)
    finally:
        stop(process)
        print(here.printed()[-6000:])  # shown where this fails
    assert started(cluster, 2) == second  # its jobs go on
    before = finished(here)

    code, printed = here.run(*here.literal_command(*TARGET))
    assert code == 0, printed[-6000:]
    assert "cancelling jobs of a Snakemake that was killed" in printed
    after = finished(here)
    assert {number: after[number] for number in before} == before  # none was made again
    for number, programs in SHARDS.items():
        assert verdicts(here, number) == [VERDICTS[program] for program in programs]
    whole = (here.folder / RUN / "executions/smollm.jsonl").read_text()
    assert len(whole.splitlines()) == 8
    assert not list((here.folder / RUN).rglob("*.tmp")) + list(
        (here.folder / RUN).rglob("*.partial")
    )


def test_a_job_out_of_memory_came_back_with_more(cluster: Cluster, here: Login) -> None:
    """Whatever killed the hungry program was no verdict: the job was submitted again."""
    jobs = [job for job in cluster.jobs(here) if "executions_run" in job["comment"]]
    failed = {job["state"].split()[0] for job in jobs} - {"COMPLETED", "CANCELLED"}
    assert failed & {"OUT_OF_MEMORY", "FAILED"}, jobs
    assert {job["reqmem"] for job in jobs if job["state"] == "COMPLETED"} >= {"1400M"}, jobs
