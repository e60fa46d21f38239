"""The database: its tables, the journal's head, the policy in force, and people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from commands.checkup import Finding, failed, ok, warning
from database.engine import schema
from domain.errors import BackhaulError, InvalidRequest, Refused

if TYPE_CHECKING:
    from wiring import Rooms

_UPGRADE = "python starter.py database upgrade"


def look(rooms: Rooms, now: datetime) -> list[Finding]:
    """Everything about the database."""
    tables = _tables(rooms)
    if tables.level == "failed":
        return [tables]
    return [tables, _journal(rooms), _policy(rooms, now), _people(rooms)]


def _tables(rooms: Rooms) -> Finding:
    about = "database"
    try:
        there, newest = schema(rooms.engine)
        address = rooms.engine.url.render_as_string(hide_password=True)
    except InvalidRequest as error:
        return failed(about, error.message, "export BACKHAUL_DATABASE_URL=postgresql://user:password@host/name")
    except Refused as error:
        return failed(about, error.message, _UPGRADE)
    except BackhaulError as error:
        return failed(about, f"{error.message}; is BACKHAUL_DATABASE_URL right?", "docker compose up -d postgres")
    if there == newest:
        return ok(about, f"{address} is up to date ({newest})")
    if there > newest:
        return failed(about, f"a newer version of this program made its tables ({there}; this one knows {newest})")
    return failed(about, f"its tables are of version {there or 'none'} and have to be {newest}", _UPGRADE)


def _journal(rooms: Rooms) -> Finding:
    fault = rooms.ledger.head_fault()
    if fault:
        return failed("journal", fault, "python -m ledger verify")
    return ok("journal", "its last entries hold")


def _policy(rooms: Rooms, now: datetime) -> Finding:
    found = rooms.stores.policies.in_force(now)
    if found is None:
        publish = "python starter.py policy publish policies/default.yaml"
        return failed("policy", "none is in force, so that no return can be decided", publish)
    return ok("policy", f"{found.policy.id} is in force")


def _people(rooms: Rooms) -> Finding:
    active = [one for one in rooms.stores.people.all() if one.active]
    if not active:
        add = "python starter.py people add ada --role admin"
        return warning("people", "there are none, so nobody can receive a box or approve a refund", add)
    return ok("people", f"{len(active)} may act")
