"""Data sets of competitive programming: open-r1/codeforces, CodeContests, APPS, TACO."""

import json
import re
from typing import Any

from codepref.problems.answers import call_comparison, stdio_comparison
from codepref.problems.signatures import signature_of
from codepref.problems.skipped import MalformedRow, Skip, field
from codepref.records import Comparison, Limits, Problem, TestCase
from codepref.values import encode

Row = dict[str, Any]

# CodeContests' enumerations.
_SOURCES = ["unknown", "codechef", "codeforces", "hackerearth", "codejam", "atcoder", "aizu"]
_DIFFICULTIES = ["", "easy", "medium", "hard", "harder", "hardest", "external"]
_PYTHON3 = 3
_PYTHON_FACTOR = 5.0  # their limits are for C++


def from_open_r1(row: Row, number: int) -> Problem:
    """Return the problem of a row of open-r1/codeforces; raises Skip, MalformedRow."""
    identifier = field(row, "id", str)
    if field(row, "interaction_format", str, None):
        raise Skip("interactive")
    if field(row, "input_mode", str, "stdio") != "stdio":
        raise Skip("reads or writes files")
    description = field(row, "description", str, "")
    if not description.strip():
        raise Skip("no statement")
    parts = [description]
    for key, heading in (("input_format", "Input"), ("output_format", "Output"), ("note", "Note")):
        if text := field(row, key, str, None):
            parts.append(f"{heading}\n{text}")
    statement = "\n\n".join(part.strip() for part in parts)
    if "![" in statement or "<img" in statement:
        raise Skip("statement needs an image")
    visible = _pairs(row, "examples")
    hidden = _pairs(row, "official_tests")
    comparison, checker = stdio_comparison(statement)
    return _stdio(
        id=f"open_r1_codeforces/{identifier.replace('/', '')}",
        source="open_r1_codeforces",
        url=f"https://codeforces.com/problemset/problem/{identifier}",
        licence="CC-BY-4.0",
        title=field(row, "title", str, None) or identifier,
        statement=statement,
        visible=visible,
        # Tests that the site shows cut off ("...") are no tests.
        hidden=[pair for pair in hidden if not any(_is_cut(text) for text in pair)],
        comparison=comparison,
        limits=_limits(
            field(row, "time_limit", (int, float), None),
            field(row, "memory_limit", (int, float), None),
        ),
        difficulty=_text_or_none(row.get("rating")),
        tags=field(row, "tags", list, []),
        needs_checker=checker or bool(row.get("generated_checker")),
    )


def from_code_contests(row: Row, number: int) -> Problem:
    """Return the problem of a row of CodeContests (or of SandboxFusion's sample of it)."""
    if "labels" in row and "test" in row:
        return _from_sandbox_fusion(row)
    name = field(row, "name", str)
    if field(row, "input_file", str, "") or field(row, "output_file", str, ""):
        raise Skip("reads or writes files")
    statement = field(row, "description", str).strip()
    solutions = field(row, "solutions", dict, {})
    programs = zip(solutions.get("language", []), solutions.get("solution", []), strict=False)
    reference = next((code for language, code in programs if language == _PYTHON3), None)
    source = field(row, "source", int, 0)
    difficulty = field(row, "difficulty", int, 0)
    time_limit = field(row, "time_limit", dict, None)
    seconds = time_limit["seconds"] + time_limit.get("nanos", 0) / 1e9 if time_limit else None
    memory = field(row, "memory_limit_bytes", int, 0)
    comparison, checker = stdio_comparison(statement)
    return _stdio(
        id=f"code_contests/{_slug(name)}",
        source="code_contests",
        licence="CC-BY-4.0",
        title=name,
        statement=statement,
        visible=_columns(row, "public_tests"),
        hidden=_columns(row, "private_tests") + _columns(row, "generated_tests"),
        reference_solution=reference,
        comparison=comparison,
        limits=_limits(seconds, memory / 2**20 if memory else None),
        difficulty=_name(_DIFFICULTIES, difficulty) or _text_or_none(row.get("cf_rating")),
        tags=[_SOURCES[source], *filter(None, field(row, "cf_tags", list, [])), *_image(statement)],
        needs_checker=checker,
    )


def _from_sandbox_fusion(row: Row) -> Problem:
    """SandboxFusion's own form: labels and tests are JSON in text; which are public is lost."""
    labels, tests = _json(row, "labels", dict), _json(row, "test", list)
    statement = field(row, "content", str).strip()
    pairs = []
    for test in tests:
        if set(test["input"]) != {"stdin"} or set(test["output"]) != {"stdout"}:
            raise Skip("reads or writes files")
        pairs.append((field(test, "input.stdin", str), field(test, "output.stdout", str)))
    squeezed = re.sub(r"\s", "", statement)
    comparison, checker = stdio_comparison(statement)
    visible = [pair for pair in pairs if re.sub(r"\s", "", pair[0]) in squeezed]
    return _stdio(
        id=f"code_contests/{_slug(field(labels, 'name', str))}",
        source="code_contests",
        licence="CC-BY-4.0",
        title=field(labels, "name", str),
        statement=statement,
        visible=visible,
        hidden=[pair for pair in pairs if pair not in visible],
        comparison=comparison,
        difficulty=field(labels, "difficulty", str, "").lower() or None,
        tags=[field(labels, "source", str, "unknown").lower(), *_image(statement)],
        needs_checker=checker,
    )


def from_apps(row: Row, number: int) -> Problem:
    """Return the problem of a row of APPS; raises Skip, MalformedRow."""
    identifier = row.get("problem_id", row.get("id"))
    if not isinstance(identifier, int):
        raise MalformedRow("field 'problem_id': expected int")
    return _inputs_outputs(
        row,
        id=f"apps/{identifier:04d}",
        source="apps",
        url=field(row, "url", str, None) or None,
        licence="MIT",
        title=f"APPS {identifier}",
        difficulty=field(row, "difficulty", str, None),
    )


def from_taco(row: Row, number: int) -> Problem:
    """Return the problem of a row of TACO (which has no ids: its place in the split is one)."""
    pictures = _text_or_none(field(row, "picture_num", (str, int), None))
    if pictures not in (None, "0"):
        raise Skip("statement needs an image")
    seconds = re.match(r"[\d.]+", field(row, "time_limit", str, None) or "")
    memory = re.match(r"([\d.]+)\s*(giga|mega|kilo)?", field(row, "memory_limit", str, None) or "")
    scale = {"giga": 1024.0, "kilo": 1 / 1024}
    tags = field(row, "tags", (str, list), [])
    return _inputs_outputs(
        row,
        id=f"taco/{number:05d}",
        source="taco",
        url=field(row, "url", str, None) or None,
        licence="Apache-2.0",
        title=field(row, "name", str, None) or f"TACO {number}",
        difficulty=(field(row, "difficulty", str, None) or "").lower() or None,
        limits=_limits(
            float(seconds.group()) if seconds else None,
            float(memory.group(1)) * scale.get(memory.group(2) or "", 1.0) if memory else None,
        ),
        tags=re.findall(r"'([^']+)'", tags) if isinstance(tags, str) else tags,
    )


def _inputs_outputs(row: Row, **fields: Any) -> Problem:
    """APPS and TACO: tests as JSON in text, of programs or (with ``fn_name``) of functions."""
    statement = field(row, "question", str).strip()
    if not statement:
        raise Skip("no statement")
    if "<image>" in statement or "[Image]" in statement:
        raise Skip("statement needs an image")
    if not field(row, "input_output", str, ""):
        raise Skip("no tests")
    tests = _json(row, "input_output", dict)
    inputs, outputs = field(tests, "inputs", list), field(tests, "outputs", list)
    solutions = _json(row, "solutions", list) if row.get("solutions") else []
    fields["reference_solution"] = next((s for s in solutions if isinstance(s, str)), None)
    if not inputs or len(inputs) != len(outputs):
        raise Skip("no tests")
    if "fn_name" in tests:
        return _function(row, statement, field(tests, "fn_name", str), inputs, outputs, fields)
    pairs = [
        (_stream(given), _stream(answer)) for given, answer in zip(inputs, outputs, strict=True)
    ]
    squeezed = re.sub(r"\s", "", statement)
    visible = [pair for pair in pairs if re.sub(r"\s", "", pair[0]) in squeezed]
    comparison, checker = stdio_comparison(statement)
    return _stdio(
        statement=statement,
        visible=visible,
        hidden=[pair for pair in pairs if pair not in visible],
        comparison=comparison,
        needs_checker=checker,
        **fields,
    )


def _function(
    row: Row, statement: str, name: str, inputs: list[Any], outputs: list[Any], fields: Row
) -> Problem:
    starter = field(row, "starter_code", str, "")
    if not starter.strip():
        raise Skip("no starter code for its function")
    entry_point = f"Solution.{name}" if "class Solution" in starter else name
    try:
        signature = signature_of(starter, entry_point)
    except ValueError as error:
        raise Skip(f"starter code not understood: {error}") from error
    if any(not isinstance(given, list) for given in inputs):
        raise Skip("tests are not lists of arguments")
    comparison, checker = call_comparison(statement, signature.return_type)
    if comparison.kind == "exact":
        # An answer is written as itself or in a list of its own; its graders accept both.
        comparison = Comparison(kind="any_of")
        outputs = [
            [out, out[0]] if isinstance(out, list) and len(out) == 1 else [out] for out in outputs
        ]
    elif comparison.kind == "close":
        outputs = [out[0] if isinstance(out, list) and len(out) == 1 else out for out in outputs]
    return Problem(
        statement=statement,
        interface="call",
        entry_point=signature.entry_point,
        parameters=signature.parameters,
        parameter_types=signature.parameter_types,
        return_type=signature.return_type,
        starter_code=starter.rstrip(),
        tests=[
            TestCase(input=[encode(item) for item in given], expected=encode(out))
            for given, out in zip(inputs, outputs, strict=True)
        ],
        comparison=comparison,
        needs_checker=checker,
        **fields,
    )


def _stdio(
    *, visible: list[tuple[str, str]], hidden: list[tuple[str, str]], **fields: Any
) -> Problem:
    seen: set[str] = set()
    tests = []
    for pairs, shown in ((visible, True), (hidden, False)):
        for given, expected in pairs:
            if given not in seen:
                seen.add(given)
                tests.append(TestCase(input=given, expected=expected, visible=shown))
    if not tests:
        raise Skip("no tests")
    return Problem(interface="stdio", tests=tests, **fields)


def _limits(seconds: float | None, memory_mb: float | None) -> Limits:
    return Limits(
        cpu_seconds=min(max((seconds or 2.0) * _PYTHON_FACTOR, 5.0), 60.0),
        memory_mb=max(round(memory_mb or 256), 512),
    )


def _pairs(row: Row, key: str) -> list[tuple[str, str]]:
    """Tests as a list of objects, or (older versions of ``datasets``) an object of lists."""
    tests = field(row, key, (list, dict), [])
    if isinstance(tests, dict):
        return _columns(row, key)
    return [(field(test, "input", str), field(test, "output", str)) for test in tests]


def _columns(row: Row, key: str) -> list[tuple[str, str]]:
    tests = field(row, key, (dict, list), {})
    if isinstance(tests, list):
        return _pairs(row, key)
    inputs, outputs = field(tests, "input", list, []), field(tests, "output", list, [])
    if len(inputs) != len(outputs):
        raise MalformedRow(f"field '{key}': {len(inputs)} inputs but {len(outputs)} outputs")
    return list(zip(inputs, outputs, strict=True))


def _json(row: Row, key: str, kind: type) -> Any:
    text = field(row, key, str)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise MalformedRow(f"field '{key}': not JSON: {error.msg}") from error
    except ValueError as error:
        raise Skip("an integer of thousands of digits") from error
    if not isinstance(value, kind):
        raise MalformedRow(f"field '{key}': expected {kind.__name__}, found {type(value).__name__}")
    return value


def _stream(value: Any) -> str:
    """A program's text: some rows give its lines as a list."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value) + "\n"
    raise Skip("tests are not text")


def _is_cut(text: str) -> bool:
    return text.rstrip().endswith("...")


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-") or "unnamed"


def _name(names: list[str], number: int) -> str | None:
    return (names[number] if 0 <= number < len(names) else None) or None


def _image(statement: str) -> list[str]:
    """CodeContests writes every picture and every formula that was one as ``<image>``.

    Most are formulas, so the problems are kept, and can be told by this tag.
    """
    return ["image"] if "<image>" in statement else []


def _text_or_none(value: Any) -> str | None:
    return None if value in (None, "", 0) else str(value)
