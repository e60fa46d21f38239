"""The inbox on both databases: each event once, taken by one, and never lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, insert, select

from database.engine import connect, migrate, reading, writing
from database.stores import SqlInbox, SqlOutbox, SqlParcels
from database.tables import inbox as table
from database.tables import journal
from domain.inbox import InboxEvent, InboxState, MailNews, ScanNews, Told, Vendor
from domain.news import DisputeNews
from domain.notice import NoticeState
from domain.parcel import Scan, Tie, TrackingStatus, of_one_parcel
from domain.stores import Inbox, Outbox, Parcels
from ledger import EntryKind, NewEntry, Transfer
from ledger.store import SqlLedger
from settings import ROOT

NOW = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
SCAN = ScanNews(scan=Scan(id="s1", tracking_number="BH1", status=TrackingStatus.IN_TRANSIT, at=NOW, location="Köln"))
MAIL = MailNews(key="notice:R-1:approved:1", state=NoticeState.DELIVERED, message_id="m1", at=NOW)


def event(name: str, told: Told | None = SCAN, vendor: Vendor = Vendor.EASYPOST) -> InboxEvent:
    return InboxEvent(vendor=vendor, event=name, kind="tracker.updated", told=told, fault="" if told else "no amount")


def rows(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as connection:
        found = connection.execute(select(table.c.vendor, table.c.event, table.c.state).order_by(table.c.event))
        return [(one.vendor, one.event, one.state) for one in found]


def test_what_is_kept_comes_back(engine: Engine) -> None:
    inbox: Inbox = SqlInbox(engine)
    dispute = DisputeNews(
        event="evt_1", dispute="dp_1", payment="pi_1", amount=5000, currency="EUR", status="lost", due=LATER, at=NOW
    )
    told: dict[str, Told] = {"e1": SCAN, "e2": MAIL, "e3": dispute}
    assert inbox.keep([event(name, one) for name, one in told.items()], NOW) == 3
    taken = inbox.take(NOW, 10, LATER)
    assert {row.event: row.told for row in taken} == told
    assert {(row.state, row.attempts, row.asked, row.next_try, row.received_at) for row in taken} == {
        (InboxState.WAITING, 1, 0, LATER, NOW)
    }


def test_an_event_is_kept_once_per_vendor(engine: Engine) -> None:
    inbox = SqlInbox(engine)
    assert inbox.keep([event("e1"), event("e1", MAIL), event("e2")], NOW) == 2
    assert inbox.keep([event("e1", MAIL), event("e3")], LATER) == 1
    assert inbox.keep([event("e1", vendor=Vendor.STRIPE)], NOW) == 1
    assert inbox.keep([], NOW) == 0
    assert rows(engine) == [(vendor, name, "waiting") for vendor, name in (
        ("easypost", "e1"), ("stripe", "e1"), ("easypost", "e2"), ("easypost", "e3"),
    )]  # fmt: skip
    (first,) = [row for row in inbox.take(NOW, 9, LATER) if row.id == "easypost:e1"]
    assert first.told == SCAN


def test_of_many_at_once_one_keeps_it(engine: Engine) -> None:
    together = Barrier(8)

    def keep(_: int) -> int:
        together.wait()
        return SqlInbox(engine).keep([event("e1"), event("e2")], NOW)

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(keep, range(8))) == [0] * 7 + [2]
    assert len(rows(engine)) == 2


def test_of_many_at_once_one_takes_it(engine: Engine) -> None:
    SqlInbox(engine).keep([event(f"e{number}") for number in range(6)], NOW)
    together = Barrier(4)

    def take(_: int) -> list[str]:
        together.wait()
        return [row.event for row in SqlInbox(engine).take(NOW, 4, LATER)]

    with ThreadPoolExecutor(4) as threads:
        taken = [name for names in threads.map(take, range(4)) for name in names]
    assert sorted(taken) == [f"e{number}" for number in range(6)]


def test_the_oldest_go_first_and_what_was_taken_comes_again(engine: Engine) -> None:
    inbox = SqlInbox(engine)
    for number, name in enumerate(["a", "c", "b"]):
        inbox.keep([event(name)], NOW + timedelta(seconds=number))
    assert [row.event for row in inbox.take(LATER, 2, LATER + timedelta(minutes=1))] == ["a", "c"]
    assert [row.event for row in inbox.take(LATER, 2, LATER + timedelta(minutes=1))] == ["b"]
    assert inbox.take(LATER, 2, LATER) == []
    again = inbox.take(LATER + timedelta(minutes=1), 9, LATER + timedelta(minutes=2))
    assert [(row.event, row.attempts) for row in again] == [("a", 2), ("c", 2), ("b", 2)]


def test_what_was_put_off_or_settled_says_why(engine: Engine) -> None:
    inbox = SqlInbox(engine)
    inbox.keep([event("e1"), event("e2"), event("e3", None)], NOW)
    first, second = inbox.take(NOW, 9, LATER)
    inbox.put_off(first, NOW + timedelta(seconds=5), "nobody answered")
    inbox.settle(second, InboxState.DELIVERED, "return-R-1")
    assert inbox.take(NOW + timedelta(seconds=4), 9, LATER) == []
    (row,) = inbox.take(NOW + timedelta(seconds=5), 9, LATER)
    assert (row.event, row.attempts, row.error) == ("e1", 2, "nobody answered")
    inbox.settle(row, InboxState.OUTSIDE, error="not ours")
    listed = {row.event: (row.state, row.target, row.error, row.next_try) for row in inbox.listed(list(InboxState), 9)}
    assert listed == {
        "e1": (InboxState.OUTSIDE, "", "not ours", None),
        "e2": (InboxState.DELIVERED, "return-R-1", "", None),
        "e3": (InboxState.UNREADABLE, "", "no amount", None),
    }
    assert inbox.counts() == {InboxState.OUTSIDE: 1, InboxState.DELIVERED: 1, InboxState.UNREADABLE: 1}
    assert [row.event for row in inbox.listed([InboxState.OUTSIDE, InboxState.REFUSED], 9)] == ["e1"]


def test_whoever_was_too_slow_changes_nothing(engine: Engine) -> None:
    inbox = SqlInbox(engine)
    inbox.keep([event("e1")], NOW)
    (slow,) = inbox.take(NOW, 9, LATER)
    (quick,) = inbox.take(LATER, 9, LATER + timedelta(minutes=1))
    inbox.settle(quick, InboxState.DELIVERED, "return-R-1")
    inbox.put_off(slow, NOW, "nobody answered")
    assert inbox.counts() == {InboxState.DELIVERED: 1}
    assert inbox.take(LATER, 9, LATER) == []


def test_a_person_may_have_it_sent_again(engine: Engine) -> None:
    inbox = SqlInbox(engine)
    inbox.keep([event("e1"), event("e2", None)], NOW)
    (row,) = inbox.take(NOW, 9, LATER)
    inbox.settle(row, InboxState.REFUSED, "return-R-1", "no")
    again = inbox.ask_again(Vendor.EASYPOST, "e1", LATER)
    assert again is not None
    (taken,) = inbox.take(LATER, 9, LATER + timedelta(minutes=1))
    assert (taken.state, taken.attempts, taken.asked) == (InboxState.WAITING, 2, 1)
    assert inbox.ask_again(Vendor.EASYPOST, "e2", LATER) is None
    assert inbox.ask_again(Vendor.STRIPE, "e1", LATER) is None


def test_what_a_provider_tells_of_a_mail_holds_in_any_order(engine: Engine) -> None:
    outbox: Outbox = SqlOutbox(engine)
    outbox.reserve("k", "r", "approved", NOW)
    for told, expected in (
        (NoticeState.UNKNOWN, "unknown"), (NoticeState.DELIVERED, "delivered"), (NoticeState.SENT, "delivered"),
        (NoticeState.BOUNCED, "bounced"), (NoticeState.DELIVERED, "bounced"), (NoticeState.UNKNOWN, "bounced"),
    ):  # fmt: skip
        outbox.finish("k", told, "m1" if told is NoticeState.DELIVERED else "")
        (row,) = outbox.of_case("r")
        assert row.state == expected
    assert row.message_id == "m1"


def test_a_parcel_belongs_to_several_returns_and_a_return_has_several_parcels(engine: Engine) -> None:
    parcels: Parcels = SqlParcels(engine)
    assert parcels.ties("BH1") == []
    for days, number, case in ((0, "BH1", "R-1"), (1, "BH1", "R-2"), (2, "BH2", "R-1"), (3, "BH1", "R-1")):
        parcels.keep(number, case, NOW + timedelta(days=days))
    assert parcels.ties("BH1") == [Tie(case="R-2", at=NOW + timedelta(days=1)), Tie(case="R-1", at=NOW)]
    assert parcels.ties("BH2") == [Tie(case="R-1", at=NOW + timedelta(days=2))]


def test_returns_that_had_a_number_months_ago_do_not_share_its_parcel() -> None:
    ties = [Tie(case=f"R-{days}", at=NOW - timedelta(days=days)) for days in (0, 1, 119, 120, 400)]
    assert [one.case for one in of_one_parcel(ties)] == ["R-0", "R-1", "R-119"]
    assert of_one_parcel([]) == ()


def entry(key: str, order: str, *transfers: Transfer) -> NewEntry:
    return NewEntry(key=key, kind=EntryKind.ORDER_OPENED, order=order, actor="rule", at=NOW, transfers=transfers)


def test_the_order_of_a_payment_is_found(engine: Engine) -> None:
    ledger = SqlLedger(engine)

    def paid(payment: str, order: str) -> Transfer:
        return Transfer(
            key=f"{order}/{payment}", debit=f"tender:{payment}", credit=f"order:{order}", commodity="EUR", amount=500
        )

    ledger.append(entry("order:o1", "o1", paid("pi_1", "o1"), paid("pi_10", "o1")))
    ledger.append(entry("order:o2", "o2", paid("pi_2", "o2")))
    late = Transfer(key="late", debit="tender:pi_1", credit="owed:R-1", commodity="EUR", amount=1)
    ledger.append(entry("reversed:x", "o1", late))
    found = {payment: ledger.order_of(payment) for payment in ("pi_1", "pi_10", "pi_2", "pi_", "pi_3")}
    assert found == {"pi_1": "o1", "pi_10": "o1", "pi_2": "o2", "pi_": None, "pi_3": None}


@pytest.mark.parametrize("labels", [0, 2])
def test_labels_that_were_bought_before_are_known(empty_url: str, labels: int) -> None:
    engine = connect(empty_url)
    config = Config()
    config.set_main_option("script_location", str(ROOT / "database" / "migrations"))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for number in range(1, labels + 1):
            facts = {"label": {"tracking_number": f"BH{number}", "carrier": "Carrier"}}
            columns = dict.fromkeys(("order_id", "actor", "policy", "asked", "hash"), "x")
            old = {"seq": number, "key": f"label:R-{number}:1", "kind": "label", "case_id": f"R-{number}", **columns}
            connection.execute(insert(journal).values({**old, "reasons": [], "at": NOW, "facts": facts}))
    migrate(engine)
    found = [SqlParcels(engine).ties(f"BH{number}") for number in (1, 2)]
    assert found == [[Tie(case=f"R-{number}", at=NOW)] if number <= labels else [] for number in (1, 2)]
    engine.dispose()
