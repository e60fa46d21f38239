"""Why a mail is where it is, and when it was sent once more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add both columns, and what finds the mails that somebody should look at."""
    op.add_column("outbox", sa.Column("why", sa.Text, nullable=True))
    op.add_column("outbox", sa.Column("resent_at", NAME, nullable=True))
    op.create_index("ix_outbox_state_reserved_at", "outbox", ["state", "reserved_at"])
