"""What may happen to a return, each on an order of its own with fixed numbers, under `policies/trial.yaml`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.case import Outcome
from embedded.demo import stories
from embedded.demo.shelf import BEDSIDE_LAMP, CLIP_LAMP, FLOOR_LAMP, LAMP, PRINT, SHIRT, Article, Purchase
from embedded.demo.walk import Walk

Story = Callable[[Walk], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """One scenario: its order, what happens, and how it must end. `refunded` in minor units; `wanted` is what the shop
    sells besides, for an exchange."""

    name: str
    title: str
    purchase: Purchase
    story: Story
    outcome: Outcome
    refunded: int
    wanted: Article | None = None


def _paid(number: str, amount: int) -> dict[str, tuple[str, int]]:
    return {f"pi_demo_{number.lower().replace('-', '_')}": ("card", amount)}


SCENARIOS = {
    one.name: one
    for one in (
        Scenario(
            "plain",
            "A plain return",
            Purchase("S-1001", (SHIRT,), _paid("S-1001", 9800)),
            stories.plain,
            Outcome.REFUNDED,
            4900,
        ),
        Scenario(
            "damaged",
            "Damaged on its way",
            Purchase("S-1002", (LAMP,), _paid("S-1002", 13590), shipping=690),
            stories.damaged,
            Outcome.REFUNDED,
            13590,
        ),
        Scenario(
            "used",
            "Clearly used",
            Purchase("S-1003", (LAMP,), _paid("S-1003", 12900)),
            stories.used,
            Outcome.REFUNDED,
            10320,
        ),
        Scenario(
            "late",
            "Outside the window",
            Purchase("S-1004", (LAMP,), _paid("S-1004", 12900), delivered_days_ago=60),
            stories.outside_the_window,
            Outcome.DECLINED,
            0,
        ),
        Scenario(
            "fails-late",
            "The refund fails late",
            Purchase("S-1005", (LAMP,), _paid("S-1005", 12900)),
            stories.refund_fails_late,
            Outcome.REFUNDED,
            12900,
        ),
        Scenario(
            "never-comes",
            "The parcel never comes",
            Purchase("S-1006", (BEDSIDE_LAMP,), _paid("S-1006", 12900)),
            stories.never_comes,
            Outcome.EXPIRED,
            0,
        ),
        Scenario(
            "yen",
            "A currency without decimals",
            Purchase(
                "S-1007",
                (Article("FURIN", "Wind chime", 1980, 3, "0.10", 540),),
                _paid("S-1007", 5940),
                currency="JPY",
                country="JP",
            ),
            stories.yen,
            Outcome.REFUNDED,
            1980,
        ),
        Scenario(
            "two-tenders",
            "Paid by gift card and card",
            Purchase("S-1008", (SHIRT,), {"gc_demo_s_1008": ("gift_card", 2500), **_paid("S-1008", 7300)}),
            stories.two_tenders,
            Outcome.REFUNDED,
            9800,
        ),
        Scenario(
            "withdrawal",
            "Withdrawal within fourteen days, in the European Union",
            Purchase("S-1009", (LAMP,), _paid("S-1009", 13490), country="DE", shipping=590),
            stories.withdrawal,
            Outcome.REFUNDED,
            13490,
        ),
        Scenario(
            "lost",
            "The carrier loses the parcel",
            Purchase("S-1010", (LAMP,), _paid("S-1010", 12900)),
            stories.lost,
            Outcome.REFUNDED,
            12900,
        ),
        Scenario(
            "exchange-up",
            "Exchanged for something dearer",
            Purchase("S-1011", (LAMP,), _paid("S-1011", 12900)),
            stories.exchange_up,
            Outcome.EXCHANGED,
            0,
            FLOOR_LAMP,
        ),
        Scenario(
            "exchange-down",
            "Exchanged for something cheaper",
            Purchase("S-1012", (LAMP,), _paid("S-1012", 12900)),
            stories.exchange_down,
            Outcome.EXCHANGED,
            3000,
            CLIP_LAMP,
        ),
        Scenario(
            "store-credit",
            "Store credit, and a tenth on top",
            Purchase("S-1013", (LAMP,), _paid("S-1013", 12900)),
            stories.store_credit,
            Outcome.CREDITED,
            12900,
        ),
        Scenario(
            "evidence",
            "Looked at first, by a photo",
            Purchase("S-1014", (PRINT,), _paid("S-1014", 12900)),
            stories.evidence,
            Outcome.REFUNDED,
            12900,
        ),
    )
}
"""By name, as `make demo SCENARIO=...` takes them."""
