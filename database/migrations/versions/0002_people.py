"""Who may act."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table of people; it is empty until the first admin is added."""
    op.create_table(
        "people",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("role", NAME, nullable=False),
        sa.Column("limits", sa.Text, nullable=False),
        sa.Column("public_key", NAME, nullable=False),
        sa.Column("active", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
    )
