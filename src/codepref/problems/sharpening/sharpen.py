"""More tests for problems that have few: inputs made from the given ones, and their answers.

A program that passes two examples is often wrong all the same. Where a problem has a reference
solution, inputs are made from nothing (``small``) and by small changes (``mutate``) that keep what
the given inputs have in common and not by chance (``contract``, ``coincidences``). The reference
answers them in the sandbox, twice and in two orders; an input counts only where both runs end
normally, agree, and give an answer of the kind seen. What is not such a function is left as it is,
with a counted reason.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from codepref import values
from codepref.problems.arguments import positional
from codepref.problems.sharpening.contract import Contract
from codepref.problems.sharpening.mutate import Mutator
from codepref.problems.sharpening.small import SmallInputs
from codepref.progress import Progress
from codepref.records import Limits, Problem, TestCase
from codepref.sandbox import Executor, Outcome, Program
from codepref.sandbox.compare import values_match
from codepref.sandbox.settings import ExecutionConfig
from codepref.seeds import derive_seed

_ATTEMPTS = 60  # for each test that is wanted: most inputs made are outside of the contract
_SPARE = 2  # inputs answered for each test that is wanted
_SECONDS = 1.0  # of the reference; slower inputs make no test
_ANSWER = 2000  # characters
_BATCH = 64  # problems in the sandbox's queue at a time

ENOUGH = "enough tests already"
UNREAD = "a promise about its inputs that cannot be read"


@dataclass
class Sharpened:
    """What came of sharpening.

    Attributes:
        added: tests made, by problem.
        problems: problems that were given tests, by source.
        tests: tests made, by source.
        left: problems left as they were, by reason.
    """

    added: dict[str, int] = field(default_factory=dict)
    problems: Counter[str] = field(default_factory=Counter)
    tests: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)


def sharpen(
    problems: Iterable[Problem],
    wanted: int,
    seed: int,
    found: Sharpened,
    config: ExecutionConfig | None = None,
    total: int = 0,
) -> Iterator[Problem]:
    """Yield problems in their order, those with fewer tests than ``wanted`` with made ones added.

    Args:
        problems: may be a stream.
        wanted: tests that each shall have; 0: problems come back as they are.
        seed: of the run; each problem's inputs depend on it and on the problem only.
        found: counts what was done.
        config: of the sandbox.
        total: number of problems, for the progress shown.
    """
    if not wanted:
        yield from problems
        return
    progress = Progress("sharpening tests", total)
    with Executor(config=config) as executor:
        stream = iter(problems)
        while batch := list(itertools.islice(stream, _BATCH)):
            plans = [_plan(problem, wanted, seed) for problem in batch]
            programs = [program for plan in plans for program in plan.programs()]
            outcomes = executor.values(programs)
            for plan in plans:
                runs = [next(outcomes) for _ in plan.programs()]
                problem, reason = plan.finished(*runs) if runs else (plan.problem, plan.reason)
                _count(found, plan.problem, problem, reason)
                progress.advance()
                yield problem


def _count(found: Sharpened, before: Problem, after: Problem, reason: str) -> None:
    more = len(after.tests) - len(before.tests)
    if more:
        found.added[after.id] = more
        found.problems[after.source] += 1
        found.tests[after.source] += more
    else:
        found.left[reason] += 1


@dataclass
class _Plan:
    """What is to be tried for one problem: nothing, for a reason, or inputs."""

    problem: Problem
    reason: str = ""
    wanted: int = 0
    given: list[list[Any]] = field(default_factory=list)
    made: list[list[Any]] = field(default_factory=list)

    def programs(self) -> list[Program]:
        """Return the two runs of the reference: on all inputs, and on them backwards."""
        if self.reason:
            return []
        inputs = [*self.given, *self.made]
        return [_program(self.problem, order) for order in (inputs, inputs[::-1])]

    def finished(self, first: list[Outcome], second: list[Outcome]) -> tuple[Problem, str]:
        """Return the problem with its new tests, or as it was and why."""
        runs = list(zip(first, reversed(second), strict=True))
        comparison = self.problem.comparison
        answers = [values.decode(test.expected) for test in self.problem.tests]
        for outcomes, answer in zip(runs, answers, strict=False):
            if not all(_ended(o) and values_match(o.value, answer, comparison) for o in outcomes):
                return self.problem, "the reference fails a given test"
        tests = [
            TestCase(input=values.encode(given), expected=written, made=True)
            for given, outcomes in zip(self.made, runs[len(self.given) :], strict=True)
            if (written := _sure_answer(self.problem, outcomes, answers)) is not None
        ]
        if not tests:
            return self.problem, "no answer was sure"
        more = self.problem.tests + tests[: self.wanted]
        return self.problem.model_copy(update={"tests": more}), ""


def _plan(problem: Problem, wanted: int, seed: int) -> _Plan:
    if reason := _refusal(problem, wanted):
        return _Plan(problem, reason)
    given = [positional(problem, test) for test in problem.tests]
    if not given[0] or any(len(arguments) != len(given[0]) for arguments in given):
        return _Plan(problem, "tests that do not fit together")
    contract = Contract(given, problem)
    if contract.unread:
        return _Plan(problem, UNREAD)
    missing = wanted - len(problem.tests)
    try:
        made = list(
            itertools.islice(_inputs(problem, given, contract, seed, missing), _SPARE * missing)
        )
    except ValueError:  # an integer of more digits than Python writes
        made = []
    if not made:
        return _Plan(problem, "no input could be made")
    return _Plan(problem, "", missing, given, made)


def _inputs(
    problem: Problem, given: list[list[Any]], contract: Contract, seed: int, missing: int
) -> Iterator[list[Any]]:
    """Yield small inputs and changes of the given ones by turns, none of them twice."""
    seed = derive_seed(seed, "sharpen", problem.id)
    seen: set[str] = set()
    makers = [maker(given, contract, seed) for maker in (SmallInputs, Mutator)]
    for several in itertools.zip_longest(*(m.new_inputs(_ATTEMPTS * missing) for m in makers)):
        for one in several:
            if one is not None and repr(one) not in seen:
                seen.add(repr(one))
                yield one


def _refusal(problem: Problem, wanted: int) -> str:
    """Return why a problem cannot be given tests, or nothing."""
    if len(problem.tests) >= wanted:
        return ENOUGH
    if problem.reference_solution is None:
        return "no reference solution"
    if problem.interface != "call":
        # What the lines of an input promise each other ("n, then n numbers") is in prose.
        return "reads standard input"
    if problem.has_several_answers or problem.comparison.kind == "any_of":
        return "several right answers"
    if any(test.check is not None for test in problem.tests):
        return "tests that are asserts"
    return ""


def _program(problem: Problem, inputs: list[list[Any]]) -> Program:
    seconds = min(_SECONDS, problem.limits.cpu_seconds)
    return Program(
        str(problem.reference_solution),
        str(problem.entry_point),
        tuple(inputs),
        Limits(cpu_seconds=seconds, memory_mb=problem.limits.memory_mb, output_kb=1024),
        parameters=problem.parameters,
        parameter_types=problem.parameter_types,
        return_type=problem.return_type,
        in_place=problem.in_place,
        give_up_after=5,
        rough_timing=True,
    )


def _ended(outcome: Outcome) -> bool:
    return outcome.failure is None and not outcome.tampered


def _sure_answer(
    problem: Problem, outcomes: tuple[Outcome, Outcome], answers: list[Any]
) -> Any | None:
    """Return the answer in tagged JSON; None if the runs differ or it is of a kind not seen.

    A reference that meets an input outside of its contract and does not fail often gives another
    kind of answer: nothing, an empty list, a list of another length.
    """
    first, second = outcomes
    if not (_ended(first) and _ended(second)):
        return None
    answer = first.value
    try:
        written = values.encode(answer)
        if not values_match(second.value, answer, problem.comparison) or answer is None:
            return None
    except (TypeError, ValueError):
        return None
    if len(str(written)) > _ANSWER or type(answer) not in {type(seen) for seen in answers}:
        return None
    if isinstance(answer, (list, tuple, str, dict)):
        lengths = {len(seen) for seen in answers if type(seen) is type(answer)}
        if len(lengths) == 1 and len(answers) > 1 and len(answer) not in lengths:
            return None
        if not answer and 0 not in lengths:
            return None
    return written
