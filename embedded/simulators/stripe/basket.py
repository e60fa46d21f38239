"""What is to be paid for: the line items of a checkout session or a payment link."""

from __future__ import annotations

from domain.model import Model
from embedded.simulators.stripe import money, params
from embedded.simulators.stripe.errors import StripeError
from embedded.simulators.stripe.params import Params

_FIELDS = ("price_data.currency", "price_data.product_data.name", "price_data.unit_amount", "quantity")


class Basket(Model):
    """How much is asked for, in Stripe's units, and for what."""

    amount: int
    currency: str
    words: str


def read(given: Params) -> Basket:
    """The basket of a call. Raises StripeError unless every item has a price of its own in one currency."""
    items = given.get("line_items", {})
    if isinstance(items, str) or not items:
        raise StripeError("Missing required param: line_items.", code="parameter_missing", param="line_items")
    lines: dict[str, Params] = {}
    for path, value in items.items():
        index, _, field = path.partition(".")
        name = "line_items[" + path.replace(".", "][") + "]"
        if not index.isdecimal() or field not in _FIELDS:
            raise StripeError(f"Received unknown parameter: {name[:100]}", code="parameter_unknown", param=name[:100])
        lines.setdefault(index, {})[field] = value
    currencies = {params.required(line, "price_data.currency") for line in lines.values()}
    currency = currencies.pop()
    if currencies or not money.known(currency):
        raise StripeError("All line items must have the same currency, one that is known.", param="line_items")
    amount = sum(_amount(line) for line in lines.values())
    if amount > money.LARGEST:
        raise StripeError("The total amount is too large.", code="amount_too_large", param="line_items")
    money.check_step(amount, currency)
    names = [params.required(line, "price_data.product_data.name") for line in lines.values()]
    return Basket(amount=amount, currency=currency, words=", ".join(names)[:500])


def payment_metadata(given: Params) -> dict[str, str]:
    """The metadata that the payment will carry (`payment_intent_data[metadata]`)."""
    nested = given.get("payment_intent_data", {})
    if isinstance(nested, str) or not all(name.startswith("metadata.") for name in nested):
        raise StripeError("Only payment_intent_data[metadata] is taken here.", param="payment_intent_data")
    return params.metadata({"metadata": {name.removeprefix("metadata."): nested[name] for name in nested}})


def _amount(line: Params) -> int:
    params.required(line, "price_data.unit_amount")
    unit = params.integer(line, "price_data.unit_amount", 1, money.LARGEST) or 0
    return unit * (params.integer(line, "quantity", 1, 999_999) or 1)
