"""Running one program in a worker, input by input: what it returned or printed, how it failed."""

import contextlib
import enum
import fcntl
import itertools
import os
import secrets
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from codepref.records import Limits, VerdictClass
from codepref.sandbox.memory_kills import memory_kills
from codepref.sandbox.meter import Allowance, SandboxError, Timeout
from codepref.sandbox.outcomes import TAIL_BYTES, Outcome, read_answer, tampering
from codepref.sandbox.worker import Candidate, Ended, Tampered, Worker, frame

# Wall time only backs CPU time: at least five times as much of it, all spent waiting.
IDLE_FACTOR, IDLE_SECONDS = 5.0, 1.0
_BURST_BYTES = 64 << 10
_OWN_MB = 64  # more than a sandbox's interpreter has in memory before a program starts
_TOO_MUCH_MEMORY = "used more memory than its limit"
_MEMORY_SIGNALS = (-signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGBUS)


class Mode(enum.IntEnum):
    """How carefully to run; each is tried where the one before did not settle the verdict.

    CPU time decides a timeout, and contention for the processor stretches it, but not twofold.
    """

    BURST = 0  # all inputs at once: exact as long as all of them together stay within the limit
    STEPS = 1  # one input at a time: exact per input; over the limit by less than twice is suspect
    ALONE = 2  # one input at a time with no other program beside it: the limit is the limit


class Inconclusive(Exception):
    """The run does not settle the verdict: repeat it in the next mode."""


@dataclass(frozen=True)
class Program:
    """A function or method to call, and what to call it with.

    Attributes:
        code: Python source.
        entry_point: ``name`` of a function, or ``Solution.name`` of a method.
        inputs: one entry per call, decoded: a list of positional or a dict of keyword arguments.
        limits: CPU seconds per call, memory, output, recursion.
        parameters, parameter_types, return_type, in_place: as in ``Problem``.
        give_up_after: lost processes (timeouts, memory) after which ``Executor.values`` tries no
            more inputs; they share the last failure.
        rough_timing: a call may take up to twice its CPU time; nothing is run again to settle it.
            For callers to whom a timeout is no verdict.
    """

    code: str
    entry_point: str
    inputs: tuple[Any, ...] = ()
    limits: Limits = field(default_factory=Limits)
    parameters: list[str] | None = None
    parameter_types: list[str] | None = None
    return_type: str | None = None
    in_place: int | None = None
    give_up_after: int | None = None
    rough_timing: bool = False


class _Run:
    """What running functions and running scripts have in common."""

    def __init__(
        self, worker: Worker, limits: Limits, mode: Mode, rough_timing: bool = False
    ) -> None:
        self._worker, self._limits, self._mode = worker, limits, mode
        self._rough_timing = rough_timing
        self.cpu_seconds = self.peak_memory_mb = 0.0
        self._kills_before = memory_kills() if mode is Mode.ALONE else 0
        slack = 1.0 if mode is Mode.ALONE else 2.0
        self._allowance = Allowance(
            limits.cpu_seconds * slack, limits.cpu_seconds * IDLE_FACTOR + IDLE_SECONDS
        )
        self._answer_bytes = limits.output_kb * 1024
        self._longest_frame = self._answer_bytes + 10_000
        # What is smaller than "[12,34]," on average holds hardly anything but containers.
        self._most_containers = max(100_000, self._answer_bytes // 8)

    def _note_use(self, candidate: Candidate) -> None:
        """Add up what an ended process used."""
        if candidate.exit is not None:
            self.cpu_seconds += candidate.exit.cpu_seconds
            self.peak_memory_mb = max(self.peak_memory_mb, candidate.exit.peak_memory_mb)

    def _inconclusive_if_slow(self, candidate: Candidate, burst: bool = False) -> None:
        """Raise ``Inconclusive`` if the last request took longer than its limit.

        It ended before the allowance did, so contention for the processor may explain it. In a
        burst what one request took is not known exactly, so all of them together count.
        """
        used = candidate.cpu_seconds() if burst else candidate.used
        if used > self._limits.cpu_seconds and not self._rough_timing:
            raise Inconclusive("it took longer than its CPU time limit, but not twice as long")

    def _end(self, candidate: Candidate) -> Outcome:
        """Return the failure of a process that ended without having to.

        Raises:
            Inconclusive: it was killed by something other than us, maybe for want of memory.
            SandboxError: it was, and the memory that ran out is this job's, not the program's.
        """
        assert candidate.exit is not None
        status, tail = candidate.exit.status, stderr_tail(candidate)
        if self._printed_too_much(candidate, status):
            return Outcome(failure="output_limit", message="printed too much", trace=tail)
        if status == -signal.SIGKILL:
            if self._mode is not Mode.ALONE:
                raise Inconclusive("killed from outside")
            if memory_kills() > self._kills_before:
                raise SandboxError("this job's memory ran out, so the kernel killed the program")
        if self._used_too_much(candidate):
            return Outcome(failure="memory_limit", message=_TOO_MUCH_MEMORY, trace=tail)
        used_up = candidate.exit.peak_memory_mb > 0.8 * self._limits.memory_mb
        if status in _MEMORY_SIGNALS and used_up:
            return Outcome(failure="memory_limit", message=_describe_exit(status), trace=tail)
        return Outcome(failure="runtime_error", message=_describe_exit(status), trace=tail)

    def _used_too_much(self, candidate: Candidate) -> bool:
        """Tell whether an ended process used the room for thread stacks as memory."""
        assert candidate.exit is not None
        return candidate.exit.peak_memory_mb > self._limits.memory_mb + _OWN_MB

    def _printed_too_much(self, candidate: Candidate, status: int) -> bool:
        too_much = os.fstat(candidate.stdout).st_size > self._limits.output_kb * 1024
        return too_much or status == -signal.SIGXFSZ


def _describe_exit(status: int) -> str:
    if status >= 0:
        return f"the process ended with exit status {status} before it answered"
    with contextlib.suppress(ValueError):
        return f"the process was ended by {signal.Signals(-status).name}"
    return f"the process was ended by signal {-status}"


def stderr_tail(candidate: Candidate) -> str:
    """Return the end of what a process printed to stderr."""
    size = os.fstat(candidate.stderr).st_size
    data = os.pread(candidate.stderr, TAIL_BYTES, max(0, size - TAIL_BYTES))
    return data.decode("utf-8", "replace")


class FunctionRun(_Run):
    """One process in which a program's function is called on one input after another.

    Use as a context manager: take what you need of ``outcomes``, then ``finish``.
    """

    def __init__(self, worker: Worker, program: Program, mode: Mode) -> None:
        super().__init__(worker, program.limits, mode, program.rough_timing)
        self._program = program
        self._candidate: Candidate | None = None
        self._burst = False
        self.failed_to_load = False

    def __enter__(self) -> "FunctionRun":
        return self

    def __exit__(self, *_: object) -> None:
        if self._candidate is not None:
            self._candidate.close()
            self._note_use(self._candidate)

    def outcomes(self, requests: list[dict[str, Any]]) -> Iterator[Outcome]:
        """Run the program's top level, then yield the outcome of each request.

        A request is made by ``call_request`` or ``check_request``. If the top level fails, that
        is the only outcome; after the loss of the process (anything but an exception) none follow.
        """
        candidate = self._candidate = self._worker.launch(self._program.limits.memory_mb)
        requests = [self._job(), *requests]
        nonces = [secrets.token_hex(8) for _ in requests]
        unsent: Iterator[bytes] = (
            frame({**request, "nonce": nonce})
            for request, nonce in zip(requests, nonces, strict=True)
        )
        if self._mode is Mode.BURST:
            unsent = self._send_together(unsent)
        for position, (request, nonce) in enumerate(zip(requests, nonces, strict=True)):
            if not self._burst:
                candidate.send(next(unsent))
            outcome = self._answer(nonce, position + 1 < len(nonces))
            token = request.get("token")
            if token and outcome.failure is None and outcome.value != token:
                message = "no completion token"
                outcome = Outcome(failure="wrong_answer", message=message, tampered=True)
            if position or outcome.failure is not None:
                yield outcome
            if not position and outcome.failure is not None:
                self.failed_to_load = True
                return
            if outcome.failure is not None and candidate.exit is not None:
                return

    def _send_together(self, frames: Iterator[bytes]) -> Iterator[bytes]:
        """Send all frames if they fit into the socket's buffer; else return them unsent."""
        assert self._candidate is not None
        first: list[bytes] = []
        size = 0
        for one in frames:
            first.append(one)
            size += len(one)
            if size >= _BURST_BYTES:
                return itertools.chain(first, frames)
        self._burst = True
        self._candidate.send(b"".join(first))
        return iter(())

    def finish(self) -> Outcome:
        """Let the process end; return a failure if it broke a rule after its last answer."""
        candidate = self._candidate
        assert candidate is not None
        try:
            ending = candidate.wait(self._allowance)
        except Timeout as error:
            return Outcome(failure="timeout", message=str(error))
        self._inconclusive_if_slow(candidate, self._burst)
        if candidate.unasked_bytes():
            return tampering("a message nobody asked for")
        if self._printed_too_much(candidate, ending.status):
            return Outcome(failure="output_limit", message="printed too much")
        if self._used_too_much(candidate):
            return Outcome(failure="memory_limit", message=_TOO_MUCH_MEMORY)
        return Outcome()

    def _job(self) -> dict[str, Any]:
        names = ("code", "entry_point", "parameters", "parameter_types", "return_type", "in_place")
        described = {name: getattr(self._program, name) for name in names}
        own = {"answer_bytes": self._answer_bytes, "recursion": self._limits.recursion}
        return {"interface": "call", **described, **own}

    def _answer(self, nonce: str, more: bool) -> Outcome:
        candidate = self._candidate
        assert candidate is not None
        try:
            answer = candidate.receive(self._allowance, self._longest_frame, more and self._burst)
        except Timeout as error:
            return Outcome(failure="timeout", message=str(error), trace=stderr_tail(candidate))
        except Ended:
            self._inconclusive_if_slow(candidate, self._burst)
            return self._end(candidate)
        except Tampered as error:
            return tampering(str(error))
        self._inconclusive_if_slow(candidate, self._burst)
        outcome = read_answer(answer, nonce, candidate.used, self._most_containers)
        if outcome.tampered or outcome.failure in ("memory_limit", "output_limit"):
            candidate.kill()
        return outcome


def call_request(encoded_input: Any) -> dict[str, Any]:
    """Return the request to call the function on one input (tagged JSON)."""
    return {"input": encoded_input}


def check_request(source: str) -> dict[str, Any]:
    """Return the request to run an assert-style test inside the process: the weaker kind.

    That it ran to its end is shown by a token made for this request alone.
    """
    return {"check": source, "token": secrets.token_hex(16)}


class ScriptRun(_Run):
    """A program run once per input, each time as a process with real standard streams.

    Args:
        exit_status_counts: as in ``Problem``.
    """

    def __init__(
        self,
        worker: Worker,
        code: str,
        limits: Limits,
        mode: Mode,
        exit_status_counts: bool = True,
    ) -> None:
        super().__init__(worker, limits, mode)
        self._job = {
            "interface": "stdio",
            "code": code,
            "recursion": limits.recursion,
            "exit_status_counts": exit_status_counts,
        }

    def run(self, text: str) -> Outcome:
        """Run the program on ``text``; the outcome's value is what it printed."""
        with _input_file(text) as stdin:
            candidate = self._worker.launch(self._limits.memory_mb, stdin)
        try:
            return self._run(candidate)
        finally:
            candidate.close()
            self._note_use(candidate)

    def _run(self, candidate: Candidate) -> Outcome:
        nonce = secrets.token_hex(8)
        candidate.send(frame({**self._job, "nonce": nonce}))
        try:
            compiled = read_answer(candidate.receive(self._allowance, 100_000), nonce, 0.0)
            if compiled.failure is not None:
                return compiled
            ending = candidate.wait(self._allowance)
        except Timeout as error:
            if self._printed_too_much(candidate, 0):
                return Outcome(failure="output_limit", message="printed too much")
            return Outcome(failure="timeout", message=str(error))
        except Ended:
            return self._end(candidate)
        except Tampered as error:
            return tampering(str(error))
        self._inconclusive_if_slow(candidate)
        if candidate.unasked_bytes():
            return tampering("a message nobody asked for")
        if ending.status != 0 or self._printed_too_much(candidate, ending.status):
            return self._failed(candidate)
        if self._used_too_much(candidate):
            return Outcome(failure="memory_limit", message=_TOO_MUCH_MEMORY)
        size = os.fstat(candidate.stdout).st_size
        text = os.pread(candidate.stdout, size, 0).decode("utf-8", "replace")
        return Outcome(value=text, cpu_seconds=candidate.used)

    def _failed(self, candidate: Candidate) -> Outcome:
        outcome = self._end(candidate)
        lines = [line for line in outcome.trace.splitlines() if line.strip()]
        if outcome.failure != "runtime_error" or not lines or candidate.exit.status < 0:  # type: ignore[union-attr]
            return outcome
        last = lines[-1][:300]
        memory = last.split(":")[0].rsplit(".", 1)[-1] in ("MemoryError", "_ArrayMemoryError")
        failure: VerdictClass = "memory_limit" if memory else "runtime_error"
        return Outcome(failure=failure, message=last, trace=outcome.trace)


@contextlib.contextmanager
def _input_file(text: str) -> Iterator[int]:
    """Give a descriptor of a file in memory that holds ``text`` and keeps its size.

    Writes stay allowed: only this run reads the file, and the seal against them fails ("device or
    resource busy") while the kernel still holds one of its pages.
    """
    descriptor = os.memfd_create("stdin", os.MFD_ALLOW_SEALING)
    try:
        data = memoryview(text.encode("utf-8", "surrogatepass"))
        while data:
            data = data[os.write(descriptor, data) :]
        os.lseek(descriptor, 0, os.SEEK_SET)
        size_seals = fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, size_seals)
        yield descriptor
    finally:
        os.close(descriptor)
