"""How often a judge that runs nothing prefers what our executor calls wrong (section 3.3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from codepref.errors import UserError
from codepref.pairs.rated import RatedResponse
from codepref.rates import rate_interval
from codepref.records import Execution

EVERY_PREFERENCE = "all"


@dataclass
class Agreement:
    """Ratings beside verdicts, of one preference or of all.

    A comparison is of two responses to one instruction, of which one passes every test of the
    problem and the other does not.
    """

    rows: set[str] = field(default_factory=set)
    """instructions with tests and two judged responses or more"""
    problems: set[str] = field(default_factory=set)
    """with a comparison"""
    prefers_right: int = 0
    prefers_wrong: int = 0
    alike: int = 0
    """comparisons that are rated the same"""
    pairs: int = 0
    """pairs drawn by the ratings of which both sides were run"""
    chosen_wrong: int = 0
    rejected_right: int = 0

    @property
    def comparisons(self) -> int:
        """How many there are."""
        return self.prefers_right + self.prefers_wrong + self.alike

    @property
    def share(self) -> float | None:
        """Of the comparisons, those in which the wrong response is rated higher."""
        return self.prefers_wrong / self.comparisons if self.comparisons else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95% Wilson interval of the share; too narrow, as comparisons of a problem are alike.

        None: they are of too few problems.
        """
        if not self.comparisons:
            return None
        return rate_interval(self.prefers_wrong, self.comparisons, len(self.problems))


def agreement(
    rated: Iterable[RatedResponse],
    executions: Iterable[Execution],
    pairs: Mapping[str, tuple[int, int]],
) -> dict[str, Agreement]:
    """Return the agreement by preference, and of all.

    Responses that the sandbox failed on, or that tampered with it, are left out.

    Args:
        rated: the responses that became samples.
        executions: the verdicts on them.
        pairs: the positions of chosen and rejected, by row.

    Raises:
        UserError: a response has no verdict.
    """
    verdicts = {(one.problem_id, one.index): one for one in executions}
    rows: dict[str, list[tuple[RatedResponse, bool]]] = {}
    for one in rated:
        verdict = verdicts.get((one.problem_id, one.index))
        if verdict is None:
            raise UserError(f"response {one.position} of {one.row} has no verdict; execute again")
        if verdict.verdict != "infra_error" and not verdict.tampered:
            rows.setdefault(one.row, []).append((one, verdict.verdict == "passed"))
    found: dict[str, Agreement] = {}
    for row, responses in rows.items():
        if len(responses) < 2:
            continue
        for name in {responses[0][0].preference, EVERY_PREFERENCE}:
            _add(found.setdefault(name, Agreement()), row, responses, pairs.get(row))
    last = found.pop(EVERY_PREFERENCE, Agreement())
    return {**dict(sorted(found.items())), EVERY_PREFERENCE: last}


def _add(
    into: Agreement,
    row: str,
    responses: list[tuple[RatedResponse, bool]],
    pair: tuple[int, int] | None,
) -> None:
    into.rows.add(row)
    right = [one.rating for one, passed in responses if passed]
    wrong = [one.rating for one, passed in responses if not passed]
    for good, bad in product(right, wrong):
        into.prefers_right += good > bad
        into.prefers_wrong += good < bad
        into.alike += good == bad
    if right and wrong:
        into.problems.add(responses[0][0].problem_id)
    passed_at = {one.position: passed for one, passed in responses}
    if pair and {*pair} <= passed_at.keys():
        into.pairs += 1
        into.chosen_wrong += not passed_at[pair[0]]
        into.rejected_right += passed_at[pair[1]]
