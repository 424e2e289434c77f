"""Write the lock file of a GPU image from pip's own resolution.

    pip install --dry-run --ignore-installed --report report.json -r envs/sampling.in
    python envs/lock_report.py report.json envs/sampling.in envs/sampling.lock

Run on Linux x86_64 with the images' Python (3.11): a report holds the one file that pip would
install of each package.
"""

import json
import sys
from pathlib import Path


def main() -> None:
    """Turn the report into a lock file."""
    report, source, lock = sys.argv[1:]
    packages = json.loads(Path(report).read_text(encoding="utf-8"))["install"]
    lines = [f"# Compiled from {source} for Linux x86_64, Python 3.11; do not edit."]
    for package in sorted(packages, key=lambda package: package["metadata"]["name"].lower()):
        name, version = package["metadata"]["name"], package["metadata"]["version"]
        digest = package["download_info"]["archive_info"]["hashes"]["sha256"]
        lines += [f"{name}=={version} \\", f"    --hash=sha256:{digest}"]
    Path(lock).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
