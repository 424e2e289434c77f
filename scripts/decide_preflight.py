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
    print(as_text(table.findings))
    bad = [one for one in table.findings if one.verdict == "failed"]
    open_ones = sum(one.verdict == "not done" for one in table.findings)
    print(f"\n{len(table.findings)} checks: {len(bad)} failed, {open_ones} could not be done here")
    if bad:
        for path in given.found:
            if path.exists() and read_record(path, Found).failed:
                path.unlink()
        sys.exit(1)
    if given.output:
        write_text(given.output, f"{len(table.findings)} checks, none failed\n")


if __name__ == "__main__":
    run(main)
