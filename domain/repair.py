"""What the workshop says of goods that a shopper sent to have them mended."""

from __future__ import annotations

from enum import StrEnum

from domain.model import Id, Model, ShortText


class Repair(StrEnum):
    """What came of it."""

    REPAIRED = "repaired"
    NOT_REPAIRABLE = "not_repairable"
    """Or not at a price that makes sense: the next remedy follows."""


class WorkshopSaid(Model):
    """The workshop's word on all the goods of a return. `remark` is for staff, at most 200 characters; name no people
    in it."""

    by: Id
    result: Repair
    remark: ShortText = ""


class ShippedByHand(Model):
    """Somebody has sent to the shopper what was owed to them; what is empty nobody knows."""

    by: Id
    tracking_number: ShortText = ""
    carrier: ShortText = ""
