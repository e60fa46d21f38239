"""Whom calls over HTTPS trust."""

from __future__ import annotations

import ssl
from functools import cache

import httpx2


@cache
def trusted() -> ssl.SSLContext:
    """The authorities that this machine trusts, read once per process: to read them takes longer than most calls do."""
    return httpx2.create_ssl_context()
