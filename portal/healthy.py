"""The portal's health check: `python -m portal.healthy` exits with 0 if it takes webhooks and sends them on, else 1."""

from __future__ import annotations

from http.client import HTTPException
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from entry import leave
from settings import Settings

_SECONDS = 5


def main() -> int:
    """The check of the machine that it runs on."""
    port = Settings.load().portal_port
    try:
        # A proxy for calls to vendors is no way to this machine. Any other status than 200 is raised.
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/health", timeout=_SECONDS):
            return 0
    except (URLError, HTTPException, OSError) as error:
        raise SystemExit(f"the portal at port {port} is not well: {error}") from None


if __name__ == "__main__":
    leave(main)
