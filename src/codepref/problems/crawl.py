"""A polite, resumable client for collectors: cached, rate-limited, patient, and auditable."""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
import requests_cache
import tenacity
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from codepref import __version__
from codepref.errors import UserError
from codepref.problems.foreign import NotUnderstood, Skip

Check = Callable[[str], object]

_TIMEOUT = 60.0  # seconds for an answer
_LONGEST_WAIT = 900.0  # seconds that Retry-After may ask for
_GONE = (404, 410)
_RETRIED = (403, 408, 425, 429, 500, 502, 503, 504)


class Unusable(Exception):
    """An answer that is not what was asked for; asking again later may help."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Client:
    """Fetches pages once: every good answer is kept on disk, so a crawl goes on where it stopped.

    That there is no such page (404, 410) is a good answer too.

    Answers that fail their check (a captcha page, a body cut off) are never kept. Requests are
    spaced evenly; 429 and 503 are answered by waiting as long as Retry-After says, other failures
    by waiting twice as long each time.

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
        self.cache.mkdir(parents=True, exist_ok=True)
        self._session = requests_cache.CachedSession(
            str(self.cache / "pages"),
            backend="sqlite",
            allowable_methods=("GET", "POST"),
            expire_after=requests_cache.NEVER_EXPIRE,
        )
        about = f"codepref/{__version__} (research; reproduces a paper; contact: {contact})"
        self._session.headers.update({"User-Agent": about})
        self._interval, self._sleep, self._attempts = 1 / requests_per_second, sleep, attempts
        self._last = float("-inf")
        self.manifest: list[dict[str, Any]] = []
        self.requests = 0

    def get(self, url: str, check: Check) -> str:
        """Return a page's text; ``check`` raises Unusable or NotUnderstood if it is another.

        Raises:
            Skip: the site has no such page.
            UserError: the site keeps refusing.
        """
        return self._fetch(requests.Request("GET", url), check)

    def post_json(self, url: str, payload: Any, check: Check) -> str:
        """Return the answer to a JSON request; raises as ``get``."""
        return self._fetch(requests.Request("POST", url, json=payload), check)

    def _fetch(self, request: requests.Request, check: Check) -> str:
        prepared = self._session.prepare_request(request)
        cached = self._session.cache.get_response(self._session.cache.create_key(prepared))
        if cached is not None:
            self._record(prepared, cached.status_code, cached.content, cached.created_at)
            if cached.status_code != 200:
                raise Skip(f"no page (HTTP {cached.status_code})")
            return cached.content.decode("utf-8")
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Unusable),
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=_wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt, prepared, check)
        except Unusable as error:
            raise UserError(
                f"{prepared.url}: {error}, {self._attempts} times. Pages fetched so far are kept: "
                "run again later to go on, with lower requests_per_second if it refuses again"
            ) from error

    def _attempt(self, prepared: requests.PreparedRequest, check: Check) -> str:
        self._pause()
        self.requests += 1
        try:
            with self._session.cache_disabled():
                response = self._session.send(prepared, timeout=_TIMEOUT)
            content = response.content
        except requests.RequestException as error:
            raise Unusable(f"no complete answer ({type(error).__name__})") from error
        if response.status_code in _RETRIED:
            raise Unusable(f"HTTP {response.status_code}", retry_after(response))
        if response.status_code in _GONE:
            self._keep(prepared, response)
        if response.status_code != 200:
            raise Skip(f"no page (HTTP {response.status_code})")
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Unusable("the answer is not UTF-8 text") from error
        try:
            check(text)
        except NotUnderstood as error:
            raise Unusable(f"{error} (cut off, a page for humans, or a changed form)") from error
        self._keep(prepared, response)
        return text

    def _keep(self, prepared: requests.PreparedRequest, response: requests.Response) -> None:
        self._session.cache.save_response(response)
        self._record(prepared, response.status_code, response.content, datetime.now(UTC))

    def _pause(self) -> None:
        wait = self._last + self._interval - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._last = time.monotonic()

    def _record(
        self, prepared: requests.PreparedRequest, status: int, content: bytes, when: datetime
    ) -> None:
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
        assert body is None or isinstance(body, bytes)  # never a stream here
        self.manifest.append(
            {
                "url": prepared.url,
                "request_sha256": hashlib.sha256(body).hexdigest() if body else None,
                "time": when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC).isoformat(),
                "status": status,
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        )


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
