"""Print what a run found: a table, three sentences, and what to do next. It fits 80 columns."""

import argparse
import shlex
import sys
import textwrap
from pathlib import Path

from codepref.cli import run
from codepref.files import read_record, read_yaml
from codepref.tables.findings import WIDTH, cell_to_trace, findings, sentences, table
from codepref.tables.inputs import read_clusters, read_config, read_statistics
from codepref.tables.own_claims import OwnAnswers
from codepref.tables.paper import PaperTables
from codepref.tables.results import Results, load_results


def results_of(run: Path, paper: Path) -> Results:
    """Load the results of a finished run from its folder."""
    config = read_config(run / "config.json")
    sampled = any(map(config.samples_per_task, config.use_benchmarks))
    tasks = [run / f"benchmarks/data/{name}.jsonl" for name in config.use_benchmarks]
    return load_results(
        config,
        read_yaml(paper, PaperTables),
        run / "benchmarks.csv",
        run / "task_verdicts.csv",
        run / "benchmarks/samples.csv" if sampled else None,
        read_clusters(config, tasks),
        read_statistics(config, sorted(run.glob("pairs/*.stats.json"))),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of a finished run")
    parser.add_argument("--paper", type=Path, required=True, help="paper/tables.yaml")
    arguments = parser.parse_args()
    results = results_of(arguments.run, arguments.paper)
    decided = arguments.run / "own_claims.json"
    claims = read_record(decided, OwnAnswers) if results.config.own_claims else None
    report = arguments.run / "report.html"
    found = findings(results)
    print(f"\n{table(found)}\n")
    for sentence in sentences(found, claims, report):
        lines = textwrap.wrap(sentence, WIDTH, break_long_words=False, break_on_hyphens=False)
        print("\n".join(lines))
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    name = results.config.run
    print(f"\n  {shlex.join([opener, str(report)])}")
    print(f"  make trace RUN={name} CELL={shlex.quote(' '.join(cell_to_trace(found)))}")
    print(f"  make release RUN={name}")


if __name__ == "__main__":
    run(main)
