"""Published policies."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, RowMapping, func, insert, select

from database.engine import reading, writing
from database.tables import policies
from domain.policy import Policy, PublishedPolicy
from domain.policy.words import ShopWords, words_in


class SqlPolicies:
    """Policies by the date on which they take effect, and by the name under which decisions quote them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def publish(
        self, policy: Policy, version: str, effective_from: datetime, document: str = "", text: str = ""
    ) -> PublishedPolicy:
        """Store a version with its date; the same version and date are stored once."""
        published = PublishedPolicy(policy=policy, version=version, effective_from=effective_from)
        row = {
            "ref": published.ref,
            "version": version,
            "effective_from": published.effective_from,
            "content": policy.model_dump_json(),
            "document": document or None,
            "text": text or None,
        }
        same = [policies.c[name] == row[name] for name in ("ref", "version", "effective_from")]
        with writing(self._engine) as connection:
            stands = connection.execute(select(policies).where(*same)).mappings().first()
            if stands is not None:
                return _published(stands)
            last = connection.execute(select(func.coalesce(func.max(policies.c.number), 0))).scalar_one()
            connection.execute(insert(policies).values(number=last + 1, **row))
        return published

    def in_force(self, at: datetime) -> PublishedPolicy | None:
        """The newest that had taken effect, else the first that ever did; None if none was published."""
        newest = select(policies).order_by(policies.c.effective_from.desc(), policies.c.number.desc())
        first = select(policies).order_by(policies.c.effective_from, policies.c.number)
        with reading(self._engine) as connection:
            for statement in (newest.where(policies.c.effective_from <= at), first):
                if row := connection.execute(statement.limit(1)).mappings().first():
                    return _published(row)
        return None

    def get(self, ref: str) -> PublishedPolicy | None:
        """The version with this name (`id@version`), with the date on which it first took effect."""
        statement = select(policies).where(policies.c.ref == ref).order_by(policies.c.effective_from).limit(1)
        with reading(self._engine) as connection:
            row = connection.execute(statement).mappings().first()
        return None if row is None else _published(row)

    def text(self, ref: str) -> str:
        """The file of a version as it was written first; empty where none was kept."""
        statement = select(policies.c.text).where(policies.c.ref == ref, policies.c.text.is_not(None))
        with reading(self._engine) as connection:
            return connection.execute(statement.order_by(policies.c.number).limit(1)).scalar() or ""

    def words(self) -> ShopWords:
        """The tags and groups that any published version asks for."""
        with reading(self._engine) as connection:
            return words_in(map(Policy.model_validate_json, connection.execute(select(policies.c.content)).scalars()))


def _published(row: RowMapping) -> PublishedPolicy:
    policy = Policy.model_validate_json(row["content"])
    return PublishedPolicy(policy=policy, version=row["version"], effective_from=row["effective_from"])
