"""The night's reconciliation as Temporal runs it, against the journal and the provider's stand-in."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.client import Client, ScheduleOverlapPolicy, WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.payments.reconciling import Reconciled
from domain import ids
from ledger import EntryKind, JournalEntry
from ledger.reconcile.breaks import BreakKind
from ledger.reconcile.record import recorded
from tests.workflows.returns import SHOPIFY_PAYMENT, Shop
from tests.world import PATIENCE, World
from workflows.return_case.view import NEEDS_ACTION
from workflows.schedules import RECONCILE, create_schedules


async def night(client: Client, number: int) -> str | None:
    """One night, and whom it called."""
    handle: WorkflowHandle[Any, Reconciled]
    handle = await client.start_workflow(
        ids.RECONCILE_TYPE, id=f"night-{number}", task_queue=ids.RETURNS_QUEUE, result_type=Reconciled
    )
    async with asyncio.timeout(PATIENCE):
        # Awaiting the result would let days pass.
        while (seen := await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
            await asyncio.sleep(0.02)
    assert seen.status is WorkflowExecutionStatus.COMPLETED
    return seen.typed_search_attributes.get(NEEDS_ACTION)


async def test_a_night_is_recorded_once_and_calls_finance_where_something_differs(shop: Shop) -> None:
    one = await shop.shopify()
    await one.arrive()
    await one.inspect()
    await one.recorded(EntryKind.CLOSED)  # awaiting the result would let days pass
    await refund_of_nobody(shop.world)
    await shop.skip(timedelta(days=1))  # a night looks at whole days
    assert await night(shop.client, 1) == "nobody"
    (entry,) = nights(shop.world)
    told = recorded(entry)
    assert (told.count, told.outside) == (0, 1)
    assert {each.currency: (each.journal, each.provider, each.balance) for each in told.summaries} == {
        "EUR": (0, 200, 200),
        "USD": (18109, 18109, 18109),
    }
    assert await night(shop.client, 2) == "nobody"
    assert nights(shop.world) == [entry]
    # Its bank sends it back, and the news of it are lost.
    (refund,) = await shop.world.refunds(SHOPIFY_PAYMENT)
    await shop.world.post(f"/stripe/_control/refunds/{refund['id']}", {"status": "failed"})
    await shop.skip(timedelta(days=1))
    assert await night(shop.client, 3) == "finance"
    late = recorded(nights(shop.world)[1])
    assert late.by_kind == {BreakKind.FAILED_NOT_REVERSED: 1}
    assert shop.world.rooms.ledger.verify().faults == ()


async def refund_of_nobody(world: World) -> None:
    """From the dashboard, of a payment that no order has."""
    await world.post("/stripe/_control/payment_intents", {"id": "pi_unknown", "amount": 500, "currency": "eur"})
    answer = await world.http.post(
        "/stripe/v1/refunds",
        data={"payment_intent": "pi_unknown", "amount": "200"},
        headers={"Authorization": "Bearer sk_test_world"},
    )
    answer.raise_for_status()


def nights(world: World) -> list[JournalEntry]:
    return [one for one in world.rooms.ledger.entries() if one.kind is EntryKind.RECONCILED]


async def test_the_schedule_is_made_once_and_left_alone(server: WorkflowEnvironment) -> None:
    assert await create_schedules(server.client)
    handle = server.client.get_schedule_handle(RECONCILE)
    try:
        await handle.pause(note="books are closed")
        assert not await create_schedules(server.client)
        about = (await handle.describe()).schedule
        assert about.state.paused
        (calendar,) = about.spec.calendars
        assert ([one.start for one in calendar.hour], [one.start for one in calendar.minute]) == ([2], [15])
        assert about.policy.overlap is ScheduleOverlapPolicy.SKIP
    finally:
        await handle.delete()
