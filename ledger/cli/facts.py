"""What finance enters by hand: money that went another way, and what clears a suspense."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors import InvalidRequest, Refused
from domain.people import Role, may_record
from ledger import EntryKind, JournalEntry, Ledger, accounts
from ledger.cli import facts, opened, people, say
from ledger.readable import amount

if TYPE_CHECKING:
    from domain.order import EarlierRefund

record = typer.Typer(help="Enter what happened outside.", no_args_is_help=True)

Order = Annotated[str, typer.Argument(help="The order, by its id.")]
By = Annotated[str, typer.Option(metavar="PERSON", help="Who enters it: finance, admin, or a machine's name.")]


@record.command("refund")
def refund(
    context: typer.Context,
    order: Order,
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
    told = _refund(ledger, order, payment, money, reference, line or (), now)
    kind = EntryKind.DISPUTE_LOST if dispute else EntryKind.REFUND_ELSEWHERE
    _show(ledger, facts(context).refunded_elsewhere(order, told, by, now, kind))
    return 0


@record.command("came-back")
def came_back(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="ID", help="The id under which it was entered.")],
    by: By,
) -> int:
    """Such a refund failed after all, or such a dispute was won."""
    _check_person(context, by, Role.SERVICE, Role.FINANCE, Role.ADMIN)
    _show(opened(context), facts(context).came_back(reference, by, datetime.now(UTC)))
    return 0


@record.command("cleared")
def cleared(
    context: typer.Context,
    order: Order,
    to: Annotated[str, typer.Option(metavar="ACCOUNT", help="fees:KIND, goodwill or receivable:CUSTOMER.")],
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why, in one word.")],
    by: By,
) -> int:
    """Take what stands in an order's suspense upon another account."""
    _check_person(context, by, Role.FINANCE, Role.ADMIN)
    if not re.fullmatch(r"[a-z0-9_]{1,64}", reason):
        raise InvalidRequest("reason", "a reason is a code of small letters, digits and underscores")
    _show(opened(context), facts(context).cleared(order, to, by, reason, datetime.now(UTC)))
    return 0


def _check_person(context: typer.Context, by: str, *roles: Role) -> None:
    refusal = may_record(people(context).get(by), by, roles)
    if refusal is not None:
        raise Refused(refusal.code, refusal.message)


def _refund(
    ledger: Ledger, order: str, payment: str, money: str, reference: str, lines: Sequence[str], now: datetime
) -> EarlierRefund:
    from pydantic import ValidationError

    from domain import ids
    from domain.money import Money
    from domain.order import EarlierRefund, RefundedLine
    from domain.request import first_fault

    touched = ledger.find(ids.order_key(order))
    if touched is None:
        raise Refused("order_not_opened", f"order {order} was never opened in the journal; no return asked for it")
    try:
        minor = Money.parse(money, str(touched.facts["currency"])).minor
        named = [one.rpartition(":") for one in lines]
        closed = tuple(RefundedLine(line_id=name, quantity=int(count), gross=0) for name, _, count in named)
        return EarlierRefund(id=reference, at=now, lines=closed, money={payment: minor})
    except ValidationError as error:
        raise InvalidRequest(*first_fault(error)) from None
    except ValueError as error:
        raise InvalidRequest("amount or line", f"{error}; write --amount 60.00 --line LINE:QUANTITY") from None


def _show(ledger: Ledger, entry: JournalEntry) -> None:
    say(f"Entered as entry {entry.seq} ({entry.key}).")
    name = accounts.suspense(entry.order)
    for stands in (one for one in ledger.balances(name) if one.account == name and one.posted):
        missing = amount(-stands.posted, stands.commodity)
        say(f"In suspense for order {entry.order}: {missing}, which nothing covers yet.")
    for plan in entry.facts.get("withdrawn", ()):
        case = plan.split(":")[1]
        say(f"Return {case} has to plan anew: python starter.py replan {case} --by {entry.actor}")
