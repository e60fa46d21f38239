"""Published policies: by name, and what a new one may not do by accident."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from commands import output
from domain.errors import InvalidRequest, Refused

if TYPE_CHECKING:
    from domain.policy import PublishedPolicy
    from wiring import Rooms


def publications(rooms: Rooms) -> list[PublishedPolicy]:
    """All publications, as the journal has them, by the date from which they count."""
    from domain.policy import PublishedPolicy
    from ledger import EntryKind

    # Publications belong to no order.
    entries = [one for one in rooms.ledger.entries(order="") if one.kind is EntryKind.POLICY_PUBLISHED]
    return sorted((PublishedPolicy.model_validate(one.facts) for one in entries), key=lambda one: one.effective_from)


def is_file(name: str) -> bool:
    """Whether a name is that of a file and of no published policy."""
    return Path(name).exists() or "/" in name or name.endswith((".yaml", ".yml"))


def named(name: str, rooms: Rooms, now: datetime) -> PublishedPolicy:
    """A published policy by its name (`id@version`), or by its id: the one in force, else the newest of that id.

    Raises Refused for a name that nothing was published under.
    """
    if found := rooms.stores.policies.get(name):
        return found
    known = rooms.stores.policies.in_force(now)
    if known is not None and known.policy.id == name:
        return known
    newest = [one for one in publications(rooms) if one.policy.id == name]
    if not newest:
        words = f"{name} is neither a file nor a published policy; see which there are: `python starter.py policy list`"
        raise Refused("not_found", words)
    return newest[-1]


def check_sound(text: str) -> None:
    """Raises InvalidRequest for what `policy check` calls an error."""
    from activities.decisions.policy_file import load_policy
    from domain.policy.gaps import review
    from wiring import law

    policy, _ = load_policy(text)
    errors = [one for one in review(policy, [one.statute for one in law()]) if one.weight == "error"]
    if errors:
        first = ".".join(map(str, errors[0].place))
        words = f"{output.many(len(errors), 'error')} that `python starter.py policy check` explains; mend them first"
        raise InvalidRequest(first, f"the policy has {words}")


def check_date(rooms: Rooms, ref: str, since: datetime | None, now: datetime, backdate: bool) -> None:
    """Raises InvalidRequest for a date on which another policy takes effect, and, without `backdate`, for one in the
    past, unless nothing has been published yet or this very policy was from then on."""
    known = publications(rooms)
    if since is None or any((one.ref, one.effective_from) == (ref, since) for one in known):
        return
    if other := next((one for one in known if one.effective_from == since), None):
        words = f"{other.ref} takes effect at that very moment already; name another, so that it is clear which holds"
        raise InvalidRequest("--from", words)
    if since < now and known and not backdate:
        words = f"{since:%d %B %Y %H:%M} UTC is past: {_reached(rooms, known, since)}; add --backdate if that is meant"
        raise InvalidRequest("--from", words)


def _reached(rooms: Rooms, known: list[PublishedPolicy], since: datetime) -> str:
    """Which orders a policy from then on would be for: those that no return has bound to another."""
    from domain import ids

    until = min((one.effective_from for one in known if one.effective_from > since), default=None)
    touched = rooms.ledger.find
    count = sum(
        one.placed_at >= since and (until is None or one.placed_at < until) and touched(ids.order_key(one.id)) is None
        for one in rooms.stores.orders.all()
    )
    upto = f" and before {until:%d %B %Y %H:%M} UTC" if until else ""
    return f"orders placed since then{upto} that no return has touched would be judged by it ({count} imported)"
