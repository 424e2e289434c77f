"""Problems whose reference solutions can be asked benchmark tasks, and why others cannot."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from codepref import values
from codepref.problems.arguments import positional
from codepref.problems.decontamination.kinds import kind_of
from codepref.problems.decontamination.oracles import Question, Questions, rough_program
from codepref.problems.decontamination.stream_program import RUN, as_function
from codepref.problems.decontamination.streams import forms_of
from codepref.records import Problem
from codepref.sandbox import Outcome, Program
from codepref.sandbox.compare import texts_match

Unchecked = dict[str, list[str]]  # reasons, and the ids of the problems or tasks
_PROOFS = 3  # tests on which a program is tried first
_LONGEST = 2_000  # characters of their input and output


@dataclass(frozen=True, eq=False)
class Subject:
    """A problem with the questions that can be put to its reference solution."""

    problem: Problem
    questions: Sequence[Question]

    @property
    def reads_input(self) -> bool:
        """Whether the solution is a program that reads standard input."""
        return self.problem.interface == "stdio"

    def program(self, inputs: Sequence[list[Any]]) -> Program:
        """Return the reference solution with inputs: arguments, or one text."""
        problem, source = self.problem, str(self.problem.reference_solution)
        if self.reads_input:
            return rough_program(as_function(source), RUN, tuple(inputs))
        return rough_program(
            source,
            str(problem.entry_point),
            tuple(inputs),
            parameters=problem.parameters,
            parameter_types=problem.parameter_types,
            return_type=problem.return_type,
            in_place=problem.in_place,
        )

    @cached_property
    def proofs(self) -> list[tuple[list[Any], Any]]:
        """Return (input, expected output) of tests that show whether a program works here."""
        if not self.reads_input:
            return []
        short = [pair for pair in tests_of(self.problem) if len(f"{pair}") <= _LONGEST]
        return [([text], expected) for text, expected in sorted(short, key=_length)[:_PROOFS]]

    def answered(self, outcome: Outcome) -> bool:
        """Tell whether the solution gave an answer."""
        return outcome.failure is None and not (self.reads_input and outcome.value is None)

    def trouble(self, proofs: Sequence[Outcome], others: Sequence[Outcome]) -> str | None:
        """Return why the outcomes of the first inputs say nothing, if so."""
        expected = [wanted for _, wanted in self.proofs]
        if any(
            not self.answered(outcome)
            or not (
                self.problem.has_several_answers
                or texts_match(outcome.value, wanted, self.problem.comparison)
            )
            for outcome, wanted in zip(proofs, expected, strict=True)
        ):
            return "its reference solution fails on its own tests"
        first = others[0] if others else Outcome()
        alike = len(others) > 1 and all(one is first for one in others)  # its top level failed
        if first.failure == "compile_error" or (first.failure is not None and alike):
            return "its reference solution does not run"
        return None


def subject_of(problem: Problem, questions: Questions, unchecked: Unchecked) -> Subject | None:
    """Return a problem with what it can be asked; None, with the reason noted, if nothing."""
    found: Sequence[Question] = ()
    if problem.reference_solution is None:
        reason = "no reference solution"
    elif problem.interface == "call":
        kinds = _kinds(problem)
        inputs = [given for given, _ in tests_of(problem)]
        found = [
            question
            for question in (questions.to_function(kinds) if kinds else ())
            if not question.way or all(map(question.asked_by, inputs))
        ]
        reason = "no benchmark task's arguments fit its parameters"
        if not kinds:
            reason = "parameters not declared, and no test shows them"
    else:
        inputs = [str(text) for text, _ in tests_of(problem)]
        forms = forms_of(inputs, questions.shapes)
        found = [question for form in forms for question in questions.to_program(form)]
        reason = "its standard input has no form that a benchmark task's arguments fit"
    if not found:
        unchecked[reason].append(problem.id)
        return None
    return Subject(problem, found)


def _kinds(problem: Problem) -> tuple[str, ...]:
    """Return the types of a function's parameters: as declared, else as the tests' inputs are."""
    declared = problem.parameter_types or []
    if declared and len(declared) == len(problem.parameters or declared):
        return tuple(declared)
    inputs = [given for given, _ in tests_of(problem)]
    if len({len(given) for given in inputs}) != 1:
        return ()
    return tuple(kind_of(column) for column in zip(*inputs, strict=True))


def tests_of(problem: Problem) -> list[tuple[Any, Any]]:
    """Return (input, expected answer) of the tests that have them; arguments by position."""
    tests = [test for test in problem.tests if test.check is None]
    if problem.interface == "stdio":
        return [(test.input, test.expected) for test in tests]
    return [(positional(problem, test), values.decode(test.expected)) for test in tests]


def _length(test: tuple[Any, Any]) -> int:
    return len(f"{test}")
