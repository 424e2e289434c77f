"""Problems with several right answers: kept are those whose checker has proven itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from codepref.errors import UserError
from codepref.problems.merge import Group, Merged
from codepref.progress import Progress
from codepref.records import Problem
from codepref.sandbox import Executor, SandboxError
from codepref.sandbox.checkers import Fault
from codepref.sandbox.judge import refusal
from codepref.sandbox.settings import ExecutionConfig

_NONE = Fault("needs a checker", "the record that has one is of another form")


@dataclass(frozen=True)
class _Tried:
    """What came of the problems that have a checker, and those that are still to be tried."""

    faults: dict[str, Fault]
    waiting: list[str]

    def usable(self, merged: Merged, groups: list[Group]) -> Iterator[Problem]:
        """Yield the problems whose checker can be run at all."""
        for found, _ in merged.pools(groups):
            problem = found.problem
            reason = refusal(problem)
            if problem.checker is None:
                self.faults[problem.id] = _NONE
            elif reason:
                self.faults[problem.id] = Fault("its checker cannot be used", reason)
            else:
                self.waiting.append(problem.id)
                yield problem


def drop_faulty_checkers(merged: Merged, config: ExecutionConfig | None = None) -> None:
    """Try the checkers of the kept problems in the sandbox; drop the problems where one fails.

    Each must accept the expected answer of every test of its problem, and refuse an empty one.

    Raises:
        UserError: no isolation works here, or the sandbox failed.
    """
    groups = [group for group in merged.kept if group.has_checker]
    if not groups:
        return
    tried = _Tried({}, [])
    progress = Progress("checkers tried", len(groups))
    try:
        with Executor(config=config) as executor:
            found = executor.checker_faults(tried.usable(merged, groups))
            for number, fault in enumerate(found):
                if fault is not None:
                    tried.faults[tried.waiting[number]] = fault
                progress.advance()
    except SandboxError as error:
        raise UserError(
            f"checkers could not be tried because the sandbox failed ({error}); run again"
        ) from error
    for group in groups:
        if fault := tried.faults.get(group.id):
            merged.dropped[fault.reason][group.source] += 1
            merged.faulty_checkers[group.id] = fault
    merged.kept = [group for group in merged.kept if group.id not in tried.faults]
