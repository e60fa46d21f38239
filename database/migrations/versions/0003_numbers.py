"""The numbers that entries of the journal take, series by series without gaps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")

APPEND_ONLY = "numbers is append-only: nothing in it is changed or deleted"
STANDS = "numbers is append-only: this row stands there already"
IN_ORDER = "a series goes on with the number after its last"
OUT_OF_TURN = "(SELECT coalesce(max(number), 0) + 1 FROM numbers WHERE series = NEW.series)"
TAKEN = "EXISTS (SELECT 1 FROM numbers WHERE seq = NEW.seq OR (series = NEW.series AND number = NEW.number))"


def upgrade() -> None:
    """Make the table, and the triggers that keep it append-only and each series without gaps."""
    op.create_table(
        "numbers",
        sa.Column("series", NAME, primary_key=True),
        sa.Column("number", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("seq", WHOLE, sa.ForeignKey("journal.seq", name="fk_numbers_seq"), nullable=False),
        sa.UniqueConstraint("seq", name="uq_numbers_seq"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_on_sqlite()
    else:
        _guard_on_postgresql()


def _guard_on_sqlite() -> None:
    refusals = (
        ("update", "UPDATE", "1", APPEND_ONLY),
        ("delete", "DELETE", "1", APPEND_ONLY),
        # REPLACE deletes without firing delete triggers.
        ("replace", "INSERT", TAKEN, STANDS),
        ("in_order", "INSERT", f"NEW.number IS NOT {OUT_OF_TURN}", IN_ORDER),
    )
    for name, event, when, text in refusals:
        op.execute(
            f"CREATE TRIGGER numbers_refuses_{name} BEFORE {event} ON numbers WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{text}'); END"
        )


def _guard_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION numbers_never_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{APPEND_ONLY}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        "CREATE FUNCTION numbers_go_on() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF NEW.number IS DISTINCT FROM {OUT_OF_TURN} THEN "
        f"RAISE EXCEPTION '{IN_ORDER}' USING ERRCODE = 'integrity_constraint_violation'; "
        "END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER numbers_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON numbers "
        "FOR EACH STATEMENT EXECUTE FUNCTION numbers_never_change()"
    )
    op.execute(
        "CREATE TRIGGER numbers_refuses_in_order BEFORE INSERT ON numbers FOR EACH ROW EXECUTE FUNCTION numbers_go_on()"
    )
