"""Whether the published policies are still what was published."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, Text, select, type_coerce

from database.tables import journal, policies
from domain.canonical import canonical_json, sha256
from ledger import EntryKind


class _Name(NamedTuple):
    """What a publication is known by; `since` is the text of the moment from which it holds."""

    ref: str
    version: str
    since: str


class _Texts(NamedTuple):
    """The policy that decisions read, and the document that its version is the hash of; empty where there is none."""

    content: str
    document: str


_SINCE = type_coerce(policies.c.effective_from, Text).label("since")
_KEPT = select(policies.c.ref, policies.c.version, _SINCE, policies.c.content, policies.c.document)
_SAID = (
    select(journal.c.seq, journal.c.policy, type_coerce(journal.c.facts, Text).label("facts"))
    .where(journal.c.order_id == "", journal.c.kind == EntryKind.POLICY_PUBLISHED.value)
    .order_by(journal.c.seq)
)


def policy_faults(connection: Connection) -> Iterator[str]:
    """A sentence for each policy that is not what its entry publishes or its version names, that is not there, or that
    no entry publishes."""
    kept: dict[_Name, _Texts] = {}
    for row in connection.execute(_KEPT):
        kept[_Name(row.ref, row.version, row.since)] = _Texts(row.content, row.document or "")
        if row.document and sha256(row.document) != row.version:
            yield f"the document of policy {row.ref} is not the one that its version names"
    entries = connection.execute(_SAID).all()
    published: set[_Name] = set()
    for row in entries:
        try:
            facts = json.loads(row.facts)
            name = _Name(row.policy, str(facts["version"]), str(facts["effective_from"]))
            document = canonical_json(facts["document"]) if "document" in facts else ""
            said = _Texts(canonical_json(facts["policy"]), document)
        except (ValueError, LookupError, TypeError):
            continue  # an entry that cannot be read is a fault already
        published.add(name)
        yield from _publication(row.seq, name, said, kept.get(name))
    if entries:  # a table filled without the journal says nothing of what was published
        for name in sorted(kept.keys() - published):
            yield f"policy {name.ref} stands in the table of policies, but no entry publishes it from {name.since} on"


def _publication(seq: int, name: _Name, said: _Texts, kept: _Texts | None) -> Iterator[str]:
    """What is wrong with one entry's policy, or with what the table has of it."""
    if said.document and sha256(said.document) != name.version:
        yield f"entry {seq} publishes a document of policy {name.ref} that its version does not name"
    if kept is None:
        yield f"policy {name.ref}, which entry {seq} publishes, is missing; publish it again"
    elif _plain(kept.content) != said.content or (said.document and kept.document != said.document):
        yield f"what the table of policies has of {name.ref} is not what entry {seq} publishes"


def _plain(content: str) -> str:
    """A policy of the table as entries have it, which know no null; empty if it can be none."""
    try:
        return canonical_json(_without_nulls(json.loads(content)))
    except (ValueError, TypeError):
        return ""


def _without_nulls(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value
