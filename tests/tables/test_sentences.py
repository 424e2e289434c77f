"""What tables say follows the data: other data, another sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.records import make_reward as reward
from helpers.small_runs import TABLES, demo_config, write_results

from codepref.config import Config
from codepref.evaluation.published.grade import scores_of
from codepref.figures.style import error_bar
from codepref.files import read_yaml
from codepref.pairs.label_noise import Point
from codepref.tables.frames import SCORE_COLUMNS, TASK_COLUMNS
from codepref.tables.paper import PaperTables
from codepref.tables.results import Results, load_results
from codepref.tables.score_tables import record, score_table
from codepref.tables.setting_tables import TrainingRecord, setting_tables
from codepref.training.reward_analysis import analyse


def results_of(folder: Path, tasks: int, solved: Callable[[str, int], bool]) -> Results:
    """A run whose policies solve the same tasks of every benchmark."""
    config = demo_config()
    outcomes = {
        (model, method, seed, f"{name}{plus}"): {f"T/{n}": solved(method, n) for n in range(tasks)}
        for model, method, seed in config.rows
        for name in config.use_benchmarks
        for plus in ("", "+")
    }
    write_results(folder, config, outcomes)
    files = folder / "benchmarks.csv", folder / "task_verdicts.csv"
    return load_results(config, read_yaml(TABLES, PaperTables), *files)


def test_no_interval_is_given_from_fewer_than_ten_tasks(tmp_path: Path) -> None:
    """Of nine tasks the tables say so, in every place; of ten they have intervals."""
    for tasks in (9, 10):
        results = results_of(tmp_path / str(tasks), tasks, lambda method, n: method == "dpo")
        cell = results.cell("smollm", "dpo", "mbpp_demo")
        base = results.cell("smollm", "base", "mbpp_demo")
        table = score_table(results, "table1")
        texts = {cell.secondary for group in table.overview.groups for row in group for cell in row}
        notes = [note for note in table.overview.notes if note.startswith("Too few")]
        line = record(results, cell, False)
        if tasks == 9:
            assert cell.interval is base.interval is cell.pairing.interval is None
            assert "9/9; +100.0 [too few: 9]" in texts and "0/9 [too few: 9]" in texts
            assert "fewer than 10 tasks" in notes[0]
            assert line["to_base_low"] is line["wilson_low"] is None
            assert error_bar(cell) == (0, 0)
        else:
            assert not any("too few" in text for text in texts) and not notes
            assert line["to_base_low"] > 40 and line["wilson_low"] > 60
            assert error_bar(base)[1] > 20


def test_nor_from_few_problems_of_samples_or_rewards() -> None:
    for problems in (9, 10):
        point = Point("all", 3, problems, passing=40, failing=4)
        alike = [
            reward(f"p/{n}", index, float(index), "wrong_answer", index)
            for n in range(problems)
            for index in range(2)
        ]
        shown = analyse(alike).shown("implicit_reward")
        [*_, base] = scores_of("both judges", "base", [[True]] * problems)
        assert (point.interval is None) == (base.interval is None) == (problems == 9)
        assert shown == ("1.00 [too few: 9]" if problems == 9 else "1.00 [1.00, 1.00]")


def test_problems_with_equal_means_count_for_neither_side() -> None:
    rewards = [
        *(reward("p/a", 0, 1.0, "passed", 8), reward("p/a", 1, 0.0, "wrong_answer", 1)),
        *(reward("p/b", 0, 0.0, "passed", 8), reward("p/b", 1, 0.0, "wrong_answer", 1)),
    ]
    found = analyse(rewards)
    assert (found.mixed_problems, found.mixed_ties, found.decided, found.passing_ahead) == (
        *(2, 1, 1, 1),
    )


@pytest.mark.parametrize(("gained", "bold"), [(8, True), (5, False)])
def test_bold_is_what_is_above_base_beyond_chance(gained: int, bold: bool, tmp_path: Path) -> None:
    results = results_of(tmp_path, 16, lambda method, n: n < gained if method == "dpo" else False)
    rows = [row for group in score_table(results, "table1").overview.groups for row in group]
    marked = {(row[1].text, row[2].bold) for row in rows if row[0].text.startswith("SmolLM2")}
    assert ("DPO", bold) in marked and ("base", False) in marked


SETTINGS = {
    "experiments": [{"model": "codeqwen", "methods": ["base", "dpo", "strong", "told", "fast"]}],
    "methods": {
        "strong": {"label": "DPO", "trainer": "dpo", "dpo": {"beta": 0.3, "loss_type": ["ipo"]}},
        "told": {"label": "DPO, beta 0.5", "trainer": "dpo", "dpo": {"beta": 0.5}},
        "fast": {"label": "DPO, fast", "trainer": "dpo", "dpo": {"share_prefix": "never"}},
    },
}


def config_with(**strong: Any) -> Config:
    methods = {**SETTINGS["methods"], "strong": {"label": "DPO", "trainer": "dpo", "dpo": strong}}
    defaults = {name: method.model_dump() for name, method in Config().methods.items()}
    return Config.model_validate({**SETTINGS, "methods": {**defaults, **methods}})


def test_rows_name_the_settings_that_are_their_methods_own() -> None:
    config = config_with(beta=0.3, loss_type=["sigmoid", "sft"])
    labels = [config.method_label(name) for name in ("dpo", "strong", "told", "fast")]
    assert labels == ["DPO", "DPO, beta 0.3, loss sigmoid + sft", "DPO, beta 0.5", "DPO, fast"]
    assert config.policy_label("codeqwen", "strong") == f"CodeQwen1.5 7B, {labels[1]}"
    assert config.method_label("dpo_nll") == "DPO + NLL"  # that is its loss
    assert config_with(beta=0.1).method_label("strong") == "DPO"  # as everywhere: not its own
    assert config_with(beta=0.2).method_label("strong") == "DPO, beta 0.2"


def test_table_4_has_a_column_for_each_way_of_training() -> None:
    nothing = [pd.DataFrame(columns=[*columns]) for columns in (SCORE_COLUMNS, TASK_COLUMNS)]
    config = config_with(beta=0.3, loss_type=["sigmoid", "sft"])
    results = Results(config, read_yaml(TABLES, PaperTables), *nothing)
    table = setting_tables(results, [])[1].overview
    assert table.header == [
        *("Hyperparameter", "Paper", "DPO; DPO, fast"),
        *("DPO, beta 0.3, loss sigmoid + sft", "DPO, beta 0.5", "Comparison"),
    ]
    rows = {row[0].text: row[1:] for row in table.groups[0]}
    assert [cell.text for cell in rows["Beta"]] == ["0.1", "0.1", "0.3", "0.5", "differs"]
    assert [cell.bold for cell in rows["Beta"]] == [False, False, True, True, False]
    losses = ["–", "sigmoid", "sigmoid + sft", "sigmoid", "not in the paper"]
    assert [cell.text for cell in rows["Loss"]] == losses
    assert rows["Learning rate"][-1].text == "as in the paper"
    # What a training recorded goes before what is configured.
    used = {"hyperparameters": {"beta": 0.7}, "global_batch": 8, "trainer": "dpo"}
    ran = TrainingRecord(model="codeqwen", method="dpo", seed=1, **used)
    table = setting_tables(results, [ran])[1].overview
    assert table.header[2:] == ["DPO", "Comparison"]
    rows = {row[0].text: row[-2].text for row in table.groups[0]}
    assert (rows["Beta"], rows["Batch size"], rows["Learning rate"]) == ("0.7", "8", "not recorded")
    assert "codeqwen dpo seed1" in table.notes[0]
