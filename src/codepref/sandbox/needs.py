"""What a solution needs of the module it stands in, and whether lines behind it may change that."""

import ast

from codepref.sandbox import scopes
from codepref.sandbox.source import Source, definitions, is_skeleton, takes_self

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
_VALUES = (ast.Assign, ast.AugAssign, ast.AnnAssign)

Definitions = dict[str, ast.AST | None]
"""what defines each name; None: something that is no statement of its own, as ``with ... as``"""


def may_still_change(source: Source, entry_point: str) -> bool:
    """Return whether lines behind a program are likely to be part of its solution.

    So they are where something that the solution needs is a function that is still to be written,
    or a value, which they may set or fill: of the module, of a class, an attribute of a function.
    Functions, classes and imports only change by being defined again.
    """
    needed = _needed(source, entry_point.split(".")[0])
    return any(
        _is_stub(node) or _is_data(node) or _reads_attributes(node, needed)
        for node in needed.values()
    )


def _needed(source: Source, name: str) -> Definitions:
    """Return what a name of the module needs there, in its turn and in theirs; itself, too."""
    found: Definitions = {}
    if source.table is None:
        return found
    bound, waiting = scopes.bound(source.table), [name]
    while waiting:
        one = waiting.pop()
        if one in found or one not in bound:  # what is not bound is Python's own
            continue
        node = found[one] = source.defined.get(one)
        waiting += scopes.read_by_definition(source.table, one) | _read_outside(node)
    return found


def _read_outside(node: ast.AST | None) -> set[str]:
    """Return the names that are read where a definition stands: decorators, defaults, bases."""
    parts: list[ast.AST] = []
    if isinstance(node, _FUNCTIONS):
        parts = [node.args, *node.decorator_list, *filter(None, [node.returns])]
    elif isinstance(node, ast.ClassDef):
        parts = [*node.bases, *node.keywords, *node.decorator_list]
    return {name.id for part in parts for name in _loaded(part)}


def _loaded(tree: ast.AST) -> list[ast.Name]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]


def _is_stub(node: ast.AST | None) -> bool:
    """Return whether a function, or one of a class, stands for one that is still to be written.

    It is a skeleton, returns nothing, or never looks at what it is given.
    """
    if isinstance(node, ast.ClassDef):
        methods = definitions(node.body).items()
        return any(_is_stub(method) for name, method in methods if not name.startswith("__"))
    if not isinstance(node, _FUNCTIONS):
        return False
    given = {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
    if takes_self(node):
        given.discard("self")
    if given:
        return not any(name.id in given for part in node.body for name in _loaded(part))
    return is_skeleton(node) or all(_returns_nothing(part) for part in node.body)


def _returns_nothing(part: ast.stmt) -> bool:
    return isinstance(part, ast.Return) and (
        part.value is None or (isinstance(part.value, ast.Constant) and part.value.value is None)
    )


def _is_data(node: ast.AST | None) -> bool:
    if isinstance(node, ast.ClassDef):
        return any(isinstance(part, _VALUES) and part.value is not None for part in node.body)
    return not isinstance(node, (*_FUNCTIONS, *_IMPORTS))


def _reads_attributes(node: ast.AST | None, needed: Definitions) -> bool:
    """Return whether a definition reads an attribute of a function, or of a class no method."""
    for part in ast.walk(node) if node else ():
        if not isinstance(part, ast.Attribute) or not isinstance(part.value, ast.Name):
            continue
        owner = needed.get(part.value.id)
        if isinstance(owner, _FUNCTIONS):
            return True
        if isinstance(owner, ast.ClassDef) and part.attr not in definitions(owner.body):
            return True
    return False
