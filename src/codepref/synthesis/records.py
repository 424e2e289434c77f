"""What the stages of synthesis hand on: what a problem starts from, and what came of it."""

from pydantic import Field

from codepref.records import Problem, Strict


class Seed(Strict):
    """What one problem is to start from, or a control: a problem that is taken as it is."""

    id: str = Field(description="of the problem that will come of it")
    seed: str = Field(description="the id of the problem or piece of code that it starts from")
    text: str
    licence: str
    control: bool = False
    problem: Problem | None = Field(default=None, description="None: a piece of code")


class Snippet(Strict):
    """A piece of code to start from, in a file of one's own."""

    id: str = Field(min_length=1)
    code: str = Field(min_length=1)
    licence: str = "unknown"


class Candidate(Strict):
    """What came of a seed."""

    id: str
    seed: str
    control: bool = False
    reason: str = Field(default="", description="why it does not count; empty: it does so far")
    programs: int = Field(default=0, description="solutions drawn in which there is a program")
    agreed: int = Field(default=0, description="solutions that agree on the outputs of all tests")
    problem: Problem | None = Field(default=None, description="with its tests; None: left out")
