"""The documents of policies: as they were written, and as they were hashed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; what was published before has none."""
    op.add_column("policies", sa.Column("document", sa.Text, nullable=True))
    op.add_column("policies", sa.Column("text", sa.Text, nullable=True))
