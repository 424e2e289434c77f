"""Problems of our own for small runs: short, easy, in our own words (YAML in ``builtin/``)."""

from collections.abc import Iterator
from importlib import resources
from typing import Any

import yaml

from codepref.errors import UserError
from codepref.problems.sources.foreign import Skip
from codepref.problems.sources.signatures import signature_of
from codepref.records import Comparison, Problem, TestCase
from codepref.values import encode

LICENCE = "Apache-2.0"
FILES = ("numbers", "lists", "strings", "solution_classes", "programs")


def builtin_problems() -> Iterator[Problem]:
    """Yield the built-in problems in the order of their files.

    Raises:
        UserError: an entry is malformed (names the file, the entry and the field).
    """
    folder = resources.files("codepref.problems") / "builtin"
    for name in FILES:
        text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
        for number, entry in enumerate(yaml.safe_load(text), start=1):
            where = f"builtin/{name}.yaml: entry {number} ({entry.get('id', 'no id')})"
            try:
                yield _problem(dict(entry))
            except (KeyError, TypeError, ValueError, Skip) as error:
                raise UserError(f"{where}: {error!r}") from error


def _problem(entry: dict[str, Any]) -> Problem:
    interface = entry.pop("interface", "call")
    starter = entry.pop("starter", "").rstrip()
    statement, _, example = entry.pop("statement").rpartition("\n\nExample: ")
    comparison = entry.pop("comparison", "exact" if interface == "call" else "lines")
    tests = [
        TestCase(input=encode(given), expected=encode(expected), visible=visible)
        for visible, key in ((True, "visible"), (False, "hidden"))
        for given, expected in entry.pop(key)
    ]
    problem = {
        "id": f"builtin/{entry.pop('id')}",
        "source": "builtin",
        "licence": LICENCE,
        "statement": statement.strip(),
        "examples": [example.strip()] if example else [],
        "interface": interface,
        "starter_code": starter,
        "reference_solution": entry.pop("reference"),
        "tests": tests,
        "comparison": Comparison(kind=comparison),
        **entry,
    }
    if interface == "call":
        problem.update(vars(signature_of(starter)))
    return Problem(**problem)
