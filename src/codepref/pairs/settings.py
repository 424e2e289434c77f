"""Settings of drawing pairs."""

from typing import Literal

from pydantic import Field

from codepref.strict import Section


class PairsConfig(Section):
    """From verdicts to preference pairs (paper, section 2.2: one random pair per problem)."""

    choice: Literal["random", "shortest_edit", "most_tests_rejected"] = Field(
        default="random",
        description="which pair: random (the paper), the two most similar responses, or the "
        "rejected response that passes most tests",
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
        description="a problem with fewer tests gives no pair, as its verdicts are less sure; 0: "
        "every problem may give one",
    )
    max_pairs: int | None = Field(
        default=None, ge=1, description="random subset of this size; subsets are nested"
    )
