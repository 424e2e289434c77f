"""What a piece of starter code says about the interface: entry point, parameters, types."""

import ast
import re
import textwrap
from dataclasses import dataclass

from codepref.problems.sources.foreign import NotUnderstood


@dataclass(frozen=True)
class Signature:
    """The entry point of a ``call`` problem; ``vars`` of it are fields of its record."""

    entry_point: str  # 'name' or 'Class.name'
    parameters: list[str]
    parameter_types: list[str]
    return_type: str | None


def signature_of(starter_code: str, entry_point: str | None = None) -> Signature:
    """Read the signature from starter code, whose bodies may be missing.

    Args:
        starter_code: LeetCode-style code that ends with, or holds, functions without bodies.
        entry_point: which function or ``Class.method``; by default the last one declared.

    Raises:
        NotUnderstood: it cannot be parsed, or does not declare that function.
    """
    try:
        tree = parse_python(complete_bodies(starter_code))
    except ValueError as error:
        raise NotUnderstood("starter code", detail=str(error)) from error
    found: dict[str, ast.FunctionDef] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef):
                    found[f"{node.name}.{member.name}"] = member
    if not found:
        raise NotUnderstood("starter code", detail="it declares no function")
    name = entry_point or list(found)[-1]
    if name not in found:
        raise NotUnderstood(
            "starter code", detail=f"it does not declare '{name}' but {', '.join(found)}"
        )
    function = found[name]
    arguments = function.args.posonlyargs + function.args.args
    if "." in name:
        arguments = arguments[1:]  # self
    return Signature(
        entry_point=name,
        parameters=[argument.arg for argument in arguments],
        parameter_types=[
            plain_type(ast.unparse(argument.annotation)) if argument.annotation else "Any"
            for argument in arguments
        ],
        return_type=plain_type(ast.unparse(function.returns)) if function.returns else None,
    )


def parse_python(code: str) -> ast.Module:
    """Return the syntax tree of foreign code.

    Raises:
        ValueError: it is not Python, or nested too deep for Python's parser.
    """
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"cannot be parsed: {error}") from error


def complete_bodies(starter_code: str) -> str:
    """Return the code with ``pass`` in each body that is missing or holds only comments.

    >>> complete_bodies("def f(a):")
    'def f(a):\\n    pass'
    """
    lines = textwrap.dedent(starter_code).expandtabs(4).rstrip().splitlines()
    completed: list[str] = []
    for number, line in enumerate(lines):
        completed.append(line)
        starts = re.match(r"\s*((async\s+)?def\s|class\s)", line) or line.endswith("):")
        if not (starts and _is_code(line) and re.search(r":\s*(#.*)?$", line)):
            continue
        indent = _indent(line)
        body = next((later for later in lines[number + 1 :] if _is_code(later)), "")
        if not body or _indent(body) <= indent:
            completed.append(" " * (indent + 4) + "pass")
    return "\n".join(completed)


def plain_type(annotation: str) -> str:
    """Return an annotation in one spelling: ``Optional['ListNode']`` is ``ListNode``.

    >>> plain_type("Optional[TreeNode]"), plain_type("List[List[int]]")
    ('TreeNode', 'list[list[int]]')
    """
    text = annotation.replace("'", "").replace('"', "").replace("typing.", "")
    text = re.sub(r"\b(List|Dict|Set|Tuple)\b", lambda match: match.group().lower(), text)
    while match := re.fullmatch(r"Optional\[(.*)\]", text):
        text = match.group(1)
    return text


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")
