"""What was bought and paid: a snapshot without personal data. All amounts are minor units of `Order.currency`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from domain.contact import Contact as Contact
from domain.customer import CustomerFacts, Word
from domain.model import Currency, Id, Minor, Model, Quantity, UtcDatetime
from domain.money import exponent

SHIPPING = "shipping"
TIP = "tip"
"""Stand where a line id stands, for what was paid for delivery and given as a tip; so no line may have these ids."""


class TaxLine(Model):
    """One tax of one line, for all its units together. `rate` is a decimal fraction as text: `0.19`."""

    name: Annotated[str, StringConstraints(max_length=100)]
    rate: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,3}(\.[0-9]{1,8})?$")]
    amount: Minor


class Exclusion(StrEnum):
    """A fact that a policy or a statute may exclude a line for."""

    FINAL_SALE = "final_sale"
    HYGIENE_SEALED = "hygiene_sealed"
    CUSTOM_MADE = "custom_made"
    PERISHABLE = "perishable"
    DIGITAL = "digital"
    MEDIA_SEALED = "media_sealed"
    PRESS = "press"
    DATED = "dated"


class Delivery(Model):
    """One parcel's share of a line; `at` is None while the parcel is on its way."""

    quantity: Quantity
    at: UtcDatetime | None = None
    parcel: Id | None = None


class OrderLine(Model):
    """One line of the order.

    `unit_price` is the list price. `discount` (the line's own) and `order_discount` (its share of what was taken off
    the whole order) are for all its units together, as are taxes and `duties`. `category` and `tags` are the shop's own
    words, for its policy. A kit is sold as one and kept as its
    parts: each part is a line that names the kit, `per_kit` units of it to each.
    """

    id: Id
    sku: Annotated[str, StringConstraints(max_length=100)] = ""
    title: Annotated[str, StringConstraints(max_length=300)]
    category: Word = ""
    tags: Annotated[tuple[Word, ...], Field(max_length=100)] = ()
    quantity: Quantity
    unit_price: Minor
    discount: Minor = 0
    order_discount: Minor = 0
    taxes: tuple[TaxLine, ...] = ()
    duties: Minor = 0
    deliveries: tuple[Delivery, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    serials: tuple[Annotated[str, StringConstraints(max_length=100)], ...] = ()
    kit: Id | None = None
    kit_sku: Annotated[str, StringConstraints(max_length=100)] = ""
    per_kit: Quantity = 1

    @model_validator(mode="after")
    def _figures_agree(self) -> Self:
        cost, cut = self.quantity * self.unit_price, self.discount + self.order_discount
        if cut > cost:
            raise ValueError(f"discounts of {cut} are more than the line costs ({cost})")
        if (sent := sum(one.quantity for one in self.deliveries)) > self.quantity:
            raise ValueError(f"deliveries: {sent} units were delivered of {self.quantity} that were bought")
        return self

    @property
    def delivered_at(self) -> datetime | None:
        """When the last unit arrived; None while any is on its way or nothing is known."""
        arrived = [one.at for one in self.deliveries if one.at is not None for _ in range(one.quantity)]
        return max(arrived) if len(arrived) == self.quantity else None


class Shipping(Model):
    """What the shopper paid for delivery. `cheapest_standard` is what the cheapest standard delivery would have cost,
    gross, where the shopper chose a dearer one."""

    price: Minor
    discount: Minor = 0
    taxes: tuple[TaxLine, ...] = ()
    cheapest_standard: Minor | None = None

    @model_validator(mode="after")
    def _discount_within_price(self) -> Self:
        if self.discount > self.price:
            raise ValueError(f"discount {self.discount} is more than shipping costs ({self.price})")
        return self


UNLINKED = "unlinked"
"""Stands where the id of a payment stands that the order came without."""

UNPAID = "unpaid"
"""Stands where the id of a payment stands for what of the total was never paid. It counts as captured and gone back, so
that no refund gives it: with goods that were taken off the order, the rest with an earlier refund of the same id."""


class TenderKind(StrEnum):
    """What the shopper paid with."""

    CARD = "card"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    BANK = "bank"
    CASH_ON_DELIVERY = "cash_on_delivery"
    UNKNOWN = "unknown"
    """The order came without its payment; it must be linked before a refund."""


class Tender(Model):
    """One payment of the order. `id` is the provider's (`pi_...`); `step` its smallest refundable amount.

    `captured` and `refunded` are as the storefront tells them; `refunded` includes every refund made before.
    """

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


class RefundedLine(Model):
    """Units that an earlier refund closed, and what it says it paid for them, gross; money alone closes none.

    `duties` is what it says it paid of the line's duties, on top of `gross`; where it does not tell them apart, `gross`
    is for both.
    """

    line_id: Id
    quantity: Annotated[int, Field(strict=True, ge=0, le=10**6)]
    gross: Minor
    duties: Minor = 0


class EarlierRefund(Model):
    """A refund made before the import, two facts in one: `lines` close units, `money` (per tender id) went back.

    The two need not agree (a fee was kept, a goodwill was given); `shipping` and `tip` are the parts said to be for
    delivery and of the tip.
    """

    id: Id
    at: UtcDatetime
    lines: tuple[RefundedLine, ...] = ()
    shipping: Minor = 0
    tip: Minor = 0
    money: Mapping[Id, Minor] = {}

    @property
    def total(self) -> int:
        """What went back, over all tenders."""
        return sum(self.money.values())


class Buyer(StrEnum):
    """Who bought; statutes for consumers do not hold for businesses."""

    CONSUMER = "consumer"
    BUSINESS = "business"


class Order(Model):
    """An order as the storefront sold it; refused (ValueError naming the figure) where its sums do not agree.

    `currency` is the one the shopper was charged in, and all amounts are in it. Where the shop keeps its books in
    another, that is `shop_currency`, and one unit of `currency` was `exchange_rate` of it (a decimal as text).
    `country` and `region` (the part of ISO 3166-2 after the country: `CA`) are where the goods were sent.
    `exchanged` is what of the total goods that came back paid for: their money stayed with the order.
    """

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
    tip: Minor = 0
    exchanged: Minor = 0
    refunds: tuple[EarlierRefund, ...] = ()
    shop_currency: Currency | None = None
    exchange_rate: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}(\.[0-9]{1,12})?$")] | None = None
    buyer: Buyer = Buyer.CONSUMER
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*$")] = "en"
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,3}$")] | None = None
    channel: Word = "online"
    customer: CustomerFacts = CustomerFacts()

    @model_validator(mode="after")
    def _figures_agree(self) -> Self:
        exponent(self.currency)
        for name, things in (("lines", self.lines), ("tenders", self.tenders), ("refunds", self.refunds)):
            if len({one.id for one in things}) < len(things):
                raise ValueError(f"{name}: two of them have the same id")
        for line in self.lines:
            if line.id in (SHIPPING, TIP):
                raise ValueError(f"lines: the id {line.id!r} is taken by what was paid for it")
        self._taxes_within_paid()
        goods = sum(self.paid_for(line) + line.duties for line in self.lines)
        paid = goods + self.paid_for(self.shipping) + self.tip
        if paid != self.total:
            raise ValueError(f"total is {self.total}, but lines, duties, shipping and tip add up to {paid}")
        captured = sum(tender.captured for tender in self.tenders)
        if captured + self.exchanged != self.total:
            told = f", and {self.exchanged} was exchanged" if self.exchanged else ""
            raise ValueError(f"total is {self.total}, but the tenders captured {captured}{told}")
        self._refunds_within_sale()
        return self

    def _refunds_within_sale(self) -> None:
        """Earlier refunds close units that were bought, with money that the tenders say went back."""
        units = {line.id: line.quantity for line in self.lines}
        money = {tender.id: tender.refunded for tender in self.tenders}
        for refund in self.refunds:
            for line in refund.lines:
                if line.line_id not in units:
                    raise ValueError(f"refund {refund.id}: the order has no line {line.line_id}")
                units[line.line_id] -= line.quantity
                if units[line.line_id] < 0:
                    words = "more units went back than were bought"
                    raise ValueError(f"refund {refund.id}: line {line.line_id}: {words}")
            for tender_id, amount in refund.money.items():
                if tender_id not in money:
                    raise ValueError(f"refund {refund.id}: the order has no tender {tender_id}")
                money[tender_id] -= amount
                if money[tender_id] < 0:
                    words = "the refunds add up to more than was refunded to it"
                    raise ValueError(f"refund {refund.id}: tender {tender_id}: {words}")

    def _taxes_within_paid(self) -> None:
        """Tax that is part of the price cannot be more than the price; else a net would be negative."""
        parts: list[tuple[str, OrderLine | Shipping | None]] = [(f"line {line.id}", line) for line in self.lines]
        for name, part in [*parts, (SHIPPING, self.shipping)]:
            tax = sum(one.amount for one in part.taxes) if part else 0
            if tax > self.paid_for(part):
                raise ValueError(f"{name}: taxes of {tax} are more than what was paid for it ({self.paid_for(part)})")

    def paid_for(self, what: OrderLine | Shipping | None) -> int:
        """The gross that the shopper paid for a line (all its units, without its duties) or for shipping."""
        if what is None:
            return 0
        price = what.quantity * what.unit_price if isinstance(what, OrderLine) else what.price
        tax = 0 if self.prices_include_tax else sum(one.amount for one in what.taxes)
        cut = what.discount + (what.order_discount if isinstance(what, OrderLine) else 0)
        return price - cut + tax

    def line(self, line_id: str) -> OrderLine | None:
        """The line with that id, if the order has it."""
        return next((line for line in self.lines if line.id == line_id), None)

    def tender(self, tender_id: str) -> Tender | None:
        """The payment with that id, if the order has it."""
        return next((tender for tender in self.tenders if tender.id == tender_id), None)


class ImportedOrder(Model):
    """What an importer makes of a vendor's payload: the order, and apart from it the person."""

    order: Order
    contact: Contact
