"""One return from request to refund. `run` is the whole story; every verb can be told twice and happens once."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError

from activities.decisions import CancelReturn, CloseReturn, DecisionActivities, OpenReturn, PlanRefund
from activities.inventory import InventoryActivities, RecordInspection, RecordReceipt, Restock
from activities.labels import BuyLabel, LabelActivities, RecordScan, VoidLabel
from activities.mail import MailActivities, SendNotice
from activities.payments import PayLeg, PaymentActivities
from activities.storefront import FetchOrder, StorefrontActivities
from domain import ids
from domain.case import OrderBrief, Outcome
from domain.errors import InvalidRequest
from domain.inspection import Inspection, Receipt
from domain.money import Money
from domain.notice import NoticeKind
from domain.parcel import Scan
from domain.plan import Leg
from domain.policy import Verdict
from domain.refund import FINAL_NO, Refund, RefundStatus
from domain.request import ReturnRequest, parse_request
from workflows import options
from workflows.return_case.notices import notice
from workflows.return_case.ops import Ops
from workflows.return_case.providers import Providers
from workflows.return_case.said import Cancel
from workflows.return_case.shopper import Shopper
from workflows.return_case.state import attempts
from workflows.return_case.steps import Steps
from workflows.return_case.view import CaseView, view
from workflows.return_case.warehouse import Warehouse

NOT_GIVEN = RawValue(Payload())

UNDO = {
    "buy_label": "void_label",
    "open_return": "cancel_return",
    # fetch_order, record_*: facts stay facts.
    # plan_refund, pay_leg, restock: only after the goods have arrived, when a return cannot be called off any more.
}
"""What undoes each step when a return is called off, in the order in which it is undone after the fact is recorded."""


@workflow.defn(name=ids.WORKFLOW_TYPE)
class ReturnCase(Shopper, Warehouse, Providers, Ops, Steps):
    """A return. Its id is the storefront's return id; all its keys are made from it."""

    @workflow.init
    def __init__(self, raw: RawValue = NOT_GIVEN) -> None:
        super().__init__()
        self._mails: dict[NoticeKind, asyncio.Task[None]] = {}

    @workflow.run
    async def run(self, raw: RawValue = NOT_GIVEN) -> CaseView:
        """The input is taken undecoded, because a typed one that does not decode would hang for ever.

        One parameter only: with a second one Temporal drops the types of both where a caller gives one argument.
        """
        self.learn(request=_request(raw))
        await self.fetch_order()
        await self.open_return()
        if self.declined:
            return await self.close(Outcome.DECLINED, NoticeKind.DECLINED)
        await self.buy_label()
        await self.follow_parcel()
        if self.state.called_off:
            await self.undo()
            return await self.close(Outcome.CANCELLED, NoticeKind.CANCELLED)
        await self.plan_refund()
        await asyncio.gather(self.refund(), self.restock())
        return await self.close(Outcome.REFUNDED, NoticeKind.REFUND_DONE)

    @property
    def request(self) -> ReturnRequest:
        """The request, once `run` has taken it."""
        assert self.state.request is not None
        return self.state.request

    @property
    def order(self) -> OrderBrief:
        """The order, once it was fetched."""
        assert self.state.order is not None
        return self.state.order

    @property
    def about(self) -> dict[str, Any]:
        """The ids that every step names."""
        return {"case": self.request.id, "order_id": self.order.order_id}

    @property
    def declined(self) -> bool:
        """Whether the policy says no to every line."""
        return self.state.decision is not None and self.state.decision.verdict is Verdict.DECLINE

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

    async def buy_label(self) -> None:
        """Issue the return label and send it to the shopper."""
        if self.state.label is None and not self.state.called_off:
            number, customer = self.order.number, self.order.customer_id
            label = await self.step(
                "Buy the return label",
                LabelActivities.buy_label,
                lambda now: BuyLabel(**self.about, order_number=number, customer_id=customer, now=now),
                options.CARRIER,
            )
            self.learn(label=label)
        if self.state.label is not None:
            self.tell(NoticeKind.APPROVED)

    async def follow_parcel(self) -> None:
        """Record scans, receipts and the inspection as they are heard, until the goods are judged or called off."""
        while True:
            await self.record_heard()
            if self.state.moving:
                self.tell(NoticeKind.IN_TRANSIT)
            if self.state.receipts:
                self.tell(NoticeKind.RECEIVED)
            if self.state.inspection or self.state.called_off:
                return
            await self.wait_for_word()

    async def wait_for_word(self) -> None:
        """Wait for whoever speaks next; when the due time passes in silence, ops are asked to look."""
        due = None if self.state.overdue else self.state.next_action.due_at
        try:
            await workflow.wait_condition(
                lambda: bool(self.heard) or self.state.called_off,
                timeout=max(0.0, (due - workflow.now()).total_seconds()) if due else None,
                timeout_summary=self.state.next_action.action,
            )
            if self.state.overdue:
                self.learn(overdue="")
        except TimeoutError:
            self.learn(overdue=f"Overdue: {self.state.next_action.action}")

    async def record_heard(self) -> None:
        """Write what was heard into the journal, in the order in which it was said."""
        while self.heard:
            await self.record(self.heard[0])
            self.heard.pop(0)

    async def record(self, fact: Scan | Receipt | Inspection) -> None:
        """One fact, one entry."""
        match fact:
            case Scan():
                await self.step(
                    f"Scan: {fact.status.replace('_', ' ')} {fact.location}".strip(),
                    LabelActivities.record_scan,
                    lambda now: RecordScan(**self.about, scan=fact, actor="carrier", now=now),
                    options.JOURNAL,
                )
            case Receipt():
                recorded = await self.step(
                    f"Receive {sum(line.quantity for line in fact.lines)} unit(s)",
                    InventoryActivities.record_receipt,
                    lambda now: RecordReceipt(**self.about, receipt=fact, now=now),
                    options.JOURNAL,
                )
                self.learn(inspect_until=recorded.inspect_until)
            case Inspection():
                await self.step(
                    f"Inspect {sum(line.quantity for line in fact.lines)} unit(s)",
                    InventoryActivities.record_inspection,
                    lambda now: RecordInspection(**self.about, inspection=fact, now=now),
                    options.JOURNAL,
                )

    async def undo(self) -> None:
        """The return was called off: record it, which gives the units back, then void the label if there is one."""
        said = self.state.cancel or Cancel(by="shopper")
        if self.state.cancelled is None:
            await self.step(
                "Call the return off",
                DecisionActivities.cancel_return,
                lambda now: CancelReturn(**self.about, actor=said.by, reason=said.reason, now=now),
                options.JOURNAL,
            )
        label = self.state.label
        if label is not None:
            await self.step(
                f"Void the label {label.tracking_number}",
                LabelActivities.void_label,
                lambda now: VoidLabel(**self.about, label=label, actor=said.by, now=now),
                options.CARRIER,
            )

    async def plan_refund(self) -> None:
        """Compute what is owed for what was inspected, and reserve it."""
        inspection = self.state.inspection
        if self.state.plan is None and inspection is not None:
            plan = await self.step(
                "Compute the refund",
                DecisionActivities.plan_refund,
                lambda now: PlanRefund(**self.about, inspection=inspection, now=now),
                options.JOURNAL,
            )
            self.learn(plan=plan)

    async def refund(self) -> None:
        """Pay every leg of the plan."""
        for leg in self.state.plan.legs if self.state.plan else ():
            await self.pay(leg)

    async def pay(self, leg: Leg) -> None:
        """One leg, until the provider confirms it. A final no waits for finance; the next try is a new intention."""
        while True:
            refund = await self.ask_provider(leg)
            if refund.status is RefundStatus.SUCCEEDED:
                return
            if refund.status in FINAL_NO:
                why = refund.message or f"the provider ended it as {refund.status} ({refund.reason})"
                await self.wait_for_help(f"Refund to {leg.tender_id}", "finance", why, None)

    async def ask_provider(self, leg: Leg) -> Refund:
        """Send the current intention, then look at growing intervals until the provider has decided."""
        attempt, pause = attempts(self.state, leg.tender_id), options.POLL_FIRST
        while True:
            refund = await self.step(
                f"Refund {Money(minor=leg.amount, currency=self.order.currency)} to {leg.tender_id}",
                PaymentActivities.pay_leg,
                lambda now: PayLeg(
                    **self.about, plan=1, payment=leg.tender_id, amount=leg.amount, attempt=attempt, now=now
                ),
                options.PAYMENTS,
            )
            others = tuple(one for one in self.state.refunds if one.key != refund.key)
            self.learn(refunds=(*others, refund))
            if refund.status in (RefundStatus.SUCCEEDED, *FINAL_NO):
                return refund
            self.tell(NoticeKind.REFUND_SUBMITTED)
            await self.wait_for_retry(pause, "Look at the refund again")
            pause = min(pause * 2, options.PAUSE_LONGEST)

    async def restock(self) -> None:
        """Put the goods away."""
        inspection = self.state.inspection
        if self.state.restocked is None and inspection is not None:
            await self.step(
                "Put the goods away",
                InventoryActivities.restock,
                lambda now: Restock(**self.about, inspection=inspection, now=now),
                options.WAREHOUSE,
            )
            self.learn(restocked=inspection.id)

    def tell(self, kind: NoticeKind) -> None:
        """Start a notice, once; nothing waits for it but the end, a bounded time."""
        if kind not in self._mails:
            self._mails[kind] = asyncio.create_task(self._send(kind))

    async def _send(self, kind: NoticeKind) -> None:
        how = options.MAIL
        try:
            await workflow.execute_activity_method(
                MailActivities.send_notice,
                SendNotice(notice=notice(kind, self.state), now=workflow.now()),
                task_queue=how.queue,
                start_to_close_timeout=how.attempt,
                schedule_to_close_timeout=how.burst,
                retry_policy=how.retry,
                summary=f"Mail: {kind.replace('_', ' ')}",
            )
        except ActivityError as error:
            # Mail never holds money back: the failed activity stands in the history, and the return goes on.
            workflow.logger.warning("mail %s was not sent: %s", kind, error.cause)

    async def close(self, outcome: Outcome, last: NoticeKind) -> CaseView:
        """Tell the shopper how it ended, wait a bounded time for the mails, and record the end."""
        self.tell(last)
        await workflow.wait(self._mails.values(), timeout=options.MAIL_PATIENCE.total_seconds())
        await self.record_heard()
        await self.step(
            f"Close: {outcome}",
            DecisionActivities.close_return,
            lambda now: CloseReturn(**self.about, outcome=outcome, now=now),
            options.JOURNAL,
        )
        self.learn(outcome=outcome)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return view(self.state)


def _request(raw: RawValue) -> ReturnRequest:
    """The input as a request. Ends the workflow as failed `InvalidRequest`, naming the field, if it is none."""
    try:
        if raw is NOT_GIVEN:
            raise InvalidRequest("input", "one argument is needed: the return request as a JSON object")
        try:
            decoded = workflow.payload_converter().from_payload(raw.payload, Any)
        except Exception:  # whatever the converter raises on garbage, the answer to the caller is the same
            raise InvalidRequest("input", "the argument is not JSON") from None
        request = parse_request(decoded)
        if workflow.info().workflow_id != ids.workflow_id(request.id):
            expected = ids.workflow_id(request.id)
            raise InvalidRequest("id", f"the workflow id of return {request.id} must be {expected}")
    except InvalidRequest as error:
        raise ApplicationError(error.message, error.field, type="InvalidRequest", non_retryable=True) from None
    return request
