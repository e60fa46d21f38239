"""The money: computed once, reserved, and paid leg by leg until the provider confirms it."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.decisions import DecisionActivities, PlanRefund
from activities.payments import PayLeg
from domain import ids
from domain.consent import Consent
from domain.inspection import Inspection
from domain.money import Money
from domain.notice import NoticeKind
from domain.plan import AS_CREDIT, Leg, destination
from domain.refund import FINAL_NO, STORED_FAULT, Refund, RefundStatus
from domain.verbs import Verb
from ledger.replanning import NOT_COVERED
from workflows import options
from workflows.instead import Instead
from workflows.return_case.legs import attempts, latest, with_refund
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView, view
from workflows.stepping import NotWanted


class Payout(Steps, Instead):
    """Verbs about what is owed, to the tenders or as store credit."""

    async def agree(self) -> None:
        """Have the shopper agree to a plan that pays less than was quoted."""
        raise NotImplementedError

    async def fall_back(self, reason: str) -> None:
        """The next remedy takes the place of the one that was chosen."""
        raise NotImplementedError

    async def plan_refund(self) -> None:
        """Compute what is owed for what was inspected, and reserve it."""
        if self.state.plan is None and self.state.wants_goods is None:
            await self.make_plan(1 + self.state.plans_before)

    async def make_plan(self, number: int) -> None:
        """The n-th plan; one after the first takes the place of the one before. An exchange of which the money went
        another way meanwhile gives way to the next remedy."""
        while (first := self._judged) is not None:
            self.overtaken = False
            try:
                plan = await self.step(
                    "Compute the refund" if number == 1 + self.state.plans_before else "Compute the refund anew",
                    DecisionActivities.plan_refund,
                    # Goods that were trusted may have been judged while this waited.
                    lambda now, first=first: PlanRefund(  # type: ignore[misc]
                        **self.about, inspection=self._judged or first, number=number, now=now
                    ),
                    options.JOURNAL,
                    answers=(NOT_COVERED,),
                )
            except NotWanted:
                await self.fall_back(NOT_COVERED)
                continue
            return self.learn(plan=plan)

    @property
    def _judged(self) -> Inspection | None:
        return self.state.inspection or (self.state.early.inspection if self.state.early else None)

    async def refund(self) -> None:
        """Pay every leg of the plan, once it is approved where that is needed; one that was overtaken is made anew."""
        while self.state.plan is not None:
            try:
                await self.wait_for_approval()
                # Not leg by leg: one that was confirmed may fail late while another is waited for.
                while (leg := self.unpaid) is not None:
                    await self.pay(leg)
                return
            except NotWanted:
                await self.make_plan(self.state.plan.number + 1)
                await self.agree()

    @property
    def unpaid(self) -> Leg | None:
        """The first leg of the plan that is not confirmed, or not any more."""
        for leg in self.state.plan.legs if self.state.plan else ():
            refund = latest(self.state, leg.tender_id)
            if refund is None or refund.status is not RefundStatus.SUCCEEDED:
                return leg
        return None

    async def wait_for_approval(self) -> None:
        """Above the automatic limit nothing is paid before a person agrees; when nobody does, ops are asked to look."""
        if not self.state.needs_approval:
            return
        self.learn(approve_until=workflow.now() + options.APPROVAL_PATIENCE)
        wanted = self.state.next_action.action
        try:
            await workflow.wait_condition(self._answered, timeout=options.APPROVAL_PATIENCE, timeout_summary=wanted)
        except TimeoutError:
            self.learn(overdue=f"Overdue: {wanted}")
            await workflow.wait_condition(self._answered)
        self.learn(overdue="", approve_until=None)
        if self.state.needs_approval:
            raise NotWanted(ApplicationError("the plan was overtaken while it waited for its approval"))

    def _answered(self) -> bool:
        return self.overtaken or self.state.chosen_since or not self.state.needs_approval

    async def pay(self, leg: Leg) -> None:
        """One leg, until the provider confirms it. A final no waits for finance; the next try is a new intention."""
        refund = latest(self.state, leg.tender_id)  # of an old run: its no waits for finance as well
        while refund is None or refund.status is not RefundStatus.SUCCEEDED:
            # A refund that was never made needs nobody's word to be asked for again.
            if refund is not None and refund.status in FINAL_NO and refund.reason != STORED_FAULT:
                await self.wait_for_another_try(refund)
            if self.state.chosen_since:
                raise NotWanted(ApplicationError("another resolution was chosen since it was planned"))
            refund = await self.ask_provider(leg)

    async def wait_for_another_try(self, failed: Refund) -> None:
        """Until finance has mended why it failed, or the shopper has agreed to another way."""
        if not self.has_consent(failed):
            why = failed.message or f"the provider ended it as {failed.status} ({failed.reason})"
            other = "; if the shopper agrees, it can go another way (`consent`)" if failed.no_way_back else ""
            if failed.payment == AS_CREDIT:
                other += "; or it goes back as a refund, if the shopper chooses that (`choose`)"
            await self.wait_for_help(f"Refund to {destination(failed.payment)}", "finance", f"{why}{other}", None)

    @property
    def newest(self) -> tuple[Refund, ...]:
        """Of the plan that stands."""
        found = (latest(self.state, leg.tender_id) for leg in (self.state.plan.legs if self.state.plan else ()))
        return tuple(one for one in found if one is not None)

    @property
    def consents(self) -> tuple[Consent, ...]:
        """Part of the state."""
        return self.state.consents

    def agreed(self, consent: Consent) -> None:
        """Part of the state; what waits for finance is tried at once."""
        self.learn(consents=(*self.state.consents, consent))
        self.retries += 1

    def check_listens(self, verb: Verb) -> None:
        """As for every other word."""
        self.check(verb)

    def answer(self) -> CaseView:
        """The return as it stands."""
        return view(self.state)

    async def ask_provider(self, leg: Leg) -> Refund:
        """The current intention, until the provider has decided. Raises NotWanted if the plan was withdrawn."""
        attempt, plan = attempts(self.state, leg.tender_id), self.state.plan.number if self.state.plan else 1
        named, to = self.about, leg.tender_id
        return await self.until_decided(
            f"Refund {Money(minor=leg.amount, currency=self.order.currency)} to {destination(to)}",
            lambda now: PayLeg(**named, plan=plan, payment=to, amount=leg.amount, attempt=attempt, now=now),
        )

    def learn_refund(self, refund: Refund, look_at: datetime | None = None) -> None:
        """Part of the state; the shopper hears at once of a refund that is on its way."""
        if ids.case_in(refund.key) != self.request.id:
            return self.learn(added_back=refund, look_at=look_at)
        self.learn(refunds=with_refund(self.state, refund), look_at=look_at)
        if look_at is not None and refund.on_its_way:
            self.tell(NoticeKind.REFUND_SUBMITTED)
