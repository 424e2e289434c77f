"""Best of n: real programs on visible inputs, and choices whose results are counted by hand."""

import pytest
from helpers.records import make_reward

from codepref.errors import UserError
from codepref.evaluation.entry import Question
from codepref.evaluation.reranking import largest_group, rerank, run_visible
from codepref.evaluation.sampled_records import (
    SampledSolution,
    SampledVerdict,
    SampledVerdicts,
    VisibleRun,
)
from codepref.records import Message, RewardRecord
from codepref.sandbox.settings import ExecutionConfig

PROGRAMS = [
    "def f(x):\n    return x + 1",
    "def f(x):\n    return 1 + x",  # another program with the same outputs
    "def f(x):\n    return x + 2",
    "def f(x):\n    return [x][x]",  # fails on the second input
    "",
    "def f(x):\n    return x + 1",
]


def sample(task_id: str, index: int, solution: str) -> SampledSolution:
    return SampledSolution(
        **{"task_id": task_id, "index": index, "solution": solution, "response": solution},
        **{"seed": 0, "finish_reason": "stop", "prompt_sha256": "", "tokens": 1},
        **{"prompt_style": "chat", "engine": "none", "model_revision": ""},
    )


def test_samples_with_the_same_outputs_are_one_group() -> None:
    shown = Question([Message(role="user", content=">>> f(0)\n1\n>>> f(1)\n2")], "f")
    hidden = Question([Message(role="user", content="Add one.")], "f")
    solutions = [sample(task, n, code) for task in "ab" for n, code in enumerate(PROGRAMS)]
    found = list(run_visible({"a": shown, "b": hidden}, solutions, ExecutionConfig(), 1))
    assert [(one.task_id, one.index) for one in found] == [(t, n) for t in "ab" for n in range(6)]
    assert [one.group for one in found[:6]] == [0, 0, 1, None, None, 0]
    assert [(one.inputs, one.group) for one in found[6:]] == [(0, None)] * 6
    assert found[0].inputs == 2
    with pytest.raises(UserError, match="does not have: a"):
        list(run_visible({"b": hidden}, solutions, ExecutionConfig(), 1))


@pytest.mark.parametrize(
    ("groups", "chosen"),
    [
        ([0, 1, 1, None], [1, 2]),
        ([0, 1, None, None], [0, 1]),  # a tie: both
        ([None, None], [0, 1]),  # nobody ran: at random
    ],
)
def test_the_largest_group_is_chosen(groups: list, chosen: list[int]) -> None:
    assert largest_group(dict(enumerate(groups))) == chosen


def verdicts(passing: dict[str, list[bool]]) -> SampledVerdicts:
    samples = [
        SampledVerdict(task_id=task, index=n, base=True, plus=plus, same_as=n)
        for task, each in passing.items()
        for n, plus in enumerate(each)
    ]
    fields = {"model": "m", "method": "dpo", "seed": 0, "benchmark": "b", "samples_per_task": 3}
    return SampledVerdicts.model_construct(**fields, programs=3, samples=samples)


def rewards(task: str, scores: list[float], model: str = "m") -> list[RewardRecord]:
    made = [make_reward(task, n, score, "passed") for n, score in enumerate(scores)]
    return [one.model_copy(update={"model": model}) for one in made]


def test_what_is_chosen_is_looked_up_in_the_verdicts() -> None:
    found = verdicts({"x": [True, False, False], "y": [True, True, False], "z": [False] * 3})
    runs = [
        VisibleRun(task_id=task, index=n, inputs=int(task != "z"), group=group)
        for task, groups in {"x": [0, 1, 1], "y": [0, 0, 1], "z": [None] * 3}.items()
        for n, group in enumerate(groups)
    ]
    scored = [*rewards("x", [0.3, 0.1, -2.0]), *rewards("y", [-1.0, 0.5, 0.5])]
    both = rerank(found, runs, scored)
    assert [task.passed for task in both.tasks] == [1 / 3, 2 / 3, 0]
    assert [task.agreement for task in both.tasks] == [0, 1, 0]
    assert [task.implicit_reward for task in both.tasks] == [1, 0.5, 0]  # equal rewards: the mean
    assert (both.shown, both.samples_per_task, both.method) == (2, 3, "dpo")
    alone = rerank(found, None, None)
    assert {task.agreement for task in alone.tasks} == {None} and alone.shown is None
    assert {task.implicit_reward for task in alone.tasks} == {None}


def test_runs_and_rewards_of_other_samples_are_refused() -> None:
    found = verdicts({"x": [True, False, False]})
    with pytest.raises(UserError, match=r"rewards of x: samples \[0, 1\], its verdicts have"):
        rerank(found, None, rewards("x", [0.1, 0.2]))
    with pytest.raises(UserError, match="runs of x"):
        rerank(found, [], None)
    with pytest.raises(UserError, match=r"reward of sample 1 of x: nan"):
        rerank(found, None, rewards("x", [0.1, float("nan"), 0.2]))
    with pytest.raises(UserError, match="model 'other'; expected a number, 'm'"):
        rerank(found, None, rewards("x", [0.1, 0.2, 0.3], "other"))


def test_rewards_of_other_samples_are_refused_where_they_decide_nothing() -> None:
    with pytest.raises(UserError, match=r"rewards of x: samples \[0, 1, 2, 3\]"):
        rerank(verdicts({"x": [True] * 3}), None, rewards("x", [0.1, 0.2, 0.3, 0.4]))


def test_outputs_agree_by_the_sandboxs_rule() -> None:
    shown = Question([Message(role="user", content=">>> f(0)\n1")], "f")
    codes = [
        "return float('nan')",
        "return 0 * float('inf')",
        "return (1, [2])",
        "return [1, (2,)]",
    ]
    solutions = [sample("a", n, f"def f(x):\n    {code}") for n, code in enumerate(codes)]
    found = list(run_visible({"a": shown}, solutions, ExecutionConfig(), 1))
    assert [one.group for one in found] == [0, 0, 1, 1]
