"""Keep the tasks of a data file (JSONL) that were released after a day."""

import argparse
import sys

from codepref.cli import run
from codepref.evaluation.windows import select_tasks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="tasks with the key 'released' (JSONL)")
    parser.add_argument("--released-after", required=True, metavar="YYYY-MM-DD")
    parser.add_argument("--output", required=True, help="the tasks kept, as they are (JSONL)")
    arguments = parser.parse_args()
    kept, total = select_tasks(arguments.data, arguments.released_after, arguments.output)
    print(
        f"{kept} of {total} tasks were released after {arguments.released_after}", file=sys.stderr
    )


if __name__ == "__main__":
    run(main)
