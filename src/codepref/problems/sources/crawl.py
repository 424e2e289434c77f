"""A polite, resumable client for collectors: cached, rate-limited, patient, and auditable."""

import contextlib
import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import requests
import requests_cache
import tenacity
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from codepref import __version__
from codepref.errors import UserError
from codepref.problems.sources.foreign import NotFetched, NotUnderstood, Skip, Skipped
from codepref.progress import Progress, say
from codepref.records import Problem

Page = TypeVar("Page")
Read = Callable[[str], Page]

_TIMEOUT = 60.0  # seconds for an answer
_LONGEST_WAIT = 900.0  # seconds that Retry-After may ask for
_LONG_WAIT = 30.0  # seconds; a longer one is told
_GONE = (404, 410)


class Unusable(Exception):
    """An answer that does not prove to be what was asked for; asking again later may help.

    Attributes:
        reason: what it is instead; counted.
        detail: what else is known of this one.
        wait: seconds that the site asks to wait.
    """

    def __init__(self, reason: str, detail: str = "", wait: float | None = None) -> None:
        super().__init__(f"{reason} ({detail})" if detail else reason)
        self.reason, self.wait = reason, wait


class Client:
    """Fetches pages once: every good answer is kept on disk, so a crawl goes on where it stopped.

    An answer is good when it proves so: with status 200, and by being read as the kind of page that
    was asked for. Nothing else is kept, and what was kept is read again before it is used: a page
    for humans, a login page, an error in a page's clothes or a body cut off is asked for again,
    in this crawl a few times and in the next.

    Requests are spaced evenly; an answer that says how long to wait (Retry-After) is waited for
    that long, other failures twice as long each time.

    Attributes:
        cache: folder of the pages kept.
        manifest: one entry per page used: url, sha256 of a POST's body (or None), time it was
            fetched, status, sha256 of its content.
        requests: how many requests went out to the site.
    """

    def __init__(
        self,
        cache: str | Path,
        requests_per_second: float = 0.5,
        contact: str = "unset",
        attempts: int = 6,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.cache = Path(cache)
        with self._kept_pages():
            self.cache.mkdir(parents=True, exist_ok=True)
            self._session = requests_cache.CachedSession(
                str(self.cache / "pages"),
                backend="sqlite",
                allowable_methods=("GET", "POST"),
                expire_after=requests_cache.NEVER_EXPIRE,
            )
        about = f"codepref/{__version__} (research; reproduces a paper; contact: {contact})"
        # Headers are latin-1: as that, these are the text's bytes in UTF-8.
        self._session.headers.update({"User-Agent": about.encode().decode("latin-1")})
        self._interval, self._sleep, self._attempts = 1 / requests_per_second, sleep, attempts
        self._last = float("-inf")
        self.manifest: list[dict[str, Any]] = []
        self.requests = 0

    def get(self, url: str, read: Read[Page]) -> Page:
        """Return what ``read`` makes of a page's text.

        ``read`` raises Unusable or NotUnderstood if it is not the page asked for, and Skip if it is
        and says that there is nothing for us.

        Raises:
            NotFetched: the page cannot be had.
            Skip: raised by ``read``.
        """
        return self._fetch(requests.Request("GET", url), read)

    def post_json(self, url: str, payload: Any, read: Read[Page]) -> Page:
        """Return what ``read`` makes of the answer to a JSON request; as ``get``."""
        return self._fetch(requests.Request("POST", url, json=payload), read)

    def _fetch(self, request: requests.Request, read: Read[Page]) -> Page:
        prepared = self._session.prepare_request(request)
        with self._kept_pages():
            kept = self._session.cache.get_response(self._session.cache.create_key(prepared))
        if kept is not None and kept.status_code == 200:
            with contextlib.suppress(Unusable):  # an older version took it for good
                return self._read(kept.content, read, partial(self._record, prepared, kept))
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Unusable),
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=_wait,
            sleep=self._sleep,
            before_sleep=partial(_tell, prepared.url),
            reraise=True,
        )
        try:
            return retrying(self._attempt, prepared, read)
        except Unusable as error:
            detail = f"{prepared.url}: {error}, {self._attempts} times"
            raise NotFetched(error.reason, detail) from error

    def _attempt(self, prepared: requests.PreparedRequest, read: Read[Page]) -> Page:
        self._pause()
        self.requests += 1
        try:
            with self._session.cache_disabled():
                response = self._session.send(prepared, timeout=_TIMEOUT)
        except requests.RequestException as error:
            raise Unusable(f"no complete answer ({type(error).__name__})") from error
        reason = f"HTTP {response.status_code}"
        if response.status_code in _GONE:
            raise NotFetched(reason, f"{prepared.url}: {reason}")
        if response.status_code != 200:
            raise Unusable(reason, wait=retry_after(response))
        try:
            return self._read(response.content, read, partial(self._keep, prepared, response))
        except Unusable as error:
            if response.history:
                raise Unusable(error.reason, f"redirected to {response.url}") from error
            raise

    def _read(self, content: bytes, read: Read[Page], good: Callable[[], None]) -> Page:
        """Read a page; call ``good`` if it is the page asked for."""
        try:
            page = read(content.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise Unusable("not UTF-8 text") from error
        except NotUnderstood as error:
            raise Unusable(error.reason, str(error)) from error
        except Skip:
            good()
            raise
        good()
        return page

    def _keep(self, prepared: requests.PreparedRequest, response: requests.Response) -> None:
        with self._kept_pages():
            # Under its own address, also if it came by a redirect.
            key = self._session.cache.create_key(prepared)
            self._session.cache.save_response(response, cache_key=key)
        self._record(prepared, response)

    @contextlib.contextmanager
    def _kept_pages(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise UserError(
                f"{self.cache}: the pages kept there cannot be read or written ({error}); free "
                "some space or remove the folder (its pages are fetched again)"
            ) from error

    def _pause(self) -> None:
        wait = self._last + self._interval - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._last = time.monotonic()

    def _record(self, prepared: requests.PreparedRequest, response: Any) -> None:
        """Enter a page into the manifest; one that was kept knows when it was fetched."""
        when = getattr(response, "created_at", None) or datetime.now(UTC)
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
        assert body is None or isinstance(body, bytes)  # never a stream here
        self.manifest.append(
            {
                "url": prepared.url,
                "request_sha256": hashlib.sha256(body).hexdigest() if body else None,
                "time": when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC).isoformat(),
                "status": response.status_code,
                "sha256": hashlib.sha256(response.content).hexdigest(),
            }
        )


class CrawlProgress:
    """Shows how many of a site's problems are done, how fast it answers, and the time left.

    Problems whose pages were kept from an earlier crawl take no time: they do not count in the
    rate.
    """

    def __init__(self, what: str, total: int, client: Client) -> None:
        self._client, self._requests = client, client.requests
        self._progress = Progress(what, total, rate=True)
        self._failed = 0

    def of(self, item: Problem | Skipped) -> Problem | Skipped:
        """Return the next item, and show that it is done."""
        fresh = self._client.requests > self._requests
        self._requests = self._client.requests
        self._failed += isinstance(item, Skipped) and bool(item.not_fetched)
        note = f"{self._requests} requests, {self._failed} pages not fetched"
        self._progress.advance(note=note, fresh=fresh)
        return item


def retry_after(response: requests.Response) -> float | None:
    """Return the seconds that Retry-After asks to wait (a number or a date), if it does."""
    value = response.headers.get("Retry-After")
    try:
        return min(Retry().parse_retry_after(value), _LONGEST_WAIT) if value else None
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Unusable) and error.wait is not None:
        return error.wait
    return tenacity.wait_exponential_jitter(multiplier=5, max=300, jitter=2)(state)


def _tell(url: str | None, state: tenacity.RetryCallState) -> None:
    wait = state.next_action.sleep if state.next_action else 0.0
    if state.outcome and wait > _LONG_WAIT:
        say(f"{url}: {state.outcome.exception()}; asked again in {wait:.0f} seconds")
