"""The records of sampled answers to benchmark tasks, and of what the judges say of them."""

from typing import Literal

from pydantic import Field

from codepref.gradings import GradingFacts, Solution
from codepref.records import Strict

FailureClass = Literal[
    "wrong_answer",
    "runtime_error",
    "compile_error",
    "timeout",
    "memory_limit",
    "output_limit",
    "no_code",
    "other",
]
"""Why an answer failed; ``other``: the judge does not say, or the task cannot be graded here."""


class SampledSolution(Solution):
    """One of several sampled solutions of one benchmark task."""

    index: int = Field(ge=0)
    seed: int


class SampledVerdict(Strict):
    """What both judges say of one sample: passed is what both passed."""

    task_id: str
    index: int = Field(ge=0)
    base: bool
    plus: bool = Field(description="base and extra tests passed, as in the plus column")
    failure: FailureClass | None = Field(
        default=None, description="of the first part that failed; None: both passed"
    )
    reason: str | None = Field(default=None, description="why that part failed, on which input")
    overruled: bool = Field(
        default=False, description="EvalPlus's process passed the part; the second judge did not"
    )
    same_as: int = Field(
        ge=0, description="the task's first sample with this program, whose run the verdict is of"
    )


class SampledVerdicts(GradingFacts):
    """What the judges say about one file of sampled solutions."""

    samples_per_task: int
    programs: int = Field(description="how many were run: equal programs of a task run once")
    samples: list[SampledVerdict] = Field(description="task by task, by index")


class VisibleRun(Strict):
    """What one sample did on its task's visible inputs."""

    task_id: str
    index: int = Field(ge=0)
    inputs: int = Field(ge=0, description="how many calls the prompt shows")
    group: int | None = Field(
        description="samples of a task with the same number gave the same outputs; None: it failed "
        "on an input, or there is none"
    )


class RerankedTask(Strict):
    """How one task's samples fare: shares of what would be chosen that pass all tests."""

    task_id: str
    passed: float = Field(description="of all samples: one chosen at random")
    agreement: float | None = Field(default=None, description="None: not asked for")
    implicit_reward: float | None = Field(default=None, description="None: it has none")


class Reranked(Strict):
    """Best of n samples of one policy on one benchmark; passed is base and extra tests."""

    model: str
    method: str
    seed: int
    benchmark: str
    samples_per_task: int
    shown: int | None = Field(
        default=None, description="tasks whose prompt shows a call; None: nothing was run"
    )
    tasks: list[RerankedTask]
