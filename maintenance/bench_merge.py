"""Time and memory of merging synthetic problem records: ``python maintenance/bench_merge.py``.

One record in ten is a copy of an earlier one with a few words changed. Memory is measured in a
process of its own, whose peak is compared with that of a merge of no records.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from codepref.problems.merge import deduplicate, limit
from codepref.problems.report import report
from codepref.problems.settings import ProblemsConfig
from codepref.records import Problem, TestCase

WORDS_PER_STATEMENT, TESTS, SHARE_OF_COPIES = 180, 10, 0.1


def write_problems(path: Path, count: int, seed: int = 0) -> int:
    """Write synthetic records; return how many are near copies of an earlier one."""
    chance = random.Random(seed)
    vocabulary = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(8000)]
    recent: list[list[str]] = []
    copies = 0
    with path.open("w") as stream:
        for number in range(count):
            if recent and chance.random() < SHARE_OF_COPIES:
                words = list(chance.choice(recent))
                words[chance.randrange(len(words))] = "changed"
                copies += 1
            else:
                words = chance.choices(vocabulary, k=WORDS_PER_STATEMENT)
                recent = [*recent[-200:], words]
            problem = Problem(
                id=f"synthetic/{number}",
                source="synthetic",
                licence="CC0",
                title=f"Problem {number}",
                statement=" ".join(words),
                interface="stdio",
                tests=[
                    TestCase(input="1 2 3\n" * 50, expected=str(n), visible=n < 2)
                    for n in range(TESTS)
                ],
            )
            stream.write(problem.model_dump_json(exclude_none=True) + "\n")
    return copies


def merge(path: Path) -> None:
    """Merge one file as the script does; print what it took as JSON."""
    start = time.perf_counter()
    config = ProblemsConfig(limit=None)
    merged = deduplicate([path], config)
    if merged.kept:
        limit(merged, config)
    data = report(merged, [])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"seconds": time.perf_counter() - start, "peak_mb": peak, "kept": data["kept_total"]}
    print(json.dumps({**found, "duplicates": len(merged.duplicates)}))


def main() -> None:
    """Print one row per number of records."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[0, 5_000, 50_000])
    parser.add_argument("--merge", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.merge:
        merge(arguments.merge)
        return
    print(f"{'records':>8} {'MiB':>7} {'copies':>7} {'found':>7} {'seconds':>8} {'peak MiB':>9}")
    for count in arguments.records:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "problems.jsonl"
            copies = write_problems(path, count)
            size = path.stat().st_size / 2**20
            done = subprocess.run(
                [sys.executable, __file__, "--merge", str(path)],
                check=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            found = json.loads(done.stdout)
            print(
                f"{count:8} {size:7.0f} {copies:7} {found['duplicates']:7} "
                f"{found['seconds']:8.1f} {found['peak_mb']:9.0f}"
            )


if __name__ == "__main__":
    main()
