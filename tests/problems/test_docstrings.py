"""The examples in the docstrings of problem collection are true."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "name",
    [
        "contamination",
        "formulas",
        "kinds",
        "layouts",
        "leetcode",
        "merge",
        "signatures",
        "tolerances",
    ],
)
def test_examples_are_true(name):
    result = doctest.testmod(importlib.import_module(f"codepref.problems.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
