"""Claims are answered from the run's numbers, by the rule stated beforehand."""

from pathlib import Path

import pytest
from helpers.places import PAPER
from helpers.records import make_reward as reward
from helpers.small_runs import (
    TABLES,
    demo_config,
    demo_outcomes,
    load,
    outcomes_like_the_paper,
    script,
    write_results,
)

from codepref.config import Config
from codepref.files import read_yaml
from codepref.records import RewardRecord
from codepref.tables.claims import (
    CHECKS,
    Evidence,
    RunData,
    implicit_reward_separates,
    weigh,
)
from codepref.tables.comparisons import compare
from codepref.tables.paper import Claims, PaperTables
from codepref.tables.results import Results, load_results
from codepref.training.reward_analysis import RewardAnalysis, analyse

CLAIMS = PAPER / "claims.yaml"


@pytest.fixture(scope="module")
def like_the_paper(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("claims")
    return load(folder, Config(), outcomes_like_the_paper())


def answers(results: Results, **data: object) -> dict[str, str]:
    found = weigh(read_yaml(CLAIMS, Claims), RunData(results, **data))
    assert all(bool(one.why) == (one.answer == "cannot be answered") for _, one in found)
    return {claim.id: evidence.answer for claim, evidence in found}


def test_every_claim_has_a_check_and_every_check_a_claim() -> None:
    assert {claim.check for claim in read_yaml(CLAIMS, Claims).claims} == set(CHECKS)


MODELS = ("codeqwen", "deepseek", "codellama")
SEEDS = Config().training.seeds


def test_the_primary_test_pools_542_tasks_and_adjusts_over_models(like_the_paper: Results) -> None:
    found = compare(like_the_paper, MODELS, "base", "dpo")
    codeqwen, deepseek, codellama = found.found
    assert (found.models, found.complete) == (3, True)
    assert (codeqwen.pairing.tasks, list(codeqwen.pairing.seeds)) == (542, SEEDS)
    # 304-296 and 144-136, nothing lost
    assert (codeqwen.pairing.gained, codeqwen.pairing.lost) == ((16,) * 6, (0,) * 6)
    # gains 16, 11 and 15: Holm multiplies by 3, 1 and 2
    assert codeqwen.adjusted == pytest.approx(3 * 2 * 0.5**16)
    assert codellama.adjusted == pytest.approx(2 * 2 * 0.5**15)
    assert deepseek.adjusted == pytest.approx(2 * 0.5**11)


def test_answers_if_everything_is_as_in_the_paper(like_the_paper: Results) -> None:
    found = answers(like_the_paper)
    assert found["C1"] == "supported"
    assert found["C2"] == "not supported"  # "RFT enhances"
    assert found["C3"] == "supported"
    assert found["C8"] == found["C9"] == "not supported"
    assert found["C6"] == found["C7"] == found["C10"] == "cannot be answered"


def test_noise_is_inconclusive(tmp_path: Path) -> None:
    outcomes = outcomes_like_the_paper()
    for key in list(outcomes):
        if key[1] == "dpo":  # as many gained as lost
            base = outcomes[key[0], "base", 0, key[3]]
            solved = [task for task, passed in base.items() if passed][:5]
            unsolved = [task for task, passed in base.items() if not passed][:5]
            outcomes[key] = {
                **base,
                **dict.fromkeys(solved, False),
                **dict.fromkeys(unsolved, True),
            }
    assert answers(load(tmp_path, Config(), outcomes))["C1"] == "inconclusive"


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        (lambda key: key[0] == "deepseek", "2 of 3 models ran; missing: DeepSeek-Coder 6.7B"),
        (
            lambda key: key[:3] == ("codeqwen", "dpo", 4),
            "3 of 3 models ran; missing: seed 4 of CodeQwen1.5 7B",
        ),
        (lambda key: key[0] == "codeqwen" and key[3] == "mbpp", "missing: CodeQwen1.5 7B"),
    ],
)
def test_a_part_never_supports_a_claim_about_all(tmp_path: Path, without, missing: str) -> None:
    outcomes = {k: v for k, v in outcomes_like_the_paper().items() if not without(k)}
    results = load(tmp_path, Config(), outcomes)
    found = compare(results, MODELS, "base", "dpo")
    assert {one.answer for one in found.found} == {"supported"}
    assert found.answer == "inconclusive"
    assert missing in found.coverage
    # Whoever did not run counts in the correction.
    assert min(one.adjusted / one.pairing.p_value for one in found.found) >= (
        2 if len(found.found) == 2 else 1
    )


def test_a_run_of_one_benchmark_says_so(tmp_path: Path) -> None:
    config = Config.model_validate({"use_benchmarks": ["mbpp"]})
    outcomes = {k: v for k, v in outcomes_like_the_paper().items() if k[3].startswith("mbpp")}
    found = compare(load(tmp_path, config, outcomes), MODELS, "base", "dpo")
    assert (found.answer, found.coverage) == (
        "inconclusive",
        "3 of 3 models ran; missing: HumanEval",
    )


def test_a_part_can_refute_a_claim_about_all(tmp_path: Path) -> None:
    outcomes = {k: v for k, v in outcomes_like_the_paper().items() if k[0] == "codeqwen"}
    assert answers(load(tmp_path, Config(), outcomes))["C2"] == "not supported"


def test_a_missing_benchmark_is_not_pooled(tmp_path: Path) -> None:
    outcomes = {k: v for k, v in outcomes_like_the_paper([0]).items() if k[3] != "humaneval"}
    results = load(tmp_path, Config(), outcomes)
    assert answers(results)["C1"] == "cannot be answered"


def test_sampled_answers_are_the_second_answer(tmp_path: Path) -> None:
    """Greedy answers decide nothing here, sampled ones do; both are said."""
    config = Config.model_validate({"evaluation": {"samples_per_task": 4}})
    outcomes, rows = {}, ["model,method,seed,benchmark,task_id,index,base,plus,failure"]
    for model, method, seed, benchmark in outcomes_like_the_paper():
        if method not in ("base", "dpo"):
            continue
        tasks = range(378 if benchmark.startswith("mbpp") else 164)
        outcomes[model, method, seed, benchmark] = {f"T/{n}": n % 2 == 0 for n in tasks}
        if not benchmark.endswith("+"):
            rows += [
                f"{model},{method},{seed},{benchmark},T/{n},{index},"
                + ("true,true," if solved else "false,false,wrong_answer")
                for n in tasks
                for index in range(4)
                for solved in [index < 2 + (method == "dpo" and n % 4 == 0)]
            ]
    write_results(tmp_path, config, outcomes)
    (tmp_path / "samples.csv").write_text("\n".join(rows) + "\n")
    files = (tmp_path / name for name in ("benchmarks.csv", "task_verdicts.csv", "samples.csv"))
    results = load_results(config, read_yaml(TABLES, PaperTables), *files)
    [(_, evidence), *_] = weigh(read_yaml(CLAIMS, Claims), RunData(results))
    assert (evidence.answer, evidence.second) == ("inconclusive", "supported")
    sampled = compare(results, MODELS, "base", "dpo", "sampled").found[0].pairing
    assert sampled.estimate == pytest.approx(0.25 * (95 + 41) / 542)
    assert sampled.samples == (4, 4)
    assert any("mean pass rate of 4 samples, 542 pooled tasks: +6.3" in x for x in evidence.lines)


def of_codeqwen(rewards: list[RewardRecord]) -> RewardAnalysis:
    return analyse(rewards).model_copy(update={"model": "codeqwen", "method": "dpo"})


def judged(results: Results, rewards: list[RewardRecord]) -> Evidence:
    data = RunData(results, analyses=[of_codeqwen(rewards)])
    [claim] = [
        c for c in read_yaml(CLAIMS, Claims).claims if c.check == "implicit_reward_separates"
    ]
    return implicit_reward_separates(data, claim)


@pytest.mark.parametrize(("sign", "answer"), [(1.0, "supported"), (-1.0, "not supported")])
def test_the_implicit_reward_is_judged_by_problem(
    like_the_paper: Results, sign: float, answer: str
) -> None:
    rewards = [
        reward(f"p/{n}", index, sign * (1.0 if index else -1.0), "passed" if index else "timeout")
        for n in range(8)
        for index in (0, 1)
    ]
    rewards.append(reward("p/only-passed", 0, 0.0, "passed"))
    evidence = judged(like_the_paper, rewards)
    assert evidence.answer == answer
    assert evidence.lines[0].startswith("CodeQwen1.5 7B, DPO: passing above failing samples in ")
    assert f"in {8 if sign > 0 else 0} of 8 problems" in evidence.lines[0]


def test_the_implicit_reward_of_other_methods_decides_nothing(like_the_paper: Results) -> None:
    rewards = [
        reward(f"p/{n}", index, 1.0 if index else -1.0, "passed" if index else "timeout")
        for n in range(8)
        for index in (0, 1)
    ]
    turned = [one.model_copy(update={"reward": -one.reward}) for one in rewards]
    other = of_codeqwen(turned).model_copy(update={"method": "dpo_ipo"})
    data = RunData(like_the_paper, analyses=[of_codeqwen(rewards), other])
    [claim] = [c for c in read_yaml(CLAIMS, Claims).claims if c.id == "C6"]
    assert implicit_reward_separates(data, claim) == judged(like_the_paper, rewards)


def test_failing_samples_that_the_rule_scores_alike_are_compared(like_the_paper: Results) -> None:
    rewards = [
        *(reward("p/a", index, float(index), "wrong_answer", index) for index in range(4)),
        *(reward("p/a", 5, 9.0, "timeout", 7), reward("p/a", 6, -9.0, "passed", 8)),
    ]
    evidence = judged(like_the_paper, rewards)
    assert "by implicit reward 1.00 [too few: 1];" in evidence.lines[1]
    assert "the initial model's log-probability 0.00 [too few: 1];" in evidence.lines[1]
    assert "6 pairs of 1 problem, 1 of 5 failing samples left out" in evidence.lines[1]


@pytest.mark.slow
def test_claims_md_says_that_a_demo_is_no_evidence_about_the_paper(tmp_path: Path) -> None:
    options = write_results(tmp_path, demo_config(), demo_outcomes())
    registration = tmp_path / "registration.json"
    script("register_claims.py", "--claims", CLAIMS, "--output", registration)
    options += ["--claims", CLAIMS, "--others", PAPER / "others.yaml"]
    options += ["--registration", registration]
    result = script("write_claims.py", *options, "--output", tmp_path / "claims.md")
    assert result.returncode == 0, result.stderr
    text = (tmp_path / "claims.md").read_text("utf-8")
    assert "> Own run (none of the paper's models; " in text
    assert "this run supports 0, does not support 0, leaves 0 open and cannot answer 9" in text
    assert "2 more are arithmetic on the paper's printed numbers" in text
    assert "**The paper's printed numbers (arithmetic, no run): not supported.**" in text
    assert "Not registered: " in text and "re-registered" not in text
    assert "neither confirm nor refute what the paper" in text
    for number in range(1, 11):
        assert f"## C{number}\n" in text
