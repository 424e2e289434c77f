"""A local web server that answers what a test tells it to, once or always."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


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


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # headers and body in one piece: no waiting for acknowledgements

        def do_GET(self) -> None:
            self._answer("GET", "")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            self._answer("POST", self.rfile.read(length).decode())

        def _answer(self, method: str, body: str) -> None:
            scripted.seen.append((method, self.path, dict(self.headers), body))
            path = self.path.split("?")[0]
            if scripted.first[path]:
                answer = scripted.first[path].popleft()
            elif method == "POST" and scripted.post:
                answer = scripted.post(path, body)
            else:
                answer = scripted.pages.get(path, Answer("nothing here", 404))
            content = answer.body.encode() if isinstance(answer.body, str) else answer.body
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) + answer.cut))
            self.end_headers()
            self.wfile.write(content)
            if answer.cut:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    scripted = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield scripted
    server.shutdown()
    thread.join()
    server.server_close()
