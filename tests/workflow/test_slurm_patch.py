"""The installed executor's own question, with commands that answer like accounting does."""

import asyncio
import logging

import snakemake_executor_plugin_slurm as executor

from codepref.workflow.slurm_patch import patch_states

LOGGER = logging.getLogger(__name__)


def states(command: str) -> object:
    return asyncio.run(executor.query_job_status(command, LOGGER))[0]


def test_a_job_cancelled_by_hand_is_known_as_cancelled() -> None:
    patch_states()
    patch_states()
    answer = r"printf '5|CANCELLED by 1000\n6|COMPLETED\n7|OUT_OF_MEMORY\n'"
    assert states(answer) == {"5": "CANCELLED", "6": "COMPLETED", "7": "OUT_OF_MEMORY"}


def test_a_preempted_job_has_a_state_that_the_plugin_takes_for_a_failure() -> None:
    patch_states()
    assert states(r"printf '5|PREEMPTED\n'") == {"5": "CANCELLED"}


def test_no_answer_says_nothing_of_any_job() -> None:
    patch_states()
    assert states("false") == {}
