"""Put the shards of a parallel stage together, in the order given; each sample once."""

import argparse
import sys

from codepref.cli import run
from codepref.records import Execution, Sample
from codepref.sampling.shards import gather_shards

KINDS: dict[str, type[Sample] | type[Execution]] = {"sample": Sample, "execution": Execution}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=list(KINDS), required=True, help="what a record is")
    parser.add_argument("--inputs", nargs="+", required=True, help="the shards, in order")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    count = gather_shards(KINDS[arguments.kind], arguments.inputs, arguments.output)
    print(f"{count} records from {len(arguments.inputs)} shards", file=sys.stderr)


if __name__ == "__main__":
    run(main)
