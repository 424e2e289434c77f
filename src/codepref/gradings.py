"""Records of benchmark answers: the solutions, and what the judges say of them."""

from typing import Literal, Self

from pydantic import Field, model_validator

from codepref.records import FinishReason, Strict, VerdictClass


class Solution(Strict):
    """One greedy solution of one benchmark task: EvalPlus's format, and where it is from."""

    task_id: str
    solution: str = Field(description="the whole program: EvalPlus's 'solution' key")
    response: str = Field(description="what the model wrote, before extraction")
    finish_reason: FinishReason
    tokens: int = Field(ge=0)
    prompt_sha256: str
    prompt_style: str = Field(description="'chat' or 'evalplus' (EvalPlus's own wording)")
    engine: str = Field(description="engine and version, for example 'transformers 5.23.0'")
    model_revision: str
    template_sha256: str | None = Field(
        default=None, description="of the model's chat template, 12 hex digits; None: not recorded"
    )
    template_date: str | None = Field(
        default=None,
        description="the date that the chat template was rendered at; None: it has none",
    )


class PartVerdict(Strict):
    """The verdict on one solution and one set of inputs (base or plus)."""

    status: Literal["pass", "fail", "timeout"]
    reason: str | None = Field(default=None, description="why not, and on which input; None: pass")
    failure: VerdictClass | None = Field(
        default=None, description="the class of the failure; None: pass, or the judge has none"
    )
    failing_input: int | None = Field(default=None, ge=0, description="index into the inputs")
    seconds: float = Field(ge=0, description="wall time of the run that counted")
    graded_again: bool = Field(
        default=False, description="failed by time beside others, so it was graded again alone"
    )
    overruled: bool = Field(
        default=False,
        description="EvalPlus's process passed it; status and reason are the second judge's",
    )


class TaskVerdict(Strict):
    """The verdict on one benchmark task: plus counts as solved only if base is, too."""

    task_id: str
    base: PartVerdict
    plus: PartVerdict

    @property
    def base_solved(self) -> bool:
        """Whether the task counts in the base column (HumanEval, MBPP)."""
        return self.base.status == "pass"

    @property
    def plus_solved(self) -> bool:
        """Whether the task counts in the plus column (EvalPlus: base and extra tests pass)."""
        return self.base.status == self.plus.status == "pass"


class GradingLimits(Strict):
    """The limits under which EvalPlus ran the solutions."""

    min_time_limit: float
    ground_truth_time_factor: float
    memory_mb: int


class Disagreement(Strict):
    """One part of one task on which EvalPlus and the second judge differ."""

    task_id: str
    part: Literal["base", "plus"]
    evalplus: str = Field(description="its status, and its reason")
    second: str = Field(description="the second judge's verdict class, and its message")
    reason: Literal["time", "memory", "tamper", "oracle", "type", "other"]
    failure: VerdictClass | None = Field(
        default=None, description="the class by the second judge; None: it passed"
    )


FAILED_FOR_CERTAIN = ("tamper", "type")
"""Classes of disagreement that are the program's doing: no number of them is a fault of a judge."""


class JudgeComparison(Strict):
    """What came of grading one samples file by both judges."""

    dataset: str
    data_sha256: str
    samples_sha256: str
    tasks: int
    base_solved: list[int] = Field(description="by EvalPlus, by the second judge")
    plus_solved: list[int] = Field(description="by EvalPlus, by the second judge")
    isolation: str
    seconds: float
    disagreements: list[Disagreement]

    @property
    def open_to_doubt(self) -> set[str]:
        """The tasks on which the judges differ, and which may be a judge's fault."""
        return {
            found.task_id for found in self.disagreements if found.reason not in FAILED_FOR_CERTAIN
        }


class GradingFacts(Strict):
    """How a file of answers was graded."""

    model: str = Field(default="", description="the policy's model; of a run's own gradings")
    method: str = ""
    seed: int = 0
    benchmark: str = Field(default="", description="its name in the configuration")
    dataset: str
    data_md5: str = Field(description="of the decompressed data file: EvalPlus's own dataset hash")
    data_sha256: str
    samples_sha256: str
    evalplus: str = Field(description="version")
    python: str
    isolation: str
    limits: GradingLimits
    known_oracle_failures: list[str] = Field(
        description="tasks whose ground truth fails here and that the configuration names"
    )
    repaired: list[str] = Field(description="tasks graded with EvalPlus's find_zero bug repaired")
    workers: int
    seconds: float = Field(ge=0, description="wall time of the grading")


class BenchmarkVerdicts(GradingFacts):
    """What the judges say about one samples file: a header and one verdict per task."""

    total: int
    base_solved: int
    plus_solved: int
    tasks: list[TaskVerdict]
    judges: JudgeComparison | None = Field(
        default=None, description="EvalPlus beside the second judge; None: there was no second"
    )

    @model_validator(mode="after")
    def _counts_are_of_the_tasks(self) -> Self:
        counts = {
            "total": len(self.tasks),
            "base_solved": sum(task.base_solved for task in self.tasks),
            "plus_solved": sum(task.plus_solved for task in self.tasks),
        }
        for name, count in counts.items():
            if getattr(self, name) != count:
                raise ValueError(f"{name} is {getattr(self, name)}, but {count} of the tasks")
        return self
