"""Goods that come after their return has ended: counted, decided on, inspected, and paid for at most once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from activities.decisions import CreditLate, DecisionActivities, PlanRefund, RecordDecided, RecordLate
from activities.decisions.approvals import ApprovalActivities, RecordApproval
from activities.inventory import InventoryActivities, RecordInspection, Restock
from activities.payments import PayLeg
from activities.payments.aftercare import AftercareActivities, RecallCase
from domain.case import CaseSoFar
from domain.inspection import Inspection, units
from domain.late import DecideLate, Late, LateGoods
from domain.money import Money
from domain.news import Turn
from domain.notice import NoticeKind
from domain.plan import Leg, RefundPlan
from domain.refund import FINAL_NO, Refund
from domain.verbs import Refusal, Verb
from workflows import options
from workflows.aftercare_desk import AftercareDesk
from workflows.aftercare_view import AftercareView
from workflows.return_case.desk import as_refusal, taken_from
from workflows.return_case.refund_mail import refund_notice
from workflows.return_case.said import Approve
from workflows.stepping import NotWanted, not_if_refused

LATE_PATIENCE = timedelta(days=3)
"""How soon a person should have decided on goods that came late, and looked at them."""


class LateGoodsDesk(AftercareDesk):
    """What people say of such goods, and the way they go."""

    def __init__(self) -> None:
        super().__init__()
        self.late: LateGoods | None = None
        self.decision: DecideLate | None = None
        self.inspection: Inspection | None = None
        self.plan: RefundPlan | None = None
        self.approved = False

    async def goods_came(self, late: LateGoods) -> None:
        """The box is recorded first; then a person decides, unless its goods are paid for already."""
        self.show(case=late.case, order_id=late.order_id, about=late.receipt.id)
        try:
            arrived = await self.step(
                f"Receive {sum(one.quantity for one in late.receipt.lines)} unit(s), late",
                DecisionActivities.record_late,
                lambda now: RecordLate(goods=late, now=now),
                options.JOURNAL,
                wanted=not_if_refused,
            )
        except NotWanted as no:
            raise no.refusal from None
        self.late = late
        self.show(turn=Turn.GOODS_CAME, received=units(late.receipt.lines))
        if not arrived.paid and await self._decided(late) is Late.SEND_BACK:
            self.show(outcome=Late.SEND_BACK.value)
            return
        inspection = await self._judged(late)
        if arrived.paid:
            await self._put_away(late, inspection)
            _ = await self.step(
                "Credit what was owed for them",
                DecisionActivities.credit_late,
                lambda now: CreditLate(case=late.case, order_id=late.order_id, receipt=late.receipt.id, now=now),
                options.JOURNAL,
            )
            while arrived.for_finance and not self.noted:
                await self.wait_for_finance(arrived.for_finance, lambda: self.noted)
        else:
            await self._refund(late, inspection)
            await self._put_away(late, inspection)
        self.show(outcome=Turn.GOODS_CAME.value)

    async def _decided(self, late: LateGoods) -> Late:
        what = f"Goods of return {late.case} came after it had ended: `late accept` them, or `late send-back`"
        while True:
            await self._until("ops", what, lambda: self.decision is not None)
            said = self.decision
            assert said is not None
            try:
                return await self.step(
                    f"Decided by {said.by}: {said.how.replace('_', ' ')}",
                    DecisionActivities.record_decided,
                    lambda now, said=said: RecordDecided(goods=late, decided=said, now=now),  # type: ignore[misc]  # a lambda's default has no type
                    options.JOURNAL,
                    wanted=not_if_refused,
                )
            except NotWanted as no:
                self._not_taken(no)
                self.decision = None

    async def _judged(self, late: LateGoods) -> Inspection:
        while True:
            await self._until("warehouse", "Inspect what arrived late", lambda: self.inspection is not None)
            seen = self.inspection
            assert seen is not None
            try:
                await self.step(
                    f"Inspect {sum(line.quantity for line in seen.lines)} unit(s), late",
                    InventoryActivities.record_inspection,
                    lambda now, seen=seen: RecordInspection(  # type: ignore[misc]  # a lambda's default has no type
                        case=late.case, order_id=late.order_id, inspection=seen, now=now
                    ),
                    options.JOURNAL,
                    wanted=not_if_refused,
                )
                return seen
            except NotWanted as no:
                self._not_taken(no)
                self.inspection = None

    async def _until(self, owner: str, what: str, done: Callable[[], bool]) -> None:
        self.waiting = False  # a new wait has a due time of its own
        while not done():
            await self.wait_for(owner, f"{what}{self.no}", done, self._due)
        self.no = ""

    def _not_taken(self, no: NotWanted) -> None:
        """Whoever said it has their answer already, so it stands where they look."""
        self.no = f". Not taken: {no.refusal.message}"

    @property
    def _due(self) -> datetime | None:
        return None if self.waiting else workflow.now() + LATE_PATIENCE

    async def _put_away(self, late: LateGoods, inspection: Inspection) -> None:
        await self.step(
            "Put the goods away",
            InventoryActivities.restock,
            lambda now: Restock(case=late.case, order_id=late.order_id, inspection=inspection, now=now),
            options.WAREHOUSE,
        )

    async def _refund(self, late: LateGoods, inspection: Inspection) -> None:
        """As any other refund: planned by the terms that were decided, approved where it must be, paid leg by leg."""
        known, number, paid = await self._known(late), 1, False
        while not paid:
            self.approved, ask = False, {"case": late.case, "order_id": late.order_id, "number": number}
            self.plan = plan = await self.step(
                "Compute the refund",
                DecisionActivities.plan_refund,
                lambda now, ask=ask: PlanRefund.model_validate(  # type: ignore[misc]  # a lambda's default has no type
                    {**ask, "inspection": inspection, "now": now}
                ),
                options.JOURNAL,
            )
            total = Money(minor=plan.total, currency=plan.currency)
            if plan.automatic_limit is not None:
                self.show(to_approve=total)
                await self._until("finance", f"Approve the refund of {total} (`late approve`)", lambda: self.approved)
                self.show(to_approve=None)
            try:
                for leg in plan.legs:
                    await self._pay(late, plan, leg, known)
                paid = True
            except NotWanted:  # money of the order went another way meanwhile
                number += 1
        self.plan = None

    async def _pay(self, late: LateGoods, plan: RefundPlan, leg: Leg, known: CaseSoFar) -> None:
        attempt = 1
        while True:
            asked = {"case": late.case, "order_id": late.order_id, "plan": plan.number, "payment": leg.tender_id}
            asked |= {"amount": leg.amount, "attempt": attempt}
            money = Money(minor=leg.amount, currency=plan.currency)
            refund = await self.until_decided(
                f"Refund {money} to {leg.tender_id}",
                lambda now, asked=asked: PayLeg.model_validate({**asked, "now": now}),  # type: ignore[misc]  # a lambda's default has no type
            )
            if refund.status not in FINAL_NO:
                self._tell_paid(late, refund, known)
                return
            why = refund.message or refund.reason or refund.status.value
            await self._until("finance", f"{money} to {leg.tender_id} failed ({why}): `pay-again`", lambda: self.again)
            self.again, attempt = False, attempt + 1

    def _tell_paid(self, late: LateGoods, refund: Refund, known: CaseSoFar) -> None:
        assert known.order is not None  # it was read with it
        self.post(refund_notice(NoticeKind.REFUND_DONE, late.case, known.order, refund))

    async def _known(self, late: LateGoods) -> CaseSoFar:
        return await self.step(
            f"Read return {late.case}",
            AftercareActivities.recall_case,
            lambda now: RecallCase(case=late.case, order_id=late.order_id),
            options.JOURNAL,
        )

    @workflow.update(name=Verb.DECIDE_LATE.value, description="Ops: accept goods that came late, or send them back")
    async def decide_late(self, raw: RawValue) -> AftercareView:
        """Noted; what was recorded first counts."""
        self.decision = taken_from(DecideLate, raw)
        return self.seen

    @decide_late.validator
    def _check_decide_late(self, raw: RawValue) -> None:
        taken_from(DecideLate, raw)
        self._check_wanted("ops")

    @workflow.update(name=Verb.INSPECT.value, description="Warehouse: grade and disposition of goods that came late")
    async def inspect_late(self, raw: RawValue) -> AftercareView:
        """Noted; they are put away, and refunded unless they are paid for."""
        self.inspection = taken_from(Inspection, raw)
        return self.seen

    @inspect_late.validator
    def _check_inspect_late(self, raw: RawValue) -> None:
        said = taken_from(Inspection, raw)
        self._check_wanted("warehouse")
        if self.late is not None and units(said.lines) != units(self.late.receipt.lines):
            text = "An inspection grades all that came in this box, no more and no less"
            raise _refused("not_what_was_received", f"{text}: {units(self.late.receipt.lines)}.")

    @workflow.update(
        name=Verb.APPROVE.value, description="Finance: agree to the refund of goods that came late; signed"
    )
    async def approve_late(self, raw: RawValue) -> AftercareView:
        """Answered once it is recorded, or refused: then it waits on for somebody else."""
        said, late, plan = taken_from(Approve, raw), self.late, self.plan
        assert late is not None
        assert plan is not None  # else it was refused before
        fact = said.model_dump(exclude={"override"})
        about = {"case": late.case, "order_id": late.order_id, "plan": plan.number}
        try:
            _ = await self.step(
                f"Approval by {said.by}",
                ApprovalActivities.record_approval,
                lambda now: RecordApproval.model_validate({**about, **fact, "now": now}),
                options.JOURNAL,
                wanted=not_if_refused,
            )
        except NotWanted as no:
            raise no.refusal from None
        self.approved = True
        return self.seen

    @approve_late.validator
    def _check_approve_late(self, raw: RawValue) -> None:
        said, update = taken_from(Approve, raw), workflow.current_update_info()
        if update is None or update.id != said.update_id:
            text = f"This Update's own id must be the one that was signed, {said.update_id}."
            raise _refused("other_update_id", text)
        if self.plan is None or self.plan.automatic_limit is None or self.approved:
            raise _refused("nothing_to_approve", "No refund waits here for an approval.")

    def _check_wanted(self, owner: str) -> None:
        self._check_open()
        if self.late is None or not self.waiting or self.seen.next_owner != owner:
            text = f"Nothing waits here for {owner}. Next: {self.seen.next_owner}, {self.seen.next_action}."
            raise _refused("nothing_waits", text)


def _refused(code: str, message: str) -> ApplicationError:
    return as_refusal(Refusal(code=code, message=message))
