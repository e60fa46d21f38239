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
from activities.labels import BuyLabel, LabelActivities, VoidLabel
from activities.storefront import FetchOrder, StorefrontActivities
from domain import ids
from domain.case import Outcome
from domain.errors import InvalidRequest
from domain.method import Method
from domain.notice import NoticeKind
from domain.parcel import BOUGHT
from domain.people import SHOPPER
from domain.request import ReturnRequest, parse_request
from domain.resolution import Resolution
from workflows import options
from workflows.return_case.desk import as_failure, decoded
from workflows.return_case.early import Early
from workflows.return_case.news import NewsDesk
from workflows.return_case.remedies import REMEDIES, Remedy
from workflows.return_case.review import Review
from workflows.return_case.state import latest
from workflows.return_case.trade import Trade
from workflows.return_case.undoing import Undoing
from workflows.return_case.view import CaseView, view
from workflows.stepping import NotWanted

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
        **dict.fromkeys(("record_override", "agree_override"), _FACT),
        **dict.fromkeys(("cancel_return", "expire_return", "force_close", "close_return"), "it is the end itself"),
        **dict.fromkeys(("record_scan", "add_parcel", "follow_parcel"), "the parcel is where it is"),
        **dict.fromkeys(("record_receipt", "record_inspection", "record_loss"), "the goods are where they are"),
        "restock": f"{_AFTER_GOODS}; goods move in the warehouse",
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
        **dict.fromkeys(("record_assignment", "record_not_undone"), "it moves nothing"),
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
class ReturnCase(Early, Trade, Review, Undoing, NewsDesk):
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
        await self.promise()
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

    async def buy_label(self) -> None:
        """Issue the return label, or what stands for one, and send it; goods that are here already need none."""
        here = self.state.came_first or bool(self.state.receipts)
        if self.state.label is None and not self.state.stopped and not here:
            number, customer = self.order.number, self.order.customer_id
            try:
                label = await self.step(
                    "Buy the return label" if self.way in BOUGHT else "Make the packing sheet",
                    LabelActivities.buy_label,
                    lambda now: BuyLabel(
                        **self.about, order_number=number, customer_id=customer, now=now, method=self.way
                    ),
                    options.CARRIER,
                    # Goods that are here need no label any more.
                    wanted=lambda: not (self.state.stopped or self.state.receipts),
                )
            except NotWanted:
                return
            self.learn(label=label)
        self.tell_approved()

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
        chosen, planned = self.state.resolution, self.state.planned
        nothing = chosen is Resolution.STORE_CREDIT and planned is not None and not planned.minor
        return REMEDIES[Resolution.REFUND if nothing else chosen]

    async def pay_back(self) -> None:
        """The money, to the tenders or as store credit, while the goods are put away."""
        await self.set_free()  # of what would have gone out
        await self.early_paid()
        await self.plan_refund()
        await asyncio.gather(self.refund(), self.restock())
        await self.end_early()

    async def void_label(self) -> None:
        """Void the label, if one was bought."""
        label = self.state.label
        if label is not None and label.ours:
            await self.step(
                f"Void the label {label.tracking_number}",
                LabelActivities.void_label,
                lambda now: VoidLabel(**self.about, label=label, actor=self.stopped_by, now=now),
                options.CARRIER,
            )

    @property
    def way(self) -> Method:
        """How the goods get back."""
        chosen = self.request.method
        return self.state.decision.way(chosen) if self.state.decision else chosen or Method.LABEL

    @property
    def stopped_by(self) -> str:
        """Who called it off, which a new run of an old return knows only of a person's decline; else the shopper."""
        if self.state.force_closed:
            return self.state.force_closed
        if self.state.declined and self.state.overrides:
            return self.state.overrides[-1].by
        if self.state.expired:
            return "rule:policy"
        return self.state.cancel.by if self.state.cancel else SHOPPER

    async def say_last(self, last: NoticeKind) -> None:
        """Tell the shopper how it ended, and wait a bounded time for the mails."""
        self.tell(last)
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
