"""One transaction at Stripe, with the time and the call that it belongs to."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from embedded.simulators.shelf import Rows


@dataclass(frozen=True)
class Turn:
    """What is kept, the simulated time, and the call that asked; `request` None means that the world moved.

    `site` is where this Stripe is reached, for the pages it links to; `neighbours` are machines that it delivers to.
    """

    rows: Rows
    now: int
    request: str | None = None
    key: str | None = None
    site: str = ""
    neighbours: tuple[str, ...] = ()


def new_id(prefix: str) -> str:
    """An id such as Stripe gives: `re_` and 24 characters."""
    return prefix + secrets.token_hex(12)
