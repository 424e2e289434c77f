"""Run a command on GPUs of its own: on_gpus.py N COMMAND ...

On a machine without a scheduler jobs see all GPUs. This holds N of them, which no other job started
in this way uses, until the command ends. With 0 it only runs the command.
"""

import argparse

from codepref.cli import run
from codepref.workflow.local_gpus import run_pinned


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("gpus", type=int, metavar="N")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    arguments = parser.parse_args()
    if not arguments.command:
        parser.error("name the command")
    run_pinned(arguments.gpus, arguments.command)


if __name__ == "__main__":
    run(main, keep_record=False)
