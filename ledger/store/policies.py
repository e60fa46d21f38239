"""Whether the published policies are still what was published."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import Connection, Text, select, type_coerce

from database.tables import journal, policies
from domain.canonical import canonical_json, sha256
from ledger import EntryKind


def policy_faults(connection: Connection) -> Iterator[str]:
    """A sentence for each policy whose document is not the one that its version names, or is not there."""
    kept: dict[tuple[str, str], str] = {}
    since = type_coerce(policies.c.effective_from, Text).label("since")
    for row in connection.execute(select(policies.c.ref, policies.c.version, since, policies.c.document)):
        kept[row.ref, row.since] = row.document or ""
        if row.document and sha256(row.document) != row.version:
            yield f"the document of policy {row.ref} is not the one that its version names"
    facts = type_coerce(journal.c.facts, Text).label("facts")
    said = select(journal.c.seq, journal.c.policy, facts).where(
        journal.c.order_id == "", journal.c.kind == EntryKind.POLICY_PUBLISHED.value
    )
    for row in connection.execute(said.order_by(journal.c.seq)):
        try:
            told = json.loads(row.facts)
            document = canonical_json(told["document"]) if "document" in told else ""
            named, from_then = str(told["version"]), str(told["effective_from"])
        except (ValueError, LookupError, TypeError):
            continue  # an entry that cannot be read is a fault already
        if not document:
            continue
        if sha256(document) != named:
            yield f"entry {row.seq} publishes a document of policy {row.policy} that its version does not name"
        if kept.get((row.policy, from_then)) is None:
            yield f"policy {row.policy}, which entry {row.seq} publishes, is missing; publish it again"
        elif kept[row.policy, from_then] != document:
            yield f"what the table of policies has of {row.policy} is not what entry {row.seq} publishes"
