"""The examples in the docstrings of problem collection are true."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import codepref.problems

MODULES = [
    module.name
    for module in pkgutil.walk_packages(codepref.problems.__path__, "codepref.problems.")
    if not module.ispkg
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module)
    assert result.failed == 0
    assert (result.attempted > 0) == (">>> " in inspect.getsource(module))


@pytest.mark.parametrize(
    "name",
    [
        "decontamination.contamination",
        "decontamination.kinds",
        "decontamination.layouts",
        "merge",
        "comparisons.tolerances",
        "sources.leetcode",
        "sources.signatures",
        "statements.formulas",
    ],
)
def test_there_are_examples(name: str) -> None:
    module = importlib.import_module(f"codepref.problems.{name}")
    assert doctest.testmod(module).attempted > 0
