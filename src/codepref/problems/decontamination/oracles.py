"""Benchmark tasks as what answers inputs, and the ways in which solutions can be asked these."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

from codepref.problems.decontamination.contamination import Task
from codepref.problems.decontamination.kinds import fits, kind_of, size_of
from codepref.problems.decontamination.layouts import Shape, Unwritable, shape_of
from codepref.problems.decontamination.streams import Form, converted
from codepref.records import Limits
from codepref.sandbox import Executor, Program

_MOST_INPUTS = 100  # of a task: all base inputs and the first plus inputs
_LARGEST = 400  # characters of an input or an answer
_LEAST_ANSWERS = 2  # different answers: a constant function agrees with anything constant
_LEAST_INPUTS = 3
_MOST_PERMUTED = 3  # arguments
_REMEMBERED = 256  # kinds of solutions
rough_program = partial(
    Program,
    limits=Limits(cpu_seconds=0.05, memory_mb=512, output_kb=1024),
    give_up_after=6,  # timeouts of one solution before its remaining, longer inputs are given up
    rough_timing=True,
)


@dataclass(frozen=True, eq=False)
class Oracle:
    """A task's inputs with its canonical answers, the most telling first."""

    task: Task
    inputs: list[list[Any]]
    answers: list[Any]

    @cached_property
    def kinds(self) -> list[str]:
        """The kind of each argument over all inputs."""
        return [kind_of(column) for column in zip(*self.inputs, strict=True)]

    @cached_property
    def shapes(self) -> tuple[Shape, ...] | None:
        """The shapes that most inputs have; None if standard input cannot hold them."""
        found = Counter(tuple(map(shape_of, given)) for given in self.inputs)
        (shapes, _), *_ = found.most_common(1)
        return None if None in shapes or not shapes else shapes  # type: ignore[return-value]

    def program(self, inputs: list[list[Any]]) -> Program:
        """Return the program that answers other inputs, as far as they are in its contract."""
        given = tuple(_with_tuples_of(one, self.inputs[0]) for one in inputs)
        return rough_program(self.task.checked_solution(), self.task.entry_point, given)


@dataclass(frozen=True, eq=False)
class Question:
    """How one task is put to solutions of one kind.

    Attributes:
        oracle: the task.
        way: how its arguments are given, for readers; empty: as the task has them.
        chosen: which of its inputs can be given so, the most telling first.
    """

    oracle: Oracle
    way: str
    chosen: tuple[int, ...]

    def ask(self, at: int) -> list[Any]:
        """Return one of the oracle's inputs as the solution's arguments."""
        return self.oracle.inputs[at]

    def asked_by(self, test: Any) -> list[list[Any]]:
        """Return the task's arguments in a test's input: one case, or several."""
        return [test]

    @cached_property
    def is_telling(self) -> bool:
        """Whether there are enough inputs, and different answers."""
        answers = {repr(self.oracle.answers[at]) for at in self.chosen}
        return len(self.chosen) >= _LEAST_INPUTS and len(answers) >= _LEAST_ANSWERS


@dataclass(frozen=True, eq=False)
class _InOrder(Question):
    """The arguments in another order."""

    order: tuple[int, ...] = ()

    def ask(self, at: int) -> list[Any]:
        given = self.oracle.inputs[at]
        return [given[place] for place in self.order]

    def asked_by(self, test: Any) -> list[list[Any]]:
        return [[test[self.order.index(place)] for place in range(len(self.order))]]


@dataclass(frozen=True, eq=False)
class _Together(Question):
    """All arguments as one list."""

    def ask(self, at: int) -> list[Any]:
        return [list(self.oracle.inputs[at])]

    def asked_by(self, test: Any) -> list[list[Any]]:
        (together,) = test
        fitting = isinstance(together, (list, tuple)) and len(together) == len(self.oracle.kinds)
        return [list(together)] if fitting else []


@dataclass(frozen=True, eq=False)
class _Written(Question):
    """The arguments as standard input."""

    form: Form | None = None

    def ask(self, at: int) -> list[Any]:
        assert self.form is not None
        return [self.form.ask(self.oracle.inputs[at])]

    def asked_by(self, test: Any) -> list[list[Any]]:
        assert self.form is not None
        cases = self.form.layout.read(str(test)) or []
        try:
            return [list(map(converted, case, self.oracle.kinds)) for case in cases]
        except ValueError:
            return []


def _with_tuples_of(value: Any, example: Any) -> Any:
    """Return a value with tuples where an example has them: some tasks take nothing else."""
    if not isinstance(value, (list, tuple)) or not isinstance(example, (list, tuple)):
        return value
    examples = itertools.chain(example, itertools.repeat(example[-1] if example else None))
    return type(example)([_with_tuples_of(*pair) for pair in zip(value, examples, strict=False)])


class Questions:
    """The questions to solutions of each kind; remembers the last, since many are of one kind."""

    def __init__(self, oracles: Sequence[Oracle]) -> None:
        self._oracles = oracles
        self._by_shapes: dict[tuple[Shape, ...], list[Oracle]] = defaultdict(list)
        for oracle in oracles:
            if oracle.shapes is not None:
                self._by_shapes[oracle.shapes].append(oracle)
        self.to_function = lru_cache(_REMEMBERED)(self._to_function)
        self.to_program = lru_cache(_REMEMBERED)(self._to_program)

    @property
    def shapes(self) -> list[tuple[Shape, ...]]:
        """The shapes of arguments that tasks have."""
        return list(self._by_shapes)

    def _to_function(self, kinds: tuple[str, ...]) -> list[Question]:
        """Return how tasks can be put to functions with parameters of these types."""
        found = (one for oracle in self._oracles for one in _as_arguments(oracle, kinds))
        return [question for question in found if question.is_telling]

    def _to_program(self, form: Form) -> list[Question]:
        """Return how tasks can be put to programs that read standard input of this form."""
        found = (_as_text(oracle, form) for oracle in self._by_shapes[form.shapes])
        return [question for question in found if question.is_telling]


def _as_arguments(oracle: Oracle, kinds: tuple[str, ...]) -> Iterator[Question]:
    count = len(oracle.kinds)
    own = tuple(range(count))
    if count == len(kinds):
        for order in itertools.permutations(own) if count <= _MOST_PERMUTED else (own,):
            chosen = tuple(
                at
                for at, given in enumerate(oracle.inputs)
                if all(fits(given[place], kind) for place, kind in zip(order, kinds, strict=True))
            )
            if order == own:
                yield Question(oracle, "", chosen)
            else:
                way = f"its arguments in the order {', '.join(str(at + 1) for at in order)}"
                yield _InOrder(oracle, way, chosen, order)
    if count > 1 and len(kinds) == 1 and kinds[0].startswith("list["):
        chosen = tuple(at for at, given in enumerate(oracle.inputs) if fits(given, kinds[0]))
        yield _Together(oracle, "its arguments as one list", chosen)


def _as_text(oracle: Oracle, form: Form) -> Question:
    chosen = []
    for at, given in enumerate(oracle.inputs):
        try:
            form.ask(given)
        except Unwritable:
            continue
        chosen.append(at)
    way = f"its arguments as standard input: {form.layout.describe()}"
    return _Written(oracle, way, tuple(chosen), form)


def oracles_of(executor: Executor, tasks: Sequence[Task]) -> tuple[list[Oracle], list[str]]:
    """Run the canonical solutions; return the oracles, and the tasks without telling answers."""
    small = [[given for given in task.inputs if size_of(given) <= _LARGEST] for task in tasks]
    chosen = [sorted(inputs[:_MOST_INPUTS], key=size_of) for inputs in small]
    programs = (
        rough_program(task.solution, task.entry_point, tuple(inputs))
        for task, inputs in zip(tasks, chosen, strict=True)
    )
    oracles, untold = [], []
    for task, inputs, outcomes in zip(tasks, chosen, executor.values(programs), strict=True):
        pairs = [
            (given, outcome.value)
            for given, outcome in zip(inputs, outcomes, strict=True)
            if outcome.failure is None and size_of(outcome.value) <= _LARGEST
        ]
        if len({repr(answer) for _, answer in pairs}) < _LEAST_ANSWERS:
            untold.append(task.id)
            continue
        arities = Counter(len(given) for given, _ in pairs)
        pairs = [pair for pair in pairs if len(pair[0]) == arities.most_common(1)[0][0]]
        pairs = _telling_first(pairs)
        oracles.append(Oracle(task, [given for given, _ in pairs], [a for _, a in pairs]))
    return oracles, untold


def _telling_first(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Order pairs so that the first have different, rare answers: chance seldom finds them."""
    counts = Counter(repr(answer) for _, answer in pairs)
    # Short inputs first among equals: they seldom run into a time limit.
    ordered = sorted(pairs, key=lambda pair: (counts[repr(pair[1])], len(repr(pair[0]))))
    first: list[tuple[Any, Any]] = []
    rest: list[tuple[Any, Any]] = []
    seen: set[str] = set()
    for pair in ordered:
        (rest if repr(pair[1]) in seen else first).append(pair)
        seen.add(repr(pair[1]))
    return first + rest
