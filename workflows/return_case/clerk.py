"""The clerk of a return: writes what was said into the journal, in the order in which it was said."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from activities.decisions import CancelReturn, DecisionActivities, RecordAssignment, RecordLoss, RecordResend
from activities.decisions import ForceClose as RecordForceClose
from activities.decisions.approvals import ApprovalActivities, RecordApproval
from activities.inventory import InventoryActivities, RecordInspection, RecordReceipt
from activities.labels import FollowParcel, LabelActivities, RecordScan
from activities.labels.parcels import AddParcel, ParcelActivities
from domain.case import Assigned
from domain.inspection import Inspection, Receipt
from domain.notice import NoticeKind
from domain.notice_ids import again_key, plain_notice
from domain.override import Override
from domain.parcel import OtherParcel, Scan
from domain.refund import PLAN_WITHDRAWN
from workflows import options
from workflows.return_case.facts import Fact, known, with_fact
from workflows.return_case.notices import notice
from workflows.return_case.overrides import Overrides
from workflows.return_case.said import Approve, Assign, Cancel, ForceClose, Lost, Resend
from workflows.stepping import NotWanted


class Clerk(Overrides):
    """Records beside the story, whatever that waits for, so that who said something learns at once what became of it.

    A fact that is refused is dropped as if it had never been said; the story sees recorded facts alone.
    """

    async def keep_record(self) -> None:
        """One fact after the other, for as long as the return is open."""
        while True:
            await workflow.wait_condition(lambda: bool(self.heard))
            first = self.heard[0]
            try:
                if not known(self.state, first.fact):
                    learned = await self.record(first.fact)
                    self.state = with_fact(self.state, first.fact)
                    self.learn(**learned)
                    self.recorded += not isinstance(first.fact, Assign | Resend)  # that says nothing of the goods
            except NotWanted as no:
                first.refusal = no.refusal
                # Whoever wanted to approve has found out what the story has not yet: the plan has to be made anew.
                self.overtaken = self.overtaken or no.refusal.details[0] == PLAN_WITHDRAWN
            except ApplicationError as error:
                first.refusal = error
            first.answered = True
            self.heard.pop(0)

    async def everything_recorded(self) -> None:
        """Until nothing is left that was heard, and nobody is waited for beside the story."""
        await workflow.wait_condition(
            lambda: not (self.heard or self.hearing) and all(one.done() for one in self.asides)
        )

    async def record(self, fact: Fact) -> dict[str, object]:
        """One fact, one entry; what else is known by it. Raises NotWanted if it is refused: who said it mends it."""
        match fact:
            case OtherParcel():
                return await self._parcel(fact)
            case Scan():
                return await self._scan(fact)
            case Receipt():
                return await self._receipt(fact)
            case Inspection():
                return await self._inspection(fact)
            case Cancel():
                return await self._cancel(fact)
            case ForceClose():
                return await self._force_close(fact)
            case Lost():
                return await self._lose(fact)
            case Assign():
                return await self._assign(fact)
            case Resend():
                return await self._resend(fact)
            case Approve():
                return await (self.agree_override(fact) if fact.override else self._approval(fact))
            case Override():
                return await self.record_override(fact)

    async def _parcel(self, fact: OtherParcel) -> dict[str, object]:
        await self.step(
            f"Parcel {fact.tracking_number}",
            ParcelActivities.add_parcel,
            lambda now: AddParcel(**self.about, parcel=fact, now=now),
            options.JOURNAL,
            wanted=_not_if_refused,
        )
        self.follows.append(asyncio.create_task(self._follow(fact.tracking_number)))
        return {}

    async def _follow(self, number: str) -> None:
        """The carrier tells of it, too, if it can. Nothing waits for that: whoever opens the parcel sees it then."""
        how = options.CARRIER
        try:
            await workflow.execute_activity_method(
                LabelActivities.follow_parcel,
                FollowParcel(tracking_number=number),
                task_queue=how.queue,
                start_to_close_timeout=how.attempt,
                schedule_to_close_timeout=how.burst,
                heartbeat_timeout=how.heartbeat,
                retry_policy=how.retry,
                summary=f"Follow parcel {number}",
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("parcel %s is not followed: %s", number, error.cause)

    async def _scan(self, fact: Scan) -> dict[str, object]:
        await self.step(
            f"Scan: {fact.status.replace('_', ' ')} {fact.location}".strip(),
            LabelActivities.record_scan,
            lambda now: RecordScan(**self.about, scan=fact, actor="carrier", now=now),
            options.JOURNAL,
            wanted=_not_if_refused,
        )
        return {}

    async def _receipt(self, fact: Receipt) -> dict[str, object]:
        recorded = await self.step(
            f"Receive {sum(line.quantity for line in fact.lines)} unit(s)",
            InventoryActivities.record_receipt,
            lambda now: RecordReceipt(**self.about, receipt=fact, now=now),
            options.JOURNAL,
            wanted=_not_if_refused,
        )
        found = self.state.with_discrepancies(recorded.discrepancies)
        return {"inspect_until": recorded.inspect_until, "discrepancies": found}

    async def _inspection(self, fact: Inspection) -> dict[str, object]:
        recorded = await self.step(
            f"Inspect {sum(line.quantity for line in fact.lines)} unit(s)",
            InventoryActivities.record_inspection,
            lambda now: RecordInspection(**self.about, inspection=fact, now=now),
            options.JOURNAL,
            wanted=_not_if_refused,
        )
        return {"discrepancies": self.state.with_discrepancies(recorded.discrepancies)}

    async def _cancel(self, fact: Cancel) -> dict[str, object]:
        """The units go back with it; a step that waits for help is tried at once, perhaps in vain."""
        await self.step(
            "Call the return off",
            DecisionActivities.cancel_return,
            lambda now: CancelReturn(**self.about, actor=fact.by, reason=fact.reason, now=now),
            options.JOURNAL,
            wanted=_not_if_refused,
        )
        self.retries += 1
        return {"cancelled": fact.reason.value}

    async def _force_close(self, fact: ForceClose) -> dict[str, object]:
        await self.step(
            f"Closed by {fact.by}: {fact.reason.replace('_', ' ')}",
            DecisionActivities.force_close,
            lambda now: RecordForceClose(**self.about, actor=fact.by, reason=fact.reason, now=now),
            options.JOURNAL,
            wanted=_not_if_refused,
        )
        self.retries += 1
        return {}

    async def _lose(self, fact: Lost) -> dict[str, object]:
        judged = await self.step(
            "The parcel is lost",
            DecisionActivities.record_loss,
            lambda now: RecordLoss(**self.about, by=fact.by, now=now),
            options.JOURNAL,
            wanted=_not_if_refused,
        )
        return {"inspection": judged}

    async def _assign(self, fact: Assign) -> dict[str, object]:
        said = Assigned(by=fact.by, to=fact.to, action=self.state.turn.action)
        number = len(self.state.assigned) + 1
        recorded = await self.step(
            f"Assigned to {fact.to}",
            DecisionActivities.record_assignment,
            lambda now: RecordAssignment(**self.about, number=number, assigned=said, now=now),
            options.JOURNAL,
            wanted=_not_if_refused,
        )
        return {"assigned": (*self.state.assigned, recorded)}

    async def _resend(self, fact: Resend) -> dict[str, object]:
        told = plain_notice(fact.notice)
        assert told is not None  # else it was refused before
        before = [one for one in self.state.sent_again if one.startswith(f"{fact.notice}:")]
        again = again_key(fact.notice, len(before) + 2)
        recorded = await self.step(
            f"Send the mail {told[1].replace('_', ' ')} once more",
            DecisionActivities.record_resend,
            lambda now: RecordResend(**self.about, by=fact.by, notice=fact.notice, again=again, now=now),
            options.JOURNAL,
            wanted=_not_if_refused,
        )
        self.post(notice(NoticeKind(told[1]), self.state, told[2]).model_copy(update={"key": recorded}))
        return {"sent_again": (*self.state.sent_again, recorded)}

    async def _approval(self, fact: Approve) -> dict[str, object]:
        plan = self.state.plan.number if self.state.plan else 1
        said = fact.model_dump(exclude={"override"})
        approval = await self.step(
            f"Approval by {fact.by}",
            ApprovalActivities.record_approval,
            lambda now: RecordApproval(**self.about, plan=plan, **said, now=now),
            options.JOURNAL,
            wanted=_not_if_refused,
        )
        return {"approval": approval}


def _not_if_refused() -> bool:
    return False
