"""WooCommerce's fees: one above zero was paid once for the whole order, as delivery is; one below zero is a discount on
all goods, in proportion to what was paid for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from activities.storefront.reading import Node
from activities.storefront.woocommerce.fields import exact, is_negative
from domain.errors import InvalidRequest
from domain.money import split

_FEES = "fee_lines"


def charged_fees(order: Node, currency: str) -> list[Node]:
    """The fees that were paid. Raises InvalidRequest for one with tax below zero."""
    return [one for one in order.each(_FEES) if not _is_cut(one, currency) and _charged(one, currency)]


def _charged(fee: Node, currency: str) -> bool:
    total, tax = exact(fee, "total", currency), exact(fee, "total_tax", currency)
    return bool(total or tax)


def _is_cut(fee: Node, currency: str) -> bool:
    return is_negative(fee, "total") and bool(exact(fee, "total", currency, either_sign=True))


def is_cut(order: Node, fee_id: str, currency: str) -> bool:
    """Whether the fee of that id took something off the order."""
    return any(one.id_text("id") == fee_id and _is_cut(one, currency) for one in order.each(_FEES))


@dataclass(frozen=True)
class Cut:
    """The fees below zero, and what they took off the goods: `net`, and `amount` with their tax where prices include
    it."""

    fees: list[Node]
    amount: Decimal
    net: Decimal


def cut_of(order: Node, currency: str, inclusive: bool) -> Cut:
    """The fees below zero of an order. Raises InvalidRequest for one with tax above zero."""
    fees = [one for one in order.each(_FEES) if _is_cut(one, currency)]
    net = sum((exact(one, "total", currency, either_sign=True) for one in fees), Decimal(0))
    amount = net
    for one in fees:
        taxes = [(tax, "total") for tax in one.each("taxes")] or [(one, "total_tax")]
        for node, name in taxes:
            tax = exact(node, name, currency, either_sign=True)
            if tax and not is_negative(node, name):
                raise InvalidRequest(node.at(name), f"{node.figure(name)} is tax on a fee that is below zero")
            amount += tax if inclusive else 0
    return Cut(fees, amount, net)


def shared(cut: int, amounts: Sequence[int]) -> list[int]:
    """A cut in proportion to these amounts. Raises InvalidRequest if it is more than all of them."""
    if cut > sum(amounts):
        raise InvalidRequest(_FEES, "the fees below zero take off more than was paid for the goods")
    return split(cut, amounts) if cut else [0] * len(amounts)
