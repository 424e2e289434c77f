"""Build the containers that the rules run in, those that are missing or out of date."""

import argparse

from codepref.cli import run
from codepref.errors import UserError
from codepref.workflow.images import FOLDER, build, needed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", default=["cpu", "sampling", "training"], help="default: all three"
    )
    parser.add_argument("--check", action="store_true", help="build nothing; fail if one is needed")
    parser.add_argument("--verify", action="store_true", help="compare the files' sha256 too")
    parser.add_argument(
        "--build-arg",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a value of the definition's %%arguments, for example MIRROR=http://...",
    )
    given = parser.parse_args()

    missing = []
    for name in given.names:
        reason = needed(name, given.verify)
        if reason is None:
            print(f"{FOLDER}/{name}.sif is up to date")
        elif given.check:
            missing.append(f"{name} ({reason})")
        else:
            print(f"building {FOLDER}/{name}.sif: {reason}", flush=True)
            build(name, given.build_arg)
    if missing:
        raise UserError(f"images to be built: {', '.join(missing)}; run: make images")


if __name__ == "__main__":
    run(main, keep_record=False)
