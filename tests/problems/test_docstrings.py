"""The examples in the docstrings of problem collection are true."""

import doctest
import importlib
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
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    assert sum(doctest.testmod(importlib.import_module(name)).attempted for name in MODULES) > 10
