"""What a new policy would have changed: every request that was made, judged again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from commands import judging, output, replaying, values
from commands.judging import Here
from commands.output import AsJson, example
from commands.replaying import Judged, Recorded, Unjudged
from domain.errors import Refused

if TYPE_CHECKING:
    from domain.policy import LineDecision, Policies

app = output.group("Return policies.")

_NAMED = 20
"""Requests that cannot be judged again are counted, and so many of them named."""


Change = Mapping[str, Any]
"""What changes about one request, as it is told in JSON."""


@dataclass
class Tally:
    """What came of all of them: sums of quotes before and after by currency, in minor units."""

    decisions: int = 0
    changed: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    unjudged: int = 0
    named: list[Unjudged] = field(default_factory=list)

    def count(self, currency: str, old: Judged, new: Judged, changed: bool) -> None:
        """One more that was judged."""
        self.decisions += 1
        self.changed += changed
        self.before[currency] += old.total
        self.after[currency] += new.total
        self.verdicts[old.decision.verdict.value, new.decision.verdict.value] += 1

    def leave_out(self, one: Unjudged) -> None:
        """One more that could not be judged."""
        self.unjudged += 1
        if len(self.named) < _NAMED:
            self.named.append(one)

    @property
    def sums(self) -> list[tuple[str, int, int]]:
        """Currency, before and after, by currency."""
        return [(one, self.before[one], self.after[one]) for one in sorted(self.before)]


@app.command(epilog=example("policy replay --policy policies/default.yaml --since 2026-01-01"))
def replay(
    policy: Annotated[str, typer.Option(metavar="FILE|REF", help="The policy to judge by.")],
    requests: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help="Requests to judge, a line each, instead of the journal's."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="FILE|REF", help="Compare with this policy, not with what was decided or is in force."),
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only requests from then on.")] = None,
    as_json: AsJson = False,
) -> None:
    """Judge every request again under another policy: what changes, and what that costs; nothing is recorded."""
    here = judging.Here()
    new = judging.policy_named(policy, here)
    judges, first = judging.under(new), values.moment("--since", since)
    before = _before(against, judges, here)
    found = replaying.from_file(requests, here, first) if requests else replaying.from_journal(here.rooms, first)
    # What changes waits in a file: however many there are, and whatever ends it early, the answer is whole or none.
    with TemporaryFile("w+", encoding="utf-8") as changes:
        tally = Tally()
        for change in _changes(found, before, judges, tally):
            changes.write(f"{json.dumps(change, ensure_ascii=False)}\n")
        changes.seek(0)
        (_print_json if as_json else _print)(new.ref, tally, changes)


def _before(against: str | None, judges: Policies, here: Here) -> Callable[[Recorded], Judged]:
    """What a request is compared with: a document, else what was decided, else what is in force."""
    if against is not None:
        old = judges.model_copy(update={"policy": judging.policy_named(against, here)})
        return lambda one: replaying.judge(one, old)

    def known(one: Recorded) -> Judged:
        if one.before is not None:
            return one.before
        policy = here.policy(one.subject, "--against")
        return replaying.judge(one, judges.model_copy(update={"policy": policy}))

    return known


def _changes(
    found: Iterator[Recorded | Unjudged], before: Callable[[Recorded], Judged], judges: Policies, tally: Tally
) -> Iterator[Change]:
    """The requests that would be decided otherwise, counted on the way."""
    for one in found:
        if isinstance(one, Recorded):
            try:
                old, new = before(one), replaying.judge(one, judges)
            except Refused as error:
                tally.leave_out(Unjudged(one.name, error.message))
            else:
                change = _change(one, old, new)
                tally.count(one.subject.order.currency, old, new, change is not None)
                if change:
                    yield change
        else:
            tally.leave_out(one)


def _change(one: Recorded, old: Judged, new: Judged) -> Change | None:
    """What is other than it was, `[before, after]`; None if nothing is."""
    known = {line.line_id: line for line in old.decision.lines}
    lines = [
        {"line_id": line.line_id, **terms}
        for line in new.decision.lines
        if (before := known.get(line.line_id)) and (terms := _terms(before, line))
    ]
    if not lines and old.total == new.total:
        return None
    order = one.subject.order
    return {
        "request": one.name,
        "order": order.id,
        "at": one.at.isoformat(),
        "verdict": [old.decision.verdict.value, new.decision.verdict.value],
        "currency": order.currency,
        "quoted": [old.total, new.total],
        "lines": lines,
    }


def _terms(old: LineDecision, new: LineDecision) -> Change:
    """What is other about a line: its verdict, its basis, and the terms that it would come back on."""
    pairs: dict[str, tuple[object, object]] = {"verdict": (old.verdict.value, new.verdict.value)}
    # What does not come back has no terms that matter; and decisions of old had none.
    if "decline" not in (old.verdict, new.verdict) and old.terms is not None and new.terms is not None:
        before, after = (one.model_dump(mode="json", exclude={"given"}) for one in (old.terms, new.terms))
        pairs |= {"basis": (old.basis, new.basis), **{name: (before[name], after[name]) for name in after}}
    return {name: list(pair) for name, pair in pairs.items() if pair[0] != pair[1]}


def _print_json(ref: str, tally: Tally, changes: TextIO) -> None:
    """One document, whose changes never stand in memory together."""
    whole = {
        "policy": ref,
        "decisions": tally.decisions,
        "changed": tally.changed,
        "verdicts": [{"before": old, "after": new, "requests": n} for (old, new), n in tally.verdicts.items()],
        "quoted": [
            {"currency": currency, "before": old, "after": new, "difference": new - old}
            for currency, old, new in tally.sums
        ],
        "unjudged": tally.unjudged,
        "unjudged_first": [{"request": one.name, "why": one.why} for one in tally.named],
    }
    typer.echo(f"{json.dumps(whole, indent=2, ensure_ascii=False)[:-2]},", nl=False)
    typer.echo('\n  "changes": [', nl=False)
    for number, change in enumerate(changes):
        typer.echo(f"{',' if number else ''}\n    {change.rstrip()}", nl=False)
    typer.echo("\n  ]\n}")


def _print(ref: str, tally: Tally, changes: TextIO) -> None:
    for text in changes:
        output.say(*_told(json.loads(text)))
    output.say(
        f"Judged again under {ref}: {output.many(tally.decisions, 'request')}, "
        f"of which {tally.changed} would be decided otherwise.",
        *(f"  {old} would be {new}: {count}" for (old, new), count in tally.verdicts.items() if old != new),
    )
    if tally.unjudged:
        output.say(f"{tally.unjudged} could not be judged again and are left out, such as:")
        output.say(*(f"  {one.name}: {one.why}" for one in tally.named))
    rows = [
        (_money(old, currency), _money(new, currency), _signed(new - old, currency))
        for currency, old, new in tally.sums
    ]
    if rows:
        output.table(("Quoted before", "Quoted after", "Difference"), rows, "")


def _told(change: Change) -> Iterator[str]:
    """One change in a few lines."""
    old, new = change["verdict"]
    before, after = (_money(one, change["currency"]) for one in change["quoted"])
    judged = old if old == new else f"{old} would be {new}"
    quoted = before if before == after else f"{before} would be {after}"
    yield f"{change['request']} (order {change['order']}, {change['at'][:10]}): {judged}, {quoted}"
    for line in change["lines"]:
        for name, pair in line.items():
            if name != "line_id":
                was, would_be = (_words(one) or "none" for one in pair)
                yield f"  line {line['line_id']}, {name.replace('_', ' ')}: {was} would be {would_be}"


def _words(value: object) -> str:
    """A term as people read it."""
    if isinstance(value, list):
        return "; ".join(map(_words, value))
    if not isinstance(value, Mapping):
        return "" if value is None else str(value).replace("_", " ")
    if "after" in value:
        return f"{value['days']} days after {_words(value['after'])}"
    kept = ((grade, f"{cut['percent']} percent" if cut["percent"] else cut["amount"]) for grade, cut in value.items())
    return ", ".join(f"{_words(grade)} {much}" for grade, much in kept)


def _money(minor: int, currency: str) -> str:
    from domain.money import Money

    return str(Money(minor=minor, currency=currency))


def _signed(minor: int, currency: str) -> str:
    return f"{'-' if minor < 0 else '+'}{_money(abs(minor), currency)}"
