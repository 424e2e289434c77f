"""Problems with several right answers, from a data set's row with a checker to verdicts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.corpus_programs import with_checker
from helpers.example_rows import OPEN_R1, one
from helpers.places import ROOT
from helpers.records import make_problem, make_sample

from codepref.errors import UserError
from codepref.files import read_records, write_records
from codepref.problems import checkers as checkers_module
from codepref.problems.checkers import drop_faulty_checkers
from codepref.problems.merge import Merged, deduplicate
from codepref.problems.report import STEPS, report, table
from codepref.problems.settings import ProblemsConfig
from codepref.records import Comparison, Execution, Problem, TestCase, read_problems
from codepref.sandbox import SandboxError
from codepref.sandbox.checkers import checker_name

KEEP = ProblemsConfig(limit=None, keep_checker_problems=True)
STRINGS = with_checker("different_string", "different_string.py")
URL = "https://codeforces.com/problemset/problem/1971/C"


def merged_from(tmp_path: Path, *groups: list[Problem]) -> Merged:
    paths = [tmp_path / f"{number}.jsonl" for number in range(len(groups))]
    for path, group in zip(paths, groups, strict=True):
        write_records(path, group)
    merged = deduplicate(paths, KEEP)
    drop_faulty_checkers(merged)
    return merged


def test_open_r1_hands_over_its_checker(tmp_path: Path) -> None:
    found = one(tmp_path, "open_r1_codeforces", generated_checker=STRINGS.checker)
    assert found.needs_checker and found.checker == STRINGS.checker
    assert one(tmp_path, "open_r1_codeforces", generated_checker=None).checker is None
    assert one(tmp_path, "open_r1_codeforces", generated_checker="").checker is None


@pytest.mark.slow
def test_only_checkers_that_prove_themselves_are_kept(tmp_path: Path) -> None:
    """Every reason is a step of the report, and named with its problem."""
    checkers = {
        "right": STRINGS.checker,
        "none": None,
        "broken": "import sys\nprint(1",
        "fails": "raise ValueError('no idea')",
        "refuses": "print(0)",
        "credulous": "print(1)",
    }
    problems = [
        STRINGS.model_copy(
            update={
                "id": f"a/{name}",
                "source": "a",
                "checker": checker,
                "needs_checker": name != "right",  # who has a checker has several answers
                "statement": f"{name} " * 5,
            }
        )
        for name, checker in checkers.items()
    ]
    pairs = with_checker("pair_with_sum", "pair_with_sum.py")
    several = {"id": "a/several", "source": "a", "comparison": Comparison(kind="any_of")}
    credulous = {"id": "a/none_is_right", "source": "a", "checker": "def check(*_): return True"}
    problems += [
        pairs.model_copy(update={**several, "statement": "Some words."}),
        pairs.model_copy(update={**credulous, "statement": "Other words here."}),
        make_problem("a/plain", statement="A plain problem.", licence="MIT"),
    ]
    merged = merged_from(tmp_path, problems)
    assert [found.id for found in merged.problems()] == ["a/plain", "a/right"]
    dropped = {
        "needs a checker": "none",
        "its checker does not compile": "broken",
        "its checker fails on the reference answer": "fails",
        "its checker refuses the reference answer": "refuses",
        "its checker accepts an empty output": "credulous",
        "its checker accepts None": "none_is_right",
        "its checker cannot be used": "several",
    }
    assert merged.dropped == {reason: {"a": 1} for reason in dropped}
    assert dropped.keys() <= set(STEPS)
    page = table(report(merged, []))
    assert "| a/fails | its checker fails on the reference answer | test 1: runtime error: " in page
    assert "ValueError: no idea" in page and "'any_of'" in page
    for reason, name in list(dropped.items())[1:]:
        assert f"| a/{name} | {reason} |" in page and f"| {reason} |" in page.split("What was")[0]


@pytest.mark.slow
def test_a_checker_of_any_record_judges_the_problem(tmp_path: Path) -> None:
    page = STRINGS.model_copy(
        update={
            "id": "codeforces/1971C",
            "source": "codeforces",
            "url": URL,
            "checker": None,
            "needs_checker": False,
            "tests": [*STRINGS.tests, TestCase(input="1\nab\n", expected="YES\nba\n")],
        }
    )
    row = STRINGS.model_copy(
        update={
            "id": "open_r1_codeforces/1971C",
            "source": "open_r1_codeforces",
            "url": URL,
            "licence": "CC-BY-4.0",
        }
    )
    (found,) = merged_from(tmp_path, [page], [row]).problems()
    assert (found.id, found.checker, len(found.tests)) == (page.id, row.checker, 3)
    assert found.needs_checker and found.licence == "Apache-2.0; CC-BY-4.0"
    # A checker of programs' outputs is none of a function's values.
    function = row.model_copy(
        update={
            "interface": "call",
            "entry_point": "f",
            "comparison": Comparison(),
            "checker": "def check(*_): return True",
        }
    )
    merged = merged_from(tmp_path, [page], [function])
    assert merged.kept == [] and merged.dropped["needs a checker"] == {"codeforces": 1}


def test_a_failing_sandbox_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise SandboxError("the machine is on fire")

    monkeypatch.setattr(checkers_module.Executor, "checker_faults", fail)
    with pytest.raises(UserError, match=r"checkers could not be tried .*on fire.*run again"):
        merged_from(tmp_path, [STRINGS])


ANOTHER = "for _ in range(int(input())):\n    s = input()\n    r = s[1:] + s[0]\n"
ANOTHER += "    print('YES\\n' + r if r != s else 'NO')\n"
SAME = "for _ in range(int(input())):\n    s = input()\n"
SAME += "    print('YES\\n' + s if len(set(s)) > 1 else 'NO')\n"


def script(name: str, *options: object) -> None:
    command = [sys.executable, f"scripts/{name}.py", *map(str, options)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_row_with_a_checker_becomes_verdicts(tmp_path: Path) -> None:
    """From the data set through the command lines; a row with a broken checker is dropped."""
    tests = [{"input": test.input, "output": test.expected} for test in STRINGS.tests]
    row = {
        **OPEN_R1,
        "id": "1971/C",
        "title": "Different String",
        "description": "You are given a string s. Rearrange its characters to form a new string r "
        "that is not equal to s, or report that it is impossible.",
        "input_format": "The number of test cases, and a string for each.",
        "output_format": "YES and the string r, or NO. If there are several, print any of them.",
        "examples": tests[:1],
        "official_tests": tests,
        "generated_checker": STRINGS.checker,
    }
    broken = {**row, "id": "1971/D", "description": "Cut it. Print any.", "generated_checker": "if"}
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in (row, broken)))
    source, problems = tmp_path / "source.jsonl", tmp_path / "all.jsonl"
    where = ("--source", "r1", "--kind", "open_r1_codeforces", "--path", tmp_path / "rows.jsonl")
    where += ("--report", tmp_path / "source.json", "--manifest", tmp_path / "manifest.jsonl")
    script("collect_problems", *where, "--output", source)
    report = ("--report", tmp_path / "report.json")
    merge = ("merge_problems", "--inputs", source, "--output", problems, *report)
    script(*merge)
    assert problems.read_text() == ""
    script(*merge, "--keep-checker-problems")
    pages = ("--output", tmp_path / "report.md", "--page", tmp_path / "report.html")
    script("tabulate_problems", *report, *pages)
    (found,) = read_problems(problems).values()
    assert (found.id, found.checker) == ("open_r1_codeforces/1971C", STRINGS.checker)
    assert (
        "| open_r1_codeforces/1971D | its checker does not compile | test 1: runtime error: "
        in (tmp_path / "report.md").read_text()
    )
    samples, verdicts = tmp_path / "samples.jsonl", tmp_path / "verdicts.jsonl"
    write_records(samples, [make_sample(found, n, text) for n, text in enumerate((ANOTHER, SAME))])
    files = ("--problems", problems, "--samples", samples, "--output", verdicts)
    script("run_executions", *files, "--workers", 1)
    right, wrong = read_records(verdicts, Execution)
    assert (right.verdict, wrong.verdict) == ("passed", "wrong_answer")
    assert right.checker == wrong.checker == checker_name(found)
