"""The package's layers: no import cycle, imports only downwards, and modules one can take in."""

import ast
from collections.abc import Iterator
from functools import cache

import networkx
import pytest
from helpers.places import ROOT

PACKAGE = ROOT / "src/codepref"
# The README shows the same list. A module may import from its own line and from lines below it;
# a module named itself (provenance.record) is no part of its package's line.
LAYERS = """
workflow
planning
report, comparison, provenance
tables, figures, preflight
config, config_checks, config_files, config_loading, config_names, config_places, config_rounds
compute, evaluation, synthesis, training
sampling
models, pairs, problems, sandbox
prompts, chat_template, records, gradings, cli, devices, provenance.record
files, resume, strict, temporary, errors, values, seeds, progress, rates, terminal, text_table
"""
LEVELS = {
    name: level
    for level, line in enumerate(reversed(LAYERS.split("\n")))
    for name in filter(None, line.split(", "))
}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module by its name below ``codepref``, parsed."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        place = path.parent if path.name == "__init__.py" else path.with_suffix("")
        name = ".".join(place.relative_to(PACKAGE).parts)
        found[name] = ast.parse(path.read_text("utf-8"))
    return found


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules that a module imports anywhere, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, "imports name their module in full"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name.removeprefix("codepref.") in modules() else node.module


@cache
def imports() -> networkx.DiGraph:
    """Who imports whom within the package."""
    edges = {
        (name, other.removeprefix("codepref."))
        for name, tree in modules().items()
        for other in imported(tree)
        if other.removeprefix("codepref.") in modules() and other.startswith("codepref.")
    }
    return networkx.DiGraph(edge for edge in edges if edge[0] != edge[1])


def level(module: str) -> int:
    """The level of a module: of the longest entry of the layers that it belongs to."""
    parts = module.split(".")
    names = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
    return next((LEVELS[name] for name in names if name in LEVELS), -1)


def test_there_is_no_import_cycle() -> None:
    groups = networkx.strongly_connected_components(imports())
    assert not [sorted(group) for group in groups if len(group) > 1]


def test_every_module_has_a_layer() -> None:
    assert [name for name in modules() if level(name) < 0] == [""]


def test_imports_only_go_down() -> None:
    assert not [f"{a} -> {b}" for a, b in imports().edges if level(a) < level(b)]


def test_the_readme_shows_these_layers() -> None:
    lines = [line.strip() for line in (ROOT / "README.md").read_text("utf-8").split("\n")]
    start = lines.index(LAYERS.split("\n")[1])
    assert "\n".join(["", *lines[start : start + LAYERS.count("\n") - 1], ""]) == LAYERS


def texts(tree: ast.Module) -> Iterator[str]:
    """The string constants of a module, also parts of f-strings, without docstrings."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def test_only_the_workflow_knows_snakemake_and_where_results_lie() -> None:
    others = {name: tree for name, tree in modules().items() if name.split(".")[0] != "workflow"}
    found = [(name, one) for name in others for one in imported(others[name])]
    assert not [one for one in found if one[1].split(".")[0] == "snakemake"]
    found = [(name, text) for name in others for text in texts(others[name])]
    assert not [one for one in found if "results/" in one[1]]


@pytest.mark.parametrize("folder", ["src", "scripts"])
def test_files_and_functions_are_short(folder: str) -> None:
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        text = path.read_text("utf-8")
        if text.count("\n") > 400 and path.name != "harness.py":  # copied into the sandbox whole
            found.append(str(path))
        for node in ast.walk(ast.parse(text)):
            function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if function and (node.end_lineno or 0) - node.lineno >= 60:
                found.append(f"{path}:{node.lineno} {node.name}")
    assert not found, "over 400 lines, or 60 in a function"
