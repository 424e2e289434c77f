r"""Time greedy benchmark answers of the present state against a variant, in one run.

    python maintenance/measure_generation.py --model-folder results/demo/models/smollm \
        --data HumanEvalPlus.jsonl --tasks 64 --present precision=fp32 --variant precision=bf16

Both answer the same tasks, one after the other and in turn, each turn in a process of its own whose
start-up is timed apart. A variant is settings of ``generation`` (``stop_at=tests``), variables of
the environment, or another checkout (``--variant-source``). Threads are bound by OpenMP's variables
(``GOMP_CPU_AFFINITY="0 1"``): vLLM's ``VLLM_CPU_OMP_THREADS_BIND`` is only read by its executor of
several processes, and ours is in one. A faster ``malloc`` takes ``LD_PRELOAD`` for the same reason.
The first turn's answers stay in ``--output``, for ``make grade``. Take timings on a quiet machine:
CPU seconds beside wall seconds say how busy it was.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codepref.cli import run
from codepref.errors import UserError
from codepref.files import read_records, read_text, write_json, write_text
from codepref.gradings import Solution

ROOT = Path(__file__).resolve().parents[1]
SIDES = ("present", "variant")
NAME = "answers"


def settings_of(given: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return a side's settings and environment: keys are lower case, variables upper case.

    Raises:
        UserError: one is not KEY=VALUE.
    """
    settings: dict[str, str] = {}
    environment: dict[str, str] = {}
    for one in given:
        key, mark, value = one.partition("=")
        if not (key and mark):
            raise UserError(f"'{one}': expected KEY=VALUE, a setting of generation or a variable")
        (environment if key.isupper() else settings)[key] = value
    return settings, environment


def answer(arguments: argparse.Namespace) -> None:
    """Answer the tasks in this process, and print what it took as JSON."""
    begun = time.perf_counter()
    from codepref.evaluation.solutions import generate_solutions
    from codepref.sampling import jobs
    from codepref.sampling.settings import GenerationConfig

    load, ready = jobs.load_engine, [begun, 0.0]

    def timed(*given: Any, **named: Any) -> Any:
        engine = load(*given, **named)
        ready[:] = time.perf_counter(), _cpu_seconds()
        return engine

    jobs.load_engine = timed
    config = GenerationConfig.model_validate(json.loads(arguments.settings))
    generate_solutions({NAME: arguments.data}, arguments.model_folder, "m", config, arguments.turn)
    seconds, cpu = time.perf_counter() - ready[0], _cpu_seconds() - ready[1]
    print(json.dumps({"start": ready[0] - begun, "seconds": seconds, "cpu_seconds": cpu}))


def _cpu_seconds() -> float:
    """Return the CPU seconds of this process and its finished children."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def one_turn(side: str, arguments: argparse.Namespace, data: Path, folder: Path) -> dict[str, Any]:
    """Return what a side's turn took; its answers are in the folder.

    Raises:
        UserError: it failed; its own messages are above.
    """
    settings, environment = settings_of(getattr(arguments, side))
    settings = {"max_tokens": str(arguments.max_tokens), **settings}
    source = arguments.variant_source if side == "variant" else ROOT
    command = [arguments.python, __file__, "--model-folder", arguments.model_folder]
    command += ["--data", str(data), "--turn", str(folder), "--settings", json.dumps(settings)]
    environment = {**os.environ, **environment, "PYTHONPATH": str(Path(source) / "src")}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise UserError(f"{side}: the turn failed (messages above)")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    answers = answers_of(folder)
    tokens = sum(one.tokens for one in answers.values())
    return {**found, "tokens": tokens, "engine": next(iter(answers.values())).engine}


def answers_of(folder: Path) -> dict[str, Solution]:
    """Return a turn's answers by task."""
    return {one.task_id: one for one in read_records(folder / f"{NAME}.samples.jsonl", Solution)}


def changes(present: dict[str, Solution], variant: dict[str, Solution]) -> dict[str, list[str]]:
    """Return the tasks whose answers change, beyond where they end, and whose programs change."""

    def same(one: str, other: str) -> bool:
        return one.startswith(other) or other.startswith(one)

    pairs = [(key, present[key], variant[key]) for key in present]
    return {
        "answers": [key for key, a, b in pairs if not same(a.response, b.response)],
        "programs": [key for key, a, b in pairs if a.solution != b.solution],
        "cut": [key for key, a, b in pairs if "length" in (a.finish_reason, b.finish_reason)],
    }


def main() -> None:
    """Let both sides answer in turn, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model-folder", required=True)
    parser.add_argument("--data", type=Path, required=True, help="a benchmark's tasks (JSONL)")
    parser.add_argument("--tasks", type=int, help="only so many of them, evenly spread")
    parser.add_argument("--max-tokens", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=2, help="turns of each side")
    for side in SIDES:
        parser.add_argument(f"--{side}", nargs="*", default=[], metavar="KEY=VALUE")
    parser.add_argument("--variant-source", default=ROOT, help="the variant's checkout")
    default = ROOT / ".venv-vllm" / "bin" / "python"
    default = default if default.exists() else Path(sys.executable)
    parser.add_argument("--python", default=str(default), help="default: that of .venv-vllm")
    parser.add_argument("--output", type=Path, help="a folder for figures and answers")
    parser.add_argument("--settings", help=argparse.SUPPRESS)
    parser.add_argument("--turn", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.turn:
        answer(arguments)
        return
    with tempfile.TemporaryDirectory() as temporary:
        compare(arguments, arguments.output or Path(temporary))


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    """Run all turns in a folder, and print what they took and what changes."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [line for line in read_text(arguments.data).split("\n") if line.strip()]
    count = min(arguments.tasks or len(lines), len(lines))
    data = folder / "tasks.jsonl"
    write_text(data, "".join(lines[n * len(lines) // count] + "\n" for n in range(count)))
    turns: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    print("| turn | engine | start-up s | s (CPU) | tokens | tokens/s |\n|---|---|--:|--:|--:|--:|")
    for number in range(arguments.rounds):
        for side in SIDES if number % 2 == 0 else SIDES[::-1]:  # neither is always the first
            turn = one_turn(side, arguments, data, folder / f"{side}{number}")
            turns[side].append(turn)
            print(
                f"| {side} {number + 1} | {turn['engine']} | {turn['start']:.0f} "
                f"| {turn['seconds']:.1f} ({turn['cpu_seconds']:.0f}) | {turn['tokens']} "
                f"| {turn['tokens'] / turn['seconds']:.1f} |",
                flush=True,
            )
    ratios = [one["seconds"] / other["seconds"] for one, other in zip(*turns.values(), strict=True)]
    found = changes(*(answers_of(folder / f"{side}0") for side in SIDES))
    again = changes(
        answers_of(folder / "present0"), answers_of(folder / f"present{arguments.rounds - 1}")
    )
    print(
        f"\nThe variant is {statistics.median(ratios):.2f} times as fast ({count} tasks; turns: "
        f"{', '.join(f'{ratio:.2f}' for ratio in ratios)}). Greedy answers that change, apart from "
        f"where they end: {len(found['answers'])}; between turns of the present state: "
        f"{len(again['answers'])}. Programs that change: {len(found['programs'])} "
        f"({' '.join(found['programs']) or 'none'}); answers cut in either: {len(found['cut'])}."
    )
    write_json(folder / "figures.json", {"turns": turns, "ratios": ratios, "changes": found})


if __name__ == "__main__":
    run(main)
