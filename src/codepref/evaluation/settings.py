"""Settings of the benchmarks: their data and their grading."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from codepref.evaluation.livecodebench.releases import releases, versions_of
from codepref.problems.settings import FromTemplates
from codepref.sampling.settings import PromptStyle
from codepref.strict import SHA256, FieldError, Line, Section


class EvalPlusData(Section):
    """A data set that EvalPlus published: downloaded and checked, or read from a local file."""

    kind: Literal["evalplus"]
    version: str = Field(description="EvalPlus's version of the data, for example 'v0.1.10'")
    md5: str = Field(pattern=r"^[0-9a-f]{32}$", description="of the decompressed data")
    path: str | None = Field(default=None, description="a local copy (.jsonl or .jsonl.gz)")


class BuiltinHumanEval(Section):
    """The demo's HumanEval tasks in EvalPlus's format; plus inputs are mutated base inputs."""

    kind: Literal["builtin_humaneval"]
    tasks: int = Field(ge=1, le=163, description="the first so many; there are 163")
    plus_inputs: int = Field(
        default=20,
        ge=1,
        le=20,
        description="the first so many of each task's, which has 20 at most",
    )


class BuiltinMbpp(Section):
    """MBPP-style tasks for small runs, of our own writing, in EvalPlus's format."""

    kind: Literal["builtin_mbpp"]
    tasks: int = Field(ge=1, le=24, description="the first so many; there are 24")


class TemplateData(FromTemplates):
    """Problems made from templates, in EvalPlus's format: hidden tests are the plus inputs."""

    kind: Literal["templates"]
    tasks: int = Field(ge=1, description="how many, taken from the templates in turn")


class TaskFileData(Section):
    """A data file on this machine, in the format that the judge reads."""

    kind: Literal["file"]
    path: Line = Field(description=".jsonl or .jsonl.gz")
    sha256: str = Field(pattern=SHA256, description="of the decompressed data")


class LiveCodeBenchData(Section):
    """Tasks of LiveCodeBench in the format that it publishes; those of its errata are left out."""

    kind: Literal["livecodebench"]
    release: str = Field(
        description="as LiveCodeBench names its versions: v6 (one file), v4_v6, release_v6 (all up "
        "to it)"
    )
    path: str | None = Field(
        default=None,
        min_length=1,
        description="folder with its files (test.jsonl, test2.jsonl, ...); default: from the hub",
    )
    sha256: list[str] = Field(
        default=[], description="of each of the release's files; default: of those published"
    )

    @field_validator("release")
    @classmethod
    def _is_published(cls, release: str) -> str:
        versions_of(release)
        return release

    @model_validator(mode="after")
    def _has_a_hash_for_each_file(self) -> "LiveCodeBenchData":
        if self.sha256 and len(self.sha256) != len(self.versions):
            files = ", ".join(releases().files[version].name for version in self.versions)
            raise FieldError("sha256", f"expected one for each of {files}")
        if not all(re.fullmatch(SHA256, one) for one in self.sha256):
            raise FieldError("sha256", "expected 64 hexadecimal digits each")
        return self

    @property
    def versions(self) -> list[str]:
        """The versions whose files make the release."""
        return versions_of(self.release)

    @property
    def paths(self) -> list[str]:
        """The release's files on this machine; none: they come from the hub."""
        names = [releases().files[version].name for version in self.versions]
        return [f"{self.path}/{name}" for name in names] if self.path else []

    @property
    def hashes(self) -> list[str]:
        """The SHA-256 that each file must have."""
        return self.sha256 or [releases().files[version].sha256 for version in self.versions]

    @property
    def tasks(self) -> int | None:
        """How many tasks the release has with those of the errata; None: its files are others."""
        if self.sha256:
            return None
        return sum(releases().files[version].tasks for version in self.versions)


class BenchmarkConfig(Section):
    """One benchmark; the tables show its base and its plus score."""

    label: Line = Field(description="its name in tables")
    dataset: str = Field(
        description="'humaneval' or 'mbpp' (graded by EvalPlus), 'livecodebench' (by our "
        "executor), or one that you added"
    )
    data: Annotated[
        EvalPlusData
        | BuiltinHumanEval
        | BuiltinMbpp
        | TemplateData
        | LiveCodeBenchData
        | TaskFileData,
        Field(discriminator="kind"),
    ]
    greedy: bool | None = Field(default=None, description="instead of evaluation.greedy")
    samples_per_task: int | None = Field(
        default=None, ge=0, description="instead of evaluation.samples_per_task"
    )
    prompt_style: PromptStyle | None = Field(
        default=None, description="instead of generation.prompt_style"
    )


class EvaluationConfig(Section):
    """How each benchmark task is answered: greedily (the paper's score) and by samples."""

    greedy: bool = Field(
        default=True, description="one greedy answer per task: Tables 1 and 2 are made of them"
    )
    samples_per_task: int = Field(
        default=32,
        ge=0,
        description="sampled answers per task, for mean pass rates and pass@k; 0: none. 32, so "
        "that what can be found is found (make plan); the paper has none",
    )
    temperature: float = Field(default=0.8, gt=0, description="of the samples")
    top_p: float = Field(default=0.95, gt=0, le=1, description="of the samples")
    rerank: list[Literal["agreement", "implicit_reward"]] = Field(
        default=[],
        description="also choose one of a task's samples, by what most do on the inputs that the "
        "prompt shows (agreement), by eq. 4 (implicit_reward: costs a pass over the samples)",
    )


class GradingConfig(Section):
    """How solutions of benchmark tasks are graded by EvalPlus."""

    min_time_limit: float = Field(
        default=4.0,
        gt=0,
        description="seconds per input; EvalPlus 0.3.1's 1.0 errs on a busy machine",
    )
    ground_truth_time_factor: float = Field(
        default=4.0,
        gt=0,
        description="an input may take this many times as long as with the reference solution",
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
        default=[],
        description="task ids whose reference solution may fail; any other failure stops the run",
    )
    max_judge_disagreements: int = Field(
        default=5,
        ge=0,
        description="tasks per benchmark on which EvalPlus and the second judge may differ, "
        "besides those of class tamper or type, which have failed",
    )
