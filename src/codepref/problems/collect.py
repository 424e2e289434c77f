"""From a configured source to problem records, and the account of what was left out."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.files import read_records
from codepref.problems import codeforces, datasets, leetcode
from codepref.problems.builtin import builtin_problems
from codepref.problems.crawl import Client
from codepref.problems.foreign import Skip, Skipped
from codepref.problems.settings import BuiltinSource, JsonlSource, ProblemSource, SiteSource
from codepref.records import Problem

_SITES = {
    "leetcode": (leetcode.collect, leetcode.ADDRESS),
    "codeforces": (codeforces.collect, codeforces.ADDRESS),
}
# More items than this share not understood: the site's markup or the data set's schema has changed.
_UNKNOWN_SHARE, _UNKNOWN_LEAST = 0.2, 10


@dataclass
class Account:
    """What became of a source's items.

    Attributes:
        collected: how many problems.
        skipped: how many items were left out, by reason.
        not_understood: what is wrong with each item of unknown form, and which it is.
        manifest: the pages fetched (collectors only).
    """

    collected: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    not_understood: list[str] = field(default_factory=list)
    manifest: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the account for the source's report."""
        account = {"collected": self.collected, "skipped": dict(sorted(self.skipped.items()))}
        return account | ({"not_understood": self.not_understood} if self.not_understood else {})

    def skip(self, skipped: Skipped) -> None:
        """Count an item that was left out."""
        self.skipped[skipped.reason] += 1
        if skipped.not_understood:
            self.not_understood.append(f"{skipped.item}: {skipped.not_understood}")


def collect(name: str, source: ProblemSource, account: Account) -> Iterator[Problem]:
    """Yield the problems of a source, in the source's own order; ``limit`` takes the first ones.

    A problem whose id came before is skipped (data sets hold a few rows twice); in records of
    one's own (kind ``jsonl``) that is an error.

    Args:
        name: the source's name in the configuration.
        source: what and where it is.
        account: filled while the problems are taken.

    Raises:
        UserError: the source is not readable or refuses, a record of one's own is malformed, or
            too many items are of a form that we do not know.
    """
    seen: set[str] = set()
    for item in _items(source, account):
        if isinstance(item, Skipped):
            account.skip(item)
            _refuse_changed_form(name, source, account)
            continue
        if item.id in seen:
            if source.kind in ("builtin", "jsonl"):
                raise UserError(f"source '{name}': the problem id '{item.id}' comes twice")
            account.skipped["id comes twice"] += 1
            continue
        seen.add(item.id)
        account.collected += 1
        yield _with_fewer_tests(item, source.max_tests)
        if account.collected == source.limit:
            return


def _items(source: ProblemSource, account: Account) -> Iterator[Problem | Skipped]:
    if isinstance(source, BuiltinSource):
        yield from builtin_problems()
    elif isinstance(source, JsonlSource):
        yield from read_records(source.path, Problem)
    elif isinstance(source, SiteSource):
        collector, address = _SITES[source.kind]
        # Two sites never share a cache file: each can be crawled on its own.
        client = Client(
            Path(source.cache) / source.kind, source.requests_per_second, source.contact
        )
        account.manifest = client.manifest
        try:
            yield from collector(client, (source.address or address).rstrip("/"))
        except Skip as error:  # of a problem it would have been counted; this is the list
            raise UserError(
                f"{source.kind}: the list of problems is not there ({error}); check 'address' and "
                f"remove {client.cache} if the site has it now"
            ) from error
    else:
        yield from datasets.collect(source)


def _with_fewer_tests(problem: Problem, count: int | None) -> Problem:
    """Keep the visible tests first, then the first hidden ones."""
    if count is None or len(problem.tests) <= count:
        return problem
    tests = sorted(problem.tests, key=lambda test: not test.visible)[:count]
    return problem.model_copy(update={"tests": tests})


def _refuse_changed_form(name: str, source: ProblemSource, account: Account) -> None:
    unknown = len(account.not_understood)
    total = account.collected + account.skipped.total()
    if unknown >= _UNKNOWN_LEAST and unknown > _UNKNOWN_SHARE * total:
        form = "the site's markup" if isinstance(source, SiteSource) else "the data set's schema"
        raise UserError(
            f"source '{name}': {unknown} of {total} items are not understood; {form} has probably "
            f"changed. The first: {account.not_understood[0]}"
        )
