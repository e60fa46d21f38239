"""What is known of one return: the recorded facts, from which any new run of it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from domain.approval import Approval
from domain.case_goods import GoodsSoFar
from domain.choice import BACKHAUL, Chosen
from domain.collection import PaymentRequest
from domain.consent import Consent
from domain.dispute import OpenDispute
from domain.evidence import Evidence, GiveEvidence
from domain.exchange import Sent, Swap
from domain.inspection import Rest
from domain.model import Currency, Id, Minor, Model, UtcDatetime
from domain.offer import Answer, Answered, Offer, SentBack
from domain.order import Order, Tender
from domain.override import Overridden, OverrideState
from domain.plan import RefundPlan
from domain.policy import Decision
from domain.policy.calendar import ZONES
from domain.refund import Refund, RefundStatus
from domain.repair import Repair
from domain.request import ReturnRequest
from domain.resolution import IN_GOODS, Resolution


class Outcome(StrEnum):
    """How a return ended."""

    REFUNDED = "refunded"
    CREDITED = "credited"
    """The money became store credit."""
    EXCHANGED = "exchanged"
    REPLACED = "replaced"
    REPAIRED = "repaired"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """Nothing was sent in time."""
    SENT_BACK = "sent_back"
    """The shopper wanted the goods rather than what was offered for them."""
    CLOSED_BY_STAFF = "closed_by_staff"


class OrderBrief(Model):
    """What a return needs to remember of its order."""

    order_id: Id
    number: str
    customer_id: Id
    currency: Currency
    locale: str
    titles: Mapping[str, str]
    zone: str = "UTC"
    """The time zone that the shopper's letters tell times in."""

    @classmethod
    def of(cls, order: Order) -> OrderBrief:
        """The brief of an order."""
        return cls(
            order_id=order.id,
            number=order.number,
            customer_id=order.customer_id,
            currency=order.currency,
            locale=order.locale,
            titles={line.id: line.title for line in order.lines},
            zone=ZONES.get(order.country or "", "UTC"),
        )


class Assigned(Model):
    """Whom staff asked to do what came next; it holds until something else does."""

    by: Id
    to: Id
    action: str


class CaseSoFar(GoodsSoFar):
    """Every recorded fact of a return; what is None or empty has not happened."""

    order: OrderBrief | None = None
    asked: ReturnRequest | None = None
    """What was asked for, as the shopper has changed it last."""
    edits: tuple[Id, ...] = ()
    """The ids of these changes."""
    decision: Decision | None = None
    quote: RefundPlan | None = None
    overrides: tuple[Overridden, ...] = ()
    choices: tuple[Chosen, ...] = ()
    """Other resolutions than were asked for at first, the newest last."""
    evidence: tuple[Evidence, ...] = ()
    cancelled: str | None = None
    expired: bool = False
    refund_overdue: UtcDatetime | None = None
    """When the refund was due by law, if it was not made by then."""
    force_closed: Id | None = None
    """Who of the staff ended it."""
    assigned: tuple[Assigned, ...] = ()
    sent_again: tuple[str, ...] = ()
    """Keys of mails that staff had made anew."""
    look_until: UtcDatetime | None = None
    """Until when a person may look at what the policy leaves to one, where staff gave more time."""
    longer: int = 0
    """How often staff gave more time to send."""
    corrections: int = 0
    """How often staff corrected a count or the grades."""
    paid_plans: tuple[RefundPlan, ...] = ()
    plan: RefundPlan | None = None
    answers: tuple[Answered, ...] = ()
    """To offers, in turn."""
    sent_back: SentBack | None = None
    approval: Approval | None = None
    promised: tuple[Swap, ...] = ()
    """What goes out for what comes back."""
    to_pay: Minor = 0
    """What of its price is missing, in minor units, if all comes back as new."""
    aside: tuple[int, ...] = ()
    """What is set aside for it, by its numbers."""
    freed: tuple[int, ...] = ()
    """Numbers of what was set aside before, and is not any more."""
    payment_asked: PaymentRequest | None = None
    """What the shopper was asked to pay on top."""
    pay_until: UtcDatetime | None = None
    collected: Tender | None = None
    """What they paid."""
    unpaid: bool = False
    """They did not pay in time."""
    repair: Repair | None = None
    sent: tuple[Sent, ...] = ()
    refunds: tuple[Refund, ...] = ()
    consents: tuple[Consent, ...] = ()
    disputes: tuple[OpenDispute, ...] = ()  # of the order's payments
    outcome: Outcome | None = None

    @property
    def resolution(self) -> Resolution:
        """What it ends with, as it was chosen last."""
        return self.decision.resolution if self.decision else Resolution.REFUND

    @property
    def chosen_since(self) -> bool:
        """Whether another resolution was chosen since the plan was made."""
        return self.plan is not None and self.plan.choices < len(self.choices)

    @property
    def waits_for_rest(self) -> bool:
        """Whether more is to come after what was inspected, or is claimed at the carrier."""
        if self.inspection is None or self.lost or not self.expected:
            return False
        claimed = self.claims_rest and self.early is None and self.resolution not in IN_GOODS
        return claimed or self.inspection.rest is Rest.EXPECTED

    @property
    def claims_rest(self) -> bool:
        """Whether one of several parcels is, or was, claimed at the carrier, though goods of another one came."""
        return bool(self.receipts and self.claims and self.expected) and self.in_several

    @property
    def next_part(self) -> dict[str, object]:
        """What a return knows once what was inspected is paid and put away, and more is waited for."""
        assert self.inspection is not None  # it was put away
        done = (self.plan,) if self.plan is not None else ()
        return {
            "parts": (*self.parts, self.inspection),
            "paid_plans": (*self.paid_plans, *done),
            "inspection": None,
            "plan": None,
            "restocked": None,
        }

    @property
    def plans_before(self) -> int:
        """The number of the last plan of an earlier part; 0 if there is none."""
        return self.paid_plans[-1].number if self.paid_plans else 0

    @property
    def expected(self) -> dict[str, int]:
        """Approved units that have not come back yet, per line."""
        approved = self.decision.approved if self.decision else ()
        left = {line.line_id: line.quantity - self.received.get(line.line_id, 0) for line in approved}
        return {line_id: quantity for line_id, quantity in left.items() if quantity > 0}

    @property
    def shown(self) -> tuple[GiveEvidence, ...]:
        """What the shopper showed."""
        return tuple(one for request in self.evidence for one in request.given)

    @property
    def told_anew(self) -> int:
        """How often what may come back, or until when, was changed after the first answer."""
        return (
            sum(one.in_force for one in self.overrides)
            + len(self.choices)
            + len(self.edits)
            + len(self.old_labels)
            + self.longer
        )

    @property
    def proposed(self) -> Overridden | None:
        """The override that waits for a second person. It lapses with the next one, with the plan and with the end."""
        last = self.overrides[-1] if self.overrides else None
        if last is None or not last.waits or self.outcome is not None:
            return None
        since = self.appealed_at
        return last if self.plan is None or (since is not None and last.at >= since) else None

    def state_of(self, override: Overridden) -> OverrideState:
        """What became of one of its overrides."""
        if override.in_force:
            return OverrideState.EFFECTIVE
        ended = self.cancelled or self.force_closed
        return OverrideState.WAITS if override == self.proposed and not ended else OverrideState.LAPSED

    @property
    def told_overrides(self) -> tuple[str, ...]:
        """Its overrides for people, with what became of each."""
        return tuple(one.told(self.state_of(one)) for one in self.overrides)

    @property
    def part_answers(self) -> tuple[Answered, ...]:
        """The answers to offers for the goods that were inspected last."""
        return tuple(one for one in self.answers if one.plan > self.plans_before)

    @property
    def last_answer(self) -> Answered | None:
        """What was said last to the offer of the plan that stands."""
        mine = [one for one in self.answers if self.plan is not None and one.plan == self.plan.number]
        return mine[-1] if mine else None

    @property
    def offer(self) -> Offer | None:
        """The offer that waits for an answer."""
        last = self.last_answer
        accepted = last is not None and last.answer is Answer.ACCEPT
        return self.plan.offer if self.plan is not None and not accepted else None

    @property
    def appealed_at(self) -> UtcDatetime | None:
        """Since when a person of the shop looks at the offer again; None if nobody does."""
        last = self.last_answer
        return last.at if last is not None and self.offer is not None and last.answer is Answer.APPEAL else None

    @property
    def answer_until(self) -> UtcDatetime | None:
        """When what waits of an offer is due: an answer, a look at the appeal, or the goods on their way back."""
        if (wants := self.wants_goods) is not None:
            return wants.until
        last, offer = self.last_answer, self.offer
        return None if offer is None else (last.until if last is not None else offer.until)

    @property
    def wants_goods(self) -> Answered | None:
        """The shopper's word that the goods are to go back, after which there is no plan any more."""
        return next((one for one in self.answers if one.answer is Answer.SEND_BACK), None)

    @property
    def never_came(self) -> bool:
        """Whether goods that were paid for early are not waited for any more."""
        return self.early_end is not None and self.inspection is None

    @property
    def needs_approval(self) -> bool:
        """Whether the plan waits for a person's word before any of it is paid."""
        if self.plan is None or self.plan.automatic_limit is None:
            return False
        agreed = (self.approval.plan, self.approval.amount) if self.approval else None
        return agreed != (self.plan.number, self.plan.total)

    @property
    def gave_way(self) -> bool:
        """Whether goods that the shopper wanted were not to be had, so that money goes back."""
        fell = any(one.by == BACKHAUL for one in self.choices)
        return fell and self.resolution not in IN_GOODS

    @property
    def trades(self) -> bool:
        """Whether goods of another line go out, so that money changes its line with them."""
        return any(one.new_line != one.line_id for one in self.promised)

    @property
    def can_go_out(self) -> bool:
        """Whether all that was promised is set aside."""
        return self.trades and len(self.aside) == len(self.promised)

    @property
    def committed(self) -> bool:
        """Whether the plan that stands cannot be withdrawn any more."""
        return self.plan is not None and (not self.plan.legs or bool(self.refunds))

    @property
    def refunded(self) -> int:
        """Minor units that the provider has confirmed."""
        return sum(refund.amount for refund in self.refunds if refund.status is RefundStatus.SUCCEEDED)
