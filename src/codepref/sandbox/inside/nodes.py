"""LeetCode's linked lists and trees: what a test's values become for a parameter, and back.

Conversion goes by the declared types, through every container in them: ``List[ListNode | None]``
makes a list of linked lists, whose empty ones are None. An answer of such a type gets ``[]`` for
each None.
"""

import collections
import re
from collections.abc import Callable
from typing import Any

_MAX_NODES = 1_000_000
_TOKENS = re.compile(r"[\w.]+|[\[\],|]")
Converter = Callable[[Any], Any]


class ListNode:
    """LeetCode's node of a singly linked list."""

    def __init__(self, val: Any = 0, next: Any = None) -> None:
        self.val = val
        self.next = next


class TreeNode:
    """LeetCode's node of a binary tree."""

    def __init__(self, val: Any = 0, left: Any = None, right: Any = None) -> None:
        self.val = val
        self.left = left
        self.right = right


def build_list(items: list[Any] | None) -> ListNode | None:
    """Return LeetCode's list form ``[1, 2, 3]`` as linked nodes."""
    head: ListNode | None = None
    for item in reversed(items or []):
        head = ListNode(item, head)
    return head


def build_tree(items: list[Any] | None) -> TreeNode | None:
    """Return LeetCode's level order ``[1, null, 2, 3]`` as tree nodes."""
    if not items or items[0] is None:
        return None
    root = TreeNode(items[0])
    waiting, rest = collections.deque([root]), iter(items[1:])
    for item in rest:
        node = waiting.popleft()
        if item is not None:
            node.left = TreeNode(item)
            waiting.append(node.left)
        if (item := next(rest, None)) is not None:
            node.right = TreeNode(item)
            waiting.append(node.right)
        if not waiting:
            break
    return root


def list_items(node: Any) -> list[Any]:
    """Return linked nodes as LeetCode's list form.

    Raises:
        ValueError: the list is longer than a million nodes, or runs in a circle.
    """
    items: list[Any] = []
    while node is not None:
        items.append(node.val)
        node = node.next
        if len(items) > _MAX_NODES:
            raise ValueError("the linked list does not end")
    return items


def tree_items(root: Any) -> list[Any]:
    """Return tree nodes in LeetCode's level order, without the empty places at the end.

    Raises:
        ValueError: the tree has more than a million places, or runs in a circle.
    """
    items: list[Any] = []
    waiting = collections.deque([root])
    while waiting:
        node = waiting.popleft()
        items.append(None if node is None else node.val)
        if node is not None:
            waiting += (node.left, node.right)
        if len(items) > _MAX_NODES:
            raise ValueError("the tree does not end")
    while items and items[-1] is None:
        items.pop()
    return items


# --- Declared types -------------------------------------------------------------------------------


def to_parameter(declared: str) -> Converter | None:
    """Return what makes a test's value what a parameter of this type takes; None: nothing."""
    if "ListNode" not in declared and "TreeNode" not in declared:
        return None
    return _converter(_parse(declared), {"ListNode": build_list, "TreeNode": build_tree})


def to_answer(declared: str) -> Converter | None:
    """Return what writes the nodes of an answer of this type out; None: nothing is to be done."""
    if "ListNode" not in declared and "TreeNode" not in declared:
        return None
    return _converter(_parse(declared), {"ListNode": _empty_or_nodes, "TreeNode": _empty_or_nodes})


def _empty_or_nodes(value: Any) -> Any:
    return [] if value is None else value  # nodes are written out with the rest of the answer


class _Type:
    """A parsed annotation: its name and what stands in its brackets."""

    def __init__(self, name: str, arguments: "list[_Type]") -> None:
        self.name, self.arguments = name.rpartition(".")[2], arguments


def _parse(declared: str) -> _Type:
    """Return an annotation as a tree; quotation marks in it do not count."""
    tokens = _TOKENS.findall(declared)[::-1]
    return _alternatives(tokens)


def _alternatives(tokens: list[str]) -> _Type:
    """Take ``A | B`` off the tokens, which are in reverse."""
    members = [_one(tokens)]
    while tokens and tokens[-1] == "|":
        tokens.pop()
        members.append(_one(tokens))
    return members[0] if len(members) == 1 else _Type("Union", members)


def _one(tokens: list[str]) -> _Type:
    name = tokens.pop() if tokens and tokens[-1] not in "[],|" else ""
    arguments: list[_Type] = []
    if tokens and tokens[-1] == "[":
        while tokens and tokens.pop() != "]":  # behind "[" and each ","
            if tokens and tokens[-1] != "]":
                arguments.append(_alternatives(tokens))
    return _Type(name, arguments)


def _converter(declared: _Type, leaves: dict[str, Converter]) -> Converter | None:
    """Return what converts the parts of a value that are declared as one of ``leaves``."""
    if declared.name in leaves:
        return leaves[declared.name]
    parts = [_converter(argument, leaves) for argument in declared.arguments]
    used = [part for part in parts if part is not None]
    if not used:
        return None
    if declared.name in ("Optional", "Union", "Annotated", "Final"):
        return used[0]
    if declared.name in ("Dict", "dict", "Mapping", "DefaultDict", "defaultdict", "OrderedDict"):
        return lambda value: _convert_pairs(value, parts)
    if declared.name in ("Tuple", "tuple") and not (
        len(parts) == 1 or declared.arguments[-1].name == ""
    ):
        return lambda value: _convert_each(value, parts)
    return lambda value: _convert_all(value, used[0])


def _convert_all(value: Any, part: Converter) -> Any:
    if not isinstance(value, (list, tuple, collections.deque)):
        return value  # not of its declared type
    converted = [part(item) for item in value]
    return tuple(converted) if isinstance(value, tuple) else converted


def _convert_each(value: Any, parts: list[Converter | None]) -> Any:
    if not isinstance(value, (list, tuple)) or len(value) != len(parts):
        return value
    items = zip(value, parts, strict=True)
    converted = [item if part is None else part(item) for item, part in items]
    return tuple(converted) if isinstance(value, tuple) else converted


def _convert_pairs(value: Any, parts: list[Converter | None]) -> Any:
    if not isinstance(value, dict) or len(parts) != 2:
        return value
    first, second = (part or _same for part in parts)
    return {first(key): second(item) for key, item in value.items()}


def _same(value: Any) -> Any:
    return value
