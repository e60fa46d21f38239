"""The shopper agrees that money which cannot go back the way it came goes another way."""

from __future__ import annotations

from domain.model import Id, Model, UtcDatetime
from domain.refund import Another


class Consent(Model):
    """A recorded consent: what `refund` (its key) failed to pay goes `to` something else, and `by` said so.

    `customer` is whose store credit it becomes.
    """

    by: Id
    refund: str
    to: Another
    customer: Id
    at: UtcDatetime
