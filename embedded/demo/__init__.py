"""The main job, told live: two orders, one return of each, from request to refund; and scenarios to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from embedded.demo.orders import SHOPIFY, TWO_RATES, put_on_sale, stock_up
from embedded.demo.scenarios import Scenario
from embedded.demo.show import Show
from embedded.demo.walk import Walk
from embedded.stack import Stack
from settings import ROOT, home


async def tell(here: Stack, console: Console, *, crash: bool) -> int:
    """Walk both returns and compare what provider, journal and plan say. Returns 0 if they agree, else 1."""
    show = Show(console, here)
    show.welcome()
    agreed = True
    for sample in (SHOPIFY, TWO_RATES):
        order = await stock_up(here, sample.imported(datetime.now(UTC)))
        show.order(sample.title, order)
        walk = Walk(here, show, order)
        await walk.asks(sample.returned)
        await walk.sends()
        await walk.arrives(sample.returned)
        crashed = crash and sample is SHOPIFY
        await (walk.crash_in_refund if crashed else walk.is_graded)(sample.returned)
        await walk.ends()
        refunds = await walk.refunds()
        agreed = await walk.receipt(refunds) and agreed
        if crashed:
            show.crash_receipt(1, len(refunds))
    verified = show.verification(here.rooms.ledger.verify())
    return 0 if agreed and verified else 1


async def play(here: Stack, console: Console, scenarios: Sequence[Scenario]) -> int:
    """Play these, one after the other. Returns 0 if each ended as it should, to the cent, else 1."""
    show, right = Show(console, here), True
    show.welcome()
    show.note(f"Commands that look at it begin with BACKHAUL_HOME={shown(home())}")
    for one in scenarios:
        order = await stock_up(here, one.purchase.imported(datetime.now(UTC)))
        if one.wanted:
            await put_on_sale(here, one.wanted, order.currency, f"found:{order.id}")
        show.order(one.title, order)
        walk = Walk(here, show, order)
        await one.story(walk)
        agreed = await walk.receipt(await walk.refunds())
        right = show.judged(await walk.view(), one.outcome, one.refunded, order.currency) and agreed and right
    verified = show.verification(here.rooms.ledger.verify())
    return 0 if right and verified else 1


def shown(folder: Path) -> str:
    """As people in the project's folder write it."""
    return str(folder.relative_to(ROOT)) if folder.is_relative_to(ROOT) else str(folder)
