"""Whether the published policies are still what was published."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, Text, select, type_coerce

from database.tables import journal, policies
from domain.canonical import canonical_json, sha256
from domain.errors import InvalidRequest
from ledger import EntryKind


class _Name(NamedTuple):
    """What a publication is known by; `since` is the text of the moment from which it holds."""

    ref: str
    version: str
    since: str


class _Said(NamedTuple):
    """What an entry publishes: the policy that decisions read, the document that its version is the hash of, and the
    SHA-256 of the file as it was written; empty where the entry is from before that was recorded."""

    content: str
    document: str
    text: str


class _Kept(NamedTuple):
    """What the table has of it; empty where there is none."""

    content: str
    document: str
    text: str
    number: int


DocumentOf = Callable[[str], str]
"""The canonical JSON of what a file says. Raises InvalidRequest for a file that says nothing."""

_SINCE = type_coerce(policies.c.effective_from, Text).label("since")
_COLUMNS = [policies.c[name] for name in ("number", "ref", "version", "content", "document", "text")]
_KEPT = select(*_COLUMNS, _SINCE)
_SAID = (
    select(journal.c.seq, journal.c.policy, type_coerce(journal.c.facts, Text).label("facts"))
    .where(journal.c.order_id == "", journal.c.kind == EntryKind.POLICY_PUBLISHED.value)
    .order_by(journal.c.seq)
)


def policy_faults(connection: Connection, document_of: DocumentOf | None = None) -> Iterator[str]:
    """A sentence for each policy that is not what its entry publishes or its version names, that is not there, that no
    entry publishes, or that holds where another was published later.

    With `document_of` the file of an entry that does not record its hash is read: it has to say what was published.
    """
    kept: dict[_Name, _Kept] = {}
    for row in connection.execute(_KEPT):
        name = _Name(row.ref, row.version, row.since)
        kept[name] = _Kept(row.content, row.document or "", row.text or "", row.number)
        if row.document and sha256(row.document) != row.version:
            yield f"the document of policy {row.ref} is not the one that its version names"
    entries = connection.execute(_SAID).all()
    published: dict[_Name, None] = {}
    for row in entries:
        try:
            facts = json.loads(row.facts)
            name = _Name(row.policy, str(facts["version"]), str(facts["effective_from"]))
            document = canonical_json(facts["document"]) if "document" in facts else ""
            said = _Said(canonical_json(facts["policy"]), document, str(facts.get("text", "")))
        except (ValueError, LookupError, TypeError):
            continue  # an entry that cannot be read is a fault already
        published[name] = None
        yield from _publication(row.seq, name, said, kept.get(name))
        if name in kept and not _is_text(said, kept[name].text, document_of):
            yield f"the text of policy {name.ref} is not the file that entry {row.seq} publishes"
    if entries:  # a table filled without the journal says nothing of what was published
        for name in sorted(kept.keys() - published):
            yield f"policy {name.ref} stands in the table of policies, but no entry publishes it from {name.since} on"
    yield from _order({name: kept[name].number for name in published if name in kept})


def _publication(seq: int, name: _Name, said: _Said, kept: _Kept | None) -> Iterator[str]:
    """What is wrong with one entry's policy, or with what the table has of it."""
    if said.document and sha256(said.document) != name.version:
        yield f"entry {seq} publishes a document of policy {name.ref} that its version does not name"
    if kept is None:
        yield f"policy {name.ref}, which entry {seq} publishes, is missing; publish it again"
    elif _plain(kept.content) != said.content or (said.document and kept.document != said.document):
        yield f"what the table of policies has of {name.ref} is not what entry {seq} publishes"


def _is_text(said: _Said, text: str, document_of: DocumentOf | None) -> bool:
    """Whether the file is the one that was published, as far as the entry tells."""
    if said.text:
        return sha256(text) == said.text
    if not (text and said.document and document_of):
        return True
    try:
        return document_of(text) == said.document
    except InvalidRequest:
        return False


def _order(numbers: Mapping[_Name, int]) -> Iterator[str]:
    """Of policies that take effect at one moment the one with the greatest number holds: it has to be the one that was
    published last. The names are in order of publication."""
    last: dict[str, _Name] = {}
    for name, number in numbers.items():
        before = last.get(name.since)
        if before is not None and number < numbers[before]:
            text = f"policies {before.ref} and {name.ref} take effect at the same moment, and {name.ref} was published"
            yield f"{text} later, but the table of policies lets {before.ref} hold"
        last[name.since] = name


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
