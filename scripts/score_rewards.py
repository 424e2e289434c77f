"""Score samples with the implicit reward of a trained policy (eq. 4)."""

import argparse
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.devices import add_gpus_option, require_gpus
from codepref.errors import UserError
from codepref.files import read_records, write_json, write_records
from codepref.records import Execution, RewardRecord, Sample, read_problems
from codepref.training.settings import RewardsConfig


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", type=Path, required=True, help="the trained model folder")
    parser.add_argument("--reference", type=Path, required=True, help="the model it started from")
    parser.add_argument("--problems", required=True, help="problem records (JSONL)")
    parser.add_argument("--samples", required=True, help="sample records of any model (JSONL)")
    parser.add_argument("--executions", help="the verdicts on them (JSONL), kept with the rewards")
    parser.add_argument("--beta", type=float, default=0.1, help="default: 0.1 (Table 4)")
    parser.add_argument("--output", required=True, help="reward records (JSONL)")
    parser.add_argument(
        "--analysis",
        help="with --executions: how often the reward prefers, of two failing samples that eq. 2 "
        "scores alike, the one that passes more tests (JSON)",
    )
    parser.add_argument("--model", default="", help="the policy's name, for the analysis")
    parser.add_argument("--method", default="", help="the method's name, for the analysis")
    parser.add_argument("--seed", type=int, default=0, help="of the training, for the analysis")
    add_gpus_option(parser)
    add_section(parser, RewardsConfig, ("max_problems",))
    arguments = parser.parse_args()
    require_gpus(arguments.gpus)
    if arguments.analysis and not arguments.executions:
        raise UserError("--analysis compares tests passed: name the verdicts with --executions")
    most = section_from(arguments, RewardsConfig).max_problems

    from codepref.training.reward_analysis import analyse
    from codepref.training.rewards import score_samples  # late: torch takes seconds to import

    problems = read_problems(arguments.problems)
    scored = set(list(problems)[:most])
    executions = read_records(arguments.executions, Execution) if arguments.executions else []
    samples = (
        sample
        for sample in read_records(arguments.samples, Sample)
        if most is None or sample.problem_id in scored
    )
    records = score_samples(
        arguments.policy, arguments.reference, problems, samples, executions, arguments.beta
    )
    print(f"{write_records(arguments.output, records)} samples scored")
    if arguments.analysis:
        found = analyse(read_records(arguments.output, RewardRecord))
        names = {name: getattr(arguments, name) for name in ("model", "method", "seed")}
        write_json(arguments.analysis, found.model_copy(update=names).model_dump())
        if found.auc:
            auc = found.shown("implicit_reward")
            print(f"AUC {auc} (95% interval) over {found.pairs} pairs of {found.problems} problems")


if __name__ == "__main__":
    run(main)
