"""What can be said of a text as Python without running it."""

import ast
import builtins
import functools
import re
import symtable
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from codepref.sandbox import scopes

# Python's compiler needs up to 10 microseconds a character, holding the interpreter's lock.
MAX_PROGRAM = 1 << 16  # characters; Codeforces takes no longer source either
MAX_COMPILED = 80_000  # characters for one answer, over all that is tried

_BUILTIN = frozenset(dir(builtins)) | {"__name__", "__file__"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_NO_CALLABLE = (
    *(ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Compare),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.BinOp, ast.UnaryOp),
)
_READS = {"input", "stdin", "open", "fileinput", "read", "readline", "readlines"}
_PRINTS = {"print", "write", "writelines", "writev"}
_LOOKS_LIKE_CODE = re.compile(
    r"[ \t]*+(?:(?i:(?:async )?def \w)|class \w|import \w|from [\w.]++ import|@\w|return\b|print\b"
    r"|(?:for|while|if|with|try)\b.*:|[\w.]++(?:\[[^]\n]*\])?[ \t]*+[-+*/%|&]?=[^=]|[\w.]++\()",
    re.M,
)
# Filters of warnings are every thread's, and CPython 3.11 counts the depth of all threads' syntax
# trees together: two at once may fail with SystemError ("recursion depth mismatch").
_PARSER = threading.Lock()


@dataclass(frozen=True)
class Source:
    """A text, its syntax tree if it compiles, and what follows from that."""

    text: str
    tree: ast.Module | None = None

    @functools.cached_property
    def defined(self) -> dict[str, ast.AST]:
        """What it defines at the top (see ``definitions``)."""
        return definitions(self.tree.body) if self.tree else {}

    @functools.cached_property
    def missing(self) -> set[str]:
        """The names that it looks up in its module, and neither it nor Python defines there."""
        if self.table is None:
            return set()
        return scopes.reads(self.table) - scopes.bound(self.table) - _BUILTIN

    @functools.cached_property
    def table(self) -> symtable.SymbolTable | None:
        """Python's own table of its names and their scopes, if it compiles."""
        if self.tree is None:
            return None
        with _parsing():
            return symtable.symtable(self.text, "<answer>", "exec")

    @functools.cached_property
    def reads_and_prints(self) -> bool:
        """Whether it reads input and prints, and does not only define what does."""
        if self.tree is None or not _acts(self.tree):
            return False
        nodes = list(ast.walk(self.tree))
        used = {node.id for node in nodes if isinstance(node, ast.Name)}
        used |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        return bool(used & _READS) and bool(used & _PRINTS)

    @property
    def is_program(self) -> bool:
        """Whether it does more than name values ("Sure", "1, 2" and "[3]" are Python, too)."""
        return self.tree is not None and any(
            not isinstance(node, ast.Expr) or isinstance(node.value, (ast.Call, ast.Await))
            for node in self.tree.body
        )


class Reader:
    """Compiles the texts of one answer, each once, and in all not more than ``MAX_COMPILED``."""

    def __init__(self) -> None:
        self._left = MAX_COMPILED
        self._known: dict[str, Source] = {}

    def read(self, text: str) -> Source:
        """Return a text with its tree; what is too long, or too deeply nested, has none."""
        if text not in self._known:
            fits = self.fits(text)
            self._left -= len(text) if len(text) <= MAX_PROGRAM else 0
            self._known[text] = Source(text, _compile(text) if fits else None)
        return self._known[text]

    def fits(self, text: str) -> bool:
        """Return whether a text would be compiled."""
        return len(text) <= min(MAX_PROGRAM, self._left)

    def first(self, texts: Iterator[str]) -> Source:
        """Return the first of the texts that compiles, or the last that was tried."""
        source = Source("")
        for text in texts:
            source = self.read(text)
            if source.tree is not None or self._left < 0:
                break
        return source


@contextmanager
def _parsing() -> Iterator[None]:
    with _PARSER, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _compile(text: str) -> ast.Module | None:
    with _parsing():
        try:
            compile(text, "<answer>", "exec", dont_inherit=True)
            return ast.parse(text)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return None


def looks_like_code(text: str) -> bool:
    """Return whether a text was meant as Python, though it may not compile."""
    return any(_LOOKS_LIKE_CODE.match(line) for line in text.split("\n"))


# --- What a module defines, and what it needs -----------------------------------------------------


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements, also those under ``if``, ``try``, loops, not those of functions."""
    waiting = body[::-1]  # no recursion: a chain of "elif" is as deep as it is long
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            continue
        inner = [*getattr(node, "body", [])]
        for part in ("handlers", "cases"):
            inner += [line for branch in getattr(node, part, []) for line in branch.body]
        inner += [*getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
        waiting += inner[::-1]


def definitions(body: list[ast.stmt]) -> dict[str, ast.AST]:
    """Return what defines each name: a function, a class, an import, or the assigned value.

    Attributes of a name count as ``name.attribute``; ``*`` is an import of everything.
    """
    found: dict[str, ast.AST] = {}
    for node in _statements(body):
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            found[node.name] = node
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(a.asname or a.name).split(".")[0]: node for a in node.names}
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                    found[f"{target.value.id}.{target.attr}"] = node.value or target
                found |= {name: node.value or target for name in _names(target, ast.Store)}
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            found |= {name: node.iter for name in _names(node.target, ast.Store)}
    return found


def _names(tree: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, context)
    }


def defining_part(source: Source, wanted: set[str]) -> str:
    """Return the statements of a program that define the wanted names, and what these need."""
    lines, kept, wanted = source.text.split("\n"), [""], set(wanted)
    for node in reversed(source.tree.body if source.tree else []):
        defined = definitions([node]).keys()
        if wanted & defined or "*" in defined:
            wanted |= _names(node, ast.Load)
            first = min(part.lineno for part in (node, *getattr(node, "decorator_list", [])))
            kept.append("\n".join(lines[first - 1 : node.end_lineno]))
    return "\n".join(kept[::-1])


def find_entry(source: Source, entry_point: str) -> ast.AST | None:
    """Return what defines ``name`` or ``Solution.name`` (also inherited, assigned or imported)."""
    *owner, name = entry_point.split(".")
    found = source.defined.get(entry_point)
    if owner and found is None:
        found = _member(owner[0], name, source.defined, set())
    return found if found is not None and _can_be_called(found, name) else None


def _member(owner: str, name: str, names: dict[str, ast.AST], seen: set[ast.AST]) -> ast.AST | None:
    node = names.get(owner)
    if isinstance(node, ast.Name) and node not in seen:  # Solution = Other
        seen.add(node)
        return _member(node.id, name, names, seen)
    if not isinstance(node, ast.ClassDef) or node in seen:
        return None
    seen.add(node)
    bases = (base.id for base in node.bases if isinstance(base, ast.Name))
    inherited = (_member(base, name, names, seen) for base in bases)
    return definitions(node.body).get(name) or next(filter(None, inherited), None)


def _can_be_called(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.ImportFrom):  # "from solution import add" shows how to use the answer
        return (node.module or "").split(".")[0] in sys.stdlib_module_names
    used = _names(node, ast.Load) if isinstance(node, ast.expr) else set()
    return not isinstance(node, (ast.Import, *_NO_CALLABLE)) and name not in used


def takes_self(node: ast.AST | None) -> bool:
    """Return whether a function's first parameter is ``self``."""
    parameters = node.args.posonlyargs + node.args.args if isinstance(node, _FUNCTIONS) else []
    return bool(parameters) and parameters[0].arg == "self"


def function_names(source: Source) -> list[str]:
    """Return the names of a program's functions."""
    return [name for name, node in source.defined.items() if isinstance(node, _FUNCTIONS)]


def is_skeleton(node: ast.AST) -> bool:
    """Return whether a function is still to be written: pass, ``...``, a docstring, a refusal."""
    return isinstance(node, _FUNCTIONS) and all(
        isinstance(part, ast.Pass)
        or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
        or (isinstance(part, ast.Raise) and "NotImplementedError" in ast.dump(part))
        for part in node.body
    )


def is_body(node: ast.AST) -> bool:
    """Return whether a function returns something or works on its parameters, by itself.

    A stray import or another function, taken for its body, does neither.
    """
    if not isinstance(node, _FUNCTIONS):
        return False
    parameters = {
        parameter.arg for parameter in ast.walk(node.args) if isinstance(parameter, ast.arg)
    }
    bound = {name for part in _statements(node.body) for name in definitions([part])}
    return any(
        (isinstance(part, ast.Return) and part.value is not None)
        or _names(part, ast.Load) & (parameters - bound)
        for part in _statements(node.body)
        if not isinstance(part, (*_FUNCTIONS, ast.ClassDef))
    )


def _acts(tree: ast.Module) -> bool:
    """Whether a module does something besides defining names."""
    quiet = (*_FUNCTIONS, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    return any(
        not isinstance(node.value, ast.Constant) if isinstance(node, ast.Expr) else True
        for node in tree.body
        if not isinstance(node, quiet)
    )
