"""Settings of the problems: their sources, merging and decontamination."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from codepref.strict import Name, Section


class _Source(Section):
    """What every source of problems can be told."""

    limit: int | None = Field(
        default=None, ge=1, description="take at most this many, the first in the source's order"
    )
    max_tests: int | None = Field(
        default=None, ge=1, description="keep at most this many tests of each problem"
    )


class BuiltinSource(_Source):
    """The demo's own easy problems."""

    kind: Literal["builtin"]


class JsonlSource(_Source):
    """Problem records of your own."""

    kind: Literal["jsonl"]
    path: str = Field(description="the file (JSONL, one problem record a line)")


class SiteSource(_Source):
    """Problems collected from a site."""

    kind: Literal["leetcode", "codeforces"]
    address: str | None = Field(default=None, description="of a mirror of the site")
    requests_per_second: float = Field(
        default=0.5, gt=0, le=5, description="the sites ask for at most this"
    )
    contact: str = Field(
        default="unset", description="your mail or web address, told to the site in the user agent"
    )
    cache: str = Field(
        default="work/http", description="folder of fetched pages; a second crawl uses them"
    )


class DataSetSource(_Source):
    """A public data set of the hub, or a local file of the same schema."""

    kind: Literal["leetcode_dataset", "open_r1_codeforces", "code_contests", "apps", "taco"]
    revision: str | None = Field(
        default=None, pattern=r"^[0-9a-f]{40}$", description="commit on the hub"
    )
    path: str | None = Field(default=None, description="a file to read instead of the hub (JSONL)")
    split: str = Field(default="train", description="of the data set on the hub")

    @model_validator(mode="after")
    def _is_complete(self) -> "DataSetSource":
        if not (self.path or self.revision):
            raise ValueError(f"kind '{self.kind}' needs a revision (or a local path)")
        return self


SOURCES = (BuiltinSource, JsonlSource, SiteSource, DataSetSource)
ProblemSource = Annotated[
    BuiltinSource | JsonlSource | SiteSource | DataSetSource, Field(discriminator="kind")
]


class ProblemsConfig(Section):
    """Which problems are trained on (paper, section 2.2: LeetCode, Codeforces)."""

    sources: list[Name] = Field(
        default=[
            "leetcode",
            "codeforces",
            "leetcode_dataset",
            "open_r1_codeforces",
            "code_contests",
        ],
        min_length=1,
        description="names from the catalogue 'problem_sources'",
    )
    limit: int | None = Field(
        default=6000,
        ge=1,
        description="keep at most this many problems after merging; the paper states only its "
        "about 3,000 pairs",
    )
    keep_checker_problems: bool = Field(
        default=False, description="keep problems with several right answers"
    )
    near_duplicate: float = Field(
        default=0.7,
        gt=0,
        le=1,
        description="statements whose word 5-grams have this Jaccard similarity are one problem",
    )
    decontaminate: bool = Field(
        default=True, description="drop problems that are benchmark tasks; false: only list them"
    )
    overlap_words: int = Field(
        default=10, ge=3, description="n-gram overlap with a benchmark's text: this many words"
    )
    code_similarity: float = Field(
        default=0.9, gt=0, le=1, description="overlap of a reference solution's syntax tree"
    )
    behavioural_inputs: int = Field(
        default=12,
        ge=0,
        description="inputs of a benchmark task that a reference solution must answer rightly "
        "(0: no behavioural check)",
    )
