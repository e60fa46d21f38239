"""Returns whose shopper gets goods: exchanged, replaced, or the same repaired."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import Client

from activities.payments import stripe_events
from commands.policy import publish_policy
from domain import trade_ids
from domain.approval import statement
from domain.case import Outcome
from domain.choice import Choice
from domain.early import Settle, Settled
from domain.inspection import Disposition, Grade, InspectedLine, Inspection
from domain.mending import Regrade, RegradedLine
from domain.news import PaymentNews
from domain.parcel import TrackingStatus
from domain.repair import Repair, ShippedByHand, WorkshopSaid
from domain.resolution import Resolution
from ledger import UNITS, EntryKind, NewEntry
from ledger.moves import transfers
from ledger.signing import sign
from portal.courier import Courier
from portal.temporal import TemporalDelivery
from settings import ROOT
from tests.diaries.diary import Diary
from tests.diaries.policies import in_force
from tests.portal.fakes import row
from tests.workflows.returns import Return, refusal
from tests.workflows.test_people import KEYS, limited
from tests.workflows.test_replan import elsewhere
from tests.world import POLICY_FROM
from workflows.aftercare_view import AftercareView
from workflows.return_case.said import Lost

OFFERED = """
resolutions:
  - allowed: [refund, exchange, repair, replacement, store_credit]
"""
MUG = {"1": 1}
"""One of three mugs that cost 35.29 EUR: 11.76 EUR."""
VAT = [{"name": "VAT", "rate": "0.19"}]
SOLD: dict[str, tuple[str, int]] = {
    "MUG-BLUE": ("mug", 1290),
    "MUG-RED": ("mug", 1290),
    "MUG-GREEN": ("mug", 1290),
    "POT": ("pot", 1676),
    "CUP": ("cup", 976),
}
"""By SKU the product and its price today; a pot is 5.00 EUR more than the mug was, a cup 2.00 EUR less."""


@pytest.fixture
async def shelf(diary: Diary) -> Diary:
    """The shop offers everything, sells mugs, pots and cups, and has three of each."""
    world = diary.shop.world
    text = (ROOT / "policies" / "default.yaml").read_text() + OFFERED
    publish_policy(world.rooms, text, POLICY_FROM, datetime.now(UTC))
    for sku, (product, price) in SOLD.items():
        told = {"sku": sku, "product": product, "title": f"The {sku}", "price": price, "currency": "EUR"}
        await world.post("/storefront/_control/variants", {**told, "taxes": VAT})
        if sku != "MUG-GREEN":
            moved = transfers(f"given:{sku}", UNITS, [("found", f"stock:main:{sku}:restocked", 3)])
            entry = NewEntry(key=f"given:{sku}", kind=EntryKind.RESTOCK, actor="ann", at=POLICY_FROM, transfers=moved)
            world.rooms.ledger.append(entry)
    return diary


async def asks(diary: Diary, said: str, **wanted: Any) -> Return:
    """The shopper asks for it, and has the label."""
    one = await diary.shop.two_rates(MUG, **wanted)
    await one.labelled()
    return await diary.follows(one, said)


def exchange(sku: str) -> dict[str, Any]:
    return {"resolution": Resolution.EXCHANGE, "exchange_for": sku}


def again(resolution: Resolution) -> dict[str, Any]:
    return {"resolution": resolution, "reason": "defective"}


async def comes(diary: Diary, one: Return) -> None:
    """The parcel comes, and the mug is as it should be."""
    await diary.passes(2)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.passes(1)
    await diary.says("warehouse", "counts the mug", one.receive())
    await diary.says("warehouse", "grades it", one.inspect())


def books(diary: Diary, *prefixes: str) -> dict[str, int]:
    """What stands on these accounts."""
    return {name: amount for prefix in prefixes for name, amount in diary.shop.world.posted(prefix).items()}


async def test_exchange_for_another_size(shelf: Diary, diary: Diary) -> None:
    """The shopper wants the red mug for the blue one: what was paid for the one is paid for the other."""
    one = await asks(diary, "asks for the red mug instead of the blue one", **exchange("MUG-RED"))
    assert (await one.view()).goods_out == ("1 x MUG-RED",)
    await comes(diary, one)
    view = await diary.ends(Outcome.EXCHANGED)
    assert view.sent == ("OUT00000001",)
    new = f"paid:two-rates:{one_line(one)}"
    assert books(diary, new) == {f"{new}:net": 988, f"{new}:tax:1": 188}
    assert books(diary, "tender:") == {"tender:pi_demo_two_rates": 10850}
    assert diary.shop.world.returnable("two-rates", one_line(one)) == 1
    mail = (await diary.shop.world.mails(one.case))[-1]
    assert "The MUG-RED" in str(mail)
    assert "OUT00000001" in str(mail)


def one_line(one: Return) -> str:
    """The line of the order that an exchange added."""
    return trade_ids.new_line(one.case, "1")


async def test_exchange_for_something_cheaper(shelf: Diary, diary: Diary) -> None:
    """The shopper wants a cup, which is cheaper: the rest goes back to the card."""
    one = await asks(diary, "asks for a cup instead of the mug", **exchange("CUP"))
    view = await one.view()
    assert (view.quote, view.to_pay) == ("2.00 EUR", "")
    await comes(diary, one)
    view = await diary.ends(Outcome.EXCHANGED)
    assert view.refunded == "2.00 EUR"
    assert books(diary, "tender:") == {"tender:pi_demo_two_rates": 10650}
    assert sum(books(diary, f"paid:two-rates:{one_line(one)}").values()) == 976


async def pays(diary: Diary, *, late: bool = False) -> set[str]:
    """Somebody pays on the page; where the provider's word went."""
    shop = diary.shop
    page = (await shop.world.http.get("/stripe/v1/payment_links", headers=STRIPE)).json()["data"][0]
    await shop.world.post(f"/stripe/_control/payment_links/{page['id']}/pay", {"late": late})
    listed = (await shop.world.http.get("/stripe/v1/events", headers=STRIPE)).json()["data"]

    async def connect() -> Client:
        return shop.client

    rooms = shop.world.rooms
    courier = Courier(TemporalDelivery(connect), rooms.ledger, rooms.stores.parcels, rooms.stores.outbox)
    told = [one for body in listed for one in stripe_events.read(body) if isinstance(one.told, PaymentNews)]
    return {(await courier.send(row(one.told, one.event))).target for one in told}


STRIPE = {"Authorization": "Bearer sk_test_world"}


async def test_exchange_for_something_dearer(shelf: Diary, diary: Diary) -> None:
    """The shopper wants a pot, which costs 5.00 more: they pay it on a page, and the pot is sent."""
    one = await asks(diary, "asks for a pot instead of the mug", **exchange("POT"))
    assert (await one.view()).to_pay == "5.00 EUR"
    await comes(diary, one)
    view = await one.until(lambda view: bool(view.pay_url))
    assert (view.next_owner, view.next_action) == ("shopper", "Pay 5.00 EUR for the exchange")
    assert books(diary, "stock:main:POT") == {"stock:main:POT:restocked": 3}
    await diary.passes(1)
    assert await pays(diary) == {"return-R-1"}
    await diary.note("provider", "tells that the shopper has paid 5.00")
    await diary.ends(Outcome.EXCHANGED)
    (paid,) = diary.shop.world.entries("R-1", EntryKind.PAYMENT_CAME)
    assert books(diary, "tender:") == {
        "tender:pi_demo_two_rates": 10850,
        f"tender:{paid.facts['tender']['id']}": 500,
    }
    assert books(diary, "order:") == {}
    assert sum(books(diary, f"paid:two-rates:{one_line(one)}").values()) == 1676
    due = next(one for one in await diary.shop.world.mails("R-1") if "Please pay" in one["subject"])
    assert "5.00" in str(due)
    assert view.pay_url in str(due)


async def test_exchange_that_nobody_pays(shelf: Diary, diary: Diary) -> None:
    """The shopper does not pay what the pot costs more: they are reminded, then the mug is refunded. What they pay
    after that goes back by itself."""
    one = await asks(diary, "asks for a pot instead of the mug", **exchange("POT"))
    await comes(diary, one)
    await one.until(lambda view: bool(view.pay_url))
    await diary.passes(4, "is reminded of the payment")
    assert len([one for one in await diary.shop.world.mails("R-1") if "Please pay" in one["subject"]]) == 2
    await diary.passes(2.9)
    assert (await one.view()).pay_url
    await diary.skip(timedelta(days=0.2))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == "11.76 EUR"
    assert books(diary, "stock:main:POT") == {"stock:main:POT:restocked": 3}
    assert diary.shop.world.pending() == []
    (aftercare,) = await pays(diary, late=True)
    handle = diary.shop.client.get_workflow_handle(aftercare, result_type=AftercareView)
    assert (await handle.result()).outcome == "succeeded"
    assert books(diary, "tender:") == {"tender:pi_demo_two_rates": 10850 - 1176}
    assert books(diary, "order:", "owed:") == {}
    (late,) = [one for one in await refunds(diary) if one["amount"] == 500]
    assert late["status"] == "succeeded"


async def test_exchange_whose_money_went_another_way(shelf: Diary, diary: Diary) -> None:
    """While the shopper is asked for what the pot costs more, most of the order is refunded elsewhere; they pay all the
    same. The pot does not go out: what is left of the mug goes back, and so does what they paid, whole."""
    one = await asks(diary, "asks for a pot instead of the mug", **exchange("POT"))
    await comes(diary, one)
    await one.until(lambda view: bool(view.pay_url))
    await elsewhere(one, "pi_demo_two_rates", 10000)
    await diary.note("finance", "refunds 100.00 of the order in the provider's dashboard")
    await pays(diary)
    await diary.note("shopper", "pays the 5.00 all the same")
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == "0.92 EUR"  # of 8.50 that were left of the order, 2.76 were left of three mugs
    assert (view.sent, view.goods_out) == ((), ())
    (chosen,) = diary.shop.world.entries("R-1", EntryKind.CHOICE)
    assert chosen.reasons == ("exchange_not_covered",)
    assert diary.shop.world.rooms.ledger.balance("stock:main:POT:restocked", UNITS).available == 3
    assert books(diary, "tender:") == {"tender:pi_demo_two_rates": 10850 - 10000 - 92}
    assert books(diary, "order:", "owed:", "suspense:") == {}
    assert sorted(made["amount"] for made in await refunds(diary)) == [92, 500, 10000]
    mails = await diary.shop.world.mails("R-1")
    assert len([mail for mail in mails if "could not be sent" in str(mail)]) == 1
    assert any("5.00" in str(mail) and "refund" in mail["subject"].lower() for mail in mails)


async def test_exchange_whose_money_went_another_way_as_store_credit(shelf: Diary, diary: Diary) -> None:
    """The same where a person has to agree to every refund: while that is waited for, ops decide on store credit."""
    limited(diary.shop.world)
    await in_force(diary.shop, f"{OFFERED.strip()}\nautomatic_limit: {{EUR: 0}}\n")
    one = await asks(diary, "asks for a pot instead of the mug", **exchange("POT"))
    await comes(diary, one)
    await one.until(lambda view: bool(view.pay_url))
    await elsewhere(one, "pi_demo_two_rates", 10000)
    await diary.note("finance", "refunds 100.00 of the order in the provider's dashboard")
    await pays(diary)
    await one.until(lambda view: view.next_action == "Approve the refund of 0.92 EUR")
    await diary.note("shopper", "pays the 5.00 all the same")
    credit = Choice(by="olga", resolution=Resolution.STORE_CREDIT, remark="by phone, 14:20")
    await diary.says("ops", "hear that the shopper takes store credit", one.update("choose", credit))
    await one.until(lambda view: bool(view.to_approve) and view.resolution == "store_credit")
    assert sorted(made["amount"] for made in await refunds(diary)) == [500, 10000]
    word = {"by": "fay", "amount": 92, "update_id": "u-1"}
    word["signature"] = sign(KEYS["fay"], statement("R-1", 92, "EUR", "u-1"))
    await diary.says("finance", "agrees to it", one.update("approve", word, "u-1"))
    await diary.ends(Outcome.CREDITED)
    assert books(diary, "store_credit:") == {"store_credit:cust-2041": 92}


async def refunds(diary: Diary) -> list[dict[str, Any]]:
    """Everything that the payment provider refunded."""
    found = await diary.shop.world.http.get("/stripe/v1/refunds", headers=STRIPE)
    return list(found.json()["data"])


async def test_exchange_for_what_is_out_of_stock(shelf: Diary, diary: Diary) -> None:
    """There is no green mug left: the shopper is told, chooses store credit instead, and gets it."""
    one = await asks(diary, "asks for the green mug", **exchange("MUG-GREEN"))
    view = await one.view()
    assert (view.resolution, view.quote) == (Resolution.REFUND, "11.76 EUR")
    assert (view.goods_out, view.to_pay) == ((), "")  # nothing is said of what does not go out
    assert "not to be had" in str((await diary.shop.world.mails("R-1"))[-1])
    assert await refusal(one.update("choose", {"by": "shopper", "resolution": "exchange"})) == (
        "not_asked_for",
        "What is to be exchanged for what is said for each line: `edit` says it until the goods arrive.",
    )
    await diary.says(
        "shopper",
        "takes store credit instead",
        one.update("choose", Choice(by="shopper", resolution=Resolution.STORE_CREDIT)),
    )
    await comes(diary, one)
    await diary.ends(Outcome.CREDITED)


async def test_exchange_that_is_called_off(shelf: Diary, diary: Diary) -> None:
    """The shopper calls the exchange off: what was set aside is free again."""
    one = await asks(diary, "asks for the red mug", **exchange("MUG-RED"))
    stock = diary.shop.world.rooms.ledger.balance("stock:main:MUG-RED:restocked", UNITS)
    assert stock.available == 2
    await diary.says("shopper", "calls it off", one.cancel())
    await diary.ends(Outcome.CANCELLED)
    assert diary.shop.world.rooms.ledger.balance("stock:main:MUG-RED:restocked", UNITS).available == 3


async def test_exchange_that_becomes_a_repair(shelf: Diary, diary: Diary) -> None:
    """The shopper rather has the mug mended: the red one is free again, and when nobody can mend it, money follows."""
    one = await asks(diary, "asks for the red mug", **exchange("MUG-RED"))
    bare = {"id": "edit-1", "by": "shopper", "lines": [{"line_id": "1", "quantity": 1, "reason": "unwanted"}]}
    assert (await refusal(one.update("edit", bare)))[0] == "no_exchange"  # for what, it does not say any more
    chosen = Choice(by="shopper", resolution=Resolution.REPAIR)
    await diary.says("shopper", "rather has it mended", one.update("choose", chosen))
    await comes(diary, one)
    await one.until(lambda view: view.next_action.startswith("Mend"))
    assert diary.shop.world.rooms.ledger.balance("stock:main:MUG-RED:restocked", UNITS).available == 3
    said = WorkshopSaid(by="ann", result=Repair.NOT_REPAIRABLE)
    await diary.says("warehouse", "cannot repair it", one.update("repair", said))
    assert (await diary.ends(Outcome.REFUNDED)).refunded == "11.76 EUR"


async def test_exchange_that_is_asked_for_later(shelf: Diary, diary: Diary) -> None:
    """The shopper asked for the money, and has the label; then they rather want a cup, and a mail says what follows."""
    one = await asks(diary, "asks for the money back")
    line = {"line_id": "1", "quantity": 1, "reason": "unwanted"}
    said = {"id": "edit-1", "by": "shopper", "lines": [line], "resolution": "exchange"}
    assert (await refusal(one.update("edit", said)))[0] == "no_exchange"
    said = {**said, "lines": [{**line, "exchange_for": "CUP"}]}
    assert (await refusal(one.update("edit", {**said, "resolution": "refund"})))[0] == "no_exchange"
    await diary.says("shopper", "rather wants a cup", one.update("edit", said))
    view = await one.until(lambda view: bool(view.goods_out))
    assert (view.resolution, view.goods_out, view.quote) == ("exchange", ("1 x CUP",), "2.00 EUR")
    assert diary.shop.world.rooms.ledger.balance("stock:main:CUP:restocked", UNITS).available == 2
    again = {**said, "id": "edit-2", "lines": [{**line, "exchange_for": "POT"}]}
    assert (await refusal(one.update("edit", again)))[0] == "promised_already"
    await comes(diary, one)
    view = await diary.ends(Outcome.EXCHANGED)
    assert (view.refunded, view.sent) == ("2.00 EUR", ("OUT00000001",))
    assert "The CUP" in str([mail for mail in await diary.shop.world.mails("R-1") if "approved" in mail["subject"]][-1])


async def test_chain_of_exchanges(shelf: Diary, diary: Diary) -> None:
    """The red mug that came for the blue one is exchanged for a pot, and that comes back: what was paid goes back."""
    one = await asks(diary, "asks for the red mug instead of the blue one", **exchange("MUG-RED"))
    await comes(diary, one)
    assert (await one.result()).outcome is Outcome.EXCHANGED
    red, world = one_line(one), diary.shop.world
    second = await diary.shop.start("R-2", "two-rates", {red: 1}, **exchange("CUP"))
    await second.arrive()
    await second.inspect()
    view = await second.result()
    assert (view.outcome, view.refunded) == (Outcome.EXCHANGED, "2.00 EUR")
    third = await diary.shop.start("R-3", "two-rates", {trade_ids.new_line("R-2", red): 1})
    await third.arrive()
    await third.inspect()
    view = await third.result()
    assert (view.outcome, view.refunded) == (Outcome.REFUNDED, "9.76 EUR")  # 11.76 were paid, and 2.00 went back
    assert books(diary, "tender:") == {"tender:pi_demo_two_rates": 10850 - 1176}
    await diary.note("shopper", "exchanges the red mug for a cup, and sends that back, too")
    assert world.rooms.ledger.verify().faults == ()


async def test_replacement(shelf: Diary, diary: Diary) -> None:
    """The mug is broken: another one is sent when it is here, by hand, because the storefront is slow to pack it."""
    world = diary.shop.world
    await world.post("/storefront/_control/fulfilments", {"at_once": False})
    one = await asks(diary, "asks for the same mug again, because it is broken", **again(Resolution.REPLACEMENT))
    await comes(diary, one)
    view = await one.until(lambda view: view.next_action.startswith("Send what goes out"))
    assert view.next_owner == "warehouse"
    said = ShippedByHand(by="ann", tracking_number="JJD0099", carrier="DHL")
    await diary.says("warehouse", "sends a mug by itself", one.update("shipped", said))
    view = await diary.ends(Outcome.REPLACED)
    assert view.sent == ("JJD0099",)
    assert (await refunds(diary), books(diary, "tender:")) == ([], {"tender:pi_demo_two_rates": 10850})
    assert world.returnable("two-rates", "1") == 3  # the new one can be returned, for what was paid for the old


async def test_repair(shelf: Diary, diary: Diary) -> None:
    """The mug is repaired and goes back to the shopper, who may return it later as before."""
    one = await asks(diary, "asks to have the mug repaired", **again(Resolution.REPAIR))
    await comes(diary, one)
    view = await one.until(lambda view: view.next_action.startswith("Mend"))
    assert view.next_owner == "warehouse"
    await diary.passes(5)
    better = RegradedLine(line_id="1", quantity=1, grade=Grade.B)
    await diary.says("ops", "grade it anew", one.update("regrade", Regrade(by="olga", lines=(better,))))
    assert (await one.view()).next_action.startswith("Mend")  # whatever else is said, the workshop has its time
    await diary.says(
        "warehouse", "has repaired it", one.update("repair", WorkshopSaid(by="ann", result=Repair.REPAIRED))
    )
    await diary.ends(Outcome.REPAIRED)
    assert diary.shop.world.returnable("two-rates", "1") == 3
    assert books(diary, "stock:main:MUG-BLUE") == {"stock:main:MUG-BLUE:restocked": 3}


async def test_repair_that_fails(shelf: Diary, diary: Diary) -> None:
    """The workshop is silent, then says that the mug cannot be repaired; no other is left, so the money goes back."""
    moved = transfers("sold out", UNITS, [("stock:main:MUG-BLUE:restocked", "found", 3)])
    diary.shop.world.rooms.ledger.append(
        NewEntry(key="sold out", kind=EntryKind.RESTOCK, actor="ann", at=POLICY_FROM, transfers=moved)
    )
    one = await asks(diary, "asks to have the mug repaired", **again(Resolution.REPAIR))
    await comes(diary, one)
    await one.until(lambda view: view.next_action.startswith("Mend"))
    await diary.passes(14.1, "the workshop has not answered")
    assert (await one.view()).next_owner == "ops"
    said = WorkshopSaid(by="ann", result=Repair.NOT_REPAIRABLE)
    await diary.says("warehouse", "cannot repair it", one.update("repair", said))
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == "11.76 EUR"
    chosen = [one.facts["choice"]["resolution"] for one in diary.shop.world.entries("R-1", EntryKind.CHOICE)]
    assert chosen == ["replacement", "refund"]


async def test_repair_instead_of_another_that_takes_too_long(shelf: Diary, diary: Diary) -> None:
    """Another mug waits to go out when the shopper rather has theirs mended; the workshop is silent, and it goes."""
    one = await asks(diary, "asks for another mug", **again(Resolution.REPLACEMENT))
    shelved = "stock:main:MUG-BLUE:restocked"
    chosen = Choice(by="shopper", resolution=Resolution.REPAIR)
    await diary.says("shopper", "rather has it mended", one.update("choose", chosen))
    await comes(diary, one)
    await one.until(lambda view: view.next_action.startswith("Mend"))
    assert diary.shop.world.rooms.ledger.balance(shelved, UNITS).available == 3
    await diary.passes(14.1, "the workshop has not answered")
    await diary.passes(14.1, "it still has not, so the next remedy follows")
    assert (await diary.ends(Outcome.REPLACED)).sent == ("OUT00000001",)
    aside = diary.shop.world.entries("R-1", EntryKind.SET_ASIDE)
    assert [entry.key for entry in aside] == ["set_aside:R-1:1", "set_aside:R-1:2"]


async def test_repair_of_what_is_lost(shelf: Diary, diary: Diary) -> None:
    """The mug is lost on its way to the workshop, so another one is sent instead."""
    one = await asks(diary, "asks to have the mug repaired", **again(Resolution.REPAIR))
    await diary.passes(2)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.says("ops", "hears that the parcel is lost", one.update("lost", Lost(by="olga")))
    view = await diary.ends(Outcome.REPLACED)
    assert (view.sent, view.refunded) == (("OUT00000001",), "")
    (choice,) = diary.shop.world.entries("R-1", EntryKind.CHOICE)
    assert (choice.reasons, choice.facts["choice"]["resolution"]) == (("lost_by_carrier",), "replacement")


FIRST = """
resolutions:
  - allowed: [refund, exchange, store_credit]
ship_trigger:
  - event: first_scan
    exposure_limit: {EUR: 2000}
restocking:
  - percent: 50
    when: {grade: grade_c}
"""
CUSTOMER = "cust-2041"


async def goes_first(diary: Diary, sku: str = "MUG-RED", clauses: str = FIRST) -> Return:
    """What goes out is on its way as soon as the carrier has what comes back."""
    await in_force(diary.shop, clauses)
    one = await asks(diary, f"asks for {sku} instead of the mug", **exchange(sku))
    await diary.passes(2)
    await one.scan("scan-0", TrackingStatus.IN_TRANSIT, at=await diary.now)
    await one.until(lambda view: bool(view.sent))
    await diary.note("carrier", "has the parcel, which is when the policy sends")
    view = await one.view()
    assert (view.stage, view.next_owner) == ("in_transit", "carrier")
    return one


def out(diary: Diary) -> dict[str, int]:
    """What is out to customers before goods came, and what they owe."""
    return books(diary, "early:", "receivable:", "exposure:")


async def test_exchange_that_is_sent_first(shelf: Diary, diary: Diary) -> None:
    """The policy sends the red mug as soon as the carrier has the blue one, which comes as new: nothing is owed."""
    one = await goes_first(diary)
    assert out(diary) == {"early:R-1": 1176, f"exposure:{CUSTOMER}": 2000 - 1176}
    assert diary.shop.world.returnable("two-rates", one_line(one)) == 1
    assert (await refusal(one.cancel()))[0] == "paid_early"
    await diary.passes(1)
    await diary.says("warehouse", "counts the mug", one.receive())
    await diary.says("warehouse", "grades it", one.inspect())
    view = await diary.ends(Outcome.EXCHANGED)
    assert (view.sent, view.refunded) == (("OUT00000001",), "")
    assert out(diary) == {f"exposure:{CUSTOMER}": 2000}
    new = f"paid:two-rates:{one_line(one)}"
    assert books(diary, new) == {f"{new}:net": 988, f"{new}:tax:1": 188}


async def test_exchange_that_is_sent_first_for_what_turns_out_used(shelf: Diary, diary: Diary) -> None:
    """The red mug is out, and the blue one comes clearly used: half of what was paid for it the shopper owes."""
    one = await goes_first(diary)
    await diary.passes(1)
    await diary.says("warehouse", "counts the mug", one.receive())
    used = InspectedLine(line_id="1", quantity=1, grade=Grade.C, disposition=Disposition.REFURBISH)
    await one.update("inspect", Inspection(id="look-1", inspected_by="ben", lines=(used,)))
    await one.told("payment_due")
    await diary.note("warehouse", "grades it as clearly used")
    assert out(diary) == {f"exposure:{CUSTOMER}": 2000, f"receivable:{CUSTOMER}": 588}
    paid = Settle(by="fay", how=Settled.PAID, reference="bank-77")
    await diary.says("finance", "has seen the shopper's money", one.update("settle", paid))
    await diary.ends(Outcome.EXCHANGED)
    assert out(diary) == {f"exposure:{CUSTOMER}": 2000}


async def test_exchange_that_is_sent_first_for_what_never_comes(shelf: Diary, diary: Diary) -> None:
    """The shopper has the pot, paid what it costs more, and lets the mug lie: what it was worth they owe."""
    await in_force(diary.shop, FIRST)
    one = await asks(diary, "asks for a pot instead of the mug", **exchange("POT"))
    await diary.passes(2)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await one.until(lambda view: bool(view.pay_url))
    assert (await one.view()).next_action == "Pay 5.00 EUR for the exchange"
    await pays(diary)
    await one.until(lambda view: bool(view.sent))
    await diary.note("shopper", "pays 5.00, and the pot is sent")
    assert out(diary) == {"early:R-1": 1176, f"exposure:{CUSTOMER}": 2000 - 1176}
    await diary.passes(1)
    await diary.scanned("takes it back to its sender", TrackingStatus.RETURN_TO_SENDER)
    await diary.passes(26)
    await one.until(lambda view: view.next_owner == "finance")
    await diary.note("time", "the last day to send it again passes")
    assert out(diary) == {f"exposure:{CUSTOMER}": 2000, f"receivable:{CUSTOMER}": 1176}
    assert books(diary, "kept:") == {"kept:two-rates": 1}
    waived = Settle(by="fay", how=Settled.WAIVED)
    await diary.says("finance", "lets it go", one.update("settle", waived))
    await diary.ends(Outcome.EXCHANGED)
    assert out(diary) == {f"exposure:{CUSTOMER}": 2000}


async def test_exchange_that_may_not_be_sent_first(shelf: Diary, diary: Diary) -> None:
    """More would be out to this customer than the policy allows: the pot goes out when the mug was looked at, and only
    then is the shopper asked for what it costs more."""
    await in_force(diary.shop, FIRST.replace("2000", "1000"))
    one = await asks(diary, "asks for a pot instead of the mug", **exchange("POT"))
    await diary.passes(2)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await one.recorded(EntryKind.NOT_EARLY)
    assert diary.shop.world.entries("R-1", EntryKind.NOT_EARLY)[0].reasons == ("exposure",)
    assert ((await one.view()).sent, (await one.view()).pay_url) == ((), "")
    await diary.says("warehouse", "counts the mug", one.receive())
    await diary.says("warehouse", "grades it", one.inspect())
    await one.until(lambda view: bool(view.pay_url))
    await pays(diary)
    await diary.note("provider", "tells that the shopper has paid 5.00")
    view = await diary.ends(Outcome.EXCHANGED)
    assert view.sent == ("OUT00000001",)
    assert out(diary) == {}
