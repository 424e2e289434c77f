"""Put what the jobs of a preflight found into one table, and what they measured into a file."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.files import read_record, write_json, write_text
from codepref.preflight.findings import Found
from codepref.preflight.table import as_markdown, rows, throughput


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--found", type=Path, nargs="+", required=True, help="from check_site.py")
    parser.add_argument("--table", type=Path, required=True, help="the table (Markdown)")
    parser.add_argument("--records", type=Path, required=True, help="the same (JSON)")
    parser.add_argument(
        "--throughput", type=Path, required=True, help="tokens a second, for make plan (JSON)"
    )
    given = parser.parse_args()
    jobs = [read_record(path, Found) for path in given.found]
    findings = rows(jobs)
    write_text(given.table, as_markdown(findings))
    write_json(given.records, Found(findings=findings).model_dump())
    write_json(given.throughput, throughput(jobs))


if __name__ == "__main__":
    run(main)
