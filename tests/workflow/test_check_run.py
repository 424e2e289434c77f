"""Before a run: what it needs is checked and priced; an overlay to begin with is written."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.places import ROOT
from helpers.snakemake_runs import environment

from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.files import write_records
from codepref.preflight import needs as checks
from codepref.preflight.findings import Finding
from codepref.preflight.needs import disk, needs
from codepref.problems.builtin import builtin_problems
from codepref.workflow.given_files import models_of
from codepref.workflow.new_run import MARK, write_new_run

OF_THE_TEST = {
    "use_benchmarks": ["small"],
    "benchmarks": {
        "small": {
            "label": "Small",
            "dataset": "humaneval",
            "data": {"kind": "builtin_humaneval", "tasks": 2},
            "samples_per_task": 2,
        }
    },
    "sampling": {"max_tokens": 32},
    "generation": {"max_tokens": 32},
    "training": {"dpo": {"max_length": 128}, "rft": {"max_length": 128}},
    "compute": {"execute": {"memory_mb": 1000}, "generate": {"memory_mb": 1000}},
}


def found(values: Mapping[str, Any]) -> dict[str, Finding]:
    """Every check of a configuration, by its name."""
    config = load_config(values)
    return {one.check: one for one in needs(config, models_of(config), lambda name: None, ROOT)}


def own(model: Path | str, problems: Path | str, **more: Any) -> dict[str, Any]:
    """A run of one's own without GPUs, on a model folder and a file of problems."""
    values: dict[str, Any] = {
        **OF_THE_TEST,
        "models": {"own": {"label": "Own", "source": {"kind": "folder", "path": str(model)}}},
        "experiments": [{"model": "own", "methods": ["base", "dpo"]}],
        "problem_sources": {"own": {"kind": "jsonl", "path": str(problems)}},
        "problems": {"sources": ["own"]},
        "compute": {
            kind: {"gpus": 0, "memory_mb": 1000} for kind in ("generate", "train", "execute")
        },
    }
    return {**values, **more}


def filled(path: Path, model: Path, problems: Path) -> None:
    """Fill in the marked lines of a new overlay."""
    text = path.read_text("utf-8")
    text = text.replace("path/to/model", str(model)).replace(
        "path/to/problems.jsonl", str(problems)
    )
    path.write_text(text, "utf-8")


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks of this machine are done, also where SLURM's client is installed."""
    which = shutil.which
    monkeypatch.setattr(
        checks.shutil, "which", lambda name: None if name == "sbatch" else which(name)
    )


def test_everything_a_small_run_needs_is_there(tiny_model_folder: Path, tmp_path: Path) -> None:
    problems = tmp_path / "mine.jsonl"
    write_records(problems, list(builtin_problems())[:3])
    every = found(own(tiny_model_folder, problems))
    assert list(every) == [
        *("model own", "problems own", "benchmark small", "sandbox", "GPUs", "precision", "memory")
    ]
    assert {one.verdict for one in every.values()} == {"ok"}, every
    assert "tokenizer loads; a context of" in every["model own"].found
    assert every["problems own"].found == "3 problems; 3 reference solutions pass"
    assert every["benchmark small"].found == "2 tasks"
    assert re.match(
        r"64 rows through a layer: fp32 \d+ ms, bf16 \d+ ms; ", every["precision"].found
    )


def test_what_is_missing_is_said_with_how_to_mend_it(
    tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "reaches", lambda: False)
    monkeypatch.setattr(checks, "KERNEL_DRIVER", tmp_path / "no-driver")
    monkeypatch.setattr(checks.shutil, "which", lambda name: None)
    problems = tmp_path / "mine.jsonl"
    first, *others = list(builtin_problems())[:3]
    wrong = first.model_copy(
        update={"reference_solution": f"def {first.entry_point}(*_):\n    return None\n"}
    )
    write_records(problems, [wrong, *others])
    values = own(
        tmp_path / "no-model",
        problems,
        own_claims="nowhere.yaml",
        preflight=[],
        use_benchmarks=["mbpp", "small"],
        experiments=[
            {"model": "own", "methods": ["base", "dpo"]},
            {"model": "codellama", "methods": ["base"]},
        ],
        compute={"generate": {"gpus": 1}, "train": {"memory_mb": 400_000, "gpus": 1}},
    )
    every = found(values)
    missing = {name: one.found for name, one in every.items() if one.verdict == "failed"}
    assert all(one.mend for one in every.values() if one.verdict == "failed")
    assert set(missing) == {
        *("model own", "model codellama", "problems own", "benchmark mbpp", "own claims"),
        *("GPUs", "memory"),
    }
    assert "no such model folder" in missing["model own"]
    assert "codellama/CodeLlama-7b-Instruct-hf at 22cb240 of the hub" in missing["model codellama"]
    assert missing["problems own"].startswith(f"1 of 3 reference solutions fail: '{wrong.id}'")
    assert missing["own claims"] == f"{ROOT}/nowhere.yaml: no such file"
    assert missing["GPUs"] == "1 asked for: this machine has no NVIDIA GPU"
    assert "a job of compute.train asks for 458,000" in missing["memory"]
    assert disk(tmp_path / "results/mine", 1e9).verdict == "failed"
    assert disk(tmp_path / "results/mine", 0.0).verdict == "ok"


def test_settings_longer_than_the_models_context_are_named(
    tiny_model_folder: Path, tmp_path: Path
) -> None:
    problems = tmp_path / "mine.jsonl"
    write_records(problems, list(builtin_problems())[:1])
    every = found(own(tiny_model_folder, problems, sampling={"max_tokens": 10**6}))
    assert every["model own"].verdict == "failed"
    assert "is less than sampling.max_tokens: 1000000" in every["model own"].found


def test_a_new_run_is_an_overlay_that_loads_and_passes_when_it_is_filled_in(
    tiny_model_folder: Path, tmp_path: Path
) -> None:
    path = write_new_run("mine", tmp_path, gpus=False)
    assert path == tmp_path / "mine.yaml"
    text = path.read_text("utf-8")
    assert [line.count(MARK) for line in text.split("\n")[3:]].count(1) == 3
    config = load_config(yaml.safe_load(text))
    assert config.run == "mine" and not config.compute.train.gpus
    problems = tmp_path / "problems ü.jsonl"
    write_records(problems, list(builtin_problems())[:2])
    filled(path, tiny_model_folder, problems)
    values = yaml.safe_load(path.read_text("utf-8"))
    every = found({**values, **OF_THE_TEST, "compute": values["compute"]})
    every.pop("memory")  # of this machine
    assert {one.verdict for one in every.values()} == {"ok"}, every
    for name in ("2024", "no", "null"):  # numbers and words of YAML
        numbered = yaml.safe_load(write_new_run(name, tmp_path, gpus=False).read_text("utf-8"))
        assert numbered["run"] == name
    with_gpus = write_new_run("large", tmp_path, gpus=True)
    assert load_config(yaml.safe_load(with_gpus.read_text("utf-8"))).compute.train.gpus == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("My run", "NAME: expected a name of small letters, digits"),
        ("../mine", "NAME: expected a name of small letters, digits"),
        ("demo", "NAME: the name 'demo' is taken"),
        ("graded", "NAME: the name 'graded' is taken"),
        ("there", "there.yaml: is there already; edit it, or choose another name"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "there.yaml").write_text("run: there\n")
    with pytest.raises(UserError) as caught:
        write_new_run(name, tmp_path)
    assert message in str(caught.value)
    assert [file.name for file in tmp_path.iterdir()] == ["there.yaml"]
    assert (tmp_path / "there.yaml").read_text() == "run: there\n"


def test_the_command_prices_the_run_and_fails_if_something_is_missing(
    checkout: Path, tiny_model_folder: Path
) -> None:
    problems = checkout / "mine.jsonl"
    write_records(problems, list(builtin_problems())[:2])
    overlay = checkout / "mine.yaml"
    overlay.write_text(yaml.safe_dump(own(tiny_model_folder, problems, run="mine")))

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "scripts/check_run.py", "mine.yaml"],
            cwd=checkout,
            env=environment(),
            text=True,
            capture_output=True,
        )

    done = check()
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        "Nothing is missing. Start it: snakemake --cores all --configfile mine.yaml" in done.stdout
    )
    assert "core-hours, at most" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 136
    problems.write_text(problems.read_text("utf-8")[:40])
    done = check()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "need mending: problems own" in done.stdout and "Traceback" not in done.stderr
    assert not (checkout / "results").exists()
