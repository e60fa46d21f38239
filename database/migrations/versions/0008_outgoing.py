"""Events on their way to storefronts and others, and how far each of them is in the journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "endpoints",
        sa.Column("name", NAME, primary_key=True),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("delivered", WHOLE, nullable=False),
        sa.Column("delivered_at", NAME, nullable=True),
    )
    op.create_table(
        "outgoing",
        sa.Column("endpoint", NAME, primary_key=True),
        sa.Column("subject", NAME, primary_key=True),
        sa.Column("seq", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("part", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("id", NAME, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("queued_at", NAME, nullable=False),
        sa.Column("next_try", NAME, nullable=True),
    )
    op.create_index("ix_outgoing_endpoint_next_try", "outgoing", ["endpoint", "next_try"])
