"""A dispute that is open: the shopper's bank asks a payment back, so refunds of it wait."""

from __future__ import annotations

from domain.model import Id, Model


class OpenDispute(Model):
    """The provider's ids of the dispute and of the payment that it is about."""

    dispute: Id
    payment: Id
