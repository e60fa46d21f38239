"""How the merchant goes about a line that comes back: recorded with the decision."""

from __future__ import annotations

from collections.abc import Sequence

from domain.method import Method
from domain.policy.deadlines import DeadlineRule
from domain.policy.decision import Handling, LineDecision
from domain.policy.document import PublishedPolicy
from domain.policy.goods import EligibilityRule, Proof
from domain.policy.judgement import Keeps, Verdict
from domain.policy.money import PriceAdjustmentRule
from domain.policy.outcome import MethodRule, ShipRule, TriggerRule
from domain.policy.reader import Reader


def handling(
    reader: Reader, published: PublishedPolicy, goods: EligibilityRule, law: Sequence[EligibilityRule]
) -> Handling:
    """Ways back, checks, the moment of the refund and the deadlines, as the merchant's document has them. Of the goods
    nothing is asked that one of the laws on which they may come back does not ask too."""
    policy, ref, currency = published.policy, published.ref, reader.order.currency
    methods = reader.speaking(ref, "methods", policy.methods, MethodRule.favour)
    early = _before_goods(reader, published)
    kept = reader.speaking(ref, "returnless", policy.returnless, lambda one: one.favour_in(currency))
    adjusts = reader.speaking(ref, "price_adjustment", policy.price_adjustment, PriceAdjustmentRule.favour)
    days = reader.speaking(ref, "deadlines", policy.deadlines, DeadlineRule.favour) or DeadlineRule()
    keeps = kept is not None and kept.keeps(currency, reader.value, reader.wanted.quantity)
    return Handling(
        condition=tuple(one for one in goods.condition if all(one in rule.condition for rule in law)),
        proof=goods.proof if all(rule.proof is goods.proof for rule in law) else Proof.NONE,
        methods=methods.allowed if methods else (Method.LABEL,),
        refund_on=early.refund_on,
        exposure_limit=early.exposure_limit,
        ship_on=early.ship_on,
        ship_limit=early.ship_limit,
        keep_it="offered" if keeps else "no",
        keep_limit=kept.limit if kept is not None and keeps else None,
        price_adjustment_days=adjusts.days if adjusts else 0,
        review_days=days.review_days,
        label_days=days.label_days,
        label_warning_days=days.label_warning_days,
        reminder_days=days.reminder_days,
        inspection_days=days.inspection_days or policy.inspection_days,
        answer_days=days.answer_days,
        offer_default=days.offer_default,
        inspection_default=days.inspection_default,
        lost_after_days=days.lost_after_days,
        claim_days=days.claim_days,
        lost=days.lost,
        payment_days=days.payment_days,
        repair_days=days.repair_days,
        evidence_days=days.evidence_days,
        no_evidence=days.no_evidence,
    )


def _before_goods(reader: Reader, published: PublishedPolicy) -> Handling:
    """When money goes, or the goods of an exchange, and how much of it may be out; nothing else."""
    policy, ref, currency = published.policy, published.ref, reader.order.currency
    trigger = reader.speaking(ref, "refund_trigger", policy.refund_trigger, TriggerRule.favour) or TriggerRule()
    ships = reader.speaking(ref, "ship_trigger", policy.ship_trigger, ShipRule.favour)
    return Handling(
        refund_on=trigger.event,
        exposure_limit=trigger.exposure_limit.get(currency),
        ship_on=ships.event if ships else None,
        ship_limit=ships.exposure_limit.get(currency) if ships else None,
    )


def kept_by_policy(lines: Sequence[LineDecision], worth: int) -> Keeps | None:
    """Whether the policy lets the shopper keep all that is taken back, which is `worth` so many minor units together.

    Never a part: where a parcel comes anyway, everything comes in it.
    """
    taken = [one for one in lines if one.verdict is not Verdict.DECLINE]
    offered = [one.handling for one in taken if one.verdict is Verdict.APPROVE and one.terms and one.terms.refunds]
    limits = [one.keep_limit or 0 for one in offered if one is not None and one.keep_it == "offered"]
    return Keeps.BY_POLICY if taken and len(limits) == len(taken) and worth <= min(limits) else None
