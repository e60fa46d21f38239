"""What happens in each scenario: who says what, in which order."""

from __future__ import annotations

import asyncio

import httpx2

from activities.tls import trusted
from commands.late import Aftercares
from domain.evidence import AskEvidence, GiveEvidence, WantedProof
from domain.inspection import Disposition, Grade
from domain.offer import Answer, OfferAnswer
from domain.override import Change
from domain.parcel import TrackingStatus
from domain.policy import Verdict
from domain.policy.goods import Proof
from domain.request import Basis, ReturnReason
from domain.resolution import Resolution
from domain.verbs import Verb
from embedded.demo.shelf import CLIP_LAMP, FLOOR_LAMP
from embedded.demo.walk import Walk
from ledger import EntryKind
from workflows.aftercare_desk import PayAgain
from workflows.return_case.said import Lost


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
    """It was worn, so less is offered than was quoted; the shopper accepts."""
    await walk.asks({"1": 1})
    await walk.sends()
    await walk.arrives({"1": 1})
    await walk.is_graded({"1": 1}, Grade.C, Disposition.LIQUIDATE)
    walk.show.step("The shopper accepts the offer")
    await walk.says("answer_offer", OfferAnswer(by="shopper", plan=1, answer=Answer.ACCEPT))
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
    async with httpx2.AsyncClient(verify=trusted()) as http:
        failed = {"status": "failed", "failure_reason": "declined"}
        (await http.post(f"{control}/refunds/{refund}", json=failed)).raise_for_status()
    await walk.records(EntryKind.REFUND_REVERSED)
    walk.show.step("Finance has it paid again")
    late, name = Aftercares(walk.here.client), None
    while name is None:  # nobody's word is taken before it is their turn
        await asyncio.sleep(0.05)
        found = await late.open(walk.case)
        name = next((one.id for one in found if one.seen and one.seen.next_owner == "finance"), None)
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


async def exchange_up(walk: Walk) -> None:
    """Another lamp for it, which costs more: the shopper pays the difference on a page, then it is sent."""
    await walk.asks({"1": 1}, swap=FLOOR_LAMP.sku, resolution=Resolution.EXCHANGE)
    await walk.sends()
    await walk.arrives({"1": 1})
    await walk.grades({"1": 1})
    await walk.pays()
    await walk.ends()


async def exchange_down(walk: Walk) -> None:
    """Another lamp for it, which costs less: the rest goes back to the card."""
    await walk.asks({"1": 1}, swap=CLIP_LAMP.sku, resolution=Resolution.EXCHANGE)
    await walk.sends()
    await walk.arrives({"1": 1})
    await walk.is_graded({"1": 1})
    await walk.ends()


async def store_credit(walk: Walk) -> None:
    """The shopper takes store credit, and a tenth on top."""
    await _comes_back(walk, {"1": 1}, resolution=Resolution.STORE_CREDIT)


async def evidence(walk: Walk) -> None:
    """What is signed is looked at first: ops ask for a photo, the shopper sends it, and finance approves."""
    await walk.asks({"1": 1})
    walk.show.step("Ops ask for a photo")
    photo = WantedProof(line_id="1", proof=Proof.PHOTO)
    await walk.says("ask_evidence", AskEvidence(by="olga", wanted=(photo,)))
    await walk.records(EntryKind.EVIDENCE_WANTED)
    walk.show.step("The shopper sends one")
    stored = walk.here.rooms.stores.notes.put("https://photos.shop.example/print.jpg")
    await walk.says("give_evidence", GiveEvidence(id="shown-1", by="shopper", photos=(stored,)))
    await walk.records(EntryKind.EVIDENCE_GIVEN)
    walk.show.step("A person looks at it, and approves")
    signed = walk.signed_by("fay", Change(lines=("1",), verdict=Verdict.APPROVE))
    await walk.says("override", signed, id=signed.update_id)
    await walk.sends()
    await walk.arrives({"1": 1})
    await walk.is_graded({"1": 1})
    await walk.ends()


async def _comes_back(
    walk: Walk, units: dict[str, int], basis: Basis | None = None, resolution: Resolution = Resolution.REFUND
) -> None:
    await walk.asks(units, basis=basis, resolution=resolution)
    await walk.sends()
    await walk.arrives(units)
    await walk.is_graded(units)
    await walk.ends()
