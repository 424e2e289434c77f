"""Train a model by direct preference optimization on pairs."""

from codepref.cli import run
from codepref.config import DpoConfig
from codepref.training.commands import train_on_pairs


def main() -> None:
    train_on_pairs("dpo", DpoConfig, __doc__)


if __name__ == "__main__":
    run(main)
