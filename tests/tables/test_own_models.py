"""The claims' tests on models that the paper does not have: shown with their p, no answer."""

from pathlib import Path

from helpers.places import PAPER
from helpers.small_runs import load
from scipy.stats import binomtest

from codepref.config_loading import load_config
from codepref.files import read_yaml
from codepref.tables.layout import p_text
from codepref.tables.own_models import tests_on_own_models as lines_of
from codepref.tables.paper import Claims
from codepref.tables.results import Results

CLAIMS = read_yaml(PAPER / "claims.yaml", Claims)
TASKS = {"humaneval": 164, "mbpp": 378}


def run(folder: Path, model: str, names: list[str], more: tuple[str, ...] = ()) -> Results:
    """A run whose RFT loses every 20th of the tasks that base solves; DPO gains 12 and loses 3."""
    config = load_config(
        {
            "experiments": [{"model": model, "methods": ["base", "rft", "dpo", *more]}],
            "training": {"seeds": [0]},
            "use_benchmarks": names,
        }
    )
    outcomes = {}
    for name in names:
        solved = {n: n < 100 for n in range(TASKS[name])}
        by_method = {
            "base": solved,
            "rft": {n: yes and n % 20 > 0 for n, yes in solved.items()},
            "dpo": {n: n in range(103, 115) or (yes and n > 2) for n, yes in solved.items()},
        }
        by_method |= dict.fromkeys(more, by_method["dpo"])
        for method, tasks in by_method.items():
            for column in (name, f"{name}+"):
                of_task = {f"{name}/{n}": yes for n, yes in tasks.items()}
                outcomes[model, method, 0, column] = of_task
    return load(folder, config, outcomes)


def test_each_test_pools_the_base_benchmarks_and_is_adjusted_over_all(tmp_path: Path) -> None:
    lines = lines_of(run(tmp_path, "qwen_coder_15b", ["humaneval", "mbpp"]), CLAIMS)
    raw = {
        "RFT against base (the test of C2)": (0, 10),
        "DPO against base (the test of C1)": (24, 6),
        "DPO against RFT (the test of C3)": (24 + 8, 4),
    }
    p_values = sorted(binomtest(g, g + lost).pvalue for g, lost in raw.values())
    assert len(lines) == len(raw)  # each two of three rows
    for line, (what, (gained, lost)) in zip(lines, raw.items(), strict=True):
        p = binomtest(gained, gained + lost).pvalue
        place = p_values.index(p)
        adjusted = max((3 - n) * p_values[n] for n in range(place + 1))
        assert f": {what}, 542 pooled tasks: " in line
        assert f"+{gained} −{lost}" in line
        assert f"adjusted {p_text(adjusted)}" in line


def test_rows_of_no_claim_are_compared_too(tmp_path: Path) -> None:
    lines = lines_of(run(tmp_path, "qwen_coder_15b", ["mbpp"], ("dpo_nll",)), CLAIMS)
    assert len(lines) == 6 + 1  # each two of four, and the benchmark that is missing
    assert sum("DPO + NLL against" in line and "the test of" not in line for line in lines) == 3


def test_a_benchmark_that_was_not_run_is_named(tmp_path: Path) -> None:
    *lines, last = lines_of(run(tmp_path, "qwen_coder_15b", ["humaneval"]), CLAIMS)
    assert all("164 pooled tasks" in line for line in lines)
    assert last == "without MBPP, which this run does not have"


def test_the_papers_models_have_answers_instead(tmp_path: Path) -> None:
    assert lines_of(run(tmp_path, "codeqwen", ["humaneval", "mbpp"]), CLAIMS) == []
