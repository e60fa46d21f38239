"""What the carrier said: the label that was bought, the parcels that goods travel in, and the scans of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from domain.method import Method
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


BOUGHT = (Method.LABEL, Method.QR_CODE)
"""The ways back for which we buy a label."""
BROUGHT = MappingProxyType(
    {
        Method.IN_STORE: "Bring the items to the shop",
        Method.DROP_OFF: "Bring the items to the drop-off point",
    }
)
"""The ways back without a parcel of the shopper's, and what to do."""


class LabelFormat(StrEnum):
    """What a label's file is: a page for any printer, a label's own page, or the language of label printers."""

    PDF_A4 = "pdf_a4"
    PDF_A6 = "pdf_a6"
    ZPL = "zpl"


Extent = Annotated[int, Field(strict=True, ge=1, le=100_000)]


class ParcelSize(Model):
    """How big a parcel is taken to be when its label is bought: millimetres and grams."""

    length: Extent = 350
    width: Extent = 250
    height: Extent = 100
    weight: Extent = 1000


class ReturnLabel(Model):
    """How a return travels: mostly under a label that was bought for it.

    `url` is its file, `qr_url` a code that a shop prints it from, `sheet_url` the packing sheet, `cost` what the
    carrier asks for once it is used; None if it told no price. `provider_id` is the seller's own id of it. By other
    methods nothing is bought, and the number is empty. The carrier takes it back for `void_days`, None if it sets no
    such day.
    """

    tracking_number: Id | Literal[""]
    carrier: str
    url: str
    bought_at: UtcDatetime
    cost: Money | None = None
    qr_url: str = ""
    provider_id: str = ""
    sheet_url: str = ""
    method: Method = Method.LABEL
    void_days: int | None = None

    @property
    def void_until(self) -> datetime | None:
        """Until when the carrier takes it back; None if it sets no such day."""
        return None if self.void_days is None else self.bought_at + timedelta(days=self.void_days)

    @property
    def ours(self) -> bool:
        """Whether it was bought, so that it can be void."""
        return self.method in BOUGHT


class OtherParcel(Model):
    """One more parcel of a return: a second one, or the one that its goods share with those of another return."""

    tracking_number: Id
    by: Id


MOST_LABELS = 5
"""Whoever asks for more of one return needs another way to send it."""


class NewLabel(Model):
    """Another label is wanted: the `number`-th of the return, of which the first came by itself. It goes back the same
    way as before, or by another `method`."""

    by: Id
    number: Annotated[int, Field(strict=True, ge=2)]
    method: Method | None = None


class HandedOver(Model):
    """The goods were handed over, as the shopper shows it: by the tracking number of a parcel that is not under our
    label, by the number of the `receipt` that the carrier or the drop-off point gave, or by both."""

    by: Id
    tracking_number: Id | None = None
    receipt: Id | None = None

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if self.tracking_number is None and self.receipt is None:
            raise ValueError("tell the tracking number, or the number of the receipt")
        return self

    @property
    def shown(self) -> str:
        """By what: the receipt before the number, because nobody else knows it."""
        return f"receipt:{self.receipt}" if self.receipt else f"parcel:{self.tracking_number}"


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


def moved(scans: Iterable[Scan]) -> bool:
    """Whether the carrier has had any of the parcels."""
    return any(one.status not in UNMOVED for one in scans)


def delivered(scans: Sequence[Scan]) -> datetime | None:
    """When the last parcel was delivered; None while the carrier has any of them, or had none."""
    return _all_are(TrackingStatus.DELIVERED, scans)


def back_with_sender(scans: Sequence[Scan]) -> datetime | None:
    """When the last parcel went back to whoever sent it, as from customs; None while any is on its way, or arrived."""
    return _all_are(TrackingStatus.RETURN_TO_SENDER, scans)


def on_its_way(scans: Sequence[Scan]) -> bool:
    """Whether a parcel is with the carrier or here, rather than still or again with its sender."""
    return moved(scans) and back_with_sender(scans) is None


def newest(scans: Iterable[Scan]) -> Scan | None:
    """The last sign of a parcel that moved, by the carrier's time; of two at once the one that was told last."""
    told = [one for one in scans if one.status not in UNMOVED]
    return sorted(told, key=lambda one: one.at)[-1] if told else None


def _all_are(status: TrackingStatus, scans: Sequence[Scan]) -> datetime | None:
    """Since when every parcel that moved stands so; None if one does not."""
    # By their own times, because carriers tell scans late and out of turn.
    told = sorted((one for one in scans if one.status not in UNMOVED), key=lambda one: one.at)
    last = {one.tracking_number: one for one in told}.values()
    if any(one.status is not status for one in last):
        return None
    return max((one.at for one in last), default=None)
