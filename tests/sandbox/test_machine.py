"""A machine, container or shell that leaves no room for sandboxes: one message, cause and mend."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.corpus_programs import PROBLEMS, CorpusProgram
from helpers.places import ROOT

from codepref.sandbox import isolation
from codepref.sandbox.machine import cause_of_refusal, check_limits

SCRIPT = ROOT / "scripts" / "run_executions.py"
INSIDE = ROOT / "src/codepref/sandbox/inside"


@pytest.fixture
def run_executions(tmp_path: Path) -> list[str]:
    """The command line that executes one right sample."""
    problem = PROBLEMS["add"]
    code = "def add(a, b):\n    return a + b\n"
    sample = CorpusProgram("t", "t", problem, frozenset(), False, "", code).sample()
    files = {"problems": problem, "samples": sample}
    command = [sys.executable, str(SCRIPT), "--output", str(tmp_path / "executions.jsonl")]
    for name, record in files.items():
        path = tmp_path / f"{name}.jsonl"
        path.write_text(record.model_dump_json(exclude_none=True) + "\n")
        command += [f"--{name}", str(path)]
    return command


def refused(command: list[str]) -> str:
    """Run a command that must end with one message; return it."""
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize(
    "limit", ["-v 1000000", "-d 500000", "-n 40", "-f 1000", "-s 4000", "-t 60"]
)
def test_a_low_limit_of_the_shell_is_named_and_no_sample_is_blamed(
    limit: str, run_executions: list[str]
) -> None:
    message = refused(["bash", "-c", f'ulimit {limit} && exec "$@"', "bash", *run_executions])
    assert f"'ulimit -{limit.split()[0][-1]}' of this shell or job is {limit.split()[1]}" in message


def test_a_soft_limit_on_open_files_is_raised() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
        check_limits(4, 1024, 64 << 20)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (224, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs util-linux")
@pytest.mark.slow
def test_without_user_namespaces_the_message_names_the_setting(run_executions: list[str]) -> None:
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    inside = ["unshare", "--user", "--map-root-user", "bash", "-c", forbid, "bash"]
    message = refused([*inside, *run_executions])
    assert "sysctl -w user.max_user_namespaces=" in message
    assert "--weaker-isolation" in message


@pytest.mark.slow
@pytest.mark.parametrize("refused_call", ["'unshare': (272, 97)", "'mount': (165, 40)"])
def test_a_containers_filter_is_named(refused_call: str, run_executions: list[str]) -> None:
    """As docker's: without the right to administer, namespaces or mounts are refused."""
    program = (
        f"import sys, os; sys.path.append({str(INSIDE)!r}); import confine\n"
        "confine._prctl(38, 1)\n"
        f"confine._Filter({{{refused_call}}}, candidate=False).install()\n"
        "os.execv(sys.argv[1], sys.argv[1:])\n"
    )
    message = refused([sys.executable, "-c", program, *run_executions])
    assert "container's seccomp profile" in message
    assert "--security-opt seccomp=unconfined" in message


@pytest.mark.parametrize(
    ("setting", "value", "mend"),
    [
        ("user/max_user_namespaces", 0, "user.max_user_namespaces=28633"),
        ("kernel/unprivileged_userns_clone", 0, "kernel.unprivileged_userns_clone=1"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            1,
            "profile codepref-bwrap /opt/bwrap flags=(unconfined)",
        ),
    ],
)
def test_the_kernels_settings_are_read(setting: str, value: int, mend: str, tmp_path: Path) -> None:
    """Settings that no test may change on the machine it runs on."""
    path = tmp_path / "sys" / setting
    path.parent.mkdir(parents=True)
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/user").touch()
    path.write_text(f"{value}\n")
    assert mend in cause_of_refusal("/opt/bwrap", "Permission denied", tmp_path, root=False)
    path.write_text(f"{1 - value}\n")
    assert cause_of_refusal("/opt/bwrap", "Permission denied", tmp_path, root=False) == ""


def test_a_program_that_may_have_more_memory_than_the_shell_is_no_verdict() -> None:
    limited = f"ulimit -v {2 << 20} && exec {sys.executable} -c '{MORE_MEMORY}'"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, env=environment)
    assert "SandboxError: " in done.stderr.splitlines()[-1]
    assert "ulimit -v" in done.stderr.splitlines()[-1]


MORE_MEMORY = """
from codepref.records import Limits
from codepref.sandbox import Executor
with Executor(1) as executor:
    executor.call_values("def f(): pass", "f", [[]], Limits(memory_mb=4096))
"""


def test_no_bubblewrap_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_candidates", list)
    isolation.find_isolation.cache_clear()
    try:
        with pytest.raises(Exception, match=r"not installed.*apt-get install bubblewrap"):
            isolation.find_isolation()
    finally:
        isolation.find_isolation.cache_clear()
