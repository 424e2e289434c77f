"""What the attempts of a job ask for, by how the ones before it ended."""

from types import SimpleNamespace
from typing import Any

import pytest
import snakemake_executor_plugin_slurm as plugin
from hypothesis import given
from hypothesis import strategies as st

from codepref.compute import JobConfig
from codepref.workflow.job_request import JobRequest
from codepref.workflow.slurm_patch import patch_states

LIMITS = {"max_memory_mb": 512_000, "max_minutes": 2880}
TRAINING = JobRequest(JobConfig(gpus=4, memory_mb=320_000, minutes=720, **LIMITS)).requests


class Scheduler:
    """What Snakemake's scheduler does with a failed job that may be tried again."""

    def error_callback(self, job: Any) -> None:
        job.attempt += 1


def asked_after(*states: str | None) -> list[tuple[int, int]]:
    """What each attempt asks for (MiB, minutes) when those before it ended in these states."""
    patch_states()
    executor = SimpleNamespace(
        workflow=SimpleNamespace(scheduler=Scheduler()), print_job_error=lambda *_, **__: None
    )
    job = SimpleNamespace(attempt=1)
    asked = []
    for state in [*states, "the last"]:
        asked.append(
            (TRAINING["mem_mb"](None, job.attempt), TRAINING["runtime"](None, job.attempt))
        )
        said = state and f"SLURM-job '7' failed, SLURM status is: '{state}'. Reason: None."
        plugin.Executor.report_job_error(executor, SimpleNamespace(job=job), said)
    assert int(job.attempt) == len(asked) + 1
    return asked


@pytest.mark.parametrize("state", ["PREEMPTED", "NODE_FAIL", "BOOT_FAIL", "CANCELLED"])
def test_a_job_that_lost_its_node_comes_back_with_the_same_request(state: str) -> None:
    assert asked_after(state, state) == [(320_000, 720)] * 3


def test_only_what_a_job_ran_out_of_grows() -> None:
    assert asked_after("OUT_OF_MEMORY", "TIMEOUT") == [
        (320_000, 720),
        (512_000, 720),
        (512_000, 1440),
    ]
    assert asked_after("TIMEOUT", "TIMEOUT")[-1] == (320_000, 2160)


def test_without_a_state_both_grow() -> None:
    assert asked_after(None, None) == [(320_000, 720), (512_000, 1440), (512_000, 2160)]
    assert asked_after(None, "PREEMPTED")[-1] == (512_000, 1440)


@given(st.lists(st.sampled_from([None, "FAILED", "TIMEOUT", "OUT_OF_MEMORY", "PREEMPTED"])))
def test_no_attempt_asks_for_more_than_a_node_has(states: list[str | None]) -> None:
    for memory, minutes in asked_after(*states):
        assert 320_000 <= memory <= 512_000 and 720 <= minutes <= 2880


def test_a_limit_below_the_first_request_is_refused() -> None:
    with pytest.raises(ValueError, match="600000 is more than max_memory_mb, 500000"):
        JobConfig(memory_mb=600_000)
