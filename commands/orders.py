"""The embedded storefront's orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands import output, values
from commands.deployment import open_rooms
from commands.output import AsJson, Format, Transactions, example
from domain.errors import InvalidRequest, Refused

if TYPE_CHECKING:
    from domain.order import Order, OrderLine, Tender
    from wiring import Rooms

app = output.group("Orders: import them, look at them.")

Number = Annotated[str, typer.Argument(metavar="ORDER", help="The order's number or id.")]

_LAST_MOMENT = time(23, 59, 59)
"""A day of delivery is taken to its end, so that the last day of a return window counts in full."""


@app.command("import", epilog=example("orders import order.json --payment pi_3Nx --delivered 2026-11-06"))
def import_order(
    file: Annotated[Path, typer.Argument(help="The order as JSON: a shop's own, or ours (docs/order.schema.json).")],
    format: Format = "auto",
    transactions: Transactions = None,
    payment: Annotated[
        str | None, typer.Option(metavar="ID", help="The payment at the provider (pi_...), where the file has none.")
    ] = None,
    delivered: Annotated[
        str | None, typer.Option(metavar="DATE", help="When it was delivered, if the file does not say: day or time.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import an order, or a newer version of it; personal data is kept apart from it.

    Of its tags and its customer's groups those are kept that a published policy asks for.
    """
    from activities.storefront.importers import read_order

    at = _arrival("--delivered", delivered)
    more = values.read_text(transactions) if transactions else None
    text, rooms = values.read_text(file), open_rooms()
    if payment is not None:
        _check_payment(rooms, read_order(text, format, payment, more=more).order, payment)
    order = rooms.intake.take(text, format, payment=payment, more=more, delivered_at=at)
    if order is not None:
        _show(order, as_json)


@app.command(epilog=example("orders delivered B-2041 --at 2026-11-06 --line 1:2 --parcel 00340434161094042557"))
def delivered(
    order: Number,
    at: Annotated[str, typer.Option(metavar="DATE", help="When it arrived: day or time.")],
    line: Annotated[
        list[str] | None, typer.Option(metavar="LINE:QUANTITY", help="What was in it; else all that had not come.")
    ] = None,
    parcel: Annotated[str | None, typer.Option(metavar="NUMBER", help="The parcel's tracking number.")] = None,
    as_json: AsJson = False,
) -> None:
    """Record a delivery that the shop told after the import; the same again changes nothing.

    Returns that start from then on are decided on it.
    """
    from domain.delivery import with_delivery
    from domain.inspection import ReceivedLine
    from domain.order import Delivery

    moment = _arrival("--at", at)
    units: dict[str, int] = {}
    for one in values.lines(line or ()):
        counted = values.make(ReceivedLine, one)
        units[counted.line_id] = units.get(counted.line_id, 0) + counted.quantity
    checked = values.make(Delivery, {"quantity": 1, "at": moment, "parcel": parcel})
    rooms = open_rooms()
    found = _found(rooms, order)
    if checked.at is not None:
        found = with_delivery(found, units, checked.at, checked.parcel)
        rooms.stores.orders.put(found)
    _show(found, as_json)


@app.command("list", epilog=example("orders list"))
def list_orders(as_json: AsJson = False) -> None:
    """All orders, newest first."""
    orders = open_rooms().stores.orders.all()
    if as_json:
        output.print_json([_summary(order) for order in orders])
        return
    rows = [
        (one.number, one.id, f"{one.placed_at:%Y-%m-%d}", _units(one), _money(one.total, one), _payment(one))
        for one in orders
    ]
    empty = "There are no orders; import one: `python starter.py orders import FILE`"
    output.table(("Order", "Id", "Placed", "Units", "Total", "Payment"), rows, empty)


@app.command(epilog=example("orders show B-2041"))
def show(
    order: Number,
    as_json: AsJson = False,
) -> None:
    """One order: its lines, whose ids a return names, its total and its payments."""
    _show(_found(open_rooms(), order), as_json)


def _check_payment(rooms: Rooms, order: Order, payment: str) -> None:
    """Raises Refused for another payment than the one that the order's returns run on."""
    from domain import ids
    from ledger.frozen import frozen_order

    if rooms.ledger.find(ids.order_key(order.id)) is not None:
        opened = frozen_order(rooms.ledger, rooms.stores.snapshots, order.id)
        if opened and _linked(opened) and payment not in [one.id for one in opened.tenders]:
            words = f"Order {order.number} was paid with {_payment(opened)}, and returns run on that already"
            raise Refused("payment_known", f"{words}; {payment} cannot take its place. Leave --payment out")


def _arrival(option: str, text: str | None) -> datetime | None:
    """When a parcel came. Raises InvalidRequest naming the option for a day that has not begun yet."""
    came, now = values.moment(option, text, _LAST_MOMENT), values.now()
    # Today is taken to its end like any other day.
    if came is not None and came > now and came != datetime.combine(now.date(), _LAST_MOMENT, UTC):
        words = f"{came:%Y-%m-%d %H:%M} UTC is still to come; tell a delivery when it has arrived"
        raise InvalidRequest(option, words)
    return came


def _found(rooms: Rooms, order: str) -> Order:
    found = rooms.stores.orders.get(order)
    if found is None:
        raise Refused("not_found", f"There is no order {order}. See which there are: `python starter.py orders list`")
    return found


def _show(order: Order, as_json: bool) -> None:
    if as_json:
        output.print_json(order.model_dump(mode="json"))
    else:
        output.card(f"Order {order.number}", _rows(order))


def _rows(order: Order) -> Iterator[tuple[str, object]]:
    from domain.order import UNPAID

    yield "Id", order.id
    yield "Placed", f"{order.placed_at:%d %B %Y %H:%M} UTC"
    for line in order.lines:
        paid = _money(order.paid_for(line) + line.duties, order)
        yield f"Line {line.id}", f"{line.quantity} × {line.title}, {paid}, {_delivered(line)}"
    if order.shipping:
        yield "Shipping", _money(order.paid_for(order.shipping), order)
    if order.tip:
        yield "Tip", _money(order.tip, order)
    yield "Total", _money(order.total, order)
    for tender in order.tenders:
        if tender.id == UNPAID:
            yield "Never paid", _money(tender.captured, order)
            continue
        back = f", {_money(tender.refunded, order)} of it refunded before" if tender.refunded else ""
        yield "Payment", f"{_money(tender.captured, order)}, {_tender(tender)}{back}"
    if not _linked(order):
        yield "", "It came without its payment, so it cannot be returned yet: import it again with --payment ID."


def _delivered(line: OrderLine) -> str:
    came = [one for one in line.deliveries if one.at is not None]
    units = sum(one.quantity for one in came)
    if line.delivered_at:
        return f"delivered {line.delivered_at:%d %B %Y}"
    return f"{units} of {line.quantity} delivered" if units else "delivery not known"


def _summary(order: Order) -> dict[str, object]:
    whole = order.model_dump(mode="json", include={"id", "number", "placed_at", "currency", "total"})
    return {**whole, "lines": len(order.lines), "units": _units(order), "payment_linked": _linked(order)}


def _linked(order: Order) -> bool:
    from domain.order import TenderKind

    return not any(one.kind is TenderKind.UNKNOWN and one.captured > one.refunded for one in order.tenders)


def _tender(tender: Tender) -> str:
    from domain.order import UNPAID

    if tender.id == UNPAID:
        return "never paid"
    return f"{tender.kind} {tender.id}" if tender.kind != "unknown" else "not linked"


def _payment(order: Order) -> str:
    return ", ".join(map(_tender, order.tenders))


def _units(order: Order) -> int:
    return sum(line.quantity for line in order.lines)


def _money(minor: int, order: Order) -> str:
    from domain.money import Money

    return str(Money(minor=minor, currency=order.currency))
