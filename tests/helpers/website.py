"""A local web site that answers what a test tells it to, once or always."""

import json
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from codepref.problems.sources.crawl import Unusable
from codepref.problems.sources.foreign import NotFetched, NotUnderstood


@dataclass
class Answer:
    """An HTTP answer; ``cut`` promises more bytes than it sends and hangs up."""

    body: str | bytes = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int = 0


@dataclass
class Site:
    """A scripted site.

    Attributes:
        address: where it listens.
        pages: what a path answers always.
        first: answers given before that, one per request.
        post: answers a POST, given its path and body.
        seen: (method, path, headers, body) of every request.
    """

    address: str
    pages: dict[str, Answer] = field(default_factory=dict)
    first: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    post: Callable[[str, str], Answer] | None = None
    seen: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)

    def paths(self) -> list[str]:
        """Return the paths asked for, in order."""
        return [path for _, path, _, _ in self.seen]


@dataclass
class CannedClient:
    """Reads what ``body`` says an address, or a request as JSON, answers; does not ask again."""

    body: Callable[[str], str]
    requests: int = 0

    def get(self, url: str, read: Callable[[str], Any]) -> Any:
        try:
            return read(self.body(url))
        except (Unusable, NotUnderstood) as error:
            raise NotFetched(error.reason, str(error)) from error

    def post_json(self, url: str, payload: Any, read: Callable[[str], Any]) -> Any:
        return self.get(json.dumps(payload), read)
