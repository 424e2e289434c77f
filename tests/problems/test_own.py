"""Problem files of one's own: what is read in every form, and what is refused, where and why."""

import gzip
import json
import runpy
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.changed_records import changed
from helpers.places import ROOT
from hypothesis import given
from hypothesis import strategies as st

from codepref.errors import UserError
from codepref.files import read_json, read_records, write_records
from codepref.problems.builtin import builtin_problems
from codepref.problems.merge import deduplicate
from codepref.problems.mistakes import mistakes
from codepref.problems.references import BROKEN, drop_broken
from codepref.problems.report import report, table
from codepref.problems.settings import BUILTIN_PROBLEMS, ProblemsConfig
from codepref.problems.sources.own import own_problems
from codepref.problems.templates import templated_problems
from codepref.records import Problem

ADD: dict[str, Any] = {
    "id": "mine/add",
    "source": "mine",
    "licence": "MIT",
    "title": "Add",
    "statement": "Add two numbers.",
    "interface": "call",
    "entry_point": "add",
    "parameters": ["a", "b"],
    "starter_code": "def add(a: int, b: int) -> int:\n",
    "reference_solution": "def add(a, b):\n    return a + b\n",
    "tests": [{"input": [1, 2], "expected": 3}, {"input": {"a": 4, "b": 5}, "expected": 9}],
}
SUM: dict[str, Any] = {
    **{key: ADD[key] for key in ("source", "licence", "title")},
    "id": "mine/sum",
    "statement": "Print what two integers make together.",
    "interface": "stdio",
    "reference_solution": "print(sum(map(int, input().split())))\n",
    "tests": [{"input": "1 2\n", "expected": "3\n"}],
    "comparison": {"kind": "tokens"},
}
CHECKER = "def check(arguments, answer, expected):\n    return answer == expected\n"
Script = Callable[..., tuple[int, str]]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Script:
    """Run a command line as it is, in this process (two seconds less each)."""

    def run(name: str, *options: str | Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", [name, *map(str, options)])
        code, before = 0, signal.getsignal(signal.SIGTERM)
        try:
            runpy.run_path(str(ROOT / "scripts" / name), run_name="__main__")
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        finally:
            signal.signal(signal.SIGTERM, before)
        return code, capsys.readouterr().err

    return run


def collected(script: Script, path: Path) -> tuple[int, str]:
    out = path.parent / "out"
    options = ["--source", "mine", "--kind", "jsonl", "--path", path]
    options += ["--output", out / "mine.jsonl", "--report", out / "mine.report.json"]
    return script("collect_problems.py", *options)


# --- What is read ---------------------------------------------------------------------------------


FORMS: list[Callable[[list[dict[str, Any]]], str]] = [
    lambda records: "".join(json.dumps(one) + "\n" for one in records),
    lambda records: "\n\n".join(json.dumps(one, ensure_ascii=False) for one in records),
    lambda records: json.dumps(records),
    lambda records: json.dumps(records, indent=2),
    lambda records: "\n".join(json.dumps(one, indent="\t") for one in records),
    lambda records: "[\n" + ",\n".join(map(json.dumps, records)) + "\n]\n",
]


@given(
    form=st.sampled_from(FORMS),
    mark=st.booleans(),
    crlf=st.booleans(),
    packed=st.booleans(),
    values=st.lists(
        st.one_of(st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
        | st.text(st.characters(exclude_categories=["Cs"]))
        | st.lists(st.integers(), max_size=3),
        min_size=1,
        max_size=3,
    ),
)
def test_a_file_says_the_same_in_every_form(
    form: Callable[[list[dict[str, Any]]], str],
    mark: bool,
    crlf: bool,
    packed: bool,
    values: list[Any],
) -> None:
    tests = [{"input": [number, value], "expected": value} for number, value in enumerate(values)]
    records = [{**ADD, "tests": tests, "reference_solution": None}, SUM]
    text = form(records)
    data = (text.replace("\n", "\r\n") if crlf else text).encode()
    data = (b"\xef\xbb\xbf" if mark else b"") + data
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.jsonl"
        path.write_bytes(gzip.compress(data) if packed else data)
        found = list(own_problems(path))
    assert [problem for _, problem in found] == [
        Problem.model_validate_json(json.dumps(one)) for one in records
    ]


def test_each_problem_knows_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    for form in FORMS[:2] + FORMS[3:]:
        path.write_text(form([ADD, SUM]))
        lines = path.read_text().splitlines()
        places = [place for place, _ in own_problems(path)]
        at = [int(place.removeprefix(f"{path}:")) for place in places]
        # A record begins where its brace does.
        assert all(lines[number - 1].lstrip().startswith("{") for number in at)
        assert at == sorted(set(at))


def test_what_may_look_like_a_mistake_is_none(tmp_path: Path) -> None:
    fine = [
        {**ADD, "starter_code": "", "parameters": None},
        {**ADD, "starter_code": "import math\n"},
        {**ADD, "parameters": None, "starter_code": "def add(a, b=2, *rest):\n    # here\n"},
        {**ADD, "reference_solution": "add = lambda a, b: a + b\n"},
        {**ADD, "reference_solution": "from operator import *\n"},
        {**ADD, "reference_solution": "if True:\n    def add(*numbers): return sum(numbers)\n"}
        | asks(([1, 2], 3)),
        {
            **ADD,
            "entry_point": "Solution.add",
            "starter_code": "class Solution:\n    def add(self, a, b):\n",
        },
        {**ADD, "tests": [{"input": [1, {"$float": "nan"}], "expected": {"$tuple": [1]}}]},
        {**ADD, "comparison": {"kind": "any_of"}, "tests": [{"input": [1, 2], "expected": [3]}]},
        {**ADD, "tests": [{"check": "def check(candidate):\n    assert candidate(1, 2) == 3\n"}]},
        {**SUM, "comparison": {"kind": "any_of"}, "tests": [{"input": "", "expected": ["1", "2"]}]},
        {**ADD, "checker": CHECKER},
        {**ADD, "tests": ADD["tests"] * 2},
    ]
    for record in fine:
        assert mistakes(Problem.model_validate_json(json.dumps(record))) == []
    for part in ("train", "held_out"):
        for problem in templated_problems(part, 30):
            assert mistakes(problem) == []
    assert [mistakes(problem) for problem in builtin_problems()] == [[]] * BUILTIN_PROBLEMS


# --- What is refused ------------------------------------------------------------------------------


def lines(*records: dict[str, Any] | str) -> bytes:
    """A good problem on line 1, and the others from line 3 on."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in records]
    return "\n".join([json.dumps(SUM), "", *texts, ""]).encode()


def asks(*cases: tuple[Any, Any]) -> dict[str, Any]:
    return {"tests": [{"input": asked, "expected": right} for asked, right in cases]}


def deep(count: int) -> str:
    return json.dumps({**ADD, **asks(([1, 0], 0))}).replace("0]", "[" * count + "]" * count + "]")


WRONG: dict[str, tuple[bytes, int, str]] = {
    # The file.
    "empty": (b"", 1, "the file is empty"),
    "blank": (b"\n \n", 1, "the file is empty"),
    "utf-16": (json.dumps(ADD).encode("utf-16"), 1, "UTF-16 text; save it as UTF-8"),
    "zip": (b"PK\x03\x04rest", 1, "a zip archive; unpack it"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\n", 1, "run 'git lfs pull'"),
    "gzip cut off": (gzip.compress(lines(ADD))[:-9], 4, "cut off or damaged; copy it again"),
    "latin-1": (lines(ADD).replace(b"Add two", b"Add zw\xf6lf"), 3, "not UTF-8 text"),
    "NUL bytes": (lines("\0" * 40), 3, "not JSON"),
    "a list cut off": (json.dumps([SUM, ADD], indent=1).encode()[:-60], 0, "cut off"),
    "a comma lacks": (b"[\n%b\n%b\n]" % (json.dumps(ADD).encode(), b"{}"), 3, "without a comma"),
    "behind the list": (b"[\n%b\n]\n5" % json.dumps(ADD).encode(), 3, "more behind the list"),
    "comma behind the last": (b"[\n%b,\n]" % json.dumps(ADD).encode(), 2, "delete it"),
    # JSON.
    "a line cut off": (lines(json.dumps(ADD)[:100]), 3, "not JSON"),
    "trailing comma": (lines('{"id": "mine/add",}'), 3, "comma stands before a closing bracket"),
    "commas between": (
        b"%b,\n{},\n" % json.dumps(ADD).encode(),
        1,
        "a comma stands behind the record",
    ),
    "python": (lines(str(ADD)), 3, "double quotes, not in single ones"),
    "python's names": (lines('{"needs_checker": True}'), 3, "write true instead of True"),
    "comment": (lines('{"id": "a/b", // mine }'), 3, "it has no comments"),
    "two on a line": (lines(json.dumps(ADD) + json.dumps(SUM)), 3, "a line of its own"),
    "no object": (lines("[1, 2]"), 3, "a record is a JSON object"),
    "a key twice": (lines('{"id": "a/b", "id": "a/c"}'), 3, "the key 'id' occurs twice"),
    "NaN": (lines('{"input": NaN}'), 3, 'write {"$float": "nan"}'),
    "1e999": (lines('{"input": 1e999}'), 3, "beyond what a float holds"),
    "digits": (lines('{"input": ' + "7" * 5000 + "}"), 3, "thousands of digits"),
    "half a character": (lines('{"id": "\\ud800"}'), 3, "not a valid Problem record"),
    "nested": (lines(deep(250)), 3, "recursion"),
    "nested without end": (lines("[" * 100_000), 3, "nested too deep"),
    # The record.
    "misspelt key": (lines({**ADD, "entrypoint": "add"}), 3, "did you mean 'entry_point'?"),
    "no tests": (lines({**ADD, "tests": []}), 3, "field 'tests'"),
    "half a test": (lines({**ADD, "tests": [{"input": [1, 2]}]}), 3, "an 'expected' output"),
    "no entry point": (lines({**ADD, "entry_point": None}), 3, "needs an entry_point"),
    "recursion": (lines({**ADD, "limits": {"recursion": 10**6}}), 3, "field 'limits.recursion'"),
    "limit 0": (lines({**ADD, "limits": {"cpu_seconds": 0}}), 3, "field 'limits.cpu_seconds'"),
    "an id twice": (lines(ADD, ADD), 4, "'mine/add' is already at"),
    # What the executor would trip over.
    "a list for stdin": (lines({**SUM, "id": "a/b", **asks((["1"], "3"))}), 3, "input is a list"),
    "a number printed": (lines({**SUM, "id": "a/b", **asks(("1", 3))}), 3, "expected is a number"),
    "any_of of nothing": (
        lines({**SUM, "id": "a/b", "comparison": {"kind": "any_of"}, **asks(("1", "2"))}),
        3,
        "a list of the texts that are accepted",
    ),
    "asserts of a program": (
        lines({**SUM, "id": "a/b", "tests": [{"check": "def check(candidate): pass"}]}),
        3,
        "assert-style tests need interface 'call'",
    ),
    "tokens of a function": (lines({**ADD, "comparison": {"kind": "tokens"}}), 3, "not one for"),
    "unknown comparison": (lines({**ADD, "comparison": {"kind": "same"}}), 3, "comparison.kind"),
    "negative tolerance": (
        lines({**ADD, "comparison": {"kind": "close", "absolute_tolerance": -1}}),
        3,
        "comparison.absolute_tolerance is -1",
    ),
    "interactive": (lines({**ADD, "tags": ["interactive"]}), 3, "interactive judge"),
    "misspelt entry point": (lines({**ADD, "entry_point": "ad"}), 3, "did you mean 'add'?"),
    "no name": (lines({**ADD, "entry_point": "add()"}), 3, "neither 'name' nor 'Class.name'"),
    "too few arguments": (lines({**ADD, **asks(([1], 3))}), 3, "missing a required argument: 'b'"),
    "too many": (lines({**ADD, **asks(([1, 2, 3], 3))}), 3, "too many positional arguments"),
    "misspelt name": (lines({**ADD, **asks(({"a": 1, "c": 2}, 3))}), 3, "test 1: its input"),
    "one argument bare": (lines({**ADD, **asks((5, 3))}), 3, "input is a number"),
    "other parameters": (lines({**ADD, "parameters": ["a"]}), 3, "starter_code takes other ones"),
    "types": (lines({**ADD, "parameter_types": ["int"]}), 3, "1 types for 2 parameters"),
    "in place of nothing": (lines({**ADD, "in_place": 2}), 3, "in_place is 2"),
    "unknown tag": (lines({**ADD, **asks(([1, {"$tupel": []}], 3))}), 3, "cannot be carried"),
    "no linked list": (
        lines({**ADD, "parameter_types": ["ListNode", "int"]}),
        3,
        "argument 1 is a number; of ListNode it is LeetCode's list form",
    ),
    "two answers": (lines({**ADD, **asks(([1, 2], 3), ([1, 2], 4))}), 3, "test 2 has the input"),
    "Python 2": (lines({**ADD, "reference_solution": "print 1"}), 3, "does not compile (line 1"),
    "starter code": (lines({**ADD, "starter_code": "def add(a, b"}), 3, "starter_code does not"),
    "checker": (lines({**ADD, "checker": "def check(:"}), 3, "checker does not compile"),
    "checker's name": (lines({**ADD, "checker": "def judge(): pass"}), 3, "no function check("),
    "check's name": (
        lines({**ADD, "tests": [{"check": "assert add(1, 2) == 3"}]}),
        3,
        "test 1: check: it defines no function check(candidate)",
    ),
    "memory": (lines({**ADD, "limits": {"memory_mb": 1}}), 3, "Python needs 16"),
    "an hour": (lines({**ADD, "limits": {"cpu_seconds": 3600}}), 3, "at most 600"),
    "blank statement": (lines({**ADD, "statement": " "}), 3, "its statement is blank"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_one_message_with_its_place(
    tmp_path: Path, script: Script, name: str
) -> None:
    content, line, words = WRONG[name]
    path = tmp_path / "mine.jsonl"
    path.write_bytes(content)
    code, said = collected(script, path)
    line = line or content.count(b"\n") + 1
    assert code == 2
    assert said.startswith(f"error: {path}:{line}: ") and said.count("\n") == 1, said
    assert words in said
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


@given(st.data())
def test_whatever_a_file_holds_it_is_problems_or_one_message(data: st.DataObject) -> None:
    record = data.draw(changed(data.draw(st.sampled_from([ADD, SUM, {**ADD, "checker": CHECKER}]))))
    if data.draw(st.booleans()):
        record = data.draw(changed(record))
    text = json.dumps(record).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.jsonl"
        for content in (text, text[: data.draw(st.integers(0, len(text)))], text + b"\xff"):
            path.write_bytes(content)
            try:
                (found,) = own_problems(path)
            except UserError as error:
                assert str(error).startswith(f"{path}:1: ")
            else:
                assert Problem.model_validate_json(found[1].model_dump_json()) == found[1]


def test_a_folder_and_nothing_at_all(tmp_path: Path, script: Script) -> None:
    assert collected(script, tmp_path) == (
        2,
        f"error: {tmp_path}: cannot be read (Is a directory)\n",
    )
    code, said = collected(script, tmp_path / "none.jsonl")
    assert code == 2 and "none.jsonl: no such file; expected problem records" in said


def test_all_mistakes_are_told_at_once(tmp_path: Path, script: Script) -> None:
    path = tmp_path / "mine.jsonl"
    wrong = {**ADD, **asks(*[([number], 0) for number in range(5)])}
    path.write_bytes(lines("{", {**ADD, "entry_point": "ad"}, *[{**wrong, "id": "a/b"}] * 12))
    code, said = collected(script, path)
    assert code == 2
    told = said.splitlines()
    places = [one.removeprefix("error: ").split(": ")[0].strip() for one in told[:-1]]
    assert places == [f"{path}:{number}" for number in range(3, 13)]
    assert told[-1].strip() == "(and 4 more)"
    assert "(2 more)" in told[2]


# --- References -----------------------------------------------------------------------------------


def merged(script: Script, folder: Path, *more: str) -> tuple[int, str]:
    out = folder / "out"
    options: list[str | Path] = ["--inputs", out / "mine.jsonl", "--weaker-isolation"]
    options += ["--collected", out / "mine.report.json", "--report", out / "report.json"]
    return script("merge_problems.py", *options, "--output", out / "all.jsonl", *more)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("record", "words"),
    [
        (
            {**ADD, **asks(([1, 2], 3), ([2, 2], 5))},
            "fails test 2 of 2 with input '[2, 2]' (wrong answer: expected 5, got 4)",
        ),
        (
            {**SUM, "id": "mine/b", **asks(("1 2\n", "4"))},
            r"fails test 1 of 1 with input '1 2\n' (wrong answer: expected '4', got '3\n')",
        ),
        ({**SUM, "id": "mine/b", "reference_solution": "print(1 / 0)"}, "ZeroDivisionError"),
        (
            {
                **ADD,
                "limits": {"cpu_seconds": 0.1},
                "reference_solution": "def add(a, b):\n while 1: 0",
            },
            "fails test 1 of 2 with input '[1, 2]' (timeout",
        ),
        (
            {**ADD, "tests": [{"check": "def check(candidate):\n    assert candidate(1, 2) == 4"}]},
            "fails test 1 of 1 (wrong answer: ",
        ),
        (
            {**ADD, "checker": CHECKER.replace("==", "!=")},
            "its checker refuses the reference answer (test 1: refused)",
        ),
    ],
)
def test_a_broken_reference_of_ones_own_is_named(
    tmp_path: Path, script: Script, record: dict[str, Any], words: str
) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(lines(record))
    assert collected(script, path)[0] == 0
    code, said = merged(script, tmp_path)
    assert code == 2
    (told,) = [line for line in said.splitlines() if line.startswith("error: ")]
    assert told.startswith(f"error: {path}:3: problem '{record['id']}': ") and words in told
    assert said.rstrip().endswith(told) and "Traceback" not in said
    assert not (tmp_path / "out/all.jsonl").exists()


@pytest.mark.slow
def test_right_references_pass_and_are_kept(tmp_path: Path, script: Script) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(lines(ADD))
    assert collected(script, path)[0] == 0
    assert merged(script, tmp_path)[0] == 0
    found = [problem.id for problem in read_records(tmp_path / "out/all.jsonl", Problem)]
    assert found == ["mine/add", "mine/sum"]
    places = read_json(tmp_path / "out/mine.report.json")["places"]
    assert places == {"mine/sum": f"{path}:1", "mine/add": f"{path}:3"}


@pytest.mark.slow
def test_of_other_sources_the_broken_ones_are_left_out_and_counted(tmp_path: Path) -> None:
    broken = Problem.model_validate_json(json.dumps({**ADD, **asks(([1, 2], 4))}))
    right = Problem.model_validate_json(json.dumps(SUM))
    write_records(tmp_path / "set.jsonl", [broken, right])
    found = deduplicate([tmp_path / "set.jsonl"], ProblemsConfig())
    drop_broken(found)
    assert [problem.id for problem in found.problems()] == ["mine/sum"]
    assert found.dropped[BROKEN] == {"mine": 1}
    page = table(report(found, []))
    assert "| mine/add | its reference_solution fails test 1 of 1 with input '[1, 2]'" in page
