"""What the provider has of ours and the journal does not: it was restored from an older copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain import ids
from domain.errors import Refused
from domain.refund import RefundIntention
from ledger import Ledger
from ledger.refunds import intention_of

if TYPE_CHECKING:
    from activities.payments import Refunds

JOURNAL_BEHIND = "journal_behind"
"""Code of Refused for a leg of a return of which the provider has another refund than the journal knows."""


def is_sent(payments: Refunds, ledger: Ledger, intention: RefundIntention) -> bool:
    """Whether the provider has a refund under a key that the journal has never submitted.

    Raises Refused where it has one of the same return under another such key: what was planned in the lost part of the
    journal is not known, so a person has to compare. What was entered since (`record refund`) is known.
    """
    try:
        keys = payments.keys(intention)
    except Refused:  # a payment that nobody knows: the request itself is told so
        return False
    for key, name in keys.items():
        leg = ids.refund_of(key)
        if key == intention.key or leg is None or leg.case != intention.case or _is_known(ledger, key, name):
            continue
        raise Refused(JOURNAL_BEHIND, _words(intention, key, name))
    return intention.key in keys


def _is_known(ledger: Ledger, key: str, name: str) -> bool:
    return intention_of(ledger, key) is not None or ledger.find(ids.elsewhere_key(name)) is not None


def _words(intention: RefundIntention, key: str, name: str) -> str:
    return (
        f"{name} was paid for return {intention.case} under {key}, and the journal knows nothing of it, as after its "
        f"restoring from a backup; look at `python -m ledger reconcile`, and enter it: "
        f"`python -m ledger record refund {intention.order_id} --payment {intention.payment} --id {name} ...`"
    )
