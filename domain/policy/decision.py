"""What was decided: the verdict on each line with every reason, and the terms that hold for it. Recorded as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

from domain.carrier_claim import WhenLost
from domain.inspection import Grade
from domain.method import Method
from domain.model import Id, Minor, Model, Quantity, UtcDatetime
from domain.offer import OfferDefault
from domain.policy.deadlines import InspectionDefault
from domain.policy.goods import Condition, Proof
from domain.policy.judgement import Keeps, Verdict
from domain.policy.money import Cap, Cut, Duties, Payer
from domain.policy.outcome import RefundDue, Trigger
from domain.policy.reasons import Fault
from domain.request import Basis, ReturnReason
from domain.resolution import CARRIED_OUT, Resolution
from domain.terms import ShippingRule


class Reason(Model):
    """One rule's word: a stable code, the sentence for people, and whether it speaks for or against."""

    code: str
    verdict: Verdict
    text: str
    basis: Basis | None = None
    cite: str = ""


def as_sentence(text: str) -> str:
    """A reason as the merchant wrote it, with a full stop, because others follow it."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


class Given(Model):
    """Which basis gave a term, by which document and which law."""

    term: str
    basis: Basis
    policy: str
    text: str
    cite: str = ""


class LineTerms(Model):
    """What holds for a line that may come back. `restocking` and `lost_value` are per unit of a grade; one that they
    leave out costs nothing. `label_fee` is once per return, in minor units."""

    restocking: Mapping[Grade, Cut] = {}
    lost_value: Mapping[Grade, Cut] = {}
    return_shipping: Payer = Payer.SHOP
    label_fee: Minor = 0
    delivery: ShippingRule = ShippingRule.WHEN_ALL_RETURNED
    cap: Cap = Cap.NONE
    duties: Duties = Duties.REFUND
    bonus: str = ""
    resolutions: tuple[Resolution, ...] = (Resolution.REFUND,)
    send_back_day: date
    refund_due: tuple[RefundDue, ...] = ()
    given: tuple[Given, ...] = ()

    @property
    def refunds(self) -> bool:
        """Whether money back is among what the shopper may choose."""
        return Resolution.REFUND in self.resolutions


class Handling(Model):
    """How the merchant goes about a line: ways back, what is checked, when money goes, and how long everybody has.

    What no step of a return uses yet is recorded all the same: it was promised. `exposure_limit` in minor units, as
    `keep_limit`: what all goods that are kept of one return may be worth. `ship_on` and `ship_limit` are the same for
    what an exchange gives; None is after the inspection.
    """

    condition: tuple[Condition, ...] = ()
    proof: Proof = Proof.NONE
    methods: tuple[Method, ...] = (Method.LABEL,)
    refund_on: Trigger = Trigger.INSPECTION
    exposure_limit: Minor | None = None
    ship_on: Trigger | None = None
    ship_limit: Minor | None = None
    keep_it: Literal["offered", "no"] = "no"
    keep_limit: Minor | None = None
    price_adjustment_days: int = 0
    review_days: int = 2
    label_days: int = 28
    label_warning_days: int = 3
    reminder_days: tuple[int, ...] = (7,)
    inspection_days: int = 3
    answer_days: int = 14
    offer_default: OfferDefault = OfferDefault.ACCEPT
    inspection_default: InspectionDefault = InspectionDefault.WAIT
    lost_after_days: int = 14
    claim_days: int = 30
    lost: WhenLost = WhenLost.AFTER_INVESTIGATION
    payment_days: int = 7
    repair_days: int = 14
    evidence_days: int = 7
    no_evidence: Literal["review", "decline"] = "review"


class LineDecision(Model):
    """The verdict on one requested line with every reason; `quantity` is what may come back.

    `basis` is the ground on which it comes back, `open` all that are open now, `terms` the best of these for the
    shopper. `returnable_until` is the end of the longest window, `returnable_day` its last day where the order went.
    Of the `statutes` that are open, those in `by_person` leave it to a person whether the claim holds. `overridden` is
    what a person said instead, if anybody did.
    """

    line_id: Id
    quantity: Quantity
    verdict: Verdict
    reasons: tuple[Reason, ...]
    returnable_until: UtcDatetime | None = None
    returnable_day: date | None = None
    reason: ReturnReason = ReturnReason.UNKNOWN
    fault: Fault = Fault.SHOPPER
    basis: Basis | None = None
    open: tuple[Basis, ...] = ()
    statutes: tuple[str, ...] = ()
    by_person: tuple[str, ...] = ()
    overridden: Verdict | None = None
    terms: LineTerms | None = None
    handling: Handling | None = None


class Decision(Model):
    """The policy's answer to a request: approved if any line is; declined lines stay with the customer.

    With a line to review a person looks at it before anything is paid. `send_back_day` is the day on which
    `send_back_until` ends where the order went; `obligations` are what the law asks besides. `resolution` is what the
    shopper chose of what is offered. Where the shopper `keeps` the goods, nothing is sent and what is owed goes back
    all the same.
    """

    verdict: Verdict
    policy: str
    lines: tuple[LineDecision, ...]
    decided_at: UtcDatetime
    send_back_until: UtcDatetime
    send_back_day: date | None = None
    obligations: tuple[str, ...] = ()
    resolution: Resolution = Resolution.REFUND
    keeps: Keeps | None = None
    trial_day: int | None = None

    @property
    def resolutions(self) -> tuple[Resolution, ...]:
        """What is offered for all lines that may come back and a return can end with by itself."""
        told = [line.terms.resolutions for line in self.approved if line.terms is not None]
        return tuple(one for one in CARRIED_OUT if all(one in others for others in told)) if told else CARRIED_OUT[:1]

    def days(self, count: int) -> timedelta:
        """So many days for somebody to act; under a policy that is tried out they last `trial_day` seconds each."""
        return timedelta(days=count) if self.trial_day is None else timedelta(seconds=count * self.trial_day)

    @property
    def methods(self) -> tuple[Method, ...]:
        """The ways back that are offered for all lines which may come back; of none that tells any, none."""
        told = [one.handling.methods for one in self.lines if one.handling and one.verdict is not Verdict.DECLINE]
        return tuple(one for one in told[0] if all(one in others for others in told)) if told else ()

    def way(self, chosen: Method | None) -> Method:
        """How the goods get back: as the shopper chose if that is offered, else by label if that is, else as may be."""
        if chosen in self.methods:
            return chosen
        return Method.LABEL if Method.LABEL in self.methods or not self.methods else self.methods[0]

    @property
    def approved(self) -> tuple[LineDecision, ...]:
        """The lines that may come back."""
        return tuple(line for line in self.lines if line.verdict is not Verdict.DECLINE)

    @property
    def in_review(self) -> tuple[LineDecision, ...]:
        """The lines that a person has to look at."""
        return tuple(line for line in self.lines if line.verdict is Verdict.REVIEW)

    def with_lines(self, lines: tuple[LineDecision, ...]) -> Decision:
        """The same with other lines."""
        return self.model_copy(update={"lines": lines, "verdict": folded([line.verdict for line in lines])})

    @property
    def reason_codes(self) -> tuple[str, ...]:
        """All codes once, in the order of the lines."""
        return tuple(dict.fromkeys(reason.code for line in self.lines for reason in line.reasons))

    @property
    def inspection_days(self) -> int | None:
        """The shortest time to inspect that any line has; None where the decision says nothing of it."""
        return min((line.handling.inspection_days for line in self.approved if line.handling), default=None)

    @property
    def evidence_days(self) -> int:
        """The longest time that the shopper has to show something of any line."""
        told = (line.handling.evidence_days for line in self.lines if line.handling)
        return max(told, default=Handling().evidence_days)

    @property
    def review_days(self) -> int:
        """The shortest time that a person has to look at any line."""
        return min((line.handling.review_days for line in self.lines if line.handling), default=Handling().review_days)

    @property
    def answer_days(self) -> int:
        """The longest time that the shopper has to answer an offer about any line."""
        return max((one.handling.answer_days for one in self.approved if one.handling), default=Handling().answer_days)

    @property
    def offer_default(self) -> OfferDefault:
        """What becomes of an offer without an answer: a person looks if any line says so."""
        told = {one.handling.offer_default for one in self.approved if one.handling}
        return OfferDefault.PERSON if OfferDefault.PERSON in told else OfferDefault.ACCEPT

    @property
    def pays_uninspected(self) -> bool:
        """Whether goods that nobody inspects in time are paid as quoted; every line has to say so."""
        told = [one.handling.inspection_default for one in self.approved if one.handling]
        return bool(told) and all(one is InspectionDefault.AS_QUOTED for one in told)

    @property
    def payment_days(self) -> int:
        """The longest time that any line gives to pay what an exchange costs more."""
        told = (line.handling.payment_days for line in self.approved if line.handling)
        return max(told, default=Handling().payment_days)

    @property
    def repair_days(self) -> int:
        """The shortest time that the workshop has for any line."""
        told = (line.handling.repair_days for line in self.approved if line.handling)
        return min(told, default=Handling().repair_days)

    @property
    def label_days(self) -> int:
        """The longest life that any line gives a label."""
        return max((line.handling.label_days for line in self.approved if line.handling), default=Handling().label_days)

    @property
    def label_warning_days(self) -> int:
        """How many days before a label's end the shopper is told, as soon as any line has it; 0 is never."""
        told = (line.handling.label_warning_days for line in self.approved if line.handling)
        return max(told, default=Handling().label_warning_days)

    @property
    def lost_after_days(self) -> int:
        """The shortest silence of a parcel after which any line has it claimed."""
        told = (line.handling.lost_after_days for line in self.approved if line.handling)
        return min(told, default=Handling().lost_after_days)

    @property
    def claim_days(self) -> int:
        """The shortest time that any line gives the carrier to answer."""
        told = (line.handling.claim_days for line in self.approved if line.handling)
        return min(told, default=Handling().claim_days)

    @property
    def lost_at_once(self) -> bool:
        """Whether all lines are paid for before the carrier has answered."""
        told = [line.handling.lost for line in self.approved if line.handling]
        return bool(told) and all(one is WhenLost.REFUND_AT_ONCE for one in told)

    @property
    def reminder_days(self) -> tuple[int, ...]:
        """How many days before the last day to send the shopper is reminded."""
        told = (line.handling.reminder_days for line in self.approved if line.handling)
        return tuple(sorted({day for days in told for day in days}))

    @property
    def last_day_to_send(self) -> date:
        """The last day to send the goods, where the order went; old decisions know it in UTC only."""
        return self.send_back_day or self.send_back_until.date()


def folded(verdicts: Sequence[Verdict]) -> Verdict:
    """Of the whole request: a person looks at it if at any line; approved if any line is."""
    if Verdict.REVIEW in verdicts:
        return Verdict.REVIEW
    return Verdict.APPROVE if Verdict.APPROVE in verdicts else Verdict.DECLINE
