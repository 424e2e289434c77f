"""Finding the program in a model's answer.

The procedure, in this order:

1. **The answer** is what stands after thinking (``<think>``). A longer one than ``MAX_ANSWER`` is
   not looked at, nor is a program longer than ``MAX_PROGRAM``.
2. **Candidates** are every fenced block and the bare text outside the blocks. Each is read as it
   stands, else with its indentation taken off, else without its lines of prose. Prose is a line
   that is not part of a statement and reads like a sentence, a label, a list or a tag
   (``answer.py``); it may go, code never: a candidate that then does not compile is broken.
3. **What is asked**: the entry point, whether as a function or method, inherited, assigned,
   imported from the standard library, or under ``if`` or ``try``. Where the program uses input and
   output: that it reads, prints, and does so when run.
4. **The choice** is the best by ``Rank``, and of equals the last: a complete program that does what
   is asked; one that does with something put to it; one that compiles but was cut by the token
   limit; a broken one that was meant to; the body that goes on with the starter code; a skeleton;
   anything else. So a broken answer stays broken, and a program without the entry point fails
   when it runs.
5. **What it lacks**: names that the chosen program uses and does not define are taken from the
   starter code (imports, helpers) and from other blocks that define them, in the answer's order.
   Where no block alone does what is asked, all of them one after the other may.

Nothing found is None (verdict ``no_code``), with the reason.
"""

import enum
import functools
import re
import textwrap
from dataclasses import dataclass

from codepref.records import FinishReason, Problem
from codepref.sandbox import source as python
from codepref.sandbox.answer import (
    PYTHON_TAGS,
    Block,
    dedent,
    final_answer,
    pieces_of_code,
    readings,
    split,
)
from codepref.sandbox.source import MAX_PROGRAM, Reader, Source

MAX_ANSWER = 500_000  # characters after thinking: a hundred times a long one

_FUTURE = re.compile(r"^from __future__ import [\w, ]++$", re.M)
_READS_INPUT = re.compile(r"\binput\(|\bstdin\b|\bopen\(0")


@dataclass(frozen=True)
class Extracted:
    """The program in an answer, or the reason why there is none."""

    code: str | None
    reason: str = ""


class Rank(enum.IntEnum):
    """How good a candidate is."""

    SOMETHING = 1  # meant as code
    PROGRAM = 2
    SKELETON = 3  # the entry point is still to be written
    BODY = 4  # goes on with the starter code
    BROKEN = 5  # does not compile, but was meant to do what is asked
    CUT = 6  # compiles, but the token limit ended it
    COMPLETED = 7  # a method without its class; definitions in one block, the call in another
    COMPLETE = 8


@dataclass(frozen=True)
class _Candidate:
    rank: Rank
    source: Source


def extract_program(
    problem: Problem, completion: str, finish_reason: FinishReason = "stop"
) -> Extracted:
    """Return the program that a completion gives for a problem, or why there is none."""
    asked = (
        ("", "") if problem.interface == "stdio" else (problem.entry_point, problem.starter_code)
    )
    return _extract(completion, *asked, finish_reason == "length")


def extract_from(
    problem: Problem, completion: str, finish_reason: FinishReason = "stop"
) -> str | None:
    """Return the program that a completion gives for a problem, or None."""
    return extract_program(problem, completion, finish_reason).code


def extract_code(
    completion: str,
    entry_point: str | None = None,
    starter_code: str = "",
    finish_reason: FinishReason = "stop",
) -> str | None:
    """Return the program in a model's answer, or None if there is none.

    Args:
        completion: the whole answer.
        entry_point: ``name`` or ``Solution.name``; None: a program that reads input and prints.
        starter_code: what the prompt gave as the program's beginning.
        finish_reason: ``length`` if the token limit cut the answer.
    """
    return _extract(completion, entry_point, starter_code, finish_reason == "length").code


@functools.lru_cache(maxsize=16)  # a policy often writes the same answer again
def _extract(completion: str, entry_point: str | None, starter_code: str, cut: bool) -> Extracted:
    text = final_answer(completion)
    if text is None:
        return Extracted(None, "the answer ends before its thinking does")
    if len(text) > MAX_ANSWER:
        return Extracted(None, f"the answer has more than {MAX_ANSWER} characters")
    chosen = _Choice(entry_point, starter_code, cut).choose(text)
    if not chosen:
        return Extracted(None, "no code in the completion")
    if len(chosen) > MAX_PROGRAM:
        return Extracted(None, f"the program has more than {MAX_PROGRAM} characters")
    return Extracted(chosen.rstrip() + "\n")


class _Choice:
    """The choice among one answer's candidates."""

    def __init__(self, entry_point: str | None, starter_code: str, cut: bool) -> None:
        self._entry, self._starter, self._cut = entry_point, starter_code.rstrip(), cut
        self._name = (entry_point or "").split(".")[-1]
        self._reader = Reader()
        self._others: list[Source] = []

    def choose(self, text: str) -> str:
        """Return the program in a text, "" if there is none."""
        blocks, bare = split(text)
        if blocks and ('"""' in text or "'''" in text):
            # An answer that is a program as it stands has its fences inside strings.
            whole = self._reader.read(text.strip("\n"))
            if whole.is_program:
                blocks, bare = [], text
        best = self._best(text, blocks, bare)
        if best is None:
            return ""
        if best.rank < Rank.CUT and best.rank != Rank.BODY and len(blocks) > 1:
            pieces = (block.text for block in blocks if not block.tag or block.tag in PYTHON_TAGS)
            joined = self._judge(self._reader.read("\n".join(pieces)), True, False)
            if joined and joined.rank == Rank.COMPLETE:
                return joined.source.text
        return self._with_missing(best.source)

    def _best(self, text: str, blocks: list[Block], bare: str) -> _Candidate | None:
        # The last first: it counts of equals, and long answers are not read to their beginning.
        read = {self._reader.first(readings(b.text, False)): b for b in reversed(blocks)}
        self._others = list(read)
        best: _Candidate | None = None
        for source, block in read.items():
            is_python = not block.tag or block.tag in PYTHON_TAGS
            found = self._judge(source, is_python, self._cut and not block.closed)
            if found and (is_python or found.rank > Rank.PROGRAM) and _better(found, best):
                best = found
        if best is None or best.rank < Rank.COMPLETE:
            sources = [self._reader.first(readings(bare, True))]
            if sources[0].tree and not self._does_what_is_asked(sources[0]):
                # Then one of several programs with prose between them may.
                pieces = reversed(pieces_of_code(bare))
                sources += [self._reader.read(dedent(piece)) for piece in pieces]
            self._others += sources[1:] or sources
            for source in sources:
                ends = _last_line(source.text) == _last_line(text)
                found = self._judge(source, False, self._cut and ends)
                if found and _better(found, best):
                    best = found
        return best

    def _judge(self, source: Source, fenced: bool, cut: bool) -> _Candidate | None:
        """Return what a text is worth, and the program made of it; None if it is not code."""
        compiles = source.tree is not None
        if not compiles and self._is_meant(source.text):
            return _Candidate(Rank.BROKEN, source)
        if self._does_what_is_asked(source):
            return _Candidate(Rank.CUT if cut else Rank.COMPLETE, source)
        if compiles and (completed := self._completed(source)):
            return _Candidate(Rank.COMPLETED, completed)
        if body := self._continued(source.text):
            return _Candidate(Rank.BODY, body)
        if self._tries_what_is_asked(source):
            return _Candidate(Rank.SKELETON, source)
        if source.is_program:
            return _Candidate(Rank.PROGRAM, source)
        code = fenced or (not compiles and python.looks_like_code(source.text))
        return _Candidate(Rank.SOMETHING, source) if code and source.text.strip() else None

    def _tries_what_is_asked(self, source: Source) -> bool:
        if not self._entry:
            return source.reads_and_prints
        return python.find_entry(source, self._entry) is not None

    def _does_what_is_asked(self, source: Source) -> bool:
        if not self._entry:
            return source.reads_and_prints
        found = python.find_entry(source, self._entry)
        return found is not None and not python.is_skeleton(found)

    def _is_meant(self, text: str) -> bool:
        if not self._entry:
            return bool(_READS_INPUT.search(text))
        name = re.escape(self._name)
        return bool(re.search(rf"^[ \t]*+(?:async )?(?:def {name}\b|{name} ?=[^=])", text, re.M))

    # -- what a candidate lacks --

    def _completed(self, source: Source) -> Source | None:
        """Return a program that does what is asked made of one that nearly does, or None."""
        if not self._entry:  # the call of what another block defines
            joined = self._reader.read(self._with_missing(source))
            return joined if joined.reads_and_prints else None
        owner = self._entry.removesuffix(self._name).rstrip(".")
        found = python.find_entry(source, self._name)
        if not owner or found is None or python.is_skeleton(found):
            return None
        if not python.takes_self(found):
            return source  # a function does for a method
        # Methods without their class. Indenting them would change strings of several lines.
        members = (f"    {name} = {name}\n" for name in python.function_names(source))
        return self._reader.read(f"{source.text.rstrip()}\n\n\nclass {owner}:\n{''.join(members)}")

    def _continued(self, text: str) -> Source | None:
        """Return the starter code with a text as the body of its last function, if it is one."""
        if not self._entry or not self._starter or not self._reader.fits(text):
            return None
        last = self._starter.split("\n")[-1]
        depth = len(last) - len(last.lstrip()) + (4 if last.endswith(":") else 0)
        for body in (text, textwrap.indent(dedent(text), " " * depth)):
            whole = self._reader.read(f"{self._starter}\n{body}")
            found = python.find_entry(whole, self._entry)
            if found and python.is_body(found):
                return whole
        return None

    def _with_missing(self, source: Source) -> str:
        """Return a program with the definitions that it lacks and the answer or the prompt has."""
        place = next((n for n, other in enumerate(self._others) if other is source), -1)
        before, after = self._others[place + 1 :], self._others[: max(place, 0)][::-1]
        given = [self._reader.read(self._before_entry())] if self._starter else []
        others = [o for o in [*before, *given, *after] if o.defined and o is not source]
        if source.tree is None or not others:
            return source.text
        missing = source.missing
        taken: dict[int, str] = {id(source): source.text}
        for other in others:
            if missing & other.defined.keys() or (missing and "*" in other.defined):
                # Of another attempt only what is missing, else it would run too.
                attempt = self._tries_what_is_asked(other)
                taken[id(other)] = python.defining_part(other, missing) if attempt else other.text
                missing = (missing | other.missing) - other.defined.keys()
        order = [*given, *before[::-1], source, *after]
        joined = self._reader.read(_joined([taken[id(o)] for o in order if id(o) in taken]))
        return joined.text if joined.tree is not None else source.text

    def _before_entry(self) -> str:
        name = re.escape((self._entry or "").split(".")[0])
        match = re.search(rf"^(?:class|def|async def) {name}\b", self._starter, re.M)
        return self._starter[: match.start()].rstrip() if match else ""


def _better(found: _Candidate, best: _Candidate | None) -> bool:
    return best is None or found.rank > best.rank


def _last_line(text: str) -> str:
    return text.rstrip().rsplit("\n", 1)[-1].strip()


def _joined(pieces: list[str]) -> str:
    """Put pieces of a program one after the other, imports from the future first."""
    if len(pieces) == 1:
        return pieces[0]
    future = [line for piece in pieces for line in _FUTURE.findall(piece)]
    pieces = [_FUTURE.sub("", piece).strip("\n") for piece in pieces]
    return "\n\n\n".join(["\n".join(future), *pieces] if future else pieces)
