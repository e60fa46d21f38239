"""The plan of a return, also where another one stood before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain import ids
from domain.errors import Refused
from domain.history import History
from domain.plan import RefundPlan
from domain.planning import plan_owed, plan_refund
from domain.terms import Terms
from ledger import EntryKind, JournalEntry, Transfer, TransferKind, accounts
from ledger.moves import facts as fact_moves
from ledger.moves import finishing, transfers
from ledger.moves.money import is_leg, reserved
from ledger.order_books import OrderBooks


@dataclass(frozen=True)
class Planned:
    """A plan with the transfers that reserve it, and what its entry tells of the plan before it."""

    plan: RefundPlan
    transfers: tuple[Transfer, ...]
    facts: Mapping[str, object] = field(default_factory=dict)


def replanned(
    key: str, case: str, number: int, books: OrderBooks, units: Mapping[str, int], terms: Terms, first: int = 1
) -> Planned:
    """The n-th plan of a return; `first` is the number of the first one for these goods, as others may have been paid
    before. While nothing of the one before was handed to the provider, that one is voided and all is computed anew;
    afterwards only what it left owed is planned, in new legs.

    Raises Refused if there is no plan before it, and what `plan_refund` raises.
    """
    if number == first:
        history = books.history()
        plan = plan_refund(books.order, history, _open(history, units), terms).model_copy(update={"number": number})
        return Planned(plan, reserved(key, case, plan))
    before = ids.plan_key(case, number - 1)
    entry = next((one for one in books.entries if one.key == before), None)
    if entry is None:
        raise Refused("no_plan", f"return {case} has no plan {number - 1} to plan again from")
    if "continues" in entry.facts or any(_is_of(one, case, number - 1) for one in books.entries):
        return _rest(key, case, number, books, entry, terms)
    voids = books.withdrawing(key, [entry]).voids
    history = books.history(without=[before])
    plan = plan_refund(books.order, history, _open(history, units), terms).model_copy(update={"number": number})
    aligned = fact_moves.aligned(f"{key}/aligned", books.order, books.free(voids), history)
    withdrawn = [before] if before in books.happened else []
    return Planned(plan, (*voids, *aligned, *reserved(key, case, plan)), {"withdrawn": withdrawn})


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
    history = books.history(without=[before.key])
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
