"""What all verbs of a return share: the return they are about, and notices."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.labels import FollowParcel, LabelActivities
from domain.case import OrderBrief
from domain.notice import NoticeKind
from domain.refund import Refund
from domain.request import ReturnRequest
from workflows import options
from workflows.return_case.desk import Desk
from workflows.return_case.notices import notice, withdrawn
from workflows.return_case.refund_mail import refund_notice
from workflows.return_case.stage import Stage, Trouble
from workflows.stepping import Stepper


class Steps(Desk, Stepper):
    """The ids that every step names, where its troubles are kept, and the mails."""

    def __init__(self) -> None:
        super().__init__()
        self.mails = {}

    @property
    def begun(self) -> bool:
        """Goods may be on their way once it was decided."""
        return self.state.decision is not None

    @property
    def chapter(self) -> tuple[workflow.EventGroup, ...]:
        """The stage, under its own name."""
        stage = self.state.stage
        return (workflow.create_event_group(stage.value, label=stage.replace("_", " ").capitalize()),)

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Part of the state."""
        return self.state.troubles

    def show_troubles(self, troubles: tuple[Trouble, ...]) -> None:
        """Part of the state. Where there is no label for now, whoever has heard nothing yet hears that we are at it."""
        self.learn(troubles=troubles)
        if troubles and self.state.stage is Stage.LABEL and not (self.state.stopped or self.mails):
            self.tell(NoticeKind.REQUEST_RECEIVED)

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

    def tell(self, kind: NoticeKind, number: int = 1) -> None:
        """Start the n-th notice of a kind, once; nothing waits for it but the end, a bounded time."""
        self.post(notice(kind, self.state, number))

    def acknowledge(self) -> None:
        """What the law asks for at once where the shopper withdraws from the purchase; goods that came before the
        request came without a word."""
        if withdrawn(self.state) and not self.state.came_first and not self.state.receipts:
            self.tell(NoticeKind.WITHDRAWAL_RECEIPT)

    def tell_approved(self) -> None:
        """What may come back and how, and again when a person has changed it or something else was chosen; not any
        more once goods are here.
        """
        gone = self.state.label is None or self.state.wants_label
        if not (self.state.stopped or self.state.receipts) and (self.state.kept or not gone):
            number = 1 + self.state.told_anew
            # The first of a review went out before there was a label.
            late = self.state.in_review
            self.tell(NoticeKind.IN_REVIEW if late else NoticeKind.APPROVED, number + late)

    def tell_of(self, refund: Refund, kind: NoticeKind) -> None:
        """Start the notice of a kind about one refund, once."""
        self.post(refund_notice(kind, self.request.id, self.order, refund))

    def follow(self, number: str) -> None:
        """Have the carrier tell of another parcel, too, if it can. Nothing waits for that."""
        self.follows.append(asyncio.create_task(self._follow(number)))

    async def _follow(self, number: str) -> None:
        # What it does not tell, whoever opens the parcel sees.
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
