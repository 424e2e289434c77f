"""From a configured source to problem records, and the account of what was left out."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.problems.builtin import builtin_problems
from codepref.problems.settings import (
    BuiltinSource,
    CollectedSource,
    JsonlSource,
    SiteSource,
    TemplateSource,
)
from codepref.problems.sources import codeforces, datasets, leetcode
from codepref.problems.sources.crawl import Client
from codepref.problems.sources.foreign import Skip, Skipped
from codepref.problems.sources.own import own_problems
from codepref.problems.templates import templated_problems
from codepref.records import Problem

_SITES = {
    "leetcode": (leetcode.collect, leetcode.ADDRESS),
    "codeforces": (codeforces.collect, codeforces.ADDRESS),
}
# More items than this share not understood: the site's markup or the data set's schema has changed.
_UNKNOWN_SHARE = 0.2
_UNKNOWN_SHARE_AT_END = 0.5  # of a source that is too short to tell earlier
_LEAST_TO_TELL, _LEAST_AT_END = 10, 2  # a single one never stops a source
_REASONS_SHOWN = 5


@dataclass
class Account:
    """What became of a source's items.

    Attributes:
        collected: how many problems.
        skipped: how many items were left out, by reason.
        not_understood: what is wrong with each item of unknown form, and which it is.
        not_fetched: each page that could not be had, and why (collectors only).
        manifest: the pages fetched (collectors only).
        places: where each problem stands, by its id (records of one's own only).
        seconds: from the first item asked for to the last.
    """

    collected: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    not_understood: list[str] = field(default_factory=list)
    not_fetched: list[str] = field(default_factory=list)
    manifest: list[dict[str, Any]] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the account for the source's report."""
        account: dict[str, Any] = {
            "collected": self.collected,
            "skipped": dict(sorted(self.skipped.items())),
            "seconds": round(self.seconds, 1),
        }
        named: dict[str, Any] = {
            "not_understood": self.not_understood,
            "not_fetched": self.not_fetched,
            "places": self.places,
        }
        return account | {name: items for name, items in named.items() if items}

    def skip(self, skipped: Skipped) -> None:
        """Count an item that was left out."""
        self.skipped[skipped.reason] += 1
        if skipped.not_understood:
            self.not_understood.append(f"{skipped.item}: {skipped.not_understood}")
        if skipped.not_fetched:
            self.not_fetched.append(f"{skipped.item}: {skipped.not_fetched}")

    @property
    def items(self) -> int:
        """How many items were taken so far."""
        return self.collected + self.skipped.total()


def collect(name: str, source: CollectedSource, account: Account) -> Iterator[Problem]:
    """Yield the problems of a source, in the source's own order; ``limit`` takes the first ones.

    A problem whose id came before is skipped (data sets hold a few rows twice). In records of
    one's own (kind ``jsonl``) that is an error, as is any other mistake.

    Args:
        name: the source's name in the configuration.
        source: what and where it is.
        account: filled while the problems are taken.

    Raises:
        UserError: the source is not readable or refuses, a record of one's own has a mistake, too
            many items are of a form that we do not know, or none of them is a problem.
    """
    start = time.monotonic()
    seen: set[str] = set()
    for item in _items(source, account):
        account.seconds = time.monotonic() - start
        if isinstance(item, Skipped):
            account.skip(item)
            _refuse(name, source, account)
            continue
        if item.id in seen:
            if source.kind in ("builtin", "templates", "jsonl"):
                raise UserError(f"source '{name}': the problem id '{item.id}' comes twice")
            account.skipped["id comes twice"] += 1
            continue
        seen.add(item.id)
        account.collected += 1
        yield _with_fewer_tests(item, source.max_tests)
        if account.collected == source.limit:
            break
    _refuse(name, source, account, at_end=True)
    if not account.collected:
        reasons = account.skipped.most_common(_REASONS_SHOWN)
        why = ", ".join(f"{count} times '{reason}'" for reason, count in reasons) or "it is empty"
        raise UserError(f"source '{name}': no problem came of it: {why}")


def _items(source: CollectedSource, account: Account) -> Iterator[Problem | Skipped]:
    if isinstance(source, BuiltinSource):
        yield from builtin_problems()
    elif isinstance(source, TemplateSource):
        yield from templated_problems(source.part, source.problems, source.seed, source.families)
    elif isinstance(source, JsonlSource):
        for place, problem in own_problems(source.path):
            account.places[problem.id] = place
            yield problem
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
                f"{source.kind}: the list of problems is not there ({error}); check 'address', or "
                "run again later: what was fetched is kept"
            ) from error
    else:
        yield from datasets.collect(source)


def _with_fewer_tests(problem: Problem, count: int | None) -> Problem:
    """Keep the visible tests first, then the first hidden ones."""
    if count is None or len(problem.tests) <= count:
        return problem
    tests = sorted(problem.tests, key=lambda test: not test.visible)[:count]
    return problem.model_copy(update={"tests": tests})


def _refuse(name: str, source: CollectedSource, account: Account, at_end: bool = False) -> None:
    """Stop a source of which too much is missing."""

    def too_many(found: list[str], share: float) -> bool:
        least = _LEAST_AT_END if at_end else _LEAST_TO_TELL
        return len(found) >= least and len(found) > share * account.items

    unknown, missing = account.not_understood, account.not_fetched
    if isinstance(source, SiteSource) and too_many(missing, source.failed_share):
        raise UserError(
            f"source '{name}': {len(missing)} of {account.items} pages could not be fetched, more "
            f"than 'failed_share' ({source.failed_share:g}) allows. The first: {missing[0]}. What "
            "was fetched is kept: run again later to go on, with lower 'requests_per_second' if "
            "the site refuses again"
        )
    if too_many(unknown, _UNKNOWN_SHARE_AT_END if at_end else _UNKNOWN_SHARE):
        form = "the site's markup" if isinstance(source, SiteSource) else "the data set's schema"
        raise UserError(
            f"source '{name}': {len(unknown)} of {account.items} items are not understood; {form} "
            f"has probably changed. The first: {unknown[0]}"
        )
