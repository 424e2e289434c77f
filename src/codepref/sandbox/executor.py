"""Many samples over several sandboxes at once, in order, with bounded memory."""

import concurrent.futures
import contextlib
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, Self, TypeVar

from codepref import values
from codepref.errors import UserError
from codepref.records import Execution, Limits, Problem, Sample
from codepref.sandbox.checkers import Checker, Fault, fault_of
from codepref.sandbox.extract import Extracted, extract_program
from codepref.sandbox.isolation import MAX_FILE_BYTES, find_isolation
from codepref.sandbox.judge import Findings, judge, limits_of, refusal
from codepref.sandbox.machine import check_limits
from codepref.sandbox.meter import Absent, SandboxError
from codepref.sandbox.outcomes import Outcome
from codepref.sandbox.programs import FunctionRun, Inconclusive, Mode, Program, call_request
from codepref.sandbox.settings import ExecutionConfig
from codepref.sandbox.summary import Spent
from codepref.sandbox.worker import Worker

_ATTEMPTS = 3
_QUEUED_PER_WORKER, _WAITING_PER_WORKER = 8, 64
_REMEMBERED = 256  # programs; equal samples of a problem follow each other closely

Job = TypeVar("Job")
Result = TypeVar("Result")


class Executor:
    """Runs programs in sandboxes, several at once. Use as a context manager.

    Args:
        workers: sandboxes (and threads) at work; the number of usable processors by default.
        config: limits that override the problems' own, and whether weaker isolation will do.
        reuse: whether samples of a problem that hold the same program share one execution (a
            policy often writes the same program twice; the sandbox is seeded, so it would do
            the same again).

    Raises:
        UserError: no isolation works here and weaker isolation was not asked for, or this
            process's own resource limits are too low.
    """

    def __init__(
        self, workers: int | None = None, config: ExecutionConfig | None = None, reuse: bool = True
    ) -> None:
        self.config = config or ExecutionConfig()
        self.workers = workers or len(os.sched_getaffinity(0))
        memory_mb = self.config.memory_mb or Limits().memory_mb
        check_limits(self.workers, memory_mb, MAX_FILE_BYTES)
        self.isolation = find_isolation(self.config.weaker_isolation)
        self._pool = concurrent.futures.ThreadPoolExecutor(self.workers, "sandbox")
        self._own = threading.local()
        self._all: list[Worker] = []
        self._lock = _SharedLock()
        self.spent = Spent()
        self._results = _ResultCache(_REMEMBERED if reuse else 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop all sandboxes."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for worker in self._all:
            worker.stop()
        self._all.clear()

    # -- samples --

    def run(self, pairs: Iterable[tuple[Problem, Sample]]) -> Iterator[Execution]:
        """Yield the verdicts on samples in their order; reads only a little ahead of them.

        Raises:
            UserError: a problem cannot be judged here (see ``refusal``).
        """
        return self._in_order(self._execute, pairs)

    def run_as_completed(
        self, pairs: Iterable[tuple[Problem, Sample]]
    ) -> Iterator[tuple[int, Execution]]:
        """Yield (position, verdict) as verdicts come in."""
        return self._map(self._execute, pairs)

    def run_programs(self, pairs: Iterable[tuple[Problem, str]]) -> Iterator[Execution]:
        """Yield, per problem and program and in order, what comes of its tests.

        The program is run as it is: nothing is extracted from an answer.
        """
        return self._in_order(self._execute_program, pairs)

    def _execute_program(self, pair: tuple[Problem, str]) -> Execution:
        problem, code = pair
        sample = Sample(
            problem_id=problem.id,
            index=0,
            model="program",
            prompt_sha256="",
            completion=code,
            finish_reason="stop",
            tokens=0,
            seed=0,
            engine="none",
            model_revision="",
        )
        return self._judge(problem, sample, Extracted(code))

    def _execute(self, pair: tuple[Problem, Sample]) -> Execution:
        problem, sample = pair
        if reason := refusal(problem):
            raise UserError(f"problem {problem.id} cannot be judged: {reason}; leave it out")
        program = extract_program(problem, sample.completion, sample.finish_reason)
        found = self._results.get(
            problem, program.code, lambda: self._judge(problem, sample, program)
        )
        return found.model_copy(
            update={"problem_id": sample.problem_id, "index": sample.index, "model": sample.model}
        )

    def _judge(self, problem: Problem, sample: Sample, program: Extracted) -> Execution:
        limits, run_all = limits_of(problem, self.config), self.config.run_all_tests

        def attempt(mode: Mode) -> Execution:
            worker = self._worker(program.code or "")
            checker = self._checker(problem, mode)
            return judge(problem, sample, program, worker, limits, mode, run_all, checker)

        began = time.monotonic()
        try:
            found = self._attempt(attempt)
        except SandboxError as error:
            failed = Findings(verdict="infra_error", outcome=Outcome(message=str(error)))
            found = failed.execution(problem, sample, None, self.isolation.name)
        self.spent.add(found, time.monotonic() - began)
        return found

    def checker_faults(self, problems: Iterable[Problem]) -> Iterator[Fault | None]:
        """Yield, per problem and in order, what is wrong with its checker (None: nothing).

        Raises:
            SandboxError: the sandbox failed several times over.
        """
        return self._in_order(self._fault_of, problems)

    def _fault_of(self, problem: Problem) -> Fault | None:
        def attempt(mode: Mode) -> Fault | None:
            checker = self._checker(problem, mode)
            return None if checker is None else fault_of(problem, checker)

        return self._attempt(attempt)

    # -- programs, for callers who compare by themselves --

    def call_values(
        self, code: str, entry_point: str, inputs: Iterable[Any], limits: Limits | None = None
    ) -> list[Outcome]:
        """Call one program's function on every input; return what came of each (see ``Program``).

        Raises:
            SandboxError: the sandbox failed several times over.
        """
        program = Program(code, entry_point, tuple(inputs), limits or Limits())
        return next(self.values([program]))

    def values(self, programs: Iterable[Program]) -> Iterator[list[Outcome]]:
        """Yield, per program and in order, the outcomes on all its inputs.

        An exception costs only its own input. After the loss of the process (a timeout, memory)
        the remaining inputs are tried in a new one.
        """
        return self._in_order(self._values_of, programs)

    def _values_of(self, program: Program) -> list[Outcome]:
        return self._attempt(lambda mode: _all_outcomes(self._worker(program.code), program, mode))

    # -- machinery --

    def _attempt(self, action: Callable[[Mode], Result]) -> Result:
        """Run ``action(mode)``: more carefully if inconclusive, again if the sandbox fails."""
        mode, failures, absences = Mode.BURST, 0, 0
        while True:
            try:
                with self._lock.hold(alone=mode is Mode.ALONE):
                    return action(mode)
            except Inconclusive:
                mode = Mode(mode + 1)
            except Absent as error:
                mode = Mode.ALONE
                absences += 1
                if absences == _ATTEMPTS:
                    raise SandboxError("this process was stopped or starved each time") from error
            except SandboxError:
                self._drop_workers()
                failures += 1
                if failures == _ATTEMPTS:
                    raise

    def _worker(self, code: str, for_checkers: bool = False) -> Worker:
        """Return this thread's sandbox for a program: with numpy loaded, or without.

        Checkers have sandboxes of their own, which programs under test never enter.
        """
        mine: dict[tuple[bool, bool], Worker] = self._own.__dict__.setdefault("workers", {})
        kind = (with_numpy := "numpy" in code), for_checkers
        if kind not in mine:
            mine[kind] = Worker(self.isolation, with_numpy)
            self._all.append(mine[kind])
        return mine[kind]

    def _checker(self, problem: Problem, mode: Mode) -> Checker | None:
        """Return a problem's checker in this thread's sandbox for checkers."""
        if problem.checker is None:
            return None
        return Checker(problem, self._worker(problem.checker, for_checkers=True), mode)

    def _drop_workers(self) -> None:
        for worker in self._own.__dict__.get("workers", {}).values():
            worker.stop()

    def _map(
        self, function: Callable[[Job], Result], jobs: Iterable[Job], waiting: Collection[int] = ()
    ) -> Iterator[tuple[int, Result]]:
        """Yield (position, result) as results come in, with a bounded number of jobs taken.

        ``waiting`` holds the results that the caller has not been able to use yet.
        """
        source = enumerate(jobs)
        running: dict[Future[Result], int] = {}
        ahead = self.workers * _WAITING_PER_WORKER
        try:
            while True:
                while (
                    len(running) < self.workers * _QUEUED_PER_WORKER
                    and len(running) + len(waiting) < ahead
                ):
                    if (job := next(source, None)) is None:
                        break
                    running[self._pool.submit(function, job[1])] = job[0]
                if not running:
                    return
                done, _ = concurrent.futures.wait(
                    running, return_when=concurrent.futures.FIRST_COMPLETED
                )
                for future in done:
                    yield running.pop(future), future.result()
        finally:
            for future in running:
                future.cancel()

    def _in_order(self, function: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        waiting: dict[int, Result] = {}
        following = 0
        for position, result in self._map(function, jobs, waiting):
            waiting[position] = result
            while following in waiting:
                yield waiting.pop(following)
                following += 1


class _ResultCache:
    """Executes equal programs for equal problems once, as far as it remembers them.

    Args:
        size: how many it remembers; with 0 every program is executed.
    """

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, threading.Lock()
        # The problem itself is kept, so that its identity is not given to another one.
        self._known: dict[tuple[int, str], tuple[Problem, Future[Execution]]] = {}

    def get(
        self, problem: Problem, code: str | None, execute: Callable[[], Execution]
    ) -> Execution:
        """Return what ``execute`` returns, or returned for the same program before."""
        if code is None or not self._size:
            return execute()
        own: Future[Execution] = Future()
        with self._lock:
            _, shared = self._known.setdefault((id(problem), code), (problem, own))
            if len(self._known) > self._size:
                del self._known[next(iter(self._known))]
        if shared is own:
            try:
                own.set_result(execute())
            except BaseException as error:
                own.set_exception(error)
        found = shared.result()
        if found.verdict == "infra_error" and shared is not own:
            return execute()  # not a verdict: nothing to share
        return found


class _SharedLock:
    """A lock that many hold together, or one alone."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._holders, self._alone = 0, False

    @contextlib.contextmanager
    def hold(self, alone: bool) -> Iterator[None]:
        with self._condition:
            self._condition.wait_for(lambda: not self._alone)
            self._alone = alone  # from here on nobody else gets in
            self._condition.wait_for(lambda: not (alone and self._holders))
            self._holders += 1
        try:
            yield
        finally:
            with self._condition:
                self._holders -= 1
                if alone:
                    self._alone = False
                self._condition.notify_all()


def _all_outcomes(worker: Worker, program: Program, mode: Mode) -> list[Outcome]:
    outcomes: list[Outcome] = []
    lost = 0
    requests = [
        call_request(
            {name: values.encode(item) for name, item in given.items()}
            if isinstance(given, dict)
            else [values.encode(item) for item in given]
        )
        for given in program.inputs
    ]
    while len(outcomes) < len(requests):
        with FunctionRun(worker, program, mode) as run:
            before = len(outcomes)
            outcomes += run.outcomes(requests[before:])
            if len(outcomes) == len(requests):
                ending = run.finish()
                if ending.failure is not None:
                    outcomes[-1] = ending
            elif len(outcomes) == before + 1 and run.failed_to_load:
                return outcomes[:before] + [outcomes[-1]] * (len(requests) - before)
            else:
                lost += 1
                if lost == program.give_up_after:
                    return outcomes + [outcomes[-1]] * (len(requests) - len(outcomes))
    return outcomes
