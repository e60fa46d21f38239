"""Partners whose answers have no end: they hold no thread, and fill no memory."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from activities.calling import LARGEST_ANSWER, StorefrontCalls, ask
from domain.errors import Unavailable
from domain.exchange import Variant

over = threading.Event()


class Partner(BaseHTTPRequestHandler):
    """Answers as its path says."""

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path == "/packed":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        try:
            if self.path == "/long":
                for _ in range(LARGEST_ANSWER // 65536 + 1):
                    self.wfile.write(b" " * 65536)
            elif self.path == "/packed":
                self.wfile.write(gzip.compress(b" " * (LARGEST_ANSWER + 1)))
            elif self.path == "/slow":
                while not over.wait(0.05):
                    self.wfile.write(b" ")
            else:
                self.wfile.write(b"{}")
        except OSError:  # whoever asked has gone
            return

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def partner() -> Iterator[str]:
    """Its address."""
    over.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Partner) as server:
        server.daemon_threads = True
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        over.set()
        server.shutdown()
        serving.join()


@pytest.mark.parametrize("path", ["/long", "/packed", "/slow"])
def test_an_answer_without_end_is_none(partner: str, path: str) -> None:
    with pytest.raises(httpx2.HTTPError, match="more than"):
        ask("GET", partner + path, headers={}, timeout=0.5 if path == "/slow" else 10)


def test_the_storefronts_is_tried_again(partner: str) -> None:
    with pytest.raises(Unavailable, match="The storefront gave no answer"):
        StorefrontCalls(partner, "s3cret").get(Variant, "/long")


def test_an_answer_is_read_whole(partner: str) -> None:
    assert ask("GET", f"{partner}/short", headers={}, timeout=10).content == b"{}"
