"""What vendors tell, and by what it finds its way: the return of a parcel and the order of a payment."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")
PAID_IN = sa.text("kind = 'single' AND debit >= 'tender:' AND debit < 'tender;'")


def upgrade() -> None:
    """Make both tables and the index, and note the parcels of all labels that were bought so far."""
    op.create_table(
        "inbox",
        sa.Column("vendor", NAME, primary_key=True),
        sa.Column("event", NAME, primary_key=True),
        sa.Column("kind", NAME, nullable=False),
        sa.Column("told", sa.Text, nullable=True),
        sa.Column("fault", sa.Text, nullable=False),
        sa.Column("state", NAME, nullable=False),
        sa.Column("target", NAME, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("asked", WHOLE, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("next_try", NAME, nullable=True),
        sa.Column("received_at", NAME, nullable=False),
    )
    op.create_index("ix_inbox_next_try", "inbox", ["next_try"])
    op.create_index("ix_inbox_state_received_at", "inbox", ["state", "received_at"])
    parcels = op.create_table(
        "parcels",
        sa.Column("tracking_number", NAME, primary_key=True),
        sa.Column("case_id", NAME, nullable=False),
    )
    op.create_index("ix_transfers_paid_in", "transfers", ["debit"], sqlite_where=PAID_IN, postgresql_where=PAID_IN)
    labels = op.get_bind().execute(sa.text("SELECT case_id, facts FROM journal WHERE kind = 'label' ORDER BY seq"))
    bought = {json.loads(facts)["label"]["tracking_number"]: case for case, facts in labels}
    if bought:
        op.bulk_insert(parcels, [{"tracking_number": number, "case_id": case} for number, case in bought.items()])
