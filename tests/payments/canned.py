"""A server on the loopback that answers with what a test gives it, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Call:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Answer:
    """What is said; `drop` hangs up without a word."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False


@dataclass
class Canned:
    """The server's address, and the calls so far."""

    url: str
    calls: list[Call] = field(default_factory=list)


def refund(**fields: object) -> Answer:
    """A refund of ten euros as Stripe shows it; a field that is None is left out."""
    shown = {"id": "re_1", "object": "refund", "amount": 1000, "currency": "eur", "status": "succeeded", **fields}
    return Answer(body=json.dumps({name: value for name, value in shown.items() if value is not None}))


def fault(status: int, message: str = "no", headers: Mapping[str, str] | None = None, **fields: str) -> Answer:
    """An error in Stripe's own shape."""
    error = {"type": "invalid_request_error", "message": message, **fields}
    return Answer(status, json.dumps({"error": error}), headers or {})


@contextmanager
def canned(answer: Callable[[Call], Answer]) -> Iterator[Canned]:
    """Serve on a free port for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            call = Call(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            served.calls.append(call)
            said = answer(call)
            self.close_connection = True
            if said.drop:
                return
            self.send_response(said.status)
            for name, value in {**said.headers, "Content-Length": str(len(said.body.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body.encode())

        do_GET = do_POST = _serve

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Canned(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
