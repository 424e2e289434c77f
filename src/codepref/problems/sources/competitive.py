"""Data sets of competitive programming: open-r1/codeforces, CodeContests, APPS, TACO."""

import re
from typing import Any

from codepref.problems.comparisons.answers import call_comparison, stdio_comparison
from codepref.problems.sources.codeforces import python_limits
from codepref.problems.sources.competitive_rows import (
    SOURCES,
    AppsRow,
    Case,
    CodeContestsRow,
    InputsOutputs,
    JudgeRow,
    OpenR1Row,
    SandboxFusionRow,
    TacoRow,
)
from codepref.problems.sources.foreign import Skip, parse
from codepref.problems.sources.signatures import signature_of
from codepref.problems.statements.parts import Parts, of_question, of_sections
from codepref.records import Comparison, Problem, TestCase
from codepref.values import encode

# CodeContests' enumeration.
_DIFFICULTIES = ["", "easy", "medium", "hard", "harder", "hardest", "external"]
_PYTHON3 = 3

Pairs = list[tuple[str, str]]
"""Tests as input and output."""


def from_open_r1(data: Any, number: int) -> Problem:
    """Return the problem of a row of open-r1/codeforces; raises Skip."""
    row = parse(OpenR1Row, data, "row")
    if row.interaction_format:
        raise Skip("interactive")
    if row.input_mode != "stdio":
        raise Skip("reads or writes files")
    if not row.description.strip():
        raise Skip("no statement")
    parts = Parts(row.description, row.input_format, row.output_format, row.note)
    if re.search(r"!\[|<img", parts.prose()):
        raise Skip("statement needs an image")
    return _stdio(
        parts.with_tests(_pairs(row.examples)),
        visible=_pairs(row.examples),
        # Tests that the site shows cut off ("...") are no tests.
        hidden=[
            pair
            for pair in _pairs(row.official_tests)
            if not any(text.rstrip().endswith("...") for text in pair)
        ],
        needs_checker=bool(row.generated_checker),
        checker=row.generated_checker or None,
        id=f"open_r1_codeforces/{row.id.replace('/', '')}",
        source="open_r1_codeforces",
        url=f"https://codeforces.com/problemset/problem/{row.id}",
        licence="CC-BY-4.0",
        title=row.title or row.id,
        limits=python_limits(row.time_limit, row.memory_limit),
        difficulty=_text_or_none(row.rating),
        tags=row.tags,
    )


def from_code_contests(data: Any, number: int) -> Problem:
    """Return the problem of a row of CodeContests (or of SandboxFusion's sample of it)."""
    if isinstance(data, dict) and {"labels", "test"} <= data.keys():
        return _from_sandbox_fusion(parse(SandboxFusionRow, data, "row"))
    row = parse(CodeContestsRow, data, "row")
    if row.input_file or row.output_file:
        raise Skip("reads or writes files")
    statement = row.description.strip()
    programs = zip(row.solutions.language, row.solutions.solution, strict=False)
    limit = row.time_limit
    difficulties = dict(enumerate(_DIFFICULTIES))
    return _stdio(
        of_sections(statement),
        visible=_pairs(row.public_tests),
        hidden=_pairs(row.private_tests) + _pairs(row.generated_tests),
        id=f"code_contests/{_slug(row.name)}",
        source="code_contests",
        url=_codeforces_url(row.name) if SOURCES[row.source] == "codeforces" else None,
        licence="CC-BY-4.0",
        title=row.name,
        reference_solution=next(
            (code for language, code in programs if language == _PYTHON3), None
        ),
        limits=python_limits(
            limit.seconds + limit.nanos / 1e9 if limit else None, row.memory_limit_bytes / 2**20
        ),
        difficulty=difficulties.get(row.difficulty) or _text_or_none(row.cf_rating),
        tags=[SOURCES[row.source], *filter(None, row.cf_tags), *_image(statement)],
    )


def _from_sandbox_fusion(row: SandboxFusionRow) -> Problem:
    """SandboxFusion's own form: labels and tests are JSON in text; which are public is lost."""
    if any((set(t.input), set(t.output)) != ({"stdin"}, {"stdout"}) for t in row.test):
        raise Skip("reads or writes files")
    statement = row.content.strip()
    parts = of_sections(statement)
    return _stdio(
        parts,
        *_shown([(test.input["stdin"], test.output["stdout"]) for test in row.test], parts),
        id=f"code_contests/{_slug(row.labels.name)}",
        source="code_contests",
        url=_codeforces_url(row.labels.name) if row.labels.source.lower() == "codeforces" else None,
        licence="CC-BY-4.0",
        title=row.labels.name,
        difficulty=row.labels.difficulty.lower() or None,
        tags=[row.labels.source.lower(), *_image(statement)],
    )


def from_apps(data: Any, number: int) -> Problem:
    """Return the problem of a row of APPS; raises Skip."""
    row = parse(AppsRow, data, "row")
    return _inputs_outputs(
        row,
        id=f"apps/{row.problem_id:04d}",
        source="apps",
        licence="MIT",
        title=f"APPS {row.problem_id}",
        difficulty=row.difficulty,
    )


def from_taco(data: Any, number: int) -> Problem:
    """Return the problem of a row of TACO (which has no ids: its place in the split is one)."""
    row = parse(TacoRow, data, "row")
    if _text_or_none(row.picture_num) not in (None, "0"):
        raise Skip("statement needs an image")
    seconds = re.match(r"\d{1,6}(\.\d+)?", row.time_limit)
    memory = re.match(r"(\d{1,9}(?:\.\d+)?)\s*(giga|mega|kilo)?", row.memory_limit)
    scale = {"giga": 1024.0, "kilo": 1 / 1024}
    return _inputs_outputs(
        row,
        id=f"taco/{number:05d}",
        source="taco",
        licence="Apache-2.0",
        title=row.name or f"TACO {number}",
        difficulty=(row.difficulty or "").lower() or None,
        limits=python_limits(
            float(seconds.group()) if seconds else None,
            float(memory.group(1)) * scale.get(memory.group(2), 1.0) if memory else None,
        ),
        tags=re.findall(r"'([^']+)'", row.tags) if isinstance(row.tags, str) else row.tags,
    )


def _inputs_outputs(row: JudgeRow, **fields: Any) -> Problem:
    statement = row.question.strip()
    if not statement:
        raise Skip("no statement")
    if "<image>" in statement or "[Image]" in statement:
        raise Skip("statement needs an image")
    tests = row.input_output
    if tests is None or not tests.inputs or len(tests.inputs) != len(tests.outputs):
        raise Skip("no tests")
    solutions = (one for one in row.solutions or [] if isinstance(one, str))
    fields |= {"url": row.url or None, "reference_solution": next(solutions, None)}
    if tests.fn_name is not None:
        return _function(row, statement, tests, fields)
    pairs = [
        (_stream(given), _stream(answer))
        for given, answer in zip(tests.inputs, tests.outputs, strict=True)
    ]
    parts = of_sections(statement)
    return _stdio(parts, *_shown(pairs, parts), **fields)


def _function(
    row: JudgeRow, statement: str, tests: InputsOutputs, fields: dict[str, Any]
) -> Problem:
    starter, name, outputs = row.starter_code, tests.fn_name, tests.outputs
    if not starter.strip():
        raise Skip("no starter code for its function")
    entry_point = f"Solution.{name}" if "class Solution" in starter else name
    signature = signature_of(starter, entry_point)
    if any(not isinstance(given, list) for given in tests.inputs):
        raise Skip("tests are not lists of arguments")
    comparison, checker = call_comparison(statement, signature.return_type, outputs)
    if comparison.kind == "exact":
        # An answer is written as itself or in a list of its own; its graders accept both.
        comparison = Comparison(kind="any_of")
        outputs = [
            [out, out[0]] if isinstance(out, list) and len(out) == 1 else [out] for out in outputs
        ]
    elif comparison.kind == "close":
        outputs = [out[0] if isinstance(out, list) and len(out) == 1 else out for out in outputs]
    return Problem(
        **vars(of_question(statement).readable()),
        interface="call",
        **vars(signature),
        starter_code=starter.rstrip(),
        tests=[
            TestCase(input=[encode(item) for item in given], expected=encode(out))
            for given, out in zip(tests.inputs, outputs, strict=True)
        ],
        comparison=comparison,
        needs_checker=checker,
        **fields,
    )


def _stdio(
    parts: Parts,
    visible: Pairs,
    hidden: Pairs,
    needs_checker: bool = False,
    **fields: Any,
) -> Problem:
    """Return the problem of a program; its tests that are visible are shown if no example is."""
    seen: set[str] = set()
    tests = []
    for pairs, shown in ((visible, True), (hidden, False)):
        for given, expected in pairs:
            if given not in seen:
                seen.add(given)
                tests.append(TestCase(input=given, expected=expected, visible=shown))
    if not tests:
        raise Skip("no tests")
    if not parts.examples and not any(parts.show(given) for given, _ in visible):
        parts = parts.with_tests(visible)  # the text has none of them
    parts = parts.readable()
    comparison, checker = stdio_comparison(
        parts.prose(), [test.expected for test in tests], fields.get("tags", [])
    )
    return Problem(
        **vars(parts),
        interface="stdio",
        tests=tests,
        comparison=comparison,
        needs_checker=needs_checker or checker,
        **fields,
    )


def _pairs(tests: list[Case]) -> Pairs:
    return [(test.input, test.output) for test in tests]


def _shown(pairs: Pairs, parts: Parts) -> tuple[Pairs, Pairs]:
    """Return the tests that the statement shows, and the others."""
    visible = [pair for pair in pairs if parts.show(pair[0])]
    return visible, [pair for pair in pairs if pair not in visible]


def _stream(value: Any) -> str:
    """A program's text: some rows give its lines as a list."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value) + "\n"
    raise Skip("tests are not text")


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-") or "unnamed"


def _codeforces_url(name: str) -> str | None:
    """Return the address of a problem that CodeContests calls ``1157_C2. Increasing ...``."""
    match = re.match(r"(\d{1,6})_([A-Z]\d?)\. ", name)
    return f"https://codeforces.com/problemset/problem/{match[1]}/{match[2]}" if match else None


def _image(statement: str) -> list[str]:
    """CodeContests writes every picture and every formula that was one as ``<image>``.

    Most are formulas, so the problems are kept, and can be told by this tag.
    """
    return ["image"] if "<image>" in statement else []


def _text_or_none(value: Any) -> str | None:
    return None if value in (None, "", 0) else str(value)
