"""Goods for goods: promised before the parcel comes, paid for where they cost more, sent once the goods were judged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from temporalio import workflow

from activities.decisions.trading import FallBack, PriceExchange, Trading
from activities.inventory.setting_aside import SetAside, SetFree, SettingAside
from activities.inventory.shipping import Ship, Shipping
from activities.payments.collecting import AskPayment, Collected, Collecting, EndPayment
from activities.storefront.exchanging import NOT_SOLD, OUT_OF_STOCK, Exchanging, PromiseGoods
from domain import trade_ids
from domain.notice import NoticeKind
from domain.policy import Decision
from domain.repair import Repair
from domain.resolution import Resolution
from workflows import options
from workflows.return_case.goods import Goods
from workflows.return_case.money import Payout
from workflows.stepping import NotWanted

_PROMISING = (Resolution.EXCHANGE, Resolution.REPLACEMENT)


class Trade(Goods, Payout):
    """Verbs about what goes out. Each may be told twice, and ends at once where the shopper chooses something else."""

    async def promise(self) -> None:
        """Say what goes out, and set it aside; what cannot be had gives way to the next remedy."""
        chosen = self.state.resolution
        if chosen not in _PROMISING or self.state.stopped or self.state.sent:
            return
        try:
            if not self.state.promised:
                promised = await self.step(
                    "Promise what goes out",
                    Exchanging.promise_goods,
                    lambda now: PromiseGoods(**self.about, again=chosen is Resolution.REPLACEMENT, now=now),
                    options.STOREFRONT,
                    answers=(NOT_SOLD, OUT_OF_STOCK),
                )
                quote = promised.quote or self.state.quote
                self.learn(promised=promised.swaps, to_pay=promised.to_pay, quote=quote)
            for place, swap in enumerate(self.state.promised, start=1):
                number = trade_ids.aside_number(place, len(self.state.promised), self.state.freed)
                if number not in self.state.aside:
                    await self._set_aside(number, swap.new_line, swap.sku, swap.quantity)
        except NotWanted as no:
            await self.fall_back(no.refusal.details[0])

    async def _set_aside(self, number: int, line: str, sku: str, quantity: int) -> None:
        named = {**self.about, "number": number, "line_id": line, "sku": sku or line, "quantity": quantity}
        await self.step(
            f"Set {quantity} of {sku or line} aside",
            SettingAside.set_aside,
            lambda now: SetAside.model_validate({**named, "now": now}),
            options.WAREHOUSE,
            answers=(OUT_OF_STOCK,),
        )
        self.learn(aside=(*self.state.aside, number))

    async def set_free(self) -> None:
        """What was set aside is anybody's again, unless it is on its way."""
        for number in self.state.aside if not self.state.sent else ():
            named = {**self.about, "number": number}
            try:
                await self.step(
                    "Set free what was set aside",
                    SettingAside.set_free,
                    lambda now, named=named: SetFree.model_validate({**named, "now": now}),  # type: ignore[misc]  # a lambda's default has no type
                    options.WAREHOUSE,
                    answers=("not_set_aside",),
                )
            except NotWanted:
                continue
            self.learn(freed=(*self.state.freed, number))
        self.learn(aside=())

    async def fall_back(self, reason: str) -> None:
        """The next remedy takes the place of this one; what waited for it goes on."""
        before = self.state.resolution
        found = await self.step(
            f"No {before.replace('_', ' ')} ({reason.replace('_', ' ')}): what follows",
            Trading.fall_back,
            lambda now: FallBack(**self.about, instead_of=before, reason=reason, now=now),
            options.JOURNAL,
        )
        self.learn(**dict(found), overdue="")

    async def exchange(self) -> None:
        """Goods of another line, and the difference in either direction."""
        await self.promise()
        await self.early_paid()
        if self.still(Resolution.EXCHANGE):
            await self.collect()
        if self.still(Resolution.EXCHANGE):
            await self.plan_refund()
        if self.still(Resolution.EXCHANGE):
            await asyncio.gather(self.refund(), self.restock(), self.send(Resolution.EXCHANGE))
            if self.state.plan and self.state.plan.total and self.still(Resolution.EXCHANGE):
                self.tell(NoticeKind.REFUND_DONE)
        if self.still(Resolution.EXCHANGE):
            await self.end_early()

    async def replace(self) -> None:
        """The same again; no money moves."""
        await self.promise()
        if self.still(Resolution.REPLACEMENT):
            await asyncio.gather(self.restock(), self.send(Resolution.REPLACEMENT))

    async def mend(self) -> None:
        """The shopper's own goods, mended; else the next remedy, also where the workshop takes too long, or has none of
        them because they are lost, or stay with the shopper."""
        if not self.state.to_put_away and self.still(Resolution.REPAIR):
            return await self.fall_back("lost_by_carrier" if self.state.lost else "not_here")
        await self.set_free()  # of what would have gone out
        days = self.decision.days(self.decision.repair_days)
        if self.state.repair is None:
            self.learn(mend_by=workflow.now() + days)
            for again in (False, True):
                if not await self._heard(lambda: self.state.repair is not None, Resolution.REPAIR, self.state.mend_by):
                    break
                if again:
                    return await self.fall_back("not_repaired_in_time")
                late = f"Overdue: {self.state.next_action.action}; else the next remedy follows"
                self.learn(mend_by=workflow.now() + days, overdue=late)
        self.learn(overdue="", mend_by=None)
        if not self.still(Resolution.REPAIR):
            return None
        if self.state.repair is Repair.NOT_REPAIRABLE:
            return await self.fall_back(Repair.NOT_REPAIRABLE)
        return await self.send(Resolution.REPAIR)

    @property
    def decision(self) -> Decision:
        """The decision in force, once there is one."""
        assert self.state.decision is not None
        return self.state.decision

    def still(self, chosen: Resolution) -> bool:
        """Whether this is what the return ends with."""
        return self.state.resolution is chosen

    async def collect(self) -> None:
        """Ask for what is missing on a page of the payment provider, remind once, and close it when the time is up."""
        if self.state.collected or self.state.plan or not self.state.promised:
            return
        priced = await self.step(
            "Compute what the exchange comes to",
            Trading.price_exchange,
            lambda now: PriceExchange(**self.about),
            options.JOURNAL,
        )
        if not priced.to_pay:
            return
        until = self.state.pay_until or workflow.now() + self.decision.days(self.decision.payment_days)
        words = f"Exchange for order {self.order.number}"[:200]
        named = {**self.about, "amount": priced.to_pay, "currency": priced.currency, "words": words, "until": until}
        half = workflow.now() + (until - workflow.now()) / 2
        for number, when in enumerate((half, until), start=1):
            if self.state.unpaid or self.state.collected or not self.still(Resolution.EXCHANGE):
                break
            stands = await self.step(
                "Ask for what is missing" if number == 1 else "Look whether it was paid, and remind",
                Collecting.collect_payment,
                lambda now: AskPayment.model_validate({**named, "now": now}),
                options.PAYMENTS,
            )
            self._learn_payment(stands)
            if self.state.collected is None:
                self.tell(NoticeKind.PAYMENT_DUE, number)
                await self._heard(lambda: self.state.collected is not None, Resolution.EXCHANGE, when)
        if self.state.collected is None:
            await self._end_payment()

    async def _end_payment(self) -> None:
        """Nobody has paid; or they did just now."""
        stands = await self.step(
            "Close the payment page",
            Collecting.end_payment,
            lambda now: EndPayment(**self.about, now=now),
            options.PAYMENTS,
        )
        if stands is not None:
            self._learn_payment(stands)
        if self.state.collected is None:
            self.learn(unpaid=True, pay_url="")
            if self.still(Resolution.EXCHANGE):
                await self.fall_back("not_paid")

    def _learn_payment(self, stands: Collected) -> None:
        url = "" if stands.tender else stands.url
        self.learn(payment_asked=stands.request, pay_until=stands.until, pay_url=url, collected=stands.tender)

    async def send(self, chosen: Resolution) -> None:
        """What goes out, once nothing of its money can be taken back any more; until it is on its way."""
        await workflow.wait_condition(
            lambda: not self.still(chosen) or chosen is not Resolution.EXCHANGE or self.state.committed
        )
        pause = options.POLL_FIRST
        self.learn(send_by=workflow.now() + options.SEND_PATIENCE)
        while not self.state.sent and self.still(chosen):
            try:
                sent = await self.step(
                    "Send what goes out",
                    Shipping.ship,
                    lambda now: Ship(**self.about, now=now),
                    options.STOREFRONT,
                    wanted=lambda: self.still(chosen),
                )
            except NotWanted:
                break
            if sent is not None:
                self.learn(sent=(sent,))
                break
            await self._heard(self._sent_or_asked(), chosen, workflow.now() + pause)
            pause = min(pause * 2, options.PAUSE_LONGEST)
        self.learn(send_by=None)
        if self.state.sent:
            self.learn(aside=())
            self.tell(NoticeKind.EXCHANGE_SHIPPED)

    def _sent_or_asked(self) -> Callable[[], bool]:
        before = self.retries
        return lambda: bool(self.state.sent) or self.retries > before

    async def _heard(self, there: Callable[[], bool], chosen: Resolution, until: datetime | None) -> bool:
        """Wait until it is there, or something else is chosen; whether the time was up before."""
        left = max(0.0, (until - workflow.now()).total_seconds()) if until else None
        try:
            await workflow.wait_condition(
                lambda: there() or not self.still(chosen),
                timeout=left,
                timeout_summary=self.state.next_action.action,
            )
        except TimeoutError:
            return True
        return False
