"""The rows of data sets of competitive programming, as they must be to be read."""

from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, Json

from codepref.problems.sources.foreign import Foreign, PromisedText, Texts, null_is_empty

# CodeContests' enumeration.
SOURCES = ["unknown", "codechef", "codeforces", "hackerearth", "codejam", "atcoder", "aizu"]


class Case(Foreign):
    """One test of a program."""

    input: str
    output: str


def _rows_of_columns(tests: Any) -> Any:
    """Turn an object of lists (older versions of ``datasets``) into a list of objects."""
    if not isinstance(tests, dict):
        return tests
    inputs, outputs = tests.get("input") or [], tests.get("output") or []
    if not isinstance(inputs, list) or not isinstance(outputs, list):
        return tests
    if len(inputs) != len(outputs):
        raise ValueError(f"{len(inputs)} inputs but {len(outputs)} outputs")
    return [{"input": i, "output": o} for i, o in zip(inputs, outputs, strict=True)]


Cases = Annotated[list[Case], BeforeValidator(_rows_of_columns), null_is_empty]
_Limit = Annotated[float, Field(ge=0, le=1e9)]
_Rating = Annotated[int, Field(ge=-(10**9), le=10**9)]
_EmptyIsNone = BeforeValidator(lambda text: None if text == "" else text)


class OpenR1Row(Foreign):
    """A row of open-r1/codeforces."""

    id: str
    title: str = ""
    description: PromisedText
    input_format: str = ""
    output_format: str = ""
    note: str = ""
    interaction_format: str = ""
    input_mode: str = "stdio"
    examples: Cases
    official_tests: Cases
    time_limit: _Limit | None = None
    memory_limit: _Limit | None = None
    rating: _Rating | None = None
    tags: Texts
    generated_checker: str = ""


class Duration(Foreign):
    """A time limit as protocol buffers write it."""

    seconds: int = Field(ge=0, le=10**6)
    nanos: int = Field(default=0, ge=0, lt=10**9)


class Solutions(Foreign):
    """Programs, each with the number of its language."""

    language: list[int] = Field(default_factory=list)
    solution: list[str] = Field(default_factory=list)


class CodeContestsRow(Foreign):
    """A row of CodeContests."""

    name: str
    description: str
    public_tests: Cases
    private_tests: Cases
    generated_tests: Cases
    source: int = Field(default=0, ge=0, lt=len(SOURCES))
    difficulty: int = Field(default=0, ge=0)
    solutions: Solutions = Solutions()
    cf_rating: _Rating | None = None
    cf_tags: Texts
    time_limit: Duration | None = None
    memory_limit_bytes: int = Field(default=0, ge=0, le=2**50)
    input_file: str = ""
    output_file: str = ""


class Labels(Foreign):
    """What SandboxFusion says of a problem of CodeContests."""

    name: str
    difficulty: str = ""
    source: str = "unknown"


class StreamsCase(Foreign):
    """A test with what goes into and comes out of each stream."""

    input: dict[str, str]
    output: dict[str, str]


class SandboxFusionRow(Foreign):
    """A row of SandboxFusion's sample of CodeContests."""

    content: str
    labels: Json[Labels]
    test: Json[list[StreamsCase]]


class InputsOutputs(Foreign):
    """Tests of a program, or of the function ``fn_name``."""

    inputs: list[Any]
    outputs: list[Any]
    fn_name: str | None = None


class JudgeRow(Foreign):
    """APPS and TACO: tests as JSON in text, of programs or (with ``fn_name``) of functions."""

    question: str
    input_output: Annotated[Json[InputsOutputs] | None, _EmptyIsNone]
    solutions: Annotated[Json[list[Any]] | None, _EmptyIsNone] = None
    starter_code: str = ""
    difficulty: str | None = None
    url: str | None = None


class AppsRow(JudgeRow):
    """A row of APPS."""

    problem_id: int = Field(ge=0, le=10**9, validation_alias=AliasChoices("problem_id", "id"))


class TacoRow(JudgeRow):
    """A row of TACO."""

    name: str = ""
    picture_num: str | _Rating | None = None
    time_limit: str = ""
    memory_limit: str = ""
    tags: str | list[str] = ""
