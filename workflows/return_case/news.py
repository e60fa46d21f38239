"""What the payment provider says of its own accord to a return that is open."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from domain.dispute import OpenDispute
from domain.errors import InvalidRequest
from domain.news import DisputeNews, Heard, News, Turn, read_news
from domain.notice import NoticeKind
from domain.refund import Refund
from domain.verbs import Refusal, Verb
from workflows.listening import Listener, about
from workflows.return_case.desk import as_failure, as_refusal, decoded
from workflows.return_case.legs import with_refund
from workflows.return_case.money import Payout
from workflows.return_case.state import of_plan
from workflows.return_case.view import CaseView, view
from workflows.stepping import NotWanted, not_if_refused

_MONEY_MOVED = (Turn.REFUND_ELSEWHERE, Turn.REFUND_ELSEWHERE_FAILED, Turn.DISPUTE_LOST, Turn.DISPUTE_WON)
"""After these, what was planned may not stand any more, or may go on."""


class NewsDesk(Payout, Listener):
    """Takes news while the return is open; what comes later is for aftercare, which does the same with it."""

    @workflow.update(description="The payment provider said something: it is read again there, and recorded once")
    async def record_news(self, raw: RawValue) -> CaseView:
        """Answered once it is recorded; refused as `closed` where aftercare has to act on it."""
        await workflow.wait_condition(lambda: not self.closing or self.state.outcome is not None)
        if self.state.outcome is not None:
            raise _for_aftercare("This return has ended")
        news = _news(raw)
        self.hearing += 1
        try:
            await self._act_on(news, await self.hear(self.order.order_id, news, not_if_refused))
        except NotWanted as no:  # it would hold up the return; aftercare asks people about it
            raise _for_aftercare(f"It cannot be recorded here ({no.refusal.message})") from None
        finally:
            self.hearing -= 1
        return view(self.state)

    @record_news.validator
    def _check_record_news(self, raw: RawValue) -> None:
        _news(raw)
        self.check(Verb.RECORD_NEWS)

    async def _act_on(self, news: News, heard: Heard) -> None:
        if heard.refund is not None and heard.refund.key.startswith(f"refund:{self.request.id}:"):
            if heard.failed_late and not of_plan(self.state, heard.refund):
                # The plan that stands goes on without it, so nobody here would pay it again.
                raise _for_aftercare("This refund belongs to an earlier plan")
            self._refund_moved(heard.refund, heard.failed_late and heard.covered < heard.refund.amount)
        if heard.turn is Turn.LATE_PAYMENT:
            raise _for_aftercare("This return asks for no money any more")
        if heard.turn is Turn.PAYMENT_CAME:
            self.learn(collected=heard.tender, pay_url="")
        if isinstance(news, DisputeNews):
            self._disputed(news, is_open=heard.turn is Turn.DISPUTE_OPENED)
        elif heard.for_finance:
            # Aside: whoever brought the news need not wait for somebody to look.
            self.asides.append(asyncio.create_task(self._ask_finance(news, heard.for_finance)))
        came_back = isinstance(news, DisputeNews) and heard.turn is Turn.REFUND_OF_OURS
        if heard.turn in _MONEY_MOVED or came_back:
            self.overtaken = self.overtaken or bool(heard.returns)
            self.retries += 1
            others_of_order = tuple(one for one in heard.returns if one != self.request.id)
            await self.tell_returns(news.event, others_of_order)

    def _disputed(self, news: DisputeNews, *, is_open: bool) -> None:
        known = {one.dispute: one for one in self.state.disputes}
        if is_open:
            known.setdefault(news.dispute, OpenDispute(dispute=news.dispute, payment=news.payment))
        else:
            known.pop(news.dispute, None)
        self.learn(disputes=tuple(known.values()))

    def _refund_moved(self, refund: Refund, missing: bool) -> None:
        self.learn(refunds=with_refund(self.state, refund))
        self.words += 1
        if missing:
            self.tell_of(refund, NoticeKind.REFUND_FAILED)

    async def _ask_finance(self, news: News, why: str) -> None:
        await self.wait_for_help(f"News of {about(news)}", "finance", why, None)


def _for_aftercare(why: str) -> ApplicationError:
    return as_refusal(Refusal(code="closed", message=f"{why}; aftercare takes the news."))


def _news(raw: RawValue) -> News:
    try:
        return read_news(decoded(raw))
    except InvalidRequest as error:
        raise as_failure(error) from None
