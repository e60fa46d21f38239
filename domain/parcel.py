"""What the carrier said: the label that was bought, the parcels that goods travel in, and the scans of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from domain.model import Id, Model, ShortText, UtcDatetime
from domain.money import Money


class TrackingStatus(StrEnum):
    """Where the carrier saw the parcel; the names are EasyPost's."""

    UNKNOWN = "unknown"
    PRE_TRANSIT = "pre_transit"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    RETURN_TO_SENDER = "return_to_sender"
    FAILURE = "failure"
    CANCELLED = "cancelled"
    ERROR = "error"


UNMOVED = (TrackingStatus.UNKNOWN, TrackingStatus.PRE_TRANSIT, TrackingStatus.CANCELLED, TrackingStatus.ERROR)
"""The carrier knows the label; it has not had the parcel."""


class ReturnLabel(Model):
    """A label that was bought for a return. `url` is its PDF, `cost` what the carrier asks for once it is used; None if
    it told no price."""

    tracking_number: Id
    carrier: str
    url: str
    bought_at: UtcDatetime
    cost: Money | None = None


class OtherParcel(Model):
    """One more parcel of a return: a second one, or the one that its goods share with those of another return."""

    tracking_number: Id
    by: Id


class Tie(Model):
    """A return with goods in a parcel, and since when that is known."""

    case: Id
    at: UtcDatetime


REUSE = timedelta(days=120)
"""Carriers give a number to another parcel after months; returns that were tied to it so long apart do not share it."""


def of_one_parcel(ties: Sequence[Tie]) -> tuple[Tie, ...]:
    """Those of a number's ties, newest first, that are about the parcel which has it now."""
    return tuple(one for one in ties if ties[0].at - one.at < REUSE)


class Scan(Model):
    """One event of a parcel; `id` is the carrier's event id, so the same scan counts once."""

    id: Id
    tracking_number: Id
    status: TrackingStatus
    at: UtcDatetime
    location: ShortText = ""
