"""Templated problems in wording of our own: many problems from few texts, by a seed.

A template belongs to a family, a family to one part: ``train`` or ``held_out``. No family of the
held-out part is ever trained on, so what a policy gains there is not what it has seen. Problems of
one template are alike: a statistic over them takes the template as the cluster (the tag
``template:<family>/<name>``).
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal

from codepref.errors import UserError
from codepref.problems.templates import (
    branches,
    building,
    conditions,
    counting,
    dictionaries,
    digits,
    extremes,
    filtering,
    formulas,
    letters,
    mapping,
    order,
    totals,
    two_lists,
)
from codepref.problems.templates.template import Draw, Template
from codepref.records import Problem
from codepref.seeds import derive_seed
from codepref.strict import nearest

Part = Literal["train", "held_out"]

PARTS: dict[Part, dict[str, Sequence[Template]]] = {
    "train": {
        "counting": counting.TEMPLATES,
        "filtering": filtering.TEMPLATES,
        "mapping": mapping.TEMPLATES,
        "formulas": formulas.TEMPLATES,
        "conditions": conditions.TEMPLATES,
        "building": building.TEMPLATES,
    },
    "held_out": {
        "extremes": extremes.TEMPLATES,
        "totals": totals.TEMPLATES,
        "dictionaries": dictionaries.TEMPLATES,
        "order": order.TEMPLATES,
        "letters": letters.TEMPLATES,
        "digits": digits.TEMPLATES,
        "two_lists": two_lists.TEMPLATES,
        "branches": branches.TEMPLATES,
    },
}
"""The families of each part."""


def templated_problems(
    part: Part, count: int, seed: int = 0, families: Sequence[str] = ()
) -> list[Problem]:
    """Return problems of a part, as many of each template as of every other (or one more).

    More problems begin with those of fewer: only the order of the templates, and what fills their
    gaps, depends on the seed.

    Args:
        part: whose families.
        count: how many problems.
        seed: chooses wordings, numbers and names.
        families: only these of the part; empty: all.

    Raises:
        UserError: a family is not of the part, or the templates do not give so many problems.
    """
    known = PARTS[part]
    for name in families:
        if name not in known:
            raise UserError(f"'{name}' is no family of part '{part}'{nearest(name, known)}")
        if families.count(name) > 1:
            raise UserError(f"families: '{name}' is named twice")
    chosen = [(family, one) for family in families or known for one in known[family]]
    Draw(derive_seed(seed, "templates", part)).shuffle(chosen)
    problems = list(islice(_in_turn([one.problems(name, seed) for name, one in chosen]), count))
    if len(problems) < count:
        raise UserError(
            f"the templates of part '{part}' give {len(problems)} problems, {count} were asked for"
        )
    return problems


def _in_turn(sources: list[Iterator[Problem]]) -> Iterator[Problem]:
    """Yield one problem of each source in turn until all are exhausted."""
    while sources:
        for source in list(sources):
            problem = next(source, None)
            if problem is None:
                sources.remove(source)
            else:
                yield problem


def cluster_of(problem: Problem) -> str:
    """Return the template that a problem was made from, as ``family/name``.

    Raises:
        ValueError: it is of no template.
    """
    for tag in problem.tags:
        if tag.startswith("template:"):
            return tag.removeprefix("template:")
    raise ValueError(f"{problem.id} was made from no template")
