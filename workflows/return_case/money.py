"""The money: computed once, reserved, and paid leg by leg until the provider confirms it."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.decisions import DecisionActivities, PlanRefund
from activities.payments import PayLeg, PaymentActivities
from domain.money import Money
from domain.notice import NoticeKind
from domain.plan import Leg
from domain.refund import FINAL_NO, PLAN_WITHDRAWN, STORED_FAULT, Refund, RefundStatus
from workflows import options
from workflows.return_case.state import attempts, latest
from workflows.return_case.steps import Steps
from workflows.stepping import NotWanted


class Payout(Steps):
    """Verbs about what is owed."""

    async def plan_refund(self) -> None:
        """Compute what is owed for what was inspected, and reserve it."""
        if self.state.plan is None:
            await self.make_plan(1)

    async def make_plan(self, number: int) -> None:
        """The n-th plan; one after the first takes the place of the one before."""
        inspection = self.state.inspection
        if inspection is not None:
            self.overtaken = False
            plan = await self.step(
                "Compute the refund" if number == 1 else "Compute the refund anew",
                DecisionActivities.plan_refund,
                lambda now: PlanRefund(**self.about, inspection=inspection, number=number, now=now),
                options.JOURNAL,
            )
            self.learn(plan=plan)

    async def refund(self) -> None:
        """Pay every leg of the plan, once it is approved where that is needed; one that was overtaken is made anew."""
        while self.state.plan is not None:
            try:
                await self.wait_for_approval()
                for leg in self.state.plan.legs:
                    await self.pay(leg)
                return
            except NotWanted:
                await self.make_plan(self.state.plan.number + 1)

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
        return self.overtaken or not self.state.needs_approval

    async def pay(self, leg: Leg) -> None:
        """One leg, until the provider confirms it. A final no waits for finance; the next try is a new intention."""
        refund = latest(self.state, leg.tender_id)  # of an old run: its no waits for finance as well
        while refund is None or refund.status is not RefundStatus.SUCCEEDED:
            # A refund that was never made needs nobody's word to be asked for again.
            if refund is not None and refund.status in FINAL_NO and refund.reason != STORED_FAULT:
                why = refund.message or f"the provider ended it as {refund.status} ({refund.reason})"
                await self.wait_for_help(f"Refund to {leg.tender_id}", "finance", why, None)
            refund = await self.ask_provider(leg)

    async def ask_provider(self, leg: Leg) -> Refund:
        """Send the current intention, then look at growing intervals until the provider has decided.

        Raises NotWanted if the plan was withdrawn.
        """
        attempt, pause = attempts(self.state, leg.tender_id), options.POLL_FIRST
        plan = self.state.plan.number if self.state.plan else 1
        while True:
            refund = await self.step(
                f"Refund {Money(minor=leg.amount, currency=self.order.currency)} to {leg.tender_id}",
                PaymentActivities.pay_leg,
                lambda now: PayLeg(
                    **self.about, plan=plan, payment=leg.tender_id, amount=leg.amount, attempt=attempt, now=now
                ),
                options.PAYMENTS,
                answers=(PLAN_WITHDRAWN,),
            )
            others = tuple(one for one in self.state.refunds if one.key != refund.key)
            self.learn(refunds=(*others, refund))
            if refund.status in (RefundStatus.SUCCEEDED, *FINAL_NO):
                return refund
            self.tell(NoticeKind.REFUND_SUBMITTED)
            self.learn(look_at=workflow.now() + pause)
            await self.wait_for_retry(pause, "Look at the refund again")
            self.learn(look_at=None)
            pause = min(pause * 2, options.PAUSE_LONGEST)
