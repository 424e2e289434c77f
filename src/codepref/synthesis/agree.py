"""Tests from agreement: what independently drawn solutions answer to the inputs that were written.

Nothing but inputs enters the processes that run solutions; there is no expected output before all
have answered, and answers are compared outside. An input that hardly any solution can answer is no
input of the problem and is dropped; one on which solutions disagree is kept, since leaving out
disagreement would make agreement.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from codepref import values
from codepref.errors import UserError
from codepref.problems.arguments import tagged
from codepref.problems.comparisons.answers import call_comparison
from codepref.problems.settings import SynthesisedSource
from codepref.problems.sources.foreign import Skip
from codepref.progress import Progress
from codepref.prompts import problem_text
from codepref.records import Comparison, Problem, Sample, TestCase
from codepref.sandbox import Executor, Outcome, Program, SandboxError, extract_from
from codepref.sandbox.compare import values_match
from codepref.sandbox.judge import limits_of
from codepref.sandbox.settings import ExecutionConfig
from codepref.synthesis.drafts import inputs_of
from codepref.synthesis.limits import shared_limits
from codepref.synthesis.records import Candidate, Seed
from codepref.synthesis.write import draft

FEW_PROGRAMS = "too few programs among its solutions"
FEW_INPUTS = "too few inputs to test it with"
UNANSWERED = "too few inputs that enough of its solutions answer"
DISAGREE = "too few of its solutions agree"
ALL_AGREE = "all of its solutions agree"
ALIKE = "all of its tests have the same answer"
SEVERAL = "several answers may be right"
EXAMPLES = "its examples state other answers than its solutions give"

_ANSWER = 2_000  # characters of an answer that a test may hold
_OUTPUT_KB = 1024


@dataclass(frozen=True)
class Attempt:
    """A problem with all that is to be run for it.

    Attributes:
        seed: what it was made from.
        problem: as stated.
        inputs: to try, decoded: those of the examples first.
        programs: each drawn solution's; None: there is no program in it.
    """

    seed: Seed
    problem: Problem
    inputs: list[list[Any]]
    programs: list[str | None]

    @property
    def distinct(self) -> list[str]:
        """The programs, each once."""
        return list(dict.fromkeys(filter(None, self.programs)))


def candidates_of(
    seeds: Sequence[Seed],
    statements: Iterable[Sample],
    solutions: Iterable[Sample],
    inputs: Iterable[Sample],
    source: SynthesisedSource,
    config: ExecutionConfig,
    workers: int | None = None,
) -> Iterator[Candidate]:
    """Yield what came of each seed, in order: a problem with tests, or why there is none.

    Args:
        seeds: what was started from.
        statements, solutions, inputs: what the model wrote.
        source: how many solutions must agree, on how many tests at least.
        config: limits and isolation of the sandbox.
        workers: sandboxes at work at once; None: one per processor.

    Raises:
        UserError: no isolation works here, or the sandbox failed.
    """
    stated = {sample.problem_id: sample for sample in statements}
    drawn: dict[str, list[Sample]] = {}
    for sample in solutions:
        drawn.setdefault(sample.problem_id, []).append(sample)
    written = {sample.problem_id: sample for sample in inputs}
    attempts = [_attempt(seed, stated, drawn, written, source) for seed in seeds]
    tried = [one for one in attempts if isinstance(one, Attempt)]
    progress = Progress("written problems tried", len(seeds))
    try:
        with Executor(workers, config) as executor:
            programs = (p for one in tried for p in _programs(one, config))
            outcomes = executor.values(programs)
            for attempt in attempts:
                progress.advance()
                if isinstance(attempt, Attempt):
                    answers = {code: next(outcomes) for code in attempt.distinct}
                    yield candidate_of(attempt, answers, source)
                else:
                    yield attempt
    except SandboxError as error:
        raise UserError(
            f"written solutions could not be run because the sandbox failed ({error}); run again"
        ) from error


def _attempt(
    seed: Seed,
    statements: Mapping[str, Sample],
    solutions: Mapping[str, Sequence[Sample]],
    inputs: Mapping[str, Sample],
    source: SynthesisedSource,
) -> Attempt | Candidate:
    try:
        problem = draft(seed, statements)
    except Skip as error:
        return Candidate(id=seed.id, seed=seed.seed, control=seed.control, reason=str(error))
    shown = [tagged(problem, test) for test in problem.tests if test.visible]
    asked = inputs_of(inputs[seed.id].completion, problem) if seed.id in inputs else []
    different = list({repr(one): one for one in [*shown, *asked]}.values())[: source.max_tests]
    programs = [
        extract_from(problem, sample.completion, sample.finish_reason)
        for sample in solutions.get(seed.id, ())
    ]
    return Attempt(seed, problem, [values.decode(one) for one in different], programs)


def _programs(attempt: Attempt, config: ExecutionConfig) -> Iterator[Program]:
    problem = attempt.problem
    limits = limits_of(problem, config).model_copy(update={"output_kb": _OUTPUT_KB})
    limits = shared_limits(limits, len(attempt.inputs))
    for code in attempt.distinct:
        yield Program(
            code,
            str(problem.entry_point),
            tuple(attempt.inputs),
            limits,
            parameters=problem.parameters,
            parameter_types=problem.parameter_types,
            return_type=problem.return_type,
            in_place=problem.in_place,
        )


def candidate_of(
    attempt: Attempt, answers: Mapping[str, Sequence[Outcome]], source: SynthesisedSource
) -> Candidate:
    """Return the problem with the tests that its solutions agree on, or why it does not count.

    Args:
        attempt: the problem, its inputs and its solutions.
        answers: what came of each program on each input.
        source: how many must agree.
    """
    found = [program for program in attempt.programs if program]
    seed = attempt.seed
    told = Candidate(id=seed.id, seed=seed.seed, control=seed.control, programs=len(found))
    rows = [answers[program] for program in found]
    places = [
        place
        for place in range(len(attempt.inputs))
        if sum(_is_answer(row[place]) for row in rows) >= source.agree
    ]
    if reason := _too_few(len(found), len(attempt.inputs), len(places), source):
        return told.model_copy(update={"reason": reason})
    complete = [
        (program, [row[place].value for place in places])
        for program, row in zip(found, rows, strict=True)
        if all(_is_answer(row[place]) for place in places)
    ]
    comparison, several = _comparison(attempt, [given for _, given in complete])
    group = _largest_group(complete, comparison)
    told = told.model_copy(update={"agreed": len(group)})
    if reason := _refusal(len(group), len(found), several, source):
        return told.model_copy(update={"reason": reason})
    program, given = group[0]
    if all(values_match(one, given[0], comparison) for one in given):
        return told.model_copy(update={"reason": ALIKE})
    tests = _tests(attempt, places, given)
    examples = attempt.problem.tests[: source.max_tests]
    if not seed.control and _contradicted(examples, tests, comparison):
        return told.model_copy(update={"reason": EXAMPLES})
    changes = {"tests": tests, "comparison": comparison}
    if not seed.control:
        changes["reference_solution"] = program
    problem = attempt.problem.model_copy(update=changes)
    return told.model_copy(update={"problem": problem})


def _too_few(programs: int, inputs: int, answered: int, source: SynthesisedSource) -> str:
    if programs < source.agree:
        return FEW_PROGRAMS
    if inputs < source.min_tests:
        return FEW_INPUTS
    return UNANSWERED if answered < source.min_tests else ""


def _refusal(agreed: int, programs: int, several: bool, source: SynthesisedSource) -> str:
    if agreed < source.agree:
        return DISAGREE
    if agreed == programs:
        return ALL_AGREE
    return SEVERAL if several else ""


def _is_answer(outcome: Outcome) -> bool:
    """Tell whether a solution gave an answer that a test can hold."""
    if outcome.failure is not None or outcome.tampered:
        return False
    try:
        return len(str(values.encode(outcome.value))) <= _ANSWER
    except (TypeError, ValueError):
        return False


def _comparison(attempt: Attempt, rows: Sequence[Sequence[Any]]) -> tuple[Comparison, bool]:
    """Return how answers compare: a control's as its source says, others as their text says."""
    problem = attempt.problem
    if attempt.seed.control:
        return problem.comparison, False
    outputs = [answer for row in rows for answer in row]
    return call_comparison(problem_text(problem), problem.return_type, outputs)


def _largest_group(
    rows: Sequence[tuple[str, list[Any]]], comparison: Comparison
) -> list[tuple[str, list[Any]]]:
    """Return the solutions that answer everything alike, of the largest such group."""
    groups: list[list[tuple[str, list[Any]]]] = []
    for row in rows:
        for group in groups:
            alike = zip(row[1], group[0][1], strict=True)
            if all(values_match(mine, theirs, comparison) for mine, theirs in alike):
                group.append(row)
                break
        else:
            groups.append([row])
    return max(groups, key=len, default=[])


def _tests(attempt: Attempt, places: Sequence[int], answers: Sequence[Any]) -> list[TestCase]:
    problem = attempt.problem
    shown = {repr(tagged(problem, test)) for test in problem.tests if test.visible}
    tests = []
    for place, answer in zip(places, answers, strict=True):
        given = values.encode(attempt.inputs[place])
        tests.append(
            TestCase(input=given, expected=values.encode(answer), visible=repr(given) in shown)
        )
    return tests


def _contradicted(
    examples: Sequence[TestCase], tests: Sequence[TestCase], comparison: Comparison
) -> bool:
    """Tell whether an example states another answer, or one that no solution could give."""
    given = {repr(test.input): values.decode(test.expected) for test in tests}
    return any(
        repr(example.input) not in given
        or not values_match(given[repr(example.input)], values.decode(example.expected), comparison)
        for example in examples
    )
