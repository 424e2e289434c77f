"""The workflow runs from any folder, and as a module of another workflow."""

from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.snakemake_runs import jobs, run_snakemake

MODULE = f"""
import yaml

module codepref:
    snakefile: "{ROOT}/Snakefile"
    config: yaml.safe_load(open("{ROOT}/configs/test.yaml"))

use rule * from codepref as codepref_*

rule mine:
    default_target: True
    input: rules.codepref_tables_render.output
"""
PROBLEMS = "results/test/problems/all.jsonl"


def elsewhere(folder: Path, *arguments: str):
    options = ["-s", ROOT / "Snakefile", "--directory", folder, "--cores", "1"]
    overlay = ["--configfile", ROOT / "configs/test.yaml"]
    return run_snakemake(folder.parent, *options, *arguments, *overlay)


@pytest.mark.slow
def test_every_job_is_planned_in_another_folder(tmp_path: Path) -> None:
    done = elsewhere(tmp_path / "here", "-n", "--quiet", "rules")
    assert done.returncode == 0, done.stdout
    assert jobs(done.stdout)["tables_render"] == 1
    assert jobs(done.stdout)["report_build"] == 1


@pytest.mark.slow
def test_a_modules_jobs_are_planned(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(MODULE)
    done = run_snakemake(tmp_path, "-n", "--cores", "1", "--quiet", "rules")
    assert done.returncode == 0, done.stdout
    assert jobs(done.stdout)["codepref_policies_train"] == 3
    assert jobs(done.stdout)["mine"] == 1
    done = run_snakemake(tmp_path, "codepref_all", "-n", "--cores", "1", "--quiet", "rules")
    assert jobs(done.stdout)["codepref_report_build"] == 1, done.stdout


@pytest.mark.slow
def test_problems_are_the_same_bytes_from_anywhere(tmp_path: Path) -> None:
    done = elsewhere(tmp_path / "here", PROBLEMS)
    assert done.returncode == 0, done.stdout
    other = tmp_path / "module"
    other.mkdir()
    (other / "Snakefile").write_text(MODULE)
    done = run_snakemake(other, "--cores", "1", PROBLEMS)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "here" / PROBLEMS).read_bytes() == (other / PROBLEMS).read_bytes()
    assert (other / PROBLEMS).read_text().count("\n") == 8
