"""Money that does not go back by itself: the shopper agrees to another way, or a person pays it by hand."""

from __future__ import annotations

from datetime import datetime

from temporalio import activity

from activities.payments import Refunds
from activities.people import SignedBy, check_person, check_signed, check_speaker
from domain import ids
from domain.approval import statement_by_hand
from domain.consent import Consent
from domain.errors import Refused
from domain.model import Id, Model, Signature, UtcDatetime
from domain.money import Money
from domain.people import may
from domain.refund import (
    BY_HAND,
    FINAL_NO,
    NOT_PAID_BY_HAND,
    PAID_BY_HAND,
    Another,
    Refund,
    RefundIntention,
    RefundStatus,
)
from domain.stores import People, Snapshots
from domain.verbs import Verb
from ledger import EntryKind, Ledger, NewEntry, accounts
from ledger.credit_notes import CreditNotes
from ledger.deciding import decided
from ledger.frozen import frozen_order
from ledger.moves import money
from ledger.settling import Settling


class RecordConsent(Model):
    """`by` says that the shopper agrees: what `refund` (its key) failed to pay goes `to` something else."""

    refund: str
    to: Another
    by: Id
    now: UtcDatetime


class ByHand(Model):
    """`by` has paid what `refund` (its key) asks for; `reference` is the bank's, or that of the receipt.

    Whoever has a key signs it, under the id of the Update that said it.
    """

    refund: str
    by: Id
    reference: Id
    update_id: Id | None = None
    signature: Signature | None = None
    now: UtcDatetime


class NotByHand(Model):
    """`by` could not pay what `refund` (its key) asks for; `reason` is a code."""

    refund: str
    by: Id
    reason: Id
    now: UtcDatetime


class OtherWays:
    """Records what was said of refunds that do not go back by themselves."""

    def __init__(
        self,
        payments: Refunds,
        ledger: Ledger,
        snapshots: Snapshots,
        credit_notes: CreditNotes,
        people: People,
        signed_by: SignedBy,
    ) -> None:
        self._payments = payments
        self._ledger = ledger
        self._snapshots = snapshots
        self._credit_notes = credit_notes
        self._settling = Settling(ledger, credit_notes)
        self._people = people
        self._signed_by = signed_by

    @activity.defn(no_thread_cancel_exception=True)
    def record_consent(self, ask: RecordConsent) -> Consent:
        """Record it as a fact; the next attempt goes that way.

        Raises Refused for somebody who may not, for a refund that did not fail because of where it should go, and
        where the next attempt is under way.
        """
        failed = self._intention(ask.refund)
        key = ids.consent_key(failed.key)
        recorded = decided(self._ledger, failed.order_id, lambda: self._agreed(ask, failed), key)
        consent = Consent.model_validate(recorded.facts["consent"])
        if consent.to != ask.to:
            text = f"it was agreed already that it goes to {consent.to.replace('_', ' ')}; nothing is recorded"
            raise Refused("agreed_already", text)
        return consent

    def _agreed(self, ask: RecordConsent, failed: RefundIntention) -> NewEntry:
        check_speaker(self._people, ask.by, Verb.CONSENT)
        last = self._settling.last_word(failed.key)
        if last is None or last.status not in FINAL_NO:
            raise Refused("not_failed", f"{failed.key} has not failed, so it needs no other way")
        if not last.no_way_back and not self._is_used_up(failed):
            text = (
                f"{failed.key} failed as {last.reason or last.status}; another way does not mend that, so try it again"
            )
            raise Refused("way_is_open", text)
        if self._settling.intention(_next_key(failed)) is not None:
            raise Refused("paid_again", f"{failed.payment} was asked for it again already; wait for its answer")
        order = frozen_order(self._ledger, self._snapshots, failed.order_id)
        if order is None:
            raise Refused("order_not_opened", f"order {failed.order_id} was never opened in the journal")
        consent = Consent(by=ask.by, refund=failed.key, to=ask.to, customer=order.customer_id, at=ask.now)
        return NewEntry(
            key=ids.consent_key(failed.key),
            kind=EntryKind.CONSENT,
            order=failed.order_id,
            case=failed.case,
            actor=ask.by,
            reasons=(last.reason,) if last.reason else (),
            at=ask.now,
            facts={"consent": consent.model_dump(mode="json")},
            asked={"refund": failed.key, "to": ask.to.value},
        )

    def _is_used_up(self, failed: RefundIntention) -> bool:
        """Whether the payment has less left than it should give, because others took of it."""
        account, currency = accounts.tender(failed.payment), failed.currency
        owed = self._ledger.balance(accounts.owed(failed.case), currency).available
        return self._ledger.balance(account, currency).available < min(failed.amount, owed)

    @activity.defn(no_thread_cancel_exception=True)
    def record_by_hand(self, ask: ByHand) -> Refund:
        """Record that a person has paid what waits for one.

        Raises Refused for somebody who may not, or not so much, or did not sign with the key they have, and where
        nothing waits for a person's hands.
        """
        intention = self._intention(ask.refund)
        recorded = self._ledger.find(ids.settled_key(intention.key))
        if recorded is None:
            self._check_hand(ask, intention)
            refund = intention.refund(RefundStatus.SUCCEEDED, ask.now, ask.reference, reason=PAID_BY_HAND)
            recorded = self._credit_notes.settle(_settled(intention, refund, ask), intention, refund)
        refund = Refund.model_validate(recorded.facts["refund"])
        if refund.provider_id != ask.reference:
            raise Refused("paid_already", f"it was paid already, as {refund.provider_id}; nothing is recorded")
        return refund

    @activity.defn(no_thread_cancel_exception=True)
    def record_not_by_hand(self, ask: NotByHand) -> Refund:
        """Record that what waits for a person did not go: it is owed still, and the next attempt may follow.

        Raises Refused for somebody who may not say so, and where nothing waits for a person's hands any more.
        """
        intention = self._intention(ask.refund)
        last = self._settling.last_word(intention.key)
        if last is None:
            check_person(self._people, ask.by, Verb.BY_HAND_FAILED)
            self._check_waits(intention, ask.now)
            why = f"it could not be paid by hand ({ask.reason.replace('_', ' ')})"
            failed = intention.refund(RefundStatus.FAILED, ask.now, reason=NOT_PAID_BY_HAND, message=why)
            last = self._settling.not_paid(intention, failed, ask.by)
        if last.reason != NOT_PAID_BY_HAND:
            raise Refused("paid_already", f"it was paid already, as {last.provider_id}; nothing is recorded")
        return last

    def _check_hand(self, ask: ByHand, intention: RefundIntention) -> None:
        person = check_person(self._people, ask.by, Verb.PAID_BY_HAND)
        amount = Money(minor=intention.amount, currency=intention.currency)
        over = may(person, Verb.PAID_BY_HAND, person.id, amount)
        if over is not None:
            raise Refused(over.code, over.message)
        if person.public_key:
            said = statement_by_hand(intention.case, intention.payment, ask.reference, ask.update_id or "")
            check_signed(self._signed_by, person, said, ask.signature or "")
        self._check_waits(intention, ask.now)

    def _check_waits(self, intention: RefundIntention, now: datetime) -> None:
        stands = self._settling.last_word(intention.key) or self._payments.find(intention, now)
        if stands is None or stands.reason != BY_HAND:
            raise Refused("not_by_hand", f"{intention.key} is not paid by hand, so nobody's word counts for it")

    def _intention(self, key: str) -> RefundIntention:
        found = self._settling.intention(key)
        if found is None:
            raise Refused("not_submitted", f"the journal knows no refund {key}")
        return found


def _next_key(failed: RefundIntention) -> str:
    return ids.refund_key(failed.case, failed.plan, failed.payment, failed.attempt + 1)


def _settled(intention: RefundIntention, refund: Refund, ask: ByHand) -> NewEntry:
    return NewEntry(
        key=ids.settled_key(intention.key),
        kind=EntryKind.REFUND_SETTLED,
        order=intention.order_id,
        case=intention.case,
        actor=ask.by,
        reasons=(PAID_BY_HAND,),
        at=ask.now,
        facts={"refund": refund.model_dump(mode="json"), **_signed(ask)},
        asked={"payment": intention.payment, "amount": intention.amount, "reference": ask.reference},
        transfers=money.settled(intention),
    )


def _signed(ask: ByHand) -> dict[str, str]:
    """The signature, if there is one, with the id that it is over."""
    return {"signature": ask.signature, "update_id": ask.update_id} if ask.signature and ask.update_id else {}
