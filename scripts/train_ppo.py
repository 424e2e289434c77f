"""Train a model online with the rule reward of executed programs (the PPO baseline)."""

from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.config import ExecutionConfig, PpoConfig
from codepref.training.commands import run_from, trainer_parser


def main() -> None:
    parser = trainer_parser(__doc__, PpoConfig)
    parser.add_argument("--problems", type=Path, required=True, help="problem records (JSONL)")
    add_section(parser, ExecutionConfig)
    arguments = parser.parse_args()
    training = run_from(arguments, "ppo", PpoConfig, arguments.problems)

    from codepref.training.ppo import train_ppo

    with training.advised_on_memory():
        train_ppo(training, section_from(arguments, ExecutionConfig))


if __name__ == "__main__":
    run(main)
