"""Time of grading a model's HumanEval+ and MBPP+ samples: EvalPlus's own program, and ours.

Both grade CodeQwen1.5-7B-Chat's published samples on the current data, in this run, with the same
number of workers, time limit and memory limit. "first" starts without stored ground truth (ours
also grades all reference solutions then), "again" finds what the first left behind. Wall time is
what the user waits; CPU time (of all processes) says how far a busy machine stretched it. A verdict
that differs without being EvalPlus's known bug is an error.

python maintenance/bench_grading.py [--workers 2] [--datasets humaneval mbpp]
"""

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import certification
import psutil

from codepref.cli import run
from codepref.errors import UserError
from codepref.evaluation.evalplus.judge import EvalPlusJudge
from codepref.evaluation.published.samples import dataset_of, read_samples
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import Benchmark

ROOT = Path(__file__).resolve().parent.parent
MENDED = " (its find_zero bug, mended)"
Statuses = dict[str, tuple[str | None, str | None]]


class Stopwatch:
    """Wall and CPU seconds of a block and of the processes it ran, and their peak memory.

    ``peak_mb`` is the largest sum of the processes' proportional set sizes (what they share counts
    once), looked at twice a second.
    """

    def __enter__(self) -> "Stopwatch":
        self.peak_mb = 0.0
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        self._start = time.perf_counter(), self._cpu()
        return self

    def __exit__(self, *_: object) -> None:
        start, cpu = self._start
        self.wall, self.cpu = time.perf_counter() - start, self._cpu() - cpu
        self._ended.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._ended.wait(0.5):
            total = 0.0
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    total += process.memory_full_info().pss / 2**20
            self.peak_mb = max(self.peak_mb, total)

    @staticmethod
    def _cpu() -> float:
        usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def evalplus(
    benchmark: Benchmark,
    programs: dict[str, str],
    folder: Path,
    config: GradingConfig,
    workers: int,
) -> tuple[Stopwatch, Statuses]:
    """Run EvalPlus's own command once; its cache lies in ``folder``."""
    samples, results = folder / "samples.jsonl", folder / "samples_eval_results.json"
    with samples.open("w") as stream:
        for task_id, program in programs.items():
            stream.write(json.dumps({"task_id": task_id, "solution": program}) + "\n")
    results.unlink(missing_ok=True)  # EvalPlus would reuse it
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(folder / "cache"),
        f"{benchmark.dataset.upper()}_OVERRIDE_PATH": str(benchmark.path),
        "EVALPLUS_MAX_MEMORY_BYTES": str(config.memory_mb << 20),
    }
    command = [
        *(sys.executable, "-m", "evalplus.evaluate", benchmark.dataset),
        *("--samples", str(samples), "--parallel", str(workers)),
        *("--min-time-limit", str(config.min_time_limit)),
        *("--gt-time-limit-factor", str(config.ground_truth_time_factor)),
    ]
    with Stopwatch() as took:
        subprocess.run(command, env=environment, check=True, capture_output=True)
    evaluated = json.loads(results.read_text())["eval"]
    return took, {
        key: (found["base_status"], found["plus_status"]) for key, [found] in evaluated.items()
    }


def ours(
    benchmark: Benchmark,
    programs: dict[str, str],
    folder: Path,
    config: GradingConfig,
    workers: int,
) -> tuple[Stopwatch, Statuses, list[str]]:
    """Grade once with our judge; the ground truth lies in ``folder``."""
    with Stopwatch() as took:
        judge = EvalPlusJudge(benchmark, config, folder / "ours", workers)
        verdicts = judge.grade(programs, benchmark.sha256)
    statuses: Statuses = {
        task.task_id: (task.base.status, task.plus.status) for task in verdicts.tasks
    }
    return took, statuses, verdicts.repaired


def main() -> None:
    """Run EvalPlus and ours in turn and print times, ratios and every other verdict."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--datasets", nargs="+", default=["humaneval", "mbpp"])
    arguments = parser.parse_args()
    shared, config = certification.shared_data(ROOT), GradingConfig()
    if not shared.is_dir():
        raise UserError(f"needs the real data files in {shared}")

    found_sets = [read_samples(given.samples) for given in certification.published_sets(shared)]
    sets = {dataset_of(samples): samples for samples in found_sets}
    sets = {name: samples for name, samples in sets.items() if name in arguments.datasets}
    total: dict[str, list[Stopwatch]] = {}
    different: list[str] = []
    for dataset, samples in sets.items():
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            benchmark = certification.newest_data(dataset, shared, folder)
            given = {sample.task_id: sample for sample in samples}
            programs = {
                key: given[key].program(task.prompt) for key, task in benchmark.tasks.items()
            }
            for turn in ("first", "again"):
                took, theirs = evalplus(benchmark, programs, folder, config, arguments.workers)
                total.setdefault(f"EvalPlus {turn}", []).append(took)
                say(f"{dataset} EvalPlus {turn}", [took])
                took, found, repaired = ours(benchmark, programs, folder, config, arguments.workers)
                total.setdefault(f"ours {turn}", []).append(took)
                say(f"{dataset} ours {turn}", [took])
                different += [
                    f"{key}: EvalPlus {theirs[key]}, ours {found[key]}"
                    + (MENDED if key in repaired else "")
                    for key in found
                    if found[key] != theirs[key]
                ]
    for line in sorted(set(different)):
        print(f"other verdict: {line}")
    unmended = [line for line in different if not line.endswith(MENDED)]
    print(f"{arguments.workers} workers, {' and '.join(arguments.datasets)}:")
    for name, times in total.items():
        say(f"  {name}", times)
    for one, other in (("again", "first"), ("again", "again"), ("first", "first")):
        mine, others = total[f"ours {one}"], total[f"EvalPlus {other}"]
        wall = sum(took.wall for took in mine) / sum(took.wall for took in others)
        cpu = sum(took.cpu for took in mine) / sum(took.cpu for took in others)
        goal = " (goal: at most 0.50)" if (one, other) == ("again", "first") else ""
        print(
            f"  ours {one} / EvalPlus {other}: {wall:.2f} of the wall time{goal}, "
            f"{cpu:.2f} of the CPU time"
        )
    if unmended:
        raise UserError(f"{len(unmended)} verdicts differ from EvalPlus's")


def say(what: str, times: list[Stopwatch]) -> None:
    """Print the sum of some times."""
    wall, cpu = sum(took.wall for took in times), sum(took.cpu for took in times)
    peak = max(took.peak_mb for took in times)
    print(f"{what:<40} {wall:7.1f} s, CPU {cpu:7.1f} s, peak {peak:6.0f} MB", flush=True)


if __name__ == "__main__":
    run(main)
