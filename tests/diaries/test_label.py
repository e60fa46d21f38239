"""The label: issued once more, about to end, given back or not; and the other ways back."""

from __future__ import annotations

from datetime import timedelta

from domain.case import Outcome
from domain.method import Method
from domain.parcel import TrackingStatus
from ledger import EntryKind
from settings import ROOT
from tests.diaries.diary import Diary
from tests.workflows.returns import TWO_RATES, refusal
from tests.workflows.test_overrides import override, staffed
from workflows.return_case.stage import Stage

MUGS = {"1": 2}
WAYS = "methods:\n  - allowed: [label, qr_code, drop_off, in_store, shopper_ships]\n"


async def test_label_issued_again(diary: Diary) -> None:
    """The shopper wants another label, and sends the parcel under the first one all the same."""
    one = await diary.shop.shopify()
    first = (await one.labelled()).tracking_number
    await diary.follows(one, "asks to send one unit back")
    await diary.passes(3)
    await diary.says("shopper", "has lost the label and wants another one", one.new_label())
    assert (await one.new_label()).label_number == 2  # said twice
    view = await one.view()
    assert view.tracking_number != first
    assert view.other_parcels == (first,)
    await diary.passes(1)
    await diary.scanned("has the parcel, under the first label", TrackingStatus.IN_TRANSIT, first)
    assert (await refusal(one.new_label(3)))[0] == "on_its_way"
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)
    labels = {label["number"]: label["voided_at"] is not None for label in await diary.shop.world.labels()}
    assert labels == {first: True, view.tracking_number: False}
    assert diary.shop.world.posted("label_due:label:R-1:1") == {}  # it was used though it was given back
    assert list(diary.shop.world.posted("label_due:label:R-1:2").values()) == [490]


async def test_label_ends_unused(diary: Diary) -> None:
    """Nothing is sent: the shopper is reminded, then told that the label ends, and with it the return."""
    one = await diary.shop.shopify()
    view = await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    assert view.label_until is not None
    await diary.passes(8, "a week before the last day to send")
    await diary.passes(7, "the last day to send is over")
    await diary.passes(10.5, "three days before the label ends")
    (mail,) = [mail for mail in await diary.shop.world.mails("R-1") if "label_expiring" in mail["categories"]]
    assert view.tracking_number in mail["text"]
    await diary.skip(view.label_until - (await diary.now) - timedelta(minutes=1))
    assert (await one.view()).stage is Stage.AWAITING_PARCEL
    await diary.passes(0.01, "the label ends")
    await diary.ends(Outcome.EXPIRED)
    (label,) = await diary.shop.world.labels()
    assert label["voided_at"]
    assert diary.shop.world.posted("label_due:") == {}


async def test_label_that_was_used_is_not_given_back(diary: Diary) -> None:
    """The shopper calls the return off while the parcel travels: its label was used, so it is not given back."""
    one = await diary.shop.shopify()
    await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.says("shopper", "calls it off", one.cancel())
    await diary.ends(Outcome.CANCELLED)
    (void,) = diary.shop.world.entries("R-1", EntryKind.LABEL_VOIDED)
    assert void.facts["answer"] == "already_used"


async def test_parcel_with_a_code(diary: Diary) -> None:
    """The shopper has no printer: the label is printed from a code where the parcel is handed in."""
    diary.shop.policy(WAYS)
    one = await diary.shop.two_rates(MUGS, method=Method.QR_CODE)
    await one.labelled()
    await diary.follows(one, "asks to send two units back, by code")
    (mail,) = await diary.shop.world.mails("R-1")
    assert "show the code; the label is printed there" in mail["text"]
    assert "Print your label" not in mail["text"]
    await diary.passes(2)
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.says("warehouse", "counts two units", one.receive())
    await diary.says("warehouse", "grades them as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)


async def test_goods_at_a_drop_off_point(diary: Diary) -> None:
    """The shopper brings the goods to a drop-off point, whose receipt shows that they are on their way."""
    diary.shop.policy(WAYS)
    one = await diary.shop.two_rates(MUGS, method=Method.DROP_OFF)
    await one.labelled()
    await diary.follows(one, "asks to send two units back, by a drop-off point")
    await diary.passes(2)
    await diary.says("carrier", "the drop-off point has the goods", one.handed_over(receipt="DO-77", by="shop"))
    (mail,) = [mail for mail in await diary.shop.world.mails("R-1") if "in_transit" in mail["categories"]]
    assert "The drop-off point has the items" in mail["text"]
    await diary.passes(20, "the last day to send is over, and nothing ends: the goods are on their way")
    await diary.says("warehouse", "counts two units", one.receive())
    await diary.says("warehouse", "grades them as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)


async def test_goods_over_the_counter(diary: Diary) -> None:
    """The shopper brings the goods to the shop, where they are counted at the till: no label, and no parcel."""
    diary.shop.policy(WAYS)
    one = await diary.shop.two_rates(MUGS, method=Method.IN_STORE)
    view = await one.labelled()
    assert (view.method, view.label_url, view.tracking_number) == (Method.IN_STORE, "", "")
    assert view.sheet_url
    assert "Way back: in store" in await one.details()
    await diary.follows(one, "asks to bring two units to the shop")
    await diary.passes(1)
    await diary.says("warehouse", "counts two units at the till", one.receive(id="till-1"))
    await diary.says("warehouse", "grades them as new", one.inspect())
    view = await diary.ends(Outcome.REFUNDED)
    assert view.refunded == "23.53 EUR"
    mails = await diary.shop.world.mails("R-1")
    assert any("bring these items" in mail["text"] and "No parcel is needed." in mail["text"] for mail in mails)
    assert diary.shop.world.posted("label_due") == {}


async def test_parcel_under_a_label_of_the_shopper(diary: Diary) -> None:
    """The shopper sends the parcel with a carrier of their own, and tells its number."""
    diary.shop.policy(WAYS)
    one = await diary.shop.two_rates(MUGS, method=Method.SHOPPER_SHIPS)
    await one.labelled()
    await diary.follows(one, "asks to send two units back at their own cost")
    await diary.passes(3)
    view = await diary.says("shopper", "tells the number of the parcel", one.handed_over("00340434161094042557"))
    assert (view.stage, view.other_parcels) == (Stage.IN_TRANSIT, ("00340434161094042557",))
    await diary.passes(2)
    await diary.scanned("delivers it", TrackingStatus.DELIVERED, "00340434161094042557")
    await diary.says("warehouse", "counts two units", one.receive())
    await diary.says("warehouse", "grades them as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)


async def test_label_of_a_return_that_is_extended(diary: Diary) -> None:
    """A person gives the shopper longer to send: the label lives as long, and its end is told anew."""
    staffed(diary.shop.world, (ROOT / "policies" / "default.yaml").read_text())
    order = await diary.shop.world.import_order(TWO_RATES)
    one = await diary.shop.start("R-1", order.id, {"3": 1})
    first = await one.labelled()
    await diary.follows(one, "asks to send one unit back")
    await diary.passes(26, "the first end of the label is near")
    day = ((await diary.now) + timedelta(days=20)).date()
    await diary.says("ops", "gives the shopper 20 days more", override(one, "olga", send_back_until=day.isoformat()))
    view = await one.view()
    assert view.label_until is not None
    assert view.label_until.date() == day
    assert (view.tracking_number, view.label_number) == (first.tracking_number, 1)
    await diary.passes(18, "the end of the label is near")
    expiring = [mail for mail in await diary.shop.world.mails("R-1") if "label_expiring" in mail["categories"]]
    assert len(expiring) == 2
    await diary.scanned("has the parcel", TrackingStatus.IN_TRANSIT)
    await diary.says("warehouse", "counts one unit", one.receive())
    await diary.says("warehouse", "grades it as new", one.inspect())
    await diary.ends(Outcome.REFUNDED)
