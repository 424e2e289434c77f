"""The paper as data: a mistyped table, a claim whose arithmetic is off, cannot land."""

from pathlib import Path

import pytest
import yaml
from helpers.places import PAPER

from codepref.config import Config
from codepref.errors import UserError
from codepref.files import read_yaml
from codepref.tables.paper import Claims, PaperTables, counts_that_print
from codepref.tables.statistics import least_p_value

BENCHMARKS = ["mbpp", "mbpp+", "humaneval", "humaneval+"]


@pytest.fixture(scope="module")
def paper() -> PaperTables:
    return read_yaml(PAPER / "tables.yaml", PaperTables)


def test_every_printed_score_is_one_count_of_378_or_164(paper: PaperTables) -> None:
    assert paper.totals == {"mbpp": 378, "mbpp+": 378, "humaneval": 164, "humaneval+": 164}
    assert len(paper.rows) == 11
    for row in paper.rows:
        for benchmark, total in paper.totals.items():
            assert counts_that_print(row.score[benchmark], total) == [row.solved[benchmark]]


def test_the_mbpp_scores_do_not_fit_500_tasks(paper: PaperTables) -> None:
    scores = [row.score[b] for row in paper.rows for b in ("mbpp", "mbpp+")]
    assert sum(bool(counts_that_print(score, 500)) for score in scores) < len(scores)


def test_plus_never_exceeds_base(paper: PaperTables) -> None:
    for row in paper.rows:
        assert row.solved["mbpp+"] <= row.solved["mbpp"]
        assert row.solved["humaneval+"] <= row.solved["humaneval"]


@pytest.mark.parametrize(("field", "wrong"), [("solved", 297), ("score", 78.2)])
def test_a_mistyped_digit_is_refused(tmp_path: Path, field: str, wrong: float) -> None:
    data = yaml.safe_load((PAPER / "tables.yaml").read_text())
    data["rows"][0][field]["mbpp"] = wrong
    (tmp_path / "tables.yaml").write_text(yaml.safe_dump(data))
    with pytest.raises(UserError, match=r"codeqwen base mbpp: 29[67]/378 does not print as 78"):
        read_yaml(tmp_path / "tables.yaml", PaperTables)


def _changes(paper: PaperTables, new: str, old: str) -> list[int]:
    pairs = [(paper.row(model, new), paper.row(model, old)) for model in paper.models]
    return [a.solved[b] - c.solved[b] for a, c in pairs if a and c for b in BENCHMARKS]


def test_what_the_claims_say_of_the_papers_numbers_is_so(paper: PaperTables) -> None:
    dpo, rft = _changes(paper, "dpo", "base"), _changes(paper, "rft", "base")
    assert (min(dpo), max(dpo), len(dpo)) == (3, 10, 12)  # C1
    signs = [(change > 0) - (change < 0) for change in rft]
    assert (signs.count(1), signs.count(0), signs.count(-1)) == (1, 2, 9)  # C2
    over_rft = _changes(paper, "dpo", "rft")
    assert (min(over_rft), max(over_rft)) == (3, 18)  # C3
    on_off = _changes(paper, "dpo", "dpo_off_policy")
    assert (min(on_off), max(on_off), len(on_off)) == (2, 14, 8)  # C4
    off = _changes(paper, "dpo_off_policy", "base")
    assert [sum(change > 0 for change in off[i : i + 4]) for i in (0, 4)] == [4, 1]  # C5
    assert least_p_value(5) == 0.0625  # C9
    assert least_p_value(6) < 0.05


def test_claims_and_hyperparameters_load() -> None:
    claims = read_yaml(PAPER / "claims.yaml", Claims)
    assert [claim.id for claim in claims.claims] == [f"C{n}" for n in range(1, 12)]
    tables = read_yaml(PAPER / "tables.yaml", PaperTables).hyperparameters
    assert (tables.table3.trainer, tables.table4.trainer) == ("rft", "dpo")


def test_the_default_configuration_is_tables_3_and_4() -> None:
    config = Config()
    paper = read_yaml(PAPER / "tables.yaml", PaperTables).hyperparameters
    for table in (paper.table3, paper.table4):
        section = getattr(config.training, table.trainer)
        assert {row.setting: getattr(section, row.setting) for row in table.rows} == {
            row.setting: row.value for row in table.rows
        }
