"""Whether the three sides of one refund agree, and if not, in what."""

from __future__ import annotations

from collections.abc import Iterator

from domain.provider import ProviderRefund
from domain.refund import FINAL_NO, RefundStatus
from ledger.readable import amount
from ledger.reconcile.breaks import Break, BreakKind
from ledger.reconcile.period import ARN_AFTER, CALL_TAKES, JUST_NOW, NEWS_TAKES, PENDING_AT_MOST, Period
from ledger.reconcile.stories import Story


def breaks_of(story: Story, period: Period) -> Iterator[Break]:
    """All breaks of one refund. What follows from a break is not told again as another one."""
    made = story.made
    if story.resumed or story.alone:
        yield from _more(story)
    elif len(story.standing) > 1:
        extra = ", ".join(one.id for one in story.standing[1:])
        yield _break(BreakKind.DOUBLE, story, f"{story.standing[0].id} was made, and {extra} too")
    elif made is None:
        yield from _without_refund(story, period)
    elif not story.booked and made.key and period.age(made.created_at) <= JUST_NOW:
        return
    elif not story.booked:
        kind = BreakKind.LOST if made.key else BreakKind.NOT_ENTERED
        yield _break(kind, story, f"the provider says {made.status}")
    else:
        yield from _compared(story, made, period)
        yield from _balance(story, made, period)


def waits(story: Story, period: Period) -> str:
    """Why a refund that is no break does not stand on every side yet; empty if it does. Only for refunds without."""
    made = story.made
    if story.decided_at is not None and story.in_flight(period.until):
        return f"decided on {story.decided_at:%Y-%m-%d}, after these days"
    if story.undecided:
        return f"the provider says {made.status}" if made else "submitted; the provider does not have it yet"
    if made is not None and not story.booked:
        return "made this very minute"
    return ""


def converted(story: Story) -> bool:
    """Whether the balance moved in another currency than the refund's, so that the amounts cannot be compared."""
    made = story.made
    return made is not None and any(one.currency != made.currency for one in story.moved)


def _more(story: Story) -> Iterator[Break]:
    """What came of a refund that was whole, or of which nothing else is known."""
    if story.reversed_at is not None:
        yield _break(BreakKind.STATUS_DIFFERS, story, "the journal says failed late, the provider succeeded")
    elif story.standing:
        extra = ", ".join(one.id for one in story.standing)
        yield _break(BreakKind.DOUBLE, story, f"{extra} was made although another refund has this key")
    elif story.moved:
        kind = BreakKind.BALANCE_WITHOUT_REFUND if story.alone else BreakKind.BALANCE_DIFFERS
        told = ", ".join(f"{one.category} {amount(one.amount, one.currency)}" for one in story.moved)
        yield _break(kind, story, told if story.alone else f"moved once more: {told}")


def _without_refund(story: Story, period: Period) -> Iterator[Break]:
    if not story.booked or (story.decided_at is not None and not story.settled):
        return  # a movement alone is told apart; a request that was refused at once made no refund
    if story.undecided and period.age(story.began) <= CALL_TAKES:
        return
    if story.began < period.read_since and not story.refund:
        yield _pending(story, period)
        return
    said = "submitted" if story.undecided else "entered as made elsewhere" if story.elsewhere else "confirmed"
    yield _break(BreakKind.NO_REFUND, story, f"{said} on {story.began:%Y-%m-%d}")


def _compared(story: Story, made: ProviderRefund, period: Period) -> Iterator[Break]:
    if made.currency != story.currency:
        yield _break(BreakKind.CURRENCY_DIFFERS, story, f"{story.currency} was entered, {made.currency} refunded")
    elif made.amount != story.amount:
        entered, paid = amount(story.amount, story.currency), amount(made.amount, made.currency)
        yield _break(BreakKind.AMOUNT_DIFFERS, story, f"{entered} was entered, {paid} refunded")
    if not made.is_of(story.payment):
        yield _break(BreakKind.PAYMENT_DIFFERS, story, f"{story.payment} was entered, {made.payment} refunded")
    yield from _status(story, made, period)
    waiting = made.shows_as == "refund" and story.settled and not story.elsewhere and not story.arn
    paid_out = made.status is RefundStatus.SUCCEEDED and story.reversed_at is None
    if waiting and paid_out and period.age(story.decided_at or made.created_at) > ARN_AFTER:
        yield _break(BreakKind.ARN_MISSING, story, f"the provider has {made.arn or 'none either'}")


def _status(story: Story, made: ProviderRefund, period: Period) -> Iterator[Break]:
    failed, paid = made.status in FINAL_NO, made.status is RefundStatus.SUCCEEDED
    says = f"the provider says {made.status}{f' ({made.reason})' if made.reason else ''}"
    if story.undecided:
        if (failed or paid) and period.age(made.created_at) > NEWS_TAKES:
            yield _break(BreakKind.STATUS_DIFFERS, story, f"the journal waits, {says}")
        elif not (failed or paid) and period.age(made.created_at) > PENDING_AT_MOST:
            yield _pending(story, period)
    elif story.reversed_at is not None or not story.settled:
        if not failed:
            yield _break(BreakKind.STATUS_DIFFERS, story, f"the journal says failed, {says}")
    elif failed:
        yield _break(BreakKind.FAILED_NOT_REVERSED, story, says)
    elif not paid and not story.elsewhere and period.age(story.decided_at or made.created_at) > JUST_NOW:
        yield _break(BreakKind.STATUS_DIFFERS, story, f"the journal says confirmed, {says}")
    elif not paid and story.elsewhere and period.age(made.created_at) > PENDING_AT_MOST:
        yield _pending(story, period)


def _balance(story: Story, made: ProviderRefund, period: Period) -> Iterator[Break]:
    if made.created_at < period.read_since or converted(story):
        return  # its movements are older than what was read, or in the currency of the account
    total = sum(one.amount for one in story.moved)
    paid, failed = made.status is RefundStatus.SUCCEEDED, made.status in FINAL_NO
    right = (-made.amount,) if paid else (0,) if failed else (0, -made.amount)
    if total in right or (made.amount != story.amount and total == -story.amount):
        return  # the second is told already: the refund itself is another than was entered
    if not story.moved:
        if period.age(made.created_at) > CALL_TAKES:
            yield _break(BreakKind.BALANCE_MISSING, story, f"{amount(made.amount, made.currency)} did not move")
        return
    moved = amount(-total, made.currency)
    yield _break(BreakKind.BALANCE_DIFFERS, story, f"{moved} moved, {amount(-right[0], made.currency)} should have")


def _pending(story: Story, period: Period) -> Break:
    made = story.made
    why = f" ({made.reason})" if made and made.reason else ""
    days = period.age(made.created_at if made else story.began).days
    return _break(BreakKind.PENDING_TOO_LONG, story, f"{made.status if made else 'submitted'} for {days} days{why}")


def _break(kind: BreakKind, story: Story, detail: str) -> Break:
    made, first = story.made, story.moved[0] if story.moved else None
    currency = story.currency or (made.currency if made else first.currency if first else "")
    of_refunds = sum(one.amount for one in (story.standing if kind is BreakKind.DOUBLE else story.refunds[:1]))
    return Break(
        kind=kind,
        at=story.began,
        case=story.case or (made.case if made else ""),
        order=story.order,
        payment=story.payment or (made.payment if made else ""),
        key=story.key,
        refunds=tuple(one.id for one in story.refunds) or tuple(filter(None, [story.refund])),
        movements=tuple(one.id for one in story.moved),
        currency=currency,
        booked=story.amount if story.booked else 0,
        paid=of_refunds,
        detail=detail,
    )
