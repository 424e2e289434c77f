"""Nothing that a program does reaches the next one in the same sandbox, or the machine."""

import dataclasses
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.corpus_programs import PROBLEMS, CorpusProgram

from codepref.records import Execution
from codepref.sandbox import Executor, isolation
from codepref.sandbox.settings import ExecutionConfig

pytestmark = pytest.mark.slow  # sandboxes

# Each runs before an innocent program. What it may not do, or the machine does not know, it skips.
DISTURBERS = {
    "locks /tmp": "os.chmod('/tmp', 0o555)",
    "hides /tmp": "os.chmod('/tmp', 0)",
    "makes /tmp older": "os.utime('/tmp', (0, 0))",
    "names attributes of /tmp": "os.setxattr('/tmp', 'user.note', b'x' * 1000)",
    "gives /tmp an access list": (
        "import struct; entry = lambda tag, mode: struct.pack('<HHI', tag, mode, 65534)\n"
        "os.setxattr('/tmp', 'system.posix_acl_default', struct.pack('<I', 2) + entry(1, 7)"
        " + entry(2, 7) + entry(4, 0) + entry(16, 7) + entry(32, 0))"
    ),
    "leaves a file": "open('/tmp/note', 'w').write('x')",
    "leaves a hidden name": "open('/tmp/' + chr(0xDCFF) + '\\n', 'w').write('x')",
    "nests folders": (
        "for _ in range(2000):\n    os.mkdir('d'); os.chdir('d')\nopen('note', 'w').close()"
    ),
    "links a file to itself": (
        "open('/tmp/a', 'w').close(); os.link('/tmp/a', '/tmp/b'); os.symlink('/', '/tmp/c')"
    ),
    "removes what it wrote": "open('/tmp/a', 'w').close(); os.unlink('/tmp/a')",
    "fills /tmp": "open('/tmp/a', 'wb').write(bytes(60 << 20))",
    "fills /tmp with names": (
        "for number in range(20000):\n    os.close(os.open(f'/tmp/{number}', os.O_CREAT))"
    ),
    "keeps a file without a name": (
        "f = os.open('/tmp', os.O_TMPFILE | os.O_RDWR)\nos.write(f, bytes(50 << 20))\n"
        "import socket; socket.send_fds(socket.socket(fileno=os.dup(3)), [b'x'], [f])"
    ),
    "leaves a queue and a socket": (
        "os.mkfifo('/tmp/f'); import socket; a, b = socket.socketpair(); a.bind('/tmp/s')"
    ),
    "takes an abstract address": (
        "import socket; keep = socket.socketpair(); keep[0].bind('\\0name')"
    ),
    "writes to shared memory": "open('/dev/shm/note', 'wb').write(bytes(60 << 20))",
    "locks shared memory": "os.chmod('/dev/shm', 0)",
    "leaves a semaphore": (
        "import multiprocessing.synchronize as s\n"
        "import _multiprocessing as m; m.SemLock(1, 0, 1, '/left', False)"
    ),
    "makes standard input non-blocking": (
        "import fcntl; fcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND | os.O_ASYNC)"
    ),
    "locks standard input": (
        "import fcntl; fcntl.flock(0, fcntl.LOCK_EX); fcntl.flock(3, fcntl.LOCK_EX)"
    ),
    "owns standard input": (
        "import fcntl; fcntl.fcntl(0, fcntl.F_SETOWN, 1); fcntl.fcntl(0, fcntl.F_SETSIG, 9)"
    ),
    "asks for leases and notices": (
        "import fcntl; f = os.open('/tmp', 0); fcntl.fcntl(f, fcntl.F_NOTIFY, 1 << 31 | 63)"
    ),
    "changes devices": (
        "for n in ('null', 'zero', 'full', 'random', 'urandom', 'tty', 'pts'):\n"
        "    for change in (lambda p: os.chmod(p, 0), os.utime,\n"
        "                   lambda p: os.setxattr(p, 'user.x', b'x')):\n"
        "        try: change('/dev/' + n)\n"
        "        except OSError: pass"
    ),
    "sets timers": (
        "import signal; signal.setitimer(signal.ITIMER_REAL, 0.02); signal.alarm(1)\n"
        "signal.signal(signal.SIGALRM, signal.SIG_IGN)"
    ),
    "lowers its priority": "os.nice(19)",
    "lowers its limits": (
        "import resource\n"
        "for kind in range(16):\n"
        "    try: resource.setrlimit(kind, (1, 1))\n"
        "    except (OSError, ValueError): pass"
    ),
    "blocks signals": (
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64)); os.umask(0o777)"
    ),
    "leaves its group and a message queue": (
        "os.setsid()\nimport ctypes; c = ctypes.CDLL(None)\n"
        "c.mq_open(b'/left', 66, 384, None); c.syscall(248, b'user', b'k', b'v', 1, -4)"
    ),
}

# What a program can see of the place where it runs, without changing it.
LOOK = """
import fcntl, os, resource, signal, stat
def add(a, b):
    seen = {}
    for folder in ("/tmp", "/dev/shm"):
        about, space = os.stat(folder), os.statvfs(folder)
        seen[folder] = [sorted(os.listdir(folder)), oct(about.st_mode), about.st_nlink,
            about.st_size, about.st_mtime > 1e9, os.listxattr(folder), space.f_bfree, space.f_ffree]
        with open(folder + "/own", "w") as file:
            file.write("x")
        seen[folder] += [oct(os.stat(folder + "/own").st_mode), os.listxattr(folder + "/own")]
    for number in range(4):
        seen[number] = [
            fcntl.fcntl(number, getattr(fcntl, "F_GET" + what)) for what in ("FL", "OWN", "SIG")]
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(number, fcntl.LOCK_UN)
    seen["stdin"] = [os.lseek(0, 0, os.SEEK_CUR), os.read(0, 1)]
    seen["devices"] = [oct(os.stat("/dev/" + name).st_mode)
        for name in ("null", "zero", "full", "random", "urandom", "tty", "pts", "ptmx")]
    seen["files"] = sorted(os.listdir("/proc/self/fd"))
    seen["alarm"] = [signal.alarm(0), signal.getitimer(0), signal.pthread_sigmask(0, ())]
    seen["process"] = [
        os.getpriority(0, 0), os.umask(0o22), os.getcwd(), os.getpgid(0), os.getsid(0)]
    seen["limits"] = [resource.getrlimit(kind) for kind in range(16)]
    seen["processes"] = len([name for name in os.listdir("/proc") if name.isdigit()])
    seen["sockets"] = open("/proc/net/unix").read().count("@")
    del seen["limits"][9]  # of the address space, which is by what the zygote had
    raise LookupError(seen)
"""


def innocent(completion: str = LOOK, index: int = 0) -> CorpusProgram:
    return CorpusProgram("t", str(index), PROBLEMS["add"], frozenset(), False, "", completion)


def disturber(action: str) -> CorpusProgram:
    body = "".join(f"        {line}\n" for line in action.splitlines())
    return innocent(
        f"import os\ndef add(a, b):\n    try:\n{body}    except OSError:\n        pass\n"
        "    return a + b\n"
    )


def execute(executor: Executor, program: CorpusProgram) -> Execution:
    (execution,) = executor.run([(program.problem, program.sample())])
    return execution


def what_it_saw(execution: Execution) -> tuple[str, str]:
    trace = str(execution.stderr_tail)
    return execution.verdict, trace[trace.index("LookupError") :] if "LookupError" in trace else (
        trace + str(execution.message)
    )


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[Executor]:
    with Executor(1, reuse=False) as own:
        yield own


@pytest.fixture(scope="module")
def undisturbed() -> tuple[str, str]:
    with Executor(1, reuse=False) as own:
        seen = what_it_saw(execute(own, innocent()))
        assert "LookupError" in seen[1], seen
        return seen


@pytest.mark.parametrize("name", DISTURBERS)
def test_an_innocent_sees_nothing_of_the_program_before(
    name: str, one_sandbox: Executor, undisturbed: tuple[str, str]
) -> None:
    execute(one_sandbox, innocent("def add(a, b): return a + b"))
    sandbox = one_sandbox._all[0]._process
    disturbing = execute(one_sandbox, disturber(DISTURBERS[name]))
    assert disturbing.verdict != "infra_error"
    assert what_it_saw(execute(one_sandbox, innocent())) == undisturbed
    assert one_sandbox._all[0]._process is sandbox, "folders are renewed, not sandboxes"


def test_untouched_folders_are_not_renewed(one_sandbox: Executor) -> None:
    """Renewal costs milliseconds; looking around is not a change."""
    identity = (
        "import os\ndef f():\n    os.listdir('/tmp')\n    return os.stat('/tmp').st_ctime_ns\n"
    )
    seen = [one_sandbox.call_values(identity, "f", [[]])[0].value for _ in range(3)]
    assert len(set(seen)) == 1
    one_sandbox.call_values("def f():\n    open('/tmp/x', 'w').close()\n", "f", [[]])
    assert one_sandbox.call_values(identity, "f", [[]])[0].value != seen[0]


def test_a_change_right_after_the_renewal_is_noticed(one_sandbox: Executor) -> None:
    """The times of files are as coarse as clock ticks: none may fall into the renewal's own."""
    change = (
        "import os\ndef f():\n    found = os.stat('/tmp').st_mode & 0o777\n"
        "    os.chmod('/tmp', 0o{})\n    return found\n"
    )
    for mode in ("500", "700") * 10:
        (outcome,) = one_sandbox.call_values(change.format(mode), "f", [[]])
        assert outcome.value == 0o777


def test_programs_cannot_change_the_machines_devices(one_sandbox: Executor) -> None:
    """Root's own programs could, for device files are the machine's."""
    devices = [Path("/dev") / name for name in ("null", "zero", "full", "random", "urandom", "tty")]
    before = [path.stat().st_ctime_ns for path in devices]
    execute(one_sandbox, disturber(DISTURBERS["changes devices"]))
    assert [path.stat().st_ctime_ns for path in devices] == before


def test_without_the_right_to_mount_a_touched_sandbox_is_replaced() -> None:
    """As where AppArmor gives bubblewrap's children no capabilities: a new sandbox is asked for."""
    isolated = dataclasses.replace(isolation.find_isolation(), mounting=False)
    program = (
        "import sys; sys.path.append('/harness'); import mounts\n"
        "folders = mounts.FileSystems(mounts.WRITABLE, False)\n"
        "assert folders.renew()\n"
        "open('/tmp/note', 'w').close()\n"
        "assert not folders.renew()\n"
    )
    command = isolated.executor_command([*isolation._python(), "-c", program])
    done = subprocess.run(command, capture_output=True, text=True, env={})
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="devices are root's")
def test_without_the_right_to_mount_root_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root's programs could change the machine's devices there."""
    isolated = dataclasses.replace(isolation.find_isolation(), mounting=False)
    with Executor(1) as own:
        monkeypatch.setattr(own, "isolation", isolated)
        execution = execute(own, innocent())
    assert execution.verdict == "infra_error"
    assert "could change the machine's /dev/" in str(execution.message)


def test_weaker_isolation_gives_each_program_a_fresh_working_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(isolation, "_candidates", list)
    isolation.find_isolation.cache_clear()
    look = (
        "import os, tempfile\n"
        "def f():\n"
        "    return os.listdir('.'), os.access('.', 2), tempfile.gettempdir() == os.getcwd()\n"
    )
    try:
        with Executor(1, ExecutionConfig(weaker_isolation=True)) as weak:
            assert weak.call_values(look, "f", [[]])[0].value == ([], True, True)
            sandbox = weak._all[0]._process
            for action in ("os.makedirs('a/b'); os.chmod('.', 0o500)", "os.rmdir(os.getcwd())"):
                weak.call_values(f"import os\ndef f():\n    {action}\n", "f", [[]])
                assert weak.call_values(look, "f", [[]])[0].value == ([], True, True)
            assert weak._all[0]._process is sandbox
    finally:
        isolation.find_isolation.cache_clear()
