"""The figure of the data-size sweep: what belongs to one line, and where its points are."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from helpers.places import ROOT
from helpers.small_runs import TABLES, write_results

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.figures.data_size import draw, points, sweeps
from codepref.files import read_yaml
from codepref.tables.paper import PaperTables
from codepref.tables.results import Results, load_results

TRAINED = {("codeqwen", "dpo"): 3011} | {
    ("codeqwen", f"dpo_{size}"): size for size in (250, 500, 1000, 2000)
}


@pytest.fixture(scope="module")
def config() -> Config:
    values = yaml.safe_load((ROOT / "configs" / "data_size.yaml").read_text("utf-8"))
    defaults = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    return load_config(values | {"methods": defaults["methods"] | values["methods"]})


@pytest.fixture(scope="module")
def run(config: Config, tmp_path_factory) -> Path:
    """Results in which each further size solves one more task, in the third seed two more."""
    folder = tmp_path_factory.mktemp("sizes")
    outcomes = {}
    for number, method in enumerate(config.experiments[0].methods):
        for seed in [0] if method == "base" else [0, 1, 2]:
            for benchmark in ("mbpp", "mbpp+", "humaneval", "humaneval+"):
                solved = 3 + number + (seed == 2)
                outcomes["codeqwen", method, seed, benchmark] = {
                    f"t/{task}": task < solved for task in range(20)
                }
    write_results(folder, config, outcomes)
    return folder


@pytest.fixture(scope="module")
def results(config: Config, run: Path) -> Results:
    return load_results(
        config, read_yaml(TABLES, PaperTables), run / "benchmarks.csv", run / "task_verdicts.csv"
    )


def test_methods_that_differ_in_their_number_of_pairs_are_one_line(config, results) -> None:
    (sweep,) = sweeps(config)
    assert sweep.title == "CodeQwen1.5 7B, DPO"
    line = points(results, sweep, "mbpp+", TRAINED)
    assert [size for size, _ in line] == [0, 250, 500, 1000, 2000, 3011]
    rates = [cell.rate for _, cell in line]
    assert rates[0] == 15.0
    assert rates[1:] == pytest.approx([100 * (4 + n + 1 / 3) / 20 for n in range(5)])
    figure = draw(results, TRAINED)
    lower, upper = line[3][1].interval
    assert lower < rates[3] < upper
    drawn = {
        round(float(y), 6)
        for lines in figure.axes[0].collections
        for segment in lines.get_segments()
        for y in segment[:, 1]
    }
    assert {round(lower, 6), round(upper, 6)} <= drawn


def test_methods_that_differ_in_a_setting_are_no_sweep_of_sizes(config) -> None:
    values = config.model_dump(mode="json")
    values["methods"]["dpo_500"]["dpo"] = {"beta": 0.5}
    found = [sorted(sweep.methods) for sweep in sweeps(Config.model_validate(values))]
    assert sorted(found) == [["dpo", "dpo_1000", "dpo_2000", "dpo_250"], ["dpo_500"]]


def test_a_run_without_sizes_has_no_sweep() -> None:
    assert sweeps(Config()) == []


@pytest.mark.slow
def test_the_command_line_takes_sizes_from_the_trainings(run: Path) -> None:
    files = []
    for (model, method), pairs in TRAINED.items():
        file = run / "training" / model / method / "seed0" / "training.json"
        file.parent.mkdir(parents=True)
        names = {"model": model, "method": method, "seed": 0, "trainer": "dpo"}
        more = {"pairs": pairs, "hyperparameters": {}, "global_batch": 16, "steps": 5}
        file.write_text(json.dumps(names | more))
        files.append(file)
    command = [sys.executable, "scripts/draw_figures.py", "--output", run / "sizes", "data-size"]
    command += ["--config", run / "resolved.json", "--benchmarks", run / "benchmarks.csv"]
    command += ["--paper", TABLES, "--tasks", run / "task_verdicts.csv", "--training"]
    subprocess.run([*command, *files], cwd=ROOT, check=True)
    for suffix in ("svg", "pdf", "png"):
        assert (run / f"sizes.{suffix}").stat().st_size > 1000
    done = subprocess.run([*command, *files[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no training.json of codeqwen dpo" in done.stderr
