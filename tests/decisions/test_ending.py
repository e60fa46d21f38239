"""Ending a return, by calling it off or by closing it: what is still reserved goes back to the customer."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from activities.decisions import CancelReturn, ExpireReturn, RecordLoss
from domain.errors import Refused
from domain.parcel import Scan, TrackingStatus
from domain.people import Person, Role
from ledger import EntryKind, NewEntry
from tests.shop import NOW, Interrupted, Shop, transfers


def test_calling_off_gives_every_unit_back(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2, "2": 1})
    shop.cancel("R-1")
    entry = shop.entry("cancelled:R-1")
    assert transfers(entry) == [
        ("void", "with_customer:two-rates:1", "returning:R-1:1", "UNITS", 2),
        ("void", "with_customer:two-rates:2", "returning:R-1:2", "UNITS", 1),
    ]
    assert (entry.actor, entry.reasons, dict(entry.facts), entry.at) == (
        "shopper",
        ("changed_mind",),
        {"reason": "changed_mind"},
        NOW,
    )
    assert shop.pending() == []
    assert shop.units("with_customer:two-rates:1").available == 3
    # And so they can be returned after all.
    assert shop.begin("R-2", {"1": 3}).decision.verdict == "approve"


def test_closing_releases_only_what_never_came(shop: Shop) -> None:
    shop.begin("R-1", {"1": 3, "2": 1})
    shop.receive("R-1", {"1": 2})
    shop.close("R-1")
    assert transfers(shop.entry("closed:R-1")) == [
        ("void", "with_customer:two-rates:1", "returning:R-1:1", "UNITS", 1),
        ("void", "with_customer:two-rates:2", "returning:R-1:2", "UNITS", 1),
    ]
    assert shop.units("returning:R-1:1").posted == 2
    assert shop.units("with_customer:two-rates:1").available == 1


def test_closing_after_all_came_or_after_calling_off_releases_nothing(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2})
    shop.receive("R-1", {"1": 2})
    shop.close("R-1")
    assert shop.entry("closed:R-1").transfers == ()
    shop.begin("R-2", {"1": 1})
    shop.cancel("R-2")
    shop.close("R-2")
    assert shop.entry("closed:R-2").transfers == ()


def test_ending_twice_is_ending_once(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2})
    for verb in (shop.cancel, shop.cancel, shop.close, shop.close):
        verb("R-1")
    assert shop.recorded() == ["order:two-rates", "decision:R-1", "cancelled:R-1", "closed:R-1"]
    assert shop.sound()


def test_a_declined_return_ends_too(shop: Shop) -> None:
    shop.begin("R-0", {"2": 1})
    shop.begin("R-1", {"2": 1})
    shop.close("R-1")
    assert shop.entry("closed:R-1").transfers == ()
    # The other one's unit is still its own.
    assert shop.units("returning:R-0:2").pending_in == 1


def test_a_box_that_arrives_in_the_same_moment_is_not_given_back(shop: Shop) -> None:
    shop.begin("R-1", {"1": 3})
    other = Shop(shop.engine)
    shop.use(Interrupted(shop.engine, partial(other.receive, "R-1", {"1": 2})))
    shop.close("R-1")
    # Read before the box came, three units would have been released.
    assert transfers(shop.entry("closed:R-1")) == [
        ("void", "with_customer:two-rates:1", "returning:R-1:1", "UNITS", 1),
    ]
    assert shop.units("returning:R-1:1").posted == 2


def test_a_return_is_called_off_by_its_shopper_or_by_who_may(shop: Shop) -> None:
    shop.people.keep(Person(id="olga", role=Role.OPS))
    shop.begin("R-1", {"1": 2})

    def cancel(actor: str) -> None:
        ask = CancelReturn(case="R-1", order_id="two-rates", actor=actor, reason="staff", now=NOW)
        shop.decisions.cancel_return(ask)

    for actor, code in (("zoe", "person_unknown"), ("bench", "role_may_not")):
        with pytest.raises(Refused) as no:
            cancel(actor)
        assert no.value.code == code
    assert "cancelled:R-1" not in shop.recorded()
    cancel("olga")
    shop.people.known.clear()
    cancel("olga")  # what is recorded stays answered
    assert shop.entry("cancelled:R-1").actor == "olga"


def test_what_the_carrier_has_does_not_expire(shop: Shop) -> None:
    shop.begin("R-1", {"1": 2})
    about: dict[str, Any] = {"case": "R-1", "order_id": "two-rates", "now": NOW + timedelta(days=40)}
    other = Shop(shop.engine)

    def seen(status: TrackingStatus) -> None:
        scan = Scan(id=status, tracking_number="BH1", status=status, at=NOW)
        entry = {"key": f"scan:R-1:{status}", "kind": EntryKind.SCAN, "order": "two-rates", "case": "R-1", "at": NOW}
        facts = {"scan": scan.model_dump(mode="json")}
        other.ledger.append(NewEntry.model_validate({**entry, "actor": "carrier", "facts": facts}))

    seen(TrackingStatus.PRE_TRANSIT)
    # In the moment in which the time to send passes, the carrier takes the parcel.
    shop.use(Interrupted(shop.engine, partial(seen, TrackingStatus.IN_TRANSIT)))
    with pytest.raises(Refused) as no:
        shop.decisions.expire_return(ExpireReturn(**about))
    assert no.value.code == "on_its_way"
    assert [one.kind for one in shop.ledger.entries(case="R-1")].count(EntryKind.EXPIRED) == 0
    shop.begin("R-2", {"1": 1})
    shop.decisions.expire_return(ExpireReturn(**{**about, "case": "R-2"}))
    assert [one.kind for one in shop.ledger.entries(case="R-2")].count(EntryKind.EXPIRED) == 1
    assert shop.sound()


def test_whoever_has_just_got_longer_to_send_does_not_expire(shop: Shop) -> None:
    decision = shop.begin("R-1", {"1": 2}).decision
    about: dict[str, Any] = {"case": "R-1", "order_id": "two-rates"}
    with pytest.raises(Refused) as no:
        shop.decisions.expire_return(ExpireReturn(**about, now=decision.send_back_until - timedelta(seconds=1)))
    assert no.value.code == "has_longer"
    shop.decisions.expire_return(ExpireReturn(**about, now=decision.send_back_until))
    assert shop.entry("expired:R-1").kind is EntryKind.EXPIRED


def test_a_lost_parcel_leaves_its_units_to_nobody_unless_a_box_came_in_the_same_moment(shop: Shop) -> None:
    shop.people.keep(Person(id="olga", role=Role.OPS))
    shop.begin("R-1", {"1": 2})
    ask = RecordLoss(case="R-1", order_id="two-rates", by="olga", now=NOW)
    for _ in range(2):
        seen = shop.decisions.record_loss(ask)
    assert [(one.line_id, one.quantity, one.disposition) for one in seen.lines] == [("1", 2, "missing")]
    assert transfers(shop.entry("lost:R-1")) == [
        ("void", "with_customer:two-rates:1", "returning:R-1:1", "UNITS", 2),
        ("single", "with_customer:two-rates:1", "kept:two-rates", "UNITS", 2),
    ]
    shop.begin("R-2", {"1": 1})
    other = Shop(shop.engine)
    shop.use(Interrupted(shop.engine, partial(other.receive, "R-2", {"1": 1})))
    with pytest.raises(Refused) as no:
        shop.decisions.record_loss(ask.model_copy(update={"case": "R-2"}))
    assert no.value.code == "already_received"
    assert shop.sound()
