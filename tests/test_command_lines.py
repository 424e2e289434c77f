"""Every command line explains itself at once: its help loads none of the large libraries."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# One process for all: each help runs in a fork of it.
PROGRAM = """
import contextlib, io, os, runpy, sys
import codepref.cli, codepref.config  # what most of them load

LARGE = {"torch", "transformers", "trl", "datasets", "vllm", "evalplus"}
for script in sys.argv[1:]:
    if os.fork() == 0:
        name, *options = script.split()
        sys.argv = [name, *options, "--help"]
        sys.path.insert(0, os.path.dirname(name))
        output = io.StringIO()
        try:
            with contextlib.redirect_stdout(output):
                runpy.run_path(name, run_name="__main__")
        except SystemExit as end:
            loaded = sorted(LARGE & sys.modules.keys())
            if end.code or loaded or "usage: " not in output.getvalue():
                print(script, "exit code", end.code, "loads", loaded, flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.mark.slow
def test_help_is_quick() -> None:
    scripts = [str(path) for path in sorted((ROOT / "scripts").glob("*.py"))]
    scripts += [f"{ROOT}/scripts/train_policy.py {trainer}" for trainer in ("dpo", "rft", "ppo")]
    command = [sys.executable, "-c", PROGRAM, *scripts]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("", "")
