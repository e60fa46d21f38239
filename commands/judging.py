"""What a command needs to judge a request: the order, what was asked for, the policy, the law and the moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands import values
from commands.deployment import open_rooms
from commands.wanted import Units
from domain.errors import InvalidRequest

if TYPE_CHECKING:
    from activities.decisions.plain_yaml import Document
    from activities.storefront.importers import OrderFormat
    from domain.history import History
    from domain.order import Order
    from domain.policy import Policies, PublishedPolicy
    from domain.request import Basis, ReturnRequest
    from wiring import Rooms

BasisName = Annotated[
    str | None,
    typer.Option("--basis", help="The ground that the shopper invokes: withdrawal, non_conformity, warranty, policy."),
]
PolicyName = Annotated[
    str | None, typer.Option("--policy", metavar="FILE|REF", help="Judge by this policy: a file, or a published one.")
]
At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="As if it were asked for then: day or time; now unless said.")
]
Delivered = Annotated[
    str | None,
    typer.Option("--delivered", metavar="DATE", help="When all of it arrived, where the order does not say."),
]

_LAST_MOMENT, _NOON = time(23, 59, 59), time(12)
"""A day of delivery is taken to its end; noon is the same day nearly everywhere."""

_EVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Subject:
    """An order, what of it has gone back, what of each line may still come back, and the policy it is bound to."""

    order: Order
    history: History
    returnable: Mapping[str, int]
    policy: PublishedPolicy | None = None


def subject_of(order: Order, history: History | None = None) -> Subject:
    """An order that no journal knows; what had gone back of it is what it tells, unless that is given."""
    from domain.history import history_of

    history = history or history_of(order)
    return Subject(order, history, {line_id: line.open for line_id, line in history.lines.items()})


def read_file(path: Path, format: OrderFormat, more: Path | None, delivered: str | None) -> Order:
    """The order in a file; `more` is what the shop tells apart from it. Raises InvalidRequest."""
    from activities.storefront.importers import read_order

    second = values.read_text(more) if more else None
    return _arrived(read_order(values.read_text(path), format, more=second).order, delivered)


def read_subject(name: str, here: Here, format: OrderFormat, more: Path | None, delivered: str | None) -> Subject:
    """The order in a file, else the one with that id or number as the journal knows it.

    Raises InvalidRequest if there is neither.
    """
    path = Path(name)
    if path.is_file() or path.name != name or path.suffix == ".json":
        return subject_of(read_file(path, format, more, delivered))
    found = here.order(name)
    return replace(found, order=_arrived(found.order, delivered))


def _arrived(order: Order, delivered: str | None) -> Order:
    from domain.delivery import with_delivery

    came = values.moment("--delivered", delivered, _LAST_MOMENT)
    return with_delivery(order, {}, came) if came else order


class Here:
    """This deployment, opened when something is first asked of it."""

    @cached_property
    def rooms(self) -> Rooms:
        """Its rooms."""
        return open_rooms()

    def order(self, name: str) -> Subject:
        """One of its orders, by id or number, as the journal knows it. Raises InvalidRequest if there is none."""
        from ledger.order_books import OrderBooks
        from ledger.then import order_then

        rooms = self.rooms
        sold = rooms.stores.orders.get(name)
        entries = tuple(rooms.ledger.entries(order=sold.id if sold else name))
        then = order_then(rooms.stores.snapshots, entries)
        if then is not None:
            policy = OrderBooks(rooms.ledger, then.order, entries).policy(rooms.stores.policies)
            return Subject(then.order, then.history, then.returnable, policy)
        if sold is None:
            words = f"there is no order {name}, and no file of that name; see `python starter.py orders list`"
            raise InvalidRequest("--order", words)
        return subject_of(sold)

    def policy(self, subject: Subject, option: str = "--policy") -> PublishedPolicy:
        """What an order is judged by: what it is bound to, else what was in force when it was placed.

        Raises InvalidRequest if nothing was ever published, naming the option that gives a policy.
        """
        found = subject.policy or self.rooms.stores.policies.in_force(subject.order.placed_at)
        if found is None:
            raise InvalidRequest(option, "no policy has been published yet; name a file")
        return found


def policy_named(name: str, here: Here | None = None) -> PublishedPolicy:
    """The policy in a file, else the published one of that name. Raises InvalidRequest naming what is wrong in a file,
    Refused for a name that nothing was published under."""
    from commands import publications

    if publications.is_file(name):
        return read_policy(Path(name))[0]
    return publications.named(name, (here or Here()).rooms, values.now())


def read_policy(path: Path) -> tuple[PublishedPolicy, Document]:
    """The policy in a file, as if it had always been in force, and where its parts stand.

    Raises InvalidRequest naming the file, the line and the field.
    """
    from activities.decisions import plain_yaml
    from activities.decisions.policy_file import load_policy
    from domain.policy import PublishedPolicy

    text = values.read_text(path)
    try:
        policy, version = load_policy(text)
    except InvalidRequest as error:
        raise InvalidRequest(str(path), error.message) from None
    published = PublishedPolicy(policy=policy, version=version, effective_from=_EVER)
    return published, plain_yaml.read(text)


def under(policy: PublishedPolicy) -> Policies:
    """A policy with the law as its floor."""
    from domain.policy import Policies
    from wiring import law

    return Policies(policy=policy, statutes=law())


def basis_of(name: str | None) -> Basis | None:
    """The ground that was typed. Raises InvalidRequest for another word, and for what no shopper can invoke."""
    from domain.request import Basis

    if name is None:
        return None
    known = [one for one in Basis if one is not Basis.GOODWILL]
    if name not in known:
        raise InvalidRequest("--basis", f"{name!r} is none that a shopper can invoke; it is one of {', '.join(known)}")
    return Basis(name)


def request_of(order: Order, units: Units, basis: Basis | None, reason: str | None = None) -> ReturnRequest:
    """What was typed as a request, kits as their parts; `reason` is for lines that were given none."""
    from domain.kits import without_kits
    from domain.request import ReturnRequest

    lines = [
        {
            "line_id": line_id,
            "quantity": quantity,
            "reason": units.reasons.get(line_id, reason or "unknown"),
        }
        for line_id, quantity in without_kits(order, units.units).items()
    ]
    return values.make(ReturnRequest, {"id": "asked", "order_id": order.id, "lines": lines, "basis": basis})


def with_one(lines: Iterable[str]) -> list[str]:
    """`LINE` as `LINE:1`, anything else as it is."""
    return [line if ":" in line else f"{line}:1" for line in lines]


def moment(text: str | None) -> datetime:
    """The moment of the request; now unless one was typed."""
    return values.moment("--at", text, _NOON) or values.now()
