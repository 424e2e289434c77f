"""Eq. 4's rewards against the models' own probabilities, and the analysis of Figure 1's claim."""

import importlib
import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from helpers.places import SCRIPTS
from helpers.records import make_execution, make_problem, make_sample

from codepref.errors import UserError
from codepref.files import read_records, write_records
from codepref.models import load_tokenizer
from codepref.prompts import problem_messages
from codepref.records import RewardRecord
from codepref.sandbox import reward_of
from codepref.training import reward_analysis, rewards, runner
from codepref.training.trainers import DpoConfig

PROBLEM = make_problem("t/p")
SCRIPT = SCRIPTS / "score_rewards.py"


SAMPLES = [
    make_sample(PROBLEM, 0, "def f(x): return x"),
    make_sample(PROBLEM, 1, "no", finish_reason="length"),
    make_sample(PROBLEM, 2, "x" * 50),
]


def test_the_reward_is_beta_times_the_log_ratio(tiny_model_folder, other_folder, tmp_path):
    write_records(tmp_path / "p.jsonl", [PROBLEM])
    write_records(tmp_path / "s.jsonl", SAMPLES)
    executions = [
        make_execution(one, "wrong_answer", tests=4, tests_passed=one.index) for one in SAMPLES
    ]
    write_records(tmp_path / "e.jsonl", executions)
    command = [sys.executable, SCRIPT, "--policy", other_folder, "--reference", tiny_model_folder]
    command += ["--problems", "p.jsonl", "--samples", "s.jsonl", "--beta", "0.5"]
    command += ["--output", "r.jsonl", "--executions", "e.jsonl"]
    subprocess.run(command, cwd=tmp_path, check=True)
    analyse = [sys.executable, SCRIPT.with_name("analyse_rewards.py"), "--rewards", "r.jsonl"]
    subprocess.run([*analyse, "--output", "a.json"], cwd=tmp_path, check=True)
    analysis = json.loads((tmp_path / "a.json").read_text())
    assert (analysis["problems"], analysis["pairs"], analysis["not_run_on_all_tests"]) == (1, 3, 0)
    assert 0 <= analysis["auc"]["implicit_reward"]["value"] <= 1
    found = list(read_records(tmp_path / "r.jsonl", RewardRecord))
    tokenizer = load_tokenizer(tiny_model_folder)
    turns = [message.model_dump() for message in problem_messages(PROBLEM)]
    prompt = tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
    prompt_ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    for record, one in zip(found, SAMPLES, strict=True):
        end = "<|im_end|>" if one.finish_reason == "stop" else ""
        ids = tokenizer(prompt + one.completion + end, add_special_tokens=False)["input_ids"]
        assert record.tokens == len(ids) - len(prompt_ids)
        expected = []
        for folder in (other_folder, tiny_model_folder):
            model = runner.load_model(folder, DpoConfig())
            log_probs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
            expected.append(
                sum(log_probs[i - 1, ids[i]].item() for i in range(len(prompt_ids), len(ids)))
            )
        assert record.policy_log_prob == pytest.approx(expected[0], rel=1e-5)
        assert record.reference_log_prob == pytest.approx(expected[1], rel=1e-5)
        assert record.reward == pytest.approx(0.5 * (expected[0] - expected[1]), abs=1e-3)


def test_a_model_gives_itself_no_reward(tiny_model_folder, tmp_path):
    folders, rest = (tiny_model_folder, tiny_model_folder), (SAMPLES, [], 0.1, tmp_path / "r")
    found = list(rewards.score_samples(*folders, {PROBLEM.id: PROBLEM}, *rest))
    assert [record.reward for record in found] == [0.0, 0.0, 0.0]
    with pytest.raises(UserError, match="not in the problems file"):
        list(rewards.score_samples(*folders, {}, *rest))


@pytest.mark.parametrize("stop_at", [1, 3])
def test_what_was_scored_before_a_kill_is_not_scored_again(
    tiny_model_folder, other_folder, tmp_path, monkeypatch, stop_at
):
    problems = {PROBLEM.id: PROBLEM, "t/q": make_problem("t/q", statement="Other words.")}
    samples = [*SAMPLES, *(make_sample(problems["t/q"], i, "y" * (9 - i)) for i in range(9))]
    arguments = (other_folder, tiny_model_folder, problems, samples, [], 0.1)
    whole = list(rewards.score_samples(*arguments, tmp_path / "whole"))
    calls, score = [], rewards.response_log_probs

    def killed(*given):
        calls.append(given)
        if len(calls) > stop_at:
            raise KeyboardInterrupt
        return score(*given)

    monkeypatch.setattr(rewards, "response_log_probs", killed)
    with pytest.raises(KeyboardInterrupt):
        list(rewards.score_samples(*arguments, tmp_path / "r"))
    calls.clear()
    monkeypatch.setattr(
        rewards, "response_log_probs", lambda *given: calls.append(given) or score(*given)
    )
    assert list(rewards.score_samples(*arguments, tmp_path / "r")) == whole
    assert len(calls) == 6 - stop_at  # two models, three batches each
    assert not [*tmp_path.iterdir()]


def test_the_reward_map_is_equation_2():
    expected = {
        "passed": 1.0,
        "wrong_answer": -0.3,
        "runtime_error": -0.6,
        "compile_error": -1.0,
    }
    assert {verdict: reward_of(verdict) for verdict in expected} == expected
    with pytest.raises(ValueError, match="not a label"):
        reward_of("infra_error")


def record(problem: str, tests: int, reward: float, tokens: int = 10, **more) -> RewardRecord:
    values = {
        "problem_id": problem,
        "index": 0,
        "model": "m",
        "policy_revision": "p",
        "reference_revision": "r",
        "beta": 0.1,
        "reward": reward,
        "policy_log_prob": -1.0,
        "reference_log_prob": -1.0,
        "tokens": tokens,
        "verdict": "wrong_answer",
        "tests_passed": tests,
        "tests_run": 9,
        "tests_total": 9,
    }
    return RewardRecord(**(values | more))


def test_auc_by_hand():
    found = reward_analysis.analyse(
        [
            record("a", 1, 0.1),
            record("a", 3, 0.5),
            record("a", 5, 0.3),  # 3 > 5 is the one wrong order of three
            record("b", 0, 0.2),
            record("b", 1, 0.2),  # a tie
            record("b", 1, 0.9, verdict="runtime_error"),  # another rule reward: no pair
            record("b", 1, 0.9, verdict="passed"),
            record("c", 2, 0.1),
            record("c", 2, 0.9),  # equally wrong: no pair
            record("a", 0, 9.0, tests_run=4),  # might have passed more: no pair
            record("a", 8, 0.0, tests_run=None),
        ]
    )
    assert (found.problems, found.pairs) == (2, 4)
    assert (found.failing_samples, found.not_run_on_all_tests) == (10, 2)
    assert found.auc["implicit_reward"].value == pytest.approx((2 + 0.5) / 4)
    assert found.auc["reference_log_prob"].value == 0.5
    assert found.ahead_of["shortness"].value == pytest.approx(2.5 / 4 - 0.5)


def many(seed: int, signal: float, length: float) -> list[RewardRecord]:
    """Return 80 problems with rewards that follow tests passed, length, and noise."""
    random = np.random.default_rng(seed)
    made = []
    for problem in range(80):
        for _ in range(6):
            tests = int(random.integers(0, 9))
            tokens = int(100 + 20 * tests * (length != 0) + random.normal(0, 5))
            reward = signal * tests - length * tokens + random.normal()
            made.append(record(str(problem), tests, reward, tokens))
    return made


def test_a_real_signal_is_found_and_its_interval_covers_no_chance():
    auc = reward_analysis.analyse(many(0, signal=0.5, length=0.0)).auc["implicit_reward"]
    assert 0.5 < auc.low < auc.value < auc.high < 1.0


def test_noise_is_not_taken_for_a_signal():
    found = reward_analysis.analyse(many(1, signal=0.0, length=0.0)).auc
    assert found["implicit_reward"].low < 0.5 < found["implicit_reward"].high


def test_a_reward_that_only_counts_tokens_is_unmasked_by_the_control():
    found = reward_analysis.analyse(many(2, signal=0.0, length=-0.5)).auc
    assert found["implicit_reward"].low > 0.9
    controlled = found["implicit_reward_length_controlled"]
    assert abs(controlled.value - 0.5) < 0.1


def test_no_pairs_at_all():
    found = reward_analysis.analyse([record("a", 1, 0.1)])
    assert (found.problems, found.pairs, found.failing_samples, found.auc) == (0, 0, 1, {})


def test_problems_are_drawn_from_all_by_the_seed(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    drawn = importlib.import_module("score_rewards").drawn
    names = [f"t/{number:03}" for number in range(100)]
    some = drawn(names, 20, 3)
    assert len(some) == 20 and some < set(names) and some == drawn(names[::-1], 20, 3)
    assert some != drawn(names, 20, 4) and max(some) > "t/060"  # not the first by name
    assert drawn(names, None, 3) == drawn(names, 100, 3) == set(names)
