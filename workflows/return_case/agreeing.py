"""Less than was quoted is paid only after the shopper had their say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from temporalio import workflow

from domain.notice import NoticeKind
from domain.offer import RULE, Answer, OfferDefault
from workflows.return_case.money import Payout
from workflows.return_case.offers import Offers
from workflows.stepping import NotWanted


class Agreeing(Offers, Payout):
    """Verbs about an offer."""

    async def agree(self) -> None:
        """Offer what the plan pays, until it is accepted or the goods are wanted; a plan that was overtaken is made
        anew, and its offer, too."""
        while self.state.plan is not None and self.state.offer is not None:
            if self.overtaken or self.state.chosen_since:
                await self.make_plan(self.state.plan.number + 1)
            elif self.state.appealed_at is None:
                await self._hear_shopper()
            else:
                await self._look_again()
        plan = self.state.plan
        if plan is not None and plan.offer is not None and not plan.legs:
            # It pays nothing, so no leg carries out what is kept: the next plan does, now that it is agreed to.
            await self.make_plan(plan.number + 1)

    async def send_goods_back(self) -> None:
        """Wait until the warehouse has sent the goods to the shopper, whatever it takes."""
        if not await self._wait(self._gone, self.state.answer_until):
            self.learn(overdue=f"Overdue: {self.state.next_action.action}")
            await workflow.wait_condition(self._gone)

    async def _hear_shopper(self) -> None:
        """The shopper answers, or the policy does when the time has passed: by a person once, then as accepted."""
        plan, offer = self.state.plan, self.state.offer
        assert plan is not None
        assert offer is not None
        stood = sum(one.answer is Answer.STANDS for one in self.state.answers)
        self.tell(NoticeKind.OFFER, plan.number + stood)
        if await self._said(self.state.answer_until):
            return
        looked = any(one.answer is Answer.APPEAL for one in self.state.part_answers)
        person = offer.unanswered is OfferDefault.PERSON and not looked
        await self._default(Answer.APPEAL if person else Answer.ACCEPT)

    async def _look_again(self) -> None:
        """A person looks: an override makes the plan anew, or the offer stands, after as long again by itself."""
        until, since = self.state.answer_until, self.state.appealed_at
        assert until is not None
        assert since is not None
        if not await self._said(until):
            self.learn(overdue=f"Overdue: {self.state.next_action.action}")
            if not await self._said(until + (until - since)):
                await self._default(Answer.STANDS)
        self.learn(overdue="")

    async def _said(self, until: datetime | None) -> bool:
        """Whether anything was said to the offer before that moment."""
        return await self._wait(self._spoken(), until)

    def _spoken(self) -> Callable[[], bool]:
        before = len(self.state.answers)
        return lambda: self.overtaken or self.state.chosen_since or len(self.state.answers) > before

    def _gone(self) -> bool:
        return self.state.sent_back is not None

    async def _wait(self, done: Callable[[], bool], until: datetime | None) -> bool:
        """Whether it came before that moment."""
        patience = max(0.0, (until - workflow.now()).total_seconds()) if until else None
        try:
            await workflow.wait_condition(done, timeout=patience, timeout_summary=self.state.next_action.action)
        except TimeoutError:
            return False
        return True

    async def _default(self, answer: Answer) -> None:
        """What the policy says when nobody did; whoever has just spoken comes first."""
        assert self.state.plan is not None
        plan, spoken = self.state.plan.number, self._spoken()
        try:
            self.learn(**await self.record_answer(plan, answer, RULE, lambda: not (self.heard or spoken())))
        except NotWanted:
            await workflow.wait_condition(lambda: spoken() or not self.heard)
