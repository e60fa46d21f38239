"""The order, and the policy, that decisions are made on."""

from __future__ import annotations

from domain import ids
from domain.errors import Refused
from domain.order import Order
from domain.policy import PublishedPolicy
from domain.stores import Policies, Snapshots
from ledger import Ledger
from ledger.recall import newest_snapshot


def frozen_order(ledger: Ledger, snapshots: Snapshots, order_id: str) -> Order | None:
    """The order as it was when first touched, with the deliveries learnt since; None if it was never touched."""
    if ledger.find(ids.order_key(order_id)) is None:
        return None
    return snapshots.get(order_id, newest_snapshot(ledger.entries(order=order_id))).order


def frozen(ledger: Ledger, snapshots: Snapshots, policies: Policies, order_id: str) -> tuple[Order, PublishedPolicy]:
    """That order, and the policy that was in force when it was first touched. Raises Refused if it never was."""
    opened = ledger.find(ids.order_key(order_id))
    policy = policies.get(opened.policy) if opened else None
    order = frozen_order(ledger, snapshots, order_id)
    if order is None or policy is None:
        raise Refused("order_not_opened", f"order {order_id} was never opened in the journal; start the return anew")
    return order, policy
