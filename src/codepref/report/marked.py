"""Two texts side by side, with what differs between them marked."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

Segment = tuple[str, int]
"""text, and whether (1) the other side has not the same here"""

ALIKE = 0.5
"""lines less alike than this are marked whole: single letters in common would only confuse"""


def marked(old: str, new: str) -> tuple[list[Segment], list[Segment]]:
    """Return both texts in segments; joined they are the texts again."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    left: list[Segment] = []
    right: list[Segment] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            left.append(("".join(before[a:b]), 0))
            right.append(("".join(after[c:d]), 0))
        elif tag == "replace" and b - a == d - c:
            for one, other in zip(before[a:b], after[c:d], strict=True):
                _lines(one, other, left, right)
        else:
            left.append(("".join(before[a:b]), 1))
            right.append(("".join(after[c:d]), 1))
    return joined(left), joined(right)


def _lines(old: str, new: str, left: list[Segment], right: list[Segment]) -> None:
    """Mark the words that differ between two lines."""
    before, after = _words(old), _words(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < ALIKE:
        left.append((old, 1))
        right.append((new, 1))
        return
    for tag, a, b, c, d in matcher.get_opcodes():
        left.append(("".join(before[a:b]), int(tag != "equal")))
        right.append(("".join(after[c:d]), int(tag != "equal")))


def _words(line: str) -> list[str]:
    return re.findall(r"\w+|\s+|[^\w\s]", line)


def joined(segments: Sequence[Segment]) -> list[Segment]:
    """Return segments without empty ones, neighbours of one kind put together."""
    found: list[Segment] = []
    for text, differs in segments:
        if found and found[-1][1] == differs:
            found[-1] = (found[-1][0] + text, differs)
        elif text:
            found.append((text, differs))
    return found
