"""What reference solutions say about tests that solutions agreed on.

A reference is right about its own problem only. So it tells how many tests are wrong on
**controls**: problems that have one, given tests in the same way, in their own words. On a new
problem that has its seed's signature it tells one thing: whether all tests are its seed's, so that
the problem is its seed in other words. Where the two differ, the question may be another one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from codepref import values
from codepref.problems.arguments import positional, tagged
from codepref.rates import rate_interval
from codepref.records import Problem
from codepref.sandbox import Executor, Outcome, Program
from codepref.sandbox.compare import values_match
from codepref.sandbox.judge import limits_of
from codepref.sandbox.settings import ExecutionConfig
from codepref.synthesis.limits import shared_limits
from codepref.synthesis.records import Candidate, Seed


@dataclass(frozen=True)
class Agreement:
    """How a reference solution answers a problem's tests.

    Attributes:
        tests: how many there are.
        right: to which it gives the expected answer.
        wrong: to which it gives another one.
    """

    tests: int
    right: int
    wrong: int

    @property
    def unanswered(self) -> int:
        """Tests on which the reference fails: their inputs are none of its problem."""
        return self.tests - self.right - self.wrong


def agreements(
    pairs: Iterable[tuple[Problem, Problem]], config: ExecutionConfig
) -> Iterator[Agreement]:
    """Yield what the reference solution of the first problem answers to the tests of the second.

    Raises:
        UserError: no isolation works here.
        SandboxError: the sandbox failed several times over.
    """
    waiting = list(pairs)
    with Executor(config=config) as executor:
        outcomes = executor.values(_program(known, tested, config) for known, tested in waiting)
        for (known, tested), row in zip(waiting, outcomes, strict=True):
            yield _agreement(known, tested, row)


def _program(known: Problem, tested: Problem, config: ExecutionConfig) -> Program:
    return Program(
        str(known.reference_solution),
        str(known.entry_point),
        tuple(positional(tested, test) for test in tested.tests),
        shared_limits(limits_of(known, config), len(tested.tests)),
        parameters=known.parameters,
        parameter_types=known.parameter_types,
        return_type=known.return_type,
        in_place=known.in_place,
    )


def _agreement(known: Problem, tested: Problem, outcomes: Sequence[Outcome]) -> Agreement:
    answered = [
        values_match(values.decode(test.expected), outcome.value, known.comparison)
        for test, outcome in zip(tested.tests, outcomes, strict=True)
        if outcome.failure is None and not outcome.tampered
    ]
    return Agreement(len(tested.tests), sum(answered), len(answered) - sum(answered))


def wrong_tests(
    candidates: Sequence[Candidate], seeds: Mapping[str, Seed], config: ExecutionConfig
) -> dict:
    """Return how many tests of the controls are wrong, for the report.

    Args:
        candidates: all of them.
        seeds: what they were made from, by their id.
        config: of the sandbox.

    Returns:
        ``controls``: how many were tried; ``accepted``: how many of them solutions agreed on;
        ``tests``: of these, ``wrong`` ones (the reference answers otherwise), ``unanswered`` ones
        (it fails: the input is none); ``problems``: with a wrong test, their ``share`` and its
        ``interval`` (95%, Wilson; null: fewer than ten controls were accepted); ``confirmed``: how
        many have examples, all of them among their tests with the right answers,
        ``confirmed_wrong``: of these, with a wrong test. Written problems are checked on examples
        that the model states: their share is likely between the two.
    """
    controls = [one for one in candidates if one.control]
    accepted = [one for one in controls if one.problem is not None]
    pairs = [(seeds[one.id].problem, one.problem) for one in accepted]
    known = [(first, second) for first, second in pairs if first and second]
    found = list(agreements(known, config))
    having = sum(one.wrong > 0 for one in found)
    confirmed = [_is_confirmed(first, second) for first, second in known]
    return {
        "controls": len(controls),
        "accepted": len(found),
        "tests": sum(one.tests for one in found),
        "wrong": sum(one.wrong for one in found),
        "unanswered": sum(one.unanswered for one in found),
        "problems": having,
        "share": having / len(found) if found else None,
        "interval": rate_interval(having, len(found)) if found else None,
        "confirmed": sum(confirmed),
        "confirmed_wrong": sum(
            right and one.wrong > 0 for right, one in zip(confirmed, found, strict=True)
        ),
    }


def _is_confirmed(known: Problem, tested: Problem) -> bool:
    """Tell whether the new tests hold a problem's examples, one at least, with their answers."""
    new = {repr(tagged(tested, test)): values.decode(test.expected) for test in tested.tests}
    shown = [test for test in known.tests if test.visible]
    return bool(shown) and all(
        (given := repr(tagged(known, test))) in new
        and values_match(new[given], values.decode(test.expected), known.comparison)
        for test in shown
    )


def is_answerable(seed: Seed, problem: Problem) -> bool:
    """Tell whether a seed's reference solution can be asked a problem's tests."""
    known = seed.problem
    return (
        known is not None
        and known.interface == "call"
        and known.reference_solution is not None
        and known.parameter_types == problem.parameter_types
        and known.return_type == problem.return_type
    )
