"""Answer each claim of the paper with what a run shows, as Markdown and as a page."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.files import read_json, write_whole
from codepref.tables.claims import RunData, markdown, weigh
from codepref.tables.inputs import add_result_options, read_rewards, results_from
from codepref.tables.paper import load_claims
from codepref.tables.render import markdown_page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_result_options(parser)
    parser.add_argument("--statistics", type=Path, nargs="*", default=[], help="pairs/*.stats.json")
    parser.add_argument("--rewards", type=Path, nargs="*", default=[], help="of score_rewards.py")
    parser.add_argument("--output", type=Path, required=True, help="claims.md")
    parser.add_argument("--page", type=Path, help="the same as HTML")
    arguments = parser.parse_args()
    claims = load_claims(arguments.paper)
    data = RunData(
        results=results_from(arguments),
        pair_statistics=[read_json(path) for path in arguments.statistics],
        rewards=read_rewards(arguments.rewards),
    )
    text = markdown(weigh(claims, data), claims, data.results)
    with write_whole(arguments.output) as stream:
        stream.write(text)
    if arguments.page:
        with write_whole(arguments.page) as stream:
            stream.write(markdown_page(text))


if __name__ == "__main__":
    run(main)
