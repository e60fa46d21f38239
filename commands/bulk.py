"""The same word to many returns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from commands import mending, output, values
from commands.deployment import open_rooms
from commands.output import AsJson, By, example
from domain.errors import BackhaulError, InvalidRequest, Refused, Unavailable
from domain.model import Model

if TYPE_CHECKING:
    from commands.temporal import ListedReturn, Returns

app = output.group("Many returns at once.")

AT_ONCE = 10
"""So many messages are on their way at a time, so that workers keep up with the rest."""


class Told(Model):
    """What one return made of it: `done`, or a refusal's code with its words, or `no_answer`; in a dry run `would` or
    `paused`."""

    id: str
    stage: str
    result: str
    message: str = ""


@app.command(
    epilog=example('bulk retry --query \'NeedsAction = "finance" AND ReturnStage = "refund"\' --by ops --dry-run')
)
def bulk(
    verb: Annotated[str, typer.Argument(metavar="VERB", help="retry, replan, cancel or extend.")],
    query: Annotated[
        str, typer.Option(help='Temporal\'s list filter over open returns, such as `NeedsAction = "ops"`.')
    ],
    by: By,
    deadline: mending.Deadline | None = None,
    until: mending.Until | None = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list whom it reaches, or who is paused.")] = False,
    bulk_id: Annotated[
        str | None,
        typer.Option("--id", help="Of an earlier bulk that was broken off: who was told already is not told again."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many returns.")] = 10_000,
    as_json: AsJson = False,
) -> None:
    """Say one thing to every open return that a query finds; exit code 1 if any did not take it."""
    import secrets

    from activities.people import check_speaker
    from domain.verbs import Verb

    makers = _makers(deadline, until)
    if verb not in makers:
        raise InvalidRequest("VERB", f"{verb!r} is none that goes to many; it is {', '.join(makers)}")
    if not query.strip():
        raise InvalidRequest("--query", 'say which returns, such as `NeedsAction = "ops"`')
    if verb in ("cancel", "extend"):
        check_speaker(open_rooms().stores.people, by, Verb(verb))  # so that a dry run says it, too
    (name, make), own_id = makers[verb], bulk_id or f"bulk-{secrets.token_hex(6)}"
    told = asyncio.run(_all(query, limit, None if dry_run else (own_id, name, make(by))))
    if as_json:
        output.print_json({"id": "" if dry_run else own_id, "returns": [one.model_dump() for one in told]})
    else:
        rows = [(one.id, one.stage, one.result, one.message) for one in told]
        output.table(("return", "stage", "result", "words"), rows, "No open return is found by that query.")
        if not dry_run and told:
            output.say(f"Said as {own_id}; broken off, it goes on with `--id {own_id}`.")
    if failed := [one for one in told if one.result not in ("done", "would", "paused")]:
        raise Refused("not_all", f"{output.many(len(failed), 'return')} of {len(told)} did not take it")


def _makers(deadline: str | None, until: str | None) -> Mapping[str, tuple[str, Callable[[str], Model]]]:
    """Verbs that mean the same to every return."""
    from workflows.return_case.said import Cancel, CancelReason, Replan, RetryNow

    return {
        "retry": ("retry_now", lambda by: values.make(RetryNow, {"by": by})),
        "replan": ("replan", lambda by: values.make(Replan, {"by": by})),
        "extend": ("extend", lambda by: mending.more_time(by, deadline, until)),
        "cancel": ("cancel", lambda by: values.make(Cancel, {"by": by, "reason": CancelReason.STAFF})),
    }


async def _all(query: str, limit: int, what: tuple[str, str, Model] | None) -> Sequence[Told]:
    from commands.temporal import Returns

    returns = await Returns.connect()
    found = [one for one in await returns.find(f"({query})", limit) if one.closed_at is None]
    if what is None:
        return [
            Told(id=one.id, stage=one.stage, result=one.status if one.status == "paused" else "would") for one in found
        ]
    turn = asyncio.Semaphore(AT_ONCE)
    return await asyncio.gather(*(_one(returns, one, what, turn) for one in found))


async def _one(returns: Returns, listed: ListedReturn, what: tuple[str, str, Model], turn: asyncio.Semaphore) -> Told:
    from domain.verbs import Verb

    own_id, verb, said = what
    async with turn:
        try:
            seen = await returns.tell(listed.id, Verb(verb), said, f"{own_id}:{listed.id}")
        except Unavailable as silent:
            return Told(id=listed.id, stage=listed.stage, result="no_answer", message=silent.message)
        except Refused as no:
            return Told(id=listed.id, stage=listed.stage, result=no.code, message=no.message)
        except BackhaulError as error:
            return Told(id=listed.id, stage=listed.stage, result="refused", message=error.message)
    return Told(id=listed.id, stage=seen.stage, result="done")
