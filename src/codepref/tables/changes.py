"""What each training of a run changed, with p-values adjusted for their number."""

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

    @property
    def beyond_chance(self) -> bool:
        """Whether the adjusted test tells the difference from none."""
        return self.pairing.interval is not None and self.adjusted < SIGNIFICANCE


def changes(results: Results, columns: Sequence[str], answers: Answers) -> list[Change]:
    """Compare every trained row with its model as it came, in the configuration's order.

    Args:
        results: of the run.
        columns: benchmark columns whose tasks are pooled; without any there is no change.
        answers: greedy or sampled.
    """
    found: list[tuple[str, str, str, Pairing]] = []
    for experiment in results.config.experiments:
        base = results.base(experiment.model)
        for method in experiment.methods:
            if base is None or results.config.methods[method].trainer == "none" or not columns:
                continue
            pairing = results.pairing(experiment.model, base, method, columns, answers)
            if pairing is not None:
                found.append((experiment.model, method, base, pairing))
    adjusted = holm([pairing.p_value for *_, pairing in found])
    return [Change(*one, p) for one, p in zip(found, adjusted, strict=True)]
