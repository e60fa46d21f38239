"""Why things come back, in groups, each with the party at fault; and what Shopify calls them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from domain.request import ReturnReason


class Fault(StrEnum):
    """Whose doing it is."""

    SHOPPER = "shopper"
    MERCHANT = "merchant"
    CARRIER = "carrier"


class ReasonGroup(StrEnum):
    """Reasons that most rules treat alike."""

    CHANGED_MIND = "changed_mind"
    FIT = "fit"
    NOT_AS_SOLD = "not_as_sold"
    TRANSPORT = "transport"
    UNSAID = "unsaid"


GROUPS: Mapping[ReasonGroup, tuple[ReturnReason, ...]] = {
    ReasonGroup.CHANGED_MIND: (
        ReturnReason.UNWANTED,
        ReturnReason.STYLE,
        ReturnReason.COLOR,
        ReturnReason.BETTER_PRICE,
        ReturnReason.ACCIDENTAL_ORDER,
    ),
    ReasonGroup.FIT: (ReturnReason.SIZE_TOO_SMALL, ReturnReason.SIZE_TOO_LARGE),
    ReasonGroup.NOT_AS_SOLD: (
        ReturnReason.DEFECTIVE,
        ReturnReason.NOT_AS_DESCRIBED,
        ReturnReason.WRONG_ITEM,
        ReturnReason.MISSING_PARTS,
    ),
    ReasonGroup.TRANSPORT: (ReturnReason.DAMAGED_IN_TRANSIT, ReturnReason.LATE),
    ReasonGroup.UNSAID: (ReturnReason.OTHER, ReturnReason.UNKNOWN),
}

FAULTS: Mapping[ReasonGroup, Fault] = {
    ReasonGroup.CHANGED_MIND: Fault.SHOPPER,
    ReasonGroup.FIT: Fault.SHOPPER,
    ReasonGroup.NOT_AS_SOLD: Fault.MERCHANT,
    ReasonGroup.TRANSPORT: Fault.CARRIER,
    ReasonGroup.UNSAID: Fault.SHOPPER,
}

_GROUP = {reason: group for group, reasons in GROUPS.items() for reason in reasons}

NOT_CONFORMING = frozenset({*GROUPS[ReasonGroup.NOT_AS_SOLD], ReturnReason.DAMAGED_IN_TRANSIT})
"""Reasons that say that the goods were not as sold when they were handed over."""

_SHOPIFY = {
    ReturnReason.ACCIDENTAL_ORDER: "UNWANTED",
    ReturnReason.BETTER_PRICE: "UNWANTED",
    ReturnReason.DAMAGED_IN_TRANSIT: "DEFECTIVE",
    ReturnReason.LATE: "OTHER",
    ReturnReason.MISSING_PARTS: "NOT_AS_DESCRIBED",
}


def group_of(reason: ReturnReason) -> ReasonGroup:
    """The group that a reason belongs to."""
    return _GROUP[reason]


def fault_of(reason: ReturnReason) -> Fault:
    """The party at fault; the shopper where nothing was said."""
    return FAULTS[_GROUP[reason]]


def to_shopify(reason: ReturnReason) -> str:
    """The nearest name that Shopify has."""
    return _SHOPIFY.get(reason, reason.value.upper())


def from_shopify(name: str) -> ReturnReason:
    """Ours for a name of Shopify's; one that we do not know is `other`."""
    known = {reason.value.upper(): reason for reason in ReturnReason if reason not in _SHOPIFY}
    return known.get(name, ReturnReason.OTHER)
