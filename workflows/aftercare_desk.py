"""Where aftercare listens: finance says how money that came back is paid, or that something has been seen to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from temporalio import workflow
from temporalio.common import RawValue

from activities.payments.aftercare import AftercareActivities, CheckWord
from activities.payments.taking_back import TakeBack, TakingBackActivities
from domain import ids
from domain.consent import Consent
from domain.model import Id, Model
from domain.news import Turn
from domain.refund import FINAL_NO, Refund, RefundStatus
from domain.verbs import Refusal, Verb
from workflows import options
from workflows.aftercare_view import AftercareView, attributes, panel
from workflows.instead import Instead
from workflows.return_case.desk import as_refusal, taken_from
from workflows.return_case.said import RetryNow
from workflows.return_case.stage import Trouble
from workflows.stepping import NotWanted, not_if_refused


class Said(Model):
    """A person's word without more; `by` is who."""

    by: Id


class PayAgain(Said):
    """`anyway` though a refund made elsewhere since could have paid it: finance knows that it did not."""

    anyway: bool = False


class AftercareDesk(Instead):
    """What is known of the fact, what ops see of it, and what people may say."""

    def __init__(self) -> None:
        self.retries = self.words = 0
        self.mails = {}
        self.seen = AftercareView()
        self.refund: Refund | None = None
        self.given: tuple[Consent, ...] = ()
        self.others: tuple[str, ...] = ()
        self.no = ""
        self.waiting = self.again = self.anyway = self.noted = self.covered = False

    @workflow.query(name="view", description="The late fact as it stands: what it is, next action, due time")
    def view(self) -> AftercareView:
        """The whole of it, without personal data."""
        return self.seen

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Part of the view."""
        return self.seen.troubles

    def show_troubles(self, troubles: tuple[Trouble, ...]) -> None:
        """Part of the view."""
        self.show(troubles=troubles)

    @property
    def newest(self) -> tuple[Refund, ...]:
        """The one refund that this is about, if it is about one and anything of it can be owed."""
        return (self.refund,) if self.refund and not self.covered else ()

    @property
    def consents(self) -> tuple[Consent, ...]:
        """Those of the return."""
        return self.given

    def agreed(self, consent: Consent) -> None:
        """It is paid anew at once."""
        self.given = (*self.given, consent)
        self.again = True

    def check_listens(self, verb: Verb) -> None:
        """As for every other word."""
        self._check_open()

    def answer(self) -> AftercareView:
        """The fact as it stands."""
        return self.seen

    @property
    def settled(self) -> bool:
        """Whether the money is where it belongs."""
        return self.refund is not None and self.refund.status is RefundStatus.SUCCEEDED

    def show(self, **seen: object) -> None:
        """The view with these fields; search attributes are written only where they changed."""
        self.seen = self.seen.model_copy(update=seen)
        workflow.set_current_details(panel(self.seen))
        known = workflow.info().typed_search_attributes
        changed = [one for one in attributes(self.seen) if known.get(one.key) != one.value]
        if changed:
            workflow.upsert_search_attributes(changed)

    async def wait_for_finance(self, what: str, done: Callable[[], bool], due: datetime | None = None) -> None:
        """Show what finance has to do; ends when it is done, or when it is time to look whether it still has to be."""
        await self.wait_for("finance", what, done, due)

    async def wait_for(self, owner: str, what: str, done: Callable[[], bool], due: datetime | None = None) -> None:
        """The same for whoever has to act."""
        before = self.retries
        if not self.waiting:
            self.show(due_at=due or workflow.now() + options.HELP_PATIENCE)
        self.waiting = True
        self.show(next_owner=owner, next_action=what)
        try:
            await workflow.wait_condition(
                lambda: done() or self.retries > before,
                timeout=options.PAUSE_LONGEST,
                timeout_summary=f"Look whether {owner} is still needed",
            )
        except TimeoutError:
            return

    @workflow.update(description="Look at once whether it still stands, or try again what waits")
    async def retry_now(self, raw: RawValue) -> AftercareView:
        """Noted."""
        self.retries += 1
        return self.seen

    @retry_now.validator
    def _check_retry_now(self, raw: RawValue) -> None:
        taken_from(RetryNow, raw)
        self._check_open()

    @workflow.update(description="Finance: pay what came back to the same payment again")
    async def pay_again(self, raw: RawValue) -> AftercareView:
        """Noted; the next attempt follows, unless it turns out that somebody else may have paid it."""
        said = taken_from(PayAgain, raw)
        await self._check_may(said, Verb.PAY_AGAIN)
        self._check_failed()  # somebody may have said so meanwhile
        self.again, self.anyway = True, said.anyway
        return self.seen

    @pay_again.validator
    def _check_pay_again(self, raw: RawValue) -> None:
        said = taken_from(PayAgain, raw)
        self._check_failed()
        if self.others and not said.anyway:
            _refuse("may_be_paid", f"{maybe_paid(self.others, self.newest[0])} If it is another one, say `--anyway`.")

    @workflow.update(description="Finance: take the store credit back that stands for money which the bank took")
    async def take_back(self, raw: RawValue) -> AftercareView:
        """Answered once it is taken, or refused; what is spent stays as a claim against the customer."""
        said, order_id = taken_from(Said, raw), self.seen.order_id
        cause = workflow.info().workflow_id.removeprefix("aftercare:")
        try:
            await self.step(
                "Take store credit back",
                TakingBackActivities.take_back,
                lambda now: TakeBack.model_validate({"order_id": order_id, "cause": cause, "by": said.by, "now": now}),
                options.PAYMENTS,
                wanted=lambda: False,
            )
        except NotWanted as no:
            raise no.refusal from None
        self.retries += 1
        return self.seen

    @take_back.validator
    def _check_take_back(self, raw: RawValue) -> None:
        taken_from(Said, raw)
        self._check_open()
        if self.seen.turn is not Turn.DISPUTE_LOST:
            _refuse("nothing_lost", "Store credit is taken back where a lost dispute took the money that it stood for.")

    @workflow.update(name=Verb.NOTED.value, description="Finance: it was seen to; nothing waits for it any more")
    async def seen_to(self, raw: RawValue) -> AftercareView:
        """Noted; the story goes on to its end."""
        await self._check_may(taken_from(Said, raw), Verb.NOTED)
        self.noted = True
        return self.seen

    @seen_to.validator
    def _check_seen_to(self, raw: RawValue) -> None:
        taken_from(Said, raw)
        self._check_open()
        if self.newest:
            _refuse("owed", "Money is owed here: `pay-again`, or pay it another way if the shopper agrees (`consent`).")

    async def _check_may(self, said: Said, verb: Verb) -> None:
        """Refuse it of somebody who may not; nothing is recorded of the word itself."""
        try:
            await self.step(
                f"Look whether {said.by} may say so",
                AftercareActivities.check_word,
                lambda now: CheckWord(by=said.by, verb=verb),
                options.JOURNAL,
                wanted=not_if_refused,
            )
        except NotWanted as no:
            raise no.refusal from None

    def _check_failed(self) -> None:
        self._check_open()
        if not self.waiting or not any(one.status in FINAL_NO for one in self.newest):
            _refuse("nothing_failed", "No refund waits here for finance's word.")
        if self.again:
            _refuse("paid_again", "It is being paid again already; wait for the provider's answer.")

    def _check_open(self) -> None:
        if self.seen.outcome:
            _refuse("closed", f"This aftercare has ended ({self.seen.outcome}); nothing can change it any more.")


def maybe_paid(others: tuple[str, ...], failed: Refund) -> str:
    """What finance looks at before they pay again."""
    case, found = ids.case_in(failed.key), " or ".join(others)
    say = f"python -m ledger record paid {case} --id {others[0]} --by YOU"
    return f"{found} was refunded elsewhere since and may be this money: then `{say}`, and `retry`."


def _refuse(code: str, message: str) -> None:
    raise as_refusal(Refusal(code=code, message=message))
