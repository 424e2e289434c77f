"""Print what a run found: a table, three sentences, and what to do next. It fits 80 columns."""

import argparse
import shlex
import sys
import textwrap
from pathlib import Path

from codepref.cli import run
from codepref.files import read_record
from codepref.tables.findings import WIDTH, cell_to_trace, findings, sentences, table
from codepref.tables.inputs import add_result_options, results_from
from codepref.tables.own_claims import OwnAnswers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_result_options(parser)
    parser.add_argument("--own-claims", type=Path, help="own_claims.json, if the run has claims")
    parser.add_argument("--report", type=Path, required=True, help="report.html")
    arguments = parser.parse_args()
    results = results_from(arguments)
    claims = read_record(arguments.own_claims, OwnAnswers) if arguments.own_claims else None
    found = findings(results)
    print(f"\n{table(found)}\n")
    for sentence in sentences(found, claims, arguments.report):
        lines = textwrap.wrap(sentence, WIDTH, break_long_words=False, break_on_hyphens=False)
        print("\n".join(lines))
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    name = results.config.run
    print(f"\n  {shlex.join([opener, str(arguments.report)])}")
    print(f"  make trace RUN={name} CELL={shlex.quote(' '.join(cell_to_trace(found)))}")
    print(f"  make release RUN={name}")


if __name__ == "__main__":
    run(main)
