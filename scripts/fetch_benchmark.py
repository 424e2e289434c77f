"""Write one benchmark as a data file (JSONL), checked."""

import argparse
import sys

from codepref.cli import add_section, run, section_from
from codepref.evaluation.benchmarks import BENCHMARKS, benchmark_bytes, check_data_kind
from codepref.files import check_writable, write_whole


def main() -> None:
    # The options depend on the data set and its kind of data: read these first.
    first = argparse.ArgumentParser(add_help=False)
    first.add_argument("--dataset", choices=list(BENCHMARKS), default=next(iter(BENCHMARKS)))
    first.add_argument("--kind")
    known = first.parse_known_args()[0]
    sources = BENCHMARKS[known.dataset].sources
    if known.kind is not None:
        check_data_kind(known.dataset, known.kind)
    section = sources[known.kind or next(iter(sources))].section

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="the benchmark's name in the configuration")
    parser.add_argument("--dataset", required=True, choices=list(BENCHMARKS))
    parser.add_argument("--output", required=True, help="the tasks (JSONL)")
    add_section(parser, section)
    arguments = parser.parse_args()
    check_writable(arguments.output)
    content = benchmark_bytes(arguments.dataset, section_from(arguments, section))
    with write_whole(arguments.output, "wb") as stream:
        stream.write(content)
    print(f"{arguments.name}: {len(content.splitlines())} tasks", file=sys.stderr)


if __name__ == "__main__":
    run(main)
