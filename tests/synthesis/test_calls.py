"""Calls with plain values, and the answers stated beside them, found in a model's text."""

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepref import values
from codepref.synthesis.calls import Call, calls_in

plain = st.recursive(
    st.integers(-(10**20), 10**20)
    | st.booleans()
    | st.none()
    | st.floats(-1e6, 1e6, allow_subnormal=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=6,
)
BESIDE = [
    "{call} == {answer}",
    "{call} -> {answer}",
    "{call} returns {answer}.",
    ">>> {call}\n{answer}",
]
BESIDE += [
    "assert {call} == {answer}, 'no'",
    "`{call}` should return `{answer}`",
    "{call}  # {answer}",
]
BESIDE += ["{call}\nOutput: {answer}", "{call} = {answer}; and so on", "{call} => {answer}"]


def found(text: str, *parameters: str) -> list[tuple[list[Any], Any]]:
    """The calls of ``f`` in a text: arguments and answer; the answer '?' is none."""
    return [
        (one.arguments, one.answer if one.stated else "?")
        for one in calls_in(text, "f", parameters)
    ]


@given(st.lists(plain, min_size=1, max_size=3), plain, st.sampled_from(BESIDE), st.text(max_size=9))
def test_what_was_written_is_read(arguments, answer, form, before):
    names = [f"p{number}" for number in range(len(arguments))]
    call = f"f({', '.join(map(repr, arguments))})"
    text = form.format(call=call, answer=repr(answer))
    if before[-1:].isidentifier() or before[-1:] in ".0123456789":
        before += " "
    read = list(calls_in(f"{before.replace('f(', '')}\n{text}", "f", names))
    assert [one.arguments for one in read] == [values.encode(arguments)]
    assert [(one.stated, one.answer) for one in read] == [(True, values.encode(answer))]


@given(st.text(alphabet="f()[]{}'\"\\,=1 \n.#->", max_size=200))
def test_any_text_is_read_without_an_error(text):
    for one in calls_in(text, "f", ["a"]):
        assert isinstance(one, Call) and len(one.arguments) == 1
        assert values.encode(values.decode(one.arguments)) == one.arguments
        assert re.match(r"f[ \t]*\(", text[one.start : one.end])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(1, b=[2]) == 3", [([1, [2]], 3)]),
        ("f(b=2, a=1)", [([1, 2], "?")]),
        ("f(1) and f(1, 2, 3) and f(a=1, c=2)", []),  # other parameters
        ("f(x, 1) f(g(1), 2) f(1 + x, 2) g.f(1, 2) off(1, 2)", []),
        ("f(1, 2) == f(2, 1)", [([1, 2], "?"), ([2, 1], "?")]),
        ("f(1,\n  2) is 5. f(3, 4) gives 0.5.", [([1, 2], 5), ([3, 4], 0.5)]),
        ("f(1, 2) == some_value", [([1, 2], "?")]),
        ("f('(', \")\") equals '['", [(["(", ")"], "[")]),
        ("f (1, 2) == 3 and f\t(1, 2) == 4", [([1, 2], 3), ([1, 2], 4)]),
        ("f\n(1, 2)", []),
        ("f(1, 2", []),
        ("f(1, lambda: 0)", []),
        ("f(1, 2)\nf(3, 4)", [([1, 2], "?"), ([3, 4], "?")]),
        ("print(f(1, 2))  # Output: 3", [([1, 2], 3)]),
        ("assert g(f(1, 2)) == 3", [([1, 2], "?")]),
        (">>> f(1, 2)\n    return 3", [([1, 2], 3)]),
        (">>> f(1, 2)\n>>> f(3, 4)\n7", [([1, 2], "?"), ([3, 4], 7)]),
    ],
)
def test_calls_and_answers(text: str, expected: list) -> None:
    assert found(text, "a", "b") == expected


def test_hostile_texts_take_no_time() -> None:
    began = time.process_time()
    for text in ("f(" * 50_000, "f(" + "[" * 100_000, "f('" * 50_000, "f(1) == " * 20_000):
        list(calls_in(text, "f", ["a"]))
    assert time.process_time() - began < 20
