"""One return from request to refund. `run` is the whole story; every verb can be told twice and happens once."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from activities.decisions import CloseReturn, DecisionActivities, OpenReturn
from activities.storefront import FetchOrder, StorefrontActivities
from domain import ids
from domain.case import Outcome
from domain.errors import InvalidRequest
from domain.notice import NoticeKind
from domain.request import ReturnRequest, parse_request
from workflows import options
from workflows.return_case.clock import Clockwork
from workflows.return_case.desk import as_failure, decoded
from workflows.return_case.goods import Goods
from workflows.return_case.news import NewsDesk
from workflows.return_case.state import latest
from workflows.return_case.view import CaseView, view

NOT_GIVEN = RawValue(Payload())

UNDO = ("void_label",)
"""What undoes a return that is called off, or that a person declined or closed. The fact itself, which the clerk
records first, gives the units of `open_return` back; then `buy_label` is undone. Nothing else is: what was read or
recorded stays a fact, and `plan_refund`, `pay_leg` and `restock` come only after the goods have arrived, when a return
can be neither called off nor declined any more."""


LAST_WORDS = {
    Outcome.CLOSED_BY_STAFF: NoticeKind.CANCELLED,
    Outcome.DECLINED: NoticeKind.DECLINED,
    Outcome.CANCELLED: NoticeKind.CANCELLED,
    Outcome.EXPIRED: NoticeKind.EXPIRED,
}
"""What the shopper hears of a return of which nothing comes back."""


@workflow.defn(name=ids.WORKFLOW_TYPE)
class ReturnCase(Goods, NewsDesk, Clockwork):
    """A return. Its id is the storefront's return id; all its keys are made from it."""

    @workflow.init
    def __init__(self, raw: RawValue = NOT_GIVEN) -> None:
        super().__init__()

    @workflow.run
    async def run(self, raw: RawValue = NOT_GIVEN) -> CaseView:
        """The input is taken undecoded, because a typed one that does not decode would hang for ever.

        One parameter only: with a second one Temporal drops the types of both where a caller gives one argument.
        """
        try:
            self.learn(request=_request(raw))
            await self.fetch_order()
        except ApplicationError as error:
            self.learn(refused=error.message)
            raise
        self.clerk = asyncio.create_task(self.keep_record())
        await self.open_return()
        self.acknowledge()
        await self.hear_appeal()
        await self.be_reviewed()
        self.watch_clock()
        await self.buy_label()
        await self.follow_parcel()
        if (end := self.state.ends_as) is not None:
            await self.undo()
            return await self.close(end, LAST_WORDS[end])
        await self.plan_refund()
        await asyncio.gather(self.refund(), self.restock())
        return await self.close(Outcome.REFUNDED, NoticeKind.REFUND_DONE)

    async def fetch_order(self) -> None:
        """Read the order, and what the journal knows already of this return."""
        known = await self.step(
            f"Read order {self.request.order_id}",
            StorefrontActivities.fetch_order,
            lambda now: FetchOrder(request=self.request, now=now),
            options.STOREFRONT,
        )
        self.learn(**dict(known))

    async def open_return(self) -> None:
        """Decide by the policy and reserve the units."""
        if self.state.decision is None:
            opened = await self.step(
                "Decide by the return policy",
                DecisionActivities.open_return,
                lambda now: OpenReturn(request=self.request, order_id=self.order.order_id, now=now),
                options.JOURNAL,
            )
            self.learn(decision=opened.decision, quote=opened.quote)

    async def undo(self) -> None:
        """Nothing comes back: undo what was done, in turn."""
        for verb in UNDO:
            await getattr(self, verb)()

    async def close(self, outcome: Outcome, last: NoticeKind) -> CaseView:
        """Tell the shopper how it ended, wait a bounded time for the mails, and record the end."""
        self.tell(last)
        await self.settle_down()
        self.closing = True
        await self.step(
            f"Close: {outcome}",
            DecisionActivities.close_return,
            lambda now: CloseReturn(**self.about, outcome=outcome, now=now),
            options.JOURNAL,
        )
        self.learn(outcome=outcome)
        await self.everything_recorded()  # what came while the end was being written; from here on nothing is taken
        await workflow.wait_condition(workflow.all_handlers_finished)
        return view(self.state)

    async def settle_down(self) -> None:
        """Until nothing is on its way any more: no mail, no fact, nobody's question, and no refund that failed late."""
        while True:
            await self.wait_for_mails()
            await self.everything_recorded()
            if not all(mail.done() for mail in self.mails.values()):
                continue  # somebody has asked for one once more
            if self.unpaid is None or self.state.called_off:
                return
            failed = latest(self.state, self.unpaid.tender_id)
            await self.refund()
            if failed is not None and (paid := latest(self.state, failed.payment)) is not None:
                self.tell_of(paid, NoticeKind.REFUND_DONE)


def _request(raw: RawValue) -> ReturnRequest:
    """The input as a request. Ends the workflow as failed `InvalidRequest`, naming the field, if it is none."""
    try:
        if raw is NOT_GIVEN:
            raise InvalidRequest("input", "one argument is needed: the return request as a JSON object")
        request = parse_request(decoded(raw))
        if workflow.info().workflow_id != ids.workflow_id(request.id):
            expected = ids.workflow_id(request.id)
            raise InvalidRequest("id", f"the workflow id of return {request.id} must be {expected}")
    except InvalidRequest as error:
        raise as_failure(error) from None
    return request
