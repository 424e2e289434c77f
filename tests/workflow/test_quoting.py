"""A shell gives back what the configuration has: spaces, quotes, dollars, braces, any letter."""

import argparse
import json
import shlex
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
import yaml
from helpers.snakemake_runs import Snakemake, environment, extended_checkout
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticUndefined

from codepref.cli import add_section, flags, options_of
from codepref.config import Config
from codepref.files import write_records
from codepref.problems.builtin import builtin_problems
from codepref.strict import Section

# What argparse takes for the end of the options is no value; no argument holds a NUL.
TEXT = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    | st.sampled_from("'\"$`\\{}& ;")
).filter(lambda text: text != "--")
PROBLEMS = "Über 'mein' & $HOME; `x`/-ein \"problem\".jsonl"
AWKWARD = "Jürgen <j@example.org> & 'co'; \"x\" $HOME `id` {seed} {{y}} \\n %s * #"


def sections(annotation: Any = Config) -> Iterator[type[Section]]:
    """Every section of the configuration, also in lists, mappings and unions."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
        for field in annotation.model_fields.values():
            yield from sections(field.annotation)
    for part in get_args(annotation):
        if isinstance(part, type) or get_origin(part) or isinstance(part, types.UnionType):
            yield from sections(part)


SECTIONS = sorted(set(sections()), key=lambda section: section.__name__)


def filled(section: type[Section], text: str, several: list[str]) -> Section:
    """A section whose texts are these; everything else is as it is unless set."""
    values: dict[str, Any] = {}
    for name, field in section.model_fields.items():
        kinds = {field.annotation, *get_args(field.annotation)}
        if get_origin(field.annotation) is Literal:
            values[name] = get_args(field.annotation)[0]
        elif list[str] in kinds:
            values[name] = several
        elif str in kinds:
            values[name] = text
        elif field.default is PydanticUndefined and field.default_factory is None:
            values[name] = 1 if kinds & {int, float} else None
    return section.model_construct(**values)


def through_the_shell(*commands: str) -> list[list[str]]:
    """The arguments that a real shell makes of each of the commands' options."""
    script = "; ".join(f"printf '%s\\0' {options} ''; printf '\\1\\0'" for options in commands)
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True)
    assert done.returncode == 0, done.stderr
    parts = done.stdout.decode().split("\1\0")[:-1]
    return [part.split("\0")[:-2] for part in parts]


def test_every_section_with_text_is_tried() -> None:
    names = {section.__name__ for section in SECTIONS}
    assert {"SiteSource", "JsonlSource", "FolderModel", "HubModel", "TemplateSource"} <= names
    assert len(SECTIONS) > 20


@given(TEXT, st.lists(TEXT, max_size=3))
@settings(max_examples=50)
def test_a_shell_gives_back_what_each_section_has(text: str, several: list[str]) -> None:
    assume("\1" not in text + "".join(several))
    given_sections = [filled(section, text, several) for section in SECTIONS]
    found = through_the_shell(*map(flags, given_sections))
    for section, arguments in zip(given_sections, found, strict=True):
        parser = argparse.ArgumentParser()
        add_section(parser, type(section))
        read = parser.parse_args(arguments)
        for name, value in section:
            if isinstance(value, str | list) and hasattr(read, name):
                assert getattr(read, name) == value, (type(section), name)


@given(st.lists(TEXT.filter(bool), min_size=1, max_size=3))
@settings(max_examples=50)
def test_a_shell_gives_back_paths(paths: list[str]) -> None:
    assume("\1" not in "".join(paths))
    parser = argparse.ArgumentParser()
    parser.add_argument("--problem-report", type=Path, nargs="+")
    (arguments,) = through_the_shell(options_of({"problem_report": paths}))
    assert parser.parse_args(arguments).problem_report == [Path(path) for path in paths]


OVERLAY = {
    "problem_sources": {
        "mine": {"kind": "jsonl", "path": PROBLEMS},
        "site": {"kind": "leetcode", "contact": AWKWARD, "cache": AWKWARD},
    },
    "problems": {"sources": ["mine", "site"]},
    "reasons": {"problems": AWKWARD},
}


@pytest.mark.slow
def test_awkward_texts_and_folders_go_through_real_rules(tmp_path: Path) -> None:
    """The checkout, its environment and a problem file lie in folders with awkward names."""
    checkout = tmp_path / "my projekt ü (1) & 'x' $y {z}"
    checkout.mkdir()
    extended_checkout(checkout)
    (checkout / ".venv").symlink_to(sys.prefix)
    (checkout / PROBLEMS).parent.mkdir()
    write_records(checkout / PROBLEMS, list(builtin_problems())[:3])
    (checkout / "mine.yaml").write_text(yaml.safe_dump(OVERLAY), encoding="utf-8")

    def run(*arguments: str) -> str:
        overlays = ["--configfile", "configs/test.yaml", "mine.yaml"]
        done = subprocess.run(
            [".venv/bin/python", "-m", "snakemake", "--cores", "1", *overlays, *arguments],
            cwd=checkout,
            env=environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    planned = run("-n", "-p", "--", "results/test/problems/site.jsonl")
    command = planned[planned.index("python scripts/collect_problems.py") :]
    arguments = shlex.split(command[: command.index("results/test/logs")])
    assert f"--contact={AWKWARD}" in arguments
    assert f"--cache={AWKWARD}" in arguments

    run("--", "results/test/problems/mine.jsonl", "results/test/config.json")
    assert (checkout / "results/test/problems/mine.jsonl").read_text().count("\n") == 3
    kept = json.loads((checkout / "results/test/config.json").read_text("utf-8"))
    assert kept["reasons"] == {"problems": AWKWARD}


def test_braces_in_a_path_are_refused(snakemake: Snakemake, checkout: Path) -> None:
    text = (
        "problem_sources: {mine: {kind: jsonl, path: 'a{b}.jsonl'}}\nproblems: {sources: [mine]}\n"
    )
    (checkout / "mine.yaml").write_text(text)
    done = snakemake("-n", "--cores", "1", "--configfile", "configs/test.yaml", "mine.yaml")
    assert done.returncode != 0
    assert "a{b}.jsonl: Snakemake takes braces in a path for wildcards; rename it" in done.stdout
