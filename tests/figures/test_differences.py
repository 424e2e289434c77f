"""The figure of differences: what the sensitivity overlay varies, side by side."""

import random

import pandas as pd
import pytest
import yaml
from helpers.places import ROOT
from helpers.small_runs import TABLES

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.figures.differences import draw
from codepref.files import read_yaml
from codepref.tables.paper import PaperTables
from codepref.tables.results import Results
from codepref.tables.score_tables import rows_of


@pytest.fixture(scope="module")
def config() -> Config:
    text = (ROOT / "configs" / "sensitivity.yaml").read_text("utf-8")
    return load_config(yaml.safe_load(text))


@pytest.fixture(scope="module")
def results(config: Config) -> Results:
    chance, tasks, samples, scores = random.Random(0), [], [], []
    for model, method, seed in config.rows:
        for name in config.use_benchmarks:
            key = (model, method, seed, name)
            plus = (*key[:3], f"{name}+")
            passed = [chance.random() < (0.4 if method == "base" else 0.5) for _ in range(30)]
            for number, good in enumerate(passed):
                tasks += [(*key, f"T/{number}", good), (*plus, f"T/{number}", good)]
                samples += [(*key, f"T/{number}", n, good, good and n > 0, "") for n in range(2)]
            scores += [(*key, sum(passed), 30), (*plus, sum(passed), 30)]
    key = ["model", "method", "seed", "benchmark"]
    return Results(
        config,
        read_yaml(TABLES, PaperTables),
        pd.DataFrame(scores, columns=[*key, "solved", "total"]),
        pd.DataFrame(tasks, columns=[*key, "task_id", "passed"]),
        samples=pd.DataFrame(
            samples, columns=[*key, "task_id", "index", "base", "plus", "failure"]
        ),
    )


def test_every_choice_is_a_row_of_table_1(config: Config) -> None:
    assert rows_of(config, "table1") == [("codeqwen", config.experiments[0].methods)]
    assert rows_of(config, "table2") == []


def test_each_difference_is_at_its_place_with_its_interval(
    config: Config, results: Results
) -> None:
    figure = draw(results)
    methods = config.experiments[0].methods[1:]
    assert len(figure.axes) == 8  # two data sets, two wordings, base and plus
    axes = figure.axes[0]
    assert axes.get_title() == "MBPP (30 of 378 tasks)"
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        config.methods[name].label for name in methods
    ]
    marks = [line for line in axes.lines if line.get_label() == "one greedy answer"]
    assert len(marks) == len(methods) == len(axes.collections) / 2
    for place, (method, mark) in enumerate(zip(methods, marks, strict=True)):
        pairing = results.pairing("codeqwen", "base", method, ["mbpp"])
        assert pairing
        (point,) = mark.get_xydata().tolist()
        assert point == pytest.approx([100 * pairing.estimate, place - 0.15])
        (low, _), (high, _) = axes.collections[place].get_segments()[0]
        assert (low, high) == pytest.approx([100 * end for end in pairing.interval])


def test_without_a_trained_row_there_is_nothing_to_draw(results: Results) -> None:
    alone = load_config({"experiments": [{"model": "codeqwen", "methods": ["base"]}]})
    with pytest.raises(UserError, match="no trained method was run beside its base"):
        draw(Results(alone, results.paper, results.scores, results.tasks))
