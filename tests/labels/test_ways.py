"""The ways back: with a label of ours, with the shopper's own parcel, or over the counter, each with its sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest

from activities.labels import BuyLabel, LabelActivities, RecordScan, VoidLabel
from activities.labels.packing import Packing
from database.stores import SqlParcels
from domain.method import Method
from domain.parcel import ReturnLabel, Scan, TrackingStatus
from tests.labels.test_activities import RECEIVER, Carrier, due
from tests.shop import NOW, Shop, open_shop

UNITS = {"1": 2, "3": 1}
OTHERS = pytest.mark.parametrize("method", [Method.SHOPPER_SHIPS, Method.IN_STORE, Method.DROP_OFF])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with a return of three units that was approved."""
    with open_shop(tmp_path) as shop:
        shop.publish()
        shop.sell()
        shop.begin("R-1", UNITS)
        yield shop


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where label files and sheets are kept."""
    return tmp_path / "labels"


def room(shop: Shop, carrier: Carrier, folder: Path) -> LabelActivities:
    """The room with this carrier and its sheets."""
    sheets = Packing(shop.snapshots, shop.ledger, folder, "https://returns.example", ())
    return LabelActivities(carrier, shop.contacts, shop.ledger, SqlParcels(shop.engine), RECEIVER, sheets)


def go(rooms: LabelActivities, method: Method = Method.LABEL) -> ReturnLabel:
    """The return gets back by this method."""
    ids = {"case": "R-1", "order_id": "two-rates", "order_number": "B-2041", "customer_id": "cust-2041"}
    return rooms.buy_label(BuyLabel.model_validate({**ids, "method": method, "now": NOW}))


def sheet(folder: Path, label: ReturnLabel) -> str:
    """What a label's packing sheet says."""
    assert label.sheet_url.startswith("https://returns.example/labels/sheet-")
    page = pypdfium2.PdfDocument(folder / label.sheet_url.rpartition("/")[2])[0]
    return str(page.get_textpage().get_text_range())


@pytest.mark.parametrize("method", [Method.LABEL, Method.QR_CODE])
def test_a_label_is_bought_where_the_way_needs_one(shop: Shop, folder: Path, method: Method) -> None:
    carrier = Carrier()
    label = go(room(shop, carrier, folder), method)
    assert len(carrier.bought) == 1
    assert (label.method, label.ours, label.tracking_number) == (method, True, "N0")


@OTHERS
def test_nothing_is_bought_where_it_needs_none(shop: Shop, folder: Path, method: Method) -> None:
    carrier = Carrier()
    rooms = room(shop, carrier, folder)
    label = go(rooms, method)
    assert (label.method, label.ours, label.tracking_number, label.url) == (method, False, "", "")
    assert go(rooms, method) == label
    rooms.void_label(VoidLabel(case="R-1", order_id="two-rates", label=label, actor="shopper", now=NOW))
    assert (carrier.bought, carrier.voided) == ([], [])
    assert shop.entry("label_void:R-1:1").facts["answer"] == "not_bought"
    assert due(shop) == {}
    assert shop.sound()


def test_every_way_has_its_sheet(shop: Shop, folder: Path) -> None:
    said = sheet(folder, go(room(shop, Carrier(), folder), Method.IN_STORE))
    for expected in ("R-1", "B-2041", "Mara Musterfrau", "Lagerstraße 5"):
        assert expected in said
    assert "No parcel is needed" in said


def test_the_sheet_lists_what_was_approved(shop: Shop, folder: Path) -> None:
    said = sheet(folder, go(room(shop, Carrier(), folder)))
    assert "Stoneware mug, blue" in said
    assert "Enamel kettle, 1 litre" in said
    assert "The Book of Tea" not in said


def test_without_a_decision_there_is_nothing_to_pack(shop: Shop, folder: Path) -> None:
    rooms = room(shop, Carrier(), folder)
    ids = {"case": "R-2", "order_id": "two-rates", "order_number": "B-2041", "customer_id": "cust-2041"}
    assert rooms.buy_label(BuyLabel.model_validate({**ids, "now": NOW})).sheet_url == ""


def test_killed_after_the_sheet_it_is_the_same_sheet(shop: Shop, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = room(shop, Carrier(), folder)
    with monkeypatch.context() as patched:
        patched.setattr(shop.ledger, "append", lambda *_, **__: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception):
            go(rooms)
    (first,) = folder.iterdir()
    assert go(rooms).sheet_url.endswith(first.name)
    assert list(folder.iterdir()) == [first]


def test_the_shoppers_own_parcel_costs_us_nothing(shop: Shop, folder: Path) -> None:
    rooms = room(shop, Carrier(), folder)
    go(rooms, Method.SHOPPER_SHIPS)
    seen = Scan(id="ev-1", tracking_number="JD014600", status=TrackingStatus.IN_TRANSIT, at=NOW)
    rooms.record_scan(RecordScan(case="R-1", order_id="two-rates", scan=seen, actor="carrier", now=NOW))
    assert due(shop) == {}
    assert shop.fetch("R-1", UNITS).tracking_numbers == ()
    assert shop.sound()
