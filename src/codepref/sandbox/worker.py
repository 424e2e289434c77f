"""The parent's end of one sandbox: start it, run one candidate process at a time in it, measure.

Everything decided here rests on what the kernel says (CPU clocks, exit status, file sizes), never
on what the candidate says.
"""

import contextlib
import fcntl
import json
import os
import select
import socket
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codepref.provenance.record import UNSEEN_CPU
from codepref.sandbox import clocks
from codepref.sandbox.isolation import ENVIRONMENT, MAX_FILE_BYTES, Isolation
from codepref.sandbox.meter import Allowance, Meter, SandboxError
from codepref.temporary import TemporaryFolder

_START_SECONDS = 60.0
_CREDENTIALS = struct.Struct("iII")
_ENCODE = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class Ended(Exception):
    """The program's process ended, or closed its channel, without answering."""


class Tampered(Exception):
    """What came over the channel is not what our side of the process writes."""


@dataclass(frozen=True)
class Exit:
    """How a candidate process ended.

    Attributes:
        status: exit code, or minus the signal that ended it.
        cpu_seconds: user and system time of the whole process.
        peak_memory_mb: largest resident size in MiB, what it started with included.
    """

    status: int
    cpu_seconds: float
    peak_memory_mb: float


def frame(message: Any) -> bytes:
    """Return a request as it goes over the channel: its length in four bytes, then JSON."""
    data = _ENCODE(message).encode()
    return len(data).to_bytes(4, "big") + data


def channel_pair() -> tuple[socket.socket, socket.socket]:
    """Return both ends of a channel to a program: ours, and the one it gets.

    What the program may do to its end is seen at ours. A byte sent out of band comes in its place
    in the stream, where it is no answer: left apart, the kernel drops it if an answer follows
    before we look, so that chance would decide between two verdicts.
    """
    ours, theirs = socket.socketpair()
    for option in (socket.SO_PASSCRED, socket.SO_OOBINLINE):
        ours.setsockopt(socket.SOL_SOCKET, option, 1)
    return ours, theirs


def _empty_file() -> int:
    descriptor = os.memfd_create("stdin", os.MFD_ALLOW_SEALING)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW)
    return descriptor


class Candidate:
    """One running candidate process, its channel and what it writes.

    Attributes:
        stdout, stderr: file descriptors of what it wrote so far.
        pid: its number, by the kernel; 0 before its first message.
        used: CPU seconds that the last request took.
        exit: how it ended; None while it runs.
    """

    def __init__(
        self, worker: "Worker", number: int, channel: socket.socket, stdout: int, stderr: int
    ) -> None:
        self._worker, self._number, self._channel = worker, number, channel
        self.stdout, self.stderr = stdout, stderr
        self.used = 0.0
        self.exit: Exit | None = None
        self.pid = 0
        self._buffer, self._unsent = bytearray(), memoryview(b"")
        channel.setblocking(False)
        self._open, self._greeted = True, False
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        self._poll.register(worker.control, select.POLLIN)

    def send(self, frames: bytes) -> None:
        """Send requests (see ``frame``); what does not fit is sent while an answer is awaited."""
        self._unsent = memoryview(bytes(self._unsent) + frames)
        self._send_more()

    def receive(self, allowance: Allowance, max_bytes: int, more: bool = False) -> Any:
        """Return the next answer; no frame of our side is longer than ``max_bytes``.

        Args:
            allowance: what it may cost, counted from this call.
            max_bytes: longer frames are not ours.
            more: whether further requests have been sent, whose answers may follow at once.

        Raises:
            Timeout: the allowance is used up; the process has been killed.
            Ended: the process ended instead of answering.
            Tampered: the bytes are not a frame; the process has been killed.
            Absent: it answered, but too late if we had watched all the time.
            SandboxError: the sandbox died, or the process got almost no processor time.
        """
        meter = Meter(self, allowance)
        while (answer := self._frame(max_bytes)) is None:
            if self.exit is not None or not self._open:
                self.kill()
                if not self._greeted:
                    text = os.pread(self.stderr, 500, 0).decode(errors="replace").strip()
                    raise SandboxError(text or "the program's process did not start")
                if self._buffer:
                    raise Tampered("a truncated message")
                raise Ended
            self._await(meter)
        if self._buffer and not more:
            self.kill()
            raise Tampered("a message nobody asked for")
        # Without more to do the process waits for us: its clock stands still, so this is exact.
        self.used = meter.cpu_used()
        meter.settle(more)
        return answer[0]

    def wait(self, allowance: Allowance) -> Exit:
        """Wait until the process has ended (closing our side of its channel) and return how.

        Raises:
            Timeout, Absent, SandboxError: as ``receive``.
        """
        self._unsent = memoryview(b"")
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_WR)
        meter = Meter(self, allowance)
        while self.exit is None:
            if self._buffer:
                self.kill()  # it talks out of turn; what it says is not needed
                break
            self._await(meter)
        assert self.exit is not None
        self.used = meter.cpu_used()
        meter.settle()
        return self.exit

    def unasked_bytes(self) -> int:
        """Return how many bytes it sent that nobody had asked for (call after its end)."""
        while self._open and len(self._buffer) < 1 << 20:
            self._read()
        return len(self._buffer)

    def cpu_seconds(self) -> float:
        """Return the CPU time the process has used so far, threads included."""
        if self.exit is not None:
            return self.exit.cpu_seconds
        # 0 too if it just ended: the report is on its way.
        return clocks.cpu_seconds(self.pid) if self.pid else 0.0

    def kill(self) -> None:
        """End the process now (idempotent); nothing of it is left when this returns."""
        if self.exit is None:
            with contextlib.suppress(OSError):  # an error shows when the report is read
                self._worker.control.send(b"kill %d" % self._number)
            self.exit = self._worker.report()

    def close(self) -> None:
        """End the process if it still runs and free what belongs to it."""
        try:
            self.kill()
        except SandboxError:
            self._worker.stop()
        finally:
            self._channel.close()
            os.close(self.stdout)
            os.close(self.stderr)

    def _frame(self, max_bytes: int) -> list[Any] | None:
        """Return a list holding the first whole frame received so far, or None."""
        if len(self._buffer) < 4:
            return None
        length = int.from_bytes(self._buffer[:4], "big")
        if length > max_bytes:
            self.kill()
            raise Tampered("a message longer than any answer")
        if len(self._buffer) < 4 + length:
            return None
        data = bytes(self._buffer[4 : 4 + length])
        del self._buffer[: 4 + length]
        try:
            message = [json.loads(data)]
        except (ValueError, RecursionError) as error:
            self.kill()
            raise Tampered("a message that is not JSON") from error
        if not self._greeted:
            self._greeted = True  # "hello", sent before any foreign code runs
            return self._frame(max_bytes)
        return message

    def _await(self, meter: Meter) -> None:
        """Wait a while for room or bytes on the channel, or for the end of the process."""
        over = meter.over()
        # What lies there comes first: it may have come in time, while we were away.
        if not self._wait(0 if over else meter.patience()) and over:
            self.kill()
            raise over
        meter.look()  # now, for to read what came may take a while

    def _wait(self, seconds: float) -> bool:
        """Send and receive what the channel takes and holds, or note the end of the process.

        Returns:
            Whether anything came or ended.
        """
        if self._open:
            events = select.POLLIN | (select.POLLOUT if self._unsent else 0)
            self._poll.register(self._channel, events)
        ready = dict(self._poll.poll(seconds * 1000))
        events = ready.get(self._channel.fileno(), 0)
        if events & select.POLLOUT:
            self._send_more()
        if events & ~select.POLLOUT:
            self._read()
        elif not events and self._worker.control.fileno() in ready:
            self.exit = self._worker.report()
            self.unasked_bytes()
        return any(found & ~select.POLLOUT for found in ready.values())

    def _send_more(self) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[self._channel.send(self._unsent) :]
        except BlockingIOError:
            pass  # the rest when there is room
        except OSError:
            self._unsent = memoryview(b"")  # it is gone; receiving tells how

    def _read(self) -> None:
        try:
            data, credentials, _, _ = self._channel.recvmsg(
                1 << 18, socket.CMSG_SPACE(_CREDENTIALS.size)
            )
        except BlockingIOError:
            self._open = self.exit is None  # an empty channel of a dead process stays empty
            return
        except OSError:
            data, credentials = b"", []
        if not self.pid and credentials:
            self.pid = _CREDENTIALS.unpack(credentials[0][2])[0]  # by the kernel, not by it
        self._buffer += data
        if not data:
            self._open = False
            self._poll.unregister(self._channel)


class Worker:
    """One sandbox with its zygote, for one thread at a time. Starts when first needed."""

    def __init__(self, isolation: Isolation, with_numpy: bool = False) -> None:
        self.isolation, self._with_numpy = isolation, with_numpy
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: TemporaryFolder | None = None  # under weaker isolation
        self.control, self._requests = socket.socket(), socket.socket()
        self._launched = 0

    def launch(self, memory_mb: int, stdin: int | None = None) -> Candidate:
        """Hand work to the process that waits for it.

        Args:
            memory_mb: MiB of address space beyond what the bare interpreter has.
            stdin: a descriptor for its standard input; empty without one.

        Raises:
            SandboxError: the sandbox does not start.
        """
        if self._process is None:
            self.start()
        ours, theirs = channel_pair()
        stdout = os.memfd_create("stdout")
        stderr = os.memfd_create("stderr")
        self._launched += 1
        candidate = Candidate(self, self._launched, ours, stdout, stderr)
        request = b"%d" % (memory_mb << 20)
        # A file of its own for each, not /dev/null: flags and locks are seen by all who share one.
        empty = _empty_file() if stdin is None else -1
        descriptors = [empty if stdin is None else stdin, stdout, stderr, theirs.fileno()]
        try:
            socket.send_fds(self._requests, [request], descriptors)
        except OSError as error:
            candidate.close()
            raise SandboxError(f"the sandbox takes no more programs: {error}") from error
        finally:
            theirs.close()
            if stdin is None:
                os.close(empty)
        return candidate

    def start(self) -> None:
        """Start the sandbox and wait until its zygote is ready.

        Raises:
            SandboxError: it does not come up.
        """
        self.control, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._requests, requests = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._launched = 0
        folder, place, variables = Path(), Path("/"), {}
        if self.isolation.program is None:
            self._folder = TemporaryFolder("codepref-")
            folder, place = self._folder.path, self._folder.path / "work"
            place.mkdir()
            variables = {**ENVIRONMENT, "HOME": str(place), "TMPDIR": str(place)}
        sockets = (control.fileno(), requests.fileno())
        numbers = (*sockets, MAX_FILE_BYTES)
        try:
            self._process = subprocess.Popen(
                self.isolation.command(folder, self._with_numpy, numbers),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=sockets,
                cwd=place,
                env=variables,
            )
        except OSError as error:
            raise SandboxError(f"the sandbox does not start: {error}") from error
        finally:
            control.close()
            requests.close()
        self.control.settimeout(_START_SECONDS)
        try:
            ready = self.control.recv(16)
        except OSError:
            ready = b""
        if ready != b"ready":
            words = self._last_words()
            self.stop()
            raise SandboxError(f"the sandbox does not start: {words or 'no answer'}")

    def report(self) -> Exit:
        """Return the zygote's report on the candidate that ended.

        Raises:
            SandboxError: the sandbox died.
        """
        try:
            data = self.control.recv(256)
        except OSError:
            data = b""
        if not data:
            words = self._last_words()
            self.stop()
            raise SandboxError(f"the sandbox ended unexpectedly{words and ': ' + words}")
        status, cpu_seconds, peak_kb, clean = data.split()
        if clean != b"1":
            self.stop()  # the next candidate gets a new one
        if self.isolation.program is not None:  # else the zygote is our child, and counted
            UNSEEN_CPU.append(float(cpu_seconds))
        return Exit(int(status), float(cpu_seconds), int(peak_kb) / 1024)

    def _last_words(self) -> str:
        """End the sandbox and return the last line that it wrote to stderr."""
        if self._process is None:
            return ""
        self._process.kill()
        _, errors = self._process.communicate()
        lines = errors.decode(errors="replace").strip().splitlines()
        return lines[-1][-500:] if lines else ""

    def stop(self) -> None:
        """End the sandbox and everything in it (idempotent)."""
        self.control.close()
        self._requests.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stderr:
                self._process.stderr.close()
            self._process = None
        if self._folder is not None:
            self._folder.remove()
            self._folder = None
