"""The records that the pipeline's JSONL files hold, one strict model per kind of line.

Values inside tests (inputs, expected outputs) are written in the tagged JSON of
``codepref.values``, which keeps tuples, sets, bytes, NaN and non-string keys apart.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from codepref import strict
from codepref.files import unique_records


class Strict(strict.Strict):
    """A record that refuses unknown fields and silent conversions."""

    model_config = ConfigDict(strict=True)


class Comparison(Strict):
    """How an output is compared with the expected one.

    ``call`` problems: ``exact`` (equal after list/tuple normalisation), ``close`` (floats within
    tolerances, otherwise exact), ``unordered`` (equal as multisets at the top level),
    ``unordered_nested`` (as multisets at every level), ``unordered_inside`` (a list of such
    multisets, itself in order), ``any_of`` (``expected`` is a list of
    accepted answers). ``stdio`` problems: ``lines`` (equal but for white space at line ends and
    trailing newlines), ``decimals`` (equal lines but for white space at both ends; lines of numbers
    are equal as decimals: LiveCodeBench's rule), ``tokens`` (equal white-space separated tokens),
    ``close`` (tokens, numbers within tolerances).
    """

    kind: Literal[
        "exact",
        "close",
        "unordered",
        "unordered_nested",
        "unordered_inside",
        "any_of",
        "lines",
        "decimals",
        "tokens",
    ] = "exact"
    relative_tolerance: float = 1e-6
    absolute_tolerance: float = 1e-6
    ignore_case: bool = False


class TestCase(Strict):
    """One test of a problem.

    ``call`` interface: ``input`` is the list of positional arguments (tagged JSON) and
    ``expected`` the returned value, or the changed argument if the problem is in-place.
    By keyword the input is an object of names. ``stdio`` interface: both are text (``any_of``:
    ``expected`` is a list of texts). ``check`` is for what cannot be written as input and expected
    output; it runs inside the program's own process, and its verdicts are marked ``weak``.
    """

    __test__ = False  # not a pytest class

    input: Any = None
    expected: Any = None
    visible: bool = False
    made: bool = Field(
        default=False, description="not the source's own: made by ``problems.sharpen_tests``"
    )
    check: str | None = Field(
        default=None, description="source of a function 'check(candidate)' that asserts"
    )

    @model_validator(mode="after")
    def _asks_something(self) -> "TestCase":
        # None is an answer like any other, so what counts is whether it was said.
        said = {"input", "expected"} <= self.model_fields_set and self.input is not None
        if self.check is None and not said:
            raise ValueError("a test needs an 'input' and an 'expected' output, or a 'check'")
        return self


class Limits(Strict):
    """What one candidate may use, over all tests of its problem unless said otherwise."""

    cpu_seconds: float = Field(default=10.0, gt=0, description="CPU seconds per test")
    memory_mb: int = Field(default=1024, gt=0, description="address space, MiB")
    output_kb: int = Field(default=16384, gt=0, description="bytes written to stdout, KiB")
    recursion: int | None = Field(
        default=None,
        ge=100,
        le=550_000,  # what the sandbox's stack has room for
        description="levels of recursion until a program chooses its own; None: the interface's",
    )


class Problem(Strict):
    """A coding problem with its tests."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")]
    source: str
    url: str | None = None
    licence: str
    title: str
    statement: str = Field(
        min_length=1, description="what is asked; its other parts have fields of their own"
    )
    input_format: str = ""
    output_format: str = ""
    notes: str = Field(default="", description="explanations of the examples, hints")
    examples: list[str] = Field(
        default=[], description="as shown, unless they stand in the statement itself"
    )
    interface: Literal["call", "stdio"]
    entry_point: str | None = Field(
        default=None, description="'name' of a function, or 'Solution.name' of a method"
    )
    parameters: list[str] | None = Field(default=None, description="names of the arguments")
    parameter_types: list[str] | None = Field(
        default=None, description="'ListNode' and 'TreeNode' are built from LeetCode's list form"
    )
    return_type: str | None = None
    in_place: int | None = Field(
        default=None, ge=0, description="index of the argument that is the answer"
    )
    starter_code: str = ""
    reference_solution: str | None = None
    tests: list[TestCase] = Field(min_length=1)
    comparison: Comparison = Comparison()
    limits: Limits = Limits()
    exit_status_counts: bool = Field(
        default=True,
        description="a program (stdio) that exits with another status than 0 has failed; else it "
        "may end itself (sys.exit) with any, and an exception still fails",
    )
    difficulty: str | None = None
    tags: list[str] = Field(default=[])
    needs_checker: bool = Field(
        default=False, description="several answers are right: equality would reject right ones"
    )
    checker: str | None = Field(
        default=None,
        description="Python source that judges answers instead of the comparison: of a program "
        "(stdio) or of a function 'check(arguments, answer, expected)' (call)",
    )

    @property
    def has_several_answers(self) -> bool:
        """Whether equality with the expected answer would reject right ones."""
        return self.needs_checker or self.checker is not None

    @model_validator(mode="after")
    def _interface_is_complete(self) -> "Problem":
        if self.interface == "call" and not self.entry_point:
            raise ValueError("interface 'call' needs an entry_point")
        return self


def read_problems(path: str | Path) -> dict[str, Problem]:
    """Return a file's problems by their id, in the file's order.

    Raises:
        UserError: the file is missing, a line is malformed, or an id occurs twice.
    """
    return {problem.id: problem for _, problem in unique_records(path, Problem, "id")}


FinishReason = Literal["stop", "length", "solution"]
"""the model ended its turn (or the code block that ends an answer), the token limit cut it, or it
was ended behind its solution (``generation.stop_at``), where the model would have gone on"""


class Sample(Strict):
    """One completion of one problem by one policy."""

    problem_id: str
    index: int = Field(ge=0)
    model: str
    prompt_sha256: str
    completion: str
    finish_reason: FinishReason
    tokens: int = Field(ge=0)
    seed: int
    engine: str = Field(description="engine and version, for example 'transformers 5.23.0'")
    model_revision: str
    template_sha256: str | None = Field(
        default=None, description="of the model's chat template, 12 hex digits; None: not recorded"
    )
    template_date: str | None = Field(
        default=None,
        description="the date that the chat template was rendered at; None: it has none",
    )


VerdictClass = Literal[
    "passed",
    "wrong_answer",
    "runtime_error",
    "compile_error",
    "timeout",
    "memory_limit",
    "output_limit",
    "no_code",
    "infra_error",
]


class Execution(Strict):
    """The verdict on one sample."""

    problem_id: str
    index: int
    model: str
    verdict: VerdictClass
    tests_passed: int
    tests_run: int = Field(
        description="fewer than tests_total where executing stopped at the first failure, or the "
        "program's process was lost"
    )
    tests_total: int
    first_failing_test: int | None = None
    message: str | None = Field(default=None, description="the last line of the error, shortened")
    stderr_tail: str | None = None
    cpu_seconds: float
    wall_seconds: float
    peak_memory_mb: float
    code_sha256: str | None = None
    tampered: bool = False
    isolation: str = Field(description="what kept the program in, for example 'bubblewrap 0.11.0'")
    runtime: str | None = Field(
        default=None, description="what ran the program: Python's version, stack, recursion limit"
    )
    weak: bool = Field(
        default=False, description="some tests ran inside the program's own process (asserts)"
    )
    checker: str | None = Field(
        default=None,
        description="what judged the answers: 'program' or 'function' and the start of the "
        "checker's SHA-256; None: the comparison",
    )

    @model_validator(mode="after")
    def _counts_fit_the_verdict(self) -> "Execution":
        if not 0 <= self.tests_passed <= self.tests_run <= self.tests_total:
            raise ValueError("tests_passed <= tests_run <= tests_total does not hold")
        if (self.verdict == "passed") != (0 < self.tests_total == self.tests_passed):
            raise ValueError("'passed' is the verdict if, and only if, every test passed")
        return self


class Message(Strict):
    """One turn of a conversation, as chat templates take it."""

    role: Literal["system", "user", "assistant"]
    content: str


class PairSide(Strict):
    """Where one side of a pair came from, and what made it that side: a verdict or a rating."""

    index: int
    verdict: VerdictClass | None = Field(default=None, description="None: it was rated instead")
    rating: float | None = Field(default=None, description="by a judge that runs nothing")
    author: str | None = Field(default=None, description="the model that wrote a rated response")
    tests_passed: int = 0
    tests_total: int = 0
    code_sha256: str | None = None
    truncated: bool = Field(
        default=False, description="cut by the token limit: training adds no end-of-turn token"
    )

    @model_validator(mode="after")
    def _is_judged_once(self) -> "PairSide":
        if (self.verdict is None) == (self.rating is None):
            raise ValueError("a side of a pair has either a 'verdict' or a 'rating'")
        return self


class Pair(Strict):
    """A preference pair in TRL's conversational format, with where each side came from."""

    problem_id: str
    model: str = Field(description="whose samples they are, or the source of rated responses")
    prompt: list[Message]
    chosen: list[Message]
    rejected: list[Message]
    prompt_sha256: str
    chosen_from: PairSide
    rejected_from: PairSide


class RewardRecord(Strict):
    """The implicit reward of one sample (paper, eq. 4), and what it is made of."""

    problem_id: str
    index: int
    model: str = Field(description="whose sample it is")
    policy_revision: str
    reference_revision: str
    beta: float
    reward: float = Field(description="beta * (policy_log_prob - reference_log_prob)")
    policy_log_prob: float = Field(description="of the response, summed over its tokens")
    reference_log_prob: float
    tokens: int = Field(ge=1, description="of the response, with the end-of-turn token")
    verdict: VerdictClass | None = None
    tests_passed: int | None = None
    tests_run: int | None = None
    tests_total: int | None = None


class ReferenceRecord(Strict):
    """What the model that DPO starts from gives both sides of a pair (paper, eq. 3)."""

    problem_id: str
    chosen_index: int = Field(description="of the sample that is the chosen side")
    rejected_index: int
    model_revision: str
    tokens: tuple[int, int, int] = Field(description="of the prompt, chosen and rejected")
    chosen_log_prob: float = Field(description="of the response, summed over its tokens")
    rejected_log_prob: float


class TaskAccuracy(Strict):
    """The pairs of one task."""

    task_id: str
    pairs: int = Field(ge=1)
    right: float = Field(
        ge=0, description="in which the passing answer has the higher reward; a tie counts half"
    )


class HeldOutAccuracy(Strict):
    """How often one policy's implicit reward prefers the passing answer."""

    model: str = ""
    method: str = ""
    seed: int = 0
    benchmark: str = ""
    total: int = Field(description="tasks of the benchmark; the others have no pair")
    tasks: list[TaskAccuracy]

    @property
    def accuracy(self) -> float | None:
        """The share of right pairs, mean over the tasks that have pairs; None: there are none."""
        shares = [task.right / task.pairs for task in self.tasks]
        return sum(shares) / len(shares) if shares else None
