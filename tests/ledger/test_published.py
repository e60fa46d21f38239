"""The table of policies, from which decisions are made, must stay what the journal says was published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from activities.decisions.policy_file import canonical_document
from database.stores import SqlPolicies
from domain.canonical import canonical_json, iso_utc, sha256
from domain.policy import Policy
from ledger import EntryKind, Ledger
from ledger.store import SqlLedger
from tests.ledger.entries import AT, fact

DOCUMENT = {"id": "p", "title": "P", "window_days": 30, "automatic_limit": {"EUR": 50000}}
VERSION = sha256(canonical_json(DOCUMENT))
REF = f"p@{VERSION[:12]}"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT = '{"EUR":50000}'


FILE = "id: p\ntitle: P  # ours\nwindow_days: 30\nautomatic_limit: {EUR: 50000}\n"


def publish(
    ledger: Ledger, policies: SqlPolicies, since: datetime = SINCE, document: bool = True, text: bool = True
) -> None:
    """In both, as `policy publish` does, or as it did before entries had the document, or the hash of the file."""
    policy = Policy.model_validate(DOCUMENT)
    told: dict[str, object] = {"version": VERSION, "effective_from": iso_utc(since)}
    told["policy"] = policy.model_dump(mode="json", exclude_none=True)
    if document:
        told["document"] = DOCUMENT
    if document and text:
        told["text"] = sha256(FILE)
    kind = EntryKind.POLICY_PUBLISHED
    ledger.append(fact(f"policy:{since}", kind=kind, order="", case="", policy=REF, facts=told))
    policies.publish(policy, VERSION, since, canonical_json(DOCUMENT) if document else "", FILE if document else "")


@pytest.fixture
def published(ledger: Ledger, engine: Engine, tampering: Callable[[str], None]) -> Callable[[str], tuple[str, ...]]:
    """One policy, published twice; what `verify` says after a statement that goes past the triggers."""
    for since in (SINCE, SINCE + timedelta(days=90)):
        publish(ledger, SqlPolicies(engine), since)
    assert ledger.verify().faults == ()

    def tampered(statement: str) -> tuple[str, ...]:
        tampering(statement)
        return ledger.verify().faults

    return tampered


CONTENTS = {
    "a limit": f"replace(content, '{LIMIT}', '{{\"EUR\":999999999}}')",
    "a limit taken out": f"replace(content, '{LIMIT}', '{{}}')",
    "a field taken out": f"replace(content, '\"automatic_limit\":{LIMIT},', '')",
    "a field put in": f"replace(content, '{LIMIT},', '{LIMIT},\"more\":1,')",
    "a number in other words": "replace(content, '50000', '50000.0')",
    "no JSON": "'{'",
    "no object": "'1'",
    "nothing": "''",
}


@pytest.mark.parametrize("how", CONTENTS)
def test_a_changed_policy_is_found(published: Callable[[str], tuple[str, ...]], how: str) -> None:
    faults = published(f"UPDATE policies SET content = {CONTENTS[how]} WHERE number = 2")
    assert faults == (f"what the table of policies has of {REF} is not what entry 2 publishes",)


ROW = "INSERT INTO policies (number, ref, version, effective_from, content, document, text) SELECT 3, "


@pytest.mark.parametrize(
    "row",
    [
        "ref, version, '2026-02-01T00:00:00.000000Z', content, document, text",
        f"ref, '{'a' * 64}', effective_from, content, NULL, text",
        "'q@1', version, effective_from, content, document, text",
    ],
)
def test_a_policy_that_no_entry_publishes_is_found(published: Callable[[str], tuple[str, ...]], row: str) -> None:
    (fault,) = published(f"{ROW}{row} FROM policies WHERE number = 1")
    assert fault.startswith("policy ")
    assert " stands in the table of policies, but no entry publishes it from 2026-0" in fault


def test_a_policy_that_takes_effect_on_another_day_is_found(published: Callable[[str], tuple[str, ...]]) -> None:
    faults = published("UPDATE policies SET effective_from = '2025-01-01T00:00:00.000000Z' WHERE number = 1")
    assert faults == (
        f"policy {REF}, which entry 1 publishes, is missing; publish it again",
        f"policy {REF} stands in the table of policies, but no entry publishes it from 2025-01-01T00:00:00.000000Z on",
    )


def test_a_policy_from_before_documents_were_kept_is_held_against_its_entry(
    ledger: Ledger, engine: Engine, tampering: Callable[[str], None]
) -> None:
    publish(ledger, SqlPolicies(engine), document=False)
    assert ledger.verify().faults == ()
    tampering(f"UPDATE policies SET content = {CONTENTS['a limit']}")
    assert len(ledger.verify().faults) == 1


def test_a_table_filled_without_the_journal_says_nothing_of_what_was_published(ledger: Ledger, engine: Engine) -> None:
    SqlPolicies(engine).publish(Policy.model_validate(DOCUMENT), VERSION, AT, canonical_json(DOCUMENT))
    ledger.append(fact("note"))
    assert ledger.verify().faults == ()


TEXTS = {"a comment": "replace(text, '# ours', '# mine')", "none": "NULL", "another": "'id: q'", "no YAML": "'{'"}


@pytest.mark.parametrize("how", TEXTS)
def test_a_changed_file_is_found(published: Callable[[str], tuple[str, ...]], how: str) -> None:
    faults = published(f"UPDATE policies SET text = {TEXTS[how]} WHERE number = 2")
    assert faults == (f"the text of policy {REF} is not the file that entry 2 publishes",)


@pytest.mark.parametrize(("how", "found"), [("a comment", 0), ("none", 0), ("another", 1), ("no YAML", 1)])
def test_a_file_whose_entry_has_no_hash_of_it_has_to_say_what_was_published(
    engine: Engine, tampering: Callable[[str], None], how: str, found: int
) -> None:
    ledger = SqlLedger(engine, lambda text: canonical_json(canonical_document(text)))
    publish(ledger, SqlPolicies(engine), text=False)
    assert ledger.verify().faults == ()
    tampering(f"UPDATE policies SET text = {TEXTS[how]}")
    faults = ledger.verify().faults
    assert faults == (f"the text of policy {REF} is not the file that entry 1 publishes",) * found


def test_of_policies_from_one_moment_the_one_published_last_has_to_hold(
    ledger: Ledger, engine: Engine, tampering: Callable[[str], None]
) -> None:
    refs = []
    for days in (10, 20):
        policy = Policy.model_validate({**DOCUMENT, "window_days": days})
        version = sha256(canonical_json({**DOCUMENT, "window_days": days}))
        refs.append(f"p@{version[:12]}")
        facts: dict[str, object] = {"version": version, "effective_from": iso_utc(SINCE)}
        facts["policy"] = policy.model_dump(mode="json", exclude_none=True)
        kind = EntryKind.POLICY_PUBLISHED
        ledger.append(fact(f"policy:{days}", kind=kind, order="", case="", policy=refs[-1], facts=facts))
        SqlPolicies(engine).publish(policy, version, SINCE)
    publish(ledger, SqlPolicies(engine), SINCE + timedelta(days=1))
    assert ledger.verify().faults == ()
    tampering("UPDATE policies SET number = 9 WHERE number = 1")
    (fault,) = ledger.verify().faults
    assert fault == (
        f"policies {refs[0]} and {refs[1]} take effect at the same moment, and {refs[1]} was published later, "
        f"but the table of policies lets {refs[0]} hold"
    )


def test_numbers_of_policies_from_other_moments_decide_nothing(
    published: Callable[[str], tuple[str, ...]],
) -> None:
    assert published("UPDATE policies SET number = 9 WHERE number = 1") == ()
