"""What finance enters by hand: money that went another way, and what clears a suspense."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Annotated

import typer
from pydantic import ValidationError

from domain import ids
from domain.errors import InvalidRequest, Refused
from domain.money import Money
from domain.order import EarlierRefund, Order, RefundedLine
from domain.people import Role, may_record
from domain.request import first_fault
from ledger import EntryKind, JournalEntry, Ledger, accounts
from ledger.cli import facts, opened, order_id, people, say, snapshots
from ledger.credit_notes import CreditNotes
from ledger.disputes import last_loss
from ledger.paid_outside import PaidOutside
from ledger.readable import amount

record = typer.Typer(help="Enter what happened outside.", no_args_is_help=True)

WhichOrder = Annotated[str, typer.Argument(help="The order, by its id or its number.")]
By = Annotated[str, typer.Option(metavar="PERSON", help="Who enters it: finance, admin, or a machine's name.")]


@record.command("refund")
def refund(
    context: typer.Context,
    order: WhichOrder,
    payment: Annotated[str, typer.Option(help="The payment from which the money went, such as pi_123.")],
    money: Annotated[str, typer.Option("--amount", help="How much, in the order's currency, such as 60.00.")],
    reference: Annotated[str, typer.Option("--id", help="The provider's id of it, so that it counts once.")],
    by: By,
    line: Annotated[
        list[str] | None, typer.Option(metavar="LINE:QUANTITY", help="Units that it was for; they are closed with it.")
    ] = None,
    dispute: Annotated[bool, typer.Option("--dispute", help="It is a lost dispute.")] = False,
) -> int:
    """A refund that was made elsewhere, in the provider's dashboard or in the shop, or a lost dispute."""
    _check_person(context, by, Role.SERVICE, Role.FINANCE, Role.ADMIN)
    ledger, now = opened(context), datetime.now(UTC)
    # As it was sold, then as it was edited: what a payment captured once may have gone back.
    name, kept = order_id(ledger, order), snapshots(context)
    told_by = (str(one.facts["snapshot"]) for one in ledger.entries(order=name) if "snapshot" in one.facts)
    sold = [kept.get(name, content).order for content in dict.fromkeys(told_by)]
    told = _refund(sold, payment, money, reference, line or (), now)
    kind = EntryKind.DISPUTE_LOST if dispute else EntryKind.REFUND_ELSEWHERE
    _show(ledger, facts(context).refunded_elsewhere(name, told, by, now, kind))
    return 0


@record.command("paid")
def paid(
    context: typer.Context,
    case: Annotated[str, typer.Argument(metavar="RETURN", help="The return that was owed the money.")],
    reference: Annotated[
        str, typer.Option("--id", help="The refund made elsewhere that paid it, by the provider's id.")
    ],
    by: By,
) -> int:
    """A refund made elsewhere was the payment of what a return is owed since its own refund failed."""
    _check_person(context, by, Role.FINANCE, Role.ADMIN)
    ledger = opened(context)
    notes = CreditNotes(ledger, snapshots(context), context.obj.prefix())
    _show(ledger, PaidOutside(ledger, snapshots(context), notes).record(case, reference, by, datetime.now(UTC)))
    say(f"Return {case} looks at it by itself within hours, or at once: python starter.py retry {case} --by {by}")
    return 0


@record.command("came-back")
def came_back(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="ID", help="The id under which it was entered.")],
    by: By,
) -> int:
    """Such a refund failed after all, or such a dispute was won."""
    _check_person(context, by, Role.SERVICE, Role.FINANCE, Role.ADMIN)
    ledger = opened(context)
    name = last_loss(ledger, reference)
    if ledger.find(ids.elsewhere_key(name)) is None:
        text = f"no refund made elsewhere and no dispute is entered under {reference}; enter it with `record refund`"
        raise Refused("not_found", text)
    _show(ledger, facts(context).came_back(name, by, datetime.now(UTC)))
    return 0


@record.command("cleared")
def cleared(
    context: typer.Context,
    order: WhichOrder,
    to: Annotated[str, typer.Option(metavar="ACCOUNT", help="fees:KIND, goodwill or receivable:CUSTOMER.")],
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why, in one word.")],
    by: By,
) -> int:
    """Take what stands in an order's suspense upon another account."""
    _check_person(context, by, Role.FINANCE, Role.ADMIN)
    if not re.fullmatch(r"[a-z0-9_]{1,64}", reason):
        raise InvalidRequest("--reason", "a reason is a code of small letters, digits and underscores")
    ledger = opened(context)
    _show(ledger, facts(context).cleared(order_id(ledger, order), to, by, reason, datetime.now(UTC)))
    return 0


def _check_person(context: typer.Context, by: str, *roles: Role) -> None:
    refusal = may_record(people(context).get(by), by, roles)
    if refusal is not None:
        raise Refused(refusal.code, refusal.message)


def _refund(
    sold: Sequence[Order], payment: str, money: str, reference: str, lines: Sequence[str], now: datetime
) -> EarlierRefund:
    """What was told, held against what was bought: mostly a typo is found so."""
    minor = _amount(sold, payment, money)
    closed = tuple(_line(sold, one) for one in lines)
    for one, again in ((one, again) for one, again in combinations(closed, 2) if one.line_id == again.line_id):
        raise InvalidRequest(
            "--line", f"line {one.line_id} is named twice; write {one.quantity + again.quantity} units"
        )
    try:
        return EarlierRefund(id=reference, at=now, lines=closed, money={payment: minor})
    except ValidationError as error:
        raise InvalidRequest("--id", first_fault(error)[1]) from None


def _amount(sold: Sequence[Order], payment: str, money: str) -> int:
    order = sold[-1]
    if order.tender(payment) is None:
        known = ", ".join(one.id for one in order.tenders)
        raise InvalidRequest("--payment", f"order {order.number} has no payment {payment}; it has {known}")
    try:
        minor = Money.parse(money, order.currency).minor
    except ValueError as error:
        raise InvalidRequest("--amount", str(error)) from None
    if minor <= 0:
        raise InvalidRequest("--amount", f"{money} is no amount that went back; write one above zero, such as 60.00")
    most = max(tender.captured for one in sold if (tender := one.tender(payment)))
    if minor > most:
        asked, captured = amount(minor, order.currency), amount(most, order.currency)
        raise InvalidRequest("--amount", f"{asked} is more than payment {payment} ever captured, which is {captured}")
    return minor


def _line(sold: Sequence[Order], told: str) -> RefundedLine:
    name, _, count = told.rpartition(":")
    if not name or not count.isdecimal() or not count.isascii() or not 1 <= int(count[:9]) <= 10**6:
        raise InvalidRequest("--line", f"{told} does not say how many units of which line; write LINE:QUANTITY, as 3:1")
    order = sold[-1]
    if order.line(name) is None:
        known = ", ".join(one.id for one in order.lines)
        raise InvalidRequest("--line", f"order {order.number} has no line {name}; it has {known}")
    bought = max(line.quantity for one in sold if (line := one.line(name)))
    if int(count) > bought:
        text = f"{count} units are more than were bought of line {name}, which is {bought}"
        raise InvalidRequest("--line", text)
    return RefundedLine(line_id=name, quantity=int(count), gross=0)


def _show(ledger: Ledger, entry: JournalEntry) -> None:
    say(f"Entered as entry {entry.seq} ({entry.key}).")
    name = accounts.suspense(entry.order)
    for stands in (one for one in ledger.balances(name) if one.account == name and one.posted):
        left = amount(abs(stands.posted), stands.commodity)
        why = "which nothing covers yet" if stands.posted < 0 else "which came back beyond what was missing"
        say(f"In suspense for order {entry.order}: {left}, {why}.")
    for plan in entry.facts.get("withdrawn", ()):
        case = plan.split(":")[1]
        say(f"Return {case} has to plan anew: python starter.py replan {case} --by {entry.actor}")
