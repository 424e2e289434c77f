"""Builtin values survive the trip through tagged JSON exactly; nothing else gets in."""

import base64
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codepref.records import TestCase
from codepref.values import decode, encode

texts = st.text() | st.text(st.characters(exclude_categories=()))  # these have lone surrogates
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**30, max_value=10**40)
    | st.floats(allow_nan=False)
    | texts
    | st.binary()
    | st.complex_numbers(allow_nan=False)
)
hashable = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
values = st.recursive(
    scalars | hashable,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(texts | st.sampled_from(["$tuple", "$x"]), inner, max_size=3)
        | st.dictionaries(hashable, inner, max_size=3)
        | st.sets(hashable, max_size=3)
    ),
    max_leaves=20,
)


def same(left: Any, right: Any) -> bool:
    """Equal in value and in type at every level (True is not 1, 1.0 is not 1)."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return all(map(same, left, right)) and all(map(same, left.values(), right.values()))
    return bool(left == right)


@given(values)
def test_round_trip(value: Any) -> None:
    written = json.dumps(encode(value), ensure_ascii=False).encode()  # as files are
    assert same(decode(json.loads(written)), value)


def test_half_of_a_surrogate_pair_fits_a_record() -> None:
    value = {"\ud800": ["a\udfff", "ü"]}
    test = TestCase(input=[encode(value)], expected=encode("\ud800"))
    again = TestCase.model_validate_json(test.model_dump_json())
    assert (decode(again.input[0]), decode(again.expected)) == (value, "\ud800")
    for wrong in ("%", "AA", 1, base64.b64encode(b"\xff").decode()):
        with pytest.raises(ValueError, match=r"wrong payload for \$str|codec"):
            decode({"$str": wrong})


@given(st.sets(st.integers() | st.text(max_size=2), max_size=6))
def test_equal_sets_are_equal_text(value: set) -> None:
    again = set(sorted(value, key=repr, reverse=True))
    assert json.dumps(encode(value)) == json.dumps(encode(again))


def test_not_a_number_stays_one() -> None:
    assert math.isnan(decode(encode(float("nan"))))
    assert decode(encode([float("inf"), -math.inf])) == [math.inf, -math.inf]


def test_integers_beyond_the_digit_limit() -> None:
    assert decode(json.loads(json.dumps(encode(7**20000)))) == 7**20000


class Sly(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize("value", [Sly(1), [Sly(1)], {"a": Sly(1)}, object(), type, {Sly(1)}])
def test_only_exact_builtin_types(value: Any) -> None:
    with pytest.raises(TypeError, match="is not a builtin value"):
        encode(value)


def test_a_list_that_contains_itself_is_refused() -> None:
    loop: list = []
    loop.append(loop)
    with pytest.raises(ValueError, match="nested"):
        encode(loop)


@pytest.mark.parametrize(
    "data",
    [
        {"$what": 1},
        {"$tuple": 3},
        {"$tuple": [], "x": 1},
        {"x": 1, "$tuple": []},
        {"$float": "1.0"},
        {"$int": 3},
        {"$bytes": "*"},
        {"$complex": [1]},
        {"$dict": [[1]]},
        {"$set": [[1]]},
    ],
)
def test_forged_data_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(data)
