"""What prose promises about inputs, and which of it the facts of the given inputs show.

"The test cases are generated such that you can reach the end" cannot be checked: who makes inputs
for that problem makes wrong tests, so it is better left alone. "There are no repeated edges" can,
where all given inputs have that fact: then every input made has it, too.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from codepref.problems.sharpening.input_facts import Fact

# Sentences of a statement that promise something. Lines of its list of constraints all do.
_PROMISE = re.compile(
    r"guarante|may assume|generated (?:such|so) that|input is generated|appears?\b.*\bexcept|"
    r"except (?:for )?one\b|will never|will not be|will be no|always|not contain any|"
    r"there (?:is|will be) at least one|pairwise|marked with|started as|"
    r"(?:given|represent\w*) an? (?:valid|roman)\b|leading (?:zero|0)",
    re.IGNORECASE,
)
_GIVEN_SORTED = re.compile(r"given\b[^,.]*\bsorted\b[^,.]*", re.IGNORECASE)
_ONE_ANSWER = re.compile(
    r"(?:answer|solution)\w* (?:exists|is unique|will be unique)|guaranteed to be unique|"
    r"exactly one (?:valid )?(?:answer|solution)|only one (?:valid )?(?:answer|solution)",
    re.IGNORECASE,
)
# What says nothing of the inputs: answers, permissions, questions, sizes, definitions.
_HARMLESS = re.compile(
    r"fit|32-bit|less than or equal to|infinite|unlimited|\?$|follow.?up|^note|not exceed|"
    r"(?:can|may) (?:not )?(?:contain|be|have)\b|(?:ignor|skip)\w+ leading|"
    r"leading zeros are allowed|"
    r"number of (?:the )?nodes in .* (?:is|will be) (?:(?:in )?the range \[[-\d]|[a-z]\w*\.?$)|"
    r"^\w+(?:\[\w\])? = [\[(]",
    re.IGNORECASE,
)
# Characters, which are never others than those of the given texts.
_CHARACTERS = re.compile(
    r"consist|contains? only|only contain|contains? .*letters|English (?:lower|upper)?\w* ?letter|"
    r"printable|is a digit|is '|starts with a letter|(?:is|are|be) either|separated by|only space",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"([^\"]*)\"|“([^”]*)”")

Sets = list[set[Fact]]
_IN_ORDER: Sets = [
    {("ascending",)}, {("descending",)},
    {("cells ascending",)}, {("rows", "ascending")}, {("column", 0, "ascending")},
]  # fmt: skip
# What a sentence says, and the facts of which one set shows it.
_GUARDS: list[tuple[str, Sets]] = [
    (r"leading (?:zero|0)", [{("no leading zeros",)}, {("the first is not nothing",)}]),
    (r"leading or trailing space|extra space", [{("no white space around",)}]),
    (r"(?:single|one) space", [{("single spaces",)}]),
    (r"(?:repeated|duplicate|multiple|parallel) (?:edge|road|connection|flight|path|highway)s?\b|"
     r"at most one (?:edge|road)", [{("no edge twice",)}]),
    (r"pairs?\b.*(?:unique|distinct)", [{("no edge twice",)}, {("distinct",), ("pairs",)}]),
    (r"tuples?\b.*(?:unique|distinct)", [{("distinct",)}]),
    (r"self.?(?:loop|edge)", [{(0, "differs", 1)}]),
    (r"connected\b", [{("connected",), ("all nodes",)}]),
    (r"acyclic|no cycles?\b|not contain cycles?\b", [{("acyclic",)}]),
    (r"(?:valid|connected|is a|be a|forms? a|undirected) tree\b",
     [{("connected",), ("forest",), ("all nodes",)}]),
    (r"binary search tree", [{("search tree",), ("distinct nodes",)}]),
    (r"\bmountain\b", [{("a mountain",)}]),
    (r"majority", [{("a majority",)}]),
    (r"palindrom", [{("palindrome",)}]),
    (r"^(?!.*rotated).*(?:sorted|ascending|descending|(?:in|de)creasing)", _IN_ORDER),
    (r"rotated", [{("ascending but for a rotation",)}]),
    (r"strictly", [{("distinct",)}]),
    (r"parenthes[ie]s are balanced|balanced parenthes|bracket.* corresponding",
     [{("balanced",)}]),
    (r"twice,? except", [{("all but one occur", 2, 1)}]),
    (r"(?:three times|thrice),? except", [{("all but one occur", 3, 1)}]),
    (r"permutation of (?:the )?(?:first )?n\b|permutation of .*integers", [
        {("permutation from", 0)}, {("permutation from", 1)}]),
    (r"(?<!pair )(?<!pairs )\b(?:unique|distinct|duplicate(?! (?:edge|road))|different)", [
        {("distinct",)}, {("distinct nodes",)}]),
]  # fmt: skip
_OF_CELLS = re.compile(r"value|element|integer|number|cell", re.IGNORECASE)
_OF_GRAPHS = re.compile(r"edge|road|graph|connect|flight|valid tree|be a tree|loop|cycl")
_DISTINCT = re.compile(r"unique|distinct|different|duplicate|no two", re.IGNORECASE)
_MEMBERS = re.compile(
    r"^(?!.* and )(?!.*number).*\b(?:element|value|integer|string|word|digit|character|letter|row|"
    r"node|pair|tuple)s?\b",
    re.IGNORECASE,
)
_OF_ROWS = re.compile(r"pair|tuple")
_EACH_IS = re.compile(r"(?<! of )\b\w+(?:\[\w\])+ (?:is|are|will be|should be) (?:unique|distinct)")
_DEEPER = re.compile(r"leading|space|palindrom")
# What stays a promise whatever facts are shown.
_BEYOND = re.compile(
    r"valid (?!(?:binary search )?tree|ascii)|expression|possible|reach|answer|solution|division|"
    r"format|queries(?!\[)|after|every|(?<!edge )(?<!road )(?<!rotated )between|parents?\b|"
    r"preorder|inorder|postorder|reverse|is an edge|one of them|(?<!and n )times?\b(?!,? except)|"
    r"complete|full|except one",
    re.IGNORECASE,
)
_MEMBER = re.compile(
    r"(?:(?:it is|it's) guaranteed that )?(?:each |all |the value )?(\w+)(?:\[\w\])?"
    r"(?: and (\w+))? (?:is|are|exists?|occurs?|appears?|will be)(?: guaranteed to be)?"
    r"(?: an integer| at least once| an element)? (?:in|from|of)(?: the)?(?: array| list)? "
    r"(\w+)\.?",
    re.IGNORECASE,
)
_STRANGER = re.compile(r"(?<![\w'])([b-hj-mo-z])(?![\w'.])")  # a name: neither "a" nor "n"


@dataclass(frozen=True)
class Shown:
    """What all given inputs of a problem show, and every input made.

    Attributes:
        names: of the parameters.
        facts: of lists and texts, by parameter and depth: 0 for itself, 1 for its members.
        texts: parameters that are or hold texts.
        columns: names of columns of lists of rows: the list, an index, the column's number.
        is_part: whether one parameter's values are always members of another's.
        apart: whether two parameters never share a member.
    """

    names: Sequence[str]
    facts: Mapping[tuple[int, int], set[Fact]]
    texts: set[int]
    columns: Mapping[str, tuple[str, str, int]]
    is_part: Callable[[int, int], bool]
    apart: Callable[[int, int], bool]


def prose_promises(before: str, listed: str) -> list[str]:
    """Return the sentences that promise something of the inputs.

    Args:
        before: the statement before its list of constraints.
        listed: that list, one a line.
    """
    sentences = re.split(r"(?<=[.!?])\s+|\n+", before)
    return _GIVEN_SORTED.findall(before) + [
        sentence.strip()
        for sentence in [*sentences, *listed.splitlines()]
        if _ONE_ANSWER.search(sentence)
        or (_PROMISE.search(sentence) and not is_harmless(sentence.strip()))
    ]


def is_harmless(line: str) -> bool:
    """Tell whether a line says nothing of the inputs that an input made could break."""
    return bool(_HARMLESS.search(line))


def is_guarded(sentence: str, shown: Shown) -> bool:
    """Tell whether every input made keeps a promise, as the given ones show facts that keep it."""
    number = {name: i for i, name in enumerate(shown.names)}
    if member := _MEMBER.fullmatch(sentence):
        *parts, whole = filter(None, member.groups())
        if all(name in number for name in (*parts, whole)):
            return all(shown.is_part(number[part], number[whole]) for part in parts)
    meant = _meant(sentence, shown)
    if _CHARACTERS.search(sentence) and not _names_words(sentence):
        wholes = {i for i, _, _ in meant} or {i for i, _ in shown.facts}
        return bool(wholes) and wholes <= shown.texts and not _BEYOND.search(sentence)
    wanted = [sets for pattern, sets in _GUARDS if re.search(pattern, sentence, re.IGNORECASE)]
    if not wanted or _BEYOND.search(sentence):
        return False
    if _OF_GRAPHS.search(sentence):
        of_all = shown.facts.values()
        return all(any(one <= found for found in of_all for one in sets) for sets in wanted)
    if _DISTINCT.search(sentence):
        lists = sorted({number for number, _, _ in meant if (number, 0) in shown.facts})
        if any(shown.apart(*two) for two in itertools.combinations(lists, 2)):
            return False  # of both together, perhaps
    return bool(meant) and all(
        any(_has(place, one, sentence, shown) for one in sets) for place in meant for sets in wanted
    )


def _meant(sentence: str, shown: Shown) -> list[tuple[int, int, int | None]]:
    """Return what a sentence speaks of: parameters, depths, and columns by their number."""
    places: list[tuple[int, int, int | None]] = []
    for i, name in enumerate(shown.names):
        for found in re.finditer(rf"(?<![\w']){re.escape(name)}((?:\[\w\])*)(?!\w)", sentence):
            places.append((i, found[1].count("["), None))
    number = {name: i for i, name in enumerate(shown.names)}
    for column, (whole, _, place) in shown.columns.items():
        if re.search(rf"\b{re.escape(column)}\b", sentence):
            places.append((number[whole], 0, place))
    lists = {i for i, depth in shown.facts if depth == 0}
    of_lists = [place for place in places if place[0] in lists]
    if places or (_DISTINCT.search(sentence) and not _MEMBERS.search(sentence)):
        return of_lists or places
    if any(name not in number for name in _STRANGER.findall(sentence)):
        return []
    return [(i, 0, None) for i in lists] if len(lists) == 1 else []


def _has(
    place: tuple[int, int, int | None], wanted: set[Fact], sentence: str, shown: Shown
) -> bool:
    number, depth, column = place
    if wanted == {("distinct",)} and _EACH_IS.search(sentence):
        wanted, depth = ({("all cells distinct",)} if depth > 1 else wanted), 0
    found = shown.facts.get((number, depth), set())
    if column is not None and not _OF_ROWS.search(sentence):
        return all(("column", column, *fact) in found for fact in wanted)
    if wanted == {("distinct",)} and ("rectangle",) in found and _OF_CELLS.search(sentence):
        return ("all cells distinct",) in found
    deeper = shown.facts.get((number, depth + 1), set()) if _DEEPER.search(sentence) else set()
    return wanted <= found or wanted <= deeper


def _names_words(sentence: str) -> bool:
    """Tell whether a sentence quotes words of which a text consists, and not letters alone."""
    return any(len(one or other) > 1 for one, other in _QUOTED.findall(sentence))
