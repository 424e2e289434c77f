"""What each training of a run changed, and on which tasks that is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from codepref.tables.differences import Pairing
from codepref.tables.results import Answers, Results
from codepref.tables.statistics import SIGNIFICANCE, holm


@dataclass(frozen=True)
class Change:
    """A trained row beside the model as it came, over all tasks that are compared."""

    model: str
    method: str
    base: str
    pairing: Pairing
    adjusted: float
    """p after Holm's correction over all trainings of the run"""
    trainings: int

    @property
    def beyond_chance(self) -> bool:
        """Whether the adjusted test tells the difference from none."""
        return self.pairing.interval is not None and self.adjusted < SIGNIFICANCE


@dataclass(frozen=True)
class Basis:
    """What a run's finding is about: one kind of answers to the tasks of these columns, pooled."""

    answers: Answers
    columns: tuple[str, ...]
    tasks: int

    def label(self, results: Results) -> str:
        """How tables name the columns."""
        return " and ".join(map(results.label, self.columns))


def basis(results: Results) -> Basis:
    """Choose the kind of answers that more tasks have, greedy ones, the paper's, among equals.

    A run of the paper's models is told by the paper's metric, the base tests (section 3.1), any
    other by all tests of a benchmark.
    """
    config = results.config
    of_the_paper = any(config.models[one.model].paper_model for one in config.experiments)
    kinds: list[Answers] = ["greedy"]
    if results.samples is not None:
        kinds.append("sampled")
    found = []
    for kind in kinds:
        names = [f"{name}{'' if of_the_paper else '+'}" for name in results.answered(kind)]
        sizes = {name: _tasks(results, name, kind) for name in names}
        columns = tuple(name for name, size in sizes.items() if size)
        found.append(Basis(kind, columns, sum(sizes.values())))
    return max(found, key=lambda one: one.tasks)


def _tasks(results: Results, column: str, answers: Answers) -> int:
    rows = [(one.model, method) for one in results.config.experiments for method in one.methods]
    return max((len(results.rates(*row, column, answers)[0]) for row in rows), default=0)


def changes(results: Results, columns: Sequence[str], answers: Answers) -> list[Change]:
    """Compare every trained row with its model as it came, in the configuration's order.

    Args:
        results: of the run.
        columns: benchmark columns whose tasks are pooled; without any there is no change.
        answers: greedy or sampled.
    """
    found: list[tuple[str, str, str, Pairing]] = []
    for experiment in results.config.experiments:
        base = results.config.base_of(experiment.model)
        for method in experiment.methods:
            if base is None or results.config.methods[method].trainer == "none" or not columns:
                continue
            pairing = results.pairing(experiment.model, base, method, columns, answers)
            if pairing is not None:
                found.append((experiment.model, method, base, pairing))
    adjusted = holm([pairing.p_value for *_, pairing in found])
    return [Change(*one, p, len(found)) for one, p in zip(found, adjusted, strict=True)]
