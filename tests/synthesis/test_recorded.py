"""What SmolLM2-135M-Instruct wrote, recorded with the real engine: eight problems, four controls.

``recorded/`` holds the seeds (templates) and the sample records of three stages: 8 solutions of a
problem, temperature 0.8, at most 128 tokens.
"""

from collections import Counter
from pathlib import Path

import pytest

from codepref.files import read_records
from codepref.problems.settings import ProblemsConfig, SynthesisedSource
from codepref.records import Sample
from codepref.sandbox.settings import ExecutionConfig
from codepref.synthesis.agree import FEW_INPUTS, UNANSWERED, candidates_of
from codepref.synthesis.drafts import NO_EXAMPLE, NO_PARAMETERS
from codepref.synthesis.keep import keep
from codepref.synthesis.records import Seed

RECORDED = Path(__file__).parent / "recorded"
SOURCE = SynthesisedSource(
    kind="synthesised",
    model="smollm",
    seeds_from="templates",
    problems=8,
    solutions=8,
    agree=5,
    min_tests=3,
    controls=4,
)


@pytest.mark.slow
def test_real_texts_of_a_small_model_make_no_problem_and_show_that_agreement_can_be_wrong() -> None:
    seeds = list(read_records(RECORDED / "seeds.jsonl", Seed))
    answers = [
        read_records(RECORDED / f"{stage}.jsonl", Sample)
        for stage in ("statement", "solution", "inputs")
    ]
    execution = ExecutionConfig(cpu_seconds=3)
    candidates = list(candidates_of(seeds, *answers, SOURCE, execution))
    written = [one for one in candidates if not one.control]
    assert Counter(one.reason for one in written) == {
        NO_EXAMPLE: 3,  # that the model invented: the prompt's are not repeated with answers
        NO_PARAMETERS: 3,
        UNANSWERED: 1,  # six of its eight solutions fail on everything
        FEW_INPUTS: 1,
    }
    kept = keep(
        *(candidates, {seed.id: seed for seed in seeds}, [], [], SOURCE),
        *(ProblemsConfig(), execution),
    )
    assert kept.problems == [] and kept.skipped.total() == 8
    # Seven of eight solutions agree, and two of their three answers are wrong.
    assert [one.agreed for one in candidates if one.control] == [1, 1, 2, 7]
    assert kept.controls == {
        **{"controls": 4, "accepted": 1, "tests": 3, "wrong": 2, "unanswered": 0},
        **{"problems": 1, "share": 1.0, "interval": None, "confirmed": 0, "confirmed_wrong": 0},
    }
