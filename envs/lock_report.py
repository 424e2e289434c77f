"""Write lock lines from pip's own resolution: a report holds the one file that pip would install.

envs/lock.sh calls it: for the whole lock file of a GPU image, and for lines alone, on standard
output, of several reports on the same packages.

    python envs/lock_report.py report.json envs/sampling.in envs/sampling.lock
    python envs/lock_report.py --lines report-3.11.json report-3.12.json
"""

import json
import sys
from pathlib import Path


def lock_lines(reports: list[str]) -> list[str]:
    """Return the lines of a lock file, a hash for each file that the reports name of a package."""
    hashes: dict[str, set[str]] = {}
    for report in reports:
        for package in json.loads(Path(report).read_text(encoding="utf-8"))["install"]:
            pin = f"{package['metadata']['name']}=={package['metadata']['version']}"
            digest = package["download_info"]["archive_info"]["hashes"]["sha256"]
            hashes.setdefault(pin, set()).add(digest)
    lines = []
    for pin in sorted(hashes, key=lambda pin: pin.split("==")[0].lower()):
        digests = [f"    --hash=sha256:{digest}" for digest in sorted(hashes[pin])]
        lines.append(" \\\n".join([f"{pin}", *digests]))
    return lines


def main() -> None:
    """Print lines, or turn one report into a lock file."""
    if sys.argv[1] == "--lines":
        print("\n".join(lock_lines(sys.argv[2:])))
        return
    report, source, lock = sys.argv[1:]
    header = f"# Compiled from {source} for Linux x86_64, Python 3.11; do not edit."
    text = "\n".join([header, *lock_lines([report])]) + "\n"
    Path(lock).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
