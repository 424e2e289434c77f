"""The price of a run: arithmetic on small cases, and the command on the paper's experiment."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.snakemake_runs import environment

from codepref.config import Config
from codepref.errors import UserError
from codepref.files import read_yaml
from codepref.workflow.plan import (
    Cost,
    Costs,
    Hardware,
    Job,
    estimate,
    render,
    wall_clock,
)

COSTS = Costs(
    rules={"train": Cost(minutes=60, disk_gb=10), "draw": Cost(minutes=30, disk_gb=1)},
    others=Cost(minutes=1, disk_gb=0),
    sampled_answer_seconds=0.1,
    at_once=Hardware(gpus=4, cores=32),
)


def jobs(rule: str, count: int, gpus: int, *before: str, threads: int = 1) -> list[Job]:
    return [Job(rule, gpus, threads, None, frozenset(before))] * count


def test_gpu_hours_waves_and_the_longest_chain() -> None:
    plan = [*jobs("draw", 5, 1), *jobs("train", 3, 2, "draw"), *jobs("table", 1, 0, "train")]
    lines = {line.rule: line for line in estimate(plan, COSTS)}
    assert lines["draw"].gpu_hours == 2.5  # five jobs of half an hour on one GPU
    assert lines["draw"].minutes == 60  # four at once, then one
    assert lines["train"].gpu_hours == 6
    assert lines["train"].minutes == 120  # two jobs of two GPUs at once, then one
    assert lines["train"].disk_gb == 30
    assert wall_clock(plan, list(lines.values())) == 60 + 120 + 1


def test_cores_limit_what_runs_at_once() -> None:
    (line,) = estimate(jobs("draw", 4, 0, threads=16), COSTS)
    assert line.minutes == 60


def test_a_job_larger_than_the_hardware_is_refused() -> None:
    with pytest.raises(UserError, match="train asks for 8 GPUs"):
        estimate(jobs("train", 1, 8), COSTS)


def test_what_ran_stands_beside_the_estimate(tmp_path: Path) -> None:
    usage = tmp_path / "job.tsv"
    usage.write_text("s\th:m:s\n5400.0\t1:30:00\n")
    plan = [Job("train", 2, 1, usage), Job("train", 2, 1, tmp_path / "not-yet.tsv")]
    lines = estimate(plan, COSTS)
    assert lines[0].measured == [90.0]
    assert lines[0].used_gpu_hours == 3.0
    text = render("All", lines, wall_clock(plan, lines))
    assert "used: GPU hours" in text
    assert re.search(r"^train +2 +2 +4\.0 +60 min +20\.0 +1 +3\.0 +90 min$", text, re.M), text


def test_a_mistyped_cost_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "costs.yaml"
    file.write_text("rules: {train: {minuts: 3, disk_gb: 1}}\n")
    with pytest.raises(UserError, match="minuts"):
        read_yaml(file, Costs)


def test_the_plan_of_the_papers_experiment(checkout: Path) -> None:
    done = subprocess.run(
        [sys.executable, "scripts/plan.py"],
        cwd=checkout,
        env=environment(),
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    costs = read_yaml(ROOT / "envs/plan_costs.yaml", Costs)
    tables = done.stdout.split("\n\n")
    assert tables[0].startswith("Table 1") and tables[1].startswith("Table 2")
    found = [re.search(r"^policies_train +(\d+) +(\d+) +([\d.]+)", t, re.M) for t in tables]
    counts = [int(match.group(1)) for match in found if match]
    assert counts == [36, 12, 48]
    gpus = Config().compute.train.gpus
    hours = 48 * gpus * costs.rules["policies_train"].minutes / 60
    assert found[2] is not None
    assert float(found[2].group(3)) == pytest.approx(hours, abs=0.05)
    assert not (checkout / "results").exists()


def test_every_rule_with_a_price_exists() -> None:
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    for name in read_yaml(ROOT / "envs/plan_costs.yaml", Costs).rules:
        assert f"rule {name}:" in rules or f" as {name} with:" in rules
