"""Money that does not go back the way it came: the shopper agrees to another way, or a person pays it by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RawValue

from activities.payments.other_ways import ByHand, NotByHand, OtherWays, RecordConsent
from domain import ids
from domain.consent import Consent
from domain.model import Model
from domain.refund import BY_HAND, FINAL_NO, NOT_PAID_BY_HAND, Refund, RefundStatus
from domain.verbs import Refusal, Verb
from workflows import options
from workflows.paying import Payer
from workflows.return_case.desk import as_refusal, taken_from
from workflows.return_case.said import ByHandFailed, Consented, PaidByHand
from workflows.stepping import NotWanted

A = TypeVar("A")
R = TypeVar("R")


class Instead(Payer):
    """Takes both words, the same for a return that is open and for its aftercare.

    Whoever inherits it says what is `newest` of each leg and which `consents` are recorded, and acts on a new one.
    """

    @property
    def newest(self) -> tuple[Refund, ...]:
        """The last attempt at each leg."""
        raise NotImplementedError

    @property
    def consents(self) -> tuple[Consent, ...]:
        """Those that are recorded."""
        raise NotImplementedError

    def agreed(self, consent: Consent) -> None:
        """Pay another way from here on."""
        raise NotImplementedError

    def check_listens(self, verb: Verb) -> None:
        """Refuse the verb where nothing is taken any more."""
        raise NotImplementedError

    def answer(self) -> Model:
        """How it stands, for whoever said something."""
        raise NotImplementedError

    def has_consent(self, refund: Refund) -> bool:
        """Whether what this refund failed to pay may go another way."""
        return any(one.refund == refund.key for one in self.consents)

    @workflow.update(
        description="The shopper agrees that what failed to go back goes to store credit or a bank account; name no "
        "people in the remark"
    )
    async def consent(self, raw: RawValue) -> Model:
        """Answered once it is recorded; the next attempt goes that way. The same word again changes nothing."""
        said = taken_from(Consented, raw)
        failed = self._failed(said)
        if failed is not None:
            consent = await self._record(
                f"The shopper agrees to {said.to.replace('_', ' ')}",
                OtherWays.record_consent,
                lambda now: RecordConsent(refund=failed.key, to=said.to, by=said.by, now=now),
            )
            if not self.has_consent(failed):
                self.agreed(consent)
        return self.answer()

    @consent.validator
    def _check_consent(self, raw: RawValue) -> None:
        self.check_listens(Verb.CONSENT)
        self._failed(taken_from(Consented, raw))

    @workflow.update(description="Finance: what waited for a person is paid; the reference is the bank's")
    async def paid_by_hand(self, raw: RawValue) -> Model:
        """Answered once it is recorded; refused for somebody who may not, or not so much."""
        said = taken_from(PaidByHand, raw)
        task = self._task(said)
        if task is not None:
            paid = await self._record(
                f"Record that {said.by} paid by hand",
                OtherWays.record_by_hand,
                lambda now: ByHand(refund=task.key, **said.model_dump(exclude={"payment"}), now=now),
            )
            self.learn_refund(paid)
            self.words += 1
        return self.answer()

    @paid_by_hand.validator
    def _check_paid_by_hand(self, raw: RawValue) -> None:
        said, update = taken_from(PaidByHand, raw), workflow.current_update_info()
        if said.update_id is not None and (update is None or update.id != said.update_id):
            text = f"This Update's own id must be the one that was signed, {said.update_id}."
            raise as_refusal(Refusal(code="other_update_id", message=text))
        self.check_listens(Verb.PAID_BY_HAND)
        self._task(said)

    @workflow.update(description="Finance: what waited for a person could not be paid, such as for a wrong account")
    async def by_hand_failed(self, raw: RawValue) -> Model:
        """Answered once it is recorded; the money stays owed, and goes by a new attempt or another way."""
        said = taken_from(ByHandFailed, raw)
        task = self._not_gone(said)
        if task is not None:
            failed = await self._record(
                f"Record that {said.by} could not pay by hand",
                OtherWays.record_not_by_hand,
                lambda now: NotByHand(refund=task.key, by=said.by, reason=said.reason, now=now),
            )
            self.learn_refund(failed)
            self.words += 1
        return self.answer()

    @by_hand_failed.validator
    def _check_by_hand_failed(self, raw: RawValue) -> None:
        said = taken_from(ByHandFailed, raw)
        self.check_listens(Verb.BY_HAND_FAILED)
        self._not_gone(said)

    async def _record(self, name: str, verb: Callable[[OtherWays, A], R], ask: Callable[[datetime], A]) -> R:
        try:
            # As payments are: whether something waits for a person is the provider's word.
            return await self.step(name, verb, ask, options.PAYMENTS, wanted=lambda: False)
        except NotWanted as no:
            raise no.refusal from None

    def _failed(self, said: Consented) -> Refund | None:
        """What waits for this consent; None if it was given."""
        about = [one for one in self.newest if said.payment in (None, one.payment)]
        failed = [one for one in about if one.status in FINAL_NO]
        if not failed and any(one.to == said.to and _payment(one) in (None, said.payment) for one in self.consents):
            return None
        return _the_one(failed, "nothing_failed", "No refund that failed waits here for another way.")

    def _task(self, said: PaidByHand) -> Refund | None:
        """What waits for this payment; None if it was said."""
        about = [one for one in self.newest if said.payment in (None, one.payment)]
        if any(one.status is RefundStatus.SUCCEEDED and one.provider_id == said.reference for one in about):
            return None
        return self._by_hand(about)

    def _not_gone(self, said: ByHandFailed) -> Refund | None:
        """What waits for this payment; None if it was said."""
        about = [one for one in self.newest if said.payment in (None, one.payment)]
        return None if any(one.reason == NOT_PAID_BY_HAND for one in about) else self._by_hand(about)

    def _by_hand(self, about: list[Refund]) -> Refund:
        waiting = [one for one in about if one.reason == BY_HAND]
        text = "Nothing waits here to be paid by hand."
        if others := [one.payment for one in self.newest if one.reason == BY_HAND and one not in about]:
            text = f"Nothing of this payment waits here to be paid by hand; what waits is {', '.join(others)}."
        return _the_one(waiting, "nothing_by_hand", text)


def _payment(consent: Consent) -> str | None:
    leg = ids.refund_of(consent.refund)
    return leg and leg.tender


def _the_one(found: list[Refund], code: str, text: str) -> Refund:
    if len(found) == 1:
        return found[0]
    if found:
        code, text = "which_payment", f"Say which payment: {', '.join(one.payment for one in found)}."
    raise as_refusal(Refusal(code=code, message=text))
