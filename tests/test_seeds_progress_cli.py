"""Seeds do not coincide, progress says what is left, command lines fail in one line."""

import argparse
import errno
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, model_validator

from codepref.cli import add_section, run, section_from
from codepref.errors import UserError, is_out_of_memory
from codepref.progress import Progress
from codepref.seeds import derive_seed
from codepref.strict import Section


@given(st.integers(0, 2**31), st.text(), st.integers(0, 99))
def test_seeds_are_stable_and_differ_by_purpose(seed: int, name: str, index: int) -> None:
    value = derive_seed(seed, name, index)
    assert value == derive_seed(seed, name, index)
    assert 0 <= value < 2**31
    assert value != derive_seed(seed, name, index + 1)


def test_a_seed_never_changes_between_releases() -> None:
    assert derive_seed(0, "sample", "demo/add", 3) == 629566426


def test_progress_in_a_log_is_a_few_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    progress = Progress("sampling", total=4, clock=lambda: now[0])
    for _ in range(4):
        now[0] += 30
        progress.advance(note="9 tokens/s")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "sampling: 1/4 in 0:30, 1:30 left, 9 tokens/s"
    assert lines[-1] == "sampling: 4/4 in 2:00, 0:00 left, 9 tokens/s"


def test_what_was_done_before_says_nothing_about_the_time_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = [0.0]
    progress = Progress("crawling", total=9545, every=0, clock=lambda: now[0], rate=True)
    for _ in range(4000):  # pages kept from yesterday, in no time
        now[0] += 0.01
        progress.advance(fresh=False)
    for _ in range(45):
        now[0] += 2
        progress.advance()
    lines = capsys.readouterr().err.splitlines()
    assert lines[3999] == "crawling: 4000/9545 in 0:00, ? left"
    assert lines[-1] == "crawling: 4045/9545 in 1:30, 3:03:20 left, 0.5 a second"


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ("raise UserError('a.jsonl:3: bad')", 2, "error: a.jsonl:3: bad\n"),
        ("raise KeyboardInterrupt", 130, "stopped by Ctrl-C"),
    ],
)
def test_command_lines_fail_without_a_traceback(body: str, code: int, text: str) -> None:
    program = (
        "from codepref.cli import run\nfrom codepref.errors import UserError\n"
        f"def main():\n    {body}\nrun(main)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == code
    assert text in done.stderr
    assert "Traceback" not in done.stderr


class Options(Section):
    """Options of a small tool."""

    longest_line: int = Field(default=9, ge=1)
    share: float = Field(default=0.5, le=1)
    most_bad_lines: int = Field(default=9, ge=1)
    first: int = 0
    last: int = 9

    @model_validator(mode="after")
    def _in_order(self) -> "Options":
        if self.first > self.last:
            raise ValueError("'first' must not be behind 'last'")
        return self


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "--longest-line 0",
            "--longest-line: expected 1 or more, found 0",
        ),
        (
            "--longest-line 0 --share 1.5",
            "--longest-line: expected 1 or more, found 0; --share: expected 1 or less, found 1.5",
        ),
        ("--most-bad-lines 0", "--most-bad-lines: expected 1 or more, found 0"),
        ("--first 3 --last 2", "'first' must not be behind 'last'"),
    ],
)
def test_an_option_out_of_range_is_named_in_one_line(options: str, message: str) -> None:
    parser = argparse.ArgumentParser()
    add_section(parser, Options)
    with pytest.raises(UserError) as caught:
        section_from(parser.parse_args(options.split()), Options)
    assert str(caught.value) == message


# As the libraries word them.
@pytest.mark.parametrize(
    ("error", "short"),
    [
        (MemoryError(), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB."), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:127] can't allocate memory: 8 bytes"), True),
        (ValueError("No available memory for the cache blocks. Try increasing ..."), True),
        (ValueError("larger than the available KV cache memory (0.5 GiB)."), True),
        (ValueError("Free memory on device cuda:0 (3.1/80.0 GiB) on startup is less"), True),
        (ValueError("Available memory on node 0 (20/24 GiB) on kv cache allocation is"), True),
        (ValueError("Failed to load model - not enough GPU memory."), True),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), False),
        (RuntimeError("expected memory format to be channels_last"), False),
    ],
    ids=str,
)
def test_too_little_memory_is_told_from_other_errors(error: Exception, short: bool) -> None:
    assert is_out_of_memory(error) == short


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/t/x"), "error: /t/x: no space left"),
        (
            FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/t']"),
            "error: No usable temporary directory found in ['/t']: they are full or read-only",
        ),
    ],
)
def test_a_full_disk_is_one_message(
    error: OSError, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        run(main, keep_record=False)
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    assert shown.startswith(message) and "TMPDIR" in shown and shown.count("\n") == 1
