"""The way of a refund: opened, reserved, submitted, settled or refused, and failed late."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from domain import ids
from domain.history import History
from domain.order import Order, TenderKind
from domain.paid import paid_components
from domain.plan import AS_CREDIT, Component, Leg, RefundPlan
from domain.refund import PAID_BY_PEOPLE, RefundIntention
from ledger import UNITS, Transfer, TransferKind, accounts
from ledger.moves import Move, finishing, matched, transfers

Left = Callable[[str], int]
"""What of a pending transfer is neither posted nor voided."""


def opening(key: str, order: Order, history: History) -> tuple[Transfer, ...]:
    """What is left of an order, in money and in units: what went back before it was touched is on no account."""
    paid: list[Move] = [
        (accounts.tender(one.id), accounts.order(order.id), one.captured - one.refunded) for one in order.tenders
    ]
    paid += [
        (accounts.order(order.id), accounts.paid(order.id, part), part.amount)
        for part in paid_components(order, history)
    ]
    units = [
        (accounts.sold(order.id), accounts.with_customer(order.id, line_id), line.open)
        for line_id, line in history.lines.items()
    ]
    return (*transfers(key, order.currency, paid), *transfers(f"{key}/units", UNITS, units))


def reserved(key: str, case: str, plan: RefundPlan, new: Sequence[Component] = ()) -> tuple[Transfer, ...]:
    """The debt, the fees out of it and the legs, reserved as one; what pays for `new` goods stays with the order.

    Where nothing is paid, the debt and its fees move at once, because no provider's yes will ever carry them out.
    Raises ValueError for an exchange whose new components do not add up to what pays for them.
    """
    owed, kind = accounts.owed(case), TransferKind.PENDING if plan.legs else TransferKind.SINGLE
    added = plan.added.captured if plan.added else 0
    if sum(part.amount for part in new) != plan.exchanged + added:
        raise ValueError(f"{plan.exchanged + added} pays for new goods, which are listed for another amount")
    into = [(accounts.paid(plan.order_id, part), part.amount) for part in new]
    moves = _debt(plan, owed, into, added)
    for fee in plan.fees:
        moves.append((owed, accounts.fees(fee.kind), fee.amount - fee.tax))
        moves.append((owed, accounts.fees_tax(fee.kind), fee.tax))
    legs = [leg(intended(case, plan, one)) for one in plan.legs]
    return (*transfers(key, plan.currency, moves, kind), *legs)


def collected(key: str, currency: str, order_id: str, payment: str, amount: int) -> tuple[Transfer, ...]:
    """A shopper paid: the money is the order's, and waits there for what it is for."""
    return transfers(key, currency, [(accounts.tender(payment), accounts.order(order_id), amount)])


def given_back(key: str, case: str, plan: RefundPlan) -> tuple[Transfer, ...]:
    """What a shopper paid and nobody needs is owed again, and its one leg is reserved."""
    back = (accounts.order(plan.order_id), accounts.owed(case), plan.total)
    return (*transfers(key, plan.currency, [back]), *(leg(intended(case, plan, one)) for one in plan.legs))


def intended(case: str, plan: RefundPlan, one: Leg) -> RefundIntention:
    """The first attempt at a leg."""
    as_credit = one.tender_id == AS_CREDIT
    return RefundIntention(
        key=ids.refund_key(case, plan.number, one.tender_id, 1),
        case=case,
        order_id=plan.order_id,
        plan=plan.number,
        attempt=1,
        payment=one.tender_id,
        amount=one.amount,
        currency=plan.currency,
        kind=one.kind,
        customer=one.customer,
        instead=TenderKind.STORE_CREDIT if as_credit else "",
        bonus=plan.bonus.amount if as_credit and plan.bonus else 0,
    )


def _debt(plan: RefundPlan, owed: str, into: Sequence[tuple[str, int]], added: int) -> list[Move]:
    """`paid -> owed` for each component; what pays for new goods goes `paid -> paid`, and what was added to it comes
    from where it waits."""
    wanted = [*into, (owed, plan.gross - plan.exchanged)]
    out = {accounts.paid(plan.order_id, part): -part.amount for part in plan.components}
    out[accounts.order(plan.order_id)] = -added
    return list(matched({**out, **{account: amount for account, amount in wanted if amount}}))


def leg(intention: RefundIntention) -> Transfer:
    """What one leg takes off the debt when the provider has confirmed it."""
    return Transfer(
        key=ids.leg_key(intention.key),
        kind=TransferKind.PENDING,
        debit=accounts.owed(intention.case),
        credit=_into(intention),
        commodity=intention.currency,
        amount=intention.amount,
    )


def _into(intention: RefundIntention) -> str:
    """Where a leg goes: back to its payment, to what the shop owes its customer, or through a person's hands."""
    if intention.to in PAID_BY_PEOPLE:
        return accounts.payout(intention.case)
    if intention.instead is TenderKind.STORE_CREDIT and intention.customer:
        return accounts.store_credit(intention.customer)
    return accounts.tender(intention.payment)


def submitted(key: str, plan: Sequence[Transfer], left: Left) -> tuple[Transfer, ...]:
    """The debt becomes real with the first intention that pays any of it: all of a plan but its legs is posted."""
    debts = [one for one in plan if one.kind is TransferKind.PENDING and not is_leg(one)]
    return finishing(f"{key}/post", TransferKind.POST, ((one, left(one.key)) for one in debts))


def withdrawn(key: str, plan: Sequence[Transfer], left: Left) -> tuple[Transfer, ...]:
    """What of a plan is still pending is voided."""
    pending = [one for one in plan if one.kind is TransferKind.PENDING]
    return finishing(f"{key}/void", TransferKind.VOID, ((one, left(one.key)) for one in pending))


def settled(intention: RefundIntention) -> tuple[Transfer, ...]:
    """The provider has paid a leg; a bonus on top is the shop's promotion."""
    bonus = (accounts.PROMOTION, _into(intention), intention.bonus)
    return (
        *_finished(intention, TransferKind.POST),
        *transfers(f"{ids.leg_key(intention.key)}/bonus", intention.currency, [bonus]),
    )


def refused(key: str, intention: RefundIntention, suspense: int) -> tuple[Transfer, ...]:
    """The provider will not pay a leg: it stays owed, less what covers the order's suspense (an amount above zero)."""
    cover = _cover(intention, accounts.owed(intention.case), suspense)
    return (*_finished(intention, TransferKind.VOID), *transfers(f"{key}/cover", intention.currency, cover))


def failed_late(key: str, intention: RefundIntention, suspense: int) -> tuple[Transfer, ...]:
    """A leg that was settled came back with its bonus: it is owed again, less what covers the order's suspense."""
    owed, into = accounts.owed(intention.case), _into(intention)
    back = [(into, owed, intention.amount), (into, accounts.PROMOTION, intention.bonus)]
    return transfers(key, intention.currency, [*back, *_cover(intention, owed, suspense)])


def is_leg(one: Transfer) -> bool:
    """Whether a transfer pays something back, rather than making the debt."""
    into = one.credit.partition(":")[0]
    return one.debit.startswith(accounts.owed("")) and into in ("tender", "store_credit", "payout")


def _finished(intention: RefundIntention, kind: TransferKind) -> tuple[Transfer, ...]:
    one = leg(intention)
    return (one.model_copy(update={"key": f"{one.key}/{kind}", "kind": kind, "pending": one.key}),)


def _cover(intention: RefundIntention, owed: str, suspense: int) -> list[Move]:
    return [(owed, accounts.suspense(intention.order_id), min(suspense, intention.amount))]
