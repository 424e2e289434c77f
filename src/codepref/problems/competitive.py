"""Data sets of competitive programming: open-r1/codeforces, CodeContests, APPS, TACO."""

import re
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, Json

from codepref.problems.answers import call_comparison, stdio_comparison
from codepref.problems.codeforces import python_limits
from codepref.problems.foreign import (
    Foreign,
    PromisedText,
    Skip,
    Texts,
    null_is_empty,
    parse,
)
from codepref.problems.parts import Parts, of_question, of_sections
from codepref.problems.signatures import signature_of
from codepref.records import Comparison, Problem, TestCase
from codepref.values import encode

# CodeContests' enumerations.
_SOURCES = ["unknown", "codechef", "codeforces", "hackerearth", "codejam", "atcoder", "aizu"]
_DIFFICULTIES = ["", "easy", "medium", "hard", "harder", "hardest", "external"]
_PYTHON3 = 3

Pairs = list[tuple[str, str]]
"""Tests as input and output."""

# --- Rows -----------------------------------------------------------------------------------------


class _Test(Foreign):
    input: str
    output: str


def _rows_of_columns(tests: Any) -> Any:
    """Turn an object of lists (older versions of ``datasets``) into a list of objects."""
    if not isinstance(tests, dict):
        return tests
    inputs, outputs = tests.get("input") or [], tests.get("output") or []
    if not isinstance(inputs, list) or not isinstance(outputs, list):
        return tests
    if len(inputs) != len(outputs):
        raise ValueError(f"{len(inputs)} inputs but {len(outputs)} outputs")
    return [{"input": i, "output": o} for i, o in zip(inputs, outputs, strict=True)]


_Tests = Annotated[list[_Test], BeforeValidator(_rows_of_columns), null_is_empty]
_Limit = Annotated[float, Field(ge=0, le=1e9)]
_Rating = Annotated[int, Field(ge=-(10**9), le=10**9)]
_EmptyIsNone = BeforeValidator(lambda text: None if text == "" else text)


class _OpenR1Row(Foreign):
    id: str
    title: str = ""
    description: PromisedText
    input_format: str = ""
    output_format: str = ""
    note: str = ""
    interaction_format: str = ""
    input_mode: str = "stdio"
    examples: _Tests
    official_tests: _Tests
    time_limit: _Limit | None = None
    memory_limit: _Limit | None = None
    rating: _Rating | None = None
    tags: Texts
    generated_checker: str = ""


class _Duration(Foreign):
    seconds: int = Field(ge=0, le=10**6)
    nanos: int = Field(default=0, ge=0, lt=10**9)


class _Solutions(Foreign):
    language: list[int] = Field(default_factory=list)
    solution: list[str] = Field(default_factory=list)


class _CodeContestsRow(Foreign):
    name: str
    description: str
    public_tests: _Tests
    private_tests: _Tests
    generated_tests: _Tests
    source: int = Field(default=0, ge=0, lt=len(_SOURCES))
    difficulty: int = Field(default=0, ge=0)
    solutions: _Solutions = _Solutions()
    cf_rating: _Rating | None = None
    cf_tags: Texts
    time_limit: _Duration | None = None
    memory_limit_bytes: int = Field(default=0, ge=0, le=2**50)
    input_file: str = ""
    output_file: str = ""


class _Labels(Foreign):
    name: str
    difficulty: str = ""
    source: str = "unknown"


class _Case(Foreign):
    input: dict[str, str]
    output: dict[str, str]


class _SandboxFusionRow(Foreign):
    content: str
    labels: Json[_Labels]
    test: Json[list[_Case]]


class _InputsOutputs(Foreign):
    inputs: list[Any]
    outputs: list[Any]
    fn_name: str | None = None


class _JudgeRow(Foreign):
    """APPS and TACO: tests as JSON in text, of programs or (with ``fn_name``) of functions."""

    question: str
    input_output: Annotated[Json[_InputsOutputs] | None, _EmptyIsNone]
    solutions: Annotated[Json[list[Any]] | None, _EmptyIsNone] = None
    starter_code: str = ""
    difficulty: str | None = None
    url: str | None = None


class _AppsRow(_JudgeRow):
    problem_id: int = Field(ge=0, le=10**9, validation_alias=AliasChoices("problem_id", "id"))


class _TacoRow(_JudgeRow):
    name: str = ""
    picture_num: str | _Rating | None = None
    time_limit: str = ""
    memory_limit: str = ""
    tags: str | list[str] = ""


# --- Problems -------------------------------------------------------------------------------------


def from_open_r1(data: Any, number: int) -> Problem:
    """Return the problem of a row of open-r1/codeforces; raises Skip."""
    row = parse(_OpenR1Row, data, "row")
    if row.interaction_format:
        raise Skip("interactive")
    if row.input_mode != "stdio":
        raise Skip("reads or writes files")
    if not row.description.strip():
        raise Skip("no statement")
    headed = [("Input", row.input_format), ("Output", row.output_format), ("Note", row.note)]
    parts = [row.description, *(f"{heading}\n{text}" for heading, text in headed if text)]
    statement = "\n\n".join(part.strip() for part in parts)
    if "![" in statement or "<img" in statement:
        raise Skip("statement needs an image")
    return _stdio(
        statement,
        parts=Parts(row.description, row.input_format, row.output_format, row.note).with_tests(
            _pairs(row.examples)
        ),
        visible=_pairs(row.examples),
        # Tests that the site shows cut off ("...") are no tests.
        hidden=[
            pair
            for pair in _pairs(row.official_tests)
            if not any(text.rstrip().endswith("...") for text in pair)
        ],
        needs_checker=bool(row.generated_checker),
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
        return _from_sandbox_fusion(parse(_SandboxFusionRow, data, "row"))
    row = parse(_CodeContestsRow, data, "row")
    if row.input_file or row.output_file:
        raise Skip("reads or writes files")
    statement = row.description.strip()
    programs = zip(row.solutions.language, row.solutions.solution, strict=False)
    limit = row.time_limit
    difficulties = dict(enumerate(_DIFFICULTIES))
    return _stdio(
        statement,
        visible=_pairs(row.public_tests),
        hidden=_pairs(row.private_tests) + _pairs(row.generated_tests),
        id=f"code_contests/{_slug(row.name)}",
        source="code_contests",
        url=_codeforces_url(row.name) if _SOURCES[row.source] == "codeforces" else None,
        licence="CC-BY-4.0",
        title=row.name,
        reference_solution=next(
            (code for language, code in programs if language == _PYTHON3), None
        ),
        limits=python_limits(
            limit.seconds + limit.nanos / 1e9 if limit else None, row.memory_limit_bytes / 2**20
        ),
        difficulty=difficulties.get(row.difficulty) or _text_or_none(row.cf_rating),
        tags=[_SOURCES[row.source], *filter(None, row.cf_tags), *_image(statement)],
    )


def _from_sandbox_fusion(row: _SandboxFusionRow) -> Problem:
    """SandboxFusion's own form: labels and tests are JSON in text; which are public is lost."""
    if any((set(t.input), set(t.output)) != ({"stdin"}, {"stdout"}) for t in row.test):
        raise Skip("reads or writes files")
    statement = row.content.strip()
    return _stdio(
        statement,
        *_shown([(test.input["stdin"], test.output["stdout"]) for test in row.test], statement),
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
    row = parse(_AppsRow, data, "row")
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
    row = parse(_TacoRow, data, "row")
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


def _inputs_outputs(row: _JudgeRow, **fields: Any) -> Problem:
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
    return _stdio(statement, *_shown(pairs, statement), **fields)


def _function(
    row: _JudgeRow, statement: str, tests: _InputsOutputs, fields: dict[str, Any]
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
        **vars(of_question(statement)),
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
    statement: str,
    visible: Pairs,
    hidden: Pairs,
    needs_checker: bool = False,
    parts: Parts | None = None,
    **fields: Any,
) -> Problem:
    """Return the problem of a program; without ``parts`` the statement's text is cut into them."""
    seen: set[str] = set()
    tests = []
    for pairs, shown in ((visible, True), (hidden, False)):
        for given, expected in pairs:
            if given not in seen:
                seen.add(given)
                tests.append(TestCase(input=given, expected=expected, visible=shown))
    if not tests:
        raise Skip("no tests")
    comparison, checker = stdio_comparison(
        statement, [test.expected for test in tests], fields.get("tags", [])
    )
    if parts is None:
        parts = of_sections(statement)
        if not parts.examples and not any(parts.show(given) for given, _ in visible):
            parts = parts.with_tests(visible)  # the text has none of them
    return Problem(
        **vars(parts),
        interface="stdio",
        tests=tests,
        comparison=comparison,
        needs_checker=needs_checker or checker,
        **fields,
    )


def _pairs(tests: list[_Test]) -> Pairs:
    return [(test.input, test.output) for test in tests]


def _shown(pairs: Pairs, statement: str) -> tuple[Pairs, Pairs]:
    """Return the tests that the statement shows, and the others."""
    parts = of_sections(statement)
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
