"""The table of rounds: counted by hand, and again from its own list of problems."""

import argparse
import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import SCRIPTS
from helpers.records import make_execution, make_problem, make_sample

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.files import write_records
from codepref.tables.render import renderings
from codepref.tables.rounds import rounds_table

# Of each problem how many of its four samples passed: as it came, after one round, after two.
PASSED = {
    "t/learned": (2, 4, 4),
    "t/lost": (1, 0, 2),
    "t/easy": (4, 4, 3),
    "t/hard": (0, 0, 0),
    "t/steady": (2, 3, 1),
}
MODELS = ("codeqwen", "codeqwen_after_dpo", "codeqwen_after_dpo_round2")
PAIRS = (3, 1, 3)


@pytest.fixture
def config() -> Config:
    return load_config(
        {
            "methods": {"dpo": {"rounds": 3}},
            "experiments": [{"model": "codeqwen", "methods": ["base", "dpo"]}],
        }
    )


@pytest.fixture
def files(tmp_path: Path, config: Config) -> argparse.Namespace:
    return written(tmp_path, {})


def written(tmp_path: Path, lost: dict[tuple[int, str], int]) -> argparse.Namespace:
    """Write what ``PASSED`` says; of some rounds' problems the first verdicts are lost."""
    executions, statistics = [], []
    for number, model in enumerate(MODELS):
        found = []
        for name, passed in PASSED.items():
            problem = make_problem(name)
            for index in range(4):
                sample = make_sample(problem, index, "x", model=model)
                verdict = "passed" if index < passed[number] else "wrong_answer"
                if index < lost.get((number, name), 0):
                    verdict = "infra_error"
                found.append(make_execution(sample, verdict))
            # A verdict that the executor could not give counts for nothing.
            found.append(make_execution(make_sample(problem, 4, "x", model=model), "infra_error"))
        executions.append(tmp_path / f"{model}.jsonl")
        write_records(executions[-1], found)
        statistics.append(tmp_path / f"{model}.stats.json")
        counts = {"model": model, "pairs": PAIRS[number], "problems": {"total": len(PASSED)}}
        statistics[-1].write_text(json.dumps(counts))
    return argparse.Namespace(round_executions=executions[::-1], round_statistics=statistics)


def test_each_round_is_compared_with_the_one_before(
    files: argparse.Namespace, config: Config
) -> None:
    table = rounds_table(files, config)
    assert table is not None
    first, second, third = table.records
    assert [one["model"] for one in table.records] == list(MODELS)
    assert [one["round"] for one in table.records] == [1, 2, 3]
    assert [one["before"] for one in table.records] == [None, *MODELS[:2]]
    assert [one["pass_at_1"] for one in table.records] == [45.0, 55.0, 50.0]
    assert [one["pass_at_k"] for one in table.records] == [80.0, 60.0, 80.0]  # of 4 samples each
    assert [one["pairs"] for one in table.records] == list(PAIRS)
    outcomes = ("mixed", "all_passed", "all_failed")
    assert [[one[name] for name in outcomes] for one in table.records] == [
        *([3, 1, 1], [1, 2, 2], [3, 1, 1])
    ]
    changes = ("became_all_passed", "became_all_failed", "left")
    assert [first[name] for name in changes] == [None, None, None]
    assert [second[name] for name in changes] == [1, 1, 0]  # learned; lost
    assert [third[name] for name in changes] == [0, 0, 2]  # lost and easy are mixed now
    text = renderings(table)["md"]
    assert "CodeQwen1.5 7B after DPO, round 2" in text and "Pass@4 %" in text


@pytest.mark.parametrize("lost", [1, 3, 4])
def test_a_problem_with_fewer_judged_samples_is_left_out_and_costs_no_other_column(
    lost: int, tmp_path: Path, config: Config
) -> None:
    table = rounds_table(written(tmp_path, {(1, "t/steady"): lost}), config)
    assert table is not None
    first, second, third = table.records
    assert [one["k"] for one in table.records] == [4, 4, 4]
    assert [one["pass_at_k"] for one in table.records] == [80.0, 50.0, 80.0]
    assert [one["pass_at_1"] for one in table.records] == [45.0, 50.0, 50.0]
    assert [one["problems"] for one in table.records] == [5, 4, 5]
    assert (second["left_out"], second["became_all_failed"], third["left"]) == (1, 1, 2)
    assert (
        "after DPO: without 1 problem with fewer than 4 judged samples." in table.overview.notes[-1]
    )
    text = renderings(table)["md"]
    assert "Pass@4 %" in text and "–" not in text.split("after DPO |")[1].split("\n")[0]
    assert first["left_out"] == third["left_out"] == 0


def test_rounds_with_fewer_samples_are_compared_at_the_least(
    tmp_path: Path, config: Config
) -> None:
    table = rounds_table(written(tmp_path, {(2, name): 2 for name in PASSED}), config)
    assert table is not None and [one["left_out"] for one in table.records] == [0, 0, 0]
    assert [(one["k"], one["usual_samples"]) for one in table.records] == [(2, 4), (2, 4), (2, 2)]
    # pass@2 of 2, 1, 4, 0 and 2 of four: 5/6, 1/2, 1, 0 and 5/6.
    assert table.records[0]["pass_at_k"] == pytest.approx(
        100 * (5 / 6 + 1 / 2 + 1 + 5 / 6) / 5, abs=1e-4
    )


def test_the_script_lists_every_problem_of_every_round(
    files: argparse.Namespace, config: Config, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(config.model_dump_json())
    command = [sys.executable, SCRIPTS / "write_rounds.py", "--config", tmp_path / "config.json"]
    command += ["--round-executions", *files.round_executions]
    command += ["--round-statistics", *files.round_statistics, "--output-folder", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "round_problems.csv").open() as stream:
        lines = list(csv.DictReader(stream))
    assert {
        (line["problem_id"], MODELS[int(line["round"]) - 1], line["model"], int(line["passed"]))
        for line in lines
    } == {
        (name, model, model, count)
        for name, counts in PASSED.items()
        for model, count in zip(MODELS, counts, strict=True)
    }
    assert {line["samples"] for line in lines} == {"4"}
    assert (tmp_path / "rounds.html").exists()


def test_verdicts_without_their_pairs_are_refused(
    files: argparse.Namespace, config: Config
) -> None:
    files.round_statistics = files.round_statistics[:2]
    with pytest.raises(UserError, match=r"round2\.jsonl: no verdicts of a model that"):
        rounds_table(files, config)
    assert (
        rounds_table(argparse.Namespace(round_executions=[], round_statistics=[]), config) is None
    )
