"""The preflight on a machine without GPUs, from its problems to its table and the small run's."""

from pathlib import Path

import pytest
from helpers.snakemake_runs import Snakemake, jobs

from codepref.config import Config
from codepref.files import read_json, read_record
from codepref.preflight.findings import Found

OPTIONS = ("--cores", "2", "--keep-going", "--configfile", "configs/preflight.yaml")


def test_on_gpus_it_asks_for_what_the_real_run_asks(snakemake: Snakemake) -> None:
    done = snakemake(*OPTIONS, "-n")
    assert done.returncode == 0, done.stdout
    compute, models = Config().compute, 4
    found = jobs(done.stdout)
    assert found["preflight_sample"] == found["preflight_train"] == models
    assert found["preflight_fetch"] == models - 1  # the small one is fetched whole
    assert done.stdout.count(f"gpu={compute.train.gpus}") >= models
    assert found["policies_train"] == 2 and found["policies_train_online"] == 1


def test_a_paper_run_has_none_of_it(snakemake: Snakemake) -> None:
    done = snakemake("-n", "--cores", "all", "--quiet", "rules")
    assert done.returncode == 0 and "preflight" not in done.stdout


@pytest.mark.long
def test_a_laptop_gets_its_table(snakemake: Snakemake, checkout: Path) -> None:
    options = (*OPTIONS, "configs/preflight_cpu.yaml")
    done = snakemake(*options, timeout=2400)
    assert done.returncode == 0, done.stdout[-6000:]
    run = checkout / "results/preflight"
    table = read_record(run / "preflight.json", Found).findings
    assert {one.verdict for one in table} <= {"ok", "not done"}
    assert all(one.mend for one in table if one.verdict == "not done")
    fine = {one.check for one in table if one.verdict == "ok"}
    assert {"execution jobs: sandbox", "smollm: sampling"} <= fine
    assert "smollm: DPO step, random weights" in fine
    assert read_json(run / "throughput.json")["hardware"] == "cpu"
    assert (run / "report.html").stat().st_size > 10_000
    assert "Nothing to be done" in snakemake(*options).stdout
