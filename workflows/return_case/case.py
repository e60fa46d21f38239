"""One return from request to refund. `run` is the whole story; every verb can be told twice and happens once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

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
from domain.resolution import Resolution
from workflows import options
from workflows.return_case.agreeing import Agreeing
from workflows.return_case.clock import Clockwork
from workflows.return_case.desk import as_failure, decoded
from workflows.return_case.early import Early
from workflows.return_case.giving_back import GivingBack
from workflows.return_case.legs import latest
from workflows.return_case.news import NewsDesk
from workflows.return_case.remedies import GOODS_BACK, REMEDIES, Remedy
from workflows.return_case.review import Review
from workflows.return_case.undoing import Undoing
from workflows.return_case.view import CaseView, view

NOT_GIVEN = RawValue(Payload())

UNDO: Mapping[str, str] = MappingProxyType(
    {
        "set_aside": "set_free",
        "buy_label": "void_label",
    }
)
"""What undoes which step of a return of which nothing comes back: the step's activity, and the verb of `ReturnCase`.
Each verb asks the state whether there is anything to undo, may be told twice, and does not wait for another."""

_FACT = "what was said stays said; the entry that ends the return follows it"
_AFTER_GOODS = (
    "it comes only after goods have arrived, or are lost; then a return can be neither called off nor declined"
)
_MONEY = f"{_AFTER_GOODS}. What was paid in error is a fact for aftercare"
STAYS: Mapping[str, str] = MappingProxyType(
    {
        "fetch_order": "reading an order changes nothing of it",
        "open_return": "the entry that ends the return gives its units back itself, in one transaction",
        **dict.fromkeys(("record_override", "agree_override", "record_choice"), _FACT),
        **dict.fromkeys(("cancel_return", "expire_return", "force_close", "close_return"), "it is the end itself"),
        **dict.fromkeys(("record_scan", "add_parcel", "follow_parcel"), "the parcel is where it is"),
        **dict.fromkeys(("record_receipt", "record_inspection", "record_loss"), "the goods are where they are"),
        "restock": f"{_AFTER_GOODS}; goods move in the warehouse",
        **dict.fromkeys(("promise_goods", "price_exchange", "fall_back", "record_repair"), _FACT),
        **dict.fromkeys(("ship", "record_shipped"), "what was sent is on its way to the shopper"),
        "collect_payment": "a page to pay on is closed by `end_payment`; what is paid later is news for aftercare",
        **dict.fromkeys(("end_payment", "set_free", "give_back"), "it is an undo itself"),
        **dict.fromkeys(("record_finding", "settle_finding", "record_claim"), "what was found or claimed stays so"),
        **dict.fromkeys(("answer_offer", "record_sent_back", "pay_uninspected"), f"{_AFTER_GOODS}; {_FACT}"),
        **dict.fromkeys(("plan_early", "end_early", "record_settled"), "the goods are held against it"),
        "record_answer": "it is the carrier's word",
        "plan_refund": f"{_AFTER_GOODS}. A plan that is overtaken is voided by the next, in one transaction",
        **dict.fromkeys(("ask_evidence", "give_evidence", "miss_evidence", "extend", "lapse_override"), _FACT),
        "edit_return": "the units that it reserved are given back like those of `open_return`",
        **dict.fromkeys(("correct_count", "regrade"), f"{_AFTER_GOODS}; the next correction takes its place"),
        "record_approval": f"{_AFTER_GOODS}. An approval counts for one plan alone",
        "pay_leg": _MONEY,
        **dict.fromkeys(("record_consent", "record_by_hand", "record_not_by_hand"), _MONEY),
        **dict.fromkeys(("hear_refund", "hear_dispute", "hear_payment", "tell_returns"), "news are facts of others"),
        **dict.fromkeys(
            ("send_notice", "record_resend"), "a mail that is out cannot be called back; the last one says it"
        ),
        **dict.fromkeys(("record_assignment", "record_not_undone", "record_overdue"), "it moves nothing"),
        "ask_label": "the label that follows is what is voided",
        "record_handed_over": "the parcel is where it is",
        "keep_goods": "the shopper keeps the goods and is paid; nothing of that is called off any more",
        "void_label": "it is an undo; whoever wants to send after all starts a new return, with a label of its own",
    }
)
"""Why every other step has no undo."""


LAST_WORDS = {
    Outcome.CLOSED_BY_STAFF: NoticeKind.CANCELLED,
    Outcome.DECLINED: NoticeKind.DECLINED,
    Outcome.CANCELLED: NoticeKind.CANCELLED,
    Outcome.EXPIRED: NoticeKind.EXPIRED,
}
"""What the shopper hears of a return of which nothing comes back."""


@workflow.defn(name=ids.WORKFLOW_TYPE)
class ReturnCase(Early, GivingBack, Review, Undoing, Agreeing, NewsDesk, Clockwork):
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
        if self.state.label is None:  # what was chosen later is promised once the goods are here
            await self.promise()
        self.watch_clock()
        await self.buy_label()
        await self.follow_parcel()
        if (end := self.state.ends_as) is not None:
            self.tell(LAST_WORDS[end])
            await self.undo(UNDO.values())
            await self.say_last(LAST_WORDS[end])
            return await self.close(end)
        return await self.resolve()

    async def fetch_order(self) -> None:
        """Read the order, and what the journal knows already of this return."""
        known = await self.step(
            f"Read order {self.request.order_id}",
            StorefrontActivities.fetch_order,
            lambda now: FetchOrder(request=self.request, now=now),
            options.STOREFRONT,
        )
        self.learn(**dict(known), request=known.asked or self.request)

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
        if self.state.proposed is not None:
            self.watch(self.state.proposed)

    def go_on_with_rest(self) -> None:
        """What came is paid and put away; the shopper hears of it, and the rest is waited for."""
        self.tell(self.remedy.last, 1 + len(self.state.parts))
        until = workflow.now() + options.PARCEL_PATIENCE
        self.learn(**self.state.next_part, patient_until=until, overdue="")

    async def resolve(self) -> CaseView:
        """Do what was chosen, and again where something else is chosen before it has ended."""
        while True:
            remedy = self.remedy
            await getattr(self, remedy.verb)()
            await self.end_claim()
            if remedy == self.remedy:
                await self.say_last(remedy.last)
            if remedy == self.remedy:
                return await self.close(remedy.outcome)

    @property
    def remedy(self) -> Remedy:
        """What it ends with, as it was chosen last; where nothing is paid, nothing becomes store credit."""
        if self.state.wants_goods is not None:
            return GOODS_BACK
        chosen, planned = self.state.resolution, self.state.planned
        nothing = chosen is Resolution.STORE_CREDIT and planned is not None and not planned.minor
        remedy = REMEDIES[Resolution.REFUND if nothing else chosen]
        # What came was paid before, and the shopper has heard of it.
        return remedy._replace(last=NoticeKind.CLOSED) if self.state.rest_over else remedy

    async def pay_back(self) -> None:
        """The money, to the tenders or as store credit, while the goods are put away; part by part, where more is to
        come. Or the goods go back, if the shopper wants them rather than what is offered."""
        await self.set_free()  # of what would have gone out
        self.give_back_added()
        await self.early_paid()
        while self.state.inspection is not None:
            await self.plan_refund()
            await self.agree()
            if self.state.wants_goods is None:
                await asyncio.gather(self.refund(), self.restock())
            if self.state.wants_goods is not None:
                await self.send_goods_back()
            if self.state.wants_goods is not None or not self.state.waits_for_rest:
                break
            self.go_on_with_rest()
            await self.follow_parcel()
        if self.state.early is not None and self.state.claims_rest:
            await self.hear_of_claim()  # what the carrier has lost, the shopper does not owe
        await self.end_early()

    async def say_last(self, last: NoticeKind) -> None:
        """Tell the shopper how it ended, and wait a bounded time for the mails."""
        paid = last in (NoticeKind.REFUND_DONE, NoticeKind.STORE_CREDIT)
        self.tell(last, 1 + len(self.state.parts) if paid else 1)
        await self.settle_found()
        await self.settle_down()

    async def close(self, outcome: Outcome) -> CaseView:
        """Record the end."""
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
