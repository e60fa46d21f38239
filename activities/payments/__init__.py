"""Refunds: the exact request is committed to the ledger before the provider hears of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Protocol

from pydantic import Field
from temporalio import activity

from activities.moment import attempt_time, beat
from activities.payments.behind import is_sent
from domain import goods_ids, ids
from domain.collection import PaymentPage, PaymentRequest
from domain.consent import Consent
from domain.errors import Refused, Stale, StoredFault
from domain.model import Id, Minor, Model, UtcDatetime
from domain.offer import Answer
from domain.order import TenderKind
from domain.plan import AS_CREDIT, RefundPlan
from domain.provider import BalanceTransaction, ProviderRefund
from domain.refund import (
    CHARGED_BACK,
    FINAL_NO,
    PLAN_WITHDRAWN,
    STORED_FAULT,
    STORED_FAULT_PATIENCE,
    Refund,
    RefundIntention,
    RefundStatus,
)
from ledger import EntryKind, Ledger, NewEntry, accounts
from ledger.credit_notes import CreditNotes
from ledger.disputes import open_disputes
from ledger.moves import money
from ledger.refunds import is_charged_back
from ledger.settling import Settling

DISPUTED = "disputed"
"""Code of Refused for a leg of a payment that the shopper's bank asks back: it waits for the end of the dispute."""

_CHARGE_DISPUTED = "charge_disputed"
"""Code of Refused by which a provider refuses a disputed payment, while the dispute is open and after it was lost."""

KEY_OF_ANOTHER, OTHER_REFUND = "idempotency_error", "other_refund"
"""Codes of Refused by which a provider says that it knows our key from another request, or has another refund under it.
What became of the money is not known then: neither is a no, and no new intention may follow."""


class Refunds(Protocol):
    """A way for money back. Raises Unavailable or Refused, both with a sentence for people."""

    def refund(self, intention: RefundIntention, now: datetime) -> Refund:
        """Ask for a refund under the intention's key; asking again under the same key is the same refund."""

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        """The refund that carries the intention's key, whoever sent it and when.

        None is a certain no; where refunds are looked up by their payment, one that is not known is Refused.
        """

    def keys(self, intention: RefundIntention) -> Mapping[str, str]:
        """All keys of ours that refunds of the intention's payment carry, whoever sent them and when, with the
        provider's ids; those that failed are left out. Raises as `find` does."""


class Payments(Refunds, Protocol):
    """A payment provider: a way for money back, whose own account of it can be read."""

    def collect(self, request: PaymentRequest, now: datetime) -> PaymentPage:
        """Open a page where a shopper pays this amount, once; asking again under the same key is the same page."""

    def find_collection(self, request: PaymentRequest, now: datetime) -> PaymentPage | None:
        """How the page with this key stands, whoever opened it and when; None is a certain no."""

    def close_collection(self, page: PaymentPage, now: datetime) -> PaymentPage:
        """Take no payment for it any more, and tell what came first. What somebody was just paying may still come, as
        news of a late payment. Closed again it is the same."""

    def refresh(self, refund: str, now: datetime) -> ProviderRefund:
        """How a refund stands now, by the provider's id of it; Refused if there is none."""

    def refunds(self, since: datetime, until: datetime) -> Iterator[ProviderRefund]:
        """All refunds that were made from `since` to before `until`, whoever made them."""

    def balance_transactions(self, since: datetime, until: datetime) -> Iterator[BalanceTransaction]:
        """All movements on our balance at the provider from `since` to before `until`."""


class PayLeg(Model):
    """One leg of a plan. `attempt` rises only after the provider's final no; `amount` is what this one pays."""

    case: Id
    order_id: Id
    plan: Annotated[int, Field(strict=True, ge=1)]
    payment: Id
    amount: Minor
    attempt: Annotated[int, Field(strict=True, ge=1)]
    now: UtcDatetime

    @property
    def key(self) -> str:
        """The intention's key."""
        return ids.refund_key(self.case, self.plan, self.payment, self.attempt)

    @property
    def before(self) -> str:
        """The key of the attempt before this one."""
        return ids.refund_key(self.case, self.plan, self.payment, self.attempt - 1)


class PaymentActivities:
    """Pays legs of plans, each intention once. What goes to a kind that is not in `sends` is paid by hand."""

    def __init__(
        self,
        payments: Refunds,
        ledger: Ledger,
        credit_notes: CreditNotes,
        sends: Collection[TenderKind] = tuple(TenderKind),
    ) -> None:
        self._payments = payments
        self._sends = sends
        self._ledger = ledger
        self._settling = Settling(ledger, credit_notes)

    # An exception thrown into the middle of a call to the provider would lose its answer.
    @activity.defn(no_thread_cancel_exception=True)
    def pay_leg(self, ask: PayLeg) -> Refund:
        """Pay one leg, or look how it stands: the same question, because the key is the same.

        Returns pending until the provider gives its final word, which is recorded once.
        """
        ask = ask.model_copy(update={"now": attempt_time(ask.now)})
        recorded = self._settling.last_word(ask.key)
        if recorded is not None:
            return recorded
        intention, sent = self._settling.intention(ask.key), True
        if intention is None:
            intention, sent = self._intend(ask)
        # Where an earlier attempt got this far, the provider may have paid without our hearing of it.
        refund = (self._find(intention, ask.now) if sent else None) or self._send(intention, ask.now)
        return self._settling.record(intention, refund)

    def _intend(self, ask: PayLeg) -> tuple[RefundIntention, bool]:
        """The intention as it was committed, and whether the provider has it already."""
        plan_entry = self._ledger.find(ids.plan_key(ask.case, ask.plan))
        if plan_entry is None:
            raise Refused("no_plan", f"return {ask.case} has no plan {ask.plan} in the journal, so nothing is paid")
        plan = RefundPlan.model_validate(plan_entry.facts["plan"])
        self._check_now(ask, plan)
        beat()
        # A journal that was restored from an older copy has forgotten what it sent.
        sent = is_sent(self._payments, self._ledger, self._intention(ask, plan))
        seen = self._ledger.last_seq(ask.order_id)
        self._check_now(ask, plan)
        intention = self._intention(ask, plan)
        posts = money.submitted(ask.key, plan_entry.transfers, self._ledger.pending_left)
        # The first attempt's leg was reserved with the plan; what a refused leg left on `owed` is reserved anew.
        again = () if ask.attempt == 1 else (money.leg(intention),)
        entry = NewEntry(
            key=ask.key,
            kind=EntryKind.REFUND_SUBMITTED,
            order=ask.order_id,
            case=ask.case,
            actor="rule:plan",
            policy=plan_entry.policy,
            at=ask.now,
            facts={"intention": intention.model_dump(mode="json")},
            asked={"payment": ask.payment, "amount": ask.amount},
            transfers=(*posts, *again),
        )
        return RefundIntention.model_validate(self._ledger.append(entry, seen=seen).facts["intention"]), sent

    def _intention(self, ask: PayLeg, plan: RefundPlan) -> RefundIntention:
        """As the plan has it, or the attempt before; another way only where the shopper agreed to it since."""
        leg = next((one for one in plan.legs if one.tender_id == ask.payment), None)
        if leg is None:
            raise Refused("not_planned", f"plan {ask.plan} of return {ask.case} pays nothing to {ask.payment}")
        before = self._settling.intention(ask.before) or money.intended(ask.case, plan, leg)
        new = before.model_copy(update={"key": ask.key, "attempt": ask.attempt, "amount": ask.amount})
        agreed = self._ledger.find(ids.consent_key(ask.before))
        if agreed is not None:
            consent = Consent.model_validate(agreed.facts["consent"])
            # A bonus is for store credit that was chosen.
            new = new.model_copy(update={"instead": consent.to, "customer": consent.customer, "bonus": 0})
        return new.model_copy(update={"paid_by": "provider" if new.to in self._sends else "person"})

    def _check_now(self, ask: PayLeg, plan: RefundPlan) -> None:
        """Raises Refused unless it may be paid, and Stale where another attempt at it has come first."""
        try:
            self._check(ask, plan)
            self._check_approved(ask, plan)
        except Refused:
            if self._ledger.find(ask.key) is None:
                raise
            raise Stale(f"another attempt has just submitted this leg of return {ask.case}; look again") from None

    def _check(self, ask: PayLeg, plan: RefundPlan) -> None:
        """Raises Refused unless the plan pays this, and this attempt is the one whose turn it is.

        The first attempt pays all of a leg; a later one may pay less, because what came back covers suspense first.
        """
        if self._ledger.find(ids.choice_key(ask.case, plan.choices + 1)) is not None:
            raise Refused(PLAN_WITHDRAWN, f"another resolution of return {ask.case} was chosen since; plan anew")
        # Store credit stands for the money of every payment.
        payment = None if ask.payment == AS_CREDIT else ask.payment
        if disputes := open_disputes(self._ledger, ask.order_id, payment):
            text = f"{payment or 'A payment'} is disputed ({', '.join(disputes)}); it is paid when that has ended"
            raise Refused(DISPUTED, text)
        tender = self._ledger.balance(accounts.tender(ask.payment), plan.currency).available
        legs = {leg.tender_id: leg.amount for leg in plan.legs} if plan.order_id == ask.order_id else {}
        most = legs.get(ask.payment, 0)
        if not 0 < (most if ask.attempt == 1 else 1) <= ask.amount <= most:
            text = f"plan {ask.plan} of return {ask.case} does not pay {ask.amount} to {ask.payment}"
            raise Refused("not_planned", text)
        if ask.attempt == 1:
            if self._ledger.pending_left(ids.leg_key(ask.key)) != ask.amount:
                raise Refused(PLAN_WITHDRAWN, f"plan {ask.plan} of return {ask.case} was withdrawn; plan anew")
            if tender < 0:
                raise Refused(PLAN_WITHDRAWN, f"{ask.payment} has less left than {ask.amount}; plan anew")
        elif not self._has_failed(ask.before):
            text = f"attempt {ask.attempt - 1} at {ask.payment} has had no final no yet, so there is no next one"
            raise Refused("not_failed", text)
        elif self._ledger.balance(accounts.owed(ask.case), plan.currency).available < ask.amount:
            text = f"less than {ask.amount} is still owed by return {ask.case}; plan anew"
            raise Refused(PLAN_WITHDRAWN, text)
        elif tender < ask.amount and not self._goes_elsewhere(ask.before):
            text = f"{ask.payment} has less left than {ask.amount}; plan anew"
            raise Refused(PLAN_WITHDRAWN, text)

    def _goes_elsewhere(self, before: str) -> bool:
        """Whether the attempt after this one goes to something else than its payment."""
        intention = self._settling.intention(before)
        return bool(intention and intention.instead) or self._ledger.find(ids.consent_key(before)) is not None

    def _has_failed(self, key: str) -> bool:
        """Whether an intention had its final no, at once or late."""
        last = self._settling.last_word(key)
        return last is not None and last.status in FINAL_NO

    def _check_approved(self, ask: PayLeg, plan: RefundPlan) -> None:
        """Raises Refused if the shopper has not agreed to its offer, or it is above the automatic limit and nobody has
        approved it: whatever a history says, the journal decides."""
        accepted = goods_ids.answer_key(ask.case, ask.plan, Answer.ACCEPT)  # or counts as accepted
        if plan.offer is not None and self._ledger.find(accepted) is None:
            text = f"the shopper of return {ask.case} has not agreed to what plan {ask.plan} offers"
            raise Refused("offer_stands", f"{text}: `python starter.py offer`")
        if plan.automatic_limit is None:
            return
        said = [one.facts["approval"] for one in self._ledger.entries(case=ask.case) if one.kind is EntryKind.APPROVAL]
        if not any((one["plan"], one["amount"]) == (ask.plan, plan.total) for one in said):
            text = f"plan {ask.plan} of return {ask.case} is above the automatic limit; `python starter.py approve` it"
            raise Refused("approval_missing", text)

    def _send(self, intention: RefundIntention, now: datetime) -> Refund:
        beat()
        try:
            return self._payments.refund(intention, now)
        except StoredFault as fault:
            return self._find(intention, now) or self._unanswered(intention, fault, now)
        except Refused as no:
            # "Already refunded" may be our own lost success: look before believing a no.
            found = self._find(intention, now)
            if found is None and no.code in (KEY_OF_ANOTHER, OTHER_REFUND):
                raise
            return found or intention.refund(
                RefundStatus.FAILED, now, reason=self._reason(no.code, intention), message=no.message
            )

    def _reason(self, code: str, intention: RefundIntention) -> str:
        """The provider's code; a lost dispute is told from one that may still be won: no try mends it."""
        lost = code == _CHARGE_DISPUTED and is_charged_back(self._ledger, intention.order_id, intention.payment)
        return CHARGED_BACK if lost else code

    def _find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        beat()
        return self._payments.find(intention, now)

    def _unanswered(self, intention: RefundIntention, fault: StoredFault, now: datetime) -> Refund:
        """A stored fault and no refund: after a second look, long enough after the first, it counts as not made."""
        key = ids.unanswered_key(intention.key)
        first = self._ledger.find(key) or self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.REFUND_UNANSWERED,
                order=intention.order_id,
                case=intention.case,
                actor="provider",
                reasons=(STORED_FAULT,),
                at=now,
                facts={"intention": intention.key},
                asked={"intention": intention.key},
            )
        )
        waited = now - first.at >= STORED_FAULT_PATIENCE
        status = RefundStatus.FAILED if waited else RefundStatus.UNKNOWN
        return intention.refund(status, now, reason=STORED_FAULT, message=fault.message)
