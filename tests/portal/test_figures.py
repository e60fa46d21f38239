"""The portal's own figures: what the journal and the tables say, and what a source without an answer leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine

from database.stores import Stores
from domain.errors import Unavailable
from domain.inbox import InboxEvent, InboxState, Vendor
from domain.notice import NoticeState
from ledger import EntryKind, NewEntry, Transfer
from ledger.store import SqlLedger
from portal.certificates import ends
from portal.figures import Samples, families, of_journal
from portal.metrics import Figures, build
from portal.tally import ENTRIES, Tally
from portal.visibility import Standing

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Books:
    """A ledger, and a tally of it."""

    def __init__(self, engine: Engine) -> None:
        self.ledger, self.stores = SqlLedger(engine), Stores(engine)
        self.tally = self.anew()
        self.written = 0

    def anew(self) -> Tally:
        return Tally(self.ledger, self.stores.outgoing.newest)

    def write(self, kind: EntryKind, *moved: tuple[str, str, int], case: str = "", **more: Any) -> None:
        self.written += 1
        key = more.pop("key", f"k{self.written}")
        transfers = tuple(
            Transfer(key=f"{key}:{place}", debit=debit, credit=credit, commodity="EUR", amount=amount)
            for place, (debit, credit, amount) in enumerate(moved)
        )
        at = more.pop("at", NOW)
        self.ledger.append(NewEntry(key=key, kind=kind, case=case, actor="rule", at=at, transfers=transfers, **more))

    def read(self, tally: Tally | None = None) -> Samples:
        tally = tally or self.tally
        tally.read(NOW)
        return of_journal(tally)


def refund(key: str, amount: int) -> dict[str, Any]:
    return {"refund": {"key": key, "amount": amount, "currency": "EUR", "status": "succeeded"}}


def test_what_was_there_before_is_not_counted_and_what_comes_is_counted_once(engine: Engine) -> None:
    books = Books(engine)
    books.write(EntryKind.DECISION, case="R-1")
    assert books.read()["backhaul_returns_decided"] == [((), 0)]
    books.write(EntryKind.DECISION, case="R-2")
    books.write(EntryKind.CLOSED, case="R-2", facts={"outcome": "declined"})
    for _ in range(2):
        found = books.read()
        assert found["backhaul_returns_decided"] == [((), 1)]
        assert found["backhaul_returns_closed"] == [(("declined",), 1)]
        assert found["backhaul_journal_entries"] == [((), 3)]


def test_a_refund_is_counted_with_its_amount_and_how_long_it_took(engine: Engine) -> None:
    books = Books(engine)
    books.read()
    intention = {"intention": {"currency": "EUR"}}
    books.write(EntryKind.REFUND_SUBMITTED, key="refund:R-1:1:pi:1", facts=intention)
    later = NOW + timedelta(hours=3)
    books.write(EntryKind.REFUND_SETTLED, facts=refund("refund:R-1:1:pi:1", 1234), at=later)
    found = books.read()
    assert dict(found["backhaul_refunds"]) == {("EUR", "submitted"): 1, ("EUR", "settled"): 1}
    assert found["backhaul_refunded_minor"] == [(("EUR",), 1234)]
    (histogram,) = [one for one in families(found) if one.name == "backhaul_refund_latency_seconds"]
    buckets = {one.labels["le"]: one.value for one in histogram.samples if "le" in one.labels}
    assert (buckets["3600.0"], buckets["14400.0"], buckets["+Inf"]) == (0, 1, 1)
    assert [one.value for one in histogram.samples if one.name.endswith("_sum")] == [3 * 3600]


def test_suspense_and_what_is_owed_follow_the_entries_that_move_them(engine: Engine) -> None:
    books = Books(engine)
    books.write(EntryKind.REFUND_ELSEWHERE, ("suspense:o1", "tender:pi", 500))
    assert books.read()["backhaul_suspense_minor"] == [(("EUR",), 500)]
    books.write(EntryKind.REFUND_REVERSED, ("tender:pi", "owed:R-1", 300), case="R-1")
    books.write(EntryKind.REFUND_REVERSED, ("tender:pi", "owed:R-10", 70), case="R-10")
    assert dict(books.read()["backhaul_owed_minor"]) == {("EUR", "open"): 370}
    books.write(EntryKind.CLOSED, case="R-1", key="closed:R-1", facts={"outcome": "refunded"})
    assert dict(books.read()["backhaul_owed_minor"]) == {("EUR", "open"): 70, ("EUR", "closed"): 300}
    # Whoever begins now sees the same.
    assert dict(books.read(books.anew())["backhaul_owed_minor"]) == {("EUR", "open"): 70, ("EUR", "closed"): 300}
    books.write(EntryKind.CLEARED, ("fees:x", "suspense:o1", 500), ("owed:R-1", "fees:x", 300))
    found = books.read()
    assert (found["backhaul_suspense_minor"], dict(found["backhaul_owed_minor"])) == ([], {("EUR", "open"): 70})


def test_mails_are_counted_by_kind_and_end(engine: Engine) -> None:
    books = Books(engine)
    books.read()
    for kind, state in ((EntryKind.NOTICE, "sent"), (EntryKind.NOTICE_FAILED, "bounced"), (EntryKind.NOTICE, "sent")):
        books.write(kind, facts={"notice": "approved", "state": state, "message_id": ""})
    assert dict(books.read()["backhaul_mails"]) == {("approved", "sent"): 2, ("approved", "bounced"): 1}


def test_an_entry_that_was_changed_is_found_when_it_is_read(engine: Engine, tampering: Callable[[str], None]) -> None:
    books = Books(engine)
    books.write(EntryKind.DECISION, case="R-1")
    books.read()
    books.write(EntryKind.DECISION, case="R-2")
    books.write(EntryKind.DECISION, case="R-3")
    tampering("UPDATE journal SET actor = 'somebody' WHERE case_id = 'R-2'")
    assert books.read()["backhaul_journal_faults"] == [((), 1)]


def test_one_look_reads_so_much_and_no_more(engine: Engine) -> None:
    books = Books(engine)
    books.read()

    class Long(SqlLedger):
        def entries(self, **asked: Any) -> Any:
            (one,) = super().entries(after=0)
            return (one.model_copy(update={"seq": at}) for at in range(asked["after"] + 1, ENTRIES * 3))

    books.write(EntryKind.DECISION, case="R-1")
    tally = Tally(Long(engine), lambda: ENTRIES * 3 - 1)
    tally._begun = True
    tally.read(NOW)
    assert (tally.seq, tally.unread) == (ENTRIES, ENTRIES * 2 - 1)


def test_backlogs_tell_what_is_not_done_and_since_when(engine: Engine) -> None:
    stores = Stores(engine)
    unread = {"vendor": Vendor.STRIPE, "kind": "x", "told": None, "fault": "no"}
    events = [InboxEvent.model_validate({**unread, "event": f"evt_{n}"}) for n in (1, 2)]
    stores.inbox.keep(events, NOW)
    for n, minutes in ((1, 5), (2, 9)):
        stores.outbox.reserve(f"m{n}", "R-1", "approved", NOW - timedelta(minutes=minutes))
    stores.outbox.release("m1")
    stores.outbox.reserve("m3", "R-1", "approved", NOW)
    stores.outbox.finish("m3", NoticeState.SENT)
    inbox, outbox = stores.inbox.backlog(), stores.outbox.backlog()
    assert {state: one.count for state, one in inbox.items()} == {InboxState.UNREADABLE: 2}
    assert inbox[InboxState.UNREADABLE].oldest == NOW
    assert {state: one.count for state, one in outbox.items()} == {None: 1, NoticeState.OWED: 1}
    assert outbox[None].oldest == NOW - timedelta(minutes=9)


class Counting:
    """Temporal, which may be away."""

    def __init__(self) -> None:
        self.away, self.asked = False, 0

    async def standing(self, now: datetime) -> Standing:
        self.asked += 1
        if self.away:
            raise Unavailable("Temporal cannot be reached")
        return Standing(open={"refund": 4})

    async def ages(self, open_returns: dict[str, int], now: datetime) -> dict[str, float]:
        return dict.fromkeys(open_returns, 3600.0)


async def test_a_source_without_an_answer_keeps_its_values_and_says_so(engine: Engine) -> None:
    stores, temporal, now = Stores(engine), Counting(), [NOW]
    tally = Tally(SqlLedger(engine), stores.outgoing.newest)
    kept = (stores.inbox, stores.outbox, stores.outgoing)
    figures = Figures(tally, kept, temporal, lambda: now[0])  # type: ignore[arg-type]
    app = build(figures)

    async def scrape() -> str:
        await figures.refresh(None)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://p") as http:
            return (await http.get("/metrics")).text

    first = await scrape()
    assert 'backhaul_returns_open{stage="refund"} 4.0' in first
    assert 'backhaul_returns_oldest_age_seconds{stage="refund"} 3600.0' in first
    assert 'backhaul_source_up{source="temporal"} 1.0' in first
    # Again at once: nobody is asked again.
    await scrape()
    assert temporal.asked == 1
    temporal.away, now[0] = True, NOW + timedelta(minutes=2)
    second = await scrape()
    assert 'backhaul_returns_open{stage="refund"} 4.0' in second
    assert 'backhaul_source_up{source="temporal"} 0.0' in second
    await figures.close()


def test_the_end_of_a_certificate_is_told() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "backhaul")])
    end = NOW + timedelta(days=30)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    assert ends(lambda: pem) == {"temporal": end}
    assert ends(lambda: None) == {}
    assert ends(lambda: b"no certificate") == {}
