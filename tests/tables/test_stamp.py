"""What a run is follows from what was run: stamp, labels, deviations and their reasons."""

from typing import Any

import pytest
from helpers.places import CONFIGS
from helpers.small_runs import TABLES

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.files import read_yaml
from codepref.tables.deviations import Facts, check_reasons, deviations
from codepref.tables.labels import benchmark_label, model_label
from codepref.tables.paper import PaperTables
from codepref.tables.stamp import Stamp, stamp

PAPER = read_yaml(TABLES, PaperTables)
SMALL = {
    "label": "Small",
    "source": {"kind": "folder", "path": "small"},
}
FEW = {"label": "HumanEval", "dataset": "humaneval"}


def of(values: dict[str, Any] | None = None, facts: Facts | None = None) -> Stamp:
    return stamp(load_config(values or {}), PAPER, facts)


def found(values: dict[str, Any], facts: Facts | None = None) -> dict[str, tuple[str, str, str]]:
    rows = deviations(load_config(values), PAPER, facts)
    return {one.key: (one.paper, one.here, one.kind) for one in rows}


def test_the_default_configuration_is_the_papers_experiment_and_more() -> None:
    assert (of().kind, of().text, of().labels) == ("paper", "The paper's experiment", {})
    assert {key: kind for key, (_, _, kind) in found({}).items()} == dict.fromkeys(
        ("seeds", "shots", "sampled_answers"), "more"
    )


def test_fewer_models_are_a_part() -> None:
    values = {"experiments": [{"model": "codellama", "methods": ["base", "rft", "dpo"]}]}
    assert of(values).text == "Part of the paper's experiment (1 of the paper's 3 models)"
    assert of(values).heading == PAPER.paper.title


def test_rows_without_results_are_a_part() -> None:
    rows = {(model, method) for model, method, _ in Config().rows}
    whole = of(facts=Facts(rows=frozenset(rows)))
    part = of(facts=Facts(rows=frozenset(rows - {("codellama", "rft")})))
    assert (whole.kind, part.kind) == ("paper", "part")
    assert "without RFT of CodeLlama-Instruct 7B" in [one.here for one in part.deviations]


@pytest.mark.parametrize(("tasks", "note"), [(16, "16 of 164 tasks"), (163, "163 of 164 tasks")])
def test_a_subset_says_how_many_tasks_it_has(tasks: int, note: str) -> None:
    data = {"kind": "builtin_humaneval", "tasks": tasks}
    values = {"use_benchmarks": ["few"], "benchmarks": {"few": {**FEW, "data": data}}}
    assert of(values).labels == {"few": note}
    assert of(values).kind == "part"
    assert found(values)["benchmarks"][1] == f"HumanEval: {note}; without MBPP"
    assert benchmark_label(load_config(values), PAPER, "few", "+") == f"HumanEval+ ({note})"


def test_the_number_of_graded_tasks_decides() -> None:
    assert of(facts=Facts(totals={"mbpp": 378, "humaneval": 164})).labels == {}
    other = of(facts=Facts(totals={"mbpp": 399, "humaneval": 160}))
    assert other.labels == {"mbpp": "399 tasks, the paper's 378", "humaneval": "160 of 164 tasks"}


def test_own_models_and_tasks_make_an_own_run() -> None:
    values: dict[str, Any] = {
        "models": {"small": SMALL},
        "experiments": [{"model": "small", "methods": ["base", "dpo"]}],
        "use_benchmarks": ["mine"],
        "benchmarks": {
            "mine": {
                "label": "Mine",
                "dataset": "mbpp",
                "data": {"kind": "builtin_mbpp", "tasks": 5},
            }
        },
    }
    own = of(values)
    assert (
        own.text
        == "Own run (none of the paper's models; Mine: 5 own tasks; without MBPP and HumanEval)"
    )
    assert own.heading == "Preference training of Small"
    assert own.labels == {"mine": "own tasks", "small": "own model"}
    assert model_label(load_config(values), "small") == "Small"
    values["experiments"].append({"model": "codeqwen", "methods": ["base"]})
    assert of(values).kind == "changed"
    assert model_label(load_config(values), "small") == "Small (own model)"


@pytest.mark.parametrize(
    ("values", "key", "paper", "here"),
    [
        ({"training": {"dpo": {"beta": 0.3}}}, "dpo.beta", "0.1", "0.3"),
        ({"training": {"rft": {"epochs": 2}}}, "rft.epochs", "1", "2"),
        (
            {"training": {"dpo": {"lora_rank": 8}}},
            "dpo.lora_rank",
            "all weights",
            "LoRA rank 8, alpha 32",
        ),
        ({"sampling": {"samples_per_problem": 4}}, "samples_per_problem", "8", "4"),
        (
            {"pairs": {"max_pairs": 36}},
            "pairs",
            "1 of each problem at random, roughly 3,000",
            "at most 36 of a model",
        ),
        (
            {"problems": {"sources": ["builtin"]}},
            "problems",
            "from LeetCode, Codeforces and the like; how many is not stated",
            "at most 50, from builtin (own problems: builtin)",
        ),
    ],
)
def test_what_is_done_otherwise_is_named(
    values: dict[str, Any], key: str, paper: str, here: str
) -> None:
    assert found(values)[key] == (paper, here, "other")
    assert key not in found({})
    assert of(values).kind == "changed"
    assert here in of(values).words


def test_another_method_with_another_beta_is_more_not_other() -> None:
    methods = {"soft": {"label": "soft", "trainer": "dpo", "dpo": {"beta": 0.01}}}
    experiment = {"model": "codellama", "methods": ["base", "rft", "dpo", "soft"]}
    rows = found({"methods": methods, "experiments": [experiment]})
    assert rows["dpo.beta"] == ("0.1", "soft: 0.01", "more")
    assert rows["methods"][1] == "also soft"


def test_counted_pairs_and_problems_show() -> None:
    few = Facts(pairs={"codeqwen": 2400, "deepseek": 3000}, problems=5000)
    assert found({}, few)["pairs"][1:] == ("CodeQwen1.5 7B: 2,400", "less")
    assert "pairs" not in found({}, Facts(pairs={"codeqwen": 2500}))
    own = {"problems": {"sources": ["templates"]}}
    assert found(own, few)["problems"][1].startswith("5,000, from templates")


def test_reasons_stand_in_the_table() -> None:
    values = {"training": {"seeds": [0, 1]}, "reasons": {"seeds": "two are all we can pay"}}
    [why] = [one.why for one in deviations(load_config(values), PAPER) if one.key == "seeds"]
    assert why == "two are all we can pay"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("sedes", "reasons.sedes: is no deviation; did you mean 'seeds'"),
        ("dpo.beta", "reasons.dpo.beta: is as in the paper in this run"),
        ("nonsense", "reasons.nonsense: is no deviation; valid: pairs, sampled_answers, seeds"),
    ],
)
def test_reasons_for_nothing_are_refused(key: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        check_reasons(load_config({"reasons": {key: "why"}}), PAPER)


def test_the_demos_reasons_name_no_number_that_could_differ() -> None:
    """Numbers of deviations are computed; in a reason they would be typed."""
    text = (CONFIGS / "demo.yaml").read_text("utf-8")
    reasons = text[text.index("reasons:") : text.index("experiments:")]
    assert not [line for line in reasons.splitlines() if "e-5" in line or "points" in line]
