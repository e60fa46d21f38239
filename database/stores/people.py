"""Personal data: contacts and free text, apart from everything else so that it can be erased."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection

from sqlalchemy import Engine, insert, select, update

from database.engine import reading, writing
from database.stores.put import put
from database.tables import contacts, notes
from domain.errors import InvalidRequest
from domain.order import Contact

NOTE_CHARACTERS = 2_000


class SqlContacts:
    """How to reach customers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, contact: Contact) -> None:
        """Store a contact, replacing an earlier one."""
        row = {"customer_id": contact.customer_id, "content": contact.model_dump_json()}
        with writing(self._engine) as connection:
            put(connection, contacts, row)

    def get(self, customer_id: str) -> Contact | None:
        """The contact of a customer; None if unknown or erased."""
        statement = select(contacts.c.content).where(contacts.c.customer_id == customer_id)
        with reading(self._engine) as connection:
            found = connection.execute(statement).scalar()
        return None if found is None else Contact.model_validate_json(found)

    def erase(self, customer_id: str) -> bool:
        """Blank the contact of a customer; whether there was one."""
        there = (contacts.c.customer_id == customer_id, contacts.c.content.is_not(None))
        with writing(self._engine) as connection:
            return connection.execute(update(contacts).where(*there).values(content=None)).rowcount > 0


class SqlNotes:
    """Free text."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, text: str) -> str:
        """Store a text and return its id. Raises InvalidRequest if it is too long, or no text throughout."""
        if len(text) > NOTE_CHARACTERS:
            raise InvalidRequest("note", f"it has {len(text):,} characters; at most {NOTE_CHARACTERS:,} are kept")
        # SQLite would take a NUL and PostgreSQL would not; half a surrogate pair has no UTF-8 form for either.
        if any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text):
            raise InvalidRequest("note", "it holds a character that cannot be stored; leave it out")
        # Chance, not a hash of the text: an id must tell nothing of what it stands for.
        note_id = "note_" + base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()
        with writing(self._engine) as connection:
            connection.execute(insert(notes).values(id=note_id, content=text))
        return note_id

    def get(self, note_id: str) -> str | None:
        """The text; None if unknown or erased."""
        with reading(self._engine) as connection:
            return connection.execute(select(notes.c.content).where(notes.c.id == note_id)).scalar()

    def erase(self, note_ids: Collection[str]) -> int:
        """Blank these texts, and return how many were not blank before."""
        there = (notes.c.id.in_(note_ids), notes.c.content.is_not(None))
        with writing(self._engine) as connection:
            return connection.execute(update(notes).where(*there).values(content=None)).rowcount
