"""Compare two runs: tasks gained and lost, differences with intervals, and what was different."""

import argparse
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from codepref.cli import run
from codepref.comparison.origins import content_table, setting_table, version_table
from codepref.comparison.results import alone_lines, compared, result_table, summary, task_lines
from codepref.comparison.runs import Run, open_run
from codepref.files import write_text
from codepref.provenance.release import is_packed, opened
from codepref.tables.layout import Table
from codepref.tables.render import markdown, terminal

Part = tuple[str, Table | None, list[str]]
"""title, table, lines that stand below it"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("a", "b"):
        parser.add_argument(name, type=Path, help=f"{name.upper()}: results/<run>, or a release")
    parser.add_argument("--all-tasks", action="store_true", help="name every task gained or lost")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the comparison there")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        show(_run(arguments.a, stack), _run(arguments.b, stack), arguments)


def show(first: Run, second: Run, arguments: argparse.Namespace) -> None:
    """Print the comparison, and write it if asked to."""
    found, alone = compared(first, second)
    most = {"most": None} if arguments.all_tasks else {}
    head = [f"A: {_named(first)}", f"B: {_named(second)}", summary(found)]
    parts: list[Part] = [
        ("Results", result_table(found) if found else None, []),
        ("Tasks gained and lost, greedy answers", None, task_lines(found, **most)),
        ("Rows that one run has alone", None, alone_lines(alone)),
        ("Settings that differ", setting_table(first, second), []),
        ("Versions that differ", version_table(first, second), []),
        ("Problems, tasks, samples and pairs", content_table(first, second), []),
    ]
    print("\n\n".join(["\n".join(head), *_for_terminal(parts)]))
    if arguments.markdown:
        text = "\n\n".join(["# A comparison of two runs", "\n".join(f"- {h}" for h in head)])
        write_text(arguments.markdown, text + "\n\n" + "\n".join(_as_markdown(parts)))
        print(f"\nwritten to {arguments.markdown}")


def _run(path: Path, stack: ExitStack) -> Run:
    """Open a run; a release that is packed, as long as the stack is."""
    if not is_packed(path):
        return open_run(path)
    return replace(open_run(stack.enter_context(opened(path))), name=str(path))


def _named(one: Run) -> str:
    return f"{one.name} (run '{one.config.get('run')}')"


def _for_terminal(parts: list[Part]) -> Iterator[str]:
    for title, table, lines in parts:
        notes = table.notes if table else []
        text = terminal(table, 160).rstrip() if table else title + (": none" if not lines else "")
        said = [textwrap.fill(f"- {line}", 100, subsequent_indent="  ") for line in lines + notes]
        yield "\n".join([text, *said])


def _as_markdown(parts: list[Part]) -> Iterator[str]:
    for title, table, lines in parts:
        if table:
            yield markdown(table)
        else:
            yield "\n".join([f"**{title}**", "", *(f"- {x}" for x in lines or ["none"]), ""])


if __name__ == "__main__":
    run(main, keep_record=False)
