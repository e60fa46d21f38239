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


def returning(case: str, line_id: str) -> str:
    """Units that came back and wait to be put away."""
    return f"returning:{case}:{line_id}"


def stock(location: str, sku: str, disposition: str) -> str:
    """Units put away."""
    return f"stock:{location}:{sku}:{disposition}"
