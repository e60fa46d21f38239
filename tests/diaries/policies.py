"""Policies for diaries: the default one with some clauses more, in force for every order."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from commands.policy import publish_policy
from settings import ROOT
from tests.workflows.returns import Shop
from tests.world import POLICY_FROM


async def in_force(shop: Shop, clauses: str) -> None:
    """Publish the default policy with these clauses; of its own, those of the same name go."""
    named = {line.partition(":")[0] for line in clauses.splitlines() if line[:1].isalpha()}
    lines, keep = [], True
    for line in (ROOT / "policies" / "default.yaml").read_text().splitlines():
        keep = line.partition(":")[0] not in named if line[:1].isalpha() else keep
        lines += [line] if keep else []
    text = "\n".join([*lines, clauses])
    await asyncio.to_thread(publish_policy, shop.world.rooms, text, POLICY_FROM + timedelta(days=1), datetime.now(UTC))
