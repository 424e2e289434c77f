"""What a grading promises, on real EvalPlus runs of small benchmarks."""

import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from certification import processor_burners
from helpers.places import ROOT
from helpers.small_benchmark import RIGHT, TASKS, task, write_solutions, write_tasks

from codepref.errors import UserError
from codepref.evaluation.benchmarks import read_data
from codepref.evaluation.evalplus.judge import EvalPlusJudge
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import Benchmark
from codepref.gradings import BenchmarkVerdicts, TaskVerdict

pytestmark = pytest.mark.slow  # sandboxes

FIRST = "HumanEval/0"


def grade_first(judge: EvalPlusJudge, program: str) -> tuple[TaskVerdict, BenchmarkVerdicts]:
    """Grade right solutions of all tasks but the first, whose solution is ``program``."""
    verdicts = judge.grade({**RIGHT, FIRST: program}, "0" * 64)
    return verdicts.tasks[0], verdicts


def test_right_solutions_are_solved_and_the_header_says_how(judge: EvalPlusJudge) -> None:
    verdicts = judge.grade(RIGHT, "5" * 64)
    assert (verdicts.base_solved, verdicts.plus_solved, verdicts.total) == (3, 3, 3)
    assert verdicts.evalplus == "0.3.1"
    assert "bubblewrap" in verdicts.isolation
    assert verdicts.data_md5 == judge.benchmark.md5
    assert verdicts.known_oracle_failures == verdicts.repaired == []


@pytest.mark.parametrize(
    ("program", "base", "plus", "reason"),
    [
        ("def f0(x):\n    return x + (1 if x < 9 else 2)\n", "pass", "fail", "wrong answer"),
        ("def f0(x):\n    return x\n", "fail", "fail", "wrong answer"),
        ("def f0(x):\n    return {}[x]\n", "fail", "fail", "raised KeyError"),
        ("def f0(x) return\n", "fail", "fail", "does not load"),
        ("def other(x):\n    return x + 1\n", "fail", "fail", "does not load"),
        ("import os\ndef f0(x):\n    os._exit(0)\n", "timeout", "timeout", "without a verdict"),
    ],
)
def test_failures_have_a_status_and_a_reason(
    judge: EvalPlusJudge, program: str, base: str, plus: str, reason: str
) -> None:
    verdict, all_of_them = grade_first(judge, program)
    assert (verdict.base.status, verdict.plus.status) == (base, plus)
    assert reason in str(verdict.plus.reason)
    assert verdict.plus_solved is False
    assert (all_of_them.base_solved, all_of_them.plus_solved) == (2 + (base == "pass"), 2)


def test_grading_works_without_a_proc_of_its_own(judge: EvalPlusJudge) -> None:
    # As inside some containers.
    judge.isolation = dataclasses.replace(judge.isolation, proc=False)
    assert judge.grade(RIGHT, "5" * 64).plus_solved == 3


def test_the_failing_input_is_named(judge: EvalPlusJudge) -> None:
    verdict, _ = grade_first(judge, "def f0(x):\n    return x + (1 if x < 9 else 2)\n")
    assert verdict.plus.failing_input == 1


def test_what_fails_by_time_is_graded_again_alone(judge: EvalPlusJudge) -> None:
    verdict, _ = grade_first(judge, "def f0(x):\n    while True: pass\n")
    assert verdict.base.status == "fail"
    assert "out of time" in str(verdict.base.reason)
    assert verdict.base.graded_again and verdict.plus.graded_again


def test_what_is_slow_but_within_its_limit_passes(small: Benchmark, cache: Path) -> None:
    # Far slower than the reference: put off at first, then given its whole limit.
    judge = EvalPlusJudge(small, GradingConfig(min_time_limit=4), cache)
    slow = (
        "import time\ndef f0(x):\n    end = time.process_time() + 0.8\n"
        "    while time.process_time() < end: pass\n    return x + 1\n"
    )
    verdict, _ = grade_first(judge, slow)
    assert verdict.plus_solved
    assert verdict.base.graded_again and verdict.plus.graded_again
    assert verdict.base.reason is None


def test_with_many_workers_only_what_may_be_in_time_is_graded_alone(
    small: Benchmark, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone: list[str] = []
    grade_alone = EvalPlusJudge._grade_alone

    def noted(self: EvalPlusJudge, key: str, *rest: Any) -> Any:
        alone.append(key)
        return grade_alone(self, key, *rest)

    monkeypatch.setattr(EvalPlusJudge, "_grade_alone", noted)
    judge = EvalPlusJudge(small, GradingConfig(min_time_limit=1.0), cache, workers=3)
    judge.ground_truth()
    busy = (
        "import time\ndef {}(x):\n    end = time.process_time() + {}\n"
        "    while time.process_time() < end: pass\n    return sorted(x) if x == x else 0\n"
    )
    programs = {
        "HumanEval/0": "def f0(x):\n    while True: pass\n",
        "HumanEval/1": busy.format("f1", 1.4).replace("sorted(x)", "[i / 3 for i in x]"),
        "HumanEval/2": busy.format("f2", 0.7),
    }
    endless, late, slow = judge.grade(programs, "0" * 64, every_part=False).tasks
    assert (endless.base.failure, endless.base.graded_again) == ("timeout", True)
    assert (endless.plus.status, endless.plus.reason) == ("fail", "not tried: base failed")
    assert (late.base.failure, late.base.graded_again) == ("timeout", True)
    assert slow.plus_solved and slow.plus.graded_again
    assert alone == ["HumanEval/1", "HumanEval/2", "HumanEval/2"]


@pytest.mark.slow
def test_a_program_that_loops_while_loading_ends(judge: EvalPlusJudge) -> None:
    verdict, all_of_them = grade_first(judge, "while True: pass\n")
    assert verdict.base.status == "timeout"
    assert all_of_them.base_solved == 2


def test_waiting_is_not_computing(small: Benchmark, cache: Path) -> None:
    # More sleep than the limit of CPU time allows: a program on a busy machine waits like that.
    judge = EvalPlusJudge(small, GradingConfig(min_time_limit=0.2), cache)
    sleeper = "import time\ndef f0(x):\n    time.sleep({})\n    return x + 1\n"
    assert grade_first(judge, sleeper.format(0.5))[0].plus_solved
    assert "out of time" in str(grade_first(judge, sleeper.format(60))[0].base.reason)


@pytest.mark.long
def test_a_very_busy_machine_fails_nothing(small: Benchmark, cache: Path) -> None:
    judge = EvalPlusJudge(small, GradingConfig(min_time_limit=0.5), cache)
    judge.ground_truth()
    # 0.35 of 0.5 seconds of CPU time; the wall time it takes is beyond the limit.
    busy = "import time\ndef f0(x):\n    while time.process_time() - start < 0.35: pass\n"
    busy = (
        busy.replace("    while", "    start = time.process_time()\n    while")
        + "    return x + 1\n"
    )
    with processor_burners(8 * (os.cpu_count() or 1)):
        verdict, _ = grade_first(judge, busy)
    assert verdict.plus_solved
    assert verdict.base.seconds > 0.5
    assert not verdict.base.graded_again


def test_too_much_memory_fails_only_that_solution(small: Benchmark, cache: Path) -> None:
    judge = EvalPlusJudge(small, GradingConfig(memory_mb=1024, min_time_limit=2), cache)
    verdict, all_of_them = grade_first(judge, "def f0(x):\n    return len('a' * 2**32)\n")
    assert verdict.base.reason == "raised MemoryError"
    assert all_of_them.base_solved == 2


def test_solutions_reach_nothing_outside(
    judge: EvalPlusJudge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s")
    monkeypatch.setenv("CODEPREF_SECRET", "s")
    probe = f"""
import io, os, socket
def found():
    if "CODEPREF_SECRET" in os.environ: return "environment"
    for path in ({str(secret)!r}, {str(Path.home() / ".bashrc")!r}, "/etc/shadow", "/proc/1/mem"):
        try: io.FileIO(path); return path
        except OSError: pass
    for path in ("/usr/x", "/x", "/dev/x", {str(judge.ground_truth().folder / "x")!r}):
        try: io.FileIO(path, "w"); return path
        except OSError: pass
    try: socket.create_connection(("1.1.1.1", 53), 1); return "network"
    except OSError: return None
def f0(x):
    place = found()
    if place: raise RuntimeError(place)
    return x + 1
"""
    verdict, _ = grade_first(judge, probe)
    assert verdict.base.reason is None
    assert verdict.plus_solved


def test_a_solution_cannot_write_verdicts(judge: EvalPlusJudge) -> None:
    line = '{"task_id": "HumanEval/0", "part": "base", "status": "pass", "repaired": false}'
    forger = f"""
import io, os
for number in range(64):
    try: os.write(number, {line!r}.encode() + b"\\n")
    except OSError: pass
for pid in [name for name in os.listdir("/proc") if name.isdigit()]:
    for number in range(8):
        try: io.FileIO(f"/proc/{{pid}}/fd/{{number}}", "w").write({line!r}.encode() + b"\\n")
        except OSError: pass
def f0(x): return x
"""
    verdict, all_of_them = grade_first(judge, forger)
    assert verdict.base.status == "fail"
    assert all_of_them.base_solved == 2


def test_a_solution_can_neither_kill_nor_start_processes(judge: EvalPlusJudge) -> None:
    hostile = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
done = [libc.kill(pid, 9) for pid in (-1, 1, 2, 3, 4, 5)]
done.append(libc.fork())
done.append(libc.execve(b"/bin/sh", None, None))
def f0(x): return x + 1 if done == [-1] * 8 else None
"""
    verdict, all_of_them = grade_first(judge, hostile)
    assert verdict.plus_solved
    assert all_of_them.plus_solved == 3


def test_a_solution_leaves_nothing_for_the_next(judge: EvalPlusJudge) -> None:
    # A module that shadows the library's, a full disk, a file: each only for itself.
    litter = """
import io
for name, size in (("colorsys.py", 1), ("note", 1), *((f"large{n}", 200 << 20) for n in range(4))):
    io.FileIO(f"/tmp/{name}", "w").write(b"?" * size)
def f0(x): return x + 1
"""
    tidy = "import colorsys, os\nassert 'note' not in os.listdir('/tmp')\n"
    others = {key: tidy + code for key, code in RIGHT.items()}
    verdicts = judge.grade({**others, FIRST: litter}, "0" * 64)
    assert verdicts.plus_solved == 3


def test_who_disturbs_the_grading_fails_alone(judge: EvalPlusJudge) -> None:
    # Finds the notes that the grader takes in shared memory, and clears them all.
    vandal = """
import ctypes
frame, notes = __import__("sys")._getframe(), None
while frame and notes is None:
    notes = next((v for v in frame.f_locals.values() if type(v).__name__ == "Notes"), None)
    frame = frame.f_back
for value in vars(notes).values(): ctypes.memset(ctypes.addressof(value), 0, ctypes.sizeof(value))
__import__("os")._exit(0)
"""
    verdict, all_of_them = grade_first(judge, vandal)
    assert verdict.base.status == "fail"
    assert verdict.base.reason == "disturbed its grading"
    assert (all_of_them.plus_solved, all_of_them.base_solved) == (2, 2)


def test_what_crashes_is_graded_again_alone(judge: EvalPlusJudge) -> None:
    crash = "import ctypes\ndef f0(x): return ctypes.string_at(0)\n"
    verdict, all_of_them = grade_first(judge, crash)
    assert "killed by SIGSEGV" in str(verdict.base.reason)
    assert verdict.base.graded_again
    assert all_of_them.plus_solved == 2


def test_damaged_ground_truth_is_computed_again(small: Benchmark, tmp_path: Path) -> None:
    judge = EvalPlusJudge(small, GradingConfig(), tmp_path)
    assert judge.grade(RIGHT, "0" * 64).plus_solved == 3
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    for damage in (
        lambda: (folder / "HumanEval_1.plus.truth").unlink(),
        lambda: (folder / "HumanEval_2.base.truth").write_bytes(b""),
        lambda: (folder / "manifest.json").write_text("{"),
    ):
        damage()
        assert judge.grade(RIGHT, "0" * 64).plus_solved == 3


def test_unreadable_ground_truth_is_no_verdict(small: Benchmark, tmp_path: Path) -> None:
    judge = EvalPlusJudge(small, GradingConfig(), tmp_path)
    judge.ground_truth()
    (file,) = tmp_path.glob("*/HumanEval_1.plus.truth")
    file.write_bytes(b"?" * file.stat().st_size)
    with pytest.raises(
        UserError, match=r"HumanEval/1 \(plus\) cannot be graded: ValueError: not a part"
    ):
        judge.grade(RIGHT, "0" * 64)


def test_a_cache_that_cannot_be_written_is_one_clear_message(
    small: Benchmark, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    for cache in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match="cannot be kept there"):
            EvalPlusJudge(small, GradingConfig(), cache).grade(RIGHT, "0" * 64)
    with pytest.raises(UserError, match="at least one"):
        EvalPlusJudge(small, GradingConfig(), tmp_path, workers=0)


FIND_ZERO = task(
    32,
    "    return -x[0] / x[1]\n",
    [[[1, 2]], [[-6, 3]]],
    [[[4, 2]]],
    entry_point="find_zero",
    atol=1e-4,
)
ZERO = {"HumanEval/32": "def find_zero(x):\n    return -x[0] / x[1]\n"}


def test_the_find_zero_bug_is_repaired_and_recorded(tmp_path: Path, cache: Path) -> None:
    benchmark = read_data("humaneval", write_tasks(tmp_path / "d.jsonl", [FIND_ZERO]))
    judge = EvalPlusJudge(benchmark, GradingConfig(), cache)
    verdicts = judge.grade(ZERO, "0" * 64)
    assert verdicts.plus_solved == 1
    assert verdicts.repaired == ["HumanEval/32"]
    wrong = {"HumanEval/32": "def find_zero(x):\n    return 9.0\n"}
    assert judge.grade(wrong, "0" * 64).base_solved == 0
    broken = {"HumanEval/32": "def find_zero(x) return\n"}
    assert judge.grade(broken, "0" * 64).base_solved == 0


def test_a_ground_truth_that_fails_stops_the_run_unless_named(tmp_path: Path, cache: Path) -> None:
    benchmark = read_data("humaneval", write_tasks(tmp_path / "d.jsonl", [FIND_ZERO, TASKS[0]]))
    programs = {**ZERO, FIRST: RIGHT[FIRST]}
    config = GradingConfig(repair_find_zero=False)
    with pytest.raises(UserError, match=r"HumanEval/32 .*known_oracle_failures"):
        EvalPlusJudge(benchmark, config, cache).grade(programs, "0" * 64)
    named = config.model_copy(update={"known_oracle_failures": ["HumanEval/32"]})
    verdicts = EvalPlusJudge(benchmark, named, cache).grade(programs, "0" * 64)
    assert (verdicts.plus_solved, verdicts.total) == (1, 2)
    assert verdicts.known_oracle_failures == ["HumanEval/32"]
    assert "ground truth" in str(verdicts.tasks[0].base.reason)


def test_a_reference_that_crashes_is_named(tmp_path: Path, cache: Path) -> None:
    crash = task(7, "    return 1 // x\n", [[1]], [[0]])
    benchmark = read_data("humaneval", write_tasks(tmp_path / "d.jsonl", [crash]))
    with pytest.raises(UserError, match=r"HumanEval/7 \(plus: ZeroDivisionError"):
        EvalPlusJudge(benchmark, GradingConfig(), cache).grade({"HumanEval/7": ""}, "0" * 64)


def test_the_ground_truth_is_computed_once_per_data_file(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    path = write_tasks(tmp_path / "d.jsonl", TASKS[:1])
    programs = {FIRST: RIGHT[FIRST]}
    config = GradingConfig()
    judge = EvalPlusJudge(read_data("humaneval", path), config, cache)
    assert judge.grade(programs, "0" * 64).plus_solved == 1
    stamps = {file: file.stat().st_mtime_ns for file in cache.glob("*/*")}
    assert judge.grade(programs, "0" * 64).plus_solved == 1
    assert {file: file.stat().st_mtime_ns for file in cache.glob("*/*")} == stamps
    # The same name with other contents must not find the old answers.
    write_tasks(path, [task(0, "    return x + 2\n", [[1]], [[2]])])
    changed = EvalPlusJudge(read_data("humaneval", path), config, cache)
    assert changed.grade(programs, "0" * 64).base_solved == 0


def test_parallel_gradings_of_a_cold_cache_agree(tmp_path: Path) -> None:
    data = write_tasks(tmp_path / "d.jsonl", TASKS)
    samples = write_solutions(tmp_path / "s.jsonl", RIGHT)
    command = [
        *(sys.executable, str(ROOT / "scripts/grade_benchmark.py"), "--dataset", "humaneval"),
        *("--data", str(data), "--samples", str(samples), "--cache", str(tmp_path / "cache")),
    ]
    runs = [
        subprocess.Popen([*command, "--output", str(tmp_path / f"{number}.json")])
        for number in range(3)
    ]
    assert [run.wait() for run in runs] == [0, 0, 0]
    found = [json.loads((tmp_path / f"{number}.json").read_text()) for number in range(3)]
    assert [verdicts["plus_solved"] for verdicts in found] == [3, 3, 3]
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.name[0] == "."] == []


def test_stopping_is_prompt_and_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    data = write_tasks(tmp_path / "d.jsonl", TASKS)
    sleeper = {**RIGHT, FIRST: "import time\ndef f0(x):\n    time.sleep(600)\n"}
    samples = write_solutions(tmp_path / "s.jsonl", sleeper)
    output = tmp_path / "out" / "v.json"
    process = subprocess.Popen(
        [
            *(sys.executable, str(ROOT / "scripts/grade_benchmark.py"), "--dataset"),
            *("humaneval", "--data", str(data), "--samples", str(samples)),
            *("--output", str(output), "--cache", str(cache), "--min-time-limit", "100"),
        ],
    )
    while not psutil.Process(process.pid).children():
        assert process.poll() is None
        time.sleep(0.1)
    time.sleep(2)
    sandboxes = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    assert process.wait(10) == 143
    assert psutil.wait_procs(sandboxes, 10)[1] == []
    assert not output.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"HumanEval/1": None}, "no solution of HumanEval/1"),
        ({"HumanEval/9": "x = 1"}, "the data file does not have: HumanEval/9"),
    ],
)
def test_incomplete_samples_are_refused(
    tmp_path: Path, change: dict[str, str | None], message: str
) -> None:
    programs = {key: text for key, text in {**RIGHT, **change}.items() if text is not None}
    samples = write_solutions(tmp_path / "s.jsonl", programs)
    data = write_tasks(tmp_path / "d.jsonl", TASKS)
    output = tmp_path / "v.json"
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "scripts/grade_benchmark.py"), "--dataset"),
            *("humaneval", "--data", str(data), "--samples", str(samples)),
            *("--output", str(output)),
        ],
        capture_output=True,
        text=True,
        env={**os.environ},
    )
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not output.exists()


def test_repeated_solutions_are_refused(tmp_path: Path, small: Benchmark) -> None:
    from codepref.evaluation.tasks import read_solutions

    path = write_solutions(tmp_path / "s.jsonl", RIGHT)
    path.write_text(path.read_text() + path.read_text().splitlines()[0] + "\n")
    with pytest.raises(UserError, match="more than one solution of HumanEval/0"):
        read_solutions(path, small)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no task"),
        ("{}\n", ":1: not a benchmark task: no task_id"),
        ("[", ":1: not JSON"),
    ],
)
def test_malformed_data_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_data("humaneval", path)


def test_workers_do_not_change_verdicts(small: Benchmark, cache: Path) -> None:
    programs = {**RIGHT, "HumanEval/2": "def f2(x):\n    return x\n"}

    def statuses(workers: int) -> list[tuple[str, str]]:
        judge = EvalPlusJudge(small, GradingConfig(), cache, workers)
        return [(t.base.status, t.plus.status) for t in judge.grade(programs, "0" * 64).tasks]

    assert statuses(1) == statuses(4) == [("pass", "pass"), ("pass", "pass"), ("fail", "fail")]
