"""Tests from agreement: real programs in the real sandbox, answers as a model might write them."""

from collections.abc import Sequence

import pytest
from helpers.records import make_problem, make_sample

from codepref.problems.mistakes import mistakes
from codepref.problems.settings import SynthesisedSource
from codepref.records import Limits, Problem, Sample, TestCase
from codepref.sandbox.settings import ExecutionConfig
from codepref.synthesis.agree import (
    ALIKE,
    ALL_AGREE,
    DISAGREE,
    EXAMPLES,
    FEW_INPUTS,
    FEW_PROGRAMS,
    SEVERAL,
    UNANSWERED,
    candidates_of,
)
from codepref.synthesis.drafts import NO_FUNCTION
from codepref.synthesis.limits import shared_limits
from codepref.synthesis.records import Candidate, Seed
from codepref.synthesis.references import wrong_tests
from codepref.synthesis.write import NO_STATEMENT

SOURCE = SynthesisedSource(
    kind="synthesised", model="m", seeds_from="t", solutions=4, agree=3, min_tests=3
)
STATEMENT = '''```python
def double(n: int) -> int:
    """Return twice the given number, which may be negative or zero.

    >>> double(2)
    4
    """
```'''
INPUTS = "double(0)\ndouble(-3)\ndouble(10)\ndouble('a')\n"
RIGHT, ALSO, WRONG = "return n * 2", "return n + n", "return n ** 2"


def answer(body: str) -> str:
    return f"Sure.\n```python\ndef double(n):\n    {body}\n```"


def sample(name: str, index: int, text: str) -> Sample:
    return make_sample(make_problem(name), index, text)


def tried(
    bodies: Sequence[str],
    statement: str | None = STATEMENT,
    inputs: str = INPUTS,
    source: SynthesisedSource = SOURCE,
    control: Problem | None = None,
) -> Candidate:
    """What comes of one seed whose solutions have these bodies."""
    name = "s/1"
    seed = Seed(
        id=name, seed="t/x", text="x", licence="MIT", control=control is not None, problem=control
    )
    found = candidates_of(
        [seed],
        [sample(name, 0, statement)] if statement else [],
        [sample(name, index, answer(body)) for index, body in enumerate(bodies)],
        [sample(name, 0, inputs)],
        source,
        ExecutionConfig(cpu_seconds=1),
        workers=1,
    )
    (one,) = found
    return one


@pytest.mark.slow
def test_a_problem_counts_if_enough_solutions_agree_and_one_fails() -> None:
    found = tried([RIGHT, ALSO, WRONG, RIGHT])
    assert (found.reason, found.agreed, found.programs) == ("", 3, 4)
    problem = found.problem
    assert problem is not None and mistakes(problem) == []
    assert [(test.input, test.expected, test.visible) for test in problem.tests] == [
        ([2], 4, True),
        ([0], 0, False),
        ([-3], -6, False),
        ([10], 20, False),
    ]
    assert problem.reference_solution == "def double(n):\n    return n * 2\n"
    assert problem.licence == "written by m; MIT" and problem.source == "synthesised"


def changed(**changes: object) -> SynthesisedSource:
    return SOURCE.model_copy(update=changes)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bodies", "others", "reason"),
    [
        ([RIGHT, ALSO, RIGHT, ALSO], {}, ALL_AGREE),
        ([RIGHT, ALSO, RIGHT], {}, ALL_AGREE),  # one without a program fails nothing
        ([RIGHT, ALSO, WRONG, WRONG], {}, DISAGREE),
        # Alike on the examples, not on what was written to test them: not dropped to agree.
        ([RIGHT, "return 4", WRONG, RIGHT], {}, DISAGREE),
        ([RIGHT, RIGHT, "return [n] * 3", "raise ValueError"], {}, DISAGREE),
        ([RIGHT, RIGHT, RIGHT, WRONG], {"inputs": "double(1)"}, FEW_INPUTS),
        ([RIGHT, RIGHT, RIGHT, WRONG], {"inputs": "double(2) double(2) double(2)"}, FEW_INPUTS),
        (["return 4", "return 4", "return 4", WRONG], {}, ALIKE),
        (["pass", "pass", "n", WRONG], {}, ALIKE),
        (["return n + 2", "return 2 + n", "return n + 2", WRONG], {}, ""),
        (["return n * 3", "return 3 * n", "return n * 3", WRONG], {}, EXAMPLES),
        ([RIGHT, RIGHT, RIGHT, WRONG], {"statement": None}, NO_STATEMENT),
        ([RIGHT, RIGHT, RIGHT, WRONG], {"statement": "No."}, NO_FUNCTION),
        ([], {}, FEW_PROGRAMS),
        ([RIGHT, ALSO], {}, FEW_PROGRAMS),
        (["raise ValueError"] * 3 + [RIGHT], {}, UNANSWERED),
        (["assert n == 2\n    return 4"] * 3 + [RIGHT], {}, UNANSWERED),
        (["while n: pass", RIGHT, RIGHT, RIGHT], {}, ""),  # a timeout fails
    ],
)
def test_why_a_problem_does_not_count(bodies: list[str], others: dict, reason: str) -> None:
    found = tried(bodies, **others)
    assert found.reason == reason and (found.problem is None) == bool(reason)


@pytest.mark.slow
def test_an_input_that_no_solution_takes_is_no_test() -> None:
    bodies = [f"assert n != 10\n    {body}" for body in (RIGHT, ALSO, RIGHT)] + [WRONG]
    found = tried(bodies)
    assert found.problem is not None
    assert [test.input for test in found.problem.tests] == [[2], [0], [-3]]


# Answered by a formula, not by counting to it.
SLOW = "r = 0\n    for _ in range(2 * max(n, 0)): r += 1\n    return r if n >= 0 else 2 * n"
ENDLESS = "while n < 0: pass\n    return 2 * n"
LARGE = [f"double({n})" for n in ("1000000000", "2000000000", "10" * 9)]
SMALL = [f"double({n})" for n in (0, 3, 5)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "first", "then"),
    [
        (SLOW, LARGE, SMALL),
        (SLOW, SMALL, LARGE),
        (ENDLESS, ["double(-1)", "double(-2)", "double(-3)"], SMALL),
        (ENDLESS, SMALL, ["double(-1)", "double(-2)", "double(-3)"]),
    ],
)
def test_inputs_that_hardly_any_solution_answers_cost_no_other(
    body: str, first: list[str], then: list[str]
) -> None:
    found = tried([body, body, body, WRONG], inputs="\n".join([*first, *then]))
    assert (found.reason, found.agreed) == ("", 3) and found.problem is not None
    assert sorted(test.input for test in found.problem.tests) == [[0], [2], [3], [5]]


@pytest.mark.parametrize(
    ("seconds", "inputs", "each"),
    [(10, 4, 10), (10, 5, 8), (10, 200, 0.5), (0.2, 200, 0.2), (1, 0, 1)],
)
def test_all_inputs_share_a_bounded_time(seconds: float, inputs: int, each: float) -> None:
    assert shared_limits(Limits(cpu_seconds=seconds), inputs).cpu_seconds == each


@pytest.mark.slow
def test_a_problem_with_several_right_answers_is_left_out() -> None:
    statement = STATEMENT.replace("Return twice", "If there are several, return any of them: twice")
    assert tried([RIGHT, ALSO, WRONG, RIGHT], statement).reason == SEVERAL


@pytest.mark.slow
def test_no_program_sees_what_another_answered() -> None:
    """Nothing but the inputs enters: a program that looks for the answers finds none."""
    spy = (
        "import gc\n    seen = [x for x in gc.get_objects() if isinstance(x, dict)"
        " and 'expected' in x]\n    return len(seen) + 2 * n"
    )
    assert tried([RIGHT, ALSO, spy, WRONG]).agreed == 3


def control_with(*tests: TestCase) -> Problem:
    return make_problem(
        "t/twice",
        entry_point="double",
        parameters=["n"],
        parameter_types=["int"],
        return_type="int",
        starter_code="def double(n: int) -> int:",
        reference_solution="def double(n):\n    return 2 * n\n",
        tests=[*tests],
    )


@pytest.mark.slow
def test_a_control_gets_tests_from_its_own_statement_and_keeps_its_solution() -> None:
    example = TestCase(input=[2], expected=4, visible=True)
    control = control_with(example, TestCase(input=[7], expected=14))
    # Wrong, and all agree: the control's own examples do not give them away.
    found = tried(["return n * 3"] * 3 + [RIGHT], None, control=control)
    assert found.control and found.problem is not None
    assert found.problem.reference_solution == control.reference_solution
    assert [test.expected for test in found.problem.tests] == [6, 0, -9, 30]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "tests", "confirmed"),
    [
        (WRONG, [TestCase(input=[2], expected=4)], False),  # shown to nobody
        (WRONG, [TestCase(input=[2], expected=4, visible=True)], True),
        (WRONG, [TestCase(input={"n": 2}, expected=4, visible=True)], True),
        (WRONG, [TestCase(input=[3], expected=6, visible=True)], False),
        (WRONG, [TestCase(input={"n": 3}, expected=6, visible=True)], False),
        (  # no solution answers one of the two
            f"assert n != 7\n    {WRONG}",
            [TestCase(input=[n], expected=2 * n, visible=True) for n in (2, 7)],
            False,
        ),
    ],
)
def test_examples_that_were_not_checked_are_not_called_right(
    body: str, tests: list[TestCase], confirmed: bool
) -> None:
    control = control_with(*tests)
    found = tried([body, body, body, RIGHT], None, control=control)
    assert found.problem is not None
    shown = [test.input for test in found.problem.tests if test.visible]
    given = [
        [*test.input.values()] if isinstance(test.input, dict) else test.input
        for test in tests
        if test.visible
    ]
    assert shown == [one for one in given if one != [7]]
    seeds = {"s/1": Seed(id="s/1", seed="t/twice", text="", licence="MIT", problem=control)}
    counted = wrong_tests([found], seeds, ExecutionConfig(cpu_seconds=1))
    assert counted["accepted"] == counted["problems"] == 1
    assert counted["confirmed"] == counted["confirmed_wrong"] == confirmed
