"""Tokens per second of the sampling engines on the same prompts: eight samples each.

    python benchmarks/bench_sampling.py --problems problems.jsonl --model-folder DIR \
        --vllm-python .venv-vllm/bin/python --output sampling.json

Each engine runs in a process of its own, one after the other; start-up (imports, loading) is timed
apart from sampling. Prints a Markdown table.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from codepref.cli import run
from codepref.errors import UserError
from codepref.files import read_records, write_json
from codepref.records import Problem


def measure(arguments: argparse.Namespace) -> None:
    """Sample with one engine in this process and print its figures as JSON."""
    start = time.perf_counter()
    from codepref.config import SamplingConfig
    from codepref.prompts import problem_messages
    from codepref.sampling.engine import Decoding, Prompt
    from codepref.sampling.jobs import Policy
    from codepref.seeds import derive_seed

    config = SamplingConfig(engine=arguments.engine)
    policy = Policy(arguments.model_folder, arguments.engine, arguments.batch_size, 8)
    decoding = Decoding(config.temperature, config.top_p, arguments.max_tokens)
    prompts = [
        Prompt(
            policy.render(problem.id, problem_messages(problem), arguments.max_tokens),
            [derive_seed(0, "bench", problem.id, index) for index in range(8)],
        )
        for problem in list(read_records(arguments.problems, Problem))[: arguments.limit]
    ]
    longest = max(len(prompt.tokens) for prompt in prompts) + arguments.max_tokens
    engine = policy.engine(longest)
    loaded = time.perf_counter()
    tokens = 0
    for first in range(0, len(prompts), policy.prompts_per_call):
        group = engine.complete(prompts[first : first + policy.prompts_per_call], decoding)
        tokens += sum(completion.tokens for row in group for completion in row)
    figures = {
        "engine": policy.engine_description,
        "prompts": len(prompts),
        "tokens": tokens,
        "startup_seconds": loaded - start,
        "sampling_seconds": time.perf_counter() - loaded,
    }
    print(json.dumps(figures))


def main() -> None:
    """Measure each engine in a process of its own and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", required=True, help="problem records (JSONL)")
    parser.add_argument("--model-folder", required=True)
    parser.add_argument("--limit", type=int, default=16, help="problems to take")
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=64, help="rows of transformers")
    parser.add_argument("--vllm-python", type=Path, help="the interpreter that has vLLM")
    parser.add_argument("--output", help="the figures as JSON")
    parser.add_argument("--engine", choices=["transformers", "vllm"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine:
        measure(arguments)
        return
    pythons = {"transformers": Path(sys.executable)}
    if arguments.vllm_python:
        pythons["vllm"] = arguments.vllm_python
    else:
        print("vllm: left out (no --vllm-python)", file=sys.stderr)
    source = Path(__file__).resolve().parents[1] / "src"
    results = []
    for engine, python in pythons.items():
        command = [str(python), __file__, *sys.argv[1:], "--engine", engine]
        environment = {**os.environ, "PYTHONPATH": str(source)}
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            raise UserError(f"{engine}: the measurement failed (messages above)")
        results.append(json.loads(done.stdout.splitlines()[-1]))
    print("| engine | tokens | start-up s | sampling s | tokens/s |")
    print("|---|---|---|---|---|")
    for figures in results:
        rate = figures["tokens"] / figures["sampling_seconds"]
        print(
            f"| {figures['engine']} | {figures['tokens']} | {figures['startup_seconds']:.0f} "
            f"| {figures['sampling_seconds']:.0f} | {rate:.0f} |"
        )
    if arguments.output:
        write_json(arguments.output, results)


if __name__ == "__main__":
    run(main)
