"""Put the shards of a parallel stage together, in the order given; each sample once."""

import argparse

from codepref.cli import run
from codepref.progress import say
from codepref.records import Execution, Sample
from codepref.sampling.shards import gather

KINDS: dict[str, type[Sample] | type[Execution]] = {"sample": Sample, "execution": Execution}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=list(KINDS), required=True, help="what a record is")
    parser.add_argument("--inputs", nargs="+", required=True, help="the shards, in order")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    count = gather(KINDS[arguments.kind], arguments.inputs, arguments.output)
    say(f"{count} records from {len(arguments.inputs)} shards")


if __name__ == "__main__":
    run(main)
