"""What may happen to a return, each on an order of its own with fixed numbers, under `policies/trial.yaml`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx2

from commands.late import Aftercares
from domain.case import Outcome
from domain.inspection import Disposition, Grade
from domain.parcel import TrackingStatus
from domain.request import Basis, ReturnReason
from domain.verbs import Verb
from embedded.demo.shelf import Article, Purchase
from embedded.demo.walk import Walk
from ledger import EntryKind
from workflows.aftercare_desk import PayAgain
from workflows.return_case.said import Lost

Story = Callable[[Walk], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """One scenario: its order, what happens, and how it must end. `refunded` in minor units."""

    name: str
    title: str
    purchase: Purchase
    story: Story
    outcome: Outcome
    refunded: int


async def plain(walk: Walk) -> None:
    """One of two shirts comes back as new."""
    await _comes_back(walk, {"1": 1})


async def damaged(walk: Walk) -> None:
    """It arrived broken, so everything goes back, and nothing is put on the shelf."""
    await walk.asks({"1": 1}, ReturnReason.DAMAGED_IN_TRANSIT)
    await walk.sends()
    await walk.arrives({"1": 1})
    await walk.is_graded({"1": 1}, Grade.D, Disposition.RECYCLE)
    await walk.ends()


async def used(walk: Walk) -> None:
    """It was worn: the shopper pays for that."""
    await walk.asks({"1": 1})
    await walk.sends()
    await walk.arrives({"1": 1})
    await walk.is_graded({"1": 1}, Grade.C, Disposition.LIQUIDATE)
    await walk.ends()


async def outside_the_window(walk: Walk) -> None:
    """Asked for sixty days after delivery."""
    await walk.asks({"1": 1})
    await walk.ends()


async def refund_fails_late(walk: Walk) -> None:
    """The bank sends the money back after the return has closed; finance has it paid again."""
    await _comes_back(walk, {"1": 1})
    control, ((refund, _),) = f"{walk.here.simulators}/stripe/_control", await walk.refunds()
    walk.show.step("Two days later the bank sends the money back")
    async with httpx2.AsyncClient() as http:
        failed = {"status": "failed", "failure_reason": "declined"}
        (await http.post(f"{control}/refunds/{refund}", json=failed)).raise_for_status()
    await walk.records(EntryKind.REFUND_REVERSED)
    walk.show.step("Finance has it paid again")
    late = Aftercares(walk.here.client)
    name = None
    while name is None:
        name = await late.named(walk.case, Verb.PAY_AGAIN)
    await late.tell(name, Verb.PAY_AGAIN, PayAgain(by="fay"))
    await walk.records(EntryKind.REFUND_SETTLED, 2)


async def never_comes(walk: Walk) -> None:
    """Nobody sends anything: reminded after a while, expired in the end, and the label is void."""
    await walk.asks({"1": 1})
    await walk.is_labelled()
    walk.show.step("Nothing is sent; a day lasts a second here")
    await walk.ends()


async def yen(walk: Walk) -> None:
    """A currency without decimals."""
    await _comes_back(walk, {"1": 1})


async def two_tenders(walk: Walk) -> None:
    """Paid by gift card and card: each gets back its own."""
    await _comes_back(walk, {"1": 2})


async def withdrawal(walk: Walk) -> None:
    """The law lets the shopper withdraw: a receipt at once, and delivery is paid back, too."""
    await _comes_back(walk, {"1": 1}, basis=Basis.WITHDRAWAL)


async def lost(walk: Walk) -> None:
    """The carrier has lost the parcel: the shopper is paid all the same."""
    await walk.asks({"1": 1})
    await walk.sends(("Fakecity", TrackingStatus.IN_TRANSIT))
    walk.show.step("The carrier cannot find it")
    await walk.says("lost", Lost(by="olga"))
    await walk.ends()


async def _comes_back(walk: Walk, units: dict[str, int], basis: Basis | None = None) -> None:
    await walk.asks(units, basis=basis)
    await walk.sends()
    await walk.arrives(units)
    await walk.is_graded(units)
    await walk.ends()


_SHIRT = Article("SHIRT-M", "Linen shirt, M", 4900, 2, tax_amount=1565)
_LAMP = Article("LAMP", "Reading lamp", 12900, tax_amount=2060)


def _paid(number: str, amount: int) -> dict[str, tuple[str, int]]:
    return {f"pi_demo_{number.lower().replace('-', '_')}": ("card", amount)}


SCENARIOS = {
    one.name: one
    for one in (
        Scenario(
            "plain",
            "A plain return",
            Purchase("S-1001", (_SHIRT,), _paid("S-1001", 9800)),
            plain,
            Outcome.REFUNDED,
            4900,
        ),
        Scenario(
            "damaged",
            "Damaged on its way",
            Purchase("S-1002", (_LAMP,), _paid("S-1002", 13590), shipping=690),
            damaged,
            Outcome.REFUNDED,
            13590,
        ),
        Scenario(
            "used",
            "Clearly used",
            Purchase("S-1003", (_LAMP,), _paid("S-1003", 12900)),
            used,
            Outcome.REFUNDED,
            10320,
        ),
        Scenario(
            "late",
            "Outside the window",
            Purchase("S-1004", (_LAMP,), _paid("S-1004", 12900), delivered_days_ago=60),
            outside_the_window,
            Outcome.DECLINED,
            0,
        ),
        Scenario(
            "fails-late",
            "The refund fails late",
            Purchase("S-1005", (_LAMP,), _paid("S-1005", 12900)),
            refund_fails_late,
            Outcome.REFUNDED,
            12900,
        ),
        Scenario(
            "never-comes",
            "The parcel never comes",
            Purchase("S-1006", (_LAMP,), _paid("S-1006", 12900)),
            never_comes,
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
            yen,
            Outcome.REFUNDED,
            1980,
        ),
        Scenario(
            "two-tenders",
            "Paid by gift card and card",
            Purchase("S-1008", (_SHIRT,), {"gc_demo_s_1008": ("gift_card", 2500), **_paid("S-1008", 7300)}),
            two_tenders,
            Outcome.REFUNDED,
            9800,
        ),
        Scenario(
            "withdrawal",
            "Withdrawal within fourteen days, in the European Union",
            Purchase("S-1009", (_LAMP,), _paid("S-1009", 13490), country="DE", shipping=590),
            withdrawal,
            Outcome.REFUNDED,
            13490,
        ),
        Scenario(
            "lost",
            "The carrier loses the parcel",
            Purchase("S-1010", (_LAMP,), _paid("S-1010", 12900)),
            lost,
            Outcome.REFUNDED,
            12900,
        ),
    )
}
"""By name, as `make demo SCENARIO=...` takes them."""
