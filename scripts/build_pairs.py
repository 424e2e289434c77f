"""Draw preference pairs from judged samples: one (chosen, rejected) per problem."""

import argparse

from codepref.cli import add_section, run, section_from
from codepref.errors import UserError
from codepref.files import read_records, write_json, write_records
from codepref.pairs.build import OUTCOMES, build_pairs, join_verdicts
from codepref.pairs.settings import PairsConfig
from codepref.records import Execution, Sample, read_problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", required=True, help="problem records (JSONL)")
    parser.add_argument("--samples", required=True, help="sample records of the model (JSONL)")
    parser.add_argument("--executions", required=True, help="the verdicts on them (JSONL)")
    parser.add_argument("--model", required=True, help="whose samples they are")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True, help="pair records (JSONL)")
    parser.add_argument("--stats", required=True, help="yield statistics (JSON)")
    add_section(parser, PairsConfig)
    arguments = parser.parse_args()

    problems = list(read_problems(arguments.problems).values())
    judged = join_verdicts(
        problems,
        read_records(arguments.samples, Sample),
        read_records(arguments.executions, Execution),
        arguments.model,
    )
    config = section_from(arguments, PairsConfig)
    pairs, statistics = build_pairs(problems, judged, arguments.model, arguments.seed, config)
    counts = statistics["problems"]
    if not pairs:
        raise UserError(
            f"{arguments.samples}: no problem has both a passed and a failed sample ("
            f"{counts['all_passed']} all passed, {counts['all_failed']} all failed, "
            f"{counts['too_few_tests']} with fewer tests than min_tests), so there is no pair to "
            "train on; take other problems, more samples or a higher temperature"
        )
    write_records(arguments.output, pairs)
    write_json(arguments.stats, statistics)
    outcomes = ", ".join(f"{counts[name]} {name.replace('_', ' ')}" for name in OUTCOMES)
    print(
        f"{len(pairs)} pairs of {statistics['problems_with_pairs']} problems kept, of "
        f"{statistics['pairs_before_max_pairs']} drawn; {counts['total']} problems: {outcomes}"
    )


if __name__ == "__main__":
    run(main)
