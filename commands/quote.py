"""What would go back, computed from a file alone.

python -m commands.quote > docs/quote.schema.json
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands import judging, output
from commands.judging import At, BasisName, Delivered, PolicyName, Subject
from commands.output import AsJson, Format, Transactions, example
from commands.wanted import Units, naming
from domain.errors import InvalidRequest, Refused

if TYPE_CHECKING:
    from domain.history import History
    from domain.order import Order
    from domain.policy import Decision, LineDecision
    from domain.quoted import Quoted
    from domain.request import ReturnRequest

app = output.group("Quotes.")


@app.command(epilog=example("quote --order embedded/orders/two_rates.json --line 1:2:defective --line BOOK-TEA:1"))
def quote(
    order: Annotated[Path, typer.Option(metavar="FILE", help="The order as JSON: a shop's own, or ours.")],
    line: Annotated[
        list[str],
        typer.Option(metavar="LINE:QUANTITY:REASON", help="What would come back, by the line's id, or its SKU."),
    ],
    format: Format = "auto",
    transactions: Transactions = None,
    refunded: Annotated[
        list[str] | None,
        typer.Option(metavar="LINE:QUANTITY", help="What went back before, for what it was worth."),
    ] = None,
    policy: PolicyName = None,
    basis: BasisName = None,
    at: At = None,
    delivered: Delivered = None,
    as_json: AsJson = False,
) -> None:
    """What would go back for these units, on full terms or those of a policy; nothing is started or stored."""
    from domain.explain import as_text, explain
    from domain.quote import quote_of

    _check_options(policy, {"--basis": basis, "--at": at, "--delivered": delivered})
    found = judging.read_file(order, format, transactions, delivered)
    wanted = Units.read(found, "--line", line)
    history = _history(found, Units.read(found, "--refunded", refunded or ()))
    if policy is None:
        quoted, decision = _on_full_terms(found, history, wanted), None
    else:
        asked = judging.request_of(found, wanted, judging.basis_of(basis))
        quoted, decision = _judged(judging.subject_of(found, history), policy, asked, judging.moment(at))
    told = explain(quoted.plan, found, history, quoted.terms)
    if as_json:
        output.print_json(quote_of(found, quoted.plan, told, wanted.reasons, decision).model_dump(mode="json"))
    else:
        output.say(*as_text(told).splitlines(), *_verdicts(decision))


def _check_options(policy: str | None, others: Mapping[str, str | None]) -> None:
    for option, value in others.items():
        if policy is None and value is not None:
            raise InvalidRequest(option, "it is for a quote under a policy; name one with --policy, or leave it out")


def _history(order: Order, refunded: Units) -> History:
    """What had gone back. Raises InvalidRequest for more units than were left, by the option that names them."""
    from domain.history import history_of
    from domain.planning import with_units

    history = history_of(order)
    with naming(refunded.option):
        return with_units(order, history, refunded.units) if refunded.units else history


def _on_full_terms(order: Order, history: History, wanted: Units) -> Quoted:
    """The plan on full terms. Raises InvalidRequest for more units than are left, by the option that names them."""
    from domain.planning import plan_refund
    from domain.quoted import Quoted
    from domain.terms import Terms

    with naming(wanted.option):
        return Quoted(plan_refund(order, history, wanted.units, Terms()), Terms())


def _judged(subject: Subject, policy: str, asked: ReturnRequest, now: datetime) -> tuple[Quoted, Decision]:
    """The plan on the terms of a policy and the law. Raises Refused if nothing is approved."""
    from domain.policy import decide
    from domain.quoted import quoted

    published = judging.policy_named(policy)
    judges = judging.under(published)
    decision = decide(subject.order, asked, judges, subject.returnable, published.policy.calendar, now)
    found = quoted(subject.order, subject.history, decision)
    if found is None:
        words = " ".join(f"Line {one.line_id}: {_against(one)}" for one in decision.lines)
        raise Refused("declined", f"Nothing would go back under {decision.policy}. {words}")
    return found, decision


def _verdicts(decision: Decision | None) -> Iterator[str]:
    """How the lines were judged, where that was asked."""
    for one in decision.lines if decision else ():
        basis = f" as {one.basis}".replace("_", " ") if one.basis else ""
        yield f"Line {one.line_id}: {one.verdict}{basis}. {_against(one)}".strip()


def _against(line: LineDecision) -> str:
    """What was said against a line."""
    return " ".join(one.text for one in line.reasons if one.verdict != "approve")


if __name__ == "__main__":
    from domain.quote import quote_schema

    sys.stdout.write(json.dumps(quote_schema(), indent=2, ensure_ascii=False) + "\n")
