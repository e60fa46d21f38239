"""A tiny HTTP server on the loopback, for tests that send real requests and judge what went over the wire."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Answer:
    """What the server says. `drop` closes the connection without a word, `hang` says nothing until the test ends."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    hang: bool = False


@dataclass
class Loopback:
    """The server's address, what it has seen, and how it answers."""

    url: str
    answer: Callable[[Seen], Answer]
    seen: list[Seen] = field(default_factory=list)


@contextmanager
def loopback(answer: Callable[[Seen], Answer]) -> Iterator[Loopback]:
    """Serve on a free port for as long as the block lasts."""
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen = Seen(self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(content or b"null"))
            served.seen.append(seen)
            said = served.answer(seen)
            if said.hang:
                closing.wait(30)
            if not (said.hang or said.drop):
                self._say(said)

        def _say(self, said: Answer) -> None:
            body = said.body.encode()
            self.send_response(said.status)
            for name, value in {**said.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Loopback(f"http://127.0.0.1:{server.server_address[1]}", answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def plain_client(url: str) -> httpx2.AsyncClient:
    """A client of an address on the loopback; without TLS, whose authorities take 30 ms to read each time."""
    return httpx2.AsyncClient(base_url=url, timeout=10, verify=False)


def closed_port() -> str:
    """The URL of a port on which nobody listens."""
    with loopback(lambda _: Answer()) as gone:
        return gone.url
