"""Every id and key, made in one place from business ids alone: never from a run id, an attempt or a clock.

A key names an intention: the same intention has the same key after any crash, so it happens once.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

WORKFLOW_TYPE = "ReturnCase"
AFTERCARE_TYPE = "Aftercare"
RECONCILE_TYPE = "Reconcile"
MAILING_TYPE = "Mailing"
RETURNS_QUEUE = "returns"
PAYMENTS_QUEUE = "returns-payments"
MAIL_QUEUE = "returns-mail"
DEPLOYMENT = "returns"


def workflow_id(case: str) -> str:
    """The Temporal workflow of a return."""
    return f"return-{case}"


def aftercare_id(subject: str, fact: str) -> str:
    """The Temporal workflow of a late fact: `subject` is the return, or the order if it belongs to none; `fact` is the
    provider's id of what the news is about (a refund, a dispute, a payment), so all news of it meet in one place."""
    return f"aftercare:{subject}:{fact}"


def order_key(order_id: str) -> str:
    """The journal entry by which an order is first touched."""
    return f"order:{order_id}"


def policy_key(policy_ref: str, effective_from: str) -> str:
    """The publication of a policy version."""
    return f"policy:{policy_ref}:{effective_from}"


def person_key(person: str, number: int) -> str:
    """The n-th change of a person; the first one adds them."""
    return f"person:{person}:{number}"


def erased_key(customer: str, number: int) -> str:
    """The n-th erasing of a customer's personal data: there may be new data after the first."""
    return f"erased:{customer}:{number}"


def decision_key(case: str) -> str:
    """The decision on a return, with its units reserved."""
    return f"decision:{case}"


def label_key(case: str, number: int = 1) -> str:
    """The n-th label of a return; also the reference under which the carrier knows it."""
    return f"label:{case}:{number}"


def sheet_stem(case: str) -> str:
    """What the file of a return's packing sheet begins with: a return's id may be no name for a file."""
    return f"sheet-{hashlib.sha256(case.encode()).hexdigest()[:16]}"


def label_void_key(case: str, number: int = 1) -> str:
    """The voiding of the n-th label."""
    return f"label_void:{case}:{number}"


def scan_key(case: str, scan_id: str) -> str:
    """One scan of a return's parcel."""
    return f"scan:{case}:{scan_id}"


def parcel_key(case: str, tracking_number: str) -> str:
    """One more parcel of a return."""
    return f"parcel:{case}:{tracking_number}"


def receipt_key(case: str, receipt_id: str) -> str:
    """One arrival of goods."""
    return f"receipt:{case}:{receipt_id}"


def inspection_key(case: str, inspection_id: str) -> str:
    """One inspection."""
    return f"inspection:{case}:{inspection_id}"


def plan_key(case: str, plan: int) -> str:
    """The n-th refund plan of a return."""
    return f"plan:{case}:{plan}"


def approval_key(case: str, update_id: str) -> str:
    """A person's agreement, by the id that they signed: it counts for one plan, once."""
    return f"approval:{case}:{update_id}"


def override_key(case: str, update_id: str) -> str:
    """What a person decided otherwise than the policy, by the id that they signed."""
    return f"override:{case}:{update_id}"


def choice_key(case: str, number: int) -> str:
    """The n-th time that a return's resolution was chosen anew."""
    return f"choice:{case}:{number}"


def refund_key(case: str, plan: int, tender: str, attempt: int) -> str:
    """One intention to pay one leg; `attempt` rises only after the provider's final no."""
    return f"refund:{case}:{plan}:{tender}:{attempt}"


def collect_key(case: str, number: int) -> str:
    """The n-th time that a return asks its shopper for money."""
    return f"collect:{case}:{number}"


class RefundKey(NamedTuple):
    """What a refund's key is made of."""

    case: str
    plan: int
    tender: str
    attempt: int


# A return's id has no colon; a payment's may have some, and still ends before the last number.
_REFUND = re.compile(
    r"refund:(?P<case>[^:\s]{1,64}):(?P<plan>[0-9]{1,9}):(?P<tender>\S{1,300}):(?P<attempt>[0-9]{1,9})"
)


def refund_of(key: str) -> RefundKey | None:
    """The parts of a refund's key; None if it is no such key, as with a refund that somebody else made."""
    found = _REFUND.fullmatch(key)
    return found and RefundKey(found["case"], int(found["plan"]), found["tender"], int(found["attempt"]))


def next_refund(key: str) -> RefundKey | None:
    """The attempt after a refund's; None if it is no such key."""
    leg = refund_of(key)
    return leg and leg._replace(attempt=leg.attempt + 1)


def case_in(key: str) -> str:
    """The return that a key of any kind is about: its second part; empty if it has none."""
    return key.split(":")[1] if key.count(":") > 1 else ""


def refunds_of(case: str, plan: int) -> str:
    """What the keys of all intentions to pay a plan begin with."""
    return f"refund:{case}:{plan}:"


def leg_key(refund: str) -> str:
    """The transfer that reserves a leg's money for its intention."""
    return f"{refund}/leg"


def reserved_key(case: str, line_id: str) -> str:
    """The transfer that reserves units of one line for a return."""
    return f"{decision_key(case)}/{line_id}"


def consent_key(refund: str) -> str:
    """The shopper's word that what this refund failed to pay goes another way."""
    return f"consent:{refund}"


def settled_key(refund: str) -> str:
    """The provider's yes to an intention."""
    return f"settled:{refund}"


def failed_key(refund: str) -> str:
    """The provider's final no to an intention."""
    return f"failed:{refund}"


def reversed_key(refund: str) -> str:
    """The late failure of what had been settled, or of a refund made elsewhere."""
    return f"reversed:{refund}"


def traced_key(refund: str) -> str:
    """The reference by which the shopper's bank finds a refund of ours."""
    return f"traced:{refund}"


def unanswered_key(refund: str) -> str:
    """The first time that the provider repeated a stored fault to an intention, and had no such refund."""
    return f"unanswered:{refund}"


def disputed_key(dispute: str) -> str:
    """The opening of a dispute, by the provider's id of it."""
    return f"disputed:{dispute}"


def dispute_won_key(dispute: str) -> str:
    """Its end in the shop's favour."""
    return f"dispute_won:{dispute}"


def appealed_key(dispute: str) -> str:
    """Its opening once more, by an appeal against its end."""
    return f"appealed:{dispute}"


def dispute_told_key(dispute: str, number: int) -> str:
    """The n-th newer word on a dispute by which nothing changed."""
    return f"dispute_told:{dispute}:{number}"


def late_payment_key(payment: str) -> str:
    """Money that came in after it was not asked for any more."""
    return f"late_payment:{payment}"


def reconciled_key(day: str) -> str:
    """The nightly reconciliation of a day (2026-11-30, in UTC)."""
    return f"reconciled:{day}"


def elsewhere_key(refund: str) -> str:
    """A refund that was made outside, by the provider's id of it."""
    return f"elsewhere:{refund}"


def changed_key(kind: str, order_id: str, before: str, after: str) -> str:
    """A change of an order, by the content of its snapshots before and after."""
    return f"{kind}:{order_id}:{before[:16]}:{after}"


def cleared_key(order_id: str, seq: int) -> str:
    """The clearing of an order's suspense as it stood at an entry."""
    return f"cleared:{order_id}:{seq}"


def restock_key(case: str, inspection_id: str) -> str:
    """The goods of an inspection put away."""
    return f"restock:{case}:{inspection_id}"


def put_away_key(verb: str, case: str, inspection_id: str) -> str:
    """What the warehouse is told of the goods of an inspection: restock, quarantine or scrap."""
    return f"{verb}:{case}:{inspection_id}"


def set_aside_key(case: str, number: int = 1) -> str:
    """The n-th time that units are set aside to be sent to the shopper of a return."""
    return f"set_aside:{case}:{number}"


def set_free_key(case: str, number: int = 1) -> str:
    """The end of that: whoever else wants them may have them."""
    return f"set_free:{case}:{number}"


def expire_key(case: str) -> str:
    """The expiry of a return, with its units given back."""
    return f"expired:{case}"


def cancel_key(case: str) -> str:
    """The cancelling of a return, with its units given back."""
    return f"cancelled:{case}"


def assigned_key(case: str, number: int) -> str:
    """The n-th time that staff said who does what comes next."""
    return f"assigned:{case}:{number}"


def lost_key(case: str) -> str:
    """The word of staff that the carrier lost a return's parcel."""
    return f"lost:{case}"


def force_close_key(case: str) -> str:
    """The word of staff that a return ends, with its units given back."""
    return f"force_closed:{case}"


def close_key(case: str) -> str:
    """The end of a return."""
    return f"closed:{case}"
