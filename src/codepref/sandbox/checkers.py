"""A problem's own checker: it says whether an answer is right where several are.

It runs in a sandbox that programs under test never enter, each time as a process of its own. It
sees the input, the answer and a right answer; a program under test sees none of that but the input.

- ``stdio`` problems: a program in the form of open-r1/codeforces, run as ``checker.py input.txt
  correct_output.txt solution_output.txt``. It accepts by printing ``1`` and refuses by printing
  ``0``, and nothing else, and ends with exit status 0: so open-r1's own scorer reads it. A number
  somewhere in what it prints would not do, since a checker may print what it checks.
- ``call`` problems: a function ``check(arguments, answer, expected)`` that returns True or False.
  ``arguments`` is the test's input (a list by position, or a dictionary by name); all values are
  as the test's record has them: nodes in LeetCode's list form. Tuples of the answers are lists,
  since the comparison sees no difference.

Whatever else comes of a checker (an exception, a time or memory limit, other words) is no opinion,
and what it has no opinion of is not accepted. Its own code cannot call ``eval`` or ``exec``: what
it reads is hostile, and run in its process could print a ``1`` for it.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from codepref import values
from codepref.records import Limits, Problem, TestCase
from codepref.sandbox.outcomes import Outcome
from codepref.sandbox.programs import FunctionRun, Mode, Program, ScriptRun, call_request
from codepref.sandbox.worker import Worker

LIMITS = Limits(cpu_seconds=10.0, memory_mb=1024, output_kb=1024)  # of a checker, per answer
_LOST = ("timeout", "memory_limit", "output_limit")  # costly, and likely to come again
_MOST_SHOWN = 80  # characters

_GUARD = """
def _refuse(*_, **__):
    raise PermissionError("a checker must not run text as code (eval, exec)")

"""
# Takes its texts from standard input, then becomes the checker.
_PROGRAM = f"""{_GUARD}
def _prepare():
    import builtins, json, sys
    source, *texts = json.load(sys.stdin)
    names = ["input.txt", "correct_output.txt", "solution_output.txt"]
    for name, text in zip(names, texts, strict=True):
        with open(name, "w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            stream.write(text)
    sys.argv = ["checker.py", *names]
    guarded = {{**vars(builtins), "eval": _refuse, "exec": _refuse}}
    return compile(source, "checker.py", "exec", dont_inherit=True), guarded

_code, __builtins__ = _prepare()
__file__ = "checker.py"
exec(_code)
"""
_FUNCTION = f"""{_GUARD}
def _load(source):
    guarded = {{**__builtins__, "eval": _refuse, "exec": _refuse}}
    names = {{"__name__": "checker", "__builtins__": guarded}}
    exec(compile(source, "checker.py", "exec", dont_inherit=True), names)
    return names["check"] if "check" in names else None

def _lists(value):
    kind = type(value)
    if kind in (list, tuple):
        return [_lists(item) for item in value]
    return {{key: _lists(item) for key, item in value.items()}} if kind is dict else value

_check = _load(_SOURCE)
if _check is not None:
    def check(arguments, answer, expected):
        return _check(arguments, _lists(answer), _lists(expected))
"""


@dataclass(frozen=True)
class Opinion:
    """What a checker says of an answer.

    Attributes:
        accepts: the answer is right.
        failure: why the checker has no opinion (it then does not accept); empty: it has one.
    """

    accepts: bool
    failure: str = ""


@dataclass(frozen=True)
class Fault:
    """Why a checker cannot be used, in general and in this case."""

    reason: str
    evidence: str = ""


class Checker:
    """A problem's checker in a sandbox.

    Attributes:
        lost: it ran into a limit: what it is asked next may take as long again.
    """

    def __init__(self, problem: Problem, worker: Worker, mode: Mode) -> None:
        """Take the checker of ``problem``, which must have one.

        Args:
            worker: a sandbox for checkers only.
            mode: how carefully to run it (as the program whose answers it gets).
        """
        assert problem.checker is not None
        self._source, self._interface = problem.checker, problem.interface
        self._worker, self._mode = worker, mode
        self.lost = False

    def opinion(self, test: TestCase, answer: Any) -> Opinion:
        """Return what the checker says of an answer (printed text, or a decoded value).

        Raises:
            Inconclusive, Absent, SandboxError: as for a program under test.
        """
        stdio = self._interface == "stdio"
        outcome = self._printed(test, answer) if stdio else self._returned(test, answer)
        if outcome.failure is not None:
            self.lost |= outcome.failure in _LOST
            return Opinion(False, f"{outcome.failure.replace('_', ' ')}: {outcome.message}")
        said = outcome.value.strip() if stdio else outcome.value
        yes, no = ("1", "0") if stdio else (True, False)
        if type(said) is type(yes) and said in (yes, no):
            return Opinion(said == yes)
        shown = repr(said[:_MOST_SHOWN]) if isinstance(said, str) else type(said).__name__
        return Opinion(False, f"it answered {shown}, not {yes} or {no}")

    def _printed(self, test: TestCase, answer: str) -> Outcome:
        texts = json.dumps([self._source, test.input, test.expected, answer], ensure_ascii=False)
        return ScriptRun(self._worker, _PROGRAM, LIMITS, self._mode).run(texts)

    def _returned(self, test: TestCase, answer: Any) -> Outcome:
        program = Program(f"_SOURCE = {self._source!r}\n{_FUNCTION}", "check", limits=LIMITS)
        request = call_request([test.input, values.encode(answer), test.expected])
        with FunctionRun(self._worker, program, self._mode) as run:
            (outcome,) = run.outcomes([request])
            if outcome.failure is None:
                ending = run.finish()
                return outcome if ending.failure is None else ending
        return outcome


def checker_name(problem: Problem) -> str | None:
    """Return what verdicts call a problem's checker: its kind and the start of its SHA-256."""
    if problem.checker is None:
        return None
    kind = "program" if problem.interface == "stdio" else "function"
    digest = hashlib.sha256(problem.checker.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{kind} {digest[:12]}"


def fault_of(problem: Problem, checker: Checker) -> Fault | None:
    """Try a checker on its problem's tests; return what is wrong with it, or None.

    It must accept every expected answer, and refuse no answer at all (an empty output, or None)
    where that is not the expected one.

    Raises:
        Inconclusive, Absent, SandboxError: as for a program under test.
    """
    stdio = problem.interface == "stdio"
    nothing: Any = "" if stdio else None
    for number, test in enumerate(problem.tests, start=1):
        if test.check is not None:
            continue
        right = test.expected if stdio else values.decode(test.expected)
        said = checker.opinion(test, right)
        if not said.accepts:
            return Fault(_reason(said), f"test {number}: {said.failure or 'refused'}")
        # One that looks for more than is there, for ever, does not accept it; once shows that.
        tell_nothing = not checker.lost and (right.strip() if stdio else right is not None)
        if tell_nothing and checker.opinion(test, nothing).accepts:
            what = "an empty output" if stdio else "None"
            return Fault(f"its checker accepts {what}", f"test {number}")
    return None


def _reason(said: Opinion) -> str:
    if not said.failure:
        return "its checker refuses the reference answer"
    if any(
        f": {kind}: " in said.failure for kind in ("SyntaxError", "IndentationError", "TabError")
    ):
        return "its checker does not compile"
    return "its checker fails on the reference answer"
