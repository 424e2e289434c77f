"""A program by the executor prints and exits as by ``python main.py``, the oracle."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers.ending_programs import DIGITS, INPUT, PROGRAMS

from codepref.records import Limits
from codepref.sandbox.isolation import ENVIRONMENT, find_isolation
from codepref.sandbox.outcomes import Outcome
from codepref.sandbox.programs import Mode, ScriptRun, stderr_tail
from codepref.sandbox.worker import Candidate, Worker

LIMITS = Limits(cpu_seconds=5.0)
ALL = {**PROGRAMS, **DIGITS}


class _Ending(ScriptRun):
    """A run that also keeps the exit status and the output of a failure, which verdicts do not."""

    def _run(self, candidate: Candidate) -> Outcome:
        outcome = super()._run(candidate)
        candidate.kill()
        assert candidate.exit is not None
        self.status, self.errors = candidate.exit.status, stderr_tail(candidate)
        self.printed = os.pread(candidate.stdout, os.fstat(candidate.stdout).st_size, 0)
        return outcome


@pytest.fixture(scope="module")
def here() -> dict[str, tuple[int, bytes, str]]:
    """Exit status, output and errors of every program in a sandbox."""
    worker, found = Worker(find_isolation()), {}
    try:
        for name, code in ALL.items():
            run = _Ending(worker, code, LIMITS, Mode.ALONE)
            outcome = run.run(INPUT)
            assert (outcome.failure is None) == (run.status == 0), name
            found[name] = (run.status, run.printed, run.errors)
    finally:
        worker.stop()
    return found


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, bytes, str]]:
    """Exit status, output and errors of every program by the real interpreter."""
    folder = tmp_path_factory.mktemp("programs")

    def run(name: str) -> tuple[int, bytes, str]:
        place = folder / name
        place.mkdir()
        (place / "main.py").write_text(ALL[name])
        (place / "input.txt").write_bytes(INPUT.encode())
        variables = {**ENVIRONMENT, **({"PYTHONINTMAXSTRDIGITS": "0"} if name in DIGITS else {})}
        with (place / "input.txt").open() as stdin, (place / "output.txt").open("w") as stdout:
            done = subprocess.run(
                [os.path.realpath(sys.executable), "-s", "main.py"],
                cwd=place,
                env=variables,
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.PIPE,
            )
        # Killed by its own SIGINT, which a sandbox refuses: 130 is what Python falls back on.
        status = 130 if done.returncode == -signal.SIGINT else done.returncode
        return status, (place / "output.txt").read_bytes(), done.stderr.decode()

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(ALL, pool.map(run, ALL), strict=True))


@pytest.mark.parametrize("name", ALL)
def test_as_python_ends_it(
    name: str,
    here: dict[str, tuple[int, bytes, str]],
    python: dict[str, tuple[int, bytes, str]],
) -> None:
    assert here[name][:2] == python[name][:2], (here[name][2], python[name][2])
