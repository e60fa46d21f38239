"""Why a policy says what it says: what became of every rule on the way to a decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands import judging, output, publications, values
from commands.judging import At, BasisName, Delivered, PolicyName
from commands.output import AsJson, Format, Transactions, example
from commands.wanted import Units, reason_named

if TYPE_CHECKING:
    from activities.decisions.plain_yaml import Document
    from domain.order import Order
    from domain.policy import LineDecision, PublishedPolicy, Step, Traced

app = output.group("Return policies.")


@dataclass(frozen=True)
class RuleTold:
    """What became of one rule for one line; `rule` is its number from 1, `at` the file and line where it stands."""

    line_id: str
    document: str
    clause: str
    rule: int
    at: str
    outcome: str
    condition: str
    grades: tuple[str, ...]


@app.command(epilog=example("policy explain --order embedded/orders/two_rates.json --line 1:2 --reason defective"))
def explain(
    order: Annotated[str, typer.Option(metavar="FILE|ID", help="The order as JSON, or the number or id of one.")],
    line: Annotated[
        list[str], typer.Option(metavar="LINE[:QUANTITY[:REASON]]", help="What would come back; one unit unless said.")
    ],
    reason: Annotated[str | None, typer.Option(help="Why, for lines that do not say.")] = None,
    basis: BasisName = None,
    policy: PolicyName = None,
    at: At = None,
    delivered: Delivered = None,
    format: Format = "auto",
    transactions: Transactions = None,
    as_json: AsJson = False,
) -> None:
    """Judge a request and show every rule that was read for it: which spoke, which was overruled, which missed."""
    from domain.policy import traced

    here, now = judging.Here(), judging.moment(at)
    subject = judging.read_subject(order, here, format, transactions, delivered)
    units = Units.read(subject.order, "--line", judging.with_one(line))
    asked = judging.request_of(subject.order, units, judging.basis_of(basis), reason_named(reason))
    sources: dict[str, tuple[str, Document]] = {}
    if policy is not None and publications.is_file(policy):
        published, source = judging.read_policy(Path(policy))
        sources[published.ref] = (policy, source)
    elif policy is not None:
        published = judging.policy_named(policy, here)
    else:
        published = here.policy(subject)
        sources |= _as_published(here, published.ref)
    judges = judging.under(published)
    found = traced(subject.order, asked, judges, subject.returnable, published.policy.calendar, now)
    _show(subject.order, published, found, _rules(found.steps, sources), as_json)


def _rules(steps: Sequence[Step], sources: dict[str, tuple[str, Document]]) -> list[RuleTold]:
    """What became of every rule, once each, with the grades for which it did."""
    grades: dict[tuple[str, str, str, int, str, str], list[str]] = {}
    for one in dict.fromkeys(steps):
        key = (one.line_id, one.document, one.clause, one.number, one.outcome, one.condition)
        grades.setdefault(key, []).extend([one.grade] if one.grade else [])
    return [
        RuleTold(
            line_id, document, clause, number, _place(document, clause, number, sources), outcome, missed, tuple(of)
        )
        for (line_id, document, clause, number, outcome, missed), of in grades.items()
    ]


def _as_published(here: judging.Here, ref: str) -> dict[str, tuple[str, Document]]:
    """Where the parts of a published policy stand in its file, called by its name; nothing if no file was kept."""
    from activities.decisions import plain_yaml

    text = here.rooms.stores.policies.text(ref)
    return {ref: (ref, plain_yaml.read(text))} if text else {}


def _place(document: str, clause: str, number: int, sources: dict[str, tuple[str, Document]]) -> str:
    """The file and line of a rule; empty where no file of the document is known."""
    from activities.decisions import plain_yaml
    from wiring import STATUTES

    if not number:
        return ""
    if document not in sources:
        path = STATUTES / f"{document.partition('@')[0].replace('-', '_')}.yaml"
        if not path.is_file():
            return ""
        sources[document] = (path.name, plain_yaml.read(values.read_text(path)))
    file, source = sources[document]
    return f"{file}:{source.line((clause, number - 1))}"


def _show(order: Order, policy: PublishedPolicy, found: Traced, rules: Sequence[RuleTold], as_json: bool) -> None:
    decision = found.decision
    if as_json:
        trace = [asdict(one) for one in rules]
        shown = {
            "order": order.id,
            "number": order.number,
            "decision": decision.model_dump(mode="json"),
            "trace": trace,
        }
        output.print_json(shown)
        return
    title = f"Order {order.number} under {policy.ref} ({policy.policy.title})"
    output.say(title, f"asked for on {decision.decided_at:%d %B %Y %H:%M} UTC")
    for one in decision.lines:
        sold = order.line(one.line_id)
        output.say("", f"Line {one.line_id}: {one.quantity} x {sold.title if sold else ''}, {_plain(one.reason)}")
        _show_rules([rule for rule in rules if rule.line_id == one.line_id])
        _show_line(one)
    output.say("", f"Verdict on all of it: {decision.verdict}; to be sent by {decision.last_day_to_send:%d %B %Y}")
    output.say(*(f"The law also asks for {one}." for one in decision.obligations))


def _show_rules(rules: Sequence[RuleTold]) -> None:
    elsewhere = [one for one in rules if one.clause == "applies" and one.outcome == "missed"]
    rows = [(one.document, one.clause, one.rule or "", _became(one), one.at) for one in rules if one not in elsewhere]
    output.table(("Document", "Clause", "Rule", "What became of it", "Where"), rows, "No rule was read.")
    if elsewhere:
        names = ", ".join(f"{one.document.partition('@')[0]} ({one.condition})" for one in elsewhere)
        output.say(f"Statutes that are not for it, with the condition that does not hold: {names}")


_MERIT = {"judgement": "stricter", "eligibility": "an exclusion, or better for the shopper"}
"""What makes a rule of a clause speak before others with as many conditions."""


def _became(rule: RuleTold) -> str:
    words: Mapping[str, str] = {
        "speaks": "spoke",
        "missed": f"missed: {rule.condition}",
        "less_specific": "overruled: another has more conditions",
        "less_favourable": f"overruled: another is {_MERIT.get(rule.clause, 'better for the shopper')}",
    }
    grades = f" (for {', '.join(rule.grades)})" if rule.grades else ""
    return words[rule.outcome] + grades


def _show_line(line: LineDecision) -> None:
    """The grounds that are open, what is said of them, and the terms that they give together."""
    opened = ", ".join(_plain(one) for one in line.open) or "none"
    until = f", until {line.returnable_day:%d %B %Y}" if line.returnable_day and line.open else ""
    output.say("", f"Open grounds: {opened}{until}")
    rows = [(_plain(one.basis or ""), one.verdict, one.text) for one in line.reasons]
    output.table(("Ground", "Speaks for", "Reason"), rows, "")
    if line.terms is not None:
        output.say("")
        given = [(_plain(one.term), one.text, _plain(one.basis), one.policy, one.cite) for one in line.terms.given]
        output.table(("Term", "What holds", "Given by", "Document", "Law"), [*given, *_fees(line)], "")
    counts = f", counts as {_plain(line.basis)}" if line.basis else ""
    output.say("", f"Verdict: {line.verdict}{counts}")


def _fees(line: LineDecision) -> Iterator[tuple[object, ...]]:
    """What is kept of a unit of each grade."""
    for name, cuts in (
        (("restocking", line.terms.restocking), ("lost value", line.terms.lost_value)) if line.terms else ()
    ):
        for grade, cut in cuts.items():
            kept = f"{cut.percent} percent" if cut.percent is not None else f"{cut.amount} minor units a unit"
            yield f"{name}, {grade}", f"{kept} {cut.reason}".strip(), "", "", ""


def _plain(word: str) -> str:
    return word.replace("_", " ")
