"""What a return ends with: for each resolution the verb that carries it out, the outcome, and the shopper's last mail.

A verb may be told twice: the shopper may choose otherwise while it fails, and everything that was done is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from domain.case import Outcome
from domain.notice import NoticeKind
from domain.resolution import Resolution


class Remedy(NamedTuple):
    """`verb` is a method of the return."""

    verb: str
    outcome: Outcome
    last: NoticeKind


REMEDIES: Mapping[Resolution, Remedy] = MappingProxyType(
    {
        Resolution.REFUND: Remedy("pay_back", Outcome.REFUNDED, NoticeKind.REFUND_DONE),
        Resolution.STORE_CREDIT: Remedy("pay_back", Outcome.CREDITED, NoticeKind.STORE_CREDIT),
        Resolution.EXCHANGE: Remedy("exchange", Outcome.EXCHANGED, NoticeKind.EXCHANGE_SHIPPED),
        Resolution.REPLACEMENT: Remedy("replace", Outcome.REPLACED, NoticeKind.EXCHANGE_SHIPPED),
        Resolution.REPAIR: Remedy("mend", Outcome.REPAIRED, NoticeKind.EXCHANGE_SHIPPED),
    }
)
"""Each of `domain.resolution.CARRIED_OUT`."""
