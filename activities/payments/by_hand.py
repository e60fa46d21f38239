"""What a person has to pay: bank transfers, cash, and gateways that nobody here can speak to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.refund import BY_HAND, Refund, RefundIntention, RefundStatus


class ByHand:
    """Nothing is sent, so nothing can be sent twice: each intention stands as a task of finance, until a person says
    that it is paid."""

    def refund(self, intention: RefundIntention, now: datetime) -> Refund:
        """Pending."""
        return intention.refund(RefundStatus.PENDING, now, reason=BY_HAND)

    def find(self, intention: RefundIntention, now: datetime) -> Refund:
        """Pending: the task is there as soon as the intention is recorded."""
        return self.refund(intention, now)

    def keys(self, intention: RefundIntention) -> Mapping[str, str]:
        """None: what a person has paid is known only by what they said."""
        return {}
