"""Write lock lines from pip's own resolution: a report holds the one file that pip would install.

envs/lock.sh calls it: for the whole lock file of a GPU environment from a report for each kind of
machine, for lines alone, and for the pins whose files are for one kind of machine only.

    python envs/lock_report.py --lock envs/sampling.in envs/sampling.lock x86_64.json aarch64.json
    python envs/lock_report.py --lines report-3.11.json report-3.12.json
    python envs/lock_report.py --machine x86_64 report.json
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def lock_lines(reports: list[str]) -> list[str]:
    """Return the lines of a lock file, a hash for each file that the reports name of a package."""
    hashes: dict[str, set[str]] = {}
    for pin, download in pins(reports):
        hashes.setdefault(pin, set()).add(download["archive_info"]["hashes"]["sha256"])
    lines = []
    for pin in sorted(hashes, key=lambda pin: pin.split("==")[0].lower()):
        digests = [f"    --hash=sha256:{digest}" for digest in sorted(hashes[pin])]
        lines.append(" \\\n".join([f"{pin}", *digests]))
    return lines


def pins(reports: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name==version and the file of every package of the reports."""
    for report in reports:
        for package in json.loads(Path(report).read_text(encoding="utf-8"))["install"]:
            metadata = package["metadata"]
            yield f"{metadata['name']}=={metadata['version']}", package["download_info"]


def main() -> None:
    """Print lines or pins, or turn reports into a lock file."""
    match sys.argv[1:]:
        case ["--lines", *reports]:
            print("\n".join(lock_lines(reports)))
        case ["--machine", machine, *reports]:
            files = {pin: download["url"] for pin, download in pins(reports)}
            print("\n".join(pin for pin, url in files.items() if url.endswith(f"{machine}.whl")))
        case ["--lock", source, lock, *reports]:
            kinds = "Linux x86_64 and aarch64, Python 3.11"
            header = f"# Compiled from {source} for {kinds}; do not edit."
            text = "\n".join([header, *lock_lines(reports)]) + "\n"
            Path(lock).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
