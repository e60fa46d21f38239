"""Small orders, written down in a few words, for cases computed by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from domain.history import history_of
from domain.order import EarlierRefund, Order, OrderLine, RefundedLine, Shipping, TaxLine, Tender, TenderKind
from domain.plan import RefundPlan
from domain.planning import plan_refund
from domain.terms import Terms

MONDAY, TUESDAY, WEDNESDAY = (datetime(2026, 11, day, tzinfo=UTC) for day in (2, 3, 4))


def line(
    line_id: str,
    quantity: int,
    price: int,
    discount: int = 0,
    *,
    order_discount: int = 0,
    tax: Sequence[tuple[str, int]] = (),
    duties: int = 0,
) -> OrderLine:
    """One line; `tax` is rate and amount."""
    return OrderLine(
        id=line_id,
        title="Thing",
        quantity=quantity,
        unit_price=price,
        discount=discount,
        order_discount=order_discount,
        taxes=tuple(TaxLine(name="VAT", rate=rate, amount=amount) for rate, amount in tax),
        duties=duties,
    )


def paid(captured: int, name: str = "pi_1", kind: TenderKind = TenderKind.CARD, **more: object) -> Tender:
    """A payment, by card if nothing else is said."""
    return Tender.model_validate({"id": name, "kind": kind, "captured": captured, **more})


def before(
    *lines: tuple[str, int, int], money: Mapping[str, int], shipping: int = 0, name: str = "e1"
) -> EarlierRefund:
    """An earlier refund: line, units and what it says it paid for them."""
    rows = tuple(RefundedLine(line_id=line_id, quantity=quantity, gross=gross) for line_id, quantity, gross in lines)
    return EarlierRefund(id=name, at=TUESDAY, lines=rows, shipping=shipping, money=money)


def order(
    *lines: OrderLine,
    tenders: Sequence[Tender],
    shipping: Shipping | None = None,
    tip: int = 0,
    refunds: Sequence[EarlierRefund] = (),
    inclusive: bool = True,
    currency: str = "EUR",
) -> Order:
    """An order that was paid with these tenders."""
    return Order(
        id="1",
        number="#1",
        shop="demo",
        customer_id="c1",
        currency=currency,
        placed_at=MONDAY,
        prices_include_tax=inclusive,
        lines=lines,
        shipping=shipping,
        tip=tip,
        tenders=tuple(tenders),
        total=sum(tender.captured for tender in tenders),
        refunds=tuple(refunds),
    )


FULL = Terms()


def returned(bought: Order, *groups: Mapping[str, int], terms: Terms = FULL) -> list[RefundPlan]:
    """The plans of these returns, one after the other."""
    plans: list[RefundPlan] = []
    for units in groups:
        plans.append(plan_refund(bought, history_of(bought, plans), units, terms))
    return plans


def parts(plan: RefundPlan) -> dict[tuple[str, str], int]:
    """Line and kind of component (`net`, `tax 1`, `duties`, `tip`) to the amount."""
    return {
        (one.line_id, f"{one.kind.value} {one.tax}" if one.tax else one.kind.value): one.amount
        for one in plan.components
    }


def legs(plan: RefundPlan) -> dict[str, int]:
    """What goes back to which payment."""
    return {leg.tender_id: leg.amount for leg in plan.legs}
