"""Where the solution in a benchmark answer ends, so that what follows it need not be drawn.

It is for answers that the prompt has begun with an open code block. They end, at the earliest, when
the program in them is all of them so far (``extract``), compiles, writes the entry point and lacks
no name. Then what follows is not needed:

- ``block``: behind the fence that closes the block, and from ``if __name__`` on, which no judge
  runs (EvalPlus and the second judge load programs under another name). The program is the one of
  the whole answer, without that part. It is another one only where a second whole solution would
  have followed, of which the last counts; EvalPlus's own tool ends answers at the same fence.
- ``tests``: also before ``print(``, ``assert`` and ``def main(``, with which a model tries its
  solution. EvalPlus's tool ends answers there, too, or takes those lines off. A program whose own
  tests fail, or were cut, does not load; without them it may pass.
"""

import re
from typing import Literal

from codepref.sandbox.extract import extract_code
from codepref.sandbox.source import Reader, find_entry, is_skeleton

StopAt = Literal["end", "block", "tests"]
"""where benchmark answers end: as the model ends them, with their solution, before its own tests"""

OPENED = "```python\n"
_UNREAD = r"(?P<fence>[ ]{0,3}`{3,}[ \t]*$)|if __name__ ?== ?[\"']__main__[\"']"
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
        if _is_solution(text[: found.start()], entry_point):
            return found.end() if found["fence"] else found.start()
    return None


def _is_solution(code: str, entry_point: str) -> bool:
    """Return whether the open block is the whole program of the answer so far, and complete."""
    source = Reader().read(code.strip("\n").rstrip())
    entry = find_entry(source, entry_point)
    if entry is None or is_skeleton(entry) or source.missing:
        return False
    return extract_code(OPENED + code, entry_point) == source.text + "\n"
