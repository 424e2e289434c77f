"""The literal `snakemake --profile slurm`: what each job of the paper's experiment asks SLURM for.

A dry run through the profile; nothing is submitted and neither SLURM nor Apptainer is needed
(an ``apptainer`` that only tells a version stands in). tests/cluster submits for real.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from helpers.places import ROOT
from helpers.snakemake_runs import environment
from snakemake.iocontainers import ResourceList
from snakemake_executor_plugin_slurm.submit_string import get_submit_command
from snakemake_executor_plugin_slurm.utils import set_gres_string

from codepref.compute import JobConfig
from codepref.config import Config
from codepref.workflow.job_request import JobRequest

PROFILE = yaml.safe_load((ROOT / "slurm/config.yaml").read_text())
CPU, GPU = "cpu", "gpu"
COMPUTE = Config().compute
EXPECTED: dict[str, tuple[str, JobConfig]] = {
    "samples_draw": (GPU, COMPUTE.generate),
    "benchmarks_generate": (GPU, COMPUTE.generate),
    "references_score": (GPU, COMPUTE.train),
    "policies_train": (GPU, COMPUTE.train),
    "policies_train_online": (GPU, COMPUTE.train),
    "rewards_score": (GPU, COMPUTE.generate),
    "problems_merge": (CPU, COMPUTE.execute),
    "executions_run": (CPU, COMPUTE.execute),
    "benchmarks_grade": (CPU, COMPUTE.execute),
    "benchmarks_grade_sampled": (CPU, COMPUTE.execute),
    "benchmarks_compare_judges": (CPU, COMPUTE.execute),
}

# Runs Snakemake in this process and prints what the dry run knows of every job.
RECORDER = """
import json, sys
from snakemake.logging import logger
from snakemake.cli import main

def keep(record):
    if hasattr(record, "rule_name") and hasattr(record, "resources"):
        resources = {name: value for name, value in record.resources.items()
                     if isinstance(value, (int, str))}
        print(json.dumps({"rule": record.rule_name, "threads": record.threads, **resources}))
    elif record.levelno >= 40:
        print(record.getMessage(), file=sys.stderr)
    return False

logger.addFilter(keep)
main(sys.argv[1:])
"""


@pytest.fixture
def environment_here(checkout: Path) -> dict[str, str]:
    """Environment variables with an ``apptainer`` on the path that only tells its version."""
    programs = checkout / "programs"
    programs.mkdir()
    (programs / "apptainer").write_text("#!/bin/sh\necho apptainer version 1.4.5\n")
    (programs / "apptainer").chmod(0o755)
    env = environment()
    return {**env, "PATH": f"{programs}:{env['PATH']}"}


@pytest.fixture
def dry_run(checkout: Path, environment_here: dict[str, str]) -> Any:
    """Run the profile in the checkout; return every job's rule, threads and resources."""
    (checkout / "slurm").symlink_to(ROOT / "slurm")

    def run(*options: str, profiles: Sequence[str] = ("slurm",)) -> list[dict[str, Any]]:
        # More cores than any rule asks for: a dry run (only) cuts threads to what it is given.
        given = [word for profile in profiles for word in ("--profile", profile)]
        arguments = [*given, "-n", "--cores", "1000", *options]
        done = subprocess.run(
            [sys.executable, "-c", RECORDER, *arguments],
            cwd=checkout,
            env=environment_here,
            text=True,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_every_job_asks_for_what_the_configuration_says(dry_run: Any) -> None:
    jobs = dry_run()
    defaults = PROFILE["default-resources"]
    seen = set()
    for job in jobs:
        if job["rule"].startswith("policies_train"):
            assert " --signal=URG@300 " in sbatch(job), job
        assert job["slurm_account"] == defaults["slurm_account"]
        partition, wanted = EXPECTED.get(
            job["rule"], (CPU, JobConfig(gpus=0, threads=1, memory_mb=2000, minutes=30))
        )
        if job["rule"] in EXPECTED:
            assert job["threads"] == wanted.threads, job
            seen.add(job["rule"])
        asked = (job["slurm_partition"], job.get("gpu", 0), job["mem_mb"], job["runtime"])
        assert asked == (partition, wanted.gpus, wanted.request_mb, wanted.minutes), job
    assert {"samples_draw", "policies_train", "executions_run"} <= seen


@pytest.mark.parametrize("overlay", [(), ("--configfile", "configs/preflight.yaml")])
def test_gpu_jobs_are_exactly_those_sent_to_the_gpu_partition(
    dry_run: Any, overlay: tuple[str, ...]
) -> None:
    for job in dry_run(*overlay):
        assert (job["slurm_partition"] == GPU) == (job.get("gpu", 0) > 0), job
        # SLURM may take a job's GPUs from several nodes unless it is told not to.
        assert not job.get("gpu") or job["nodes"] == 1, job


def test_the_rules_named_in_the_profile_exist() -> None:
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    for name in [*PROFILE["set-resources"], *PROFILE["groups"]]:
        assert f"rule {name}:" in rules or f" as {name} with:" in rules, name


def test_every_rule_that_may_have_gpus_has_their_partition() -> None:
    """Also rules that the paper's configuration does not use."""
    rules = "".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
    parts = re.split(r"^(?:use )?rule (\w+)(?: as (\w+) with)?:", rules, flags=re.M)
    named = [new or old for old, new in zip(parts[1::3], parts[2::3], strict=True)]
    asking = {
        name
        for name, body in zip(named, parts[3::3], strict=True)
        if re.search(r"\*\*(GENERATE|TRAIN)\.requests", body)
    }
    pairs = zip(parts[1::3], parts[2::3], strict=True)
    inherited = {new for old, new in pairs if new and old in asking}
    assert asking | inherited == PROFILE["set-resources"].keys()


def test_the_scheduler_is_not_flooded() -> None:
    assert PROFILE["jobs"] <= 200
    jobs, minute = PROFILE["max-jobs-per-timespan"].split("/")
    assert int(jobs) <= PROFILE["jobs"] and minute == "1m"
    # The executor mixes up the states of an array's tasks (see the profile).
    assert not [key for key in PROFILE if key.startswith("slurm-array")]


def test_nothing_overrides_the_profile() -> None:
    """``profiles/default`` would be added by itself; a rule's own retries would win."""
    assert not (ROOT / "profiles").exists()
    assert {path.name for path in (ROOT / "slurm").iterdir()} == {"config.yaml", "sites"}
    rules = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    assert not re.search(r"^\s*(retries:|slurm_\w+\s*=)", rules, re.M)
    assert PROFILE["retries"] >= 1
    assert PROFILE["rerun-incomplete"] and PROFILE["keep-going"]
    assert PROFILE["software-deployment-method"] == "apptainer"


def test_every_key_of_the_profile_says_why_it_is_there() -> None:
    lines = (ROOT / "slurm/config.yaml").read_text().splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        if re.match(r"[a-z-]+:", line) and line.split(":")[0] != "set-resources":
            assert before.startswith("#"), f"no comment above: {line}"


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_memory_and_time_grow_with_the_attempt(attempt: int) -> None:
    requests = JobRequest(JobConfig(memory_mb=1000, minutes=10)).requests
    assert requests["mem_mb"](None, attempt) == 1000 * attempt
    assert requests["runtime"](None, attempt) == 10 * attempt
    assert max(job.memory_mb for _, job in Config().compute) <= 500_000  # a common node
    defaults = PROFILE["default-resources"]
    assert eval(defaults["mem_mb"], {"attempt": attempt}) == 2000 * attempt
    assert eval(defaults["runtime"], {"attempt": attempt}) == 30 * attempt


# What sbatch is called with for a job with one GPU, a training, a job without GPUs, and the others.
SITES = {
    "qos-gres": {
        "samples_draw": "-p acc -t 480 --qos=acc_resa --mem 64000 --nodes=1 --gres=gpu:1",
        "policies_train": "-p acc -t 720 --qos=acc_resa --mem 240000 --nodes=1 --gres=gpu:4",
        "executions_run": "-p gpp -t 120 --qos=gp_resa --mem 32000",
    },
    "constraint": {
        "samples_draw": "-A m0000_g -t 480 -C 'gpu&hbm80g' --qos=shared --mem 64000 --gpus=1",
        "policies_train": "-A m0000_g -t 720 -C 'gpu&hbm80g' --qos=regular --nodes=1 --gpus=4",
        "executions_run": "-A m0000 -t 120 -C cpu --qos=shared --mem 32000",
    },
    "no-memory": {
        "samples_draw": "-A abc@h100 -p gpu_p6 -t 480 -C h100 --nodes=1 --gpus=1",
        "policies_train": "-A abc@h100 -p gpu_p6 -t 720 -C h100 --nodes=1 --gpus=4",
        "executions_run": "-A abc@cpu -p prepost -t 120",
    },
    "no-apptainer": {
        "samples_draw": "-p gpu -t 480 --mem 64000 --nodes=1 --gpus=1",
        "policies_train": "-p gpu -t 720 --mem 240000 --nodes=1 --gpus=4",
        "executions_run": "-p cpu -t 120 --mem 32000",
    },
    "whole-node": {
        "samples_draw": "-p gpu -t 480 --mem 64000 --nodes=1 --exclusive --gpus=1",
        "policies_train": "-p gpu -t 720 --mem 240000 --nodes=1 --exclusive --gpus=4",
        "executions_run": "-p standard -t 120 --mem 32000",
    },
}


def sbatch(job: dict[str, Any]) -> str:
    """The executor's own command for a job of a dry run."""
    asked = SimpleNamespace(threads=job["threads"], resources=ResourceList(fromdict=job))
    facts = ("run_uuid", "slurm_logfile", "comment_str", "workdir")
    parts = {name: "x" for name in facts} | {"account": "", "partition": ""}
    for flag, key in (("-A", "account"), ("-p", "partition")):
        if job.get(f"slurm_{key}"):
            parts[key] = f"{flag} {job[f'slurm_{key}']}"
    return get_submit_command(asked, parts) + set_gres_string(asked)


@pytest.mark.parametrize("site", SITES)
def test_a_sites_example_gives_the_sbatch_line_that_it_is_for(site: str, dry_run: Any) -> None:
    jobs = dry_run(profiles=["slurm", f"slurm/sites/{site}.yaml"])
    lines = {job["rule"]: sbatch(job) for job in jobs}
    for rule, words in SITES[site].items():
        line = lines[rule]
        for word in re.findall(r"--?\w[\w-]*(?:[= ](?!-)(?:'[^']*'|\S+))?", words):
            assert f" {word} " in f"{line} ", line
    for rule, line in lines.items():
        if site == "no-memory":
            assert "--mem" not in line, line
        if "gres" in site:
            assert "--gpus" not in line, line
        assert ("gpu" in line) == (rule in PROFILE["set-resources"]), line
        if rule.startswith("policies_train"):  # a key of the profile replaced the one with this
            assert "--signal=URG@300" in line, line


def test_memory_that_rules_ask_for_is_left_out_where_a_site_refuses_it() -> None:
    text = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    parts = re.split(r"^ *(?:use rule (\w+) as|rule) (\w+)(?: with)?:", text, flags=re.M)
    rules = list(zip(parts[1::3], parts[2::3], parts[3::3], strict=True))
    asking = {name for _, name, body in rules if re.search(r"\bmem_mb=|\.requests\b", body)}
    asking |= {name for base, name, _ in rules if base in asking}
    site = yaml.safe_load((ROOT / "slurm/sites/no-memory.yaml").read_text())
    assert {n for n, asked in site["set-resources"].items() if asked["mem_mb"] == 0} == asking


def test_every_sites_example_is_tried() -> None:
    assert {path.stem for path in (ROOT / "slurm/sites").iterdir()} == SITES.keys()


def test_a_missing_image_stops_the_run_before_a_job_is_submitted(
    checkout: Path, environment_here: dict[str, str]
) -> None:
    (checkout / "envs").unlink()
    (checkout / "envs").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", "--sdm", "apptainer"],
        cwd=checkout,
        env=environment_here,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode != 0
    assert "make the images with: make images" in done.stdout, done.stdout
    assert "envs/images/cpu.sif" in done.stdout
    assert "Traceback" not in done.stdout
