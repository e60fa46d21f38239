"""One intention, from the question to the provider's last word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow

from activities.payments import PayLeg, PaymentActivities
from domain.refund import BY_HAND, PLAN_WITHDRAWN, Refund
from workflows import options
from workflows.return_case.deciders import DECIDED
from workflows.stepping import Stepper


class Payer(Stepper):
    """Waits for the provider's word; looking again at growing pauses is the safety net for news that never came."""

    words: int
    """How often the provider said something of its own accord."""

    def learn_refund(self, refund: Refund, look_at: datetime | None = None) -> None:
        """Keep how a refund stands, and when it is looked at again if it is not decided."""
        raise NotImplementedError

    async def until_decided(self, name: str, ask: Callable[[datetime], PayLeg]) -> Refund:
        """Send the intention, or look how it stands, until the provider has decided.

        Raises NotWanted if the plan was withdrawn.
        """
        pause, due = options.POLL_FIRST, None
        while True:
            refund = await self.step(name, PaymentActivities.pay_leg, ask, options.PAYMENTS, answers=(PLAN_WITHDRAWN,))
            if refund.status in DECIDED:
                self.learn_refund(refund)
                return refund
            if refund.reason == BY_HAND:  # nobody but the person who pays it knows more, and they say so
                pause, due = options.PAUSE_LONGEST, due or workflow.now() + options.BY_HAND_PATIENCE
            self.learn_refund(refund, due or workflow.now() + pause)
            await self._wait_for_word(pause)
            pause = min(pause * 2, options.PAUSE_LONGEST)

    async def _wait_for_word(self, pause: timedelta) -> None:
        """Until the provider says something, somebody asks to look now, or the pause has passed."""
        before = (self.words, self.retries)
        try:
            await workflow.wait_condition(
                lambda: (self.words, self.retries) != before,
                timeout=pause,
                timeout_summary="Look at the refund again",
            )
        except TimeoutError:
            return
