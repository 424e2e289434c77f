"""A statement's parts: what is asked, input and output format, examples, notes.

Sources that give one text are cut at the headings they use. What is not cut stays in the statement:
examples that are still there are in it, and nowhere else.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any

from codepref.problems.statements.text import markdown_to_text

_HEADING = re.compile(
    r"^(?:-{2,} *)?(input|output|examples?|notes?)(?: *-{2,})?:?[ \t]*$", re.I | re.M
)
# LeetCode: "Example 1:", then "Input: ...", "Output: ..." and, mostly, "Explanation: ...".
_EXAMPLE = re.compile(r"^[ \t\u200b]*example *\d*:?[ \t]*\n", re.I | re.M)
_AFTER = re.compile(
    r"^[ \t]*(?:(?:constraints?|follow[- ]?up|notes?|custom judge|clarification)\b.{0,40}:|note\b)",
    re.I | re.M,
)
_PROSE = ["statement", "input_format", "output_format", "notes"]


@dataclass(frozen=True)
class Parts:
    """The parts of a statement; ``vars`` of it are fields of a problem's record."""

    statement: str
    input_format: str = ""
    output_format: str = ""
    notes: str = ""
    examples: list[str] = field(default_factory=list)

    def prose(self) -> str:
        """Return all parts but the examples as one text."""
        return "\n\n".join(filter(None, (getattr(self, name).strip() for name in _PROSE)))

    def readable(self) -> "Parts":
        """Return the parts with readable formulas, but for examples; raises NotUnderstood."""
        texts: dict[str, Any] = {name: markdown_to_text(getattr(self, name)) for name in _PROSE}
        return replace(self, **texts)

    def with_tests(self, tests: list[tuple[str, str]]) -> "Parts":
        """Return the parts with a program's tests as examples."""
        return replace(self, examples=[example_of(given, answer) for given, answer in tests])

    def show(self, given: str) -> bool:
        """Tell whether an input is that of an example, or stands where examples may be."""
        start, squeezed = _squeezed(f"Input:{given}Output:"), _squeezed(given)
        return any(
            example.startswith(start) if example.startswith("Input:") else squeezed in example
            for example in map(_squeezed, self.examples or [self.statement])
        )


def example_of(given: str, answer: str) -> str:
    """Return a program's example as it is shown.

    >>> example_of("1 2\\n", "3\\n")
    'Input:\\n1 2\\n\\nOutput:\\n3'
    """
    given, answer = given.strip("\n"), answer.strip("\n")
    return f"Input:\n{given}\n\nOutput:\n{answer}"


def of_question(text: str) -> Parts:
    """Return the parts of a question as LeetCode writes it: text, examples, constraints."""
    starts = list(_EXAMPLE.finditer(text))
    if not starts:
        return Parts(text)
    kept, examples = [text[: starts[0].start()]], []
    ends = [start.start() for start in starts[1:]] + [len(text)]
    for start, end in zip(starts, ends, strict=True):
        block = text[start.end() : end]
        after = _AFTER.search(block)
        if after:  # also "Note:" between two examples
            kept.append(block[after.start() :])
            block = block[: after.start()]
        examples.append(_tidy(block))
    statement = "\n\n".join(filter(None, map(_tidy, kept)))
    if not statement or not all(re.search(r"^\s*Input\b", one, re.M) for one in examples):
        return Parts(text)  # not of this form: nothing is cut
    return Parts(statement, examples=examples)


def of_sections(text: str) -> Parts:
    """Return the parts of a contest's statement that is one text with headings."""
    headings = list(_HEADING.finditer(text))
    names = [match.group(1).lower().rstrip("s") for match in headings]
    if "example" not in names:
        return Parts(text)
    first = names.index("example")
    if names[:first] not in (["input", "output"], ["input"], ["output"], []):
        return Parts(text)
    last = len(names) - names[::-1].index("note") - 1 if "note" in names[first:] else len(names)
    bounds = [match.start() for match in headings] + [len(text)]
    found = {"statement": text[: bounds[0]]}
    for name, match, end in zip(names, headings, bounds[1:], strict=True):
        if headings.index(match) < first:
            found[name] = text[match.end() : end]
    parts = Parts(
        statement=_tidy(found["statement"]),
        input_format=_tidy(found.get("input", "")),
        output_format=_tidy(found.get("output", "")),
        notes=_tidy(text[headings[last].end() :]) if last < len(names) else "",
        examples=_examples(text[headings[first].end() : bounds[last]]),
    )
    return parts if parts.statement else Parts(text)


def _examples(section: str) -> list[str]:
    blocks = _HEADING.split("\n" + section)  # text, heading, text, heading, ...
    names = [name.lower() for name in blocks[1::2]]
    texts = [_tidy(text) for text in blocks[2::2]]
    if not names or names != ["input", "output"] * (len(names) // 2):
        return [_tidy(section)]
    return [example_of(*pair) for pair in zip(texts[::2], texts[1::2], strict=True)]


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
