"""The inputs that a benchmark task shows to the model: arguments of the calls in its prompt.

``>>> add(1, 2)`` of HumanEval and of templates, ``assert add(1, 2) == 3`` of MBPP. No test is read.
"""

import ast
import re
import warnings
from typing import Any

from codepref import values
from codepref.evaluation.entry import Question

_LONGEST_CALL = 2000


def visible_inputs(question: Question) -> list[list[Any]]:
    """Return the arguments of the calls that a prompt shows, each once, in their order.

    Only calls of the function to write with literal arguments by position count.
    """
    if question.entry_point is None:
        return []
    text = "\n".join(one.content for one in question.messages if one.role == "user")
    # White space before the parenthesis is Python's, too, though not over a line's end.
    call = rf"(?<![\w.])(?<!def ){re.escape(question.entry_point)}[ \t]*\("
    starts = [match.start() for match in re.finditer(call, text)]
    found = [_arguments(text[start : start + _LONGEST_CALL]) for start in starts]
    return list({repr(one): one for one in found if one is not None}.values())


def _arguments(text: str) -> list[Any] | None:
    """Return the arguments of the call that a text begins with; None: not all are literals."""
    for closing in re.finditer(r"\)", text):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of backslashes in text
                call = ast.parse(text[: closing.end()], mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue  # that parenthesis belongs to an argument
        if not isinstance(call, ast.Call) or call.keywords:
            return None
        try:
            given = [ast.literal_eval(argument) for argument in call.args]
            values.encode(given)
        except (ValueError, TypeError):
            return None
        return given
    return None
