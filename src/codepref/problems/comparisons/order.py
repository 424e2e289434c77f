"""Whether the order within a function's answer counts, and whether it has several right answers.

Only sentences about the output decide: "you can order the deck in any order" is about the input.
Where a statement asks for "all" of something without a word on order, and where it shows another
answer that "would also be accepted", the tests' own answers decide.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from pydantic_core import from_json

from codepref.problems.comparisons.wording import (
    about_output,
    accepts_several,
    frees_order,
    sentences,
)

Order = Literal["exact", "unordered", "unordered_nested", "unordered_inside", "several"]

_STATED_ORDER = re.compile(
    r"\b(?:order(?:ed)?|sort(?:ed)?|ascending|descending|increasing|decreasing|lexicographic\w*|"
    r"for each occurrence|from (?:left|top|highest|lowest|least|smallest|largest)|same order)\b"
)
_ASKS = re.compile(r"\b(?:return|find|generate|compute|print|list|group)\b")
_ALL_OF_THEM = re.compile(
    r"\b(?:return|find|generate|compute|print|list)(?: (?:out|me|us))?"
    r"(?: (?:an?|the) (?:array|list)(?: consisting)? of)? all\b"
)
# What an inner list stands for where its own order says nothing, and where it does.
_SETS = re.compile(
    r"\b(?:combinations?|subsets?|triplets?|quadruplets?|anagrams?|cliques?|"
    r"components?)\b"
)
_GROUPED = re.compile(r"\bduplicate files\b")
_SEQUENCES = re.compile(
    r"\b(?:permutations?|(?:sub)?sequences?|paths?|boards?|ways|arrays? freq)\b"
)
# "The integers in the lists may be returned in any order": it is the items that have none.
_ITEMS_ARE_FREE = re.compile(
    r"\b(?:in the lists|(?:indices|integers|elements|numbers|values|ids|labels)"
    r"(?: (?:of|in) (?:the |each )?\w+)*(?: (?:can|may|could) be(?: returned)?)? in any)\b"
)
_ALSO_ACCEPTED = re.compile(
    r"\balso (?:been |considered )?(?:accepted|acceptable|correct|"
    r"(?:a )?(?:valid|correct|accepted) answers?)|"
    r"\b(?:another|other) (?:valid|accepted|correct|possible) (?:answers?|trees?)\b|"
    r"\bonly (?:correct|valid|possible) answer|\bis accepted\b"
)
_LITERAL = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]")  # a list, or a list of lists


def answer_order(statement: str, return_type: str | None, outputs: Sequence[Any] = ()) -> Order:
    """Return what of the order in an answer counts.

    Args:
        statement: the whole of it, examples included.
        return_type: as in ``Problem``; None: not known.
        outputs: the tests' answers, decoded.
    """
    kind = (return_type or "").lower()
    parts = sentences(statement)
    if accepts_several(parts):
        return "several"
    if not _is_list(kind, outputs):
        return "several" if kind not in _SCALARS and any(_alternatives(parts)) else "exact"
    nested = _is_nested(kind, outputs)
    about = [part for part in parts if about_output(part)]
    if free := [part for part in parts if frees_order(part)]:
        if not nested:
            return "unordered"
        if any(_ITEMS_ARE_FREE.search(part) for part in free):
            return "unordered_inside"
        if _shown_otherwise(parts, outputs) in ("unordered_inside", "unordered_nested"):
            return "unordered_nested"
        return _inner(parts)
    if (shown := _shown_otherwise(parts, outputs)) is not None:
        return shown
    return _all_of_them(parts, about, kind, nested, outputs)


_SCALARS = ("int", "integer", "long", "bool", "boolean", "float", "double")


def _is_list(kind: str, outputs: Sequence[Any]) -> bool:
    if kind and kind != "any":
        return kind.startswith("list") or kind.endswith("[]")
    return not outputs or any(isinstance(output, (list, tuple)) for output in outputs)


def _is_nested(kind: str, outputs: Sequence[Any]) -> bool:
    if kind and kind != "any":
        return kind.startswith(("list[list[", "list<list<")) or kind.endswith("[][]")
    rows = [output for output in outputs if isinstance(output, (list, tuple)) and output]
    return bool(rows) and all(isinstance(item, (list, tuple)) for row in rows for item in row)


def _inner(parts: Iterable[str]) -> Order:
    text = " ".join(part for part in parts if _ASKS.search(part))
    free = _GROUPED.search(text) or (_SETS.search(text) and not _SEQUENCES.search(text))
    return "unordered_nested" if free else "unordered"


def _alternatives(parts: Iterable[str]) -> list[str]:
    return [part for part in parts if _ALSO_ACCEPTED.search(part)]


def _shown_otherwise(parts: Iterable[str], outputs: Sequence[Any]) -> Order | None:
    """Return what another answer, shown as accepted, differs in from the tests' own."""
    for part in _alternatives(parts):
        for text in _LITERAL.findall(part):
            try:
                other = from_json(text.replace("'", '"'))
            except ValueError:
                continue
            # The same items in another order may be all, or another arrangement of them.
            orders: tuple[Order, ...] = ("unordered_inside",)
            if any(_ALL_OF_THEM.search(part) for part in parts):
                orders = ("unordered_inside", "unordered", "unordered_nested")
            for order in orders:
                same = [_sorted(out, order) == _sorted(other, order) for out in outputs]
                if any(same) and other not in outputs:
                    return order
            if other not in outputs:
                return "several"
    return None


def _all_of_them(
    parts: Iterable[str], about: list[str], kind: str, nested: bool, outputs: Sequence[Any]
) -> Order:
    """Return the order of "return all ...", which asks for a set unless there is word on order."""
    asked = [match for part in parts if (match := _ALL_OF_THEM.search(part))]
    if not asked:
        return "exact"
    if any(_STATED_ORDER.search(part) for part in about):
        return "exact"
    if nested:
        return _inner(parts)
    if kind and not any(number in kind for number in _SCALARS):
        return "unordered"
    if not any(match.group().startswith("return") for match in asked):
        return "exact"
    # Numbers: where every test has them ascending, any right program finds them so.
    several = [list(output) for output in outputs if isinstance(output, (list, tuple))]
    ascending = all(_sorted(output, "unordered") == output for output in several)
    return "exact" if ascending else "unordered"


def _sorted(value: Any, order: Order) -> Any:
    if not isinstance(value, (list, tuple)):
        return value
    if order == "unordered_inside":
        return [_sorted(item, "unordered_nested") for item in value]
    items = [_sorted(item, order) if order == "unordered_nested" else item for item in value]
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=repr)
