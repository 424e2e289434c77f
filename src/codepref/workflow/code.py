"""The code behind a script: what makes a cheap output again when the code that made it changes."""

import ast
import functools
import hashlib
from pathlib import Path

import codepref

PACKAGE = Path(codepref.__file__).parent


@functools.cache
def code_of(script: str | Path) -> str:
    """Return the hash of a script and of all modules of this package that it loads at its start.

    The templates that lie beside a module belong to it. Modules that are imported inside functions
    are not followed: they belong to other work.
    """
    modules = _files_of(Path(script))
    templates = {file for module in modules for file in module.parent.glob("*.j2")}
    # By content, so that the same code has the same hash wherever it lies.
    hashes = sorted(hashlib.sha256(path.read_bytes()).digest() for path in modules | templates)
    return hashlib.sha256(b"".join(hashes)).hexdigest()


def imports_of(path: Path) -> set[Path]:
    """Return the files of this package that a file imports at its top level."""
    found: set[Path] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "codepref":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {file for name in [*names, node.module] if name and (file := _file(name))}
        elif isinstance(node, ast.Import):
            found |= {file for alias in node.names if (file := _file(alias.name))}
    return found - {path}


@functools.cache
def _files_of(start: Path) -> frozenset[Path]:
    found, waiting = {start}, [start]
    while waiting:
        new = imports_of(waiting.pop()) - found
        found |= new
        waiting += new
    return frozenset(found)


def _file(module: str) -> Path | None:
    """Return the file of a module of this package, None if it is none."""
    first, *parts = module.split(".")
    place = PACKAGE.joinpath(*parts)
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if first == "codepref" and path.is_file():
            return path
    return None
