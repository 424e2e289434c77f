"""Conversion by declared types: which parts of a value become nodes, and what None stands for."""

from typing import Any

import pytest

from codepref.sandbox.inside.nodes import (
    ListNode,
    TreeNode,
    list_items,
    to_answer,
    to_parameter,
    tree_items,
)


def _plain(value: Any) -> Any:
    """Return nodes as tagged lists, to tell them from lists."""
    if isinstance(value, ListNode):
        return ("list", list_items(value))
    if isinstance(value, TreeNode):
        return ("tree", tree_items(value))
    if isinstance(value, (list, tuple)):
        return type(value)(_plain(item) for item in value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


ONE, TREE = ("list", [1]), ("tree", [1, None, 2])


@pytest.mark.parametrize(
    ("declared", "given", "wanted"),
    [
        ("ListNode", [1], ONE),
        ("Optional[ListNode]", [], None),
        ("Optional['ListNode']", None, None),
        ("None | ListNode", [1], ONE),
        ("typing.Optional[leetcode.ListNode]", [1], ONE),
        ("Union[ListNode, None]", [1], ONE),
        ("TreeNode | None", [1, None, 2], TREE),
        ("List[Optional[ListNode]]", [[1], [], None], [ONE, None, None]),
        ("Optional[List[ListNode]]", [[1]], [ONE]),
        ("Optional[List[ListNode]]", None, None),
        ("list[list[ListNode | None]]", [[[1], []], []], [[ONE, None], []]),
        ("Dict[str, Optional[TreeNode]]", {"a": [1, None, 2], "b": []}, {"a": TREE, "b": None}),
        ("dict[int, list[ListNode]]", {1: [[1]]}, {1: [ONE]}),
        ("Tuple[ListNode, int]", ([1], 2), (ONE, 2)),
        ("tuple[int, TreeNode]", [7, [1, None, 2]], [7, TREE]),
        ("tuple[ListNode, ...]", ([1], []), (ONE, None)),
        ("List[Tuple[int, Optional[ListNode]]]", [(1, [1]), (2, [])], [(1, ONE), (2, None)]),
        ("List[ListNode", [[1]], [ONE]),  # cut, but plain
    ],
)
def test_parameter(declared: str, given: Any, wanted: Any) -> None:
    convert = to_parameter(declared)
    assert convert is not None
    assert _plain(convert(given)) == wanted


@pytest.mark.parametrize(
    ("declared", "answer", "wanted"),
    [
        ("Optional[ListNode]", None, []),
        ("Optional[TreeNode]", TreeNode(1), ("tree", [1])),
        ("List[Optional[ListNode]]", [ListNode(1), None, None], [ONE, [], []]),
        ("list[TreeNode | None]", None, None),
        ("Dict[str, ListNode]", {"a": None}, {"a": []}),
        ("tuple[ListNode, int]", (None, None), ([], None)),
        ("List[Optional[ListNode]]", 5, 5),
    ],
)
def test_answer(declared: str, answer: Any, wanted: Any) -> None:
    convert = to_answer(declared)
    assert convert is not None
    assert _plain(convert(answer)) == wanted


@pytest.mark.parametrize("declared", ["", "int", "List[int]", "Any", "][", "Optional[List[str]]"])
def test_other_types_are_left_alone(declared: str) -> None:
    assert to_parameter(declared) is None
    assert to_answer(declared) is None
