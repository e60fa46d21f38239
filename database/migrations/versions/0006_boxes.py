"""Parcels and returns many to many, and boxes that nobody announced."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables of boxes, and `parcels` anew from the labels in the journal, where every row of it came from."""
    op.drop_table("parcels")
    parcels = op.create_table(
        "parcels",
        sa.Column("tracking_number", NAME, primary_key=True),
        sa.Column("case_id", NAME, primary_key=True),
        sa.Column("at", NAME, nullable=False),
    )
    labels = op.get_bind().execute(sa.text("SELECT case_id, at, facts FROM journal WHERE kind = 'label' ORDER BY seq"))
    ties: dict[tuple[str, str], str] = {}
    for case, at, facts in labels:
        ties.setdefault((json.loads(facts)["label"]["tracking_number"], case), at)
    if ties:
        rows = [{"tracking_number": number, "case_id": case, "at": at} for (number, case), at in ties.items()]
        op.bulk_insert(parcels, rows)
    op.create_table(
        "boxes",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("open", WHOLE, nullable=False),
        sa.Column("received_at", NAME, nullable=False),
        sa.Column("due_at", NAME, nullable=False),
    )
    op.create_index("ix_boxes_open_due_at", "boxes", ["open", "due_at"])
    op.create_table(
        "box_matches",
        sa.Column("box_id", NAME, sa.ForeignKey("boxes.id", name="fk_box_matches_box_id"), primary_key=True),
        sa.Column("case_id", NAME, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("units", WHOLE, nullable=False),
        sa.Column("done", WHOLE, nullable=False),
    )
