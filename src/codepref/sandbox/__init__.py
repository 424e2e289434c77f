"""Running untrusted programs: isolation, limits, comparison, verdicts. See docs/executor.md."""

from codepref.sandbox.executor import Executor
from codepref.sandbox.extract import extract_code, extract_from
from codepref.sandbox.isolation import find_isolation
from codepref.sandbox.meter import SandboxError
from codepref.sandbox.outcomes import Outcome
from codepref.sandbox.programs import Program
from codepref.sandbox.verdicts import reward_of

__all__ = [
    "Executor",
    "Outcome",
    "Program",
    "SandboxError",
    "extract_code",
    "extract_from",
    "find_isolation",
    "reward_of",
]
