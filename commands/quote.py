"""What would go back, computed from a file alone.

python -m commands.quote > docs/quote.schema.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands import output, values
from commands.output import AsJson, Format, Transactions, example
from domain.errors import InvalidRequest

if TYPE_CHECKING:
    from domain.explanation import Explanation
    from domain.order import Order, OrderLine
    from domain.plan import RefundPlan
    from domain.request import RequestedLine, ReturnReason

app = output.group("Quotes.")


@app.command(epilog=example("quote --order embedded/orders/two_rates.json --line 1:2:defective --line BOOK-TEA:1"))
def quote(
    order: Annotated[Path, typer.Option(metavar="FILE", help="The order as JSON: a shop's own, or ours.")],
    line: Annotated[
        list[str],
        typer.Option(metavar="LINE:QUANTITY:REASON", help="What would come back, by the line's id, or its SKU."),
    ],
    format: Format = "auto",
    transactions: Transactions = None,
    refunded: Annotated[
        list[str] | None,
        typer.Option(metavar="LINE:QUANTITY", help="What went back before, for what it was worth."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What would go back for these units on full terms, and how it is computed; nothing is started or stored."""
    from activities.storefront.importers import read_order
    from domain.explain import as_text
    from domain.quote import quote_of

    more = values.read_text(transactions) if transactions else None
    found = read_order(values.read_text(order), format, more=more).order
    wanted = _Units.read(found, "--line", line)
    plan, told = _plan(found, wanted, _Units.read(found, "--refunded", refunded or ()))
    if as_json:
        output.print_json(quote_of(found, plan, told, wanted.reasons).model_dump(mode="json"))
    else:
        output.say(*as_text(told).splitlines())


@dataclass
class _Units:
    """Units by the id of their line or kit, and why they come back."""

    option: str
    units: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, ReturnReason] = field(default_factory=dict)

    @classmethod
    def read(cls, order: Order, option: str, texts: Iterable[str]) -> _Units:
        """What was typed. Raises InvalidRequest for what names no line, no whole number or no reason."""
        found = cls(option)
        for one in values.lines(texts, "reason", option=option):
            line_id = _line_id(order, option, str(one["line_id"]))
            asked = _asked(f"{option} {line_id}", {**one, "line_id": line_id})
            found.units[line_id] = found.units.get(line_id, 0) + asked.quantity
            for part in order.lines:
                if line_id in (part.id, part.kit) and "reason" in one:
                    found.reasons[part.id] = asked.reason
        return found


def _asked(option: str, line: Mapping[str, object]) -> RequestedLine:
    from domain.request import RequestedLine, ReturnReason

    words = {
        "quantity": f"the quantity is a whole number from 1 to 1000000, not {line['quantity']}",
        "reason": f"{line.get('reason')!r} is no reason; it is one of {', '.join(ReturnReason)}",
    }
    try:
        return values.make(RequestedLine, line)
    except InvalidRequest as error:
        raise InvalidRequest(option, words.get(error.field, _reason_of(error))) from None


def _line_id(order: Order, option: str, name: str) -> str:
    """The line or kit of that id, else the only line with that SKU."""
    if any(name in (line.id, line.kit) for line in order.lines):
        return name
    same = list(dict.fromkeys(found for line in order.lines for found in _of_sku(line, name)))
    if len(same) > 1:
        raise InvalidRequest(option, f"{name} is the SKU of {len(same)} lines; name one of them: {', '.join(same)}")
    if not same:
        known = ", ".join(line.id for line in order.lines[:20])
        raise InvalidRequest(option, f"order {order.number} has no line {name}; it has {known}")
    return same[0]


def _of_sku(line: OrderLine, name: str) -> Iterator[str]:
    """The line of that SKU, and the kit of that SKU which the line is a part of."""
    if line.sku == name:
        yield line.id
    if line.kit is not None and line.kit_sku == name:
        yield line.kit


def _plan(order: Order, wanted: _Units, refunded: _Units) -> tuple[RefundPlan, Explanation]:
    """The plan on full terms, and how it is computed.

    Raises InvalidRequest for more units than are left, by the option that names them.
    """
    from domain.explain import explain
    from domain.history import history_of
    from domain.planning import plan_refund, with_units
    from domain.terms import Terms

    option, terms = refunded.option, Terms()
    try:
        history = history_of(order)
        if refunded.units:
            history = with_units(order, history, refunded.units)
        option = wanted.option
        plan = plan_refund(order, history, wanted.units, terms)
    except InvalidRequest as error:
        raise InvalidRequest(f"{option} {error.field.removeprefix('units.')}", _reason_of(error)) from None
    return plan, explain(plan, order, history, terms)


def _reason_of(error: InvalidRequest) -> str:
    return error.message.removeprefix(f"{error.field}: ")


if __name__ == "__main__":
    from domain.quote import quote_schema

    sys.stdout.write(json.dumps(quote_schema(), indent=2, ensure_ascii=False) + "\n")
