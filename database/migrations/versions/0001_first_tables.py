"""The journal with its transfers and balances, and the tables beside it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")

APPEND_ONLY = {
    # Table: what an INSERT must not find there already. SQLite's REPLACE deletes without firing delete triggers.
    "journal": "seq = NEW.seq OR key = NEW.key",
    "transfers": "key = NEW.key OR (seq = NEW.seq AND position = NEW.position)",
    "snapshots": "order_id = NEW.order_id AND hash = NEW.hash",
    "policies": (
        "number = NEW.number OR (ref = NEW.ref AND version = NEW.version AND effective_from = NEW.effective_from)"
    ),
}

IN_ORDER = {
    # Table: when an INSERT is out of turn, and what to say.
    "journal": (
        "NOT coalesce(NEW.seq = (SELECT coalesce(max(seq), 0) + 1 FROM journal), false)",
        "an entry of the journal has the number after the last",
    ),
    "transfers": (
        "NOT coalesce(NEW.seq = (SELECT max(seq) FROM journal), false)",
        "transfers belong to the newest entry of the journal; older ones are closed",
    ),
}


def upgrade() -> None:
    """Make all tables, then the triggers that keep four of them append-only."""
    _ledger()
    _beside_the_ledger()
    refuse = {"sqlite": _refuse_on_sqlite, "postgresql": _refuse_on_postgres}[op.get_bind().dialect.name]
    for table, there_already in APPEND_ONLY.items():
        for event in ("UPDATE", "DELETE"):
            refuse(table, event.lower(), event, None, f"{table} is append-only: nothing in it is changed or deleted")
        exists = f"EXISTS (SELECT 1 FROM {table} WHERE {there_already})"  # noqa: S608 - both are constants above
        refuse(table, "replace", "INSERT", exists, f"{table} is append-only: this row stands there already")
    for table, (out_of_turn, text) in IN_ORDER.items():
        refuse(table, "in_order", "INSERT", out_of_turn, text)


def _ledger() -> None:
    op.create_table(
        "journal",
        sa.Column("seq", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("order_id", NAME, nullable=False),
        sa.Column("case_id", NAME, nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("policy", NAME, nullable=False),
        sa.Column("at", NAME, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("asked", NAME, nullable=False),
        sa.Column("hash", NAME, nullable=False),
        sa.UniqueConstraint("key", name="uq_journal_key"),
    )
    op.create_index("ix_journal_order_id_seq", "journal", ["order_id", "seq"])
    op.create_index("ix_journal_case_id_seq", "journal", ["case_id", "seq"])
    op.create_table(
        "transfers",
        sa.Column("key", NAME, primary_key=True),
        sa.Column("seq", WHOLE, sa.ForeignKey("journal.seq", name="fk_transfers_seq"), nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("debit", NAME, nullable=False),
        sa.Column("credit", NAME, nullable=False),
        sa.Column("commodity", NAME, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("pending", NAME, nullable=False),
        sa.CheckConstraint("amount > 0", name="positive"),
        sa.UniqueConstraint("seq", "position", name="uq_transfers_seq_position"),
    )
    op.create_index("ix_transfers_pending", "transfers", ["pending"])
    op.create_table(
        "balances",
        sa.Column("account", NAME, primary_key=True),
        sa.Column("commodity", NAME, primary_key=True),
        sa.Column("debits", WHOLE, nullable=False),
        sa.Column("credits", WHOLE, nullable=False),
        sa.Column("pending_debits", WHOLE, nullable=False),
        sa.Column("pending_credits", WHOLE, nullable=False),
    )


def _beside_the_ledger() -> None:
    op.create_table(
        "orders",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("number", NAME, nullable=False),
        sa.Column("placed_at", NAME, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("ix_orders_number", "orders", ["number"])
    op.create_index("ix_orders_placed_at", "orders", ["placed_at"])
    op.create_table(
        "snapshots",
        sa.Column("order_id", NAME, primary_key=True),
        sa.Column("hash", NAME, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "contacts",
        sa.Column("customer_id", NAME, primary_key=True),
        sa.Column("content", sa.Text, nullable=True),
    )
    op.create_table(
        "notes",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("content", sa.Text, nullable=True),
    )
    op.create_table(
        "policies",
        sa.Column("number", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("ref", NAME, nullable=False),
        sa.Column("version", NAME, nullable=False),
        sa.Column("effective_from", NAME, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.UniqueConstraint("ref", "version", "effective_from", name="uq_policies_ref_version_effective_from"),
    )
    op.create_index("ix_policies_ref", "policies", ["ref"])
    op.create_index("ix_policies_effective_from", "policies", ["effective_from"])
    op.create_table(
        "outbox",
        sa.Column("key", NAME, primary_key=True),
        sa.Column("case_id", NAME, nullable=False),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("state", NAME, nullable=True),
        sa.Column("message_id", NAME, nullable=False),
        sa.Column("reserved_at", NAME, nullable=False),
    )
    op.create_index("ix_outbox_case_id", "outbox", ["case_id"])


def _refuse_on_sqlite(table: str, name: str, event: str, when: str | None, text: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_refuses_{name} BEFORE {event} ON {table} WHEN {when or 'true'} "
        f"BEGIN SELECT RAISE(ABORT, '{text}'); END"
    )


def _refuse_on_postgres(table: str, name: str, event: str, when: str | None, text: str) -> None:
    # Without a condition it is the statement that is refused, even one that finds no row.
    events, each = (event, "ROW") if when else (f"{event} OR TRUNCATE" if event == "DELETE" else event, "STATEMENT")
    function = f"{table}_refuses_{name}"
    op.execute(
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {when or 'true'} THEN RAISE '{text}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(f"CREATE TRIGGER {function} BEFORE {events} ON {table} FOR EACH {each} EXECUTE FUNCTION {function}()")
