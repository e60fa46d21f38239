"""What becomes of a decision that a person changes: never worse than before, so never below the law."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from domain.case import CaseSoFar
from domain.errors import Refused
from domain.inspection import Grade
from domain.override import Change, OverrideReason, Waived
from domain.policy.calendar import end_of
from domain.policy.combine import TERMS
from domain.policy.decision import Decision, Given, LineDecision, LineTerms, Reason, folded
from domain.policy.judgement import Verdict
from domain.policy.money import Cut, Payer
from domain.request import Basis
from domain.resolution import Resolution
from domain.terms import ShippingRule, fraction
from domain.verbs import Refusal


def may_override(known: CaseSoFar, change: Change) -> Refusal | None:
    """Whether a person may still decide otherwise, as a return stands; None is yes."""
    if known.outcome is not None:
        return Refusal(code="closed", message=f"This return is closed ({known.outcome}). {_APPEAL}")
    if known.cancelled is not None or known.force_closed is not None:
        return Refusal(code="cancelled", message=f"This return was called off. {_APPEAL}")
    if known.plan is not None and (known.refunds or not only_waives(change)):
        return Refusal(code="already_planned", message=_PLANNED)
    if (known.receipts or known.lost) and (change.verdict is Verdict.DECLINE or change.units is not None):
        text = "Goods of this return are here or lost, so nothing of it is declined; finance decides on its refund."
        return Refusal(code="already_received", message=text)
    return None


def only_waives(change: Change) -> bool:
    """Whether a person only lets go what would be kept; that changes no goods, so it is in time until money is sent."""
    better = (change.send_back_until, change.refund_percent, change.label_fee)
    return change.verdict is None and bool(change.waive) and all(one is None for one in better)


_APPEAL = "What was declined is looked at again in a new return: `python starter.py start --appeal RETURN`."
_PLANNED = (
    "The refund of this return is planned already, by the decision that stood then; until it is under way, fees can be "
    "waived (`python starter.py override --waive`). What waits is approved as it is "
    "(`python starter.py approve`); what the shopper is to get beyond it is paid at the payment provider and entered "
    "(`python -m ledger record refund`)."
)


_LONGEST = timedelta(days=365)


class Promise(NamedTuple):
    """What goodwill gives where the person says nothing: the last day to send, whether delivery is paid back. Days end
    in the last of `zones`, and it is `today`; `unit` is what was paid for one unit of a line, in minor units."""

    zones: tuple[str, ...]
    today: date
    send_back_day: date
    delivery: ShippingRule
    unit: Mapping[str, int]


def overridden(decision: Decision, change: Change, reason: OverrideReason, promise: Promise) -> Decision:
    """The decision as a person has changed it, every reason of before kept.

    Raises Refused for a line that it does not have, and for what makes a term worse than it was promised, naming the
    law where one gives it.
    """
    known = {line.line_id for line in decision.lines}
    if unknown := [one for one in change.lines if one not in known]:
        text = f"this return has no line {', '.join(unknown)}; it has {', '.join(sorted(known))}"
        raise Refused("unknown_line", text)
    day = change.send_back_until
    if day is not None and not promise.today <= day <= promise.today + _LONGEST:
        text = f"the last day to send is between today and {promise.today + _LONGEST:%d %B %Y}"
        raise Refused("send_back_day", text)
    lines = tuple(
        _changed(line, decision, change, reason, promise) if line.line_id in change.lines else line
        for line in decision.lines
    )
    days = [one.terms.send_back_day for one in lines if one.terms and one.verdict is not Verdict.DECLINE]
    last = max(days, default=decision.last_day_to_send)
    return decision.model_copy(
        update={
            "verdict": folded([one.verdict for one in lines]),
            "lines": lines,
            "send_back_day": last,
            "send_back_until": max(end_of(last, zone) for zone in promise.zones),
        }
    )


def _changed(
    line: LineDecision, decision: Decision, change: Change, reason: OverrideReason, promise: Promise
) -> LineDecision:
    if change.verdict is Verdict.DECLINE:
        return _declined(line, reason)
    if line.verdict is not Verdict.APPROVE and change.verdict is None:
        text = f"line {line.line_id} is not approved ({line.verdict}); approve it with its terms: --verdict approve"
        raise Refused("not_approved", text)
    if line.overridden is Verdict.DECLINE:
        text = (
            f"a person declined line {line.line_id} already; a new return can appeal it, unless this is one: --appeal"
        )
        raise Refused("declined_by_person", text)
    units = _units(line, change.units)
    if line.terms is None:
        terms, basis = _goodwill(change, promise), Basis.GOODWILL
    else:
        terms, basis = _better(line, line.terms, change, promise), line.basis or Basis.GOODWILL
    if decision.resolution not in terms.resolutions:
        # What the shopper chose for the others holds for this line, too.
        terms = terms.model_copy(update={"resolutions": (*terms.resolutions, decision.resolution)})
    if line.verdict is Verdict.APPROVE and terms == line.terms:
        raise Refused("nothing_changes", f"line {line.line_id} is approved on these terms already")
    told = _told(
        Verdict.APPROVE, reason, _FAVOUR if units == line.quantity else f"takes back {units} of {line.quantity}"
    )
    return line.model_copy(
        update={
            "quantity": units,
            "verdict": Verdict.APPROVE,
            "overridden": Verdict.APPROVE,
            "reasons": (*line.reasons, told),
            "basis": basis,
            "open": tuple(dict.fromkeys((*line.open, Basis.GOODWILL))),
            "terms": _noted(line.terms, terms, decision.policy),
        }
    )


_FAVOUR = "decided in the shopper's favour"


def _units(line: LineDecision, wanted: int | None) -> int:
    """How many units come back. Raises Refused where fewer would take something from the shopper that they have."""
    if wanted is None or wanted == line.quantity:
        return line.quantity
    if wanted > line.quantity:
        raise Refused("more_than_asked", f"only {line.quantity} of line {line.line_id} were asked for")
    if line.verdict is Verdict.APPROVE:
        text = f"line {line.line_id} was approved, and what was promised stays; only what is in review can be cut"
        raise Refused("approved_already", text)
    if set(line.statutes) - set(line.by_person):
        raise Refused("below_statute", f"line {line.line_id} cannot be declined in part: {law_of(line)}")
    return wanted


def _declined(line: LineDecision, reason: OverrideReason) -> LineDecision:
    if line.verdict is Verdict.DECLINE:
        raise Refused("nothing_changes", f"line {line.line_id} is declined already")
    if line.verdict is Verdict.APPROVE:
        text = f"line {line.line_id} was approved, and what was promised stays; only what is in review can be declined"
        raise Refused("approved_already", text)
    # Where a law leaves it to a person whether it holds, this is that person.
    if set(line.statutes) - set(line.by_person):
        raise Refused("below_statute", f"line {line.line_id} cannot be declined: {law_of(line)}")
    told = _told(Verdict.DECLINE, reason, "looked at it and does not take it back")
    said = {"verdict": Verdict.DECLINE, "overridden": Verdict.DECLINE, "reasons": (*line.reasons, told)}
    return line.model_copy(update=said)


def law_of(line: LineDecision) -> str:
    """The sentence on the law that is open for a line, with its citation; empty where there is none."""
    laws = (Basis.WITHDRAWAL, Basis.NON_CONFORMITY)
    return next((one.text for one in line.reasons if one.basis in laws and one.verdict is Verdict.APPROVE), "")


_CODE = {Verdict.APPROVE: "override_approve", Verdict.DECLINE: "override_decline"}


def _told(verdict: Verdict, reason: OverrideReason, what: str) -> Reason:
    # The shopper reads it: why, is for staff, and stands with the override.
    text = f"A person of the shop {what}."
    return Reason(code=_CODE[verdict], verdict=verdict, text=text, basis=Basis.GOODWILL)


def _goodwill(change: Change, promise: Promise) -> LineTerms:
    """Terms of a line for which no ground is open."""
    return LineTerms(
        lost_value=_share(change.refund_percent or 100),
        return_shipping=Payer.SHOPPER if change.label_fee else Payer.SHOP,
        label_fee=change.label_fee or 0,
        delivery=promise.delivery,
        send_back_day=change.send_back_until or promise.send_back_day,
    )


def _share(percent: int, before: LineTerms | None = None) -> dict[Grade, Cut]:
    """What is kept where so much of the worth is paid back."""
    if percent == 100:
        return {}
    # What is paid back is rounded half up, so what is kept half down.
    kept = Cut(percent=str(100 - percent), reason=f"Goodwill: {percent} % is paid back", halves="down")
    return {grade: kept.model_copy(update={"tax_percent": _tax(before, grade)}) for grade in Grade}


def _tax(before: LineTerms | None, grade: Grade) -> str:
    """The rate inside of the fee that a share stands for; of two that differ, that of the lost value."""
    fees = (before.lost_value.get(grade), before.restocking.get(grade)) if before else ()
    return next((one.tax_percent for one in fees if one is not None and one.tax_percent), "")


def _better(line: LineDecision, before: LineTerms, change: Change, promise: Promise) -> LineTerms:
    """The terms with the changes. Raises Refused if any is worse than before."""
    changed: dict[str, object] = {}
    if change.refund_percent is not None:
        changed |= {"restocking": {}, "lost_value": _share(change.refund_percent, before)}
    changed |= {name.value: {} for name in change.waive if name is not Waived.LABEL}
    if change.label_fee:
        changed |= {"return_shipping": Payer.SHOPPER, "label_fee": change.label_fee}
    if Waived.LABEL in change.waive or change.label_fee == 0:
        changed |= {"return_shipping": Payer.SHOP, "label_fee": 0}
    if change.send_back_until is not None:
        changed["send_back_day"] = change.send_back_until
    if not before.refunds:
        changed["resolutions"] = (Resolution.REFUND, *before.resolutions)
    after = before.model_copy(update=changed)
    if worse := _worse(before, after, promise.unit.get(line.line_id, 0)):
        why = law_of(line) if line.statutes else "that is what this return was promised."
        raise Refused("below_statute" if line.statutes else "below_terms", f"line {line.line_id}: {worse}; {why}")
    return after


def _worse(before: LineTerms, after: LineTerms, unit: int) -> str:
    """What of the terms would be less than before, as the beginning of a sentence; empty if nothing is."""
    if any(_kept(after, grade, unit) > _kept(before, grade, unit) for grade in Grade):
        return "no more can be kept of it"
    if after.return_shipping is Payer.SHOPPER and (
        before.return_shipping is Payer.SHOP or after.label_fee > before.label_fee
    ):
        return "the way back cannot cost the shopper more"
    if after.send_back_day < before.send_back_day:
        return f"the last day to send cannot be before {before.send_back_day:%d %B %Y}"
    return ""


def _kept(terms: LineTerms, grade: Grade, unit: int) -> int:
    cuts = (terms.restocking.get(grade), terms.lost_value.get(grade))
    return min(unit, sum(cut.of(unit) for cut in cuts if cut is not None))


def _noted(before: LineTerms | None, after: LineTerms, policy: str) -> LineTerms:
    """The terms, with a note on each that a person gave."""
    names = [name for name, value in _TOLD if before is None or value(before) != value(after)]
    kept = [one for one in after.given if one.term not in names]
    given = [Given(term=name, basis=Basis.GOODWILL, policy=policy, text=_words(name, after)) for name in names]
    return after.model_copy(update={"given": (*kept, *given)})


_TOLD = tuple((name, value) for name, (value, _) in TERMS.items() if name != "refund_due")
"""What a person can give; by when the refund is due, they leave to others."""


def _words(term: str, after: LineTerms) -> str:
    kept = {after.lost_value.get(grade, Cut(percent="0")).percent for grade in Grade}
    share = kept.pop() if len(kept) == 1 else None
    if term == "lost_value" and share is not None and not after.restocking:
        return f"{100 - fraction(share, 1)} % of the goods' worth is paid back"
    return TERMS[term][1](after)
