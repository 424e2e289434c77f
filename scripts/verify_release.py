"""Check a release: every file against the manifest, every link behind the tables."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.provenance.release import verify_release


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what make_release.py made")
    files, links = verify_release(parser.parse_args().folder)
    print(f"{files} files are as released, {links} links behind the tables hold")


if __name__ == "__main__":
    run(main, keep_record=False)
