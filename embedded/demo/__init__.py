"""The main job, told live: two orders, one return of each, from request to refund."""

from __future__ import annotations

from rich.console import Console

from embedded.demo.orders import SHOPIFY, TWO_RATES, stock_up
from embedded.demo.show import Show
from embedded.demo.walk import Walk
from embedded.stack import Stack


async def tell(here: Stack, console: Console, *, crash: bool) -> int:
    """Walk both returns and compare what provider, journal and plan say. Returns 0 if they agree, else 1."""
    show = Show(console, here)
    show.welcome()
    agreed = True
    for sample in (SHOPIFY, TWO_RATES):
        order = await stock_up(here, sample)
        walk = Walk(here, show, order, sample)
        crashes = await walk.tell(crash=crash and sample is SHOPIFY)
        refunds = await walk.refunds()
        agreed = await walk.receipt(refunds) and agreed
        if crashes:
            show.crash_receipt(crashes, len(refunds))
    verified = show.verification(here.rooms.ledger.verify())
    return 0 if agreed and verified else 1
