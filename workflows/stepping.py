"""How workflows reach the world: a burst of attempts, then a call for help and a wait, then the same step again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

from activities.mail import MailActivities, NoticeSent, SendNotice
from domain import notice_ids
from domain.notice import Notice, NoticeState
from workflows import options
from workflows.mailing import Mailing
from workflows.options import PAUSE_FIRST, PAUSE_LONGEST, Options
from workflows.return_case.stage import Trouble

A = TypeVar("A")
R = TypeVar("R")


class NotWanted(Exception):
    """A step was refused, and nobody needs it any more. Without a final no it goes on: it may have been done."""

    def __init__(self, refusal: ApplicationError) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def not_if_refused() -> bool:
    """For `wanted`: a refusal ends the step, and whoever said it hears why."""
    return False


class Stepper:
    """One helper for activities, waits and mails. Who inherits it says how its troubles are kept and shown."""

    retries: int
    """How often somebody asked for another try."""
    mails: dict[str, asyncio.Task[None]]
    """By the keys of their notices."""

    @property
    def begun(self) -> bool:
        """Whether a wrong input is past mending: before that it ends the workflow, afterwards it waits for help."""
        return True

    @property
    def chapter(self) -> tuple[workflow.EventGroup, ...]:
        """Under which heading the Temporal UI shows what is asked for now."""
        return ()

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What waits for help."""
        raise NotImplementedError

    def show_troubles(self, troubles: tuple[Trouble, ...]) -> None:
        """Keep these instead, and show them to ops."""
        raise NotImplementedError

    async def step(
        self,
        name: str,
        verb: Callable[[Any, A], R],
        ask: Callable[[datetime], A],
        how: Options,
        wanted: Callable[[], bool] = lambda: True,
        answers: tuple[str, ...] = (),
    ) -> R:
        """Run one activity until it answers. `ask` makes its input from the time of the burst.

        Raises ApplicationError `InvalidRequest` for a wrong input of what has not `begun`, and NotWanted after a final
        no that is one of `answers`, or to what is not `wanted` any more. Else it calls for help, and runs once more.
        """
        pause = PAUSE_FIRST
        while True:
            before = self.retries
            try:
                return await workflow.execute_activity_method(
                    verb,
                    ask(workflow.now()),
                    task_queue=how.queue,
                    start_to_close_timeout=how.attempt,
                    schedule_to_close_timeout=how.burst,
                    heartbeat_timeout=how.heartbeat,
                    retry_policy=how.retry,
                    summary=name,
                    event_groups=self.chapter,
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                message = self.why(error)
                no = _final_no(error)
                if no is not None and (no.details[0] in answers or not wanted()):
                    raise NotWanted(no) from None
            # Whoever asked for a retry meanwhile meant this step, too: what refused it may be gone since it was asked.
            if self.retries == before:
                await self.wait_for_help(name, how.owner, message, pause)
            pause = min(pause * 2, PAUSE_LONGEST)

    def why(self, error: ActivityError) -> str:
        """The message of the innermost cause. An input that is wrong ends a return that has not begun instead; of a
        return that has, goods may be on their way, so it waits for help."""
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
            if isinstance(cause, ApplicationError) and cause.type == "InvalidRequest" and not self.begun:
                raise ApplicationError(cause.message, *cause.details, type=cause.type, non_retryable=True)
        return getattr(cause, "message", "") or str(cause)

    async def wait_for_help(self, step: str, owner: str, message: str, pause: timedelta | None) -> None:
        """Say who is needed, then wait for `retry_now`, or for the pause to pass if there is one."""
        until = workflow.now() + pause if pause else None
        due = until or workflow.now() + options.HELP_PATIENCE
        trouble = Trouble(owner=owner, step=step, message=message, retry_at=until, due_at=due)
        self.show_troubles((*self.troubles, trouble))
        try:
            await self.wait_for_retry(pause, f"{step} is tried again")
        except asyncio.CancelledError:  # the step is given up
            self.show_troubles(tuple(one for one in self.troubles if one != trouble))
            raise
        self.show_troubles(tuple(one for one in self.troubles if one != trouble))

    async def wait_for_retry(self, pause: timedelta | None, summary: str) -> None:
        """Until `retry_now`, or until the pause has passed if there is one."""
        before = self.retries
        try:
            await workflow.wait_condition(lambda: self.retries > before, timeout=pause, timeout_summary=summary)
        except TimeoutError:
            return

    def post(self, letter: Notice) -> None:
        """Start a notice, once by its key; nothing waits for it but the end, a bounded time."""
        if letter.key not in self.mails:
            self.mails[letter.key] = asyncio.create_task(self._mail(letter))

    async def wait_for_mails(self) -> None:
        """Until each is out or goes on by itself; that is as long as its burst at most."""
        await workflow.wait_condition(lambda: all(mail.done() for mail in self.mails.values()))

    async def _mail(self, notice: Notice) -> None:
        mail = SendNotice(notice=notice, now=workflow.now())
        try:
            answered = (await self._send(mail)).state is not NoticeState.UNKNOWN
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            # Mail never holds money back: the failed activity stands in the history, and the return goes on.
            workflow.logger.warning("mail %s was not sent: %s", notice.kind, error.cause)
            answered = False
        if not answered:
            await self._leave_behind(mail)

    async def _send(self, mail: SendNotice) -> NoticeSent:
        how = options.MAIL
        return await workflow.execute_activity_method(
            MailActivities.send_notice,
            mail,
            task_queue=how.queue,
            start_to_close_timeout=how.attempt,
            schedule_to_close_timeout=how.burst,
            retry_policy=how.retry,
            summary=f"Mail: {mail.notice.kind.replace('_', ' ')}",
            event_groups=self.chapter,
        )

    async def _leave_behind(self, mail: SendNotice) -> None:
        """It goes on without us, and outlives us. An earlier run of this return may have seen to that."""
        try:
            await workflow.start_child_workflow(
                Mailing.run,
                mail,
                id=notice_ids.mailing_id(mail.notice.key),
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary=f"Mail: {mail.notice.kind.replace('_', ' ')}",
            )
        except WorkflowAlreadyStartedError:
            return


def _final_no(error: ActivityError) -> ApplicationError | None:
    """The refusal that ended a step, as it can be handed on; None if there was no answer."""
    cause = error.cause
    if not isinstance(cause, ApplicationError) or cause.type not in ("Refused", "KeyConflict", "InvalidRequest"):
        return None
    kind = "InvalidRequest" if cause.type == "InvalidRequest" else "Refused"
    return ApplicationError(cause.message, *(cause.details or ("refused",)), type=kind, non_retryable=True)
