"""What is asked of labels and of the parcels under them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from domain.contact import Place
from domain.method import Method
from domain.model import Id, Model, UtcDatetime
from domain.parcel import ReturnLabel, Scan


class LabelRequest(Model):
    """What stands on a label. `sender` is personal data: it is read here and handed to the carrier, nowhere else;
    `origin` is the same in fields, where the order told them. Is a `code` wanted, a shop prints the label from that."""

    case: Id
    order_number: str
    sender: tuple[str, ...]
    receiver: tuple[str, ...]
    origin: Place | None = None
    code: Literal["wanted"] | None = None


class BuyLabel(Model):
    """The `number`-th label for a return, or what stands for one where it goes back without ours; `by` asked for it,
    if anybody did."""

    case: Id
    order_id: Id
    order_number: str
    customer_id: Id
    now: UtcDatetime
    method: Method = Method.LABEL
    number: Annotated[int, Field(strict=True, ge=1)] = 1
    by: str = ""


class VoidLabel(Model):
    """The `number`-th label of a return, which will not be used."""

    case: Id
    order_id: Id
    label: ReturnLabel
    number: Annotated[int, Field(strict=True, ge=1)] = 1
    actor: str
    now: UtcDatetime


class RecordScan(Model):
    """A scan of a return's parcel."""

    case: Id
    order_id: Id
    scan: Scan
    actor: str
    now: UtcDatetime


class FollowParcel(Model):
    """A parcel that is not under a label of ours; its carrier is not known."""

    tracking_number: Id
