"""How often "passed every test" is wrong: estimated from problems that have many tests.

Of the samples that pass a problem's first k tests, some fail one of the rest. Their share says how
wrong a "chosen" is whose problem has only k tests. It is as good as the rest of the tests: what no
test finds is not counted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from codepref.errors import UserError
from codepref.rates import LEAST_CLUSTERS, rate_interval
from codepref.records import Execution, Pair, Problem

TESTS_SEEN = (1, 2, 3, 5, 10, 20)
EVERY_SOURCE = "all"
# Fewer say nothing: a share needs samples, and samples of one problem are alike.
LEAST_PROBLEMS, LEAST_SAMPLES = LEAST_CLUSTERS, 30


@dataclass(frozen=True)
class Point:
    """Samples that pass the first tests, and how many of them fail the rest.

    Attributes:
        source: of the problems; ``all``: of every source.
        tests_seen: k.
        problems: problems with more than k tests and a sample that passes the first k.
        passing: samples that pass the first k tests of such a problem.
        failing: of these, samples that fail one of the rest.
    """

    source: str
    tests_seen: int
    problems: int
    passing: int
    failing: int

    @property
    def share(self) -> float | None:
        """``failing / passing``; None if nothing passed."""
        return self.failing / self.passing if self.passing else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95% Wilson interval of the share; too narrow, as samples of a problem are alike.

        None: they are of too few problems.
        """
        return rate_interval(self.failing, self.passing, self.problems)

    @property
    def enough(self) -> bool:
        """Whether the share may stand for other problems."""
        return self.problems >= LEAST_PROBLEMS and self.passing >= LEAST_SAMPLES


@dataclass(frozen=True)
class WrongChosen:
    """The share of pairs of a source whose "chosen" more tests of the same making would fail.

    Attributes:
        source: ``all``: every pair.
        pairs: how many.
        share, low, high: mean over the pairs of the curve at their problems' number of tests, and
            of the ends of its interval; None: too few problems have enough tests to tell.
        borrowed: the source's own problems have too few tests; those of all sources were taken.
    """

    source: str
    pairs: int
    share: float | None
    low: float | None
    high: float | None
    borrowed: bool


def leading_passes(execution: Execution) -> int:
    """Return how many tests a sample passed before its first failure (0: it did not run)."""
    if execution.verdict == "passed":
        return execution.tests_total
    if execution.first_failing_test is not None:
        return execution.first_failing_test
    return 0  # no code, or a failure before any test


def curve(
    problems: Mapping[str, Problem],
    executions: Iterable[Execution],
    tests_seen: Sequence[int] = TESTS_SEEN,
) -> list[Point]:
    """Return the points of each source that has any, and of all together.

    Samples that the sandbox failed on or that were caught tampering are left out, as in pairs.

    Raises:
        UserError: an execution is of a problem that is not there, or of another number of tests.
    """
    judged = [e for e in executions if e.verdict != "infra_error" and not e.tampered]
    for execution in judged:
        problem = problems.get(execution.problem_id)
        if problem is None or len(problem.tests) != execution.tests_total:
            raise UserError(
                f"execution ({execution.problem_id}, {execution.index}) does not belong to the "
                "problems file; run the executions stage again"
            )
    sources = sorted({problem.source for problem in problems.values()})
    points = []
    for source in [*sources, EVERY_SOURCE]:
        own = [e for e in judged if source in (EVERY_SOURCE, problems[e.problem_id].source)]
        points += [_point(source, k, own) for k in tests_seen]
    return points


def _point(source: str, k: int, executions: Sequence[Execution]) -> Point:
    passing = [e for e in executions if e.tests_total > k and leading_passes(e) >= k]
    return Point(
        source=source,
        tests_seen=k,
        problems=len({e.problem_id for e in passing}),
        passing=len(passing),
        failing=sum(e.verdict != "passed" for e in passing),
    )


def wrong_chosen(
    points: Sequence[Point], problems: Mapping[str, Problem], pairs: Sequence[Pair]
) -> list[WrongChosen]:
    """Return the wrong "chosen" that more tests find: of each source with pairs, and of all.

    A pair counts with the curve's point at the most tests seen that are not more than its problem
    has. The curve is the source's own where its
    points are ``enough`` for all its pairs, else that of all sources.
    """
    by_source: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_source.setdefault(problems[pair.problem_id].source, []).append(pair)
    found = []
    everything: list[Point | None] = []
    for source, own in sorted(by_source.items()):
        sizes = [len(problems[pair.problem_id].tests) for pair in own]
        used = [_at(points, source, size) for size in sizes]
        borrowed = None in used
        if borrowed:
            used = [_at(points, EVERY_SOURCE, size) for size in sizes]
        found.append(_expected(source, used, borrowed))
        everything += used
    if found:
        found.append(_expected(EVERY_SOURCE, everything, False))
    return found


def _at(points: Iterable[Point], source: str, tests: int) -> Point | None:
    """Return the point of a source for a problem with so many tests, if there is enough of it."""
    fitting = [p for p in points if p.source == source and p.tests_seen <= tests and p.enough]
    return max(fitting, key=lambda point: point.tests_seen, default=None)


def _expected(source: str, used: Sequence[Point | None], borrowed: bool) -> WrongChosen:
    known = [point for point in used if point is not None]
    if len(known) < len(used):
        return WrongChosen(source, len(used), None, None, None, borrowed)
    share, low, high = (fmean(values) for values in zip(*map(_share, known), strict=True))
    return WrongChosen(source, len(used), share, low, high, borrowed)


def _share(point: Point) -> tuple[float, float, float]:
    share, interval = point.share, point.interval
    assert share is not None and interval is not None  # points that are enough have samples
    return share, *interval


def records(model: str, points: Iterable[Point]) -> Iterator[dict[str, object]]:
    """Yield the lines of ``label_noise.csv``."""
    for point in points:
        low, high = point.interval or (None, None)
        yield {
            "model": model,
            "source": point.source,
            "tests_seen": point.tests_seen,
            "problems": point.problems,
            "pass_first": point.passing,
            "fail_rest": point.failing,
            "share": None if point.share is None else round(point.share, 4),
            "low": None if low is None else round(low, 4),
            "high": None if high is None else round(high, 4),
            "enough": point.enough,
        }
