"""What a model starts from: problems of another source, or pieces of code; and the controls."""

import random
from collections.abc import Sequence

from codepref.errors import UserError
from codepref.problems.settings import SynthesisedSource
from codepref.prompts import problem_text
from codepref.records import Problem
from codepref.seeds import derive_seed
from codepref.synthesis.records import Seed, Snippet


def choose_seeds(
    name: str, given: Sequence[Problem] | Sequence[Snippet], source: SynthesisedSource, seed: int
) -> list[Seed]:
    """Return a seed for each problem that is to be written, then the controls.

    All that is given is taken in a random order, and again from the beginning if it is not enough.

    Args:
        name: of the source in the configuration; part of the ids.
        given: problems, or pieces of code.
        source: how many problems and controls.
        seed: of the order.

    Raises:
        UserError: nothing is given.
    """
    if not given:
        raise UserError(f"source '{name}': there is nothing to start from; expected one at least")
    order: list[Problem | Snippet] = [*given]
    random.Random(derive_seed(seed, "synthesis", name)).shuffle(order)
    seeds = [
        _seed(f"{name}/{number + 1}", order[number % len(order)])
        for number in range(source.problems)
    ]
    usable = [one for one in order if isinstance(one, Problem) and is_control(one)]
    controls = usable[: source.controls]
    return seeds + [_seed(f"{name}/control-{n}", one, True) for n, one in enumerate(controls, 1)]


def is_control(problem: Problem) -> bool:
    """Tell whether a problem's reference solution can tell right from wrong tests of it."""
    return (
        problem.interface == "call"
        and problem.reference_solution is not None
        and bool(problem.parameters)
        and problem.in_place is None
        and not problem.has_several_answers
        and problem.comparison.kind != "any_of"
        and all(test.check is None for test in problem.tests)
    )


def _seed(problem_id: str, given: Problem | Snippet, control: bool = False) -> Seed:
    if isinstance(given, Snippet):
        text = f"```python\n{given.code.strip()}\n```"
        return Seed(id=problem_id, seed=given.id, text=text, licence=given.licence)
    return Seed(
        id=problem_id,
        seed=given.id,
        text=problem_text(given),
        licence=given.licence,
        control=control,
        problem=given,
    )
