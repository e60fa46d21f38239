"""What is kept of a refund, and what comes on top of it: each a record of its own, with its base and its reason."""

from __future__ import annotations

from collections.abc import Sequence

from domain.money import half_up
from domain.plan import Bonus, Fee, FeeKind, PlanLine
from domain.terms import FeeTerm, Terms


def fees_of(terms: Terms, lines: Sequence[PlanLine], due: int) -> tuple[Fee, ...]:
    """The fees on the units of these lines; together never more than is `due`, and a line's own never more than it.

    The base is what the units are worth, out of what was paid for them. Return shipping is taken last.
    """
    found: list[Fee] = []
    returned = [line for line in lines if line.quantity]
    left = {line.line_id: line.gross for line in returned}
    for term in terms.fees:
        for line in returned:
            if term.kind is not FeeKind.RETURN_SHIPPING and term.line_id in (None, line.line_id):
                fee = _fee(term, line.line_id, _base(term, line), left[line.line_id])
                left[line.line_id] -= fee.amount
                found.append(fee)
    rest = due - sum(fee.amount for fee in found)
    for term in terms.fees if returned else ():
        if term.kind is FeeKind.RETURN_SHIPPING:
            fee = _fee(term, "", sum(line.worth for line in returned), rest)
            rest -= fee.amount
            found.append(fee)
    return tuple(fee for fee in found if fee.amount or fee.waived)


def _base(term: FeeTerm, line: PlanLine) -> int:
    """What those units of the line are worth that the fee is for."""
    if term.units is None or term.units >= line.quantity:
        return line.worth
    return half_up(line.worth * term.units, line.quantity)


def _fee(term: FeeTerm, line_id: str, base: int, most: int) -> Fee:
    full = term.of(base)
    amount = min(full, most)
    return Fee(
        kind=term.kind,
        line_id=line_id,
        base=base,
        rate=term.percent or "",
        amount=amount,
        waived=full - amount,
        tax_name=term.tax_name,
        tax_rate=term.tax_rate or "",
        tax=tax_inside(amount, term.tax_rate) if term.tax_rate else 0,
        reason=term.reason,
    )


def tax_inside(gross: int, rate: str) -> int:
    """The tax that is part of `gross` at a rate (`0.19`), in minor units, halves rounded up."""
    whole, _, decimals = rate.partition(".")
    tax, one = int(whole + decimals), 10 ** len(decimals)
    return half_up(gross * tax, one + tax)


def rounding(amount: int) -> Fee:
    """What is less than any payment of the order can ever give back."""
    return Fee(kind=FeeKind.ROUNDING, base=amount, amount=amount)


def bonus_of(terms: Terms, total: int) -> Bonus | None:
    """The bonus on a refund; none where nothing is refunded."""
    if terms.bonus is None or not total:
        return None
    return Bonus(base=total, rate=terms.bonus.percent or "", amount=terms.bonus.of(total), reason=terms.bonus.reason)
