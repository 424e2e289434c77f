"""Bundle a run for reviewers and archives: results, samples, provenance, manifest, RO-Crate."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.provenance.release import make_release
from codepref.tables.inputs import read_config


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="results/<run>, from the root")
    parser.add_argument("--output", type=Path, required=True, help="folder to make")
    arguments = parser.parse_args()
    config = read_config(arguments.run / "config.json")
    count = make_release(arguments.run, config, arguments.output)
    print(f"{count} files in {arguments.output}; check them with scripts/verify_release.py")


if __name__ == "__main__":
    run(main, keep_record=False)
