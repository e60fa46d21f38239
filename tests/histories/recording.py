"""What a diary leaves behind: every history of it, and journal, snapshots and policies that it was decided from.

A file is written anew only when other things happen in its diary than before, so that nothing changes needlessly.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError

from domain.policy import PublishedPolicy, PublishedStatute
from domain.stores import Snapshot
from ledger import EntryKind, JournalEntry
from tests.world import World

FOLDER = Path(__file__).parent
PERSONAL = (b"jane@", b"mara@", b"Musterfrau", b"Fake Street", b"Musterstrasse")
"""Of the people in the sample orders; who is not in a history, is not in its recording."""

_GONE = ("identity", "stackTrace", "workerVersion", "binaryChecksum")
"""Names machines and their files, and says nothing of what happened."""
_TOLD = (EntryKind.ORDER_OPENED, EntryKind.ORDER_EDITED, EntryKind.DELIVERY)
_OTHERS = (EntryKind.POLICY_PUBLISHED, EntryKind.PERSON)
"""Kept beside the journal, or not needed."""
_HOST = re.compile(r"http://127\.0\.0\.1:\d+")


class Recording:
    """One recorded diary."""

    def __init__(self, kept: Mapping[str, Any]) -> None:
        self.kept = kept

    @classmethod
    def read(cls, path: Path) -> Recording:
        """From its file."""
        return cls(json.loads(gzip.decompress(path.read_bytes())))

    @property
    def histories(self) -> list[WorkflowHistory]:
        """Of every workflow, by id."""
        return [
            WorkflowHistory.from_json(workflow_id, dict(told))
            for workflow_id, told in sorted(self.kept["histories"].items())
        ]

    @property
    def journal(self) -> tuple[JournalEntry, ...]:
        """All that was recorded, the oldest first."""
        return tuple(JournalEntry.model_validate(one) for one in self.kept["journal"])

    @property
    def snapshots(self) -> dict[tuple[str, str], Snapshot]:
        """The orders as they were told, by id and content."""
        told = (Snapshot.model_validate(one) for one in self.kept["snapshots"])
        return {(one.order.id, one.content): one for one in told}

    @property
    def policies(self) -> dict[str, PublishedPolicy]:
        """By how entries name them."""
        told = (PublishedPolicy.model_validate(one) for one in self.kept["policies"])
        return {one.ref: one for one in told}

    @property
    def statutes(self) -> tuple[PublishedStatute, ...]:
        """The law of the diary."""
        return tuple(PublishedStatute.model_validate(one) for one in self.kept["statutes"])

    @property
    def happens(self) -> Counter[str]:
        """What happens in it, whatever the order and the day."""
        events = [
            f"{workflow_id} {event['eventType']} {_name(event)}"
            for workflow_id, told in self.kept["histories"].items()
            for event in told["events"]
            if "WORKFLOW_TASK" not in event["eventType"]
        ]
        return Counter([*events, *(f"{one['kind']} {one['key']}" for one in self.kept["journal"])])

    def write(self, path: Path) -> bool:
        """Into its file, unless the same happens in what stands there; whether it was written."""
        if path.exists() and self.read(path).happens == self.happens:
            return False
        text = json.dumps(self.kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
        return True


async def record(client: Client, workflow_ids: Collection[str], world: World) -> Recording:
    """These workflows with all that they started. Raises ValueError if it would keep what is nobody's business."""
    histories: dict[str, dict[str, Any]] = {}
    waiting = list(workflow_ids)
    while waiting:
        workflow_id = waiting.pop()
        try:
            history = await client.get_workflow_handle(workflow_id).fetch_history()
        except RPCError:  # it was refused, or is known only to another server
            continue
        histories[workflow_id] = history.to_json_dict()
        started = (one.child_workflow_execution_started_event_attributes for one in history.events)
        waiting += [one.workflow_execution.workflow_id for one in started if one.workflow_execution.workflow_id]
    kept = scrubbed({"histories": histories, **await asyncio.to_thread(_books, world)})
    found = [one for one in PERSONAL if one in json.dumps(kept, ensure_ascii=False).encode()]
    if found:
        raise ValueError(f"the recording would hold personal data: {found}")
    return Recording(kept)


def _books(world: World) -> dict[str, Any]:
    rooms = world.rooms
    entries = [one for one in rooms.ledger.entries() if one.kind not in _OTHERS]
    told = {(one.order, str(one.facts["snapshot"])) for one in entries if one.kind in _TOLD}
    named = sorted({one.policy for one in entries if one.policy})
    policies = [found for ref in named if (found := rooms.stores.policies.get(ref))]
    law: tuple[PublishedStatute, ...] = rooms.decisions._statutes
    return {
        "journal": [one.model_dump(mode="json") for one in entries],
        "snapshots": [rooms.stores.snapshots.get(*one).model_dump(mode="json") for one in sorted(told)],
        "policies": [one.model_dump(mode="json") for one in policies],
        "statutes": [one.model_dump(mode="json") for one in law],
    }


def scrubbed(told: Any) -> Any:
    """Without hosts, ports, processes and files; payloads stay payloads."""
    match told:
        case {"metadata": _, "data": str() as data, **rest}:
            clear = base64.b64decode(data).decode()
            return {**rest, "metadata": told["metadata"], "data": base64.b64encode(_plain(clear).encode()).decode()}
        case {"kind": "TASK_QUEUE_KIND_STICKY", **rest}:
            return {**rest, "kind": told["kind"], "name": "sticky"}
        case dict():
            return {name: scrubbed(value) for name, value in told.items() if name not in _GONE}
        case list() | tuple():
            return [scrubbed(one) for one in told]
        case str():
            return _plain(told)
        case _:
            return told


def _plain(text: str) -> str:
    return _HOST.sub("http://world.example", text)


def _name(event: Mapping[str, Any]) -> str:
    told = event.get("activityTaskScheduledEventAttributes")
    return str(told["activityType"]["name"]) if told else ""


def files() -> Iterator[Path]:
    """All recordings, by name; those of earlier versions stand in folders."""
    yield from sorted(FOLDER.rglob("*.json.gz"))
