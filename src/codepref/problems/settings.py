"""Settings of the problems: their sources, merging and decontamination."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from codepref.problems.templates import Part
from codepref.strict import FieldError, Line, Name, Section

BUILTIN_PROBLEMS = 50
UNSTATED_PROBLEMS = 6000
"""of a source that does not say how many it has, where there is no limit"""


class _Source(Section):
    """Settings that every source of problems has."""

    limit: int | None = Field(
        default=None,
        ge=1,
        description="take only the first so many problems, in the source's order",
    )
    max_tests: int | None = Field(
        default=None, ge=1, description="keep this many tests per problem, visible ones first"
    )

    @property
    def most(self) -> int | None:
        """How many problems the source gives at most; None: its settings do not say."""
        return self.limit


class BuiltinSource(_Source):
    """A few easy problems of our own, one by one."""

    kind: Literal["builtin"]

    @property
    def most(self) -> int:
        """See ``_Source.most``."""
        return min(BUILTIN_PROBLEMS, self.limit or BUILTIN_PROBLEMS)


class FromTemplates(Section):
    """Problems made from templates: which of them, and by which seed."""

    part: Part = Field(
        description="train, or held_out: families of problems that train has none of"
    )
    families: list[str] = Field(default=[], description="only these families of the part; []: all")
    seed: int = Field(default=0, ge=0, description="chooses numbers, names and wordings")


class TemplateSource(_Source, FromTemplates):
    """Easy problems of our own, made from templates (the demo's)."""

    kind: Literal["templates"]
    problems: int = Field(
        default=64, ge=1, description="how many, taken from the templates in turn"
    )

    @property
    def most(self) -> int:
        """See ``_Source.most``."""
        return min(self.problems, self.limit or self.problems)


class JsonlSource(_Source):
    """Problem records of your own."""

    kind: Literal["jsonl"]
    path: Line = Field(description="problem records: JSONL, or JSON over several lines; also .gz")


class SiteSource(_Source):
    """Problems collected from a site."""

    kind: Literal["leetcode", "codeforces"]
    address: str | None = Field(
        default=None, description="address of a mirror; default: the site itself"
    )
    requests_per_second: float = Field(
        default=0.5, gt=0, le=5, description="Codeforces asks for one in two seconds at most"
    )
    contact: str = Field(
        default="unset", description="your mail or web address, sent to the site in the user agent"
    )
    failed_share: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="stop when more than this share of the problems' pages cannot be fetched",
    )
    cache: str = Field(default="work/http", description="folder that keeps the fetched pages")

    @field_validator("contact")
    @classmethod
    def _is_one_line(cls, contact: str) -> str:
        if not contact.isprintable():
            raise ValueError("one line of visible letters: it becomes part of an HTTP header")
        return contact


class DataSetSource(_Source):
    """A public data set of the hub, or a local file of the same schema."""

    kind: Literal["leetcode_dataset", "open_r1_codeforces", "code_contests", "apps", "taco"]
    revision: str | None = Field(
        default=None, pattern=r"^[0-9a-f]{40}$", description="commit of the data set on the hub"
    )
    path: str | None = Field(
        default=None, description="local .jsonl or .jsonl.gz, instead of the hub"
    )
    split: str = Field(default="train", description="split of the data set on the hub")

    @model_validator(mode="after")
    def _is_complete(self) -> "DataSetSource":
        if not (self.path or self.revision):
            raise ValueError(f"kind '{self.kind}' needs a revision (or a local path)")
        return self


class SynthesisedSource(_Source):
    """Problems that a model of the catalogue writes (paper, section 6)."""

    kind: Literal["synthesised"]
    model: Name = Field(description="writes them; sampled as 'sampling' says")
    seeds_from: str | None = Field(
        default=None, description="the source of problems that it starts from"
    )
    path: str | None = Field(
        default=None,
        description="pieces of code that it starts from instead (JSONL: id, code, licence)",
    )
    problems: int = Field(default=1000, ge=1, le=10**7, description="how many it is asked to write")
    solutions: int = Field(
        default=8, ge=3, description="drawn independently for each problem; they vote on its tests"
    )
    agree: int = Field(
        default=5,
        ge=2,
        description="a problem counts if this many of its solutions agree on the outputs of all "
        "tests; more than half, and not all: one that fails none teaches nothing",
    )
    min_tests: int = Field(default=4, ge=1, description="a problem with fewer tests is left out")
    controls: int = Field(
        default=100,
        ge=0,
        description="problems of 'seeds_from' with a reference solution that are given tests in "
        "the same way, as they are: how many of these tests are wrong",
    )

    @property
    def most(self) -> int:
        """See ``_Source.most``."""
        return min(self.problems, self.limit or self.problems)

    @property
    def items(self) -> int:
        """How many problems and controls are worked on."""
        return self.problems + (self.controls if self.seeds_from else 0)

    @model_validator(mode="after")
    def _fits_together(self) -> "SynthesisedSource":
        if bool(self.path) == bool(self.seeds_from):
            raise ValueError("kind 'synthesised' needs either 'seeds_from' or a 'path'")
        if self.max_tests is not None and self.max_tests < self.min_tests:
            raise FieldError(
                "max_tests",
                f"expected min_tests ({self.min_tests}) or more, found {self.max_tests}",
            )
        if not self.solutions < 2 * self.agree < 2 * self.solutions:
            raise FieldError(
                "agree",
                f"{self.agree} of {self.solutions} solutions; expected more than half of them, and "
                "fewer than all",
            )
        return self


CollectedSource = BuiltinSource | TemplateSource | JsonlSource | SiteSource | DataSetSource
AnySource = CollectedSource | SynthesisedSource
ProblemSource = Annotated[AnySource, Field(discriminator="kind")]
SOURCES: tuple[type[CollectedSource], ...] = (
    BuiltinSource,
    TemplateSource,
    JsonlSource,
    SiteSource,
    DataSetSource,
)


class PilotConfig(Section):
    """A few samples of each problem say which are worth more."""

    samples: int = Field(
        default=2, ge=1, description="of each problem; they are the first of its samples"
    )
    keep: int = Field(
        ge=1,
        description="problems: those most probably with passing and failing samples",
    )


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
        default=False,
        description="keep problems with several right answers whose checker proves itself on their "
        "tests; false: keep none of them",
    )
    check_references: Literal["own", "all"] = Field(
        default="own",
        description="run reference solutions on their problems' tests: those of your own files "
        "(kind jsonl), or all, and leave problems of other sources out whose solution fails; in "
        "your own file that is an error",
    )
    near_duplicate: float = Field(
        default=0.7,
        gt=0,
        le=1,
        description="statements whose word 5-grams have at least this Jaccard similarity are one "
        "problem",
    )
    decontaminate: bool = Field(
        default=True,
        description="drop problems that are benchmark tasks; false: list them and keep them",
    )
    overlap_words: int = Field(
        default=10,
        ge=3,
        description="a statement that shares this many words in a row with a benchmark task "
        "is that task",
    )
    code_similarity: float = Field(
        default=0.9,
        gt=0,
        le=1,
        description="a reference solution whose code is this similar to a benchmark's canonical "
        "solution, apart from names, is that task",
    )
    behavioural_inputs: int = Field(
        default=12,
        ge=0,
        description="a reference solution that answers this many inputs of a benchmark task "
        "correctly is that task; 0: no such check",
    )
    sharpen_tests: int = Field(
        default=0,
        ge=0,
        description="make tests, with the reference solution's answers, until a problem has this "
        "many; 0: only the sources' own tests",
    )

    pilot: PilotConfig | None = Field(
        default=None,
        description="keep only problems that a pilot with the first experiment's model finds "
        "promising, and record which and why: {samples: 2, keep: 150}; 'limit' is then the number "
        "of candidates; null: all are sampled",
    )

    def most(self, sources: Mapping[str, AnySource]) -> int:
        """Return how many problems may be sampled, as far as settings say.

        See ``candidates``; of a pilot's candidates those that it keeps.
        """
        candidates = self.candidates(sources)
        return min(candidates, self.pilot.keep) if self.pilot else candidates

    def candidates(self, sources: Mapping[str, AnySource]) -> int:
        """Return how many problems may be left after merging, as far as settings say.

        Where some sources do not say how many they have, that is the limit; without a limit each
        of them counts as ``UNSTATED_PROBLEMS``.

        Args:
            sources: the catalogue.
        """
        each = [sources[name].most for name in self.sources]
        if self.limit and None in each:
            return self.limit
        known = sum(UNSTATED_PROBLEMS if most is None else most for most in each)
        return min(known, self.limit or known)
