"""The plan of a return, also where another one stood before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from domain import ids
from domain.components import gross_parts
from domain.errors import Refused
from domain.exchange import Swap, swapped
from domain.history import History, history_of
from domain.order import Order, OrderLine, Tender
from domain.plan import Component, ComponentKind, RefundPlan
from domain.planning import plan_owed, plan_refund
from domain.terms import Terms
from ledger import EntryKind, JournalEntry, Transfer, TransferKind, accounts
from ledger.moves import facts as fact_moves
from ledger.moves import finishing, transfers
from ledger.moves.money import is_leg, reserved
from ledger.order_books import OrderBooks

NOT_COVERED = "exchange_not_covered"
"""Code of Refused for an exchange that does not add up any more."""


@dataclass(frozen=True)
class Planned:
    """A plan with the transfers that reserve it, and what its entry tells of the plan before it."""

    plan: RefundPlan
    transfers: tuple[Transfer, ...]
    facts: Mapping[str, object] = field(default_factory=dict)


class Trade(NamedTuple):
    """What goes out for what came back, and what the shopper paid on top of it."""

    swaps: Sequence[Swap]
    added: Tender | None = None


def replanned(
    key: str,
    case: str,
    number: int,
    books: OrderBooks,
    units: Mapping[str, int],
    terms: Terms,
    trade: Trade | None = None,
) -> Planned:
    """The n-th plan of a return. While nothing of the one before was handed to the provider, that one is voided and all
    is computed anew; afterwards only what it left owed is planned, in new legs.

    Raises Refused if there is no plan before it, and what `plan_refund` raises.
    """
    if number == 1:
        plan, new = _plan(books.order, books.history(), units, terms, trade)
        return Planned(plan, reserved(key, case, plan, new))
    before = ids.plan_key(case, number - 1)
    entry = next((one for one in books.entries if one.key == before), None)
    if entry is None:
        raise Refused("no_plan", f"return {case} has no plan {number - 1} to plan again from")
    if "continues" in entry.facts or any(_is_of(one, case, number - 1) for one in books.entries):
        return _rest(key, case, number, books, entry, terms)
    voids = books.withdrawing(key, [entry]).voids
    order, history = books.order_without([before]), books.history(without=[before])
    plan, new = _plan(order, history, units, terms, trade)
    plan = plan.model_copy(update={"number": number})
    aligned = fact_moves.aligned(f"{key}/aligned", order, books.free(voids), history)
    withdrawn = [before] if before in books.happened else []
    return Planned(plan, (*voids, *aligned, *reserved(key, case, plan, new)), {"withdrawn": withdrawn})


def _plan(
    order: Order, history: History, units: Mapping[str, int], terms: Terms, trade: Trade | None
) -> tuple[RefundPlan, tuple[Component, ...]]:
    """The plan, and what is paid for its new lines, part by part.

    Raises Refused (`exchange_not_covered`) where what came back and what was paid do not pay for what goes out.
    """
    if trade is None:
        return plan_refund(order, history, _open(history, units), terms), ()
    made = swapped(order, history, _open(history, units), terms, trade.swaps)
    paid = trade.added.captured if trade.added else 0
    if made.to_pay != paid:
        text = f"what goes out costs {made.to_pay} more than what came back is worth now, and {paid} was paid for it"
        raise Refused(NOT_COVERED, f"{text}; it is refunded instead")
    plan = made.plan.model_copy(update={"added": trade.added})
    return plan, tuple(part for line in plan.new for part in _parts(order, line))


def _parts(order: Order, line: OrderLine) -> list[Component]:
    paid = order.paid_for(line)
    duties = Component(line_id=line.id, kind=ComponentKind.DUTIES, amount=line.duties)
    return [*gross_parts(line.id, line.taxes, paid, 0, paid), *([duties] if line.duties else [])]


def _open(history: History, units: Mapping[str, int]) -> dict[str, int]:
    """Of these units those whose money has not gone back another way while they came back."""
    left = {line_id: min(count, history.lines[line_id].open) for line_id, count in units.items()}
    return {line_id: count for line_id, count in left.items() if count}


def _rest(key: str, case: str, number: int, books: OrderBooks, before: JournalEntry, terms: Terms) -> Planned:
    """What stands on `owed` and no leg is on its way to pay."""
    paid = _paid(books, case, number - 1)
    left = books.ledger.pending_left
    legs = [one for one in before.transfers if one.kind is TransferKind.PENDING and is_leg(one)]
    open_legs = [one for one in legs if _payment(one) not in paid]
    voids = finishing(f"{key}/void", TransferKind.VOID, ((one, left(one.key)) for one in open_legs))
    stands = books.ledger.balance(accounts.owed(case), books.order.currency)
    owed = stands.available + sum(void.amount for void in voids)
    # What went out for goods stays gone, whatever becomes of the rest.
    history = history_of(books.order, (one for name, one in books.happened.items() if name != before.key))
    kept = [leg for leg in RefundPlan.model_validate(before.facts["plan"]).legs if leg.tender_id in paid]
    gone = {leg.tender_id: history.tenders.get(leg.tender_id, 0) + leg.amount for leg in kept}
    history = history.model_copy(update={"tenders": {**history.tenders, **gone}})
    # What becomes free covers the order's suspense before anybody is paid of it.
    cover = min(books.suspense, owed)
    move = (accounts.owed(case), accounts.suspense(books.order.id), cover)
    covered = transfers(f"{key}/cover", books.order.currency, [move])
    plan = plan_owed(books.order, history, number, owed - cover, terms)
    told = {"continues": before.key, "paid": sorted(paid)}
    return Planned(plan, (*voids, *covered, *reserved(key, case, plan)), told)


def _payment(leg: Transfer) -> str:
    """Which payment a leg pays back, wherever it goes."""
    intended = ids.refund_of(leg.key.removesuffix(ids.leg_key("")))
    assert intended is not None  # `leg` alone makes them
    return intended.tender


def _paid(books: OrderBooks, case: str, number: int) -> set[str]:
    """The payments to which a plan's legs went, or may still be going."""
    found = {one.facts["intention"]["key"]: one for one in books.entries if _is_of(one, case, number)}
    for entry in books.entries:
        late = entry.kind is EntryKind.REFUND_REVERSED and "refund" in entry.facts
        if late or entry.kind is EntryKind.REFUND_FAILED:
            found.pop(entry.facts["refund"]["key"], None)
    return {str(one.facts["intention"]["payment"]) for one in found.values()}


def _is_of(entry: JournalEntry, case: str, number: int) -> bool:
    """Whether an entry hands a leg of the plan to the provider."""
    if entry.kind is not EntryKind.REFUND_SUBMITTED:
        return False
    intention = entry.facts["intention"]
    return (intention["case"], intention["plan"]) == (case, number)
