"""Enter a run part-way: put a released tier where the workflow goes on from it.

from samples      judge them again in the sandbox, draw pairs, train, grade
from pairs        train and grade
from checkpoints  generate and grade (needs --checkpoints)
from verdicts     tables, claims and report only: needs no model
"""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.errors import UserError
from codepref.provenance.release import opened
from codepref.workflow.tiers import TIERS, enter


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--release", type=Path, required=True, help="folder of make_release.py")
    parser.add_argument("--tier", choices=TIERS, required=True)
    parser.add_argument("--run", type=Path, required=True, help="results/<run> to enter")
    parser.add_argument("--checkpoints", type=Path, help="trained models, if they are published")
    arguments = parser.parse_args()
    if arguments.checkpoints and arguments.tier != "checkpoints":
        raise UserError("--checkpoints: only with --tier checkpoints")
    with opened(arguments.release) as release:
        files = enter(release, arguments.run, arguments.tier, arguments.checkpoints)
    print(
        f"{len(files)} files in {arguments.run}; go on with\n"
        "  snakemake --cores all [--configfile configs/demo.yaml] --rerun-triggers mtime"
    )


if __name__ == "__main__":
    run(main, keep_record=False)
