"""Kits: sold as one at one price, kept as their parts, each a line of the order that names the kit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from pydantic import StringConstraints

from domain.arithmetic import in_turn, worth
from domain.history import LineHistory
from domain.model import Minor, Model, Quantity
from domain.money import split
from domain.order import Order, OrderLine, RefundedLine, TaxLine
from domain.plan import KitShare
from domain.request import RequestedLine, ReturnRequest


class KitPart(Model):
    """So many units in each kit, and what one of them costs by itself."""

    sku: Annotated[str, StringConstraints(max_length=100)] = ""
    title: Annotated[str, StringConstraints(max_length=300)]
    quantity: Quantity = 1
    unit_price: Minor


def kit_lines(kit: OrderLine, parts: Sequence[KitPart]) -> tuple[OrderLine, ...]:
    """The lines of a kit: its price by the parts' list prices, its discounts, duties and taxes in proportion to that.

    Each sum over the lines is the kit's own, to the cent. The lines are called `{kit}.1`, `{kit}.2`, ...
    """
    counts = [kit.quantity * part.quantity for part in parts]
    costs = split(kit.quantity * kit.unit_price, [n * part.unit_price for n, part in zip(counts, parts, strict=True)])
    # Each share is taken out of what is left of the last, so no part is discounted by more than it costs.
    discounts = split(kit.discount, costs)
    left = [cost - cut for cost, cut in zip(costs, discounts, strict=True)]
    order_discounts = split(kit.order_discount, left)
    left = [cost - cut for cost, cut in zip(left, order_discounts, strict=True)]
    duties = split(kit.duties, left)
    taxes = _taxes(kit.taxes, left)
    return tuple(
        kit.model_copy(
            update={
                "id": f"{kit.id}.{number + 1}",
                "sku": part.sku,
                "title": part.title,
                "quantity": counts[number],
                "kit": kit.id,
                "kit_sku": kit.sku,
                "per_kit": part.quantity,
                "serials": (),
                "deliveries": tuple(
                    one.model_copy(update={"quantity": one.quantity * part.quantity}) for one in kit.deliveries
                ),
                "order_discount": order_discounts[number],
                "duties": duties[number],
                "taxes": taxes[number],
                **priced(counts[number], costs[number], discounts[number]),
            }
        )
        for number, part in enumerate(parts)
    )


def priced(quantity: int, cost: int, discount: int = 0) -> dict[str, int]:
    """`unit_price` and `discount` of so many units that cost this much together, where that does not divide."""
    unit_price = -(-cost // quantity)
    return {"unit_price": unit_price, "discount": discount + quantity * unit_price - cost}


def _taxes(taxes: Sequence[TaxLine], paid: Sequence[int]) -> list[tuple[TaxLine, ...]]:
    """Each tax over the parts; first all together, so that no part is taxed with more than was paid for it."""
    left = split(sum(tax.amount for tax in taxes), paid)
    found: list[list[TaxLine]] = [[] for _ in paid]
    for tax in taxes:
        for number, amount in enumerate(split(tax.amount, left)):
            left[number] -= amount
            found[number].append(tax.model_copy(update={"amount": amount}))
    return [tuple(one) for one in found]


def refunded_parts(
    back: RefundedLine, lines: Sequence[OrderLine], paid_for: Callable[[OrderLine], int]
) -> tuple[RefundedLine, ...]:
    """What went back of a kit as units of its parts, the gross in proportion to what was paid for each, the duties to
    theirs; anything else is left as it is."""
    named = any(line.id == back.line_id for line in lines)
    parts = [] if named else [line for line in lines if line.kit == back.line_id]
    if not parts:
        return (back,)
    gross = split(back.gross, [paid_for(part) for part in parts])
    duties = split(back.duties, [part.duties for part in parts])
    return tuple(
        back.model_copy(
            update={"line_id": part.id, "quantity": back.quantity * part.per_kit, "gross": share, "duties": on_duties}
        )
        for part, share, on_duties in zip(parts, gross, duties, strict=True)
    )


def without_kits(order: Order, units: Mapping[str, int]) -> dict[str, int]:
    """The same units, with those of a kit as units of its parts; what is neither line nor kit is left as it is."""
    lines = {line.id for line in order.lines}
    if all(line_id in lines for line_id in units):
        return dict(units)
    found: dict[str, int] = {}
    for name, quantity in units.items():
        parts = [line for line in order.lines if line.kit == name] if name not in lines else []
        for line_id, count in [(line.id, line.per_kit) for line in parts] or [(name, 1)]:
            found[line_id] = found.get(line_id, 0) + quantity * count
    return found


def in_parts(order: Order, request: ReturnRequest) -> ReturnRequest:
    """The same request with each kit as its parts, which come back for the kit's reason."""
    lines: dict[str, RequestedLine] = {}
    for wanted in request.lines:
        for line_id, quantity in without_kits(order, {wanted.line_id: wanted.quantity}).items():
            known = lines.get(line_id)
            more = known.quantity if known else 0
            lines[line_id] = (known or wanted).model_copy(update={"line_id": line_id, "quantity": quantity + more})
    return request.model_copy(update={"lines": tuple(lines.values())})


def kit_shares(order: Order, lines: Mapping[str, LineHistory], units: Mapping[str, int]) -> dict[str, KitShare]:
    """What the parts of kits are worth, by line id, where nothing but whole kits has come back, now and before.

    Where parts came back by themselves, each is counted by itself.
    """
    kits: dict[str, list[OrderLine]] = {}
    for line in order.lines:
        if line.kit is not None and units.get(line.id):
            kits.setdefault(line.kit, []).append(line)
    found: dict[str, KitShare] = {}
    for kit, parts in kits.items():
        if len(parts) == sum(1 for line in order.lines if line.kit == kit):
            found |= _shares_of(kit, parts, lines, units)
    return found


def _shares_of(
    kit: str, parts: Sequence[OrderLine], lines: Mapping[str, LineHistory], units: Mapping[str, int]
) -> dict[str, KitShare]:
    counts = {_kits(part, lines[part.id], units[part.id]) for part in parts}
    whole = counts.pop()
    if counts or whole is None:
        return {}
    sold, before, quantity = whole
    bases = [lines[part.id].base for part in parts]
    base = sum(bases)
    so_far, after = (in_turn(worth(base, sold, count), bases) for count in (before, before + quantity))
    return {
        part.id: KitShare(
            kit=kit,
            base=base,
            units=sold,
            before=before,
            quantity=quantity,
            worth_before=so_far[number],
            worth_after=after[number],
        )
        for number, part in enumerate(parts)
    }


def _kits(part: OrderLine, before: LineHistory, quantity: int) -> tuple[int, int, int] | None:
    """Units of a part as kits: those of its base, those closed of them, those that come back; None unless whole."""
    counts = [divmod(count, part.per_kit) for count in (before.units, before.closed, quantity)]
    if any(rest for _, rest in counts):
        return None
    sold, closed, back = (kits for kits, _ in counts)
    return sold, closed, back
