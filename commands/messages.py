"""How a command says something to one return, or to the aftercare of one that has closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from commands import output
from commands.deployment import open_rooms

if TYPE_CHECKING:
    from commands.late import Aftercares, AftercareView
    from commands.temporal import CaseView, Returns
    from domain.model import Model
    from domain.verbs import Verb

Compose = Callable[["CaseView"], "Model | None"]
"""What is to be said, from how the return stands; None if that was said already."""


def tell(case: str, verb: str, compose: Compose, as_json: bool) -> None:
    """Compose a message, say it, and show the return as it stands then. Raises Refused if it is closed."""
    asyncio.run(_tell(case, verb, compose, as_json))


def say(name: str, verb: str, said: Model, as_json: bool) -> None:
    """The same for what aftercare takes, too: where the return has ended, the open aftercare of it hears it. `name` may
    be the aftercare's own id, or the order's. Raises Refused where nobody would hear it, or more than one."""
    asyncio.run(_say(name, verb, said, as_json))


async def _tell(case: str, verb: str, compose: Compose, as_json: bool) -> None:
    from commands.temporal import Returns
    from domain.errors import Refused

    returns = await Returns.connect()
    seen = await returns.view(case)
    if seen.outcome is not None:
        appeal = (
            f"; a new one can appeal it: `python starter.py start --appeal {case}`"
            if verb == "override" and not seen.appeals
            else ""
        )
        appeal = f"; goods that came late: `python starter.py late receive {case}`" if verb == "receive" else appeal
        raise Refused("closed", f"Return {case} is closed ({seen.outcome}); nothing can change it any more{appeal}.")
    await _told(returns, seen, case, verb, compose(seen), as_json)


async def _told(returns: Returns, seen: CaseView, case: str, verb: str, said: Model | None, as_json: bool) -> None:
    from commands import links, panel
    from domain import ids
    from domain.verbs import Verb

    name = ids.workflow_id(case)
    if said is not None:
        seen = await returns.tell(case, Verb(verb), said)
    ui = links.ui(open_rooms().settings, returns.namespace, name)
    if as_json:
        output.print_json({"return": seen.model_dump(mode="json"), "workflow_id": name, "ui": ui})
    else:
        command = links.update(returns, name, verb, said) if said else links.history(returns, name)
        panel.show_view(seen, None, ui, command)


async def _say(name: str, verb: str, said: Model, as_json: bool) -> None:
    from commands.late import Aftercares, is_aftercare
    from commands.temporal import Returns
    from domain.errors import Refused
    from domain.verbs import Verb

    returns, only_late = await Returns.connect(), Verb(verb) in (Verb.PAY_AGAIN, Verb.TAKE_BACK, Verb.NOTED)
    seen, gone = (
        None,
        Refused("not_found", f"Nothing late of {name} waits; see what does: `python starter.py aftercare`"),
    )
    if not only_late and not is_aftercare(name):
        try:
            seen = await returns.view(name)
        except Refused as error:  # Temporal keeps what has ended for a while only
            gone = error
    if seen is not None and seen.outcome is None:
        await _told(returns, seen, name, verb, said, as_json)
        return
    aftercares = Aftercares(returns.client)
    late = await aftercares.named(name, Verb(verb))
    if late is None and (order := order_named(name)):
        late = await aftercares.named(order, Verb(verb))
    if late is not None:
        await _told_late(returns, late, Verb(verb), said, as_json)
        return
    if seen is not None:
        closed = (
            f"Return {name} is closed ({seen.outcome}), and nothing late of it waits; nothing can change it any more"
        )
        raise Refused("closed", closed)
    raise gone


def say_late(name: str, verb: str, said: Model, as_json: bool) -> None:
    """Say something to the open aftercare of goods that came late. Raises Refused where there is none, or several."""
    asyncio.run(_say_late(name, verb, said, as_json))


def late_view(name: str) -> AftercareView:
    """How the open aftercare of goods that came late stands. Raises Refused where there is none, or several."""

    async def seen() -> AftercareView:
        from commands.late import Aftercares
        from commands.temporal import Returns

        aftercares = Aftercares((await Returns.connect()).client)
        return await aftercares.view(await _late_goods(aftercares, name))

    return asyncio.run(seen())


async def _say_late(name: str, verb: str, said: Model, as_json: bool) -> None:
    from commands.late import Aftercares
    from commands.temporal import Returns
    from domain.verbs import Verb

    returns = await Returns.connect()
    late = await _late_goods(Aftercares(returns.client), name)
    await _told_late(returns, late, Verb(verb), said, as_json)


async def _late_goods(aftercares: Aftercares, name: str) -> str:
    from domain.errors import Refused
    from domain.verbs import Verb

    late = await aftercares.named(name, Verb.DECIDE_LATE)
    if late is None:
        text = f"No late goods of {name} wait for anybody; `python starter.py late receive` records some"
        raise Refused("not_found", f"{text}, `aftercare` lists what waits.")
    return late


def order_named(name: str) -> str:
    """The id of the order that has this number; empty if none has it, or `name` is something else."""
    from domain.errors import Refused
    from ledger.cli import order_id

    try:
        return order_id(open_rooms().ledger, name) if name else ""
    except Refused:
        return ""


async def _told_late(returns: Returns, name: str, verb: Verb, said: Model, as_json: bool) -> None:
    from commands import links
    from commands.late import Aftercares

    seen = await Aftercares(returns.client).tell(name, verb, said)
    show_late(returns, name, seen, as_json, links.update(returns, name, verb, said))


def show_late(returns: Returns, name: str, seen: AftercareView, as_json: bool, command: str = "") -> None:
    """One late fact as it stands."""
    from commands import links, panel

    ui = links.ui(open_rooms().settings, returns.namespace, name)
    if as_json:
        output.print_json({"aftercare": seen.model_dump(mode="json"), "workflow_id": name, "ui": ui})
    else:
        panel.show_aftercare(name, seen, ui, command or links.history(returns, name))
