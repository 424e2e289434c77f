"""Problems read from what models write when they are asked for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepref.problems.mistakes import mistakes
from codepref.problems.sources.foreign import Skip
from codepref.prompts import problem_messages
from codepref.records import Problem
from codepref.synthesis.drafts import (
    NO_ANSWER,
    NO_EXAMPLE,
    NO_FUNCTION,
    NO_PARAMETERS,
    SHORT,
    draft_of,
    inputs_of,
)
from codepref.synthesis.kinds import fits, is_plain

AS_ASKED = '''Here is an exercise:

```python
from typing import List

def count_pairs(numbers: List[int], target: int) -> int:
    """Count the pairs of positions whose numbers add up to the target value.

    Examples:
    >>> count_pairs([1, 3, 3], 4)
    2
    >>> count_pairs([], 4)
    0
    """
```
'''
AS_PROSE = """### Problem
Write a function that reverses each word of a sentence but keeps the order of the words.

```python
def turn(sentence):
    return " ".join(word[::-1] for word in sentence.split())
```

**Example:** `turn("ab c")` returns "ba c".
"""


def draft(text: str) -> Problem:
    return draft_of(text, "s/1", "none")


@pytest.mark.parametrize("text", [AS_ASKED, AS_ASKED.replace("```", ""), AS_ASKED[:-4]])
def test_the_form_that_is_asked_for_is_read(text: str) -> None:
    found = draft(text)
    assert found.statement == (
        "Count the pairs of positions whose numbers add up to the target value."
    )
    assert found.starter_code == "def count_pairs(numbers: list[int], target: int) -> int:"
    assert found.examples == [
        "count_pairs([1, 3, 3], 4) returns 2.",
        "count_pairs([], 4) returns 0.",
    ]
    assert [(test.input, test.expected) for test in found.tests] == [
        ([[1, 3, 3], 4], 2),
        ([[], 4], 0),
    ]
    assert mistakes(found) == []
    assert problem_messages(found)[0].content.count("count_pairs([], 4)") == 1


def test_a_call_with_a_space_before_its_parenthesis_is_an_example() -> None:
    found = draft(AS_ASKED.replace("count_pairs([", "count_pairs (["))
    assert found == draft(AS_ASKED)


def test_other_forms_are_read_and_the_given_away_solution_is_not_shown() -> None:
    found = draft(AS_PROSE)
    assert found.statement.startswith("Write a function that reverses each word")
    assert (found.starter_code, found.title) == ("def turn(sentence):", "Turn")
    assert found.examples == ["turn('ab c') returns 'ba c'."]
    shown = problem_messages(found)[0].content
    assert "[::-1]" not in shown and "#" not in shown and mistakes(found) == []


HEAD = '''def f({}) -> int:
    """Return how many of the given numbers are larger than all before them."""
'''


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<think>Let me see ...", NO_ANSWER),
        ("I would rather not.", NO_FUNCTION),
        ("```python\nx = 3\n```", NO_FUNCTION),
        ("def f(", NO_FUNCTION),
        (HEAD.format("") + "f() == 1", NO_PARAMETERS),
        (HEAD.format("*numbers") + "f(1) == 1", NO_PARAMETERS),
        (HEAD.format("numbers: list[int], start: int = 0") + "f([1], 2) == 1", NO_PARAMETERS),
        (HEAD.format("numbers: np.ndarray") + "f([1]) == 1", NO_PARAMETERS),
        (HEAD.format("self, numbers") + "f(1, [1]) == 1", NO_PARAMETERS),
        ("def f(a):\n    '''Add one.'''\n\nf(1) == 2", SHORT),
        (HEAD.format("numbers"), NO_EXAMPLE),
        (HEAD.format("numbers") + "f([1])", NO_EXAMPLE),
        (HEAD.format("numbers: list[int]") + "f('ab') == 1", NO_EXAMPLE),  # of another type
        (HEAD.format("numbers: list[int]") + "f([1]) == 'a'", NO_EXAMPLE),
    ],
)
def test_what_is_no_problem_is_left_out_for_its_reason(text: str, reason: str) -> None:
    with pytest.raises(Skip, match="^" + reason + "$"):
        draft(text)


pieces = st.sampled_from(
    [
        *(
            "```python\n",
            "```\n",
            '    """',
            "'''",
            "def f(a: int) -> int:\n",
            "def g(",
            "a, b)",
            ":",
        ),
        *("    Return the sum of all of the numbers that are given here.\n", ">>> f(1)\n2\n"),
        *(
            "f(3) == 4\n",
            "class A:\n",
            "    def h(self, x):\n",
            "# Example\n",
            "\x00",
            "é",
            "[PYTHON]",
        ),
    ]
)


@given(st.lists(pieces | st.text(max_size=9), max_size=14).map("".join))
def test_any_text_is_a_usable_problem_or_skipped(text):
    try:
        found = draft(text)
    except Skip:
        return
    assert mistakes(found) == [] and all(test.visible for test in found.tests)
    assert inputs_of(text, found) is not None


def test_inputs_are_calls_that_fit_the_signature() -> None:
    problem = draft(AS_ASKED)
    text = "count_pairs([1], 2)\ncount_pairs(numbers=[], target=3)\ncount_pairs('ab', 1)\n"
    text += "```\ncount_pairs([2, 2], 4) == 1\ncount_pairs(range(3), 1)\n```"
    assert inputs_of(text, problem) == [[[1], 2], [[], 3], [[2, 2], 4]]
    assert inputs_of("<think>count_pairs([1], 2)", problem) == []


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (True, "int", False),
        (1, "float", True),
        (None, "int | None", True),
        (None, "Union[int, str]", False),
        ([1, "a"], "list[int]", False),
        ([[1], []], "list[list[int]]", True),
        ({"$tuple": [1, 2]}, "tuple[int, int]", True),
        ([1, 2, 3], "tuple[int, int]", False),
        ([1, 2, 3], "tuple[int, ...]", True),
        ({"a": 1}, "dict[str, int]", True),
        ({"a": "b"}, "dict[str, int]", False),
        ({"$set": [1]}, "set[int]", True),
        ("x", "Any", True),
    ],
)
def test_values_of_a_type(value, kind: str, expected: bool) -> None:
    assert fits(value, kind) is expected
    assert is_plain(kind)


@pytest.mark.parametrize("kind", ["TreeNode", "np.ndarray", "Callable[[int], int]", "list[", ""])
def test_types_that_no_test_can_hold(kind: str) -> None:
    assert not is_plain(kind)
