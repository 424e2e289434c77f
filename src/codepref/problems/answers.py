"""How a statement wants answers compared: in any order, with a tolerance, or by a checker."""

import re

from codepref.records import Comparison

_ANY_ORDER = re.compile(
    r"\b(in (any|whatever) order|any order (is|will be) (accepted|fine)|"
    r"order (of \w+( \w+)? )?(does not|doesn't|do not) matter)\b"
)
# "Return all the pairs" asks for a set of them, unless the statement speaks of an order.
_ALL_OF_THEM = re.compile(r"\b(return|find)( (an array|a list) of)? all\b")
_SOME_ORDER = re.compile(r"\b(order(ed)?|sort(ed)?)\b")
# Lists inside the answer whose own order carries no meaning either.
_INNER_SETS = re.compile(r"\b(combinations?|subsets?|triplets?|quadruplets?|anagrams?|groups?)\b")
_INNER_ORDER = re.compile(r"\b(permutations?|sequences?|subsequences?|paths?|boards?|queens?)\b")
_TELL = r"(?:print|output|return|report|write|display|construct|give|find|consider)"
_KINDS = r"(?:valid|correct|possible|optimal|suitable|such|appropriate|acceptable)"
_SEVERAL = re.compile(
    # "print any", "return any valid arrangement", "output either of them"
    rf"\b{_TELL}(?: out)?,? (?:any|either)(?: one)?(?: of (?:them|these|the {_KINDS}\b)|[.,;)]|$|"
    rf" (?:{_KINDS}|answer|solution|array that|string that|permutation)\b)"
    # "if there are multiple answers, ... any of them", "more than one solution ... any"
    r"|\b(?:multiple|several|many|more than one|different|various)\b"
    r"(?: \w+){0,3} (?:answers?|solutions?|outputs?|ways|variants|options|possibilities|"
    r"strings?|arrays?|permutations?|sequences?|pairs?|subsets?|sets?|triples?|numbers?|trees?|"
    r"matrices|orders?|paths?|arrangements?|plans?|ones|of them)\b[^.]{0,90}(?:\.|,)?[^.]{0,20}"
    rf"\b(?:{_TELL}|choose)(?: \w+)? (?:any|either|one of)\b(?! order)"
    # "any of them is accepted", "any valid answer will be accepted"
    rf"|\bany(?: of (?:them|these|those))?(?: {_KINDS})?(?: \w+){{0,2}} (?:is|are|will be|"
    r"would be|can be) (?:accepted|acceptable|considered correct)\b"
    # "you may return any of them"
    r"|\b(?:you|we) (?:may|can) (?:also )?(?:print|output|return|report) (?:any|either)\b(?! order)"
    r"|\banswers? (?:is|are|may) not (?:be )?unique\b"
)
_TOLERANCE = re.compile(
    r"(absolute|relative)[^.]{0,60}error[^.]{0,80}?10\s*(\^|\*\*)?\s*\(?[-–−]\s*(\d+)"
    r"|error[^.]{0,60}?(does not|doesn't|not|at most|within|less than)[^.]{0,40}?"
    r"10\s*(\^|\*\*)?\s*\(?[-–−]\s*(\d+)"
    r"|answers? within 10\s*\^?\s*\(?[-–−]\s*(\d+)"
)
_ANY_CASE = re.compile(
    r"\bin any (case|register)\b|\bcase[- ]insensitive\b|\b(upper|lower)[- ]?case or \w+ ?case\b|"
    r"\byou (can|may) (print|output) each letter in\b"
)


def needs_checker(statement: str) -> bool:
    """Tell whether a statement accepts several different answers, so that equality is unfair."""
    return bool(_SEVERAL.search(_plain(statement)))


def call_comparison(statement: str, return_type: str | None) -> tuple[Comparison, bool]:
    """Return how answers of a function are compared, and whether a checker would be needed.

    LeetCode accepts floats within 1e-5, and lists in any order where the statement says so or asks
    for "all" of something that is itself a list.
    """
    text, kind = _plain(statement), (return_type or "").lower()
    if "float" in kind or "double" in kind:
        close = Comparison(kind="close", relative_tolerance=1e-5, absolute_tolerance=1e-5)
        return close, needs_checker(statement)
    is_list = kind.startswith(("list[", "any")) or kind.endswith("[]") or not kind
    nested = kind.startswith("list[list[") or kind.endswith("[][]")
    all_of_them = nested and _ALL_OF_THEM.search(text) and not _SOME_ORDER.search(text)
    if is_list and (_ANY_ORDER.search(text) or all_of_them):
        inner = _INNER_SETS.search(text) and not _INNER_ORDER.search(text)
        return Comparison(kind="unordered_nested" if nested and inner else "unordered"), False
    return Comparison(), needs_checker(statement)


def stdio_comparison(statement: str) -> tuple[Comparison, bool]:
    """Return how the output of a program is compared, and whether a checker would be needed.

    Contest judges compare tokens, numbers within the stated error, and words in any case where
    the statement allows it.
    """
    text = _plain(statement)
    checker = needs_checker(statement) or bool(_ANY_ORDER.search(text))
    comparison = Comparison(kind="tokens", ignore_case=bool(_ANY_CASE.search(text)))
    if match := _TOLERANCE.search(text):
        digits = next(int(group) for group in reversed(match.groups()) if group and group.isdigit())
        tolerance = 10.0 ** -min(digits, 12)
        close = {"kind": "close", "relative_tolerance": tolerance, "absolute_tolerance": tolerance}
        comparison = comparison.model_copy(update=close)
    return comparison, checker


def _plain(statement: str) -> str:
    return " ".join(statement.lower().replace("’", "'").split())
