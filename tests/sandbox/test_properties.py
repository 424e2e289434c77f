"""Properties of extraction and comparison."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codepref import values
from codepref.records import Comparison
from codepref.sandbox import extract_code
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
        ("1000000000.0", "1000000007", "close", False),
        ("1000000007.0", "1000000007", "close", True),
        ("1000000006.9999", "1000000007", "close", True),
        ("1000000006", "1000000007", "close", False),
        ("1000000006", "1000000007.0", "close", True),
        ("2.9999999999", "3", "close", True),
        ("1000000000000000001.0", "1000000000000000000", "close", False),
        ("1e18", "1000000000000000000", "close", True),
        ("1_000_000_007.0", "1000000007", "close", False),
        ("0.333_333_3", "0.33333333", "close", False),
        ("０.3333333", "0.33333333", "close", False),
        ("٣.0", "3.0", "close", False),
        ("3.3e-1", "0.33", "close", True),
        (".5", "0.5", "close", True),
        ("5.", "5", "close", True),
        ("+5.0", "5", "close", True),
        (".", "0", "close", False),
        ("0x10", "16", "close", False),
        ("Infinity", "inf", "close", True),
        ("inf", "9" * 400, "close", False),
        ("9" * 400, "9" * 399 + "8", "close", False),
        ("1e9999999999999999999", "9" * 400, "close", False),
        ("-0.0", "0", "close", True),
        ("", "", "tokens", True),
        ("", "0", "tokens", False),
    ],
)
def test_white_space_case_and_tolerance_of_printed_text(
    actual: str, expected: str, kind: str, equal: bool
) -> None:
    assert texts_match(actual, expected, Comparison(kind=kind)) is equal


@given(
    st.text(max_size=20) | st.text("0123456789.eE+-_inf na\n", max_size=30),
    st.text(max_size=20) | st.text("0123456789.eE+-_inf na\n", max_size=30),
    st.booleans(),
)
def test_printed_text_is_right_or_wrong_never_an_error(one: str, other: str, ignore: bool) -> None:
    for kind in ("exact", "lines", "tokens", "close", "any_of"):
        comparison = Comparison(kind=kind, ignore_case=ignore)
        assert texts_match(one, [other, one] if kind == "any_of" else one, comparison)
        texts_match(one, [other] if kind == "any_of" else other, comparison)


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
