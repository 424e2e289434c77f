"""Score samples with the implicit reward of a trained policy (eq. 4)."""

import argparse
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.config import RewardsConfig
from codepref.files import read_records, write_records
from codepref.records import Execution, Problem, Sample


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", type=Path, required=True, help="the trained model folder")
    parser.add_argument("--reference", type=Path, required=True, help="the model it started from")
    parser.add_argument("--problems", required=True, help="problem records (JSONL)")
    parser.add_argument("--samples", required=True, help="sample records of any model (JSONL)")
    parser.add_argument("--executions", help="the verdicts on them (JSONL), kept with the rewards")
    parser.add_argument("--beta", type=float, default=0.1, help="default: 0.1 (Table 4)")
    parser.add_argument("--output", required=True, help="reward records (JSONL)")
    add_section(parser, RewardsConfig)
    arguments = parser.parse_args()
    most = section_from(arguments, RewardsConfig).max_problems

    from codepref.training.rewards import score  # late: torch takes seconds to import

    problems = {problem.id: problem for problem in read_records(arguments.problems, Problem)}
    scored = set(list(problems)[:most])
    executions = read_records(arguments.executions, Execution) if arguments.executions else []
    records = score(
        arguments.policy,
        arguments.reference,
        problems,
        (
            s
            for s in read_records(arguments.samples, Sample)
            if most is None or s.problem_id in scored
        ),
        executions,
        arguments.beta,
    )
    print(f"{write_records(arguments.output, records)} samples scored")


if __name__ == "__main__":
    run(main)
