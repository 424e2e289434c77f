"""Many samples over several sandboxes at once, in order, with bounded memory."""

import collections
import concurrent.futures
import contextlib
import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeVar

from codepref import values
from codepref.errors import UserError
from codepref.records import Execution, Limits, Problem, Sample
from codepref.sandbox.extract import Extracted, extract_from
from codepref.sandbox.isolation import find_isolation
from codepref.sandbox.judge import judge, limits_of, refusal
from codepref.sandbox.programs import (
    FunctionRun,
    Mode,
    Outcome,
    Program,
    Suspect,
    call_request,
)
from codepref.sandbox.settings import ExecutionConfig
from codepref.sandbox.worker import SandboxError, Worker

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
        UserError: no isolation works here and weaker isolation was not asked for.
    """

    def __init__(
        self,
        workers: int | None = None,
        config: ExecutionConfig | None = None,
        reuse: bool = True,
    ) -> None:
        self.config = config or ExecutionConfig()
        self.isolation = find_isolation(self.config.weaker_isolation)
        self.workers = workers or len(os.sched_getaffinity(0))
        self._pool = concurrent.futures.ThreadPoolExecutor(self.workers, "sandbox")
        self._own = threading.local()
        self._all: list[Worker] = []
        self._quiet = _Quiet()
        self._once = _Once(_REMEMBERED if reuse else 0)

    def __enter__(self) -> "Executor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop all sandboxes."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for worker in self._all:
            worker.close()
        self._all.clear()

    # -- samples --

    def run(self, pairs: Iterable[tuple[Problem, Sample]]) -> Iterator[Execution]:
        """Yield the verdicts on samples in their order; reads only a little ahead of them.

        Raises:
            UserError: a problem cannot be judged here (see ``refusal``).
        """
        for _, execution in self._in_order(self._execute, pairs):
            yield execution

    def run_as_completed(
        self, pairs: Iterable[tuple[Problem, Sample]]
    ) -> Iterator[tuple[int, Execution]]:
        """Yield (position, verdict) as verdicts come in."""
        yield from self._map(self._execute, pairs)

    def _execute(self, pair: tuple[Problem, Sample]) -> Execution:
        problem, sample = pair
        if reason := refusal(problem):
            raise UserError(f"problem {problem.id} cannot be judged: {reason}; leave it out")
        program = extract_from(problem, sample.completion, sample.finish_reason)
        found = self._once.do(problem, program.code, lambda: self._judge(problem, sample, program))
        return found.model_copy(
            update={"problem_id": sample.problem_id, "index": sample.index, "model": sample.model}
        )

    def _judge(self, problem: Problem, sample: Sample, program: Extracted) -> Execution:
        limits = limits_of(problem, self.config)
        name, run_all = self.isolation.name, self.config.run_all_tests

        def attempt(mode: Mode) -> Execution:
            worker = self._worker(program.code is not None and "numpy" in program.code)
            return judge(problem, sample, program, worker, limits, name, mode, run_all)

        try:
            return self._attempt(attempt)
        except SandboxError as error:
            return Execution(
                problem_id=sample.problem_id,
                index=sample.index,
                model=sample.model,
                verdict="infra_error",
                tests_passed=0,
                tests_run=0,
                tests_total=len(problem.tests),
                message=str(error)[:300],
                cpu_seconds=0.0,
                wall_seconds=0.0,
                peak_memory_mb=0.0,
                isolation=name,
            )

    # -- programs, for callers who compare by themselves --

    def call_values(
        self,
        code: str,
        entry_point: str,
        inputs: Iterable[Any],
        limits: Limits | None = None,
    ) -> list[Outcome]:
        """Call one program's function on every input; return what came of each.

        Args:
            code: Python source.
            entry_point: ``name`` or ``Solution.name``.
            inputs: per call a list of positional or a dict of keyword arguments.
            limits: CPU seconds per call, memory, output.

        Raises:
            SandboxError: the sandbox failed several times over.
        """
        program = Program(code, entry_point, tuple(inputs), limits or Limits())
        return next(iter(self.values([program])))

    def values(self, programs: Iterable[Program]) -> Iterator[list[Outcome]]:
        """Yield, per program and in order, the outcomes on all its inputs.

        An exception costs only its own input. After the loss of the process (a timeout, memory)
        the remaining inputs are tried in a new one.
        """
        for _, outcomes in self._in_order(self._values_of, programs):
            yield outcomes

    def _values_of(self, program: Program) -> list[Outcome]:
        return self._attempt(
            lambda mode: _all_outcomes(self._worker(program.with_numpy), program, mode)
        )

    # -- machinery --

    def _attempt(self, action: Callable[[Mode], Result]) -> Result:
        """Run ``action(mode)``, more carefully if it is suspect, again if the sandbox fails."""
        mode, failures = Mode.BURST, 0
        while True:
            try:
                with self._quiet.alone() if mode is Mode.ALONE else self._quiet.together():
                    return action(mode)
            except Suspect:
                mode = Mode(mode + 1)
            except SandboxError:
                self._drop_workers()
                failures += 1
                if failures == _ATTEMPTS:
                    raise

    def _worker(self, with_numpy: bool) -> Worker:
        """Return this thread's sandbox; there is a second kind with numpy loaded."""
        mine: dict[bool, Worker] = self._own.__dict__.setdefault("workers", {})
        if with_numpy not in mine:
            mine[with_numpy] = Worker(self.isolation, with_numpy)
            self._all.append(mine[with_numpy])
        return mine[with_numpy]

    def _drop_workers(self) -> None:
        for worker in self._own.__dict__.get("workers", {}).values():
            worker.stop()

    def _map(
        self,
        function: Callable[[Job], Result],
        jobs: Iterable[Job],
        waiting: Collection[int] = (),
    ) -> Iterator[tuple[int, Result]]:
        """Yield (position, result) as results come in, with a bounded number of jobs taken.

        ``waiting`` holds the results that the caller has not been able to use yet.
        """
        source = enumerate(jobs)
        running: dict[concurrent.futures.Future[Result], int] = {}
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

    def _in_order(
        self, function: Callable[[Job], Result], jobs: Iterable[Job]
    ) -> Iterator[tuple[int, Result]]:
        waiting: dict[int, Result] = {}
        following = 0
        for position, result in self._map(function, jobs, waiting):
            waiting[position] = result
            while following in waiting:
                yield following, waiting.pop(following)
                following += 1


class _Once:
    """Executes equal programs for equal problems once, as far as it remembers them.

    Args:
        size: how many it remembers; with 0 every program is executed.
    """

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, threading.Lock()
        # The problem itself is kept, so that its identity is not given to another one.
        self._known: collections.OrderedDict[
            tuple[int, str], tuple[Problem, concurrent.futures.Future[Execution]]
        ] = collections.OrderedDict()

    def do(self, problem: Problem, code: str | None, execute: Callable[[], Execution]) -> Execution:
        """Return what ``execute`` returns, or returned for the same program before."""
        if code is None or not self._size:
            return execute()
        key = id(problem), code
        with self._lock:
            if key in self._known:
                future, first = self._known[key][1], False
            else:
                future, first = concurrent.futures.Future(), True
                self._known[key] = problem, future
                if len(self._known) > self._size:
                    self._known.popitem(last=False)
        if first:
            try:
                future.set_result(execute())
            except BaseException as error:
                future.set_exception(error)
                raise
        found = future.result()
        if found.verdict == "infra_error" and not first:
            return execute()  # not a verdict: nothing to share
        return found


class _Quiet:
    """Lets many run together, or one alone."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._running, self._alone = 0, False

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        with self._condition:
            self._condition.wait_for(lambda: not self._alone)
            self._running += 1
        try:
            yield
        finally:
            with self._condition:
                self._running -= 1
                self._condition.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        with self._condition:
            self._condition.wait_for(lambda: not self._alone)
            self._alone = True
            self._condition.wait_for(lambda: self._running == 0)
        try:
            yield
        finally:
            with self._condition:
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
