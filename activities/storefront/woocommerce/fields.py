"""How WooCommerce writes what other shops have fields for: exact figures, moments without a zone, meta data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

from activities.storefront.reading import Node
from domain.errors import InvalidRequest
from domain.money import Money, exponent, split

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?")
_NOTHING = Decimal(0)
_FINE = 9
"""Decimals of a minor unit that are looked at; WooCommerce's figures are PHP's floats, and end sooner."""


def exact(raw: Node, name: str, currency: str, either_sign: bool = False) -> Decimal:
    """A figure in minor units, with the fractions of one that WooCommerce keeps; 0 if it is empty.

    Raises InvalidRequest if it is none, or negative; with `either_sign` it is taken without its sign, as what went
    back is written below zero.
    """
    if raw.fields.get(name) in (None, ""):
        return Decimal(0)
    text = raw.figure(name)
    if not _NUMBER.fullmatch(text):
        raise InvalidRequest(raw.at(name), f"{text!r} is no amount; write digits and at most one point, such as 19.99")
    if Decimal(text) < 0 and not either_sign:
        raise InvalidRequest(raw.at(name), f"{text} is negative; only refunds are written below zero")
    return abs(Decimal(text).scaleb(exponent(currency)).quantize(Decimal(1).scaleb(-_FINE)))


def rounded(figure: Decimal, way: str = ROUND_HALF_UP) -> int:
    """Whole minor units, halves up if nothing else is said."""
    return int(figure.quantize(Decimal(1), way))


def rounds_to(figure: Decimal, amount: int) -> bool:
    """Whether an amount is the figure in whole minor units, whichever way halves go."""
    return amount in (rounded(figure), rounded(figure, ROUND_HALF_DOWN))


def agreed(
    figures: Sequence[Decimal], total: int, field: str, currency: str, beside: int = 0, less: Decimal = _NOTHING
) -> list[int]:
    """As `adding_up()`. Raises InvalidRequest for `field` with both sums if they do not."""
    parts = adding_up(figures, total, beside, less)
    if parts is None:
        found = sum(map(rounded, figures)) + beside - rounded(less)
        ours, theirs = (Money(minor=minor, currency=currency) for minor in (found, total))
        raise InvalidRequest(field, f"the order says {theirs}, but its lines add up to {ours}")
    return parts


def adding_up(figures: Sequence[Decimal], total: int, beside: int = 0, less: Decimal = _NOTHING) -> list[int] | None:
    """The figures in whole minor units that, with what is known `beside` them and `less` what was taken off them all,
    add up to the order's own `total`; None if they do not.

    Halves go up, or all go down, as WooCommerce rounds a tax that is part of the price. If the figures do not agree
    when each is rounded, but do when their sum is, the total is spread over them.
    """
    for way in (ROUND_HALF_UP, ROUND_HALF_DOWN):
        parts = [rounded(one, way) for one in figures]
        if sum(parts) + beside - rounded(less, way) == total:
            return parts
    whole = total - beside + rounded(less)
    if whole < 0 or not rounds_to(sum(figures, _NOTHING) - less, total - beside):
        return None
    return spread(whole, figures)


def spread(total: int, figures: Sequence[Decimal]) -> list[int]:
    """The total in parts that are as the figures."""
    return split(total, [int(one.scaleb(_FINE)) for one in figures]) if figures else []


def moment(raw: Node, name: str) -> str:
    """A moment in UTC, which WooCommerce writes without saying so."""
    text = raw.text(name)
    return f"{text}Z" if re.fullmatch(r"[0-9T:. -]+", text) else text


def includes_tax(order: Node) -> bool:
    """Whether the prices of an order include tax; where it does not say so, they do not."""
    name = "prices_include_tax"
    return order.has(name) and order.flag(name)


def is_negative(raw: Node, name: str) -> bool:
    """Whether a figure is written below zero."""
    return raw.fields.get(name) not in (None, "") and raw.figure(name).startswith("-")


def meta(raw: Node, key: str) -> str:
    """A text or number out of the meta data; empty if there is none."""
    for one in raw.each("meta_data"):
        if one.fields.get("key") == key and (value := one.id_text("value")):
            return value
    return ""
