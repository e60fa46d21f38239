"""Credit notes: one per plan, numbered without gaps whatever breaks, cancelled by another when a refund fails late."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from pydantic import ValidationError

import activities.decisions
from activities.payments import PayLeg, PaymentActivities
from domain import ids
from domain.credit_note import CreditNote
from domain.errors import KeyConflict, OverLimit, Refused, Stale
from domain.plan import FeeKind
from domain.refund import Refund, RefundIntention, RefundStatus
from domain.terms import FeeTerm, Terms
from ledger import EntryKind, JournalEntry, Ledger, NewEntry
from ledger.credit_notes import CreditNotes, issued_by
from ledger.hashing import START, entry_hash, written
from ledger.store import SqlLedger
from tests.ledger.entries import fact, move, open_order
from tests.payments.fake import FakeProvider, Killed, raising
from tests.shop import NOW, Interrupted, Shop, card, open_shop

# Two mugs and the book: 2353 + 2271 = 4624 cents; see tests/decisions/test_plan_refund.py.
UNITS = {"1": 2, "2": 1}
SERIES = "CN-demo"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop of its own."""
    with open_shop(tmp_path) as shop:
        yield shop


def sold(shop: Shop, **payments: int) -> None:
    """The order, paid with these payments, the newest first."""
    tenders = [card(name, amount, NOW - timedelta(days=day)) for day, (name, amount) in enumerate(payments.items())]
    shop.sell(tenders=tenders, shop="demo")


def planned(shop: Shop, case: str = "R-1", units: dict[str, int] = UNITS) -> None:
    """A return up to its plan."""
    shop.begin(case, units)
    shop.receive(case, units)
    shop.plan(case, units)


def notes_of(ledger: Ledger, shop: Shop) -> CreditNotes:
    """As wiring makes them."""
    return CreditNotes(ledger, shop.snapshots)


def pay(
    shop: Shop, provider: FakeProvider, payment: str = "pi_1", amount: int = 4624, case: str = "R-1", attempt: int = 1
) -> Refund:
    """Pay one leg, as a process of its own would."""
    ask = PayLeg(case=case, order_id="two-rates", plan=1, payment=payment, amount=amount, attempt=attempt, now=NOW)
    return PaymentActivities(provider, shop.ledger, notes_of(shop.ledger, shop)).pay_leg(ask)


def issued(shop: Shop) -> list[CreditNote]:
    """All notes, in the order of the journal."""
    return [note for entry in shop.ledger.entries() if (note := issued_by(entry))]


def numbers(shop: Shop) -> list[str]:
    """Their numbers."""
    return [note.name for note in issued(shop)]


def late_no(made: Refund) -> Refund:
    """The same refund, failed after all, ten days on."""
    changed = {"status": RefundStatus.FAILED, "reason": "lost_or_stolen_card", "updated_at": NOW + timedelta(days=10)}
    return made.model_copy(update=changed)


# ── With the settlement ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_settlement_issues_the_note(shop: Shop) -> None:
    sold(shop, pi_1=10850)
    planned(shop)
    pay(shop, FakeProvider())
    entry = shop.entry("settled:refund:R-1:1:pi_1:1")
    assert (entry.facts["credit_note"]["series"], entry.facts["credit_note"]["number"]) == (SERIES, 1)
    (note,) = issued(shop)
    assert (note.name, note.issued_on, note.order_number, note.case, note.total) == (
        "CN-demo-000001",
        date(2026, 11, 21),
        shop.orders.all()[0].number,
        "R-1",
        4624,
    )
    # From the plan: mugs 1978 + 375, book 2122 + 149.
    assert [(one.title, one.quantity, one.net, one.gross) for one in note.lines] == [
        (shop.orders.all()[0].lines[0].title, 2, 1978, 2353),
        (shop.orders.all()[0].lines[1].title, 1, 2122, 2271),
    ]
    assert [(one.rate, one.net, one.tax) for one in note.taxes] == [("0.19", 1978, 375), ("0.07", 2122, 149)]
    assert [(one.payment, one.amount, one.reference) for one in note.refunds] == [("pi_1", 4624, "re_1")]
    assert shop.sound()


def test_nobody_is_named_in_it(shop: Shop) -> None:
    sold(shop, pi_1=10850)
    planned(shop)
    pay(shop, FakeProvider())
    contact = shop.contacts.get(shop.orders.all()[0].customer_id)
    assert contact is not None
    text = json.dumps(shop.entry("settled:refund:R-1:1:pi_1:1").facts["credit_note"], ensure_ascii=False)
    personal = (contact.customer_id, contact.name, contact.email, contact.phone, *contact.address)
    assert [one for one in personal if one and one in text] == []


def test_the_next_return_takes_the_next_number(shop: Shop) -> None:
    sold(shop, pi_1=10850)
    provider = FakeProvider()
    planned(shop)
    pay(shop, provider)
    planned(shop, "R-2", {"3": 1})
    pay(shop, provider, amount=4555, case="R-2")
    assert numbers(shop) == ["CN-demo-000001", "CN-demo-000002"]


def test_asking_again_takes_no_second_number(shop: Shop) -> None:
    sold(shop, pi_1=10850)
    planned(shop)
    provider = FakeProvider()
    for _ in range(3):
        pay(shop, provider)
    assert numbers(shop) == ["CN-demo-000001"]


@pytest.mark.parametrize("moment", ["after the provider", "before the transaction", "after the transaction"])
def test_a_crash_between_effect_and_record_costs_no_number(shop: Shop, moment: str) -> None:
    sold(shop, pi_1=10850)
    planned(shop)
    provider = FakeProvider()
    if moment == "after the provider":
        provider.after.append(raising(Killed()))
    else:
        shop.use(_Dying(shop.engine, late=moment == "after the transaction"))
    with pytest.raises(Killed):
        pay(shop, provider)
    shop.use(SqlLedger(shop.engine))
    pay(shop, provider)
    assert numbers(shop) == ["CN-demo-000001"]
    assert provider.calls.count("refund") == 1
    assert shop.sound()


class _Dying(SqlLedger):
    """The process ends around the append of the settlement."""

    def __init__(self, engine: object, late: bool) -> None:
        super().__init__(engine)  # type: ignore[arg-type]
        self.late = late

    def append(self, entry: NewEntry, *, seen: int | None = None) -> JournalEntry:
        if entry.kind is not EntryKind.REFUND_SETTLED:
            return super().append(entry, seen=seen)
        if self.late:
            super().append(entry, seen=seen)
        raise Killed


def test_another_writer_meanwhile_is_looked_at_again(shop: Shop) -> None:
    sold(shop, pi_1=10850)
    planned(shop)
    provider = FakeProvider(RefundStatus.PENDING)
    pay(shop, provider)
    provider.move("refund:R-1:1:pi_1:1", RefundStatus.SUCCEEDED)
    shop.use(Interrupted(shop.engine, lambda: Shop(shop.engine).begin("R-2", {"1": 1})))
    pay(shop, provider)
    assert numbers(shop) == ["CN-demo-000001"]


def test_a_shop_has_a_series_of_its_own(ledger: Ledger) -> None:
    for key, series in [("a", "CN-x"), ("b", "CN-y"), ("c", "CN-x")]:
        ledger.append(numbered(key, series))
    assert [(one.facts["credit_note"]["series"], one.facts["credit_note"]["number"]) for one in ledger.entries()] == [
        ("CN-x", 1),
        ("CN-y", 1),
        ("CN-x", 2),
    ]
    assert [one.key for one in ledger.numbered("CN-x")] == ["a", "c"]
    assert [one.key for one in ledger.numbered("CN-x", 2)] == ["c"]
    assert [one.key for one in ledger.numbered()] == ["a", "b", "c"]
    assert list(ledger.numbered("CN-z")) == []
    assert ledger.verify().faults == ()


# ── Several legs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_last_leg_issues_the_note_and_names_all(shop: Shop) -> None:
    sold(shop, pi_1=3000, pi_2=7850)
    planned(shop)
    provider = FakeProvider()
    pay(shop, provider, "pi_1", 3000)
    assert numbers(shop) == []
    pay(shop, provider, "pi_2", 1624)
    assert [[(one.payment, one.amount) for one in note.refunds] for note in issued(shop)] == [
        [("pi_1", 3000), ("pi_2", 1624)]
    ]


def test_two_legs_settled_at_once_issue_one_note(shop: Shop) -> None:
    sold(shop, pi_1=3000, pi_2=7850)
    planned(shop)
    provider = FakeProvider()
    together = Barrier(2)

    def one(payment: str, amount: int) -> None:
        mine = Shop(shop.engine)
        together.wait(10)
        while True:
            try:
                pay(mine, provider, payment, amount)
                return
            except Stale:  # tried again by Temporal
                continue

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, ["pi_1", "pi_2"], [3000, 1624]))
    assert [(note.name, len(note.refunds)) for note in issued(shop)] == [("CN-demo-000001", 2)]
    assert shop.sound()


def test_a_leg_settled_between_reading_and_recording_is_seen(shop: Shop) -> None:
    sold(shop, pi_1=3000, pi_2=7850)
    planned(shop)
    provider = FakeProvider(RefundStatus.PENDING)
    for payment, amount in [("pi_1", 3000), ("pi_2", 1624)]:
        pay(shop, provider, payment, amount)
        provider.move(f"refund:R-1:1:{payment}:1", RefundStatus.SUCCEEDED)
    shop.use(Interrupted(shop.engine, lambda: pay(Shop(shop.engine), provider, "pi_2", 1624)))
    pay(shop, provider, "pi_1", 3000)
    # Neither alone would be the last, had the first not looked again.
    assert [[one.payment for one in note.refunds] for note in issued(shop)] == [["pi_2", "pi_1"]]


def test_a_leg_that_failed_counts_once_it_is_paid_in_another_attempt(shop: Shop) -> None:
    sold(shop, pi_1=10850)
    planned(shop)
    pay(shop, FakeProvider(RefundStatus.FAILED))
    assert numbers(shop) == []
    pay(shop, FakeProvider(), attempt=2)
    assert numbers(shop) == ["CN-demo-000001"]


def test_fees_that_take_everything_issue_it_with_the_plan(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Terms(fees=(FeeTerm(kind=FeeKind.RETURN_SHIPPING, amount=9999),))
    monkeypatch.setattr(activities.decisions, "terms_for", lambda *_: kept)
    monkeypatch.setattr(activities.decisions, "offer_for", lambda *_: None)  # agreed to
    sold(shop, pi_1=10850)
    planned(shop)
    (note,) = issued(shop)
    assert note == issued_by(shop.entry("plan:R-1:1"))
    assert (note.name, note.gross, note.kept, note.total, note.refunds) == ("CN-demo-000001", 4624, 4624, 0, ())
    assert shop.sound()


# ── A late failure ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_late_failure_cancels_the_note_with_another(shop: Shop) -> None:
    sold(shop, pi_1=10850)
    planned(shop)
    made = pay(shop, FakeProvider())
    for _ in range(2):
        entry = notes_of(shop.ledger, shop).reverse(late_no(made))
    assert (entry.kind, entry.key, entry.reasons) == (
        EntryKind.REFUND_REVERSED,
        "reversed:refund:R-1:1:pi_1:1",
        ("lost_or_stolen_card",),
    )
    assert [(one.debit, one.credit, one.amount) for one in entry.transfers] == [("tender:pi_1", "owed:R-1", 4624)]
    first, second = issued(shop)
    assert (second.name, second.cancels, second.issued_on) == ("CN-demo-000002", first.name, date(2026, 12, 1))
    assert (second.lines, second.taxes, second.gross, second.total) == (
        first.lines,
        first.taxes,
        first.gross,
        first.total,
    )
    assert (shop.money("owed:R-1").posted, shop.money("tender:pi_1").posted) == (4624, 10850)
    assert shop.sound()


def test_what_is_paid_again_is_credited_again(shop: Shop) -> None:
    sold(shop, pi_1=3000, pi_2=7850)
    planned(shop)
    provider = FakeProvider()
    pay(shop, provider, "pi_1", 3000)
    made = pay(shop, provider, "pi_2", 1624)
    notes = notes_of(shop.ledger, shop)
    notes.reverse(late_no(made))
    again = made.model_copy(update={"key": "refund:R-1:1:pi_2:2", "provider_id": "re_again"})
    intention = RefundIntention(
        key=again.key, case="R-1", order_id="two-rates", plan=1, attempt=2, payment="pi_2", amount=1624, currency="EUR"
    )
    paid = NewEntry(
        key=ids.settled_key(again.key),
        kind=EntryKind.REFUND_SETTLED,
        order="two-rates",
        case="R-1",
        actor="provider",
        at=NOW,
        facts={"refund": again.model_dump(mode="json")},
        transfers=(move("again", "owed:R-1", "tender:pi_2", 1624, unit="EUR"),),
    )
    notes.settle(paid, intention, again)
    assert [(one.name, one.cancels) for one in issued(shop)] == [
        ("CN-demo-000001", ""),
        ("CN-demo-000002", "CN-demo-000001"),
        ("CN-demo-000003", ""),
    ]
    assert [one.reference for one in issued(shop)[2].refunds] == ["re_1", "re_again"]
    assert shop.sound()


def test_a_late_failure_before_the_plan_was_complete_cancels_nothing(shop: Shop) -> None:
    sold(shop, pi_1=3000, pi_2=7850)
    planned(shop)
    provider = FakeProvider()
    made = pay(shop, provider, "pi_1", 3000)
    notes_of(shop.ledger, shop).reverse(late_no(made))
    pay(shop, provider, "pi_2", 1624)
    # 30.00 are still owed, so the plan is not paid.
    assert numbers(shop) == []
    assert shop.money("owed:R-1").posted == 3000


def test_what_was_never_settled_cannot_fail_late(shop: Shop) -> None:
    sold(shop, pi_1=10850)
    planned(shop)
    made = pay(shop, FakeProvider(RefundStatus.PENDING))
    before = shop.recorded()
    with pytest.raises(Refused) as no:
        notes_of(shop.ledger, shop).reverse(late_no(made))
    assert (no.value.code, shop.recorded()) == ("not_settled", before)


# ── The series ───────────────────────────────────────────────────────────────────────────────────────────────────────


def numbered(key: str, series: str = SERIES, *moved: object) -> NewEntry:
    """An entry that takes a number."""
    return fact(key, *moved, series=series, facts={"credit_note": {"total": 1}})  # type: ignore[arg-type]


def test_a_transaction_that_fails_leaves_no_gap(ledger: Ledger) -> None:
    open_order(ledger, cents=10)
    ledger.append(numbered("one"))
    with pytest.raises(OverLimit):
        ledger.append(numbered("two", SERIES, move("much", "paid:o:l:net", "owed:r", 11)))
    with pytest.raises(Stale):
        ledger.append(numbered("two"), seen=1)
    with pytest.raises(KeyConflict):
        ledger.append(numbered("one").model_copy(update={"asked": {"n": 1}}))
    assert ledger.append(numbered("two")).facts["credit_note"]["number"] == 2
    assert ledger.verify().faults == ()


def test_the_same_key_gets_the_recorded_number(ledger: Ledger) -> None:
    first = ledger.append(numbered("one"))
    ledger.append(numbered("two"))
    assert ledger.append(numbered("one")) == first
    assert first.facts["credit_note"] == {"total": 1, "series": SERIES, "number": 1}


def test_writers_at_once_take_consecutive_numbers(ledger: Ledger) -> None:
    together = Barrier(16)

    def write(name: int) -> list[int]:
        together.wait()
        return [int(ledger.append(numbered(f"{name}:{n}")).facts["credit_note"]["number"]) for n in range(4)]

    with ThreadPoolExecutor(16) as pool:
        taken = [number for mine in pool.map(write, range(16)) for number in mine]
    assert sorted(taken) == list(range(1, 65))
    assert [one.facts["credit_note"]["number"] for one in ledger.numbered(SERIES)] == list(range(1, 65))
    assert ledger.verify().faults == ()


def test_more_than_a_page_of_notes_is_streamed_in_order(ledger: Ledger) -> None:
    for number in range(205):
        ledger.append(numbered(f"n{number}"))
    assert [one.facts["credit_note"]["number"] for one in ledger.numbered()] == list(range(1, 206))
    assert ledger.verify().faults == ()


@pytest.mark.parametrize("fields", [{"series": "CN-x"}, {"facts": {"credit_note": {}}}])
def test_a_number_without_a_note_and_a_note_without_a_number_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="credit note"):
        fact("x", **fields)


# ── Tampering ────────────────────────────────────────────────────────────────────────────────────────────────────────

TAMPERED = {
    "in the entry": (
        "UPDATE journal SET facts = replace(facts, '\"number\":2', '\"number\":5') WHERE seq = 2",
        ["entry 2 (two) does not have the hash", "entry 2 (two) has taken number 5"],
    ),
    "in the table": ("UPDATE numbers SET number = 9 WHERE seq = 2", ["entry 2 (two) has taken number 2"]),
    "series in the table": ("UPDATE numbers SET series = 'CN-x' WHERE seq = 2", ["entry 2 (two) has taken number 2"]),
    "row away": (
        "DELETE FROM numbers WHERE seq = 3",
        ["entry 3 (three) has taken number 3 of the series CN-demo, but"],
    ),
    "row more": (
        "INSERT INTO numbers VALUES ('CN-demo', 4, 4)",
        ["entry 4 (plain) has taken no number, but the table of numbers says number 4"],
    ),
    "row of no entry": (
        "PRAGMA foreign_keys = OFF; INSERT INTO numbers VALUES ('CN-demo', 4, 99)",
        ["number 4 of the series CN-demo belongs to no entry"],
    ),
    "the note away": (
        "UPDATE journal SET facts = '{}' WHERE seq = 2",
        [
            "entry 2 (two) does not have the hash",
            "entry 2 (two) has taken no number",
        ],
    ),
    "no facts at all": ("UPDATE journal SET facts = '[1]' WHERE seq = 2", ["entry 2 (two) cannot be read"]),
}


def _tamper(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as raw:
        triggers = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        raw.executescript("".join(f"DROP TRIGGER {name};" for (name,) in triggers) + script)


@pytest.fixture
def three(ledger: Ledger) -> Ledger:
    """Three notes, and an entry without one."""
    for key in ("one", "two", "three"):
        ledger.append(numbered(key))
    ledger.append(fact("plain"))
    return ledger


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_with_a_number_is_found(three: Ledger, path: Path, how: str) -> None:
    script, expected = TAMPERED[how]
    _tamper(path, script)
    faults = three.verify().faults
    assert [fault[: len(start)] for fault, start in zip(faults, expected, strict=True)] == expected


@pytest.mark.parametrize(("number", "words"), [(3, "which stood at 1"), (1, "which stood at 1")])
def test_a_forger_who_hashes_everything_anew_still_leaves_a_gap_or_a_double(
    three: Ledger, path: Path, number: int, words: str
) -> None:
    script, previous = "DROP TABLE numbers; CREATE TABLE numbers (series, number, seq);", START
    for entry in three.entries():
        if entry.key == "two":
            note = {**entry.facts["credit_note"], "number": number}
            entry = entry.model_copy(update={"facts": {"credit_note": note}})
        previous = entry_hash(previous, written(entry, entry.seq), entry.transfers)
        facts = json.dumps(entry.facts, sort_keys=True, separators=(",", ":"))
        script += f"UPDATE journal SET hash = '{previous}', facts = '{facts}' WHERE seq = {entry.seq};"
        if "credit_note" in entry.facts:
            script += f"INSERT INTO numbers VALUES ('CN-demo', {entry.facts['credit_note']['number']}, {entry.seq});"
    _tamper(path, script)
    assert words in three.verify().faults[0]
    assert three.verify().faults[0].startswith("entry 2 (two) is credit note")
