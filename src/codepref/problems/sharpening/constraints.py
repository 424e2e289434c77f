"""What a statement promises about its inputs: comparisons that can be read, and prose.

``1 <= k <= nums.length`` is checked on every input made; what prose promises must be shown by
facts of the inputs, or else nothing is made (``codepref.problems.sharpening.promises``).
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from codepref.problems.sharpening.comparisons import Comparison, comparisons
from codepref.problems.sharpening.promises import is_harmless, prose_promises
from codepref.problems.sharpening.ranges import HOW_MANY_NODES
from codepref.records import Problem

_EXTREMES = ("least", "greatest")
# What each side of a comparison is bounded from by the other.
_SIDES = {
    sign: (("above",), ("below",)) if "<" in sign else (("below",), ("above",))
    for sign in ("<=", "<", ">=", ">")
} | {"!=": ((), ())}
_FROM_ONE = re.compile(r"1-indexed|indexed from 1|1-based")
_SHORTEST_NAME = 3  # letters; shorter ones are too often words or other names in another case


class Constraints:
    """The comparisons of a statement, and what it promises that is none.

    A comparison that a given input breaks is not believed.

    Args:
        problem: whose statement is read.
        inputs: its given inputs, as decoded arguments.

    Attributes:
        unread: sentences, lines and comparisons that promise something, and are not checked.
        columns: names of the columns of lists of rows (``columns_of``).
    """

    def __init__(self, problem: Problem, inputs: Sequence[list[Any]]) -> None:
        self._names = {name: i for i, name in enumerate(problem.parameters or [])}
        kinds = enumerate(problem.parameter_types or [])
        self._nodes = {i: kind for i, kind in kinds if kind in ("ListNode", "TreeNode")}
        text = "\n".join([problem.statement, problem.input_format, problem.notes])
        text = _with_products(_in_their_case(text.replace("\u200b", ""), self._names))
        self._parts = re.findall(r"\b(\w+) = \[(\w+(?:, ?\w+)+)\]", text)
        self._sizes = re.findall(r"number of nodes in the (list|tree) is ([a-z]\w*)\b", text)
        self.columns = columns_of(text, self._widths(inputs))
        before, _, listed = text.partition("Constraints:")
        self.unread = prose_promises(before, listed)
        self._comparisons: list[Comparison] = []
        for line in filter(None, map(str.strip, listed.splitlines())):
            found = list(comparisons(self._with_sizes(_with_columns(line, self.columns))))
            if (
                found
                and _FROM_ONE.search(text)
                and any(one.counts_places(self._names) for one in found)
            ):
                found = []
            self._comparisons += found
            if not found and not is_harmless(line) and line not in self.unread:
                self.unread.append(line)
        self._settle(inputs)

    def _widths(self, inputs: Sequence[list[Any]]) -> dict[str, int]:
        """Return how long the rows of each parameter are; 0: it has none of one length."""
        widths = {}
        for name, number in self._names.items():
            values = [given[number] for given in inputs if number < len(given)]
            rows = [row for value in values if isinstance(value, list) for row in value]
            lengths = {len(row) if isinstance(row, (list, tuple)) else 0 for row in rows}
            widths[name] = lengths.pop() if len(lengths) == 1 else 0
        return widths

    def _settle(self, inputs: Sequence[list[Any]]) -> None:
        """Keep what all given inputs keep; what one breaks may have lost a power."""
        verdicts = [self._judge(given) for given in inputs]
        numbers = range(len(self._comparisons))
        broken = {n for n in numbers if any(found[n] is False for found in verdicts)}
        for number in broken:
            self._comparisons[number] = self._comparisons[number].with_powers()
        verdicts = [self._judge(given) for given in inputs] if broken else verdicts
        kept: list[Comparison] = []
        for number, item in enumerate(self._comparisons):
            seen = [found[number] for found in verdicts]
            if None in seen:
                self.unread.append(str(item))
            elif False not in seen:
                kept.append(item)
        self._comparisons = kept

    def allow(self, arguments: list[Any]) -> bool:
        """Tell whether an input keeps all comparisons, as the given ones do."""
        return all(self._judge(arguments).values())

    def _judge(self, arguments: list[Any]) -> dict[int, bool | None]:
        """Return which comparisons hold, by their number; None: it cannot be evaluated."""
        known = {name: arguments[i] for name, i in self._names.items() if i < len(arguments)}
        known |= self._of_nodes(arguments)
        for whole, parts in self._parts:
            values, names = known.get(whole), parts.replace(" ", "").split(",")
            if isinstance(values, list) and len(values) == len(names):
                known = dict(zip(names, values, strict=True)) | known
        verdicts: dict[int, bool | None] = {}
        for _ in range(3):  # names like n are known once "n == nums.length" was read
            for number, item in enumerate(self._comparisons):
                if number not in verdicts and item.learn(known):
                    verdicts[number] = True
        for number, item in enumerate(self._comparisons):
            if number not in verdicts:
                verdicts[number] = item.holds(known)
        return verdicts

    def _with_sizes(self, line: str) -> str:
        """Return a line with ``1 <= ListNodes[i] <= m * n`` for the range of how many there are."""
        found = HOW_MANY_NODES.search(line)
        if not found or f"{found[1].title()}Node" not in self._nodes.values():
            return line
        return f"{found[2]} <= {found[1].title()}Nodes[i] <= {found[3]}"

    @property
    def counts_nodes(self) -> bool:
        """Whether a comparison bounds how many nodes each tree has."""
        return any("TreeNodes" in str(one) for one in self._comparisons)

    @property
    def described(self) -> dict[tuple[int, str], set[str]]:
        """The measures of parameters that comparisons speak of, and from where they bound them.

        Of a number its "value"; of a list its "length", the "width" of its members, and the "least"
        and "greatest" number in it. ``{(0, "length"): {"below", "above"}}``
        """
        found: dict[tuple[int, str], set[str]] = defaultdict(set)
        for one in self._comparisons:
            sides = _SIDES.get(one.sign, (("below", "above"),) * 2)
            for expression, bounded in zip((one.left, one.right), sides, strict=True):
                for measure in self._measures(ast.unparse(expression)):
                    found[measure] |= set(bounded)
        return dict(found)

    def _measures(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield the measures of which an expression speaks."""
        for name, number in self._names.items():
            for inside, length in re.findall(
                rf"\b{re.escape(name)}\b((?:\[[^\]]*\])*)(\.length)?", text
            ):
                if length:
                    yield number, "width" if inside else "length"
                elif inside:
                    yield from ((number, one) for one in _EXTREMES)
                else:
                    yield number, "value"
        for number, kind in self._nodes.items():
            if f"{kind}s" in text:
                yield number, "length"
            if "Node.val" in text:
                yield from ((number, one) for one in _EXTREMES)

    def _of_nodes(self, arguments: list[Any]) -> dict[str, Any]:
        """Return the values of all nodes, how many each list or tree has, and names of that."""
        found: dict[str, list[list[Any]]] = defaultdict(list)
        for i, kind in self._nodes.items():
            if i < len(arguments) and isinstance(arguments[i] or [], list):
                found[kind].append([value for value in arguments[i] or [] if value is not None])
        known: dict[str, Any] = {f"{kind}s": list(map(len, found[kind])) for kind in found}
        if found:
            known["Node"] = [value for wholes in found.values() for one in wholes for value in one]
        for word, name in self._sizes:
            if sizes := known.get(f"{word.title()}Nodes"):
                known[name] = sizes[0]
        return known


def columns_of(text: str, widths: Mapping[str, int]) -> dict[str, tuple[str, str, int]]:
    """Return the names of the columns of lists of rows: ``edges[i] = [ai, bi]`` names two.

    Args:
        text: "a pair [ai, bi]" names them, too, where one list alone has rows of two.
        widths: of each parameter's rows; 0: it has none, or of several lengths.

    Returns:
        By name: the list, the index, and the column's number.
    """
    found = re.findall(r"\b(\w+)\[(\w)\] = [\[(](\w+(?:, ?\w+)+)[\])]", text)
    for columns in re.findall(r"[\[(](\w+[ij](?:, ?\w+[ij])+)[\])]", text):
        wholes = [name for name, width in widths.items() if width == columns.count(",") + 1]
        found += [(whole, columns[-1], columns) for whole in wholes if len(wholes) == 1]
    return {
        column: (whole, index, number)
        for whole, index, columns in reversed(found)
        if whole in widths
        for number, column in enumerate(re.split(", ?", columns))
        if column not in widths and not column.isdigit()
    }


def _with_columns(line: str, columns: Mapping[str, tuple[str, str, int]]) -> str:
    """Return a line with ``edges[i][0]`` for ``ai``, and of the row before for ``ai-1``."""
    for column, (whole, index, number) in columns.items():
        shifted = rf"\b{re.escape(column)}([-+])(\d+)\b"
        line = re.sub(shifted, rf"{whole}[{index} \1 \2][{number}]", line)
        line = re.sub(rf"\b{re.escape(column)}\b(?!\[)", f"{whole}[{index}][{number}]", line)
    return line


def _in_their_case(text: str, names: Iterable[str]) -> str:
    """Return a text in which parameters are spelled as they are, not as ``obstaclegrid``."""
    for name in names:
        if len(name) >= _SHORTEST_NAME:
            text = re.sub(rf"\b{re.escape(name)}\b", name, text, flags=re.IGNORECASE)
    return text


def _with_products(text: str) -> str:
    """Return a text with ``2 * n`` for ``2n`` where an equation of it reads so.

    Elsewhere ``2n`` may be what is left of a power: data sets lose how a number was set.
    """
    found = re.findall(r"^[ \t]*(\d+)([a-z]) ==|== (\d+)([a-z])[ \t.]*$", text, re.MULTILINE)
    for number, name in {(a or c, b or d) for a, b, c, d in found}:
        text = re.sub(rf"\b{number}{name}\b", f"{number} * {name}", text)
    return text
