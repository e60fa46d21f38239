"""What was bought and paid: a snapshot without personal data. All amounts are minor units of `Order.currency`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from domain.model import Currency, Id, Minor, Model, Quantity, UtcDatetime
from domain.money import exponent

SHIPPING = "shipping"
"""Stands where a line id stands, for what was paid for delivery; so no line may have this id."""


class TaxLine(Model):
    """One tax of one line, for all its units together. `rate` is a decimal fraction as text: `0.19`."""

    name: Annotated[str, StringConstraints(max_length=100)]
    rate: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,3}(\.[0-9]{1,8})?$")]
    amount: Minor


class OrderLine(Model):
    """One line of the order. `discount` is for the whole line and includes its share of order-level discounts."""

    id: Id
    sku: Annotated[str, StringConstraints(max_length=100)] = ""
    title: Annotated[str, StringConstraints(max_length=300)]
    quantity: Quantity
    unit_price: Minor
    discount: Minor = 0
    taxes: tuple[TaxLine, ...] = ()
    delivered_at: UtcDatetime | None = None

    @model_validator(mode="after")
    def _discount_within_price(self) -> Self:
        if self.discount > self.quantity * self.unit_price:
            cost = self.quantity * self.unit_price
            raise ValueError(f"discount {self.discount} is more than the line costs ({cost})")
        return self


class Shipping(Model):
    """What the shopper paid for delivery."""

    price: Minor
    discount: Minor = 0
    taxes: tuple[TaxLine, ...] = ()

    @model_validator(mode="after")
    def _discount_within_price(self) -> Self:
        if self.discount > self.price:
            raise ValueError(f"discount {self.discount} is more than shipping costs ({self.price})")
        return self


class TenderKind(StrEnum):
    """What the shopper paid with."""

    CARD = "card"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    BANK = "bank"
    UNKNOWN = "unknown"
    """The order came without its payment; it must be linked before a refund."""


class Tender(Model):
    """One payment of the order. `id` is the provider's (`pi_...`); `step` its smallest refundable amount."""

    id: Id
    kind: TenderKind
    captured: Minor
    refunded: Minor = 0
    step: Annotated[int, Field(strict=True, ge=1)] = 1
    paid_at: UtcDatetime | None = None

    @model_validator(mode="after")
    def _refunded_within_captured(self) -> Self:
        if self.refunded > self.captured:
            raise ValueError(f"refunded {self.refunded} is more than captured ({self.captured})")
        return self


class Order(Model):
    """An order as the storefront sold it; refused (ValueError naming the figure) where its sums do not agree."""

    id: Id
    number: Annotated[str, StringConstraints(max_length=64)]
    shop: Id
    customer_id: Id
    currency: Currency
    placed_at: UtcDatetime
    prices_include_tax: bool
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1, max_length=1000)]
    shipping: Shipping | None = None
    tenders: Annotated[tuple[Tender, ...], Field(min_length=1, max_length=50)]
    total: Minor
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*$")] = "en"
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None

    @model_validator(mode="after")
    def _figures_agree(self) -> Self:
        exponent(self.currency)
        for name, ids in (("lines", [one.id for one in self.lines]), ("tenders", [one.id for one in self.tenders])):
            if len(set(ids)) < len(ids):
                raise ValueError(f"{name}: two of them have the same id")
        if self.line(SHIPPING) is not None:
            raise ValueError(f"lines: the id {SHIPPING!r} is taken by what was paid for delivery")
        self._taxes_within_paid()
        paid = sum(self.paid_for(line) for line in self.lines) + self.paid_for(self.shipping)
        if paid != self.total:
            raise ValueError(f"total is {self.total}, but lines and shipping add up to {paid}")
        captured = sum(tender.captured for tender in self.tenders)
        if captured != self.total:
            raise ValueError(f"total is {self.total}, but the tenders captured {captured}")
        return self

    def _taxes_within_paid(self) -> None:
        """Tax that is part of the price cannot be more than the price; else a net would be negative."""
        parts: list[tuple[str, OrderLine | Shipping | None]] = [(f"line {line.id}", line) for line in self.lines]
        for name, part in [*parts, (SHIPPING, self.shipping)]:
            tax = sum(one.amount for one in part.taxes) if part else 0
            if tax > self.paid_for(part):
                raise ValueError(f"{name}: taxes of {tax} are more than what was paid for it ({self.paid_for(part)})")

    def paid_for(self, what: OrderLine | Shipping | None) -> int:
        """The gross that the shopper paid for a line (all its units) or for shipping."""
        if what is None:
            return 0
        price = what.quantity * what.unit_price if isinstance(what, OrderLine) else what.price
        tax = 0 if self.prices_include_tax else sum(one.amount for one in what.taxes)
        return price - what.discount + tax

    def line(self, line_id: str) -> OrderLine | None:
        """The line with that id, if the order has it."""
        return next((line for line in self.lines if line.id == line_id), None)

    def tender(self, tender_id: str) -> Tender | None:
        """The payment with that id, if the order has it."""
        return next((tender for tender in self.tenders if tender.id == tender_id), None)


class Contact(Model):
    """How to reach a customer. Personal data: lives in the `contacts` table alone, never in an order or a history."""

    customer_id: Id
    name: str = ""
    email: str = ""
    phone: str = ""
    address: tuple[str, ...] = ()
    country: str = ""


class ImportedOrder(Model):
    """What an importer makes of a vendor's payload: the order, and apart from it the person."""

    order: Order
    contact: Contact
