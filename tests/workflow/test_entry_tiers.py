"""What runs after a tier of a release was entered: all that follows, nothing that came before."""

import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest
import yaml
from helpers.places import ROOT
from helpers.snakemake_runs import Snakemake, jobs

from codepref.config_loading import load_config
from codepref.files import whole_folder, write_text
from codepref.provenance.record import mark_layout, recorded
from codepref.provenance.release import write_manifest
from codepref.workflow.tiers import TIERS

RUN = Path("results/test")
OPTIONS = ("--cores", "2", "--configfile", "configs/test.yaml")
# In the order of making; the rules whose results a tier holds, and one that must follow.
RULES = {
    "samples": (
        ["benchmarks_fetch", "problems_collect", "problems_merge", "problems_split"],
        ["models_fetch", "samples_draw", "samples_gather"],
    ),
    "pairs": (["executions_run", "executions_gather"], ["pairs_build"]),
    "checkpoints": (["policies_train"], ["policies_train"]),
    "verdicts": (
        [
            *("benchmarks_generate", "benchmarks_grade", "benchmarks_grade_sampled"),
            *("reranking_run_visible", "reranking_score", "reranking_choose"),
        ],
        ["rewards_score"],
    ),
}
FOLLOWS = {
    "samples": "executions_run",
    "pairs": "policies_train",
    "checkpoints": "benchmarks_generate",
    "verdicts": "benchmarks_collect",
}


@pytest.fixture
def release(snakemake: Snakemake, tmp_path: Path) -> Path:
    """Every output of a run as a file without content, laid out as in a release."""
    done = snakemake("--summary", *OPTIONS)
    assert done.returncode == 0, done.stdout
    mark_layout(tmp_path / "release" / RUN)
    values = yaml.safe_load((ROOT / "configs/test.yaml").read_text())
    config = load_config(values).model_dump_json()
    lines = done.stdout.split("output_file\t")[1].splitlines()[1:]
    for path in (Path(line.split("\t")[0]) for line in lines if line.startswith("results/")):
        with chdir(tmp_path / "release"), recorded(["scripts/made.py"]):
            if path.parts[2] in ("models", "checkpoints"):
                with whole_folder(path) as folder:
                    (folder / "training.json").touch()
            else:
                write_text(path, config if path.name == "config.json" else "")
    write_manifest(tmp_path / "release")
    return tmp_path / "release"


def test_only_what_follows_a_tier_runs(snakemake: Snakemake, checkout: Path, release: Path) -> None:
    earlier: list[str] = []
    for tier in TIERS:
        earlier += [rule for group in RULES[tier] for rule in group]
        run = checkout / RUN
        if run.exists():
            run.rename(checkout / f"before-{tier}")
        options = ["--release", release, "--tier", tier, "--run", run]
        targets: list[str] = []
        if tier == "verdicts":  # needs no model
            targets = ["--", *(str(RUN / name) for name in ("tables/table1.md", "claims.md"))]
        else:
            for model in ("smollm", "tutored"):
                (run / "models" / model).mkdir(parents=True)
                (run / "models" / model / "training.json").touch()  # as in the release
        if tier == "checkpoints":
            options += ["--checkpoints", release / RUN / "checkpoints"]
        command = [sys.executable, str(ROOT / "scripts/enter_run.py"), *map(str, options)]
        entered = subprocess.run(command, capture_output=True, text=True)
        assert entered.returncode == 0, entered.stderr
        done = snakemake("-n", *OPTIONS, "--rerun-triggers", "mtime", *targets)
        assert done.returncode == 0, done.stdout
        found = jobs(done.stdout)
        assert not found.keys() & set(earlier), (tier, found)
        assert {FOLLOWS[tier], "tables_render", "claims_write"} <= found.keys(), (tier, found)
