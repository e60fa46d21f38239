"""What a person decides otherwise than the policy."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands import messages, output, values
from commands.output import AsJson, By, Case, Remark, example
from domain.errors import InvalidRequest

if TYPE_CHECKING:
    from commands.temporal import CaseView

app = output.group("Overrides.")


@app.command(epilog=example("override R-1 --line 1 --verdict approve --by fay --key fay.pem --reason our_mistake"))
def override(
    case: Case,
    by: By,
    key: Annotated[Path, typer.Option(metavar="FILE", help="Your own private key; it signs here and goes nowhere.")],
    line: Annotated[list[str], typer.Option(metavar="LINE", help="The line; several are changed alike.")],
    reason: Annotated[
        str, typer.Option(help="loyal_customer, our_mistake, proof_seen, special_case, suspected_abuse.")
    ],
    verdict: Annotated[str | None, typer.Option(help="approve or decline.")] = None,
    units: Annotated[int | None, typer.Option(help="Of one line in review: how many come back.")] = None,
    waive: Annotated[list[str] | None, typer.Option(help="restocking, lost_value or label.")] = None,
    send_back_until: Annotated[
        str | None, typer.Option(metavar="DAY", help="A later last day to send, such as 2027-01-31.")
    ] = None,
    refund_percent: Annotated[int | None, typer.Option(help="Of goodwill: how much of the worth is paid back.")] = None,
    label_fee: Annotated[str | None, typer.Option(metavar="AMOUNT", help="Of goodwill, for our label: 4.50.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="The shopper keeps the goods and is paid all the same.")] = False,
    remark: Remark = "",
    as_json: AsJson = False,
) -> None:
    """Decide otherwise than the policy, up to your limit; above it somebody else has to `approve` it."""
    from domain.override import Change, Override, OverrideReason, override_statement
    from ledger.signing import load_key, sign

    if reason not in list(OverrideReason):
        raise InvalidRequest("--reason", f"{reason!r} is none; it is {', '.join(OverrideReason)}")
    given = {"lines": line, "verdict": verdict, "units": units, "waive": waive or [], "refund_percent": refund_percent}
    given |= {"send_back_until": send_back_until, "keep": "yes" if keep else None}
    values.make(Change, {**given, "label_fee": label_fee and 0})  # before anything is opened
    private, update_id = load_key(key), f"override-{secrets.token_hex(8)}"

    def compose(seen: CaseView) -> Override:
        fee = values.minor("--label-fee", label_fee, seen.currency)
        change = values.make(Change, {**given, "label_fee": fee})
        signature = sign(private, override_statement(case, change, reason, update_id))
        signed = {"update_id": update_id, "signature": signature}
        return values.make(Override, {"by": by, "reason": reason, "change": change, "remark": remark, **signed})

    messages.tell(case, "override", compose, as_json)
