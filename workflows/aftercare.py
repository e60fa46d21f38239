"""What comes after a return has closed, or belongs to none: a verb per kind of late fact, on the same journal."""

from __future__ import annotations

from datetime import datetime

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue

from activities.payments import PayLeg
from activities.payments.aftercare import AftercareActivities, RecallCase
from activities.payments.collecting import Collecting, GiveBack
from activities.returns import ReturnsActivities, TellReturns
from domain import ids, trade_ids
from domain.case import CaseSoFar, OrderBrief
from domain.errors import InvalidRequest
from domain.late import LateGoods
from domain.money import Money
from domain.news import DisputeNews, Heard, LateFact, PaymentNews, Turn, read_late_fact
from domain.notice import NoticeKind
from domain.order import Tender
from domain.refund import FINAL_NO, Refund
from workflows import options
from workflows.aftercare_desk import maybe_paid
from workflows.aftercare_goods import LateGoodsDesk
from workflows.aftercare_view import AftercareView
from workflows.listening import Listener, about
from workflows.return_case.deciders import DECIDED, who_decides
from workflows.return_case.desk import as_failure, decoded
from workflows.return_case.refund_mail import refund_notice
from workflows.stepping import NotWanted

NOT_GIVEN = RawValue(Payload())


@workflow.defn(name=ids.AFTERCARE_TYPE)
class Aftercare(LateGoodsDesk, Listener):
    """One late fact; its id names it. No step has an undo: what is recorded are facts, and what is paid is owed."""

    @workflow.init
    def __init__(self, raw: RawValue = NOT_GIVEN) -> None:
        super().__init__()

    @workflow.run
    async def run(self, raw: RawValue = NOT_GIVEN) -> AftercareView:
        """Have the fact recorded, then do what its kind needs. The input is taken undecoded, as a return's is."""
        try:
            fact = read_late_fact(None if raw is NOT_GIVEN else decoded(raw))
        except InvalidRequest as error:
            raise as_failure(error) from None
        if isinstance(fact, LateGoods):
            await self.goods_came(fact)
            return await self.ended()
        self.show(case=fact.case, order_id=fact.order_id, about=about(fact.news))
        heard = await self.hear_again(fact)
        match heard.turn:
            case Turn.REFUND_OF_OURS if heard.refund is not None:
                await self.refund_moved(fact, heard, heard.refund)
            case Turn.LATE_PAYMENT if heard.tender is not None:
                await self.give_back(fact, heard, heard.tender)
            case Turn.DISPUTE_OPENED:
                await self.dispute_stands(fact, heard)
            case _:
                await self.money_moved(fact, heard)
        await self.wait_for_mails()
        self.show(outcome=self.refund.status if self.refund else heard.turn)
        return await self.ended()

    async def ended(self) -> AftercareView:
        """Until every mail is out, or goes on by itself, and everybody has their answer."""
        await self.wait_for_mails()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.seen

    async def hear_again(self, fact: LateFact) -> Heard:
        """What the fact amounts to now; recorded once, however often it is asked."""
        heard = await self.hear(fact.order_id, fact.news)
        self.show(turn=self.seen.turn or heard.turn)
        return heard

    async def refund_moved(self, fact: LateFact, heard: Heard, refund: Refund) -> None:
        """One of ours, recorded as it stands. One that failed is told to the shopper, and paid as finance decides."""
        self.refund = refund
        await self.tell_returns(fact.news.event, heard.returns)
        if refund.status not in FINAL_NO:
            return
        known = await self._recall(refund, fact)
        order, self.refund, self.given = known.order, _newest(known, refund), known.consents
        assert order is not None
        if heard.failed_late and heard.covered < refund.amount:
            self.tell(refund, order, NoticeKind.REFUND_FAILED)
        if self.refund.status not in DECIDED:  # it was being paid again when an earlier run of this ended
            await self.pay(self.refund, ids.refund_of(self.refund.key), self.refund.amount)
        heard = await self._pay_what_is_owed(fact, heard)
        if self.refund.status not in FINAL_NO:
            self.tell(self.refund, order, NoticeKind.REFUND_DONE)
        elif heard.covered >= refund.amount:
            await self._all_is_covered(refund)

    async def _pay_what_is_owed(self, fact: LateFact, heard: Heard) -> Heard:
        """Until the next attempt is paid or nothing is owed any more; how it stands then."""
        assert self.refund is not None
        self.again = self.has_consent(self.refund)
        while self.refund.status in FINAL_NO and heard.owed:
            owed = min(self.refund.amount, heard.owed)
            short = heard.left is not None and heard.left < owed
            self.others = heard.others
            what = _how_to_pay(self.refund, owed, heard.others, short=short)
            await self.wait_for_finance(what, lambda: self.again or self.settled)
            if self.again:
                heard = await self._pay_again(fact, self.refund)
            if not self.settled:
                heard = await self.hear_again(fact)
        if not heard.owed and not self.settled:
            self.refund = _newest(await self._recall(self.refund, fact), self.refund)  # somebody may have paid outside
        return heard

    async def _pay_again(self, fact: LateFact, failed: Refund) -> Heard:
        """The next attempt, if by now nobody has paid it elsewhere, nor may have."""
        heard = await self.hear_again(fact)
        if heard.owed and (self.anyway or not heard.others):
            await self.pay(failed, ids.next_refund(failed.key), min(failed.amount, heard.owed))
        self.again = self.anyway = False
        return heard

    async def _all_is_covered(self, refund: Refund) -> None:
        """Nothing is owed, so nobody writes to the shopper; a person makes sure that they have their money."""
        self.covered, money = True, Money(minor=refund.amount, currency=refund.currency)
        what = (
            f"{money} to {refund.payment} failed, and covers what more went back elsewhere than the order had left: "
            "the shopper is owed none of it. Look whether they have the other refund, then say `noted`"
        )
        while not self.noted:
            await self.wait_for_finance(what, lambda: self.noted)

    async def _recall(self, refund: Refund, fact: LateFact) -> CaseSoFar:
        case = ids.case_in(refund.key)
        return await self.step(
            f"Read return {case}",
            AftercareActivities.recall_case,
            lambda now: RecallCase(case=case, order_id=fact.order_id),
            options.JOURNAL,
        )

    async def pay(self, asked: Refund, leg: ids.RefundKey | None, amount: int) -> None:
        """One attempt at what is owed of it. Where it cannot be, only a person can tell what is to be done."""
        assert leg is not None
        named = {"case": leg.case, "plan": leg.plan, "payment": asked.payment, "attempt": leg.attempt}
        wanted = {**named, "order_id": self.seen.order_id, "amount": amount}
        try:
            await self.until_decided(
                f"Refund {Money(minor=amount, currency=asked.currency)} to {asked.payment} again",
                lambda now: PayLeg.model_validate({**wanted, "now": now}),
            )
        except NotWanted:
            self.refund = asked  # money of the order went another way meanwhile; what is owed now is asked anew
        self.again = False

    def learn_refund(self, refund: Refund, look_at: datetime | None = None) -> None:
        """It counts from now on."""
        self.refund = refund
        owner, action = who_decides(refund)
        self.show(next_owner=owner, next_action=action, due_at=look_at)

    def tell(self, refund: Refund, order: OrderBrief, kind: NoticeKind) -> None:
        """Start the notice of a kind about one refund."""
        self.post(refund_notice(kind, ids.case_in(refund.key), order, refund))

    async def dispute_stands(self, fact: LateFact, heard: Heard) -> None:
        """Refunds of the payment wait by themselves; finance sends the papers. It ends with the dispute."""
        while heard.turn is Turn.DISPUTE_OPENED and not self.noted:
            await self.wait_for_finance(heard.for_finance, lambda: self.noted, heard.due)
            heard = await self.hear_again(fact)

    async def give_back(self, fact: LateFact, heard: Heard, paid: Tender) -> None:
        """A payment that nobody asked for any more, as an intention of its own; finance only where it does not go."""
        assert isinstance(fact.news, PaymentNews)
        about = {"order_id": fact.order_id, "payment": paid.id, "amount": paid.captured}
        plan = await self.step(
            f"Plan the way back of {paid.id}",
            Collecting.give_back,
            lambda now: GiveBack.model_validate({**about, "currency": fact.news.currency, "now": now}),
            options.PAYMENTS,
        )
        first = {**about, "case": trade_ids.given_back(paid.id), "plan": plan.number}
        attempt = 1
        while not (self.settled or self.noted):
            refund = await self.until_decided(
                f"Pay {Money(minor=plan.total, currency=plan.currency)} back to {paid.id}",
                lambda now, attempt=attempt: PayLeg.model_validate({**first, "attempt": attempt, "now": now}),  # type: ignore[misc]  # a lambda's default has no type
            )
            if refund.status in FINAL_NO:
                self.again = False
                await self.wait_for_finance(heard.for_finance, lambda: self.again or self.noted)
                attempt += self.again

    async def money_moved(self, fact: LateFact, heard: Heard) -> None:
        """The order's open returns plan anew, and finance looks at what only a person can settle."""
        await self.tell_returns(fact.news.event, heard.returns)
        await self._tell_opened(fact)
        while heard.for_finance and not self.noted:
            await self.wait_for_finance(heard.for_finance, lambda: self.noted)
            heard = await self.hear_again(fact)

    async def _tell_opened(self, fact: LateFact) -> None:
        """The end of a dispute is another fact than its opening: whoever waits with its papers looks at once."""
        if isinstance(fact.news, DisputeNews):
            opened = (fact.news.dispute, f"{fact.news.dispute}:appeal")
            names = tuple(ids.aftercare_id(fact.order_id, one) for one in opened)
            _ = await self.step(
                f"Tell who waits for the end of {fact.news.dispute}",
                ReturnsActivities.tell_returns,
                lambda now: TellReturns(returns=(), aftercare=names, fact=fact.news.event),
                options.TEMPORAL,
            )


def _newest(known: CaseSoFar, refund: Refund) -> Refund:
    """The last attempt at the same leg."""
    leg = refund.key.rpartition(":")[0]
    attempts = [one for one in known.refunds if one.key.rpartition(":")[0] == leg]
    return attempts[-1] if attempts else refund


def _how_to_pay(failed: Refund, owed: int, others: tuple[str, ...], *, short: bool) -> str:
    money = Money(minor=owed, currency=failed.currency)
    why = failed.message or failed.reason or failed.status.value
    stands = f"{money} to {failed.payment} failed ({why}) and is owed by return {ids.case_in(failed.key)}"
    if others:
        return f"{stands}; {maybe_paid(others, failed)} Else `pay-again --anyway`"
    if short:
        return f"{stands}; this payment has less left: pay it another way if the shopper agrees (`consent`)"
    other = ", or pay it another way if the shopper agrees (`consent`)" if failed.no_way_back else ""
    return f"{stands}: `pay-again`{other}"
