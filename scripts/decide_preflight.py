"""Print the table of a preflight; end with exit code 1 if a check failed.

What failed is deleted from --found, so that the next start does these checks again.
"""

import argparse
import sys
from pathlib import Path

from codepref.cli import run
from codepref.files import read_record, write_text
from codepref.preflight.findings import Found
from codepref.preflight.table import as_text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=Path, required=True, help="from tabulate_preflight.py")
    parser.add_argument("--found", type=Path, nargs="*", default=[], help="from check_site.py")
    parser.add_argument("--output", type=Path, help="written if no check failed")
    given = parser.parse_args()
    table = read_record(given.records, Found)
    failed = sum(one.verdict == "failed" for one in table.findings)
    undone = sum(one.verdict == "not done" for one in table.findings)
    again = [path for path in given.found if path.exists() and read_record(path, Found).failed]
    if again or not (failed and given.found):  # else Snakemake tries this a second time
        print(as_text(table.findings))
    print(f"\n{len(table.findings)} checks: {failed} failed, {undone} could not be done here")
    for path in again:
        path.unlink()
    if failed:
        sys.exit(1)
    if given.output:
        write_text(given.output, f"{len(table.findings)} checks, none failed\n")


if __name__ == "__main__":
    run(main)
