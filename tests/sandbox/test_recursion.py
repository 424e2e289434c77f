"""How deep programs may recurse is the sandbox's decision, not the user's shell's."""

import json
import subprocess
import sys

import pytest
from helpers.places import TESTS
from helpers.recursion_programs import PROGRAMS

EXPECTED = {name: outcome for name, (_, _, _, outcome) in PROGRAMS.items()}


def _run(limit: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"ulimit {limit}; exec {sys.executable} -m helpers.recursion_programs"],
        cwd=TESTS,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("limit", ["-S -s 8192", "-S -s unlimited"])
def test_the_shells_stack_limit_decides_nothing(limit: str) -> None:
    done = _run(limit)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == EXPECTED


@pytest.mark.long
@pytest.mark.parametrize("limit", ["-S -s 65536", "-S -s 1048576", "-s 1048576", "-S -t 3600"])
def test_other_limits_decide_nothing(limit: str) -> None:
    assert json.loads(_run(limit).stdout) == EXPECTED


def test_a_hard_limit_below_the_stack_is_refused_in_words() -> None:
    done = _run("-s 65536")
    assert "UserError: the limit 'ulimit -s' of this shell or job is 65536" in done.stderr
