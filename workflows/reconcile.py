"""Every night journal and payment provider are held against each other; finance is called where they differ."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.payments.reconciling import ReconcileActivities, Reconciled, ReconcileDays
from domain import ids
from workflows import options
from workflows.return_case.view import NEEDS_ACTION


@workflow.defn(name=ids.RECONCILE_TYPE)
class Reconcile:
    """One night. It has no undo: it reads, and records what it found."""

    @workflow.run
    async def run(self) -> Reconciled:
        """The last 35 whole days. Fails where the provider gives no answer until the next night."""
        now, how = workflow.now(), options.RECONCILE
        try:
            found = await workflow.execute_activity_method(
                ReconcileActivities.reconcile,
                ReconcileDays(day=now.date(), now=now),
                task_queue=how.queue,
                start_to_close_timeout=how.attempt,
                heartbeat_timeout=how.heartbeat,
                schedule_to_close_timeout=how.burst,
                retry_policy=how.retry,
                summary=f"Reconcile the days before {now.date()}",
            )
        except ActivityError:
            # The failure says why. The next night looks at the same days again.
            workflow.upsert_search_attributes([NEEDS_ACTION.value_set(how.owner)])
            raise
        workflow.set_current_details(_told(found))
        # It stays on the closed run, so that finance's list shows it.
        owner = how.owner if found.breaks else "nobody"
        workflow.upsert_search_attributes([NEEDS_ACTION.value_set(owner)])
        return found


def _told(found: Reconciled) -> str:
    if not found.breaks:
        return f"### Everything agrees\n\nRecorded as entry {found.entry}."
    rows = "\n".join(f"- {kind}: {count}" for kind, count in sorted(found.by_kind.items()))
    look = "`python -m ledger reconcile` says what each means; `python -m ledger report exceptions` lists them"
    return f"### {found.breaks} to look at\n\n{rows}\n\nRecorded as entry {found.entry}. {look}."
