"""Orders as imported last, and as they were when Backhaul decided on them."""

from __future__ import annotations

from sqlalchemy import Engine, case, insert, or_, select

from database.engine import reading, writing
from database.stores.put import put
from database.tables import orders, snapshots
from domain.canonical import sha256
from domain.order import Order
from domain.stores import Snapshot


class SqlOrders:
    """The shelf of orders."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, order: Order) -> None:
        """Store an order, replacing an earlier version of it."""
        content = order.model_dump_json()
        row = {"id": order.id, "number": order.number, "placed_at": order.placed_at, "content": content}
        with writing(self._engine) as connection:
            put(connection, orders, row)

    def get(self, order_id: str) -> Order | None:
        """The order with this id, else the newest with this number."""
        id_first = case((orders.c.id == order_id, 0), else_=1)
        statement = select(orders.c.content).where(or_(orders.c.id == order_id, orders.c.number == order_id))
        with reading(self._engine) as connection:
            found = connection.execute(statement.order_by(id_first, orders.c.placed_at.desc()).limit(1)).scalar()
        return None if found is None else Order.model_validate_json(found)

    def all(self) -> list[Order]:
        """All orders, newest first."""
        return self.newest(None)

    def newest(self, limit: int | None) -> list[Order]:
        """So many of them."""
        statement = select(orders.c.content).order_by(orders.c.placed_at.desc(), orders.c.id).limit(limit)
        with reading(self._engine) as connection:
            return [Order.model_validate_json(content) for content in connection.execute(statement).scalars()]


class SqlSnapshots:
    """Orders that never change."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, order: Order) -> Snapshot:
        """Store the order under the SHA-256 of its JSON; the same content is stored once."""
        content = order.model_dump_json()
        snapshot = Snapshot(order=order, content=sha256(content))
        here = (snapshots.c.order_id == order.id, snapshots.c.hash == snapshot.content)
        with writing(self._engine) as connection:
            if connection.execute(select(snapshots.c.hash).where(*here)).first() is None:
                row = {"order_id": order.id, "hash": snapshot.content, "content": content}
                connection.execute(insert(snapshots).values(row))
        return snapshot

    def get(self, order_id: str, content: str) -> Snapshot:
        """One snapshot. Raises KeyError if it was never kept."""
        here = (snapshots.c.order_id == order_id, snapshots.c.hash == content)
        with reading(self._engine) as connection:
            found = connection.execute(select(snapshots.c.content).where(*here)).scalar()
        if found is None:
            raise KeyError(f"order {order_id} has no snapshot {content}")
        return Snapshot(order=Order.model_validate_json(found), content=content)
