"""From LiveCodeBench's public files (JSONL, a task a line) to a data file of ours.

A line of ours has ``task_id`` (the ``question_id``), ``prompt`` (the ``question_content``),
``title``, ``platform``, ``difficulty``, ``released`` (the contest's day), ``version``,
``starter_code``, ``function`` (its name, or null: a program), ``public`` and ``private``: tests as
[input, output], the private ones as base64 of zlib of their JSON.
"""

import base64
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from keyword import iskeyword
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import FailFast, Field, TypeAdapter, ValidationError, field_validator

from codepref.errors import UserError
from codepref.evaluation.livecodebench.pickled import packed_text
from codepref.evaluation.livecodebench.releases import releases
from codepref.evaluation.settings import LiveCodeBenchData
from codepref.files import named_errors, sha256_of
from codepref.problems.sources.foreign import Foreign
from codepref.problems.sources.lines import numbered_lines
from codepref.progress import say
from codepref.strict import explain_record
from codepref.values import encode

_GIVE_THE_PATH = "give the folder of its files as 'path' in the benchmark's data"


class _Test(Foreign):
    input: str
    output: str
    testtype: Literal["stdin", "functional"]


class _Meta(Foreign):
    func_name: str | None = None

    @field_validator("func_name")
    @classmethod
    def _is_a_name(cls, name: str | None) -> str | None:
        if name is not None and (not name.isidentifier() or iskeyword(name)):
            raise ValueError(f"expected the name of a function, found '{name}'")
        return name


class _Row(Foreign):
    question_title: str
    question_content: str = Field(pattern=r"\S")
    platform: str
    question_id: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    contest_date: str
    difficulty: str
    starter_code: str
    public_test_cases: str
    private_test_cases: str
    metadata: str


# At the first mistake: a list of millions would take gigabytes to say.
_TESTS = TypeAdapter(Annotated[list[_Test], FailFast()])


def content_of_release(data: LiveCodeBenchData) -> bytes:
    """Return a release's tasks as JSONL; the tasks of the errata are left out and counted.

    Raises:
        UserError: a file is missing or another than expected, a row is not in the public format
            (names file and line), or a task occurs twice.
    """
    lines: dict[str, bytes] = {}
    counts: Counter[str] = Counter()
    excluded: Counter[str] = Counter()
    for (version, path), expected in zip(_files(data), data.hashes, strict=True):
        with named_errors(path, "a file of livecodebench/code_generation_lite"):
            found = sha256_of(path)
        if found != expected:
            raise UserError(f"{path}: the sha256 is {found}, expected {expected}; fetch it again")
        for number, row in _rows(path):
            counts[version] += 1
            if why := _reason_to_exclude(row):
                excluded[why] += 1
                continue
            if row.question_id in lines:
                raise UserError(f"{path}:{number}: task {row.question_id} occurs a second time")
            lines[row.question_id] = _line(row, version, f"{path}:{number}")
        if not data.sha256 and counts[version] != releases().files[version].tasks:
            raise UserError(
                f"{path}: {counts[version]} tasks, expected {releases().files[version].tasks}"
            )
    each = ", ".join(f"{version} {count}" for version, count in counts.items())
    left_out = ", ".join(f"{count} {why}" for why, count in excluded.items()) or "none"
    say(f"{data.release}: {counts.total()} tasks ({each}); left out by the errata: {left_out}")
    return b"".join(lines.values())


def _files(data: LiveCodeBenchData) -> list[tuple[str, Path]]:
    if data.path:
        return list(zip(data.versions, map(Path, data.paths), strict=True))
    from huggingface_hub import hf_hub_download

    known = releases()
    try:
        return [
            (version, Path(hf_hub_download(known.repository, name, **_AT, revision=known.revision)))
            for version in data.versions
            for name in [known.files[version].name]
        ]
    except Exception as error:  # the hub's client raises whatever its layers raise
        raise UserError(
            f"{known.repository}@{known.revision}: cannot be fetched ({error}); fetch it elsewhere "
            f"and {_GIVE_THE_PATH}"
        ) from error


_AT: dict[str, Any] = {"repo_type": "dataset"}


def _rows(path: Path) -> Iterator[tuple[int, _Row]]:
    for number, line in numbered_lines(path, "LiveCodeBench's tasks (JSONL)"):
        if line.strip():
            try:
                yield number, _Row.model_validate_json(line)
            except ValidationError as error:
                raise UserError(
                    f"{path}:{number}: not a row of livecodebench/code_generation_lite: "
                    f"{explain_record(error, _Row)}"
                ) from error


def _reason_to_exclude(row: _Row) -> str | None:
    slug = re.sub(r"[^a-z0-9]+", "-", row.question_title.lower()).strip("-")
    known = releases().excluded
    return known.get(row.question_id) or known.get(slug)


def _line(row: _Row, version: str, where: str) -> bytes:
    def read(field: str, make: Any) -> Any:
        try:
            return make()
        except ValidationError as error:
            raise UserError(f"{where}: field '{field}': {explain_record(error, _Test)}") from error
        except ValueError as error:
            raise UserError(f"{where}: field '{field}': {error}") from error

    function = read("metadata", lambda: _Meta.model_validate_json(row.metadata)).func_name
    public = read("public_test_cases", lambda: _tests(row.public_test_cases, function))
    private = read("private_test_cases", lambda: _tests(_unpacked(row), function))
    if not public and not private:
        raise UserError(f"{where}: field 'public_test_cases': the task has no test at all")
    released = read("contest_date", lambda: datetime.fromisoformat(row.contest_date)).date()
    task = {
        "task_id": row.question_id,
        "prompt": row.question_content,
        "title": row.question_title,
        "platform": row.platform,
        "difficulty": row.difficulty,
        "released": released.isoformat(),
        "version": version,
        "starter_code": row.starter_code,
        "function": function,
        "public": public,
        "private": base64.b64encode(zlib.compress(json.dumps(private).encode())).decode(),
    }
    return json.dumps(task, ensure_ascii=False).encode() + b"\n"


def _unpacked(row: _Row) -> str:
    """Return the private tests' JSON; early files have it as it is, later ones packed."""
    text = row.private_test_cases
    return text if text.lstrip().startswith("[") else packed_text(text)


def _tests(text: str, function: str | None) -> list[tuple[str, str]]:
    tests = _TESTS.validate_json(text)
    wanted = "functional" if function else "stdin"
    for number, test in enumerate(tests, start=1):
        if test.testtype != wanted:
            raise ValueError(
                f"test {number} is of type '{test.testtype}', expected '{wanted}', since metadata "
                f"{'names a function' if function else 'names no function'}"
            )
        for name, texts in (("input", test.input.split("\n")), ("output", [test.output])):
            for text in texts if function else []:
                _check_json(text, f"test {number}: its {name}")
    return [(test.input, test.output) for test in tests]


def _check_json(text: str, what: str) -> None:
    try:
        encode(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{what} is not JSON that a test can hold ({error}); a method's has one argument a line"
        ) from error
