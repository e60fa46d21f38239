"""The label of a return: bought once, voided once, its parcel's scans each recorded once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from activities.labels import BuyLabel, FollowParcel, LabelActivities, LabelRequest, RecordScan, VoidLabel
from activities.labels.parcels import AddParcel, ParcelActivities
from database.stores import SqlParcels
from domain.errors import KeyConflict, Refused, Unavailable
from domain.money import Money
from domain.order import Contact
from domain.parcel import OtherParcel, ReturnLabel, Scan, Tie, TrackingStatus
from ledger.recall import case_so_far
from tests.shop import NOW, Shop, open_shop

COST = Money(minor=490, currency="EUR")
RECEIVER = ("Nordlicht GmbH", "Lagerstraße 5", "20357 Hamburg")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop of its own."""
    with open_shop(tmp_path) as shop:
        yield shop


class Carrier:
    """Remembers what it was asked; `answers` are raised by the next voids, None is a yes."""

    def __init__(self, *answers: Exception | None) -> None:
        self.bought: list[tuple[str, LabelRequest]] = []
        self.voided: list[tuple[str, ReturnLabel]] = []
        self.followed: list[tuple[str, str]] = []
        self.answers = list(answers)
        self.loses_answers = 0

    def find(self, key: str, now: datetime) -> ReturnLabel | None:
        """Nobody asks for it here."""
        raise NotImplementedError

    def track(self, tracking_number: str, carrier: str) -> tuple[Scan, ...]:
        """As scripted."""
        self.followed.append((tracking_number, carrier))
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        return ()

    def buy(self, key: str, request: LabelRequest, now: datetime) -> ReturnLabel:
        """The same key is the same label."""
        self.bought.append((key, request))
        if self.loses_answers:
            self.loses_answers -= 1
            raise Unavailable("the carrier's answer was lost")
        number = f"N{[one for one, _ in self.bought].index(key)}"
        url = f"http://x/{number}.pdf"
        return ReturnLabel(tracking_number=number, carrier="Carrier", url=url, bought_at=now, cost=COST)

    def void(self, key: str, label: ReturnLabel) -> None:
        """As scripted."""
        self.voided.append((key, label))
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer


def room(shop: Shop, carrier: Carrier) -> LabelActivities:
    """The room with this carrier."""
    return LabelActivities(carrier, shop.contacts, shop.ledger, SqlParcels(shop.engine), RECEIVER)


def buy(rooms: LabelActivities, now: datetime = NOW) -> ReturnLabel:
    """The label of return R-1."""
    ask = BuyLabel(case="R-1", order_id="two-rates", order_number="B-2041", customer_id="cust-2041", now=now)
    return rooms.buy_label(ask)


def void(rooms: LabelActivities, label: ReturnLabel) -> None:
    """Void it."""
    rooms.void_label(VoidLabel(case="R-1", order_id="two-rates", label=label, actor="shopper", now=NOW))


def scan(
    rooms: LabelActivities, status: TrackingStatus, id: str = "ev-1", now: datetime = NOW, number: str = "N0"
) -> None:
    """The carrier has seen the parcel."""
    seen = Scan(id=id, tracking_number=number, status=status, at=NOW, location="Hub Nord")
    rooms.record_scan(RecordScan(case="R-1", order_id="two-rates", scan=seen, actor="carrier", now=now))


def test_a_label_is_bought_once_and_recorded(shop: Shop) -> None:
    carrier = Carrier()
    rooms = room(shop, carrier)
    first = buy(rooms)
    assert buy(rooms, now=NOW + timedelta(days=1)) == first
    assert [key for key, _ in carrier.bought] == ["label:R-1:1"]
    entry = shop.entry("label:R-1:1")
    assert ReturnLabel.model_validate(entry.facts["label"]) == first
    assert (entry.order, entry.case, entry.actor, entry.at) == ("two-rates", "R-1", "carrier", NOW)


def test_a_lost_answer_is_asked_for_again_under_the_same_key(shop: Shop) -> None:
    carrier = Carrier()
    carrier.loses_answers = 1
    rooms = room(shop, carrier)
    with pytest.raises(Unavailable):
        buy(rooms)
    assert shop.recorded() == []
    buy(rooms)
    assert [key for key, _ in carrier.bought] == ["label:R-1:1"] * 2


def test_the_sender_stands_on_the_label_and_nowhere_else(shop: Shop) -> None:
    carrier = Carrier()
    buy(room(shop, carrier))
    asked = carrier.bought[0][1]
    assert asked.sender == ("Mara Musterfrau", "Musterstrasse 12", "10115 Berlin", "DE")
    assert (asked.receiver, asked.case, asked.order_number) == (RECEIVER, "R-1", "B-2041")
    with shop.engine.connect() as connection:
        rows = " ".join(str(row) for row in connection.execute(text("SELECT * FROM journal")))
    assert "R-1" in rows
    for personal in ("Musterfrau", "Musterstrasse", "10115"):
        assert personal not in rows


@pytest.mark.parametrize("known", [None, Contact(customer_id="cust-2041")])
def test_a_person_who_was_erased_has_a_label_without_a_sender(shop: Shop, known: Contact | None) -> None:
    carrier = Carrier()
    rooms = room(shop, carrier)
    if known is not None:
        shop.contacts.put(known)
        buy(rooms)
    else:
        rooms.buy_label(BuyLabel(case="R-1", order_id="two-rates", order_number="B-2041", customer_id="gone", now=NOW))
    assert carrier.bought[0][1].sender == ()


@pytest.mark.parametrize(
    ("said", "answer"),
    [(None, "voided"), (Refused("already_used", "it was scanned"), "already_used")],
)
def test_the_carriers_answer_to_voiding_is_recorded_once(shop: Shop, said: Exception | None, answer: str) -> None:
    carrier = Carrier(said)
    rooms = room(shop, carrier)
    label = buy(rooms)
    for _ in range(2):
        void(rooms, label)
    assert carrier.voided == [("label:R-1:1", label)]
    entry = shop.entry("label_void:R-1:1")
    assert dict(entry.facts) == {"tracking_number": "N0", "answer": answer}
    assert entry.actor == "shopper"


def test_no_answer_to_voiding_is_not_recorded(shop: Shop) -> None:
    carrier = Carrier(Unavailable("no answer"), None)
    rooms = room(shop, carrier)
    label = buy(rooms)
    with pytest.raises(Unavailable):
        void(rooms, label)
    assert shop.recorded() == ["label:R-1:1"]
    void(rooms, label)
    assert shop.entry("label_void:R-1:1").facts["answer"] == "voided"


def test_the_same_scan_counts_once(shop: Shop) -> None:
    rooms = room(shop, Carrier())
    scan(rooms, TrackingStatus.IN_TRANSIT)
    scan(rooms, TrackingStatus.IN_TRANSIT, now=NOW + timedelta(hours=1))
    scan(rooms, TrackingStatus.DELIVERED, id="ev-2")
    assert shop.recorded() == ["scan:R-1:ev-1", "scan:R-1:ev-2"]
    assert shop.entry("scan:R-1:ev-1").facts["scan"]["location"] == "Hub Nord"
    with pytest.raises(KeyConflict):
        scan(rooms, TrackingStatus.DELIVERED)


def due(shop: Shop) -> dict[str, int]:
    """What labels cost, by account."""
    kinds = ("label_due", "carrier", "postage")
    return {name: one.posted for name in kinds for one in shop.ledger.balances(name) if one.posted}


@pytest.mark.parametrize("status", [TrackingStatus.IN_TRANSIT, TrackingStatus.DELIVERED, TrackingStatus.FAILURE])
def test_a_label_is_a_liability_until_its_parcel_moves(shop: Shop, status: TrackingStatus) -> None:
    rooms = room(shop, Carrier())
    buy(rooms)
    assert due(shop) == {"label_due": 490, "postage": -490}
    scan(rooms, TrackingStatus.PRE_TRANSIT, "ev-0")
    assert due(shop) == {"label_due": 490, "postage": -490}
    for event in ("ev-1", "ev-1", "ev-2"):
        scan(rooms, status, event)
    assert due(shop) == {"carrier": 490, "postage": -490}
    assert shop.sound()


def test_a_void_label_costs_nothing(shop: Shop) -> None:
    rooms = room(shop, Carrier())
    label = buy(rooms)
    void(rooms, label)
    void(rooms, label)
    assert due(shop) == {}
    scan(rooms, TrackingStatus.PRE_TRANSIT)
    assert due(shop) == {}


def test_a_label_that_was_given_back_and_used_all_the_same_is_owed_once(shop: Shop) -> None:
    rooms = room(shop, Carrier())
    void(rooms, buy(rooms))
    for event in ("ev-1", "ev-1", "ev-2"):
        scan(rooms, TrackingStatus.IN_TRANSIT, event)
    assert due(shop) == {"carrier": 490, "postage": -490}
    assert shop.sound()


def test_killed_after_voiding_the_label_is_void_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    carrier = Carrier()
    rooms = room(shop, carrier)
    label = buy(rooms)
    with monkeypatch.context() as patched:
        patched.setattr(shop.ledger, "append", lambda *_, **__: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception):
            void(rooms, label)
    assert due(shop) == {"label_due": 490, "postage": -490}
    void(rooms, label)
    assert len(carrier.voided) == 2
    assert due(shop) == {}
    assert shop.sound()


def test_a_label_that_was_used_is_owed_though_the_return_was_called_off(shop: Shop) -> None:
    rooms = room(shop, Carrier(Refused("already_used", "it was scanned")))
    void(rooms, buy(rooms))
    assert due(shop) == {"label_due": 490, "postage": -490}
    scan(rooms, TrackingStatus.IN_TRANSIT)
    assert due(shop) == {"carrier": 490, "postage": -490}


def test_another_parcel_of_the_return_does_not_use_its_label(shop: Shop) -> None:
    rooms = room(shop, Carrier())
    buy(rooms)
    scan(rooms, TrackingStatus.DELIVERED, "ev-1", number="1Z9")
    assert due(shop) == {"label_due": 490, "postage": -490}
    scan(rooms, TrackingStatus.DELIVERED, "ev-2")
    assert due(shop) == {"carrier": 490, "postage": -490}


def parcel(number: str, by: str = "dock") -> AddParcel:
    """The return has one more."""
    return AddParcel(
        case="R-1", order_id="two-rates", parcel=OtherParcel(tracking_number=number, by=by), now=NOW + timedelta(days=1)
    )


class Dead(SqlParcels):
    """Dies before it writes."""

    def keep(self, tracking_number: str, case: str, at: datetime) -> None:
        raise Unavailable("killed")


def test_another_parcel_is_recorded_once_and_found_by_its_number(shop: Shop) -> None:
    parcels = SqlParcels(shop.engine)
    with pytest.raises(Unavailable):
        ParcelActivities(Dead(shop.engine), shop.people, shop.ledger).add_parcel(parcel("1Z9"))
    rooms = ParcelActivities(parcels, shop.people, shop.ledger)
    for by in ("dock", "dock"):
        rooms.add_parcel(parcel("1Z9", by))
    rooms.add_parcel(parcel("1Z8", "shopper"))
    assert shop.recorded() == ["parcel:R-1:1Z9", "parcel:R-1:1Z8"]
    entry = shop.entry("parcel:R-1:1Z9")
    assert (entry.kind, entry.actor, dict(entry.facts)) == ("parcel", "dock", {"tracking_number": "1Z9"})
    assert [parcels.ties(number) for number in ("1Z9", "1Z8")] == [[Tie(case="R-1", at=NOW + timedelta(days=1))]] * 2
    known = case_so_far(shop.ledger.entries(case="R-1"))
    assert (known.parcels, known.tracking_numbers) == (("1Z9", "1Z8"), ("1Z9", "1Z8"))


def test_nobody_else_adds_parcels(shop: Shop) -> None:
    with pytest.raises(Refused) as no:
        ParcelActivities(SqlParcels(shop.engine), shop.people, shop.ledger).add_parcel(parcel("1Z9", "eve"))
    assert no.value.code == "person_unknown"
    assert shop.recorded() == []


def test_the_carrier_is_asked_to_follow_another_parcel_and_may_not_know_it(shop: Shop) -> None:
    carrier = Carrier(None, Refused("unknown_parcel", "no"), Unavailable("later"))
    rooms = room(shop, carrier)
    assert [rooms.follow_parcel(FollowParcel(tracking_number=one)) for one in ("1Z9", "1Z8")] == [True, False]
    with pytest.raises(Unavailable):
        rooms.follow_parcel(FollowParcel(tracking_number="1Z7"))
    assert carrier.followed == [("1Z9", ""), ("1Z8", ""), ("1Z7", "")]
    assert shop.recorded() == []


def other(rooms: LabelActivities, number: int = 2) -> ReturnLabel:
    """Another label of return R-1."""
    about = {"case": "R-1", "order_id": "two-rates", "order_number": "B-2041", "customer_id": "cust-2041"}
    return rooms.buy_label(BuyLabel.model_validate({**about, "number": number, "by": "shopper", "now": NOW}))


def test_another_label_is_bought_under_its_own_key_and_either_may_be_used(shop: Shop) -> None:
    carrier = Carrier()
    rooms = room(shop, carrier)
    first = buy(rooms)
    void(rooms, first)
    second = other(rooms)
    assert other(rooms) == second
    assert [key for key, _ in carrier.bought] == ["label:R-1:1", "label:R-1:2"]
    assert shop.ledger.balance("label_due:label:R-1:2", "EUR").posted == 490
    known = case_so_far(shop.ledger.entries(case="R-1"))
    assert (known.label, known.old_labels, known.label_void) == (second, (first,), "")
    assert known.tracking_numbers == ("N1", "N0")
    scan(rooms, TrackingStatus.IN_TRANSIT, number="N0")  # the old one, though it was given back
    assert shop.ledger.balance("label_due:label:R-1:2", "EUR").posted == 490
    assert shop.ledger.balance("carrier", "EUR").posted == 490
    scan(rooms, TrackingStatus.IN_TRANSIT, "ev-2", number="N1")
    assert shop.ledger.balance("label_due:label:R-1:2", "EUR").posted == 0
    assert shop.ledger.balance("carrier", "EUR").posted == 980


def test_after_its_cut_off_or_once_it_was_used_a_label_is_not_offered_back(shop: Shop) -> None:
    carrier = Carrier()
    rooms = room(shop, carrier)
    label = buy(rooms).model_copy(update={"void_days": 30})
    about = {"case": "R-1", "order_id": "two-rates", "actor": "shopper"}
    late = NOW + timedelta(days=30, seconds=1)
    late_void = VoidLabel.model_validate({**about, "label": label, "now": late})
    assert [rooms.void_label(late_void) for _ in range(2)] == ["past_cut_off"] * 2
    second = other(rooms)
    scan(rooms, TrackingStatus.IN_TRANSIT, number=second.tracking_number)
    used = VoidLabel.model_validate({**about, "label": second, "number": 2, "now": NOW})
    assert rooms.void_label(used) == "already_used"
    third = other(rooms, 3).model_copy(update={"void_days": 30})
    in_time = VoidLabel.model_validate({**about, "label": third, "number": 3, "now": NOW + timedelta(days=30)})
    assert rooms.void_label(in_time) == "voided"
    assert [one.tracking_number for _, one in carrier.voided] == [third.tracking_number]
    assert shop.ledger.balance("label_due:label:R-1:1", "EUR").posted == 490
