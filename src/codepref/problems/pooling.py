"""What several records of one problem know together: its tests, a reference solution, the text."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from codepref.records import Problem, TestCase
from codepref.sandbox.compare import texts_match, values_match
from codepref.values import decode

# Whose text is best, first the sites' own pages: formulas, superscripts and pictures get lost on
# the way into data sets. The text of another source (records of one's own) is never replaced.
_BEST_TEXT = [
    *("leetcode", "codeforces", "open_r1_codeforces", "leetcode_dataset"),
    *("code_contests", "taco", "apps"),
]
_TEXT = ["statement", "input_format", "output_format", "notes", "examples"]
_CLIP = 80  # characters of a value shown


@dataclass(frozen=True)
class Conflict:
    """Two records of one problem that expect different answers to the same input.

    Attributes:
        problem, other: their ids; the first one's answer is kept.
        input, expected, others: the input and both answers, as the beginning of their text.
    """

    problem: str
    other: str
    input: str
    expected: str
    others: str


@dataclass
class Pool:
    """A problem with what its duplicates add to it.

    Attributes:
        problem: what they know together.
        conflicts: what they disagree about.
        apart: records that were not pooled: no input of theirs shows that they ask for the same.
    """

    problem: Problem
    conflicts: list[Conflict] = field(default_factory=list)
    apart: list[Problem] = field(default_factory=list)


def pool(kept: Problem, duplicates: Iterable[tuple[Problem, bool]]) -> Pool:
    """Return what a problem and its duplicates know together; the first one's word counts most.

    A duplicate adds its tests of other inputs, its reference solution or checker where there is
    none, its tags and difficulty, and its statement (with the comparison read from it) where its
    source has the better text. It must ask for the same interface, and must have shown that it is
    the same problem: by its address, or by an input that both answer alike while they contradict
    each other nowhere.

    Args:
        kept: the record that the others are duplicates of.
        duplicates: each with whether its address is that of ``kept``.
    """
    found = Pool(kept)
    used = [kept]
    for other, same_address in duplicates:
        agreed, conflicts = _compare(kept, other)
        shown = same_address or (agreed and not conflicts)
        if not shown or _interface(other) != _interface(kept):
            found.apart.append(other)
            continue
        used.append(other)
        found.conflicts += conflicts
    if len(used) > 1:
        found.problem = _together(kept, used)
    return found


def _together(kept: Problem, records: list[Problem]) -> Problem:
    text = _with_best_text(kept, records)
    reference = next((one for one in records if one.reference_solution), None)
    tests = _all_tests(kept, records)
    checker = next(
        (one for one in records if one.checker and _same_kind_of_answer(kept, one)), None
    )
    sources = (kept, text, reference, checker)
    adding = [one for one in records if one in sources or _adds(one, tests)]
    changes: dict[str, Any] = {
        "url": next((one.url for one in records if one.url), None),
        "licence": "; ".join(dict.fromkeys(one.licence for one in adding)),
        "title": text.title,
        **{name: getattr(text, name) for name in _TEXT},
        "comparison": text.comparison,
        "reference_solution": reference.reference_solution if reference else None,
        "tests": tests,
        "difficulty": next((one.difficulty for one in records if one.difficulty), None),
        "tags": list(dict.fromkeys(tag for one in records for tag in one.tags)),
        "needs_checker": any(one.needs_checker for one in records),
        "checker": checker.checker if checker else None,
    }
    return kept.model_copy(update=changes)


def _with_best_text(kept: Problem, records: Sequence[Problem]) -> Problem:
    if kept.source not in _BEST_TEXT:
        return kept
    fitting = [
        one
        for one in records
        if one.source in _BEST_TEXT
        # The text speaks of the parameters by their names, the comparison of the tests' values.
        and one.parameters == kept.parameters
        and _same_kind_of_answer(kept, one)
    ]
    return min(fitting, key=lambda one: _BEST_TEXT.index(one.source))


def _all_tests(kept: Problem, records: Sequence[Problem]) -> list[TestCase]:
    tests: dict[str, TestCase] = {}
    for one in records:
        for test in one.tests:
            key = _key(test)
            if key not in tests and (one is kept or _same_kind_of_answer(kept, one)):
                tests[key] = test
            elif key in tests and test.visible and not tests[key].visible:
                tests[key] = tests[key].model_copy(update={"visible": True})
    return list(tests.values())


def _adds(record: Problem, tests: list[TestCase]) -> bool:
    return any(test is one for one in record.tests for test in tests)


def _same_kind_of_answer(kept: Problem, other: Problem) -> bool:
    """Tell whether both write an expected answer in the same way."""
    return (kept.comparison.kind == "any_of") == (other.comparison.kind == "any_of")


def _interface(problem: Problem) -> tuple[Any, ...]:
    arity = None if problem.parameters is None else len(problem.parameters)
    return problem.interface, problem.entry_point, problem.in_place, arity


def _compare(kept: Problem, other: Problem) -> tuple[int, list[Conflict]]:
    """Return how many inputs both answer alike, and the inputs that they answer differently."""
    known = {_key(test): test for test in kept.tests if test.check is None}
    agreed, conflicts = 0, []
    for test in other.tests:
        mine = known.get(_key(test))
        if mine is None or test.check is not None:
            continue
        if _alike(kept, mine.expected, other, test.expected):
            agreed += 1
        elif not (kept.has_several_answers or other.has_several_answers):
            clipped = (_clip(value) for value in (test.input, mine.expected, test.expected))
            conflicts.append(Conflict(kept.id, other.id, *clipped))
    return agreed, conflicts


def _alike(kept: Problem, expected: Any, other: Problem, others: Any) -> bool:
    if expected == others:
        return True
    match = texts_match if kept.interface == "stdio" else values_match
    if kept.interface == "call":
        expected, others = decode(expected), decode(others)
    elif not (isinstance(expected, str) and isinstance(others, str)):
        return False
    if other.comparison.kind == "any_of":
        return match(expected, others, other.comparison)
    return match(others, expected, kept.comparison)


def _key(test: TestCase) -> str:
    """What makes two tests ask the same: the input, of a program without its spacing."""
    if test.check is not None:
        return f"check {test.check}"
    if isinstance(test.input, str):
        return " ".join(test.input.split())
    return json.dumps(test.input, sort_keys=True)


def _clip(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _CLIP else text[:_CLIP] + "..."
