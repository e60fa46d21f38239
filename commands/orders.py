"""The embedded storefront's orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from commands import output, values
from commands.deployment import open_rooms
from commands.output import AsJson, example
from domain.errors import Refused

if TYPE_CHECKING:
    from domain.order import Order, Tender

app = output.group("Orders: import them, look at them.")

_LAST_MOMENT = time(23, 59, 59)
"""A day of delivery is taken to its end, so that the last day of a return window counts in full."""


@app.command("import", epilog=example("orders import order.json --payment pi_3Nx --delivered 2026-11-06"))
def import_order(
    file: Annotated[Path, typer.Argument(help="The order as JSON: Shopify's, or ours (docs/order.schema.json).")],
    format: Annotated[
        Literal["auto", "shopify", "backhaul"], typer.Option(help="Whose JSON it is; auto finds out.")
    ] = "auto",
    payment: Annotated[
        str | None, typer.Option(metavar="ID", help="The payment at the provider (pi_...), where the file has none.")
    ] = None,
    delivered: Annotated[
        str | None, typer.Option(metavar="DATE", help="When it was delivered, if the file does not say: day or time.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import an order, or a newer version of it; personal data is kept apart from it."""
    from activities.storefront.importers import read_order

    at = values.moment("--delivered", delivered, _LAST_MOMENT)
    imported = read_order(values.read_text(file), format, payment, at)
    rooms = open_rooms()
    rooms.contacts.put(imported.contact)
    rooms.orders.put(imported.order)
    _show(imported.order, as_json)


@app.command("list", epilog=example("orders list"))
def list_orders(as_json: AsJson = False) -> None:
    """All orders, newest first."""
    orders = open_rooms().orders.all()
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
    order: Annotated[str, typer.Argument(metavar="ORDER", help="The order's number or id.")], as_json: AsJson = False
) -> None:
    """One order: its lines, whose ids a return names, its total and its payments."""
    found = open_rooms().orders.get(order)
    if found is None:
        raise Refused("not_found", f"There is no order {order}. See which there are: `python starter.py orders list`")
    _show(found, as_json)


def _show(order: Order, as_json: bool) -> None:
    if as_json:
        output.print_json(order.model_dump(mode="json"))
    else:
        output.card(f"Order {order.number}", _rows(order))


def _rows(order: Order) -> Iterator[tuple[str, object]]:
    yield "Id", order.id
    yield "Placed", f"{order.placed_at:%d %B %Y %H:%M} UTC"
    for line in order.lines:
        delivered = f", delivered {line.delivered_at:%d %B %Y}" if line.delivered_at else ", delivery not known"
        paid = _money(order.paid_for(line), order)
        yield f"Line {line.id}", f"{line.quantity} × {line.title}, {paid}{delivered}"
    if order.shipping:
        yield "Shipping", _money(order.paid_for(order.shipping), order)
    yield "Total", _money(order.total, order)
    for tender in order.tenders:
        yield "Payment", f"{_money(tender.captured, order)}, {_tender(tender)}"
    if not _linked(order):
        yield "", "It came without its payment, so it cannot be returned yet: import it again with --payment ID."


def _summary(order: Order) -> dict[str, object]:
    whole = order.model_dump(mode="json", include={"id", "number", "placed_at", "currency", "total"})
    return {**whole, "lines": len(order.lines), "units": _units(order), "payment_linked": _linked(order)}


def _linked(order: Order) -> bool:
    from domain.order import TenderKind

    return all(tender.kind is not TenderKind.UNKNOWN for tender in order.tenders)


def _tender(tender: Tender) -> str:
    return f"{tender.kind} {tender.id}" if tender.kind != "unknown" else "not linked"


def _payment(order: Order) -> str:
    return ", ".join(map(_tender, order.tenders))


def _units(order: Order) -> int:
    return sum(line.quantity for line in order.lines)


def _money(minor: int, order: Order) -> str:
    from domain.money import Money

    return str(Money(minor=minor, currency=order.currency))
