"""Several engines in one job: the bytes of one engine, and nothing left behind by a failure."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.records import make_problem

from codepref.errors import UserError
from codepref.resume import WorkFile
from codepref.sampling import jobs
from codepref.sampling.draw import draw_samples
from codepref.sampling.engine_process import EngineProcess
from codepref.sampling.engines import check_gpus
from codepref.sampling.placement import Placement, share_gpus
from codepref.sampling.settings import SamplingConfig

# So cold that some of a problem's samples are equal, and are drawn again.
CONFIG = SamplingConfig(
    engine="transformers",
    samples_per_problem=4,
    max_tokens=4,
    prompts_per_call=1,
    temperature=0.08,
    distinct_attempts=2,
)
PROBLEMS = [
    make_problem(f"demo/{number}", statement=f"Return {number} times x.") for number in range(6)
]
ONE, TWO = Placement(0, ("",)), Placement(0, ("", ""))


class Recorded(EngineProcess):
    """An engine's process that is remembered, with the groups that it was asked for."""

    all: list["Recorded"]

    def __init__(self, *how: Any) -> None:
        super().__init__(*how)
        self.calls = 0
        self.all.append(self)

    def complete(self, *what: Any) -> Any:
        self.calls += 1
        return super().complete(*what)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[Recorded]:
    """The processes that a test starts, on one thread each like this one."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(jobs, "EngineProcess", Recorded)
    monkeypatch.setattr(Recorded, "all", [], raising=False)
    return Recorded.all


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_several_processes_write_the_bytes_of_one_engine_and_so_does_a_job_without_one_of_them(
    tiny_model_folder: Path,
    tmp_path: Path,
    processes: list[Recorded],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def draw(output: str, placement: Placement) -> bytes:
        where = tmp_path / output
        draw_samples(PROBLEMS, tiny_model_folder, "tiny", CONFIG, 0, where, placement)
        return where.read_bytes()

    whole = draw("one.jsonl", ONE)
    assert not processes
    assert draw("two.jsonl", TWO) == whole
    said = capfd.readouterr().err
    assert "2 engines share the work" in said and "samples of tiny: 24/24 in" in said
    assert len(processes) == 2 and all(process.calls for process in processes)
    assert sum(process.calls for process in processes) > len(PROBLEMS)  # some were drawn again
    assert not any(is_alive(process.pid) for process in processes)

    # Of two others one is killed when the first group is done; five are left.
    add = WorkFile.add

    def kill_the_second(self: WorkFile, *group: Any) -> None:
        add(self, *group)
        os.kill(processes[3].pid, signal.SIGKILL)

    with monkeypatch.context() as patch:
        patch.setattr(WorkFile, "add", kill_the_second)
        with pytest.raises(UserError, match=r"on the CPU was killed by signal 9; .*run again"):
            draw("killed.jsonl", TWO)
    assert not any(is_alive(process.pid) for process in processes)
    assert [path.name for path in tmp_path.glob("killed*")] == ["killed.jsonl.partial"]
    assert "Traceback" not in capfd.readouterr().err
    assert draw("killed.jsonl", ONE) == whole
    assert "resuming after" in capfd.readouterr().err


def test_what_an_engine_refuses_is_this_jobs_message(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    process = EngineProcess("", ("transformers", tmp_path / "none", 64, 1, 0, "fp32"))
    with pytest.raises(UserError, match="none: no such model folder"), process:
        process.wait_until_loaded()
    assert capfd.readouterr().err == "" and not is_alive(process.pid)


def test_a_killed_job_leaves_no_engine_behind(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\n"
        "from codepref.sampling.engine_process import EngineProcess\n"
        "engine = EngineProcess('', ('transformers', Path(sys.argv[1]), 64, 1, 0, 'fp32'))\n"
        "print(engine.pid, flush=True)\ntime.sleep(600)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as job:
        assert job.stdout
        engine = int(job.stdout.readline())
        deadline = time.monotonic() + 120
        try:
            # It loads torch. Stopped there, it cannot notice by itself that the job is gone.
            while "libtorch" not in Path(f"/proc/{engine}/maps").read_text():
                assert time.monotonic() < deadline
                time.sleep(0.02)
            os.kill(engine, signal.SIGSTOP)
            assert is_alive(engine)
        finally:
            job.kill()
    while is_alive(engine) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(engine)


@pytest.mark.parametrize(
    ("shown", "count", "each", "visible"),
    [
        (None, 4, 1, ("0", "1", "2", "3")),
        (None, 4, 2, ("0,1", "2,3")),
        (None, 3, 2, ("0,1",)),  # the third idles
        ("2,5", 2, 1, ("2", "5")),  # on_gpus.py, or a scheduler
        ("GPU-8a,GPU-3f", 2, 1, ("GPU-8a", "GPU-3f")),
        ("6,-1,7", 1, 1, ("6",)),  # CUDA sees what is before the first that is none
        (None, 0, 2, ("",)),  # on the CPU: one engine
    ],
)
def test_each_engine_has_gpus_of_its_own(
    shown: str | None,
    count: int,
    each: int,
    visible: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if shown is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", shown)
    assert share_gpus(each) == Placement(each if count else 0, visible)
    with pytest.raises(UserError, match="expected 1 or more, not 0"):
        share_gpus(0)
    if count:
        with pytest.raises(UserError, match=f"takes 9 GPUs .*gpus_per_engine.*sees {count};"):
            share_gpus(9)


def test_a_model_is_split_as_its_engine_can(tiny_model_folder: Path) -> None:
    check_gpus("transformers", tiny_model_folder, 1)
    check_gpus("vllm", tiny_model_folder, 2)
    with pytest.raises(UserError, match=r"4 attention heads .* over 3 GPUs; .* one of 1, 2, 4$"):
        check_gpus("vllm", tiny_model_folder, 3)
    with pytest.raises(
        UserError, match="the transformers engine runs a model on one GPU, not on 2"
    ):
        check_gpus("transformers", tiny_model_folder, 2)
