"""Fine-tune a model on the chosen responses of pairs (rejection sampling)."""

from codepref.cli import run
from codepref.config import RftConfig
from codepref.training.commands import train_on_pairs


def main() -> None:
    train_on_pairs("rft", RftConfig, __doc__)


if __name__ == "__main__":
    run(main)
