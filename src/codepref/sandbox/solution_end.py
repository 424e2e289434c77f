"""Where the solution in a benchmark answer ends, so that what follows it need not be drawn.

It is for answers that the prompt has begun with an open code block. They end, at the earliest, when
the program in them is all of them so far (``extract``), compiles, writes the entry point and lacks
no name in any scope. Then what follows is not needed:

- ``block``: behind the fence that closes the block, and from ``if __name__`` on, which no judge
  runs (EvalPlus and the second judge load programs under another name). EvalPlus's own tool ends
  answers at the same fence.
- ``tests``: also before ``print(``, ``assert`` and ``def main(``, with which a model tries its
  solution. EvalPlus's tool ends answers there, too, or takes those lines off. A program whose own
  tests fail, or were cut, does not load; without them it may pass.

But for the fence, the block is still open there: lines may come that fill a list which the solution
reads, or write a function that is only a stub so far. Which will come cannot be known while the
answer is drawn, so it ends there only if the solution needs nothing of the kind (``needs``). What
remains: a solution, or a function of it, that is written a second time counts as first written (in
the whole answer the last counts), and what a line changes from outside, such as the recursion
limit, is lost.
"""

import re
from typing import Literal

from codepref.sandbox.extract import extract_code
from codepref.sandbox.needs import may_still_change
from codepref.sandbox.source import Reader, find_entry, is_skeleton

StopAt = Literal["end", "block", "tests"]
"""where benchmark answers end: as the model ends them, with their solution, before its own tests"""

OPENED = "```python\n"
_UNREAD = r"(?P<fence>[ ]{0,3}`{3,}[ \t]*$)|if __name__ ?== ?[\"']__main__[\"'] ?:"
_ENDS = {
    "block": re.compile(rf"^(?:{_UNREAD})", re.MULTILINE),
    "tests": re.compile(rf"^(?:{_UNREAD}|print\(|assert[ (]|def main\()", re.MULTILINE),
}
ENDING = "`(\n"
"""an answer can only have come to its end with a token that has one of these"""


def solution_end(text: str, entry_point: str, stop_at: StopAt, start: int = 0) -> int | None:
    """Return where an answer may end, or None while it may not.

    Args:
        text: the answer so far; it goes on with the code block that the prompt opened.
        entry_point: what the program is to define.
        stop_at: see above; ``end`` is never.
        start: ends that begin before it were refused already.
    """
    if stop_at == "end":
        return None
    for found in _ENDS[stop_at].finditer(text, start):
        if _is_solution(text[: found.start()], entry_point, closed=bool(found["fence"])):
            return found.end() if found["fence"] else found.start()
    return None


def _is_solution(code: str, entry_point: str, closed: bool) -> bool:
    """Return whether the block so far is the whole program of the answer, and complete.

    ``closed``: the block ends here, so none of its lines is still to come.
    """
    source = Reader().read(code.strip("\n").rstrip())
    entry = find_entry(source, entry_point)
    if entry is None or is_skeleton(entry) or source.missing:
        return False
    if not closed and may_still_change(source, entry_point):
        return False
    return extract_code(OPENED + code, entry_point) == source.text + "\n"
