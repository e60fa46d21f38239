"""The tables beside the journal."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, func, select, update

from activities.decisions.policy_file import canonical_document, load_policy
from database import tables
from database.engine import reading, writing
from database.stores import SqlContacts, SqlNotes, SqlOrders, SqlOutbox, SqlPolicies, SqlSnapshots
from domain.canonical import canonical_json, sha256
from domain.errors import InvalidRequest
from domain.notice import NoticeState
from domain.order import Contact, Order, OrderLine, Tender, TenderKind
from domain.policy import Policy
from domain.request import RequestedLine
from domain.stores import Contacts, Notes, Orders, Outbox, Policies, Snapshots
from settings import ROOT

NOW = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)
WHOLE = ROOT / "tests" / "policy" / "whole.yaml"


def _order(order_id: str = "o1", number: str = "1001", price: int = 500, placed_at: datetime = NOW) -> Order:
    return Order(
        id=order_id,
        number=number,
        shop="shop",
        customer_id="c1",
        currency="EUR",
        placed_at=placed_at,
        prices_include_tax=True,
        lines=(OrderLine(id="l1", title="Größe XL", quantity=2, unit_price=price),),
        tenders=(Tender(id="pi_1", kind=TenderKind.CARD, captured=2 * price),),
        total=2 * price,
    )


def _rows(engine: Engine, table: str) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(tables.metadata.tables[table])).scalar_one()


def test_orders(engine: Engine) -> None:
    orders: Orders = SqlOrders(engine)
    assert orders.get("o1") is None
    orders.put(_order())
    orders.put(_order(price=600))
    later = _order("o2", "1002", placed_at=NOW + timedelta(seconds=1))
    orders.put(later)
    assert orders.get("o1") == orders.get("1001") == _order(price=600)
    assert [order.id for order in orders.all()] == ["o2", "o1"]


def test_an_id_wins_over_a_number_and_a_newer_number_over_an_older(engine: Engine) -> None:
    orders: Orders = SqlOrders(engine)
    orders.put(_order("a", "b"))
    orders.put(_order("b", "c", placed_at=NOW - timedelta(days=1)))
    orders.put(_order("d", "c"))
    assert [order.id for order in (orders.get("b"), orders.get("c")) if order] == ["b", "d"]


def test_snapshots(engine: Engine) -> None:
    snapshots: Snapshots = SqlSnapshots(engine)
    first = snapshots.keep(_order())
    assert snapshots.keep(_order()) == first
    changed = snapshots.keep(_order(price=600))
    assert changed.content != first.content
    assert snapshots.get("o1", first.content) == first
    assert snapshots.get("o1", changed.content).order == _order(price=600)
    assert _rows(engine, "snapshots") == 2
    with pytest.raises(KeyError, match="o2"):
        snapshots.get("o2", first.content)


def test_contacts_and_their_erasure(engine: Engine) -> None:
    contacts: Contacts = SqlContacts(engine)
    assert contacts.get("c1") is None
    contacts.put(Contact(customer_id="c1", name="Ada"))
    ada = Contact(customer_id="c1", name="Ada Lovelace", address=("1 Row", "London"))
    contacts.put(ada)
    assert contacts.get("c1") == ada
    with writing(engine) as connection:
        connection.execute(update(tables.contacts).values(content=None))
    assert contacts.get("c1") is None


def test_notes(engine: Engine) -> None:
    notes: Notes = SqlNotes(engine)
    ids = [notes.put("it does not fit"), notes.put("it does not fit"), notes.put("é" * 2000)]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"note_[a-z2-7]{26}", one) for one in ids)
    assert RequestedLine(line_id="l1", quantity=1, note_id=ids[0]).note_id == ids[0]
    assert notes.get(ids[0]) == "it does not fit"
    assert notes.get("note_unknown") is None
    for broken in ("a\0b", "half a face: \ud83d"):
        with pytest.raises(InvalidRequest, match="cannot be stored"):
            notes.put(broken)
    with pytest.raises(InvalidRequest, match="2,001 characters"):
        notes.put("x" * 2001)


def test_policies_by_date_and_by_name(engine: Engine) -> None:
    policies: Policies = SqlPolicies(engine)
    assert policies.in_force(NOW) is None
    strict, generous = (Policy(id="standard", title="Returns", window_days=days) for days in (14, 30))
    first = policies.publish(strict, "a" * 64, NOW)
    assert policies.publish(strict, "a" * 64, NOW) == first
    second = policies.publish(generous, "b" * 64, NOW + timedelta(days=10))
    assert _rows(engine, "policies") == 2
    assert policies.in_force(NOW - timedelta(days=1)) == first
    assert policies.in_force(NOW) == policies.in_force(NOW + timedelta(days=10, microseconds=-1)) == first
    assert policies.in_force(NOW + timedelta(days=10)) == second
    assert policies.get(first.ref) == first
    assert policies.get("standard@unknown") is None
    back = policies.publish(strict, "a" * 64, NOW + timedelta(days=20))
    assert policies.in_force(NOW + timedelta(days=20)) == back
    assert policies.get(first.ref) == first


def test_a_policy_with_every_clause_comes_back_as_it_was(engine: Engine) -> None:
    text = WHOLE.read_text()
    policy, version = load_policy(text)
    kept = SqlPolicies(engine).publish(policy, version, NOW, canonical_json(canonical_document(text)), text)
    assert SqlPolicies(engine).get(kept.ref) == kept
    assert SqlPolicies(engine).in_force(NOW) == kept
    with reading(engine) as connection:
        row = connection.execute(select(tables.policies.c.document, tables.policies.c.text)).one()
    assert (sha256(row.document), row.text) == (version, text)


def test_of_two_policies_from_the_same_moment_the_later_published_holds(engine: Engine) -> None:
    policies: Policies = SqlPolicies(engine)
    policies.publish(Policy(id="a", title="A", window_days=14), "a" * 64, NOW)
    corrected = policies.publish(Policy(id="a", title="A", window_days=30), "b" * 64, NOW)
    assert policies.in_force(NOW) == corrected


def test_a_policy_takes_effect_at_a_moment_with_a_zone(engine: Engine) -> None:
    with pytest.raises(ValidationError):
        SqlPolicies(engine).publish(Policy(id="a", title="A", window_days=14), "a" * 64, datetime(2026, 1, 1))


def test_outbox(engine: Engine) -> None:
    outbox: Outbox = SqlOutbox(engine)
    assert outbox.reserve("k2", "r", "approved", NOW + timedelta(seconds=1)) is None
    assert outbox.reserve("k1", "r", "received", NOW) is None
    stands = outbox.reserve("k1", "r", "received", NOW + timedelta(days=1))
    assert stands is not None
    assert (stands.state, stands.message_id, stands.reserved_at) == (None, "", NOW)
    outbox.release("k1", "busy")
    owed = outbox.get("k1")
    assert owed is not None
    assert (owed.state, owed.why) == (NoticeState.OWED, "busy")
    assert outbox.reserve("k1", "r", "received", NOW + timedelta(days=1)) is None
    outbox.finish("k1", NoticeState.SENT, "m1")
    outbox.release("k1")
    assert [(row.key, row.case, row.state, row.message_id) for row in outbox.of_case("r")] == [
        ("k1", "r", NoticeState.SENT, "m1"),
        ("k2", "r", None, ""),
    ]
    assert outbox.of_case("other") == []
    with pytest.raises(KeyError, match="never"):
        outbox.finish("never", NoticeState.SENT)


def test_a_mail_of_unknown_outcome_is_taken_again_once(engine: Engine) -> None:
    outbox: Outbox = SqlOutbox(engine)
    outbox.reserve("k1", "r", "approved", NOW)
    assert not outbox.take_again("k1", NOW)
    outbox.finish("k1", NoticeState.UNKNOWN, why="lost")
    assert [outbox.take_again("k1", NOW), outbox.take_again("k1", NOW)] == [True, False]
    outbox.give_back("k1", "busy")
    assert outbox.take_again("k1", NOW)
    outbox.finish("k1", NoticeState.SENT, "m1")
    row = outbox.get("k1")
    assert row is not None
    assert (row.state, row.message_id, row.why, row.resent_at) == (NoticeState.SENT, "m1", "", NOW)
    assert not outbox.take_again("k1", NOW)


def test_what_stands_beside_a_mail_that_went_out_stays(engine: Engine) -> None:
    outbox: Outbox = SqlOutbox(engine)
    outbox.reserve("k1", "r", "approved", NOW)
    outbox.finish("k1", NoticeState.SENT, "m1", "the template has a fault")
    for told in (NoticeState.SENT, NoticeState.DELIVERED):
        outbox.finish("k1", told, "m1")
        row = outbox.get("k1")
        assert row is not None
        assert (row.state, row.why) == (told, "the template has a fault")


def test_mails_are_listed_by_state_newest_first(engine: Engine) -> None:
    outbox: Outbox = SqlOutbox(engine)
    for number, state in enumerate([NoticeState.BOUNCED, None, NoticeState.SENT]):
        outbox.reserve(f"k{number}", "r", "approved", NOW + timedelta(seconds=number))
        if state:
            outbox.finish(f"k{number}", state)
    assert [row.key for row in outbox.listed([NoticeState.BOUNCED, None], 9)] == ["k1", "k0"]
    assert [row.key for row in outbox.listed([NoticeState.BOUNCED, None], 1)] == ["k1"]
    assert [row.key for row in outbox.listed([NoticeState.BOUNCED], 9)] == ["k0"]


def test_a_mail_is_reserved_by_one_of_many(engine: Engine) -> None:
    together = Barrier(8)

    def reserve(_: int) -> bool:
        together.wait()
        return SqlOutbox(engine).reserve("k", "r", "approved", NOW) is None

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(reserve, range(8))) == [False] * 7 + [True]
