"""From verdict classes to the reward of CodeRL's rule (the paper's equation 2)."""

from codepref.records import VerdictClass

# Equation 2: +1 all tests passed, -0.3 a test failed, -0.6 runtime error, -1 compile error.
_REWARDS: dict[VerdictClass, float] = {
    "passed": 1.0,
    "wrong_answer": -0.3,
    # A program that compiles but does not get to an answer. CodeRL's code scores a timeout the
    # same way; a missing module it scores -1, but such a program did compile, and whether a
    # package is installed says nothing about its syntax: here it is a runtime error.
    "runtime_error": -0.6,
    "timeout": -0.6,
    "memory_limit": -0.6,
    "output_limit": -0.6,
    # Nothing that compiles.
    "compile_error": -1.0,
    "no_code": -1.0,
}


def reward_of(verdict: VerdictClass) -> float:
    """Return the reward of a verdict (equation 2).

    Raises:
        ValueError: for ``infra_error``, which says nothing about the program.
    """
    if verdict not in _REWARDS:
        raise ValueError(f"'{verdict}' is not a label: run the sample again")
    return _REWARDS[verdict]
