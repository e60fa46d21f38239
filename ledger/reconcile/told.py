"""A reconciliation in words and rows, for a terminal and for a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ledger.readable import amount
from ledger.reconcile import Break, BreakKind, Reconciliation
from ledger.reconcile.breaks import MEANINGS
from ledger.reconcile.matching import Outside, Waiting
from ledger.reconcile.period import Period
from ledger.reconcile.tally import CurrencySummary, Difference, Sum

Row = tuple[str, ...]

SUMS = ("What", "Number", "Amount")
BREAKS = ("Since (UTC)", "Return", "Order", "Payment", "Refunds", "Journal", "Provider", "Details")
WAITING = ("Since (UTC)", "Return", "Order", "Refund", "Amount", "Why")
OUTSIDE = ("Made (UTC)", "Refund", "Payment", "Order", "Amount", "Why")
CATEGORIES = ("Category", "Number", "Amount", "Fees", "Net")

_WHY = {
    "cut_off": "in other days on one side, or in flight",
    "outside": "of payments that no known order has",
    "came_with_order": "made before the order was known",
    "converted": "moved in another currency",
}


def days(period: Period) -> str:
    """`2026-10-01 to 2026-10-31, as it stands at 2026-11-22 12:00 UTC`."""
    last = (period.until - timedelta(days=1)).date()
    return f"{period.since.date()} to {last}, as it stands at {_moment(period.now)} UTC"


def verdict(found: Reconciliation) -> str:
    """In one sentence."""
    if not found.breaks:
        return "Everything agrees."
    return f"{len(found.breaks)} {'break' if len(found.breaks) == 1 else 'breaks'}."


def sums(one: CurrencySummary) -> Iterator[Row]:
    """One currency: what was in flight, and from the journal over the provider to its balance."""
    currency = one.currency
    yield _sum("In flight at the beginning", one.opening, currency)
    yield _sum("+ submitted", one.submitted, currency)
    yield _sum("- confirmed", one.settled, currency)
    yield _sum("- refused", one.failed, currency)
    yield _sum("= in flight at the end", one.closing, currency)
    yield ("What went back, by the journal", "", amount(one.journal, currency))
    yield from _differences(one.journal_to_provider, currency)
    yield ("= refunds of the provider", "", amount(one.provider, currency))
    yield from _differences(one.provider_to_balance, currency)
    yield ("= balance of the provider", "", amount(one.balance, currency))
    yield _sum("Besides: failed late", one.reversed, currency)
    yield _sum("Besides: made elsewhere and entered", one.elsewhere, currency)
    yield _sum("Besides: paid by hand", one.by_hand, currency)
    yield _sum("Besides: gift cards and store credit", one.storefront, currency)


def categories(found: Reconciliation) -> Iterator[Row]:
    """What moved the balance, of all categories."""
    for one in found.categories:
        money = (amount(each, one.currency) for each in (one.amount, one.fee, one.net))
        yield (one.category, str(one.count), *money)


def breaks(found: Reconciliation) -> Iterator[tuple[BreakKind, list[Break]]]:
    """By kind, the worst first; only kinds that there are."""
    for kind in BreakKind:
        if ours := [one for one in found.breaks if one.kind is kind]:
            yield kind, ours


def title(kind: BreakKind, ours: list[Break]) -> str:
    """`Ours, lost: 2`."""
    return f"{MEANINGS[kind].title}: {len(ours)}"


def means(kind: BreakKind) -> str:
    """What it means and what to do."""
    told = MEANINGS[kind].means
    return f"{told[0].upper()}{told[1:]}. What to do: {MEANINGS[kind].todo}."


def break_row(one: Break) -> Row:
    """One break."""
    booked, paid = (amount(each, one.currency) if each else "" for each in (one.booked, one.paid))
    known = (one.case, one.order, one.payment, ", ".join((*one.refunds, *one.movements)))
    return (_moment(one.at), *known, booked, paid, one.detail)


def waiting_rows(found: Iterable[Waiting]) -> Iterator[Row]:
    """What is in flight or cut off."""
    for one in found:
        yield (_moment(one.at), one.case, one.order, one.refund, amount(one.amount, one.currency), one.why)


def outside_rows(found: Iterable[Outside]) -> Iterator[Row]:
    """What is not ours."""
    for one in found:
        about = (one.refund, one.payment, one.order, amount(one.amount, one.currency))
        yield (_moment(one.at), *about, _WHY[one.why])


def _sum(name: str, one: Sum, currency: str) -> Row:
    return (name, str(one.count), amount(one.amount, currency))


def _differences(found: Iterable[Difference], currency: str) -> Iterator[Row]:
    for one in found:
        why = _WHY.get(one.why) or MEANINGS[BreakKind(one.why)].title.lower()
        sign = "-" if one.amount < 0 else "+"
        yield (f"{sign} {why}", str(one.count), amount(abs(one.amount), currency))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
