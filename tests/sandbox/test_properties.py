"""Properties of extraction, comparison and assert rewriting."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codepref import values
from codepref.records import Comparison
from codepref.sandbox import extract_code
from codepref.sandbox.asserts import rewrite_asserts
from codepref.sandbox.compare import texts_match, values_match

EXACT = Comparison()
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)
PROGRAMS = st.sampled_from(
    [
        "def add(a, b):\n    return a + b",
        "import sys\n\n\ndef add(a, b):\n\treturn a + b",
        'def add(a, b):\n    """\n    ```\n    add(1, 2)\n    ```\n    """\n    return a + b',
        "from __future__ import annotations\nx = 1\n\ndef add(a, b): return a + b",
    ]
)
PROSE = st.text(
    st.characters(codec="utf-8", exclude_characters="`~", exclude_categories=["C"]), max_size=60
)


@given(VALUES)
def test_every_value_matches_itself_after_the_wire(value: object) -> None:
    received = values.decode(values.encode(value))
    for kind in ("exact", "close", "unordered", "unordered_nested"):
        assert values_match(received, value, Comparison(kind=kind))
    assert values_match(received, [object(), value], Comparison(kind="any_of"))


@given(st.lists(st.integers() | st.text(max_size=3)), st.randoms())
def test_order_decides_only_where_declared(items: list[object], random) -> None:
    shuffled = list(items)
    random.shuffle(shuffled)
    assert values_match(shuffled, items, Comparison(kind="unordered"))
    assert values_match(shuffled, items, EXACT) == (shuffled == items)


@given(st.lists(st.integers()), st.integers())
def test_a_multiset_is_not_a_set(items: list[int], extra: int) -> None:
    assert not values_match([*items, extra], items, Comparison(kind="unordered"))
    assert not values_match([*items, extra, extra], [*items, extra, extra + 1], EXACT)


@given(st.integers(min_value=10**16), st.integers(1, 5))
def test_integers_are_exact_at_any_size(number: int, difference: int) -> None:
    for kind in ("exact", "close"):
        assert not values_match(number + difference, number, Comparison(kind=kind))
        assert values_match(number, number, Comparison(kind=kind))
    tokens = Comparison(kind="close")
    assert not texts_match(str(number + difference), str(number), tokens)


@given(SCALARS)
def test_nan_equals_nothing_unless_expected(value: object) -> None:
    is_nan = isinstance(value, float) and math.isnan(value)
    assert values_match(math.nan, value, EXACT) == is_nan
    assert values_match(value, math.nan, EXACT) == is_nan


@pytest.mark.parametrize(
    ("actual", "expected", "kind", "equal"),
    [
        ("1 2", "1  2\n", "tokens", True),
        ("1 2", "1  2\n", "lines", False),
        ("1 2  \n3\n\n", "1 2\n3", "lines", True),
        ("1 2 \n", "1 2", "exact", False),
        ("1 2\r\n\n", "1 2", "exact", True),
        ("YES", "yes", "tokens", False),
        ("0.3333333", "0.33333333", "close", True),
        ("0.334", "0.33333333", "close", False),
        ("nan", "nan", "close", True),
        ("nan", "1.0", "close", False),
        ("inf", "inf", "close", True),
        ("a 1.0", "b 1.0", "close", False),
        ("", "", "tokens", True),
        ("", "0", "tokens", False),
    ],
)
def test_white_space_case_and_tolerance_of_printed_text(
    actual: str, expected: str, kind: str, equal: bool
) -> None:
    assert texts_match(actual, expected, Comparison(kind=kind)) is equal


def test_case_is_ignored_only_where_declared() -> None:
    relaxed = Comparison(kind="tokens", ignore_case=True)
    assert texts_match("Yes", "YES", relaxed)
    assert values_match(["Yes"], ["YES"], Comparison(ignore_case=True))
    assert not values_match(["Yes"], ["YES"], EXACT)


@given(st.text(max_size=200))
@example("\r")
def test_a_trailing_newline_never_decides(text: str) -> None:
    for kind in ("exact", "lines", "tokens", "close"):
        assert texts_match(text + "\n", text, Comparison(kind=kind))


@given(PROGRAMS, PROSE, PROSE, st.sampled_from(["```python", "```py", "```", "~~~", "````python"]))
def test_a_fenced_program_is_found_whole(code: str, before: str, after: str, fence: str) -> None:
    closing = fence.rstrip("python")
    answer = f"{before}\n{fence}\n{code}\n{closing}\n{after}"
    found = extract_code(answer, "add")
    assert found == code + "\n"
    assert extract_code(f"{before}\n{fence}\n{code}", "add") == code + "\n"  # never closed
    assert extract_code(answer.replace("\n", "\r\n"), "add") == code + "\n"


@given(PROGRAMS)
def test_a_bare_program_is_found(code: str) -> None:
    assert extract_code(code) == code + "\n"
    assert extract_code(f"Here it is:\n\n{code}\n\nIt adds two numbers.", "add") == code + "\n"


@given(st.text(max_size=300))
def test_extraction_never_fails(text: str) -> None:
    found = extract_code(text, "add", "def add(a, b):\n")
    assert found is None or found.strip()


@given(st.lists(VALUES, min_size=1, max_size=3), VALUES)
def test_asserts_are_rewritten_to_their_values(arguments: list[object], expected: object) -> None:
    source = "def check(candidate):\n    assert candidate({}) == {}\n".format(
        ", ".join(map(_literal, arguments)), _literal(expected)
    )
    (test,) = rewrite_asserts(source).tests
    assert test.check is None
    assert values_match(values.decode(test.input), [*arguments], EXACT)
    assert values_match(values.decode(test.expected), expected, EXACT)


def _literal(value: object) -> str:
    return repr(value).replace("nan", "float('nan')").replace("inf", "float('inf')")


@pytest.mark.parametrize(
    ("statement", "given_input", "expected", "kind"),
    [
        ("assert candidate(1, b=2) == 3", [1, 2], 3, "exact"),
        ("assert 3 == candidate(1, 2), 'why'", [1, 2], 3, "exact"),
        ("assert candidate(1, 2) is True", [1, 2], True, "exact"),
        ("assert abs(candidate(1, 2) - 1.5) < 1e-3", [1, 2], 1.5, "close"),
        ("assert math.isclose(candidate(1, 2), 1.5)", [1, 2], 1.5, "close"),
        ("assert sorted(candidate(1, 2)) == [1, 2]", [1, 2], [1, 2], "unordered"),
        ("assert tuple(candidate(1, 2)) == tuple([1, 2])", [1, 2], [1, 2], "exact"),
        ("assert candidate('a' * 3, -10 ** 2) == [0] * 2", ["aaa", -100], [0, 0], "exact"),
        (
            "assert is_same_list(candidate(list_node([1]), 2), list_node([2]))",
            [[1], 2],
            [2],
            "exact",
        ),
    ],
)
def test_shapes_of_asserts(
    statement: str, given_input: object, expected: object, kind: str
) -> None:
    rewritten = rewrite_asserts(f"def check(candidate):\n    {statement}\n", ["a", "b"])
    (test,) = rewritten.tests
    assert values_match(test.input, given_input, EXACT)
    assert values_match(values.decode(test.expected), expected, EXACT)
    assert rewritten.comparison.kind == kind


def test_loops_over_constants_are_unrolled() -> None:
    source = "def check(f):\n    for a, b in [(1, 2), (3, 4)]:\n        assert f(a) == b\n"
    tests = rewrite_asserts(source).tests
    assert [(test.input, test.expected) for test in tests] == [([1], 2), ([3], 4)]


def test_what_cannot_be_rewritten_stays_a_check_with_the_rest() -> None:
    source = (
        "import random\n"
        "def check(candidate):\n"
        "    assert candidate(1) == 2\n"
        "    for _ in range(3):\n"
        "        x = random.random()\n"
        "        assert candidate(x) == x + 1\n"
        "    assert candidate(5)\n"
    )
    tests = rewrite_asserts(source).tests
    assert [test.check is None for test in tests] == [True, False]
    assert "candidate(1)" not in str(tests[1].check)
    assert "candidate(5)" in str(tests[1].check)


@pytest.mark.parametrize("source", ["def check(:", "x = 1"])
def test_tests_without_a_check_are_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"not Python|no function 'check"):
        rewrite_asserts(source)
