"""The end of a demo: a table, three sentences that follow from the data, three commands."""

import re
import shlex
from pathlib import Path

from helpers.places import PAPER, ROOT
from helpers.small_runs import demo_config, demo_outcomes, script, write_results

from codepref.config import Config
from codepref.files import write_json
from codepref.tables.own_claims import OwnAnswer, OwnAnswers

BENCHMARK = demo_config().use_benchmarks[0]


def config_of(claims: str | None = None) -> Config:
    """A run without samples."""
    values = demo_config().model_dump()
    values["evaluation"]["samples_per_task"] = 0
    return Config.model_validate(values | {"own_claims": claims})


def printed(folder: Path, claims: str | None = None, **passing: int) -> str:
    """What is printed of a run in which each method passes so many of 16 tasks."""
    run = folder / "results/demo"
    outcomes = demo_outcomes()
    for (model, method, seed, name), tasks in list(outcomes.items()):
        if name.endswith("+"):
            passes = passing.get(method, 4)
            outcomes[model, method, seed, name] = {
                task: number < passes for number, task in enumerate(tasks)
            }
    write_results(run, config_of(claims), outcomes)
    (run / "resolved.json").rename(run / "config.json")
    (run / "benchmarks/data").mkdir(parents=True, exist_ok=True)
    for name in config_of().use_benchmarks:
        (run / f"benchmarks/data/{name}.jsonl").touch()
    options = ["--run", "results/demo", "--paper", PAPER / "tables.yaml"]
    done = script("print_findings.py", *options, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_beyond_chance_is_marked_nowhere(tmp_path: Path) -> None:
    text = printed(tmp_path, rft=6)
    assert "*" not in text
    assert "Found: none of " in text
    assert "the largest difference is SmolLM2 135M RFT +12.5 [" in " ".join(text.split())


def test_what_is_beyond_chance_is_starred_and_said(tmp_path: Path) -> None:
    text = printed(tmp_path, dpo=16)
    assert len(re.findall(r"^.*DPO .*\]\*", text, re.M)) >= 1
    assert "RFT" in text and not re.search(r"^RFT .*\*", text, re.M)
    assert "* beyond chance" in text
    assert "Found: beyond chance on " in text
    assert "+75.0" in text.split("Found: ")[1].split("Not told")[0]


def test_what_cannot_be_told_follows_from_the_intervals(tmp_path: Path) -> None:
    def threshold(text: str) -> int:
        found = re.search(r"below\s+about\s+(\d+)\s+points", text)
        assert found, text
        return int(found[1])

    same = printed(tmp_path / "a", rft=4, dpo=4)
    differing = printed(tmp_path / "b", rft=12, dpo=4)
    assert threshold(same) < threshold(differing)
    assert "none of its models was run" in " ".join(same.split())


def test_claims_are_counted(tmp_path: Path) -> None:
    answers = [
        OwnAnswer(id=f"D{number}", claim="", outcome=outcome, found="")
        for number, outcome in enumerate(["won", "undecided", "won", "lost"], start=1)
    ]
    page = OwnAnswers(title="", rule="", answers=answers, reported=[])
    write_json(tmp_path / "results/demo/own_claims.json", page.model_dump())
    text = " ".join(printed(tmp_path, claims="configs/demo_claims.yaml").split())
    assert "of 4 claims fixed before the run 2 won (D1, D3), 1 lost, 1 undecided" in text


def test_it_is_short_narrow_and_ends_with_three_commands(tmp_path: Path) -> None:
    lines = printed(tmp_path, dpo=16).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 40
    opened, traced, released = (shlex.split(line) for line in lines[-3:])
    assert opened[1] == "results/demo/report.html"
    assert traced[:3] == ["make", "trace", "RUN=demo"]
    assert re.fullmatch(rf"CELL=table1 \w+ dpo {BENCHMARK}\+", traced[3])
    targets = (ROOT / "Makefile").read_text("utf-8")
    assert "\ntrace:" in targets and "\nrelease:" in targets
    assert released[:2] == ["make", "release"]
    assert "paper)" not in "\n".join(lines)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    done = script("print_findings.py", "--run", tmp_path, "--paper", PAPER / "tables.yaml")
    assert done.returncode == 2
    assert "config.json: no such file" in done.stderr
