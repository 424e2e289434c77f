"""What prose promises about inputs, and which of it the facts of the given inputs show anyway.

"The test cases are generated such that you can reach the end" cannot be checked: who makes inputs
for that problem makes wrong tests, so it is better left alone. "There are no repeated edges" can,
where all given inputs have that fact: then every input made has it, too.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from codepref.problems.sharpening.input_facts import Fact

# Sentences that promise something, and those among them that the facts of the inputs show anyway
# or that say nothing about the inputs.
_PROMISE = re.compile(
    r"guarante|may assume|generated (?:such|so) that|input is generated|appears?\b.*\bexcept|"
    r"will never|will not be|will be no|always|not contain any|there (?:is|will be) at least one|"
    r"(?:given|represent\w*) an? (?:valid|roman)\b|leading (?:zero|0)",
    re.IGNORECASE,
)
_SHOWN = re.compile(
    r"sorted|unique|distinct|rotated|fit|32-bit|less than or equal to|infinite|unlimited|\?$|"
    r"(?:can|may) contain (?:a )?leading|(?:ignor|skip)\w+ leading|leading zeros are allowed",
    re.IGNORECASE,
)
_ONE_ANSWER = re.compile(
    r"(?:answer|solution)\w* (?:exists|is unique|will be unique)|guaranteed to be unique|"
    r"exactly one (?:valid )?(?:answer|solution)|only one (?:valid )?(?:answer|solution)",
    re.IGNORECASE,
)
# Lines of a list of constraints that are shown by the inputs: characters, nodes, order.
_SHOWN_LINE = re.compile(
    r"consists?\b|contains? only|only contain|contains? .*letters|number of (?:the )?nodes|sorted|"
    r"unique|distinct|rotated|is either|is '|is a digit|^(?:\S+|\S+ and \S+) (?:is|are) in the "
    r"range|"
    r"(?:is|are) -?\d+(?:, | or )|non-decreasing|ascending|follow.?up|^note|fit|may contain|"
    r"Node\.val|separated by|only space|is (?:even|odd)\.|not exceed|English letters?|printable|"
    r"starts with a letter|duplicate|^\S+ == \S+ or \S+$|\?$|infinite|unlimited|can contain|"
    r"^\w+(?:\[\w\])? = \[",
    re.IGNORECASE,
)
# What a sentence says, and the facts of which one of a list's sets shows it.
_GUARDS: list[tuple[str, list[set[Fact]]]] = [
    (r"leading (?:zero|0)", [{("no leading zeros",)}, {("the first is not nothing",)}]),
    (r"leading or trailing space|extra space", [{("no white space around",)}]),
    (r"single space|one space", [{("single spaces",)}]),
    (r"(?:repeated|duplicate|multiple|parallel) (?:edge|road|connection|flight|path)s?\b|"
     r"at most one (?:edge|road)", [{("no edge twice",)}]),
    (r"self.?loop", [{(0, "differs", 1)}]),
    (r"connected\b", [{("connected",)}]),
    (r"acyclic|no cycles?\b|not contain cycles?\b", [{("acyclic",)}]),
    (r"(?<!binary )(?<!search )\btree\b", [{("connected",), ("forest",)}]),
    (r"binary search tree", [{("search tree",), ("distinct nodes",)}]),
    (r"\bmountain\b", [{("a mountain",)}]),
    (r"majority", [{("a majority",)}]),
    (r"palindrom", [{("palindrome",)}]),
    (r"strictly increasing", [{("ascending",), ("distinct",)}]),
    (r"strictly decreasing", [{("descending",), ("distinct",)}]),
    (r"parenthes[ie]s are balanced|balanced parenthes|bracket.* corresponding",
     [{("balanced",)}]),
    (r"twice except", [{("all but one occur", 2)}]),
    (r"(?:three times|thrice) except", [{("all but one occur", 3)}]),
    (r"permutation of (?:the )?(?:first )?n\b|permutation of .*integers", [
        {("permutation from", 0)}, {("permutation from", 1)}]),
]  # fmt: skip
_OF_GRAPHS = re.compile(r"edge|road|graph|connect|flight|tree|loop|cycl")
# What stays a promise whatever facts are shown.
_BEYOND = re.compile(
    r"valid (?!(?:binary search )?tree)|expression|possible|reach|answer|solution|division|format|"
    r"queries|after|every|between|parent|preorder|inorder|postorder|reverse",
    re.IGNORECASE,
)
_MEMBER = re.compile(
    r"(?:each |all |the value )?(\w+)(?:\[\w\])?(?: and (\w+))? (?:is|are|exists?|occurs?|appears?)"
    r"(?: guaranteed to be)?(?: an integer| at least once)? (?:in|from)(?: the)?(?: array| list)? "
    r"(\w+)\.?",
    re.IGNORECASE,
)


def prose_promises(before: str, listed: str) -> list[str]:
    """Return the sentences that promise something that is not shown by any input's characters.

    Args:
        before: the statement before its list of constraints.
        listed: that list, one a line.
    """
    sentences = re.split(r"(?<=[.!?])\s+|\n+", before)
    return [
        sentence.strip()
        for sentence in [*sentences, *listed.splitlines()]
        if _ONE_ANSWER.search(sentence)
        or (_PROMISE.search(sentence) and not _SHOWN.search(sentence))
    ]


def is_shown(line: str) -> bool:
    """Tell whether a line of constraints that is no comparison is shown by any inputs."""
    return bool(_SHOWN_LINE.search(line))


def is_guarded(
    sentence: str, names: Sequence[str], facts: Mapping[int, set[Fact]],
    is_part: Callable[[int, int], bool],
) -> bool:  # fmt: skip
    """Tell whether facts that every input made will have keep a promise.

    Args:
        sentence: a promise.
        names: of the parameters.
        facts: that all given inputs share, by parameter; those that are lists or texts.
        is_part: whether one parameter's values are always members of another's.
    """
    number = {name: i for i, name in enumerate(names)}
    if member := _MEMBER.fullmatch(sentence):
        *parts, whole = filter(None, member.groups())
        known = all(name in number for name in (*parts, whole))
        return known and all(is_part(number[part], number[whole]) for part in parts)
    wanted = [sets for pattern, sets in _GUARDS if re.search(pattern, sentence, re.IGNORECASE)]
    if not wanted or _BEYOND.search(sentence):
        return False
    if _OF_GRAPHS.search(sentence):
        return all(any(one <= found for found in facts.values() for one in sets) for sets in wanted)
    named = [i for name, i in number.items() if re.search(rf"\b{re.escape(name)}\b", sentence)]
    meant = [i for i in named if i in facts] if named else list(facts)[: len(facts) == 1]
    return bool(meant) and all(
        any(one <= facts[i] for one in sets) for i in meant for sets in wanted
    )
