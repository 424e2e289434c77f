"""LiveCodeBench: its public format read without unpickling, its dates, and its verdicts."""

import base64
import json
import os
import pickle
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import pytest
from helpers.places import ROOT
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from codepref.errors import UserError
from codepref.evaluation.benchmarks import BENCHMARKS, benchmark_bytes, read_data
from codepref.evaluation.livecodebench.pickled import packed_text, text_of_pickle
from codepref.evaluation.livecodebench.releases import releases, versions_of
from codepref.evaluation.livecodebench.rows import _TESTS
from codepref.evaluation.settings import GradingConfig, LiveCodeBenchData
from codepref.evaluation.solutions import read_questions
from codepref.evaluation.tasks import TaskFile
from codepref.evaluation.windows import select_tasks
from codepref.files import sha256_of
from codepref.records import Comparison
from codepref.sandbox.compare import texts_match

DEMO = ROOT / "src/codepref/evaluation/builtin/livecodebench"


def packed(value: Any, protocol: int = 4) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value, protocol))).decode()


def case(given: str, output: str, kind: str = "stdin") -> dict[str, str]:
    return {"input": given, "output": output, "testtype": kind}


def row(name: str = "abc301_a", day: str = "2023-05-13", **changes: Any) -> dict[str, Any]:
    """Return a row of the public format: print the sum of two numbers."""
    hidden = [case("4 5\n", "9\n"), case("1000000000000000000 1\n", "1000000000000000001\n")]
    return {
        "question_title": "A. Sum",
        "question_content": "Print a + b.\u2028Nothing else.",
        "platform": "atcoder",
        "question_id": name,
        "contest_id": "abc301",
        "contest_date": f"{day}T00:00:00",
        "starter_code": "",
        "difficulty": "easy",
        "public_test_cases": json.dumps([case("1 2\n", "3\n")]),
        "private_test_cases": packed(json.dumps(hidden)),
        "metadata": "{}",
        **changes,
    }


def method(name: str = "2777", **changes: Any) -> dict[str, Any]:
    """Return a row that asks for a method: the prefix sums of a list."""
    hidden = [case("[]\n0", "[]", "functional"), case("[1.5, 1]\n2", "[3.5, 4.5]", "functional")]
    more = {
        "question_title": "prefix-sums",
        "platform": "leetcode",
        "starter_code": "class Solution:\n    def sums(self, nums: List[int], k: int) -> List:\n",
        "public_test_cases": json.dumps([case("[1, 2]\n10", "[11, 13]", "functional")]),
        "private_test_cases": packed(json.dumps(hidden)),
        "metadata": json.dumps({"func_name": "sums"}),
    }
    return row(name, "2024-05-01", **{**more, **changes})


def written(folder: Path, *rows: dict[str, Any]) -> LiveCodeBenchData:
    file = folder / "test.jsonl"
    file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows), "utf-8")
    return LiveCodeBenchData(
        kind="livecodebench", release="v1", path=str(folder), sha256=[sha256_of(file)]
    )


def tasks(folder: Path, *rows: dict[str, Any]) -> TaskFile[Any]:
    file = folder / "data.jsonl"
    file.write_bytes(benchmark_bytes("livecodebench", written(folder, *rows)))
    return read_data("livecodebench", file)


@given(st.text(), st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_a_pickled_text_is_read_as_it_is(text: str, protocol: int) -> None:
    assert text_of_pickle(pickle.dumps(text, protocol)) == text
    assert packed_text(packed(text, protocol)) == text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary() | st.floats(),
    lambda inner: (
        st.lists(inner | st.text()) | st.dictionaries(st.text(), inner) | st.sets(st.text())
    ),
)


@given(VALUES, st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_any_other_pickle_is_refused(value: Any, protocol: int) -> None:
    with pytest.raises(ValueError, match="pickle"):
        text_of_pickle(pickle.dumps(value, protocol))


class Harmful:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.marker),)


def test_nothing_in_a_pickle_is_run(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    with pytest.raises(UserError, match=r"test.jsonl:1: field 'private_test_cases': .*pickle"):
        tasks(tmp_path, row(private_test_cases=packed(Harmful(marker))))
    assert not marker.exists()
    pickle.loads(pickle.dumps(Harmful(marker)))
    assert marker.exists()  # it would have been


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (row(private_test_cases="%"), "private_test_cases': not base64 of zlib"),
        (row(private_test_cases=base64.b64encode(b"x" * 9).decode()), "not base64 of zlib"),
        (row(private_test_cases=packed("[]")[:12]), "private_test_cases'"),
        (row(private_test_cases=packed("{")), "private_test_cases'"),
        (row(contest_date="May"), "contest_date'"),
        (row(metadata="[]"), "metadata'"),
        (row(metadata='{"func_name": "f"}'), "test 1 is of type 'stdin', expected 'functional'"),
        (method(metadata="{}"), "test 1 is of type 'functional', expected 'stdin'"),
        (row(question_content=" "), "question_content"),
        (method(metadata='{"func_name": "a b"}'), "metadata'"),
        (method(metadata='{"func_name": "class"}'), "metadata'"),
        (row(private_test_cases=f"[{'0,' * 9999}0]"), "private_test_cases'"),
        (
            method(public_test_cases=json.dumps([case("[" * 250 + "]" * 250, "1", "functional")])),
            "public_test_cases': test 1: its input is not JSON",
        ),
        (row(public_test_cases='[{"input": "1"}]'), "public_test_cases'"),
        (row(public_test_cases="[]", private_test_cases="[]"), "no test at all"),
        ({"question_id": "1"}, "not a row of livecodebench/code_generation_lite"),
        (
            method(public_test_cases=json.dumps([case("[1", "1", "functional")])),
            "public_test_cases': test 1: its input is not JSON",
        ),
        (row("abc301_b"), "task abc301_b occurs a second time"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(
    changed: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as error:
        tasks(tmp_path, row("abc301_b"), changed)
    assert "test.jsonl:2: " in str(error.value) and message in str(error.value)


def test_a_list_of_wrong_tests_takes_no_more_memory_than_one() -> None:
    tracemalloc.start()
    with pytest.raises(ValidationError) as error:
        _TESTS.validate_json(f"[{'0,' * 300_000}0]")
    assert error.value.error_count() == 1
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


def test_another_file_than_expected_is_refused(tmp_path: Path) -> None:
    data = written(tmp_path, row())
    with (tmp_path / "test.jsonl").open("a") as stream:
        stream.write("\n")
    with pytest.raises(UserError, match=r"test.jsonl: the sha256 is .*, expected"):
        benchmark_bytes("livecodebench", data)
    published = LiveCodeBenchData(kind="livecodebench", release="v1", path=str(tmp_path))
    with pytest.raises(UserError, match=f"expected {releases().files['v1'].sha256}"):
        benchmark_bytes("livecodebench", published)


def test_tasks_of_the_errata_are_left_out_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    titled = method("3091", question_title="Most Frequent IDs")
    found = tasks(tmp_path, row(), row("abc337_e"), titled)
    assert list(found.tasks) == ["abc301_a"]
    said = capsys.readouterr().err
    assert "v1: 3 tasks (v1 3)" in said and "1 interactive, 1 wrong tests" in said


def test_releases_are_named_as_their_loader_names_them() -> None:
    assert versions_of("release_v6") == ["v1", "v2", "v3", "v4", "v5", "v6"]
    for wrong in ("v7", "v3_v2", "release_v2_v3", "latest"):
        with pytest.raises(ValidationError, match="v1 to v6"):
            LiveCodeBenchData(kind="livecodebench", release=wrong)
    every = LiveCodeBenchData(kind="livecodebench", release="release_v6")
    assert every.tasks == 1055 and every.paths == []
    with pytest.raises(ValidationError, match=r"one for each of test4.jsonl, test5.jsonl"):
        LiveCodeBenchData(kind="livecodebench", release="v4_v5", path="x", sha256=["0"])


def test_only_newer_tasks_are_kept_byte_for_byte(tmp_path: Path) -> None:
    rows = [row("old", "2024-01-31"), row("same", "2024-02-01"), row("new", "2024-02-02")]
    data = tasks(tmp_path, *rows)
    assert select_tasks(data.path, "2024-02-01", tmp_path / "new.jsonl") == (1, 3)
    line = data.path.read_bytes().split(b"\n")[2]
    assert (tmp_path / "new.jsonl").read_bytes() == line + b"\n"
    with pytest.raises(UserError, match="no task was released after 2024-02-02; the newest is of"):
        select_tasks(data.path, "2024-02-02", tmp_path / "none.jsonl")
    assert not (tmp_path / "none.jsonl").exists()
    with pytest.raises(UserError, match="expected YYYY-MM-DD, found 'May'"):
        select_tasks(data.path, "May", tmp_path / "none.jsonl")
    for wrong in ('{"task_id": "x"}', '{"released": ' + "[" * 100_000):
        (tmp_path / "plain.jsonl").write_text('{"released": "2024-05-05"}\n' + wrong + "\n")
        with pytest.raises(UserError, match=r"plain.jsonl:2: not a task with the day"):
            select_tasks(tmp_path / "plain.jsonl", "2024-01-01", tmp_path / "none.jsonl")


def test_tasks_are_asked_as_training_problems_are(tmp_path: Path) -> None:
    path = tasks(tmp_path, row(), method()).path
    program, call = read_questions(path, "chat", "livecodebench").values()
    assert "standard input" in program.messages[0].content and program.entry_point is None
    assert "class Solution" in call.messages[0].content and call.entry_point == "Solution.sums"
    with pytest.raises(UserError, match="prompt_style to chat"):
        read_questions(path, "evalplus", "livecodebench")


SUM = "print(sum(map(int, input().split())), flush=True)"
DEEP = "def deep(n): return n and deep(n - 1)\n"
SUMS = "class Solution:\n    def sums(self, nums, k):\n"
PROGRAMS = {
    "right": ("print(sum(map(int, input().split())))", True, True),
    "as decimal": ("print('  %d.00 ' % sum(map(int, input().split())))", True, True),
    "only the example": ("print(3)", True, False),
    "in floats": ("print(sum(map(float, input().split())))", True, False),
    "wrong": ("print(1)", False, False),
    "one line more": ("print(sum(map(int, input().split())), end='\\n\\n0')", False, False),
    "nothing": ("", False, False),
    "crash": ("print(3); 1 / 0", False, False),
    # Its judge sets the recursion limit and passes over SystemExit, whatever its status.
    "deep recursion": (f"{DEEP}deep(40_000)\n{SUM}", True, True),
    "deeper than its limit": (f"{DEEP}deep(60_000)\n{SUM}", False, False),
    "endless recursion": (f"{SUM}\n{DEEP}deep(-1)", False, False),
    "exits with 1": (f"import sys\n{SUM}\nsys.exit(1)", True, True),
    "exits with a text": (f"{SUM}\nexit('done')", True, True),
    "exits before it prints": (f"exit(1)\n{SUM}", False, False),
    "crashes at its exit": (f"{SUM}\ntry: exit(1)\nfinally: 1 / 0", False, False),
    "ends the process": (f"import os\n{SUM}\nos._exit(1)", False, False),
}
PREFIX_SUMS = "[k + sum(nums[: i + 1]) for i in range(len(nums))]"
METHODS = {
    "right": (f"{SUMS}        return {PREFIX_SUMS}", True, True),
    "a tuple": (
        f"{SUMS}        return tuple(k + sum(nums[: i + 1]) for i in range(len(nums)))",
        *(True, True),
    ),
    "only the example": (f"{SUMS}        return [11, 13]", True, False),
    "deep recursion": (
        f"{DEEP}{SUMS}        deep(40_000)\n        return {PREFIX_SUMS}",
        *(True, True),
    ),
    "deeper than its limit": (
        f"{DEEP}{SUMS}        deep(60_000)\n        return {PREFIX_SUMS}",
        *(False, False),
    ),
    "close, not equal": (
        f"{SUMS}        return [k + sum(nums[: i + 1]) + 1e-9 for i in range(len(nums))]",
        *(False, False),
    ),
}


def test_verdicts_are_those_of_public_and_of_all_tests(tmp_path: Path) -> None:
    data = tasks(tmp_path, row(), method())
    known = data.tasks
    cases = {f"p {k}": (known["abc301_a"], *v) for k, v in PROGRAMS.items()}
    cases |= {f"m {k}": (known["2777"], *v) for k, v in METHODS.items()}
    whole = TaskFile("livecodebench", data.path, "", "", {k: v[0] for k, v in cases.items()})
    judge = BENCHMARKS["livecodebench"].judge(whole, GradingConfig(memory_mb=1024), tmp_path, 2)
    found = judge.grade({name: one[1] for name, one in cases.items()}, "0" * 64)
    verdicts = {one.task_id: (one.base_solved, one.plus_solved) for one in found.tasks}
    assert verdicts == {name: one[2:] for name, one in cases.items()}
    by_name = {one.task_id: one for one in found.tasks}
    assert by_name["p only the example"].plus.failing_input == 1
    assert by_name["p crash"].base.failure == "runtime_error"
    assert found.limits.min_time_limit == 6  # the least, though grading.min_time_limit is 4
    assert (found.total, found.base_solved, found.plus_solved) == (22, 11, 8)


@pytest.mark.parametrize(
    ("actual", "expected", "same"),
    [
        (" 1.0 2\n3 \n", "1 2.00\n3", True),
        ("1 2\n3", "1\n2 3", False),
        ("1\n\n2", "1\n2", False),
        ("yes", "YES", False),
        ("0.1", "0.10000000000000000001", False),
        ("nan", "nan", True),
        ("1e999999999999999999999", "1", False),
        ("", "", True),
    ],
)
def test_lines_of_numbers_are_equal_as_decimals(actual: str, expected: str, same: bool) -> None:
    assert texts_match(actual, expected, Comparison(kind="decimals")) is same


def test_the_demos_tasks_have_the_outputs_of_their_solutions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "maintenance")
    import freeze_livecodebench

    monkeypatch.setattr(freeze_livecodebench, "FOLDER", tmp_path)
    freeze_livecodebench.main()
    for name in ("test.jsonl", "test2.jsonl"):
        again = [json.loads(line) for line in (tmp_path / name).open()]
        frozen = [json.loads(line) for line in (DEMO / name).open()]
        for one in (*again, *frozen):  # other versions of zlib pack otherwise
            one["private_test_cases"] = packed_text(one["private_test_cases"])
        assert again == frozen


def test_the_command_lines_take_the_demos_files_to_a_window(tmp_path: Path) -> None:
    def script(name: str, *options: str | Path) -> str:
        command = [sys.executable, str(ROOT / "scripts" / name), *map(str, options)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stderr

    hashes = [f"--sha256={sha256_of(DEMO / name)}" for name in ("test.jsonl", "test2.jsonl")]
    data, window = tmp_path / "data.jsonl", tmp_path / "window.jsonl"
    given = ["--dataset=livecodebench", "--kind=livecodebench", "--release=v1_v2", *hashes]
    told = script("fetch_benchmark.py", "--name=own", *given, f"--path={DEMO}", "--output", data)
    assert "v1_v2: 10 tasks (v1 6, v2 4); left out by the errata: none" in told
    dated = ["--data", data, "--released-after", "2024-11-01", "--output", window]
    assert "6 of 10 tasks were released after 2024-11-01" in script("select_tasks.py", *dated)
    assert len(read_data("livecodebench", window).tasks) == 6
