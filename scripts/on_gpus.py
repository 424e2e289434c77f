"""Run a command on GPUs of its own: on_gpus.py ENVIRONMENT N COMMAND ...

On a machine without a scheduler jobs see all GPUs. This holds N of them, which no other job started
in this way uses, until the command ends. Outside containers the command's programs are those of the
environment envs/gpu/ENVIRONMENT, if it is there (make gpu-envs). With 0 it only runs the
command; one that asks for vLLM (--engine=vllm) in the environment of vLLM on the CPU (make vllm).
"""

import argparse
import os
from pathlib import Path

from codepref.cli import run
from codepref.workflow.local_gpus import enter, pin

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("environment", choices=("sampling", "training"))
    parser.add_argument("gpus", type=int, metavar="N")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    arguments = parser.parse_args()
    if not arguments.command:
        parser.error("name the command")
    if arguments.gpus:
        pin(arguments.gpus)
        enter(ROOT / "envs/gpu" / arguments.environment)
    elif "--engine=vllm" in arguments.command:
        enter(ROOT / ".venv-vllm")
    os.execvp(arguments.command[0], arguments.command)


if __name__ == "__main__":
    run(main, keep_record=False)
