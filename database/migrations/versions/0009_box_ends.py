"""How a box that belongs to nobody ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what was said of a box's end; none of those that stand has one."""
    op.add_column("boxes", sa.Column("ended", sa.Text, nullable=True))
