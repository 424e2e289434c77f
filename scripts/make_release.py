"""Bundle a run for reviewers and archives: packed without models, with its tables for reading."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.provenance.release import make_release
from codepref.tables.inputs import read_config
from codepref.workflow.leftovers import leftovers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="results/<run>, from the root")
    parser.add_argument("--output", type=Path, required=True, help="folder to make")
    parser.add_argument("--partial", action="store_true", help="what is finished of a run so far")
    arguments = parser.parse_args()
    config = read_config(arguments.run / "config.json")
    left = leftovers(arguments.run, config)
    count, lacking = make_release(
        arguments.run, config, arguments.output, arguments.partial, leftovers=left
    )
    size = sum(path.stat().st_size for path in arguments.output.rglob("*") if path.is_file())
    print(
        f"{arguments.output}: {count} files of {arguments.run}, packed {size / 1e6:.1f} MB; check "
        f"it with: make verify RELEASE={arguments.output}"
    )
    if lacking:
        why = "not finished" if arguments.partial else "of another configuration of this run"
        print(f"{len(lacking)} files stay behind: {why}, as {lacking[0]}")


if __name__ == "__main__":
    run(main, keep_record=False)
