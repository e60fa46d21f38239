"""The names of all accounts, made in one place. The part before the first colon is the account's kind."""

from __future__ import annotations

from domain.plan import Component, ComponentKind, FeeKind


def tender(payment: str) -> str:
    """What of a payment has not gone back."""
    return f"tender:{payment}"


def order(order_id: str) -> str:
    """What an order was paid with, before it is spread over its lines."""
    return f"order:{order_id}"


def paid(order_id: str, component: Component) -> str:
    """What was paid for one component of one line and has not gone back."""
    kind = component.kind
    part = f"{kind}:{component.tax}" if kind is ComponentKind.TAX else kind
    return f"paid:{order_id}:{component.line_id}:{part}"


def owed(case: str) -> str:
    """What a return owes and has not paid yet."""
    return f"owed:{case}"


def suspense(order_id: str) -> str:
    """What facts took of an order beyond what it had; finance clears what no other return covers."""
    return f"suspense:{order_id}"


def payout(case: str) -> str:
    """What a person pays by hand, or to another instrument."""
    return f"payout:{case}"


def store_credit(customer: str) -> str:
    """What the shop owes a customer as store credit."""
    return f"store_credit:{customer}"


def receivable(customer: str) -> str:
    """What a customer owes: paid in advance for goods that never came."""
    return f"receivable:{customer}"


def carrier_claim(case: str) -> str:
    """What the carrier said that it pays for the lost parcel of a return."""
    return f"receivable:carrier:{case}"


def exposure(risk_class: str) -> str:
    """What may still be paid before the goods are here, to one class of risk: the returns of one customer."""
    return f"exposure:{risk_class}"


def exposure_limit(risk_class: str) -> str:
    """Where the limit of a class comes from; below zero by as much as it allows."""
    return f"exposure_limit:{risk_class}"


def early(case: str) -> str:
    """What was paid to a return before its goods came."""
    return f"early:{case}"


def label_due(label: str) -> str:
    """What a bought label will cost, until it is used or void; by the label's key."""
    return f"label_due:{label}"


GOODWILL = "goodwill"
"""The shop's expense for what it gave without owing it."""
PROMOTION = "promotion"
"""The shop's expense for bonuses."""
CARRIER = "carrier"
"""What the carrier is owed for labels that were used."""
POSTAGE = "postage"
"""The shop's expense for labels."""
RECOVERED = "recovered"
"""What carriers pay for parcels that they lost."""
NEVER_CAME = "never_came"
"""The shop's claim for goods that it paid for early and never got."""
FOUND = "found"
"""Where units come from that nobody announced."""


def fees(kind: FeeKind) -> str:
    """What was kept of refunds, by the kind of the fee; its tax apart."""
    return f"fees:{kind}"


def fees_tax(kind: FeeKind) -> str:
    """The tax within what was kept of refunds."""
    return f"fees:{kind}:tax"


def sold(order_id: str) -> str:
    """The shop's side of the units that were sold."""
    return f"sold:{order_id}"


def with_customer(order_id: str, line_id: str) -> str:
    """Units the customer has, in no return."""
    return f"with_customer:{order_id}:{line_id}"


def kept(order_id: str) -> str:
    """Units that the customer keeps though their money went back."""
    return f"kept:{order_id}"


def returning(case: str, line_id: str) -> str:
    """Units that came back and wait to be put away."""
    return f"returning:{case}:{line_id}"


def box(box_id: str) -> str:
    """Units in a box that nobody announced, whose return is not known yet."""
    return f"box:{box_id}"


def stock(location: str, sku: str, disposition: str) -> str:
    """Units put away."""
    return f"stock:{location}:{sku}:{disposition}"


def supply(location: str, sku: str) -> str:
    """Units in a stock that a warehouse system keeps: it knows how many there are."""
    return f"supply:{location}:{sku}"


def sending(case: str, line_id: str) -> str:
    """Units that go out to the shopper of a return, for a line of the order."""
    return f"sending:{case}:{line_id}"
