"""The portal's health check, as docker compose asks it."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from portal.healthy import main


class Portal(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is told."""


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with HTTPServer(("127.0.0.1", 0), Portal) as server:
        monkeypatch.setenv("BACKHAUL_PORTAL_PORT", str(server.server_port))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield
        server.shutdown()
        thread.join()


def test_a_portal_that_takes_webhooks_is_well(portal: None) -> None:
    assert main() == 0


def test_it_is_asked_directly_whatever_proxy_leads_outside(portal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert main() == 0


def test_one_that_says_no_is_not_well(portal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Portal, "status", 503)
    with pytest.raises(SystemExit, match=r"the portal at port \d+ is not well: .*503"):
        main()


def test_nobody_there_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), Portal) as gone:
        monkeypatch.setenv("BACKHAUL_PORTAL_PORT", str(gone.server_port))
    with pytest.raises(SystemExit, match=r"the portal at port \d+ is not well"):
        main()
