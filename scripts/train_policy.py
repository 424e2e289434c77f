"""Train a policy: from a model and pairs, or problems, to a model folder.

``train_policy.py TRAINER --help`` lists a trainer's options.
"""

from codepref.cli import run
from codepref.training.commands import train


def main() -> None:
    train(__doc__)


if __name__ == "__main__":
    run(main)
