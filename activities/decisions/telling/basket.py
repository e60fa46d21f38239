"""A basket before the purchase: as little as is needed to ask what could come back, made into an order to be judged."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from domain.customer import CustomerFacts, Word
from domain.errors import InvalidRequest
from domain.model import Minor, Model, Quantity
from domain.money import ListedCurrency
from domain.order import Buyer, Delivery, Exclusion, Order, OrderLine, Tender, TenderKind
from domain.policy.calendar import Country, Day, end_everywhere, local_day
from domain.request import taken

_Text = Annotated[str, StringConstraints(max_length=300)]


class BasketLine(Model):
    """Goods that somebody may buy; `price` is what one unit costs, in minor units and with its tax."""

    sku: Annotated[str, StringConstraints(max_length=100)] = ""
    title: _Text = ""
    category: Word = ""
    tags: Annotated[tuple[Word, ...], Field(max_length=100)] = ()
    exclusions: Annotated[tuple[Exclusion, ...], Field(max_length=10)] = ()
    price: Minor
    quantity: Quantity = 1


class Basket(Model):
    """What somebody may buy, where it would go, and on which day it would arrive there (unknown if left out)."""

    lines: Annotated[tuple[BasketLine, ...], Field(min_length=1, max_length=200)]
    currency: ListedCurrency
    country: Country | None = None
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,3}$")] | None = None
    expected_delivery: Day | None = None
    channel: Word = "online"
    buyer: Buyer = Buyer.CONSUMER
    customer: CustomerFacts = CustomerFacts()


def read_basket(raw: object) -> Basket:
    """A basket from decoded JSON. Raises InvalidRequest naming the first field that is wrong or not known here."""
    return taken(Basket, raw)


def order_of(basket: Basket, zone: str, at: datetime) -> Order:
    """The order that it would be if it were placed at a moment; it arrives at the end of the expected day there.

    Raises InvalidRequest for a day of delivery before the purchase, or prices that nobody could pay.
    """
    arrives = basket.expected_delivery
    if arrives is not None and arrives < local_day(at, zone):
        words = f"{arrives} is before the purchase; give the day on which the goods will arrive"
        raise InvalidRequest("expected_delivery", words)
    arrived = max(at, end_everywhere(arrives, zone, basket.country)) if arrives else None
    total = sum(one.price * one.quantity for one in basket.lines)
    shared = basket.model_dump(include={"currency", "country", "region", "channel", "buyer", "customer"})
    try:
        return Order(
            **shared,
            id="basket",
            number="basket",
            shop="basket",
            customer_id="basket",
            placed_at=at,
            prices_include_tax=True,
            lines=tuple(_line(str(place), one, arrived) for place, one in enumerate(basket.lines, 1)),
            tenders=(Tender(id="basket", kind=TenderKind.CARD, captured=total),),
            total=total,
        )
    except ValidationError:
        raise InvalidRequest(
            "lines", "together they cost more than any order may; check prices and quantities"
        ) from None


def _line(line_id: str, line: BasketLine, arrived: datetime | None) -> OrderLine:
    deliveries = (Delivery(quantity=line.quantity, at=arrived),) if arrived else ()
    return OrderLine(
        id=line_id,
        sku=line.sku,
        title=line.title or line.sku or line_id,
        category=line.category,
        tags=line.tags,
        exclusions=line.exclusions,
        quantity=line.quantity,
        unit_price=line.price,
        deliveries=deliveries,
    )
