"""From a real journal to the command line, the nightly record, and the list of exceptions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from activities.payments import PayLeg, PaymentActivities
from activities.payments.reconciling import ReconcileActivities, ReconcileDays
from domain import ids
from domain.order import EarlierRefund
from domain.provider import BalanceTransaction, ProviderRefund
from domain.refund import Refund
from ledger import EntryKind, JournalEntry
from ledger.__main__ import main
from ledger.credit_notes import CreditNotes
from ledger.days import Days
from ledger.facts import Facts
from ledger.reconcile import BreakKind, Reconciliation, reconcile
from ledger.reconcile.facts import What, refund_facts
from ledger.reconcile.record import recorded
from ledger.reconcile.run import period_of, run
from ledger.settling import Settling
from tests.payments.fake import FakeProvider
from tests.reconcile.provider import Shelf
from tests.shop import NOW, Shop, open_shop

UNITS = {"1": 2, "2": 1}
"""Two of three mugs and the book: 46.24 euros."""
MADE = NOW + timedelta(seconds=1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """One return, paid."""
    with open_shop(tmp_path) as shop:
        shop.begin("R-1", UNITS)
        shop.receive("R-1", UNITS)
        shop.plan("R-1", UNITS)
        pay(shop)
        yield shop


def leg(shop: Shop) -> tuple[str, int]:
    told = shop.entry("plan:R-1:1").facts["plan"]["legs"][0]
    return told["tender_id"], told["amount"]


def pay(shop: Shop) -> None:
    payment, amount = leg(shop)
    named = {"case": "R-1", "order_id": "two-rates", "plan": 1, "payment": payment, "amount": amount}
    provider = PaymentActivities(FakeProvider(), shop.ledger, CreditNotes(shop.ledger, shop.snapshots))
    provider.pay_leg(PayLeg.model_validate({**named, "attempt": 1, "now": NOW}))


def refund(shop: Shop, **more: object) -> ProviderRefund:
    payment, amount = leg(shop)
    told = {"id": "re_1", "key": f"refund:R-1:1:{payment}:1", "case": "R-1", "payment": payment, "amount": amount}
    status = {"currency": "EUR", "status": "succeeded", "created_at": MADE, "shows_as": "refund"}
    return ProviderRefund.model_validate({**told, **status, **more})


def movement(made: ProviderRefund) -> BalanceTransaction:
    told = {"id": f"txn_{made.id}", "category": "refund", "source": made.id, "currency": made.currency}
    return BalanceTransaction.model_validate(
        {**told, "amount": -made.amount, "net": -made.amount, "created_at": made.created_at}
    )


@pytest.fixture
def shelf(shop: Shop) -> Shelf:
    """What the provider has of it."""
    made = refund(shop)
    return Shelf([made], [movement(made)])


def reconciled(shop: Shop, shelf: Shelf, now: datetime = NOW + timedelta(hours=3)) -> Reconciliation:
    return run(shop.ledger, shop.snapshots, shelf, period_of(Days(), now))


def test_a_return_that_was_paid_agrees(shop: Shop, shelf: Shelf) -> None:
    found = reconciled(shop, shelf)
    assert found.breaks == ()
    (summary,) = found.summaries
    assert (summary.currency, summary.journal, summary.provider, summary.balance) == ("EUR", 4624, 4624, 4624)
    assert (summary.submitted.count, summary.settled.count, summary.closing.count) == (1, 1, 0)


def test_the_banks_reference_is_missed_after_a_week_and_no_more_once_it_is_recorded(shop: Shop, shelf: Shelf) -> None:
    later = NOW + timedelta(days=8)
    assert [one.kind for one in reconciled(shop, shelf, later).breaks] == [BreakKind.ARN_MISSING]
    intention = Settling(shop.ledger, CreditNotes(shop.ledger, shop.snapshots)).intention(shelf.made[0].key)
    assert intention is not None
    same = {"key", "payment", "amount", "currency", "status"}
    told = {**shelf.made[0].model_dump(include=same), "provider_id": "re_1", "arn": "749", "updated_at": later}
    Settling(shop.ledger, CreditNotes(shop.ledger, shop.snapshots)).record(intention, Refund.model_validate(told))
    assert reconciled(shop, shelf, later).breaks == ()


def test_a_late_failure_is_a_break_until_the_journal_reversed_it(shop: Shop, shelf: Shelf) -> None:
    shelf.made = [refund(shop, status="failed", reason="declined")]
    shelf.moved.append(
        shelf.moved[0].model_copy(update={"id": "txn_back", "amount": 4624, "category": "refund_failure"})
    )
    assert [one.kind for one in reconciled(shop, shelf).breaks] == [BreakKind.FAILED_NOT_REVERSED]
    same = {"key", "payment", "amount", "currency", "reason"}
    told = {**shelf.made[0].model_dump(include=same), "provider_id": "re_1", "status": "failed", "updated_at": MADE}
    CreditNotes(shop.ledger, shop.snapshots).reverse(Refund.model_validate(told))
    found = reconciled(shop, shelf)
    assert (found.breaks, found.summaries[0].journal, found.summaries[0].reversed.amount) == ((), 0, 4624)


def test_a_refund_made_elsewhere_is_a_break_until_it_is_entered(shop: Shop, shelf: Shelf) -> None:
    made = refund(shop, id="re_desk", key="", case="", amount=100)
    shelf.made.append(made)
    shelf.moved.append(movement(made))
    (found,) = reconciled(shop, shelf).breaks
    assert (found.kind, found.order, found.refunds, found.paid) == (
        BreakKind.NOT_ENTERED,
        "two-rates",
        ("re_desk",),
        100,
    )
    told = EarlierRefund(id="re_desk", at=MADE, money={made.payment: 100})
    Facts(shop.ledger, shop.snapshots).refunded_elsewhere("two-rates", told, "fay", MADE)
    assert reconciled(shop, shelf).breaks == ()
    Facts(shop.ledger, shop.snapshots).came_back("re_desk", "fay", MADE)
    assert [one.kind for one in reconciled(shop, shelf).breaks] == [BreakKind.STATUS_DIFFERS]


def test_a_lost_dispute_is_no_refund(shop: Shop, shelf: Shelf) -> None:
    lost = EarlierRefund(id="dp_1", at=MADE, money={leg(shop)[0]: 100})
    Facts(shop.ledger, shop.snapshots).refunded_elsewhere("two-rates", lost, "fay", MADE, EntryKind.DISPUTE_LOST)
    assert reconciled(shop, shelf).breaks == ()
    Facts(shop.ledger, shop.snapshots).came_back("dp_1", "fay", MADE)
    found = reconciled(shop, shelf)
    assert (found.breaks, found.summaries[0].journal) == ((), 4624)


# ── The command line ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line runs three hours later."""
    monkeypatch.setattr("ledger.cli.reconcile.clock", lambda: NOW + timedelta(hours=3))


def call(shop: Shop, shelf: Shelf, *arguments: str) -> int:
    days = ["--from", f"{NOW:%Y-%m-%d}", "--to", f"{NOW:%Y-%m-%d}"]
    return main(
        ["reconcile", *days, *arguments], lambda: shop.ledger, lambda: shop.snapshots, open_provider=lambda: shelf
    )


def words(text: str) -> list[str]:
    """Lines without the spaces of a table."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_table_says_that_all_agrees_and_closes(
    shop: Shop, shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.made[0] = refund(shop)
    assert call(shop, shelf) == 0
    said = words(capsys.readouterr().out)
    day = f"{NOW:%Y-%m-%d}"
    assert said[0] == f"Refunds of {day} to {day}, as it stands at {day} 15:00 UTC"
    assert said[1:-1] == [
        "",
        "EUR",
        "What Number Amount",
        "In flight at the beginning 0 0.00 EUR",
        "+ submitted 1 46.24 EUR",
        "- confirmed 1 46.24 EUR",
        "- refused 0 0.00 EUR",
        "= in flight at the end 0 0.00 EUR",
        "What went back, by the journal 46.24 EUR",
        "= refunds of the provider 46.24 EUR",
        "= balance of the provider 46.24 EUR",
        "Besides: failed late 0 0.00 EUR",
        "Besides: made elsewhere and entered 0 0.00 EUR",
        "Besides: paid by hand 0 0.00 EUR",
        "Besides: gift cards and store credit 0 0.00 EUR",
        "",
        "What moved the provider's balance",
        "Category Number Amount Fees Net",
        "refund 1 -46.24 EUR 0.00 EUR -46.24 EUR",
        "",
    ]
    assert said[-1] == "Everything agrees."


def test_a_break_is_told_with_what_to_do_and_ends_with_1(
    shop: Shop, shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.made[0] = refund(shop, amount=4600)
    assert call(shop, shelf) == 1
    said = words(capsys.readouterr().out)
    assert "- amount differs 1 0.24 EUR" in said
    assert "= refunds of the provider 46.00 EUR" in said
    assert said[-6:] == [
        "Amount differs: 1",
        "The provider refunded another amount than was entered. "
        "What to do: compare both; the provider's amount is what the shopper got.",
        "Since (UTC) Return Order Payment Refunds Journal Provider Details",
        f"{NOW:%Y-%m-%d %H:%M} R-1 two-rates {leg(shop)[0]} re_1, txn_re_1 46.24 EUR 46.00 EUR "
        "46.24 EUR was entered, 46.00 EUR refunded",
        "",
        "1 break.",
    ]


def test_json_is_one_document(shop: Shop, shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    shelf.moved.clear()
    assert call(shop, shelf, "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    assert [(one["kind"], one["case"], one["booked"]) for one in told["breaks"]] == [("balance_missing", "R-1", 4624)]
    assert told["breaks"][0]["todo"].startswith("look the refund up at the provider")
    assert told["summaries"][0]["provider_to_balance"] == [{"why": "balance_missing", "count": 1, "amount": -4624}]


class Page(HTMLParser):
    """Which elements a page has, and what of them points anywhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.points: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.points += [name for name, _ in attrs if name in ("src", "href", "action", "onload", "style")]


def test_the_page_loads_nothing_and_escapes_what_comes_from_outside(
    shop: Shop, shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.made[0] = refund(shop, status="failed", reason="<script>alert(1)</script>")
    shelf.moved.clear()
    assert call(shop, shelf, "--format", "html") == 1
    text = capsys.readouterr().out
    found = Page(text)
    assert text.startswith("<!doctype html>\n")
    assert "script" not in found.tags
    assert not found.points
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert '<p class="verdict">1 break.</p>' in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "yesterday"], "write a day as 2026-11-30"),
        (["--from", "2126-01-01"], "has not begun yet"),
        (["--from", "0001-01-01"], "--from: 0001-01-01 is too early"),
        (["--from", "0001-01-01", "--to", "0001-01-02"], "--from: 0001-01-01 is too early"),
        (["--to", "1999-12-31"], "--to: 1999-12-31 is too early"),
        (["--from", "2026-02-01", "--to", "2026-01-01"], "the last day comes before the first"),
        (["--format", "xml"], "xml"),
        (["--json", "--format", "html"], "two answers"),
    ],
)
def test_wrong_use_ends_with_2(
    shop: Shop, shelf: Shelf, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stores = (lambda: shop.ledger, lambda: shop.snapshots)
    assert main(["reconcile", *arguments], *stores, open_provider=lambda: shelf) == 2
    assert said in capsys.readouterr().err


def test_a_provider_without_an_answer_ends_with_2(shop: Shop, shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    shelf.silent = True
    assert call(shop, shelf) == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "Stripe could not be reached, or its answer was lost.\n")


# ── Every night ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_night_is_recorded_once_and_its_breaks_are_exceptions(
    shop: Shop, shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.moved.clear()
    activities = ReconcileActivities(shelf, shop.ledger, shop.snapshots)
    ask = ReconcileDays(day=(NOW + timedelta(days=1)).date(), now=NOW + timedelta(days=1))
    told = activities.reconcile(ask)
    assert (told.breaks, told.by_kind) == (1, {"balance_missing": 1})
    entry = shop.ledger.find(ids.reconciled_key(ask.day.isoformat()))
    assert entry is not None
    assert entry.seq == told.entry
    assert (entry.kind, entry.transfers, entry.actor) == (EntryKind.RECONCILED, (), "rule:reconcile")
    said = recorded(entry)
    assert (said.first, said.last) == (NOW.date() - timedelta(days=34), NOW.date())
    assert (said.count, said.summaries[0].journal, said.summaries[0].balance) == (1, 4624, 0)
    # Asked again, the day has its answer, whatever the provider says now.
    shelf.silent = True
    assert activities.reconcile(ask) == told
    assert shop.ledger.verify().faults == ()
    assert main(["report", "exceptions", "--json"], lambda: shop.ledger, lambda: shop.snapshots) == 0
    found = [one for one in json.loads(capsys.readouterr().out)["found"] if one["why"] == "not_reconciled"]
    assert [(one["case"], one["amounts"], one["reference"]) for one in found] == [("R-1", "46.24 EUR", "re_1")]
    assert found[0]["detail"] == "Balance transaction missing: 46.24 EUR did not move"


def test_only_the_last_night_counts_among_the_exceptions(
    shop: Shop, shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    activities, moved = ReconcileActivities(shelf, shop.ledger, shop.snapshots), list(shelf.moved)
    for night, movements in ((1, []), (2, moved)):
        shelf.moved = movements
        at = NOW + timedelta(days=night)
        activities.reconcile(ReconcileDays(day=at.date(), now=at))
    assert main(["report", "exceptions", "--json"], lambda: shop.ledger, lambda: shop.snapshots) == 0
    assert "not_reconciled" not in capsys.readouterr().out


def test_the_days_left_open_are_the_last_35() -> None:
    period = period_of(Days(), datetime(2026, 11, 22, 4, 5, tzinfo=UTC))
    assert (period.since, period.until) == (datetime(2026, 10, 19, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))


def test_days_to_come_are_not_waited_for() -> None:
    now = datetime(2026, 11, 22, 4, 5, tzinfo=UTC)
    period = period_of(Days(first=date(2026, 11, 1), last=date.max), now)
    assert (period.since, period.until) == (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("way", "reason", "what"),
    [
        ({"kind": "gift_card"}, "", What.STOREFRONT),
        ({"kind": "card", "instead": "store_credit"}, "", What.STOREFRONT),
        ({"kind": "bank"}, "paid_by_hand", What.BY_HAND),
    ],
)
def test_what_goes_another_way_is_not_looked_for_at_the_provider(way: dict[str, str], reason: str, what: What) -> None:
    key = "refund:R-1:1:gift-1:1"
    money = {"key": key, "payment": "gift-1", "amount": 500, "currency": "EUR"}
    asked = {**money, "case": "R-1", "order_id": "B-1", "plan": 1, "attempt": 1, **way}
    told = {**money, "provider_id": "credit_1", "status": "succeeded", "reason": reason}
    steps = (
        (EntryKind.REFUND_SUBMITTED, {"intention": asked}, ()),
        (EntryKind.REFUND_SETTLED, {"refund": told}, (reason,)),
    )
    same = {"order": "B-1", "case": "R-1", "actor": "rule:plan", "policy": "", "transfers": (), "hash": "", "at": NOW}
    entries = [
        JournalEntry.model_validate(
            {
                **same,
                "seq": seq,
                "key": key if seq == 1 else f"settled:{key}",
                "kind": kind,
                "facts": facts,
                "reasons": why,
            }
        )
        for seq, (kind, facts, why) in enumerate(steps, start=1)
    ]
    facts = list(refund_facts(entries))
    assert [(one.what, one.amount) for one in facts] == [(what, 500)]
    found = reconcile(facts, (), (), period_of(Days(), NOW + timedelta(days=3)))
    assert found.breaks == ()
    assert getattr(found.summaries[0], what.value).amount == 500
    assert (found.summaries[0].journal, found.summaries[0].submitted.count) == (0, 0)
