"""Base rows of known models beside published scores."""

from pathlib import Path

import pytest
import yaml
from helpers.places import ROOT
from helpers.small_runs import TABLES, outcomes_like_the_paper, write_results

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.files import read_yaml
from codepref.tables.paper import PaperTables
from codepref.tables.published import PublishedScores, published_table
from codepref.tables.render import markdown
from codepref.tables.results import Results, load_results

SCORES = ROOT / "paper/published_scores.yaml"


def results(folder: Path, config: Config, model: str | None = None) -> Results:
    """Return a run with the paper's counts, or with those of CodeQwen as another model's base."""
    outcomes = outcomes_like_the_paper(seeds=[0])
    if model:
        mine = {key: tasks for key, tasks in outcomes.items() if key[:2] == ("codeqwen", "base")}
        outcomes = {(model, *key[1:]): tasks for key, tasks in mine.items()}
    write_results(folder, config, outcomes)
    files = folder / "benchmarks.csv", folder / "task_verdicts.csv"
    return load_results(config, read_yaml(TABLES, PaperTables), *files)


def test_every_model_of_the_hub_in_the_catalogue_has_published_scores() -> None:
    published = read_yaml(SCORES, PublishedScores)
    names = {model.repository for model in Config().models.values()}
    assert names == set(published.models)


def test_the_papers_base_rows_are_compared_without_being_told(tmp_path: Path) -> None:
    config = load_config({"training": {"seeds": [0]}})
    table = published_table("table1", results(tmp_path, config), read_yaml(SCORES, PublishedScores))
    assert table is not None and len(table.groups) == 3
    assert [len(rows) for rows in table.groups] == [4, 4, 4]
    text = markdown(table)
    # 136 of 164, Wilson by hand: 82.9 [76.4, 87.9]
    row = (
        "| CodeQwen1.5 7B | HumanEval | 82.9 (76.4 to 87.9) | 83.5 (of 164 tasks) | −0.6 | inside |"
    )
    assert row in text
    assert "Qwen2.5-Coder Technical Report" in text and "Table 16" in text
    assert "another number of tasks than ours: CodeQwen1.5 7B, MBPP; CodeQwen1.5 7B, MBPP+." in text


def test_a_packaged_model_is_known_by_what_it_was_published_as(tmp_path: Path) -> None:
    model = "qwen_coder_15b_q4"
    config = load_config({"experiments": [{"model": model, "methods": ["base"]}]})
    table = published_table(
        "table1", results(tmp_path, config, model), read_yaml(SCORES, PublishedScores)
    )
    assert table is not None
    row = "| HumanEval | 82.9 (76.4 to 87.9) | 70.7 (of 164 tasks) | 12.2 | outside |"
    assert row in markdown(table)


def test_an_unknown_model_has_no_comparison(tmp_path: Path) -> None:
    models = {"mine": {"label": "Mine", "source": {"kind": "folder", "path": "x"}}}
    config = load_config(
        {"models": models, "experiments": [{"model": "mine", "methods": ["base"]}]}
    )
    found = results(tmp_path, config, "mine")
    assert published_table("table1", found, read_yaml(SCORES, PublishedScores)) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scores": {"humaneval": 70.8}}, "humaneval 70.8 is no share of 164"),
        ({"source": "qwen_coder_reprt"}, "did you mean 'qwen_coder_report'"),
        ({"tasks": {"mbpp": 378}}, "name other benchmarks"),
        ({"scores": {"humaneval": 0.616}}, "expected percent with one decimal"),
        ({"scores": {"humanevl": 70.7}, "tasks": {"humanevl": 164}}, "humanevl"),
        ({"tasks": {"humaneval": 0}}, "expected 1 or more, found 0"),
        ({"tasks": {"humaneval": True}}, "expected a whole number, found true"),
    ],
)
def test_a_mistyped_score_cannot_land(change: dict, said: str, tmp_path: Path) -> None:
    data = yaml.safe_load(SCORES.read_text())
    entry = data["models"]["Qwen/Qwen2.5-Coder-1.5B-Instruct"]
    entry |= {"scores": {"humaneval": 70.7}, "tasks": {"humaneval": 164}} | change
    (tmp_path / "scores.yaml").write_text(yaml.safe_dump(data))
    with pytest.raises(UserError, match=said):
        read_yaml(tmp_path / "scores.yaml", PublishedScores)
