"""Write the rule graph of a run (DOT): which rule needs which."""

import argparse
import subprocess
import sys
from pathlib import Path

from codepref.cli import run
from codepref.errors import UserError
from codepref.files import READ, write_text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="the run's config.json")
    parser.add_argument(
        "--workflow", type=Path, nargs="+", required=True, help="Snakefile, then the rules"
    )
    parser.add_argument("--output", type=Path, required=True, help="DOT file")
    arguments = parser.parse_args()
    command = [sys.executable, "-m", "snakemake", "--snakefile", arguments.workflow[0]]
    command += ["--configfile", arguments.config]
    READ.update([arguments.config, *arguments.workflow])  # by the Snakemake that follows
    graph = subprocess.run(
        [*command, "--forceall", "--nolock", "--rulegraph", "dot", "--", "all"],
        capture_output=True,
        text=True,
    )
    if graph.returncode:
        raise UserError(f"snakemake --rulegraph failed:\n{graph.stderr}")
    write_text(arguments.output, graph.stdout)


if __name__ == "__main__":
    run(main)
