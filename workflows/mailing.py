"""A mail that its return does not wait for any more: it is sent when the provider is back, or dropped."""

from __future__ import annotations

from collections.abc import Callable

from temporalio import workflow

from activities.mail import MailActivities, NoticeSent, SendNotice
from domain import ids
from domain.notice import NoticeState
from workflows import options


@workflow.defn(name=ids.MAILING_TYPE)
class Mailing:
    """One mail. It has no undo: a mail that is out cannot be called back."""

    @workflow.run
    async def run(self, mail: SendNotice) -> NoticeSent:
        """Send it as soon as somebody takes it, as long as it makes sense; one of unknown outcome once more."""
        # The return's last attempt, which got no answer, may still be under way.
        await workflow.sleep(options.PAUSE_FIRST, summary="Let earlier attempts end")
        sent = await self._do(MailActivities.send_notice, mail, "Mail")
        if sent.state is NoticeState.UNKNOWN:
            await workflow.sleep(options.WORD_PATIENCE, summary="Wait for the provider's word")
            sent = await self._do(MailActivities.resend_notice, mail, "Once more, if still unknown")
        return sent

    async def _do(
        self, verb: Callable[[MailActivities, SendNotice], NoticeSent], mail: SendNotice, summary: str
    ) -> NoticeSent:
        how = options.MAIL_LATER
        return await workflow.execute_activity_method(
            verb,
            mail,
            task_queue=how.queue,
            start_to_close_timeout=how.attempt,
            schedule_to_close_timeout=how.burst,
            retry_policy=how.retry,
            summary=f"{summary}: {mail.notice.kind.replace('_', ' ')}",
        )
