"""All tables as they are now; how they came to be stands in `migrations`, and a test holds the two together.

`journal`, `transfers`, `numbers`, `snapshots` and `policies` are append-only, guarded by triggers. Personal data is in
`contacts` and `notes` alone.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, MetaData, Table, Text, UniqueConstraint, text

from database.columns import CanonicalJson, Name, UtcDatetime, Whole

PAID_IN = "kind = 'single' AND debit >= 'tender:' AND debit < 'tender;'"
"""Transfers out of payments: those by which an order was paid, and a few of what came back."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

journal = Table(
    "journal",
    metadata,
    Column("seq", Whole, primary_key=True, autoincrement=False),
    Column("key", Name, nullable=False, unique=True),
    Column("kind", Name, nullable=False),
    Column("order_id", Name, nullable=False),
    Column("case_id", Name, nullable=False),
    Column("actor", Name, nullable=False),
    Column("reasons", CanonicalJson, nullable=False),
    Column("policy", Name, nullable=False),
    Column("at", UtcDatetime, nullable=False),
    Column("facts", CanonicalJson, nullable=False),
    # SHA-256 of what the caller asked for: the same key with another content is refused by it.
    Column("asked", Name, nullable=False),
    Column("hash", Name, nullable=False),
    Index(None, "order_id", "seq"),
    Index(None, "case_id", "seq"),
)

transfers = Table(
    "transfers",
    metadata,
    Column("key", Name, primary_key=True),
    Column("seq", Whole, ForeignKey("journal.seq"), nullable=False),
    Column("position", Whole, nullable=False),
    Column("kind", Name, nullable=False),
    Column("debit", Name, nullable=False),
    Column("credit", Name, nullable=False),
    Column("commodity", Name, nullable=False),
    Column("amount", Whole, CheckConstraint("amount > 0", name="positive"), nullable=False),
    Column("pending", Name, nullable=False, index=True),
    UniqueConstraint("seq", "position"),
    # Few rows per payment: by it the order of a payment is found.
    Index("ix_transfers_paid_in", "debit", sqlite_where=text(PAID_IN), postgresql_where=text(PAID_IN)),
)

# Which entry took which number of a series; the next one is found here without reading the journal.
numbers = Table(
    "numbers",
    metadata,
    Column("series", Name, primary_key=True),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("seq", Whole, ForeignKey("journal.seq"), nullable=False, unique=True),
)

balances = Table(
    "balances",
    metadata,
    Column("account", Name, primary_key=True),
    Column("commodity", Name, primary_key=True),
    Column("debits", Whole, nullable=False),
    Column("credits", Whole, nullable=False),
    Column("pending_debits", Whole, nullable=False),
    Column("pending_credits", Whole, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("id", Name, primary_key=True),
    Column("number", Name, nullable=False, index=True),
    Column("placed_at", UtcDatetime, nullable=False, index=True),
    Column("content", Text, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("order_id", Name, primary_key=True),
    Column("hash", Name, primary_key=True),
    Column("content", Text, nullable=False),
)

# Erasing a person blanks the content and keeps the row: the id was used.
contacts = Table(
    "contacts",
    metadata,
    Column("customer_id", Name, primary_key=True),
    Column("content", Text, nullable=True),
)

notes = Table(
    "notes",
    metadata,
    Column("id", Name, primary_key=True),
    Column("content", Text, nullable=True),
)

# What the journal says of each person last; `seq` is the entry that says so.
people = Table(
    "people",
    metadata,
    Column("id", Name, primary_key=True),
    Column("role", Name, nullable=False),
    Column("limits", CanonicalJson, nullable=False),
    Column("public_key", Name, nullable=False),
    Column("active", Whole, nullable=False),
    Column("seq", Whole, nullable=False),
)

policies = Table(
    "policies",
    metadata,
    # The order of publication; between two that take effect at once the later one holds.
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("ref", Name, nullable=False, index=True),
    Column("version", Name, nullable=False),
    Column("effective_from", UtcDatetime, nullable=False, index=True),
    Column("content", Text, nullable=False),
    # What the version is the hash of, and the file as it was written; nothing for what was published before both.
    Column("document", Text, nullable=True),
    Column("text", Text, nullable=True),
    UniqueConstraint("ref", "version", "effective_from"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", Name, primary_key=True),
    Column("case_id", Name, nullable=False, index=True),
    Column("kind", Name, nullable=False),
    Column("state", Name, nullable=True),
    Column("message_id", Name, nullable=False),
    Column("reserved_at", UtcDatetime, nullable=False),
    Column("why", Text, nullable=True),
    Column("resent_at", UtcDatetime, nullable=True),
    Index(None, "state", "reserved_at"),
)

# Which returns have goods in a parcel, and since when that is known: carriers give a number again after months.
parcels = Table(
    "parcels",
    metadata,
    Column("tracking_number", Name, primary_key=True),
    Column("case_id", Name, primary_key=True),
    Column("at", UtcDatetime, nullable=False),
)

# Boxes that nobody announced. What staff wrote of one is here alone; the journal has its units.
boxes = Table(
    "boxes",
    metadata,
    Column("id", Name, primary_key=True),
    Column("content", Text, nullable=False),
    # Whether anything of it belongs to nobody yet.
    Column("open", Whole, nullable=False),
    Column("received_at", UtcDatetime, nullable=False),
    Column("due_at", UtcDatetime, nullable=False),
    # What ops said becomes of what nobody claims; written before the units move, and no longer open when they have.
    Column("ended", Text, nullable=True),
    Index(None, "open", "due_at"),
)

# Which returns a box was found to belong to; written before the return is told, `done` when it has taken it.
box_matches = Table(
    "box_matches",
    metadata,
    Column("box_id", Name, ForeignKey("boxes.id"), primary_key=True),
    Column("case_id", Name, primary_key=True),
    Column("content", Text, nullable=False),
    Column("units", Whole, nullable=False),
    Column("done", Whole, nullable=False),
)

# What vendors told; of what they sent only the values that are needed, which hold no personal data.
inbox = Table(
    "inbox",
    metadata,
    Column("vendor", Name, primary_key=True),
    Column("event", Name, primary_key=True),
    Column("kind", Name, nullable=False),
    Column("told", Text, nullable=True),
    Column("fault", Text, nullable=False),
    Column("state", Name, nullable=False),
    Column("target", Name, nullable=False),
    Column("attempts", Whole, nullable=False),
    Column("asked", Whole, nullable=False),
    Column("error", Text, nullable=False),
    # Only rows that wait have one, so this finds them without passing by all that were delivered.
    Column("next_try", UtcDatetime, nullable=True, index=True),
    Column("received_at", UtcDatetime, nullable=False),
    Index(None, "state", "received_at"),
)

# How far each receiver of events is in the journal.
endpoints = Table(
    "endpoints",
    metadata,
    Column("name", Name, primary_key=True),
    Column("seq", Whole, nullable=False),
    Column("delivered", Whole, nullable=False),
    Column("delivered_at", UtcDatetime, nullable=True),
)

# Events that wait to be delivered; what was delivered is gone, and can be made of the journal again.
outgoing = Table(
    "outgoing",
    metadata,
    Column("endpoint", Name, primary_key=True),
    Column("subject", Name, primary_key=True),
    Column("seq", Whole, primary_key=True, autoincrement=False),
    Column("part", Whole, primary_key=True, autoincrement=False),
    Column("id", Name, nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Whole, nullable=False),
    Column("error", Text, nullable=False),
    Column("queued_at", UtcDatetime, nullable=False),
    # Only the first of each subject has one, so that those behind it are not looked at again and again.
    Column("next_try", UtcDatetime, nullable=True),
    Index(None, "endpoint", "next_try"),
)
