"""The clerk of a return: writes what was said into the journal, in the order in which it was said."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.carrier_claim import AnswerClaim, OpenClaim
from domain.choice import Choice
from domain.early import Settle
from domain.editing import Edit
from domain.evidence import AskEvidence, GiveEvidence
from domain.finding import Finding, FindingSettled
from domain.inspection import Inspection, Receipt
from domain.mending import CorrectCount, Extend, Regrade
from domain.offer import OfferAnswer, SentBack
from domain.override import Override
from domain.parcel import HandedOver, NewLabel, OtherParcel, Scan
from domain.refund import PLAN_WITHDRAWN
from domain.repair import ShippedByHand, WorkshopSaid
from workflows.return_case.claims import Claims
from workflows.return_case.facts import Aside, Fact, Goods, Said, Trade, known, with_fact
from workflows.return_case.finance import Finance
from workflows.return_case.findings import FindingDesk
from workflows.return_case.mending import Mending
from workflows.return_case.offers import Offers
from workflows.return_case.ops import Ops
from workflows.return_case.overrides import Overrides
from workflows.return_case.providers import Providers
from workflows.return_case.said import Approve, Assign, Cancel, ForceClose, Lost, Resend, Uphold
from workflows.return_case.shopper import Shopper
from workflows.return_case.warehouse import Warehouse
from workflows.stepping import NotWanted


class Clerk(Shopper, Warehouse, Providers, Finance, Ops, Mending, Overrides, Offers, FindingDesk, Claims):
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
        if isinstance(fact, Goods):
            return await self._record_goods(fact)
        if isinstance(fact, Trade):
            return await self._record_trade(fact)
        match fact:
            case Cancel():
                return await self.record_cancel(fact)
            case ForceClose():
                return await self.record_force_close(fact)
            case Assign():
                return await self.record_assigned(fact)
            case Resend():
                return await self.record_resend(fact)
            case Approve():
                return await (self.agree_override(fact) if fact.override else self.record_approval(fact))
            case Override():
                return await self.record_override(fact)
            case _:
                return await self._record_word(fact)

    async def _record_goods(self, fact: Goods) -> dict[str, object]:
        match fact:
            case NewLabel():
                return await self.record_new_label(fact)
            case HandedOver():
                return await self.record_handed_over(fact)
            case OtherParcel():
                return await self.record_parcel(fact)
            case Scan():
                return await self.record_seen(fact)
            case Receipt():
                return await self.record_receipt(fact)
            case Inspection():
                return await self.record_inspection(fact)
            case Lost():
                return await self.record_loss(fact)
            case Finding():
                return await self.record_found(fact)
            case FindingSettled():
                return await self.record_settled(fact)

    async def _record_trade(self, fact: Trade) -> dict[str, object]:
        match fact:
            case Choice():
                return await self.record_choice(fact)
            case WorkshopSaid():
                return await self.record_repair(fact)
            case ShippedByHand():
                return await self.record_shipped(fact)
            case OfferAnswer():
                return await self.record_answer(fact.plan, fact.answer, fact.by)
            case Uphold():
                return await self.record_upheld(fact)
            case SentBack():
                return await self.record_goods_sent_back(fact)

    async def _record_word(self, fact: Said | Aside) -> dict[str, object]:
        match fact:
            case Settle():
                return await self.record_settle(fact)
            case OpenClaim():
                return await self.record_open_claim(fact)
            case AnswerClaim():
                return await self.record_answer_claim(fact)
            case AskEvidence():
                return await self.record_asked(fact)
            case GiveEvidence():
                return await self.record_given(fact)
            case Edit():
                return await self.record_edit(fact)
            case CorrectCount():
                return await self.record_count(fact)
            case Regrade():
                return await self.record_regraded(fact)
            case Extend():
                return await self.record_extended(fact)
