"""Sentences of the report with numbers in them: another data, another sentence."""

import json
from pathlib import Path

import pytest
from helpers.small_runs import TABLES, demo_config, write_results

from codepref.config import Config
from codepref.figures import pipeline
from codepref.files import read_yaml
from codepref.report.answers import Answers, Program
from codepref.report.curves import curve_data, words
from codepref.report.finding import Finding, finding
from codepref.report.marked import marked
from codepref.report.score_rows import score_rows
from codepref.report.telling import telling
from codepref.tables.method_settings import main_settings
from codepref.tables.paper import PaperTables
from codepref.tables.results import Results, load_results


def results(folder: Path, **solved: range) -> Results:
    """A run of one model on 40 tasks; ``solved``: by method, which of them it solves."""
    values = demo_config().model_dump()
    values["experiments"] = [{"model": "smollm", "methods": list(solved)}]
    config = Config.model_validate(values)
    outcomes = {
        ("smollm", method, 0, f"mbpp_demo{plus}"): {f"T/{n}": n in which for n in range(40)}
        for method, which in solved.items()
        for plus in ("", "+")
    }
    write_results(folder, config, outcomes)
    paper = read_yaml(TABLES, PaperTables)
    return load_results(config, paper, folder / "benchmarks.csv", folder / "task_verdicts.csv")


def found(folder: Path, **solved: range) -> Finding:
    return finding(results(folder, **solved))


def test_the_finding_is_the_largest_difference_beyond_chance(tmp_path: Path) -> None:
    up = found(tmp_path / "a", base=range(10), rft=range(12), dpo=range(30))
    assert up.headline.startswith(
        "DPO solves 50.0 points more of the 40 problems of MBPP-style+ (own tasks) than the base "
        "model SmolLM2 135M, 95% interval 3"
    )
    assert up.headline.endswith(", p < 0.001 adjusted for 2 trainings.")
    assert up.more[-1].startswith("1 of 2 trainings differs ")
    down = found(tmp_path / "b", base=range(30), rft=range(29), dpo=range(10))
    assert "DPO solves 50.0 points less of the 40 problems" in down.headline


def test_nothing_beyond_chance_is_said_with_the_largest_difference(tmp_path: Path) -> None:
    none = found(tmp_path / "a", base=range(10), dpo=range(13))
    assert none.headline.startswith(
        "No training changed what is solved beyond chance. The largest difference: DPO solves 7.5 "
        "points more of"
    )
    assert "95% interval −" in none.headline and none.headline.endswith("17.7, p = 0.25.")
    same = found(tmp_path / "b", base=range(10), dpo=range(10))
    assert (
        "DPO solves as many of the 40 problems of MBPP-style+ (own tasks) as the base"
        in same.headline
    )


def test_p_is_adjusted_for_the_runs_trainings(tmp_path: Path) -> None:
    one = found(tmp_path / "a", base=range(10), dpo=range(18))
    three = found(tmp_path / "b", base=range(10), dpo=range(18), rft=range(11), ppo=range(9))
    p = one.changes[0].pairing.p_value
    assert one.changes[0].adjusted == pytest.approx(p)
    assert three.changes[0].adjusted == pytest.approx(3 * p)


def test_a_run_without_a_difference_and_one_with_too_few_tasks_say_so(tmp_path: Path) -> None:
    assert "no difference to report" in found(tmp_path / "a", base=range(10)).headline
    run = results(tmp_path / "b", base=range(10), dpo=range(30))
    few = Results(
        run.config, run.paper, run.scores, run.tasks,
        clusters={"mbpp_demo": {f"T/{n}": str(n % 4) for n in range(40)}},
    )  # fmt: skip
    text = finding(few).headline
    assert "too few to tell from chance: 4 independent groups." in text
    assert "interval" not in text
    row = next(row for row in score_rows(few) if row.method == "dpo")
    assert (row.change, row.verdict, row.tested) == ("+50.0 [too few: 4]", "too few tasks", "")


def test_a_score_is_one_row_with_what_it_gained_and_lost(tmp_path: Path) -> None:
    run = results(tmp_path, base=range(10), dpo=range(5, 30))
    base, dpo = (row for row in score_rows(run) if row.benchmark == "mbpp_demo")
    assert (base.ours, base.change, base.moved, base.verdict) == ("25.0", "", "", "")
    assert (dpo.ours, dpo.moved, dpo.verdict) == ("62.5", "+20 −5", "beyond chance")
    assert dpo.change.startswith("+37.5 [") and dpo.link == "#cell/smollm/dpo/mbpp_demo"


def test_curves_are_told_by_what_rises_and_falls() -> None:
    def log(step: float) -> list[dict[str, float]]:
        noise = (0.001, -0.001)
        return [
            {
                "step": n,
                "loss": 0.707 - step * n + noise[n % 2],
                "rewards/accuracies": 0.5 + step * n,
            }
            for n in range(20)
        ]

    assert words([log(0.01)], "x") == (
        "The loss falls from 0.69 to 0.53; the share of pairs with chosen above rejected rises "
        "from 52% to 68%."
    )
    flat = words([log(0.0)], "x")
    assert flat == (
        "The loss stays near 0.71; the share of pairs with chosen above rejected stays near 50%."
    )
    assert "rises from 0.7" in words([log(-0.01)], "x")
    ratios = [{"step": n, "log_ratio": 0.5} for n in range(20)]
    assert words([ratios], "reference") == "The mean log-ratio to the reference stays near 0.50."
    data = curve_data({"a": [log(0.01)] * 2}, {"a": "beta 0.1"}, "x")["policies"][0]
    assert {point["seed"] for point in data["points"]} == {0, 1}
    assert data["settings"] == "beta 0.1"


def test_only_what_differs_is_marked() -> None:
    old, new = "def f(x):\n    return x + 1\n", "def f(x):\n    return x + 12\n"
    left, right = marked(old, new)
    assert ["".join(text for text, _ in side) for side in (left, right)] == [old, new]
    assert [text for text, differs in left if differs] == ["1"]
    assert [text for text, differs in right if differs] == ["12"]
    assert marked(old, old)[0] == [(old, 0)]
    assert marked("a\n", "zzz\nyyy\n") == ([("a\n", 1)], [("zzz\nyyy\n", 1)])


def program(text: str, passed: bool) -> list[Program]:
    return [Program(text, 1, passed, passed, "said", False)]


def test_the_telling_tasks_are_the_shortest_of_the_largest_changes(tmp_path: Path) -> None:
    run = results(tmp_path, base=range(2, 10), dpo=range(4, 40))
    # Gained: 0 and 1 are lost by neither; 10 to 39 are. Lost: 2 and 3.
    keys = {method: ("smollm", method, 0, "mbpp_demo") for method in ("base", "dpo")}
    columns = [(*key[:3], "mbpp_demo+") for key in keys.values()]
    rates = {column: dict(run.passed[column].astype(float)) for column in columns}
    programs = {
        key: {
            task: program(f"{task} " * (3 if task == "T/20" else 9), bool(rate))
            for task, rate in rates[column].items()
        }
        for key, column in zip(keys.values(), columns, strict=True)
    }
    tasks = {"mbpp_demo": {f"T/{n}": {"prompt": f"p{n}"} for n in range(40)}}
    gained, lost = telling(run, finding(run), Answers(rates, {"mbpp_demo": 1}, programs), tasks)
    assert (gained.change, gained.task, gained.before, gained.after) == (
        *("gained", "T/20", "not solved", "solved"),
    )
    assert (lost.change, lost.task, lost.prompt) == ("lost", "T/2", "p2")
    assert lost.link == "#task/smollm/dpo/0/mbpp_demo/T/2"
    programs[keys["base"]]["T/31"] = program("short", False)
    programs[keys["dpo"]]["T/31"] = program("short, too", True)
    again, _ = telling(run, finding(run), Answers(rates, {"mbpp_demo": 1}, programs), tasks)
    assert again.task == "T/31"


def test_settings_of_a_method_are_named() -> None:
    values = demo_config().model_dump()
    values["methods"]["dpo"]["dpo"] = {"beta": 0.5}
    config = Config.model_validate(values)
    assert config.method_label("dpo").endswith(", beta 0.5")
    assert config.own_settings("rft") == config.own_settings("base") == {}
    assert main_settings(config, "dpo").endswith("beta 0.5")
    assert main_settings(config, "base") == ""


def test_figure_2_has_the_papers_five_steps_and_the_runs_counts() -> None:
    problem_report = {
        "kept": {"templates": 5}, "kept_total": 5,
        "tests_per_problem": {"visible": {"median": 3}, "hidden": {"median": 4}},
    }  # fmt: skip
    statistics = {
        "model": "smollm", "pairs": 4, "problems": {"total": 5, "mixed": 4},
        "samples": {"total": 40, "by_verdict": {"passed": 18, "no_code": 5, "timeout": 17}},
    }  # fmt: skip
    steps = pipeline.boxes(demo_config(), problem_report, [statistics])
    assert [box.title for box in steps] == [
        *("Queries and unit tests", "CodeLLM", "Responses, code", "Code executor"),
        "Preference pairs",
    ]
    text = json.dumps([box.lines for box in steps], ensure_ascii=False)
    for said in (
        "5 problems",
        "8 responses to each",
        "35 with code",
        "18 pass",
        "22 do not",
        "4 tr",
    ):
        assert said in text
    assert len(pipeline.draw(steps).axes[0].patches) == 5 + 4
