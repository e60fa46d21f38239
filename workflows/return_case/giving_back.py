"""What a shopper paid on top of an exchange that gave way: it goes back whole, apart from what the goods are worth."""

from __future__ import annotations

import asyncio

from activities.payments import PayLeg
from activities.payments.collecting import Collecting, GiveBack
from domain import trade_ids
from domain.money import Money
from domain.notice import NoticeKind
from domain.order import Tender
from domain.refund import FINAL_NO
from workflows import options
from workflows.return_case.money import Payout


class GivingBack(Payout):
    """An intention of its own, in the books of its payment."""

    going_back: asyncio.Task[None] | None = None

    def give_back_added(self) -> None:
        """Once, beside the refund of the goods; the return waits for it before it ends."""
        if self.going_back is None and self.state.collected is not None:
            self.going_back = asyncio.create_task(self._give_back(self.state.collected))
            self.asides.append(self.going_back)

    async def _give_back(self, paid: Tender) -> None:
        """Attempt by attempt, until the provider confirms one; after each final no finance is asked to look."""
        money = {"order_id": self.order.order_id, "payment": paid.id, "amount": paid.captured}
        plan = await self.step(
            f"Plan the way back of {paid.id}",
            Collecting.give_back,
            lambda now: GiveBack.model_validate({**money, "currency": self.order.currency, "now": now}),
            options.PAYMENTS,
        )
        asked = {**money, "case": trade_ids.given_back(paid.id), "plan": plan.number}
        what, attempt = f"{Money(minor=plan.total, currency=plan.currency)} back to {paid.id}", 1
        while True:
            refund = await self.until_decided(
                f"Pay {what}",
                lambda now, attempt=attempt: PayLeg.model_validate({**asked, "attempt": attempt, "now": now}),  # type: ignore[misc]
            )
            if refund.status not in FINAL_NO:
                break
            why = refund.message or f"the provider ended it as {refund.status} ({refund.reason})"
            await self.wait_for_help(f"Pay {what}", "finance", why, None)
            attempt += 1
        self.tell_of(refund, NoticeKind.REFUND_DONE)
