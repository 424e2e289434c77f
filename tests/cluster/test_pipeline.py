"""`snakemake --profile slurm`, from problems to tables, on a real SLURM in real containers.

On the way the training is preempted, then hangs until SLURM ends it at its time limit, and the
controller restarts.
"""

import csv
import json
import re
import sys
from pathlib import Path

import pytest
from helpers.cluster import Cluster, Login, login, stop, wait_for
from helpers.places import ROOT

from codepref.files import sha256_of
from codepref.provenance.record import read_provenance

pytestmark = pytest.mark.long

RUN = "results/cluster-test"
CONFIGS = ["configs/test.yaml", "tests/cluster/smallest.yaml"]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Login:
    return login(tmp_path_factory.mktemp("pipeline"), CONFIGS)


def test_from_problems_to_tables(cluster: Cluster, here: Login) -> None:
    work = here.folder / RUN / "work/smollm/dpo/seed0"
    log = here.folder / RUN / "logs/checkpoints/smollm/dpo/seed0.log"
    process = here.start(*here.literal_command())
    try:

        def training_has_a_state() -> bool:
            assert process.poll() is None, here.printed()[-6000:]
            return any(work.glob("checkpoint-*/complete.json"))

        wait_for(training_has_a_state, 1200, "the first state of the training")
        first = cluster.training()
        assert first
        cluster.preempt_all()
        wait_for(
            lambda: "a checkpoint was asked for" in log.read_text(), 60, "the training to be warned"
        )
        cluster.command("scancel", "--signal=STOP", first)  # not done within the grace time
        wait_for(lambda: cluster.training() not in (None, first), 300, "the training to come back")
        job = cluster.training()
        assert job
        # A signal to a job that only begins would stop nothing.
        wait_for(lambda: "resuming from" in log.read_text(), 300, "the training to go on")
        cluster.command("scancel", "--signal=STOP", job)  # it hangs ...
        cluster.command("scontrol", "update", f"JobId={job}", "TimeLimit=1")  # ... until its limit
        cluster.restart_controller()
        process.wait(1200)
    finally:
        stop(process)
    assert process.returncode == 0, here.printed()[-6000:]

    # The training went on where it was: each step once, in one log.
    assert "resuming from" in log.read_text() and "checkpoint-" in log.read_text()
    lines = (here.folder / RUN / "training/smollm/dpo/seed0/training_log.jsonl").read_text()
    steps = [json.loads(line)["step"] for line in lines.splitlines()]
    assert steps == list(range(1, len(steps) + 1)) and len(steps) == 8
    jobs = [job for job in cluster.jobs(here) if job["comment"].startswith("rule_policies_train")]
    assert [job["state"] for job in jobs] == ["PREEMPTED", "TIMEOUT", "COMPLETED"], jobs
    assert len({job["reqmem"] for job in jobs}) == 1, jobs  # none was short of memory
    # A time limit that was too short doubles; a preempted job asks for the same.
    assert jobs[0]["timelimitraw"] == "30" and jobs[2]["timelimitraw"] == "60", jobs

    # The reader's files are there.
    table = (here.folder / RUN / "tables/table1.md").read_text()
    assert "SmolLM2 135M" in table
    assert (here.folder / RUN / "report.html").stat().st_size > 10_000
    with (here.folder / RUN / "benchmarks.csv").open() as stream:
        assert {row["method"] for row in csv.DictReader(stream)} == {"base", "dpo"}


def test_jobs_asked_for_what_the_configuration_says(cluster: Cluster, here: Login) -> None:
    asked = {}
    for job in cluster.jobs(here):
        asked.setdefault(job["comment"].split("_wildcards")[0], job)
        assert job["account"] == "test", job
    expected = {
        "rule_samples_draw": ("gpu", 0, 4000, 30),
        "rule_policies_train": ("gpu", 0, 6000, 30),
        "rule_executions_run": ("cpu", 0, 3000, 30),
    }
    for rule, (partition, gpus, memory, minutes) in expected.items():
        job = next(job for said, job in asked.items() if said.startswith(rule))
        assert job["partition"] == partition, job
        assert ("gres/gpu=1" in job["reqtres"]) == bool(gpus), job
        assert job["timelimitraw"] in (str(minutes), "1"), job
        assert memory <= megabytes(job["reqmem"]) <= memory * 1.2, job


def megabytes(text: str) -> float:
    """SLURM's '4000M' or '3.91G' in MiB."""
    return float(text[:-1]) * {"M": 1, "G": 1024}[text[-1]]


def test_everything_ran_in_the_image(here: Login, image: Path) -> None:
    for name in ("samples/smollm/1-of-2.jsonl", "executions/smollm.jsonl", "benchmarks.csv"):
        machine = read_provenance(here.folder / RUN / name).machine
        assert machine.image and machine.image_sha256 == sha256_of(image), name


def test_a_second_run_has_nothing_to_do(here: Login) -> None:
    code, printed = here.run(*here.literal_command())
    assert code == 0 and "Nothing to be done" in printed, printed


def test_the_plan_shows_what_was_used(here: Login) -> None:
    (here.folder / "priced.yaml").write_text("compute: {generate: {gpus: 1}, train: {gpus: 1}}\n")
    configs = [*CONFIGS, "priced.yaml"]  # prices are of GPUs
    code, printed = here.run(
        sys.executable, ROOT / "scripts/plan.py", "--", "--configfile", *configs
    )
    assert code == 0, printed
    (line,) = [line for line in printed.splitlines() if line.startswith("policies_train")]
    columns = re.split(r"  +", line)
    assert columns[1:3] == ["1", "1"], printed  # one job on one GPU
    assert columns[6] == "1" and columns[8].endswith((" min", " s")), printed  # has run, took


def test_a_job_that_is_given_a_gpu_and_cannot_use_it_ends_at_once(
    cluster: Cluster, here: Login
) -> None:
    """SLURM grants the (fake) GPU; nothing is sampled on the CPU instead."""
    (here.folder / "gpu.yaml").write_text(
        "compute: {generate: {gpus: 1, memory_mb_per_gpu: 0}}\n"  # the node has little
    )
    again = ["--forcerun", "samples_draw", "--retries", "0"]
    target = f"{RUN}/samples/smollm/1-of-2.jsonl"
    code, printed = here.run(*here.literal_command("gpu.yaml", *again, "--", target), timeout=300)
    assert code != 0 and "this job was given 1 GPU" in printed, printed[-6000:]
    asked = [job for job in cluster.jobs(here) if job["comment"].startswith("rule_samples_draw")]
    assert asked[-1]["partition"] == "gpu" and "gres/gpu=1" in asked[-1]["reqtres"], asked
    assert asked[-1]["state"] == "FAILED"
    assert not (here.folder / target).exists()
