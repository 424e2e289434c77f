"""Which claims a run can answer follows from what it ran; the answers are counted."""

from pathlib import Path
from typing import Any

import pytest
from helpers.places import PAPER
from helpers.small_runs import load, outcomes_like_the_paper

from codepref.config_loading import load_config
from codepref.files import read_yaml
from codepref.tables.claims import Evidence, RunData, scope, summarized, weigh
from codepref.tables.paper import Claims
from codepref.tables.results import Results

CLAIMS = PAPER / "claims.yaml"


def weighed(results: Results, **data: Any) -> dict[str, Evidence]:
    found = weigh(read_yaml(CLAIMS, Claims), RunData(results, **data))
    return {claim.id: evidence for claim, evidence in found}


def run(folder: Path, values: dict[str, Any], **of: Any) -> Results:
    """Load a run of a configuration that solves what the paper solves, in the rows that it has."""
    config = load_config(values)
    rows = set(config.rows)
    outcomes = {k: v for k, v in outcomes_like_the_paper(**of).items() if k[:3] in rows}
    return load(folder, config, outcomes)


ONE = {"experiments": [{"model": "codeqwen", "methods": ["base", "rft", "dpo"]}]}


def test_a_part_refutes_but_does_not_support(tmp_path: Path) -> None:
    found = weighed(run(tmp_path, ONE))
    lacking = "DeepSeek-Coder 6.7B, CodeLlama-Instruct 7B not run"
    assert (found["C1"].answer, found["C1"].why) == ("cannot be answered", lacking)
    assert found["C1"].lines, "what came out for the one model is shown"
    assert (found["C2"].answer, found["C2"].why) == ("not supported", "")


def test_fewer_seeds_than_the_test_wants_support_nothing(tmp_path: Path) -> None:
    found = weighed(run(tmp_path, {"training": {"seeds": [0, 1, 2]}}, seeds=[0, 1, 2]))
    assert found["C1"].why == "3 of the 6 training seeds that the test wants"


@pytest.mark.parametrize(
    ("values", "claim", "why"),
    [
        (
            {"training": {"dpo": {"learning_rate": 3e-5}}},
            "C1",
            "DPO: learning rate: 3e-05 (in the paper: 5e-06)",
        ),
        ({"pairs": {"max_pairs": 36}}, "C7", "Preference pairs: at most 36 of a model"),
        ({"problems": {"limit": 100}}, "C2", "Problems: at most 100, from leetcode"),
        ({"sampling": {"samples_per_problem": 2}}, "C7", "Responses of each problem: 2 (in the"),
    ],
)
def test_what_is_done_otherwise_bars_the_answer(
    tmp_path: Path, values: dict[str, Any], claim: str, why: str
) -> None:
    found = weighed(run(tmp_path, values))
    assert found[claim].answer == "cannot be answered"
    assert why in found[claim].why and found[claim].lines == []
    # DPO's learning rate says nothing of RFT.
    assert ("learning rate" in found["C2"].why) == ("learning rate" in why and claim == "C2")


def test_a_yield_of_some_models_supports_nothing_about_all(tmp_path: Path) -> None:
    statistics = [
        {"model": name, "pairs": 3000, "pairs_before_max_pairs": 3000,
         "problems": {"mixed": 3000, "total": 6000}}
        for name in ("codeqwen", "deepseek", "codellama")
    ]  # fmt: skip
    whole = run(tmp_path / "a", {})
    assert weighed(with_pairs(whole, statistics))["C7"].answer == "supported"
    part = weighed(with_pairs(run(tmp_path / "b", ONE), statistics[:1]))["C7"]
    assert (part.answer, "not run" in part.why) == ("cannot be answered", True)
    few = [{**one, "pairs": 900} for one in statistics]
    assert weighed(with_pairs(whole, few))["C7"].answer == "not supported"


def with_pairs(results: Results, statistics: list[dict[str, Any]]) -> Results:
    return Results(
        results.config, results.paper, results.scores, results.tasks, pair_statistics=statistics
    )


def test_answers_are_counted(tmp_path: Path) -> None:
    claims = read_yaml(CLAIMS, Claims)
    whole = run(tmp_path / "whole", {})
    part = run(tmp_path / "part", ONE)
    texts = [summarized(weigh(claims, RunData(results))).text for results in (whole, part)]
    assert texts[0].startswith(
        "Of 9 claims about training this run supports 2, does not support 1, leaves 2 open and "
        "cannot answer 4."
    )
    assert texts[1].startswith("Of 9 claims about training this run supports 0, does not support 1")
    end = "2 more are arithmetic on the paper's printed numbers, which support 0 of them and do not"
    assert all(f"{end} support 2." in text for text in texts)
    assert scope(whole).startswith("The paper's experiment. ")
    assert scope(part).startswith("Part of the paper's experiment (1 of the paper's 3 models; ")
