"""Storing a row over its earlier version, without the dialects' own upserts."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table, insert, update


def put(connection: Connection, table: Table, row: Mapping[str, object]) -> None:
    """Replace the row with the same primary key, else add it. Only within `writing`, which keeps others out."""
    same = [column == row[column.name] for column in table.primary_key]
    if connection.execute(update(table).where(*same).values(row)).rowcount == 0:
        connection.execute(insert(table).values(row))
