"""The problem in what a model wrote when it was asked for one: statement, signature, examples.

Models keep to a form only more or less. What is read is the first function that the answer
declares, in a code block or outside of one, with its docstring; the prose before it stands in for a
docstring that says too little. Code behind the docstring does not count. Examples are all calls
with plain values and an answer beside them, wherever they stand.
"""

import ast
import re
import textwrap
from collections.abc import Sequence

from codepref.problems.sources.foreign import NotUnderstood, Skip
from codepref.problems.sources.signatures import Signature, parse_python, signature_of
from codepref.records import Problem, TestCase
from codepref.sandbox.answer import final_answer, split
from codepref.synthesis.calls import Call, calls_in
from codepref.synthesis.kinds import fits, is_plain
from codepref.values import decode

NO_ANSWER = "its statement ends before its thinking does"
NO_FUNCTION = "no function in its statement"
NO_PARAMETERS = "a function without plain parameters in its statement"
SHORT = "its statement says hardly anything"
NO_EXAMPLE = "no example with an answer in its statement"

_LEAST_WORDS = 8
_MOST_LINES = 30  # of a function's head
_MOST_EXAMPLES = 3
_DEF = re.compile(r"^[ \t>]*def [^\W\d]\w*[ \t]*\(", re.M)
_DOCSTRING = re.compile(r"\s*[rRuU]?(\"\"\"|''')(.*?)(?:\1|\Z)", re.S)
_HEADING = re.compile(
    r"[#*\s]*(?:for )?(?:examples?|samples?|tests?(?: cases?)?|problem(?: statement)?|exercise|"
    r"task|description|e\.g\.|input|output|usage)[ \t\d]*:?[*\s]*",
    re.I,
)


def draft_of(completion: str, problem_id: str, licence: str) -> Problem:
    """Return the problem that a completion states; its tests are its examples, as stated.

    Raises:
        Skip: it states none; the text is the reason that is counted.
    """
    answer = final_answer(completion)
    if answer is None:
        raise Skip(NO_ANSWER)
    blocks, bare = split(answer)
    texts = [*(block.text for block in blocks), bare]
    code = next((text for text in texts if _DEF.search(text)), None)
    if code is None:
        raise Skip(NO_FUNCTION)
    head, docstring = _head_and_docstring(code)
    signature = _signature(head)
    name, parameters = signature.entry_point, signature.parameters
    before = _DEF.split(bare)[0] if blocks else code[: code.index(head.split("\n")[0])]
    statement = _without_calls(docstring, list(calls_in(docstring, name, parameters)), name)
    if _words(statement) < _LEAST_WORDS:
        prose = _without_calls(before, list(calls_in(before, name, parameters)), name)
        statement = f"{prose}\n\n{statement}".strip()
    if _words(statement) < _LEAST_WORDS:
        raise Skip(SHORT)
    examples = _examples(answer, signature)
    if not examples:
        raise Skip(NO_EXAMPLE)
    return Problem(
        id=problem_id,
        source="synthesised",
        licence=licence,
        title=name.strip("_").replace("_", " ").title() or name,
        statement=statement,
        examples=[_shown(name, call) for call in examples],
        interface="call",
        starter_code=_starter(signature),
        tests=[
            TestCase(input=call.arguments, expected=call.answer, visible=True) for call in examples
        ],
        **vars(signature),
    )


def inputs_of(completion: str, problem: Problem) -> list[list[list]]:
    """Return the inputs (tagged JSON) of all calls in a completion that fit the signature."""
    answer, name = final_answer(completion), str(problem.entry_point).split(".")[-1]
    types, names = problem.parameter_types or [], problem.parameters or []
    return [
        call.arguments
        for call in calls_in(answer or "", name, names)
        if all(map(fits, call.arguments, types))
    ]


def _head_and_docstring(code: str) -> tuple[str, str]:
    """Return the first function's head, which may go over lines, and its docstring."""
    match = _DEF.search(code)
    assert match is not None
    lines = code[match.start() :].split("\n")
    for count in range(1, min(len(lines), _MOST_LINES) + 1):
        head = textwrap.dedent("\n".join(lines[:count])).lstrip("> \t").rstrip()
        try:
            parse_python(f"{head}\n    pass")
        except ValueError:
            continue
        found = _DOCSTRING.match("\n".join(lines[count:]))
        return head, textwrap.dedent(found.group(2)).strip() if found else ""
    raise Skip(NO_FUNCTION)


def _signature(head: str) -> Signature:
    function = parse_python(f"{head}\n    pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    given = function.args
    if given.vararg or given.kwarg or given.kwonlyargs or given.posonlyargs or given.defaults:
        raise Skip(NO_PARAMETERS)
    try:
        signature = signature_of(head)
    except NotUnderstood as error:
        raise Skip(NO_FUNCTION) from error
    types = [*signature.parameter_types, signature.return_type or "Any"]
    if not signature.parameters or "self" in signature.parameters or not all(map(is_plain, types)):
        raise Skip(NO_PARAMETERS)
    return signature


def _starter(signature: Signature) -> str:
    """Return the function's head with types as Python's own names; what is unknown is unsaid."""
    pairs = zip(signature.parameters, signature.parameter_types, strict=True)
    given = [name if kind == "Any" else f"{name}: {kind}" for name, kind in pairs]
    kind = signature.return_type
    returned = f" -> {kind}" if kind and kind != "Any" else ""
    return f"def {signature.entry_point}({', '.join(given)}){returned}:"


def _examples(answer: str, signature: Signature) -> list[Call]:
    """Return the first calls with different arguments that fit and have an answer beside them."""
    found: dict[str, Call] = {}
    for call in calls_in(answer, signature.entry_point, signature.parameters):
        fitting = all(map(fits, call.arguments, signature.parameter_types))
        if call.stated and fitting and fits(call.answer, signature.return_type or "Any"):
            found.setdefault(repr(call.arguments), call)
    return list(found.values())[:_MOST_EXAMPLES]


def _shown(name: str, call: Call) -> str:
    arguments = ", ".join(repr(decode(one)) for one in call.arguments)
    return f"{name}({arguments}) returns {decode(call.answer)!r}."


def _without_calls(text: str, calls: Sequence[Call], name: str) -> str:
    """Return a statement without the lines of its examples and their headings."""
    spans = [
        (text.rfind("\n", 0, call.start) + 1, (text.find("\n", call.end) + 1) or len(text) + 1)
        for call in calls
    ]
    kept, place = [], 0
    for line in text.split("\n"):
        inside = any(start <= place < end for start, end in spans)
        place += len(line) + 1
        if not inside and not line.strip().startswith(">>>") and f"{name}(" not in line:
            kept.append("" if _HEADING.fullmatch(line) else line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _words(text: str) -> int:
    return len(re.findall(r"[^\W\d_]{2,}", text))
