"""Returns: start one, look at one, list them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from commands import judging, output, values
from commands.deployment import open_rooms
from commands.judging import BasisName
from commands.output import AsJson, Case, Swaps, example
from domain.errors import InvalidRequest, Refused, Unavailable

if TYPE_CHECKING:
    from commands.dossier import Dossier
    from commands.temporal import CaseView, ListedReturn, Returns
    from domain.order import Order
    from domain.request import ReturnRequest
    from wiring import Rooms

app = output.group("Returns.")

_NOTE_CHARACTERS = 2_000
"""What the store of notes takes."""

OWNERS = ("shopper", "carrier", "warehouse", "ops", "finance", "provider", "backhaul", "nobody")
"""Everybody that a return may wait for."""

_PATIENCE_SECONDS = 10.0


@app.command(epilog=example("start --id R-1 --order B-2041 --line 1:2:defective --note '1=The handle is loose.'"))
def start(
    case: Annotated[
        str, typer.Option("--id", help="The return's id, chosen by you; the same id is the same return for ever.")
    ],
    order: Annotated[str, typer.Option(help="The order's number or id.")],
    line: Annotated[
        list[str],
        typer.Option(metavar="LINE:QUANTITY:REASON", help="What comes back; the reason may be left out."),
    ],
    note: Annotated[
        list[str] | None, typer.Option(metavar="LINE=TEXT", help="The shopper's own words about a line; kept apart.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who asks for it, in one word.")] = "shopper",
    basis: BasisName = None,
    appeal: Annotated[
        str | None, typer.Option(metavar="RETURN", help="An earlier return that was declined; a person looks again.")
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="How it gets back: label, qr_code, drop_off, in_store or shopper_ships.")
    ] = None,
    resolution: Annotated[
        str,
        typer.Option(
            help="What the shopper gets for it, if the policy offers it: refund, store_credit, replacement or repair."
        ),
    ] = "refund",
    exchange: Swaps = None,
    as_json: AsJson = False,
) -> None:
    """Start a return and wait a moment for verdict, quote and label; the same again gives the same return."""
    rooms = open_rooms()
    told = {"requested_by": by, **({"basis": judging.basis_of(basis)} if basis else {})}
    told |= {name: one for name, one in (("appeals", appeal), ("method", method)) if one}
    told |= {"resolution": "exchange" if exchange else resolution}
    request = request_of(
        rooms, case, order, values.exchanged(values.lines(line, "reason"), exchange or (), resolution), told
    )
    texts = _texts(request, note or ())
    _show(asyncio.run(_start(rooms, request, texts)), as_json)


@app.command(epilog=example("show R-1"))
def show(case: Case, as_json: AsJson = False) -> None:
    """One return: where it stands, what happens next, and all that was recorded; from the journal if need be."""
    from commands.dossier import dossier

    _show(asyncio.run(dossier(case, open_rooms())), as_json)


@app.command("list", epilog=example("list --needs warehouse --limit 20"))
def list_returns(
    stage: Annotated[
        str,
        typer.Option(help="Such as awaiting_parcel, inspection, offer or refund; a wrong one is told which there are."),
    ] = "",
    needs: Annotated[str, typer.Option(help=f"Who must act: {', '.join(OWNERS)}.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Returns, the running ones first, a second or so behind; `show` is exact."""
    found, late = asyncio.run(_list(stage, needs, limit))
    if as_json:
        output.print_json([one.model_dump(mode="json") for one in found])
        return
    rows = [
        (one.id, _stage(one), one.needs_action, one.order_id, one.outcome, f"{one.started_at:%Y-%m-%d %H:%M}")
        for one in found
    ]
    output.table(("Return", "Stage", "Needs", "Order", "Outcome", "Started (UTC)"), rows, "There are no such returns.")
    if late:
        what = output.many(late, "late fact")
        output.say("", f"Besides, {what} of what has closed: `python starter.py aftercare`")


def request_of(
    rooms: Rooms, case: str, order: str, lines: list[dict[str, object]], told: Mapping[str, object]
) -> ReturnRequest:
    """The request, checked against its order; `told` is what else was said of it.

    Raises InvalidRequest, and Refused for an order that is not known or cannot be paid.
    """
    from domain.exchange import with_exchanges
    from domain.request import check_against, parse_request
    from ledger.recall import happened

    found = rooms.stores.orders.get(order)
    if found is None:
        raise Refused("not_found", f"There is no order {order}; import it: `python starter.py orders import FILE`")
    request = parse_request({"id": case, "order_id": found.id, "lines": lines, **told})
    check_against(request, with_exchanges(found, happened(rooms.ledger.entries(order=found.id)).values()))
    _check_payment(found)
    return request


def _check_payment(order: Order) -> None:
    from domain.order import UNLINKED

    if any(tender.id == UNLINKED and tender.captured > tender.refunded for tender in order.tenders):
        words = f"Order {order.number} came without its payment, so nothing could be refunded. Link it first"
        raise Refused("payment_not_linked", f"{words}: `python starter.py orders import FILE --payment ID`")


def _texts(request: ReturnRequest, notes: Iterable[str]) -> dict[str, str]:
    wanted = {line.line_id for line in request.lines}
    texts: dict[str, str] = {}
    for note in notes:
        line_id, _, text = note.partition("=")
        if line_id not in wanted or not text.strip():
            raise InvalidRequest("--note", "it is LINE=TEXT, where LINE is one of the lines that come back")
        if len(text) > _NOTE_CHARACTERS:
            raise InvalidRequest("--note", f"{len(text):,} characters; at most {_NOTE_CHARACTERS:,} are kept")
        texts[line_id] = text
    return texts


async def _start(rooms: Rooms, request: ReturnRequest, texts: dict[str, str]) -> Dossier:
    from commands.dossier import dossier
    from commands.temporal import Returns

    returns = await Returns.connect()
    await returns.start(request, rooms.stores.notes, texts)
    await _until_answered(returns, request.id)
    return await dossier(request.id, rooms)


async def _until_answered(returns: Returns, case: str) -> None:
    """Until verdict and label are there, somebody is needed, or patience ends; the return goes on either way."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not _answered(await returns.view(case)) and await returns.status(case) == "running":
                await asyncio.sleep(0.1)
    except (TimeoutError, Unavailable):
        return


def _answered(view: CaseView) -> bool:
    return bool(view.method or view.troubles or view.outcome or view.next_owner == "ops")


def _show(found: Dossier, as_json: bool) -> None:
    from commands import panel
    from domain import ids

    if as_json:
        shown = found.model_dump(mode="json", exclude={"command", "view"})
        view = found.view.model_dump(mode="json") if found.view else None
        output.print_json({**shown, "return": view, "workflow_id": ids.workflow_id(found.id)})
    else:
        panel.show_dossier(found)
    if found.failure:
        raise typer.Exit(1)


def _is_person(name: str) -> bool:
    return open_rooms().stores.people.get(name) is not None


async def _list(stage: str, needs: str, limit: int) -> tuple[list[ListedReturn], int]:
    """The returns, and how many late facts wait besides them."""
    from commands.late import Aftercares
    from commands.temporal import Returns
    from workflows.return_case.stage import Stage

    if stage and stage not in list(Stage):
        raise InvalidRequest("--stage", f"{stage!r} is none; a return is in {', '.join(Stage)}")
    if needs and needs not in OWNERS and not _is_person(needs):
        raise InvalidRequest("--needs", f"{needs!r} is none; a return waits for {', '.join(OWNERS)}")
    returns = await Returns.connect()
    late = 0 if stage else await Aftercares(returns.client).count(needs)
    return await returns.list(stage, needs, limit), late


def _stage(one: ListedReturn) -> str:
    """The stage; for a return that Temporal ended, Temporal's word, because an engineer must look."""
    return one.stage if one.status in ("running", "completed") else f"{one.stage} ({one.status})"
