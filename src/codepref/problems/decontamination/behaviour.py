"""Training problems that are benchmark tasks by behaviour: their reference solutions answer them.

Each reference solution runs, in the sandbox, on the inputs of every benchmark task that can be put
to it: as a function's arguments or written as the standard input that the problem's tests show
(``subjects``, ``oracles``). One that answers a task's inputs as the canonical solution does, maybe
in another form (``adapters``), is the same task under another name, unless the canonical solution
gives other answers to the problem's own tests. First a few telling inputs are tried; only
solutions that answer these are run on the rest.
"""

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from codepref.problems.decontamination.adapters import ADAPTERS, Adapter, Pair
from codepref.problems.decontamination.contamination import Contamination, Task
from codepref.problems.decontamination.oracles import Question, Questions, oracles_of
from codepref.problems.decontamination.subjects import Subject, Unchecked, subject_of, tests_of
from codepref.progress import Progress
from codepref.records import Problem
from codepref.sandbox import Executor, Outcome, Program
from codepref.sandbox.compare import values_match
from codepref.sandbox.settings import ExecutionConfig

_WINDOW = 100  # problems that are compared together: what of them is held in memory
_PROBES = 3
# Numbers of inputs after which the tasks that a solution answered otherwise are left out. In each
# round it runs once for all tasks that are left; then once for each, on all of its inputs.
_ROUNDS = (1, _PROBES, 4 * _PROBES)
_NO_ANSWER = ("timeout", "memory_limit", "output_limit")
_SLOW = "its reference solution is too slow on most inputs"
_CASES = 200  # of a problem's tests: what the canonical solution is tried on


def behavioural_matches(
    problems: Iterable[Problem],
    tasks: list[Task],
    least_inputs: int,
    unchecked: Unchecked,
    config: ExecutionConfig | None = None,
    total: int = 0,
) -> Iterator[Contamination]:
    """Yield the problems whose reference solution answers a benchmark task, by chance or not.

    Args:
        problems: may be a stream; a window of them is held in memory.
        tasks: benchmark tasks.
        least_inputs: a match counts only if it was seen on this many inputs (all of a task's, if
            it has fewer but at least three, and its arguments and answers are as they are).
        unchecked: gets the ids of the problems and tasks that cannot be checked, by reason.
        config: of the sandbox.
        total: number of problems, for the progress shown.
    """
    progress = Progress("reference solutions against benchmark tasks", total)
    with Executor(config=config) as executor:
        oracles, untold = oracles_of(executor, tasks)
        unchecked["benchmark task without telling answers"] += untold
        questions = Questions(oracles)
        left = iter(problems)
        programs = False
        checked: set[str] = set()
        while window := list(itertools.islice(left, _WINDOW)):
            programs = programs or any(problem.interface == "stdio" for problem in window)
            subjects = [subject_of(problem, questions, unchecked) for problem in window]
            yield from _Window(executor, least_inputs, unchecked, checked).matches(
                [subject for subject in subjects if subject is not None]
            )
            progress.advance(len(window))
    if programs:
        unwritable = [oracle.task.id for oracle in oracles if oracle.shapes is None]
        unchecked["benchmark task with arguments that standard input cannot hold"] += unwritable
    for reason, ids in list(unchecked.items()):
        # Another record of the same problem may have been checked.
        unchecked[reason] = [one for one in dict.fromkeys(ids) if one not in checked]
        if not unchecked[reason]:
            del unchecked[reason]


@dataclass(frozen=True)
class _Candidate:
    """A problem that has answered some inputs of a task, and none differently.

    Attributes:
        adapters: the ways in which all answers so far are the right ones.
        pairs: (answer found, right answer).
        asked: how many inputs were tried.
        echoes: how many answers were an argument itself: in words much is the same as its text.
    """

    subject: Subject
    question: Question
    adapters: Sequence[Adapter] = ADAPTERS
    pairs: tuple[Pair, ...] = ()
    asked: int = 0
    echoes: int = 0

    def after(self, outcomes: Iterable[Outcome]) -> "_Candidate | None":
        """Return what is left of the candidate after more of its inputs; None: a wrong answer.

        An input on which a solution ran out of time or memory has no answer: the same task may
        come with smaller inputs elsewhere. So has one on which a program fails that reads
        standard input, which may come in a form that its tests do not show.
        """
        oracle, pairs, asked = self.question.oracle, list(self.pairs), self.asked
        echoes = self.echoes
        for outcome in outcomes:
            at = self.question.chosen[asked]
            asked += 1
            if self.subject.answered(outcome):
                pairs.append((outcome.value, oracle.answers[at]))
                echoes += _is_echo(outcome.value, oracle.inputs[at])
            elif outcome.failure not in _NO_ANSWER and not self.subject.reads_input:
                return None
        if self.subject.reads_input and asked >= _PROBES and 2 * len(pairs) < asked:
            return None  # it fails on most: they are not written in the program's form
        tolerance = oracle.task.tolerance
        left = [one for one in self.adapters if one.agree(pairs, tolerance)] if pairs else ADAPTERS
        if not left:
            return None
        return replace(self, adapters=left, pairs=tuple(pairs), asked=asked, echoes=echoes)

    def inputs(self, stop: int | None) -> list[list[Any]]:
        """Return the next inputs up to a number of them."""
        return [self.question.ask(at) for at in self.question.chosen[self.asked : stop]]

    def shown(self, least_inputs: int) -> "_Candidate | None":
        """Return the candidate with the one adapter that rules out chance, if there is one."""
        task, agreed = self.question.oracle.task, len(self.pairs)
        if not self.question.way and not self.adapters[0].name:
            few = agreed < min(least_inputs, max(len(task.inputs), _PROBES))
            return None if few else replace(self, adapters=self.adapters[:1])
        if agreed - self.echoes < least_inputs or 2 * agreed < self.asked:
            return None
        telling = (one for one in self.adapters if one.is_telling(self.pairs))
        first = next(telling, None)
        return None if first is None else replace(self, adapters=[first])

    def verdict(self, expected: Sequence[Any], outcomes: Sequence[Outcome]) -> Contamination:
        """Return the finding, given what the canonical solution makes of the problem's tests.

        A different answer there shows that the two agree on the task's inputs only: a function
        that counts the unmatched brackets of texts without brackets "is" ``len``. A failure shows
        nothing, since the task may be defined on fewer inputs; an input outside of its contract is
        a failure. A task of round brackets is contained in the problem of all kinds of brackets.
        Where forms were adapted, chance has more ways: at least one test must agree.

        Args:
            expected: the answers that the problem's tests expect.
            outcomes: those of the canonical solution.
        """
        answered = [
            self._is_same(wanted, outcome.value)
            for wanted, outcome in zip(expected, outcomes, strict=True)
            if outcome.failure is None
        ]
        task, right = self.question.oracle.task, sum(answered)
        evidence = f"{self._evidence()}; {task.entry_point} solves {right} of the problem's "
        evidence += f"{len(outcomes)} tests"
        adapted = bool(self.question.way or self.adapters[0].name)
        by_chance = right < len(answered) or (adapted and not right)
        return Contamination(self.subject.problem.id, task.id, "behaviour", evidence, by_chance)

    def _is_same(self, expected: Any, canonical: Any) -> bool:
        (adapter,), comparison = self.adapters, self.subject.problem.comparison
        if not adapter.name:
            alike = isinstance(expected, bool) == isinstance(canonical, bool)
            return alike and values_match(canonical, expected, comparison)
        accepted = expected if comparison.kind == "any_of" else [expected]
        tolerance = self.question.oracle.task.tolerance
        return any(adapter.agree([*self.pairs, (one, canonical)], tolerance) for one in accepted)

    def cases(self) -> list[tuple[list[Any], Any]]:
        """Return (task's arguments, expected answer) of the problem's tests."""
        found: list[tuple[list[Any], Any]] = []
        for given, expected in tests_of(self.subject.problem):
            asked = self.question.asked_by(given)
            if len(asked) == 1:
                found.append((asked[0], expected))
            elif isinstance(expected, str):
                lines = [line for line in expected.splitlines() if line.strip()]
                if len(lines) == len(asked):  # each case has its own
                    found += zip(asked, lines, strict=True)
        return found[:_CASES]

    def _evidence(self) -> str:
        (adapter,), task = self.adapters, self.question.oracle.task
        distinct = len({repr(right) for _, right in self.pairs})
        forms = "; ".join(
            filter(None, [self.question.way, adapter.name and f"the answers {adapter.name}"])
        )
        slow = self.asked - len(self.pairs)
        return (
            f"answers {len(self.pairs)} of {self.asked} inputs ({distinct} different answers) as "
            f"{task.entry_point} does"
            + (f" ({forms})" if forms else "")
            + (f", {slow} too slowly" if slow else "")
        )


def _is_echo(found: Any, given: list[Any]) -> bool:
    return isinstance(found, str) and any(found.strip() == one for one in given)


@dataclass(frozen=True)
class _Window:
    """The comparison of some problems."""

    executor: Executor
    least_inputs: int
    unchecked: Unchecked
    checked: set[str]

    def matches(self, subjects: Sequence[Subject]) -> Iterator[Contamination]:
        """Yield the findings, one for each problem and task: the best one."""
        asked = [[_Candidate(one, question) for question in one.questions] for one in subjects]
        for stop in _ROUNDS:
            asked = list(self._after_round(asked, stop))
        candidates = [one for group in asked for one in group if one.pairs]
        shown = [
            found
            for one in self._after_all(candidates)
            if (found := one.shown(self.least_inputs)) is not None
        ]
        best: dict[tuple[str, str], Contamination] = {}
        for finding in self._verdicts(shown):
            known = best.setdefault((finding.problem, finding.task), finding)
            if known.by_chance and not finding.by_chance:
                best[finding.problem, finding.task] = finding
        yield from best.values()

    def _after_round(
        self, groups: Iterable[list[_Candidate]], stop: int
    ) -> Iterator[list[_Candidate]]:
        """Yield what is left of each problem's candidates; its solution runs once for all."""
        waiting: deque[tuple[list[_Candidate], list[list[list[Any]]], list[str]]] = deque()

        def programs() -> Iterator[Program]:
            for group in groups:
                if not group:
                    continue
                subject, first = group[0].subject, not group[0].asked
                proofs = subject.proofs if first else []
                inputs = [candidate.inputs(stop) for candidate in group]
                # Tasks share inputs. Short ones first: given up after timeouts are the long.
                different = {repr(given): given for given in itertools.chain(*inputs)}
                order = sorted(different, key=lambda text: (len(text), text))
                waiting.append((group, inputs, order))
                yield subject.program(
                    [*(p for p, _ in proofs), *(different[text] for text in order)]
                )

        for outcomes in self.executor.values(programs()):
            group, inputs, order = waiting.popleft()
            subject, proofs = group[0].subject, len(outcomes) - len(order)
            if not group[0].asked:
                if reason := subject.trouble(outcomes[:proofs], outcomes[proofs:]):
                    self.unchecked[reason].append(subject.problem.id)
                    continue
                slow = sum(one.failure in _NO_ANSWER for one in outcomes[proofs:])
                if 2 * slow > len(order):
                    self.unchecked[_SLOW].append(subject.problem.id)
                else:
                    self.checked.add(subject.problem.id)
            found = dict(zip(order, outcomes[proofs:], strict=True))
            left = (
                candidate.after([found[repr(given)] for given in asked])
                for candidate, asked in zip(group, inputs, strict=True)
            )
            yield [candidate for candidate in left if candidate is not None]

    def _after_all(self, candidates: Sequence[_Candidate]) -> Iterator[_Candidate]:
        programs = (one.subject.program(one.inputs(None)) for one in candidates)
        for candidate, outcomes in zip(candidates, self.executor.values(programs), strict=True):
            if (left := candidate.after(outcomes)) is not None:
                yield left

    def _verdicts(self, candidates: Sequence[_Candidate]) -> Iterator[Contamination]:
        """Run the canonical solutions on the problems' own tests."""
        cases = [candidate.cases() for candidate in candidates]
        programs = (
            candidate.question.oracle.program([arguments for arguments, _ in tests])
            for candidate, tests in zip(candidates, cases, strict=True)
        )
        for candidate, tests, outcomes in zip(
            candidates, cases, self.executor.values(programs), strict=True
        ):
            yield candidate.verdict([expected for _, expected in tests], outcomes)
