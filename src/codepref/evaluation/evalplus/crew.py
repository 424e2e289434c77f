"""Several sandboxes at work on a list of items: started, fed, replaced when they are used up."""

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from codepref.errors import UserError
from codepref.evaluation.evalplus.channel import LONGEST_ANSWER, Broken, receive, send


@dataclass(frozen=True)
class Item:
    """What a sandbox is to do.

    Attributes:
        message: what it is told (JSON).
        open: opens the file that it gets; the descriptor is closed here afterwards.
    """

    message: dict[str, Any]
    open: Callable[[], int]


@dataclass(frozen=True)
class Answer:
    """What a sandbox said about an item, and when it was at work on it (monotonic clock).

    Attributes:
        found: its message; None: it ended without one.
    """

    found: dict[str, Any] | None
    began: float
    ended: float


_PATIENCE = 5.0  # seconds
Sandbox = tuple[subprocess.Popen[bytes], socket.socket]


class Crew:
    """Runs items in sandboxes, several at once.

    Args:
        command: starts a sandbox whose program answers on its standard input (``channel.serve``).
        size: how many sandboxes.
    """

    def __init__(self, command: list[str], size: int) -> None:
        self._command, self._size = command, size
        # Of its own, since a sandbox ends with the thread that started it.
        self._pool = ThreadPoolExecutor(size, "grading")
        self._errors = os.memfd_create("errors")
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._idle: list[Sandbox] = []
        self._stopped = False

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        self._end_idle()  # before the threads, with which they would be killed
        self._stop()
        self._pool.shutdown()
        self._end_idle()  # what a thread was at work with
        os.close(self._errors)

    def run(self, items: list[Item], read: Callable[[Item, Answer], None]) -> None:
        """Give each item to a sandbox that is free, in order; ``read`` what each of them says.

        A sandbox that ends, or says that it is used up, is replaced. ``read`` is called by one
        thread at a time.

        Raises:
            UserError: a sandbox does not start.
        """
        waiting = iter(items)
        try:
            tasks = range(min(self._size, len(items)))
            for done in [self._pool.submit(self._work, waiting, read) for _ in tasks]:
                done.result()
        except BaseException:
            self._stop()  # stopped by the user, or by an error: do not wait for the rest
            raise

    def _work(self, waiting: Iterable[Item], read: Callable[[Item, Answer], None]) -> None:
        sandbox = self._idle.pop() if self._idle else None
        try:
            while (item := self._next(waiting)) is not None:
                if sandbox is None:
                    sandbox = self._start()
                answer = _ask(sandbox[1], item)
                if answer.found is None or answer.found.get("used_up"):
                    self._end(*sandbox)
                    sandbox = None
                with self._lock:
                    if not self._stopped:
                        read(item, answer)
        except BaseException:
            self._stop()
            raise
        finally:
            if sandbox is not None:
                self._idle.append(sandbox)

    def _next(self, waiting: Iterable[Item]) -> Item | None:
        with self._lock:
            return None if self._stopped else next(iter(waiting), None)

    def _start(self) -> Sandbox:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = subprocess.Popen(
                    self._command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                )
            except OSError as error:
                ours.close()
                raise UserError(f"the grading process does not start: {error}") from error
        with self._lock:
            self._running.add(process)
            if self._stopped:
                process.kill()
        try:
            ready, _ = receive(ours, LONGEST_ANSWER)
        except Broken:
            ready = None
        if ready is None:
            self._end(process, ours)
            if not self._stopped:
                raise UserError(f"the grading process does not start: {self._last_words()}")
        return process, ours

    def _end(self, process: subprocess.Popen[bytes], connection: socket.socket) -> None:
        connection.close()  # it ends by itself then, and so the time that it used is counted
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with self._lock:
            self._running.discard(process)

    def _end_idle(self) -> None:
        while self._idle:
            self._end(*self._idle.pop())

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.kill()

    def _last_words(self, lines: int = 5) -> str:
        size = os.fstat(self._errors).st_size
        text = os.pread(self._errors, 5000, max(0, size - 5000)).decode(errors="replace")
        return " | ".join(text.strip().splitlines()[-lines:]) or "no message"


def _ask(connection: socket.socket, item: Item) -> Answer:
    began, found = time.monotonic(), None
    descriptor = item.open()
    try:
        with contextlib.suppress(Broken):
            send(connection, item.message, descriptor)
            found, _ = receive(connection, LONGEST_ANSWER)
    finally:
        os.close(descriptor)
    return Answer(found, began, time.monotonic())
