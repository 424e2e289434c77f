"""Settings of drawing pairs, and of pairs that others have rated."""

from typing import Literal

from pydantic import Field, model_validator

from codepref.strict import SHA256, FieldError, Section


class PairsConfig(Section):
    """From verdicts to preference pairs (paper, section 2.2: one random pair per problem)."""

    choice: Literal["random", "shortest_edit", "most_tests_rejected"] = Field(
        default="random",
        description="which pair: random (the paper); shortest_edit: the two most similar "
        "responses; most_tests_rejected: the rejected response that passes most tests",
    )
    pairs_per_problem: int = Field(
        default=1, ge=0, description="at most this many of each problem; 0: every combination"
    )
    reject_no_code: bool = Field(
        default=True, description="a response without code may be the rejected side"
    )
    min_tests: int = Field(
        default=0,
        ge=0,
        description="a problem with fewer tests gives no pair, as its verdicts are less sure, and "
        "a pilot does not keep it; 0: every problem may give one",
    )
    max_pairs: int | None = Field(
        default=None, ge=1, description="random subset of this size; subsets are nested"
    )


class RatedPairs(Section):
    """Responses of several models that a judge has rated: pairs of nobody's own samples."""

    kind: Literal["codeultrafeedback"] = Field(
        description="rows as in CodeUltraFeedback (Weyssow et al., 2024)"
    )
    revision: str | None = Field(
        default=None, pattern=r"^[0-9a-f]{40}$", description="commit of the data set on the hub"
    )
    path: str | None = Field(
        default=None,
        min_length=1,
        description="local .jsonl or .jsonl.gz with such rows, instead of the hub",
    )
    sha256: str | None = Field(
        default=None, pattern=SHA256, description="of the file at 'path', as it is"
    )
    split: str = Field(default="train", description="split of the data set on the hub")
    limit: int | None = Field(default=None, ge=1, description="take only the first so many rows")

    @model_validator(mode="after")
    def _is_pinned(self) -> "RatedPairs":
        if not self.path and not self.revision:
            raise FieldError("revision", "give the commit on the hub, or a local 'path'")
        if bool(self.path) != bool(self.sha256):
            raise FieldError("sha256", "give it with 'path', and only with it")
        return self
