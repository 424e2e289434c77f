"""Finding the program in a model's answer.

The rule, in this order:

1. **Fenced blocks** (three or more backquotes or tildes). A block is closed by a bare fence of the
   same character, at least as long; a fence line *with* a language tag inside a block of the same
   length starts a new block (models forget to close); an unclosed block goes to the end of the
   answer. Where the code up to the first closing fence is not Python but up to a later one is (a
   fence inside a docstring), the later one counts. The opening fence's indentation is taken off
   every line; otherwise the text is not changed (tabs stay tabs).
2. Of several blocks, those tagged as Python or untagged are considered, or, if there are none, any
   that are valid Python (a wrong tag). The first that defines the entry point wins, else the first
   that is a valid program, else the first.
3. **Bare code**: without a fence (or when no block defines the entry point) the answer itself if
   it is a program, else its longest run of lines, from one that starts like a statement, that is
   a program.
4. **The prompt's prefix**: when the code does not define the entry point but does so as a
   continuation of the starter code (only the body was written), it is appended to it. What the
   starter code defines before the entry point (imports, helpers) is put in front if missing.

Nothing found is None (verdict ``no_code``).
"""

import ast
import functools
import re
import textwrap
import threading
import warnings
from dataclasses import dataclass

from codepref.records import Problem

_FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})[ \t]*([^`\n]*?)[ \t]*$")
_PYTHON_TAGS = {"", "python", "python3", "py", "py3", "python2", "pycon", "ipython"}
_STATEMENT = re.compile(
    r"(from|import|def|class|async|for|while|if|with|try|print|return|global|@)\b|@|\w+\s*[=(\[,]"
)
_LONGEST = 1 << 20  # characters; longer answers are cut, no program is that long

# CPython 3.11 counts the depth of all threads' syntax trees together: two at once may fail with
# SystemError ("AST constructor recursion depth mismatch").
_PARSER = threading.Lock()


@dataclass(frozen=True)
class _Block:
    tag: str
    code: str


def extract_from(problem: Problem, completion: str) -> str | None:
    """Return the program that a completion gives for a problem, or None."""
    if problem.interface == "stdio":
        return extract_code(completion)
    return extract_code(completion, problem.entry_point, problem.starter_code)


def extract_code(
    completion: str, entry_point: str | None = None, starter_code: str = ""
) -> str | None:
    """Return the program in a model's answer, or None if there is none.

    Args:
        completion: the whole answer.
        entry_point: ``name`` or ``Solution.name`` for ``call`` problems.
        starter_code: what the prompt gave as the program's beginning.
    """
    text = completion[:_LONGEST].replace("\r\n", "\n").replace("\r", "\n")
    # An answer that is a program as it stands has its fences inside docstrings.
    blocks = _blocks(text) if not ("def " in text and _is_program(text)) else []
    code = _choose(blocks, entry_point, starter_code) if blocks else _bare(text, starter_code)
    if blocks and entry_point and not starter_code and not _defines(code or "", entry_point):
        unfenced = _bare(text, starter_code)
        code = unfenced if unfenced and _defines(unfenced, entry_point) else code
    if code is None or not code.strip():
        return None
    return _complete(code.rstrip() + "\n", entry_point, starter_code)


# --- Fenced blocks --------------------------------------------------------------------------------


def _blocks(text: str) -> list[_Block]:
    lines = text.split("\n")
    blocks: list[_Block] = []
    position = 0
    while position < len(lines):
        opening = _FENCE.match(lines[position])
        position += 1
        if opening is None:
            continue
        indent, fence, tag = opening.groups()
        end = _end_of_block(lines, position, fence, indent)
        code = _unindent(lines[position:end], indent)
        blocks.append(_Block(tag.split()[0].lower().strip("{}.:") if tag else "", code))
        reopened = end < len(lines) and _FENCE.match(lines[end]).group(3)  # type: ignore[union-attr]
        position = end if reopened else end + 1
    return [block for block in blocks if block.code.strip()]


def _end_of_block(lines: list[str], start: int, fence: str, indent: str) -> int:
    """Return the line that ends the block whose content starts at ``start``."""
    ends: list[int] = []
    for number in range(start, len(lines)):
        match = _FENCE.match(lines[number])
        if match is None or match.group(2)[0] != fence[0] or len(match.group(2)) < len(fence):
            continue
        if match.group(3) and _is_program(_unindent(lines[start:number], indent)):
            ends.append(number)
            break  # a new block opens and this one was never closed
        if match.group(3):
            continue
        ends.append(number)
        if len(ends) > 8:
            break
    if len(ends) == 1:
        return ends[0]
    for end in ends:
        if _is_program(_unindent(lines[start:end], indent)):
            return end
    return ends[0] if ends else len(lines)


def _unindent(lines: list[str], indent: str) -> str:
    return "\n".join(line.removeprefix(indent) for line in lines)


def _choose(blocks: list[_Block], entry_point: str | None, starter_code: str) -> str | None:
    python = [block.code for block in blocks if block.tag in _PYTHON_TAGS]
    if len(python) == 1:
        return python[0]
    chosen = python or [block.code for block in blocks if _is_program(block.code)]
    for code in chosen:
        if entry_point and _defines(code, entry_point):
            return code
    for code in chosen:
        if _is_program(code) or _is_program(starter_code.rstrip() + "\n" + code):
            return code
    return chosen[0] if chosen else None


# --- Bare code ------------------------------------------------------------------------------------


def _bare(text: str, starter_code: str) -> str | None:
    if _is_program(text):
        return text
    if starter_code and _is_program(starter_code.rstrip() + "\n" + text):
        return text
    lines = text.split("\n")
    best: list[str] = []
    starts = [number for number, line in enumerate(lines) if _STATEMENT.match(line)]
    for start in starts[:20]:
        stop = len(lines)
        # The parser says where it gives up; no later line can be part of the program.
        for _ in range(50):
            if stop - start <= len(best):
                break
            broken = _broken_line("\n".join(lines[start:stop]))
            if broken is None:
                if _is_program("\n".join(lines[start:stop])):
                    best = lines[start:stop]
                break
            stop = min(stop - 1, start + max(broken - 1, 0))
    if best:
        return "\n".join(best)
    # Something that was meant as a program but does not compile is a compile error, not "no code".
    if any(re.match(r"(def|class|import|from) ?\w+", line) for line in lines) and "def " in text:
        first = next(
            n for n, line in enumerate(lines) if re.match(r"(def|class|import|from) ", line)
        )
        return "\n".join(lines[first:])
    return None


def _broken_line(code: str) -> int | None:
    """Return the line at which parsing fails, None if it does not."""
    try:
        _parse(code)
    except SyntaxError as error:
        return error.lineno or 1
    except (ValueError, MemoryError, RecursionError):
        return 1
    return None


# --- The prompt's prefix --------------------------------------------------------------------------


def _complete(code: str, entry_point: str | None, starter_code: str) -> str:
    if not entry_point or not starter_code.strip():
        return code
    if not _defines(code, entry_point):
        continued = _continue(code, entry_point, starter_code)
        if continued is not None:
            return continued
    before = _before_entry(starter_code, entry_point)
    if before.strip() and before.strip() not in code and _is_program(before):
        future = "from __future__ import annotations\n" if "from __future__" in code else ""
        return f"{future}{before.rstrip()}\n\n{code}"
    return code


def _continue(code: str, entry_point: str, starter_code: str) -> str | None:
    """Return the starter code with ``code`` as the body of its last function, if that works."""
    head = starter_code.rstrip()
    last = head.split("\n")[-1]
    depth = len(last) - len(last.lstrip())
    if last.rstrip().endswith(":"):
        depth += 4
    body = textwrap.dedent(code)
    for candidate in (code, textwrap.indent(body, " " * depth)):
        whole = f"{head}\n{candidate}"
        if _defines(whole, entry_point) and _has_body(whole, entry_point):
            return whole
    return None


def _before_entry(starter_code: str, entry_point: str) -> str:
    name = entry_point.split(".")[0]
    match = re.search(rf"^(class|def|async def)\s+{re.escape(name)}\b", starter_code, re.M)
    return starter_code[: match.start()] if match else ""


# --- Looking at Python ----------------------------------------------------------------------------


def _parse(code: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with _PARSER:
            return ast.parse(code)


@functools.lru_cache(maxsize=4)  # one answer's code is looked at several times
def _tree(code: str) -> ast.Module | None:
    try:
        return _parse(code)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _is_program(code: str) -> bool:
    """Return whether the text is Python that does something (prose of one word parses too)."""
    tree = _tree(code)
    return tree is not None and any(
        not (isinstance(node, ast.Expr) and not isinstance(node.value, (ast.Call, ast.Await)))
        for node in tree.body
    )


def _entry_node(code: str, entry_point: str) -> ast.AST | None:
    tree = _tree(code)
    *owner, name = entry_point.split(".")
    if tree is None:
        return None
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for node in tree.body:
        if owner and isinstance(node, ast.ClassDef) and node.name == owner[0]:
            for member in node.body:
                if isinstance(member, functions) and member.name == name:
                    return member
        if isinstance(node, functions) and node.name == name:
            return node
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            return node
    return None


def _defines(code: str, entry_point: str) -> bool:
    return _entry_node(code, entry_point) is not None


def _has_body(code: str, entry_point: str) -> bool:
    """Return whether the entry point does more than carry a docstring."""
    node = _entry_node(code, entry_point)
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return node is not None
    return any(
        not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
        for part in node.body
    )
