"""What a run found, in words: every number in them is computed from the differences to base."""

from collections.abc import Sequence
from dataclasses import dataclass

from codepref.tables.changes import Basis, Change, basis, changes
from codepref.tables.layout import number, p_text
from codepref.tables.results import Results
from codepref.tables.statistics import SIGNIFICANCE

MOST_TOLD = 3


@dataclass(frozen=True)
class Finding:
    """What the first screen says."""

    headline: str
    more: tuple[str, ...]
    changes: tuple[Change, ...]
    """the largest difference first; those beyond chance before the others"""
    basis: Basis


def finding(results: Results) -> Finding:
    """Put the run's differences to base into words."""
    about = basis(results)
    found = _changes(results, about)
    if not found:
        text = "This run has no trained model beside its base, so it has no difference to report."
        return Finding(text, (), (), about)
    tasks = f"the {about.tasks} problems of {about.label(results)}"
    certain = [one for one in found if one.beyond_chance]
    told = [sentence(results, one, tasks) for one in certain[:MOST_TOLD]]
    if not certain:
        told.append(_nothing(results, found, tasks))
    tests = (
        f"{len(certain)} of {len(found)} trainings differ{'s' * (len(certain) == 1)} from the "
        f"model they started from beyond chance (adjusted p < {SIGNIFICANCE:g})."
    )
    return Finding(told[0], (*told[1:], tests), tuple(found), about)


def sentence(results: Results, change: Change, tasks: str) -> str:
    """Return one difference with its interval; too few tasks have none.

    Args:
        results: name models and methods.
        change: the difference.
        tasks: what was solved, as in ``the 48 problems of Held-out families``.
    """
    found, estimate = change.pairing, change.pairing.estimate
    points = number(abs(100 * estimate))
    how = "as many of" if points == "0.0" else f"{points} points {_more(estimate)} of"
    seeds = f", mean over {len(found.seeds)} training seeds" if len(found.seeds) > 1 else ""
    asked = max(found.samples)
    samples = f" (mean over {asked} samples of each)" if asked > 1 else ""
    base = f"the base model {results.config.models[change.model].label}"
    said = f"{results.config.method_label(change.method)} solves {how} {tasks}{samples} "
    said += f"{'as' if points == '0.0' else 'than'} {base}{seeds}"
    if found.interval is None:
        groups = found.independent
        return (
            f"{said}; too few to tell from chance: {groups} independent group{'s' * (groups != 1)}."
        )
    low, high = (number(100 * end) for end in found.interval)
    many = f" adjusted for {change.trainings} trainings" if change.trainings > 1 else ""
    return f"{said}, 95% interval {low} to {high}, {p_text(change.adjusted)}{many}."


def _more(value: float) -> str:
    return "more" if value > 0 else "less"


def _nothing(results: Results, found: Sequence[Change], tasks: str) -> str:
    largest = sentence(results, found[0], tasks)
    return f"No training changed what is solved beyond chance. The largest difference: {largest}"


def _changes(results: Results, about: Basis) -> list[Change]:
    found = changes(results, about.columns, about.answers)
    return sorted(found, key=lambda one: (not one.beyond_chance, -abs(one.pairing.estimate)))
