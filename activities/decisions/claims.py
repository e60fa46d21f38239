"""Claims at the carrier: opened by staff, answered by the carrier, and what it pays."""

from __future__ import annotations

from temporalio import activity

from activities.decisions.choices import Choosing
from activities.people import check_person
from domain import early_ids
from domain.carrier_claim import Answer, AnswerClaim, CarrierClaim, OpenClaim
from domain.errors import Refused
from domain.model import Currency, Id, Model, UtcDatetime
from domain.verbs import Verb
from ledger import EntryKind, NewEntry
from ledger.deciding import decided
from ledger.moves import credit
from ledger.recall import case_so_far

RULE = "backhaul"
"""Who answers for the carrier where goods came, or nobody answered: no person's name."""


class RecordClaim(Model):
    """A claim of staff for the parcel of a return."""

    case: Id
    order_id: Id
    claim: OpenClaim
    currency: Currency
    now: UtcDatetime


class RecordAnswer(Model):
    """The carrier's answer, or what counts as one."""

    case: Id
    order_id: Id
    answer: AnswerClaim
    now: UtcDatetime


class Claims(Choosing):
    """Records both, each once per reference."""

    @activity.defn(no_thread_cancel_exception=True)
    def record_claim(self, ask: RecordClaim) -> CarrierClaim:
        """Record the claim with its due time. Raises Refused if whoever says so may not, or goods are here."""
        key, said = early_ids.carrier_claim_key(ask.case, ask.claim.reference), ask.claim
        entry = self._ledger.find(key)
        if entry is None:
            check_person(self._people, said.by, Verb.OPEN_CLAIM)
            entry = decided(self._ledger, ask.order_id, lambda: self._claim(key, ask), key)
        return CarrierClaim.model_validate(entry.facts["claim"])

    def _claim(self, key: str, ask: RecordClaim) -> NewEntry:
        known, said = case_so_far(self._ledger.entries(case=ask.case)), ask.claim
        all_here = bool(known.receipts) and not (known.in_several and known.expected)
        if all_here or known.outcome or known.decision is None:
            raise Refused("already_received", f"goods of return {ask.case} are here, or it has ended: nothing to claim")
        claim = CarrierClaim(
            **said.model_dump(),
            currency=ask.currency,
            at=ask.now,
            answer_by=ask.now + known.decision.days(known.decision.claim_days),
            at_once=known.decision.lost_at_once,
        )
        facts = claim.model_dump(mode="json", exclude_none=True)
        return NewEntry(
            key=key,
            kind=EntryKind.CARRIER_CLAIM,
            order=ask.order_id,
            case=ask.case,
            actor=said.by,
            at=ask.now,
            # The journal takes no bools.
            facts={"claim": {**facts, "at_once": int(claim.at_once)}},
            asked={"reference": said.reference, "amount": said.amount},
        )

    @activity.defn(no_thread_cancel_exception=True)
    def record_answer(self, ask: RecordAnswer) -> tuple[Answer, int]:
        """Record the carrier's answer, and what it pays as what it owes the shop; the recorded answer in any case.

        Raises Refused if whoever says so may not, or nothing was claimed under the reference.
        """
        said = ask.answer
        key = early_ids.carrier_answer_key(ask.case, said.reference)
        entry = self._ledger.find(key)
        if entry is None:
            if said.by != RULE:
                check_person(self._people, said.by, Verb.ANSWER_CLAIM)
            claimed = self._ledger.find(early_ids.carrier_claim_key(ask.case, said.reference))
            if claimed is None:
                raise Refused("no_claim", f"nothing was claimed as {said.reference} for return {ask.case}")
            currency = CarrierClaim.model_validate(claimed.facts["claim"]).currency
            content = {"reference": said.reference, "answer": said.answer.value, "paid": said.paid}
            entry = self._ledger.append(
                NewEntry(
                    key=key,
                    kind=EntryKind.CARRIER_ANSWER,
                    order=ask.order_id,
                    case=ask.case,
                    actor=said.by,
                    reasons=(said.answer.value,),
                    at=ask.now,
                    facts={**content, "currency": currency},
                    asked=content,
                    transfers=credit.carrier_pays(key, currency, ask.case, said.paid),
                )
            )
        return Answer(entry.facts["answer"]), int(entry.facts["paid"])
