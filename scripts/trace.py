"""Follow a number of a table, or a preference pair, down to the samples; fail on a broken link.

trace.py table1 codeqwen dpo mbpp+              the chain behind a cell
trace.py table1 codeqwen dpo mbpp+ --task Mbpp/2  with one task's answer and verdict
trace.py sampled codeqwen dpo mbpp+             the chain behind a line of the table of samples
trace.py pair codeqwen leetcode/two-sum         a pair, its samples, what it is worth to models
trace.py label_noise codeqwen all 3             samples that pass 3 tests and fail others
trace.py all                                    check everything behind the tables
"""

import argparse
import contextlib
from pathlib import Path

from codepref.cli import run
from codepref.errors import UserError
from codepref.provenance.likelihoods import likelihoods
from codepref.provenance.links import Checker
from codepref.provenance.record import check_layout
from codepref.provenance.release import opened, tables_of
from codepref.provenance.trace import find_lines, trace_cell, trace_noise, trace_pair, verify
from codepref.provenance.trace_sampled import trace_sampled
from codepref.records import Pair
from codepref.tables.inputs import read_config
from codepref.workflow.leftovers import leftovers

SAMPLED = ("sampled", "failures", "reranked")  # tables of sampled answers


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "what", choices=["table1", "table2", *SAMPLED, "pair", "label_noise", "all"]
    )
    parser.add_argument(
        "names", nargs="*", help="MODEL METHOD BENCHMARK, MODEL PROBLEM or MODEL SOURCE TESTS"
    )
    of = parser.add_mutually_exclusive_group()
    of.add_argument("--run", type=Path, default=Path("results/paper"), help="folder of the run")
    of.add_argument("--release", type=Path, help="of the run in this release, packed or not")
    parser.add_argument("--seed", type=int, help="training seed (default: the first)")
    parser.add_argument("--task", help="one task of the benchmark")
    arguments = parser.parse_args()
    if not arguments.release:
        follow(arguments)
        return
    with opened(arguments.release.absolute()) as folder, contextlib.chdir(folder):
        arguments.run = next(Path().glob("*/*/config.json")).parent
        follow(arguments)


def follow(arguments: argparse.Namespace) -> None:
    """Print what was asked for of a run whose recorded paths are those of this folder."""
    check_layout(arguments.run)
    config = read_config(arguments.run / "config.json")
    checker = Checker(
        of_release=arguments.release is not None, without_checkpoints=not config.keep_checkpoints
    )
    expected = {"pair": 2, "all": 0}.get(arguments.what, 3)
    if len(arguments.names) != expected:
        raise UserError(f"'{arguments.what}' takes {expected} names; see --help")
    if arguments.what == "all":
        tables = tables_of(arguments.run, leftovers(arguments.run, config))
        print(f"{verify(checker, tables)} links hold")
    else:
        if arguments.what == "pair":
            model, problem = arguments.names
            chain = trace_pair(checker, arguments.run / "pairs" / f"{model}.jsonl", problem)
        elif arguments.what == "label_noise":
            model, source, tests = arguments.names
            if not tests.isdigit():
                raise UserError(f"TESTS is a number, not '{tests}'")
            table = arguments.run / "tables/label_noise.csv"
            chain = trace_noise(checker, table, model, source, int(tests))
        else:
            table = arguments.run / "tables" / f"{arguments.what}.csv"
            model, method, benchmark = arguments.names
            name = (model, method, benchmark)
            of_table = trace_sampled if arguments.what in SAMPLED else trace_cell
            chain = of_table(checker, table, name, arguments.seed, arguments.task)
        for link in chain:
            print(link.show())
        print(f"every link holds ({len(checker.checked)} records checked)")
        if arguments.what == "pair":
            pairs = arguments.run / "pairs" / f"{model}.jsonl"
            _, pair = next(find_lines(pairs, problem_id=problem))
            worth = likelihoods(arguments.run, Pair.model_validate(pair), config)
            if worth:
                print(f"\n{worth}")
    if len(checker.sources) > 1:
        print(f"note: made by {len(checker.sources)} versions of the code")
    if checker.given:
        print(f"given, not made: {', '.join(sorted(checker.given))}")


if __name__ == "__main__":
    run(main)
