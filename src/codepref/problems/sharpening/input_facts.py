"""Facts about lists, texts and trees that inputs of a problem may share: sorted, a tree, ...

A fact is named by plain values, so that sets of facts can be intersected and compared.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import networkx

Fact = tuple[Any, ...]

LONGEST_ROW = 6
"""rows of one length up to this are records: each column is of its own kind"""


def in_order(levels: Any) -> list[int] | None:
    """Return the places of a tree's nodes from left to right; None: it is no tree with a root.

    Args:
        levels: a tree in LeetCode's list form: level by level, None where a child is missing.
    """
    if not isinstance(levels, list) or not levels or levels[0] is None:
        return None
    children: dict[int, list[int | None]] = {0: []}
    waiting = [0]
    for place, value in enumerate(levels[1:], start=1):
        while waiting and len(children[waiting[0]]) == 2:
            waiting.pop(0)
        if not waiting:
            return None
        children[waiting[0]].append(None if value is None else place)
        if value is not None:
            children[place] = []
            waiting.append(place)
    order: list[int] = []
    stack: list[tuple[int, bool]] = [(0, False)]
    while stack:
        place, visited = stack.pop()
        if visited:
            order.append(place)
            continue
        left, right = [*children[place], None, None][:2]
        stack += [(node, False) for node in [right] if node is not None]
        stack.append((place, True))
        stack += [(node, False) for node in [left] if node is not None]
    return order


def is_tree(levels: Any) -> bool:
    """Tell whether a value is a tree in LeetCode's list form, or an empty one."""
    return levels in ([], None) or (in_order(levels) is not None and levels[-1] is not None)


def is_search_tree(levels: Any) -> bool:
    """Tell whether a tree in LeetCode's list form has its values in order from left to right."""
    places = in_order(levels)
    values = [levels[place] for place in places or ()]
    pairs = itertools.pairwise(values)
    return bool(values) and all(type(a) is type(b) and a <= b for a, b in pairs)


def facts_of_value(value: list[Any] | tuple[Any, ...] | str) -> Iterator[Fact]:
    """Yield the facts that hold for one list or text."""
    yield "length", len(value)
    yield "parity of length", len(value) % 2
    if value == value[::-1]:
        yield ("palindrome",)
    if isinstance(value, str):
        yield from _text_facts(value)
    counts = _counts(value)
    if counts is not None:
        repeated = [count for count in counts.values() if count > 1]
        if not repeated:
            yield ("distinct",)
        if len(repeated) == 1:
            yield ("one value is repeated",)
        if counts and 2 * max(counts.values()) > len(value):
            yield ("a majority",)
        yield from _but_one(counts)
        if {*counts} in ({*range(len(value))}, {*range(1, len(value) + 1)}) and value:
            yield "permutation from", min(counts)
    if value and value[0] and not isinstance(value, str):
        yield ("the first is not nothing",)
    if all(isinstance(item, str) for item in value) and len({*map(len, value)}) <= 1:
        yield ("texts of one length",)
    if all(type(item) in (int, float) for item in value) or all(type(i) is str for i in value):
        yield from _order_facts(value)
    elif all(isinstance(item, (list, tuple)) for item in value):
        yield from _row_facts(value)


def _text_facts(text: str) -> Iterator[Fact]:
    depths = list(itertools.accumulate((c in "([{") - (c in ")]}") for c in text))
    if min(depths, default=0) >= 0 and (depths or [0])[-1] == 0:
        yield ("balanced",)
    if text == text.strip():
        yield ("no white space around",)
    if "  " not in text:
        yield ("single spaces",)
    if not re.search(r"(?<!\d)0\d", text):
        yield ("no leading zeros",)
    yield "first", _class(text[:1])
    yield "last", _class(text[-1:])
    yield "has", *sorted({_class(letter) for letter in text})
    yield "words", len(text.split())


def _class(letter: str) -> str:
    if not letter:
        return ""
    tests = {"lower": str.islower, "upper": str.isupper, "digit": str.isdigit}
    return next((name for name, test in tests.items() if test(letter)), letter)


def _order_facts(items: Any) -> Iterator[Fact]:
    pairs = list(itertools.pairwise(items))
    if all(a <= b for a, b in pairs):
        yield ("ascending",)
    if all(a >= b for a, b in pairs):
        yield ("descending",)
    if sum(a > b for a, b in itertools.pairwise([*items, *items[:1]])) <= 1:
        yield ("ascending but for a rotation",)
    if all(a != b for a, b in pairs):
        yield ("neighbours differ",)
    peaks = [a < b for a, b in pairs]
    if len(peaks) > 1 and peaks[0] and not peaks[-1] and peaks == sorted(peaks, reverse=True):
        yield ("a mountain",)


def _row_facts(rows: Any) -> Iterator[Fact]:
    if all(len(row) == i for i, row in enumerate(rows, start=1)):
        yield ("triangle",)
    if len({len(row) for row in rows}) > 1:
        return
    yield ("rectangle",)
    width = len(rows[0]) if rows else 0
    if width == len(rows):
        yield ("square",)
        if all(rows[i][j] == rows[j][i] for i in range(width) for j in range(i)):
            yield ("symmetric",)
        if len({repr(rows[i][i]) for i in range(width)}) == 1:
            yield "diagonal", repr(rows[0][0])
    flat = [item for row in rows for item in row]
    if not all(type(item) in (int, float) for item in flat):
        return
    if len(set(flat)) == len(flat):
        yield ("all cells distinct",)
    if all(itertools.starmap(lambda a, b: a <= b, itertools.pairwise(flat))):
        yield ("cells ascending",)
    for name, lines in (("rows", rows), ("columns", list(zip(*rows, strict=True)))):
        if all(list(line) == sorted(line) for line in lines):
            yield name, "ascending"
    if width == 2:
        yield ("pairs",)
    if width <= LONGEST_ROW:
        for i in range(width):
            column = [row[i] for row in rows]
            if len(set(column)) == len(column):
                yield "column", i, "distinct"
            if column == sorted(column):
                yield "column", i, "ascending"
    if width <= LONGEST_ROW:
        for i, j in itertools.combinations(range(width), 2):
            yield from ((i, *fact, j) for fact in _compared([(row[i], row[j]) for row in rows]))
    if width >= 2 and all(type(item) is int for item in flat) and width <= 3:
        yield from _graph_facts([(row[0], row[1]) for row in rows])


def _graph_facts(edges: list[tuple[int, int]]) -> Iterator[Fact]:
    graph = networkx.Graph(edges)
    if edges and networkx.is_connected(graph):
        yield ("connected",)
    if graph.number_of_edges() == len(edges):
        yield ("no edge twice",)
        if edges and networkx.is_forest(graph):
            yield ("forest",)
    if networkx.is_directed_acyclic_graph(networkx.DiGraph(edges)):
        yield ("acyclic",)
    later = sorted(edges)
    if all(before[1] <= after[0] for before, after in itertools.pairwise(later)):
        yield ("intervals apart",)


def _counts(value: Any) -> Counter[Any] | None:
    try:
        return Counter(tuple(item) if isinstance(item, list) else item for item in value)
    except TypeError:  # lists of lists of lists
        return None


def _but_one(counts: Counter[Any]) -> Iterator[Fact]:
    """Yield how often all values but one occur, and how often that one does."""
    times = Counter(counts.values())
    if len(times) == 2:
        for (often, _), (odd, values) in itertools.permutations(times.items()):
            if values == 1:
                yield "all but one occur", often, odd


def _compared(pairs: list[tuple[Any, Any]]) -> Iterator[Fact]:
    """Yield how the first of each pair compares with the second."""
    if not pairs or not all(type(item) in (int, float) for pair in pairs for item in pair):
        return
    if all(a == b for a, b in pairs):
        yield ("=",)
    if all(a + 1 == b for a, b in pairs):
        yield ("one below",)
    if all(a - 1 == b for a, b in pairs):
        yield ("one above",)
    if all(a <= b for a, b in pairs):
        yield ("<=",)
    if all(a < b for a, b in pairs):
        yield ("<",)
    if all(a >= b for a, b in pairs):
        yield (">=",)
    if all(a > b for a, b in pairs):
        yield (">",)
    if all(a != b for a, b in pairs):
        yield ("differs",)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [item for inner in value for item in _flat(inner)]
    return [value]


def _nodes(value: Any) -> int:
    """Return how many different numbers the first two columns of rows have, if they are edges."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(row, list) for row in value):
        return 0
    if {len(row) for row in value} <= {2, 3}:
        found = [item for row in value for item in row[:2]]
        return len(set(found)) if all(type(item) is int for item in found) else 0
    return 0


def relations_of(arguments: list[Any]) -> set[Fact]:
    """Return the relations between arguments: their numbers, lengths, extremes and members."""
    measures: dict[Fact, Any] = {}
    for i, value in enumerate(arguments):
        if type(value) in (int, float):
            measures[i, "value"] = value
        elif isinstance(value, (list, tuple, str)):
            measures[i, "length"] = len(value)
            flat = [item for item in _flat(value) if type(item) in (int, float)]
            if flat and not isinstance(value, str):
                measures |= {(i, "least"): min(flat), (i, "greatest"): max(flat)}
            if flat and value and isinstance(value[0], (list, tuple)):
                measures[i, "width"] = len(value[0])
    found: set[Fact] = set()
    for (one, a), (other, b) in itertools.combinations(measures.items(), 2):
        found |= {(one, *fact, other) for fact in _compared([(a, b)])}
        if one[1] == "length" and other[1] == "value" and b > 0 and a % b == 0:
            found.add((one, "is a multiple of", other))
    for j, value in enumerate(arguments):
        nodes = _nodes(value)
        for one, measure in measures.items():
            if nodes and measure == nodes and (one[0] != j or one[1] == "length"):
                found.add((one, "counts the nodes of", j))
    for (i, one), (j, other) in itertools.permutations(enumerate(arguments), 2):
        if isinstance(other, (list, tuple, str)):
            inner = _flat(other) if not isinstance(other, str) else list(other)
            mine = list(one) if isinstance(one, str) and isinstance(other, str) else _flat(one)
            if all(item in inner for item in mine):
                found.add((i, "is part of", j))
            if isinstance(one, (list, tuple, str)) and Counter(mine) == Counter(inner):
                found.add((i, "is a permutation of", j))
    return found
