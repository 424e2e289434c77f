"""An engine in a process of its own, on GPUs of its own.

A job with several engines (data parallel) gives whole groups of prompts to whichever is free. What
an engine does with a group depends on no other, so that the answers are those of one engine alone.
vLLM shares work in this way for its server only: ``LLM`` refuses ``data_parallel_size``.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from codepref.devices import Precision
from codepref.errors import UserError
from codepref.sampling.engine import Completion, Decoding, Engine, EngineName, OnStep, Prompt
from codepref.sampling.engines import load_engine

Work = TypeVar("Work")
LoadArguments = tuple[EngineName, Path, int, int, int, Precision]
"""those of ``load_engine``"""

_MODULE = "codepref.sampling.engine_process"
_PR_SET_PDEATHSIG = 1
_SECONDS_TO_END = 60


class EngineProcess:
    """An engine that is loaded and runs in a process of its own; a context manager.

    Loading starts at once. The process ends with this one, however this one ends.

    Args:
        visible: ``CUDA_VISIBLE_DEVICES`` of the process.
        load: the arguments of ``load_engine``.
    """

    def __init__(self, visible: str, load: LoadArguments) -> None:
        self._visible = visible
        self._connection, theirs = Pipe()
        self._process = subprocess.Popen(
            # -P: the working folder is no place to import from.
            [*(sys.executable, "-P", "-m", _MODULE), str(theirs.fileno()), str(os.getpid())],
            env={**os.environ, "CUDA_VISIBLE_DEVICES": visible},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        with contextlib.suppress(OSError):  # it has ended already: _receive says so
            self._connection.send(load)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def wait_until_loaded(self) -> None:
        """Return when the engine is loaded; comes before the first call.

        Raises:
            UserError: it cannot be loaded, or its process was killed.
        """
        self._receive()

    def complete(
        self,
        prompts: Sequence[Prompt],
        decoding: Decoding,
        on_step: OnStep = lambda tokens, finished: None,
    ) -> list[list[Completion]]:
        """See ``Engine.complete``.

        Raises:
            UserError: the engine's own, or its process was killed.
        """
        with contextlib.suppress(OSError):  # it has ended: _receive says so
            self._connection.send((list(prompts), decoding))
        while isinstance(answer := self._receive(), tuple):
            on_step(*answer)
        return answer

    def _receive(self) -> Any:
        """Return what the process sends next: a step, or the completions; raise an error of it."""
        try:
            answer = self._connection.recv()
        except (EOFError, OSError):
            raise self._ended() from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _ended(self) -> UserError:
        place = f"on GPU {self._visible}" if self._visible else "on the CPU"
        code = self._process.wait()
        how = f"killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return UserError(
            f"the process of the engine {place} was {how}; signal 9 mostly means that the job's "
            "memory is short (compute.generate.memory_mb); run again: finished groups of prompts "
            "are kept"
        )

    def kill(self) -> None:
        """End the process now, whatever it does; a call that waits for it fails."""
        self._process.kill()

    def __enter__(self) -> "EngineProcess":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """End the process: in peace (no more work is coming), or after a failure at once."""
        if kind is not None:
            self.kill()
        self._connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_SECONDS_TO_END)
        self.kill()
        self._process.wait()


def share_out(
    engines: Sequence[Engine], work: Sequence[Work], do: Callable[[Engine, Work], None]
) -> None:
    """Do each piece of work with the next engine that is free; several at a time, in any order.

    With one engine all is done in this thread, else each engine has one. The first failure ends the
    other engines and is raised.
    """
    if len(engines) == 1:
        for piece in work:
            do(engines[0], piece)
        return
    waiting = iter(work)  # next() of an iterator over a sequence is atomic

    def do_until_none_waits(engine: Engine) -> None:
        for piece in waiting:
            do(engine, piece)

    with ThreadPoolExecutor(len(engines)) as threads:
        running = [threads.submit(do_until_none_waits, engine) for engine in engines]
        try:
            for one in as_completed(running):
                one.result()
        except BaseException:
            for engine in engines:
                if isinstance(engine, EngineProcess):
                    engine.kill()
            raise


def main() -> None:
    """Load an engine and complete what comes, until no more comes."""
    file, parent = map(int, sys.argv[1:])
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this
    connection = Connection(file)
    try:
        engine = load_engine(*connection.recv())
        connection.send(None)
        while True:
            try:
                prompts, decoding = connection.recv()
            except EOFError:
                return
            connection.send(engine.complete(prompts, decoding, lambda *step: connection.send(step)))
    except UserError as error:
        connection.send(error)
    except Exception:
        connection.send(RuntimeError(f"an engine failed:\n{traceback.format_exc()}"))


if __name__ == "__main__":
    main()
