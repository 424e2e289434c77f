"""Score samples with the implicit reward of a trained policy (eq. 4)."""

import argparse
import random
from collections.abc import Iterable
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.devices import add_gpus_option, require_gpus
from codepref.files import read_records, write_records
from codepref.records import Execution, Sample, read_problems
from codepref.seeds import derive_seed
from codepref.training.settings import RewardsConfig


def drawn(problem_ids: Iterable[str], most: int | None, seed: int) -> set[str]:
    """Return the problems whose samples are scored: at random, so that they stand for all."""
    known = sorted(problem_ids)
    if most is None or most >= len(known):
        return set(known)
    return set(random.Random(derive_seed(seed, "rewards")).sample(known, most))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", type=Path, required=True, help="the trained model folder")
    parser.add_argument("--reference", type=Path, required=True, help="the model it started from")
    parser.add_argument("--problems", required=True, help="problem records (JSONL)")
    parser.add_argument("--samples", required=True, help="sample records of any model (JSONL)")
    parser.add_argument("--executions", help="the verdicts on them (JSONL), kept with the rewards")
    parser.add_argument("--beta", type=float, default=0.1, help="default: 0.1 (Table 4)")
    parser.add_argument("--output", type=Path, required=True, help="reward records (JSONL)")
    parser.add_argument("--seed", type=int, default=0, help="chooses problems; default: 0")
    add_gpus_option(parser)
    add_section(parser, RewardsConfig, ("max_problems",))
    arguments = parser.parse_args()
    require_gpus(arguments.gpus)
    most = section_from(arguments, RewardsConfig).max_problems

    from codepref.training.rewards import score_samples  # late: torch takes seconds to import

    problems = read_problems(arguments.problems)
    scored = drawn(problems, most, arguments.seed)
    executions = read_records(arguments.executions, Execution) if arguments.executions else []
    samples = (
        sample
        for sample in read_records(arguments.samples, Sample)
        if sample.problem_id in scored or sample.problem_id not in problems
    )
    records = score_samples(
        arguments.policy,
        arguments.reference,
        problems,
        samples,
        executions,
        arguments.beta,
        arguments.output,
    )
    print(f"{write_records(arguments.output, records)} samples scored")


if __name__ == "__main__":
    run(main)
