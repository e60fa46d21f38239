"""The shop: where orders come from."""

from __future__ import annotations

from typing import Protocol

from temporalio import activity

from domain import ids
from domain.case import CaseSoFar, OrderBrief
from domain.delivery import without_deliveries
from domain.errors import InvalidRequest, Refused
from domain.history import history_of
from domain.model import Model, UtcDatetime
from domain.order import Order, TenderKind
from domain.paid import paid_components
from domain.policy import PublishedPolicy
from domain.request import ReturnRequest, check_against
from domain.stores import Policies, Snapshot, Snapshots
from ledger import UNITS, EntryKind, Ledger, NewEntry, Transfer, accounts
from ledger.recall import case_so_far, newest_snapshot


class Storefront(Protocol):
    """Where orders are sold. Raises Unavailable."""

    def order(self, order_id: str) -> Order | None:
        """The order as the shop knows it now, by its id or its number; None if there is none."""


class FetchOrder(Model):
    """The order of a return that begins, or begins again."""

    request: ReturnRequest
    now: UtcDatetime


class StorefrontActivities:
    """Reads the order and keeps what was read, so that everything later is decided on the same facts."""

    def __init__(self, storefront: Storefront, snapshots: Snapshots, policies: Policies, ledger: Ledger) -> None:
        self._storefront = storefront
        self._snapshots = snapshots
        self._policies = policies
        self._ledger = ledger

    @activity.defn(no_thread_cancel_exception=True)
    def fetch_order(self, ask: FetchOrder) -> CaseSoFar:
        """What the journal knows of this return; for a new one, read its order, check the request against it, and open
        the order's accounts if it was never touched. Raises InvalidRequest before anything is recorded."""
        known = case_so_far(self._ledger.entries(case=ask.request.id))
        order = self._read(ask.request)
        if known.decision is None:
            check_against(ask.request, order)
            self._touch(order, ask)
        return known.model_copy(update={"order": OrderBrief.of(order)})

    def _read(self, request: ReturnRequest) -> Order:
        order = self._storefront.order(request.order_id)
        if order is None:
            raise InvalidRequest("order_id", f"there is no order {request.order_id}; import it first")
        if any(tender.kind is TenderKind.UNKNOWN and tender.captured for tender in order.tenders):
            raise Refused(
                "payment_not_linked",
                f"order {order.number} has no payment to refund; import it again with its payment, then retry",
            )
        return order

    def _touch(self, order: Order, ask: FetchOrder) -> None:
        key = ids.order_key(order.id)
        if self._ledger.find(key) is not None:
            self._learn(order, ask)
            return
        policy = self._policies.in_force(order.placed_at)
        if policy is None:
            raise Refused("no_policy", "no return policy has been published; publish one, then retry")
        snapshot = self._snapshots.keep(order)
        self._ledger.append(_opening(key, snapshot, policy, ask))

    def _learn(self, order: Order, ask: FetchOrder) -> None:
        """Keep what the shop has learned of the order's deliveries; anything else stays as it was first read."""
        newest = newest_snapshot(self._ledger.entries(order=order.id))
        known = self._snapshots.get(order.id, newest).order
        if order == known or without_deliveries(order) != without_deliveries(known):
            return
        content = self._snapshots.keep(order).content
        self._ledger.append(
            NewEntry(
                key=ids.delivery_key(order.id, content),
                kind=EntryKind.DELIVERY,
                order=order.id,
                actor="storefront",
                at=ask.now,
                facts={"snapshot": content},
                asked={"order": order.id},
            )
        )


def _opening(key: str, snapshot: Snapshot, policy: PublishedPolicy, ask: FetchOrder) -> NewEntry:
    """What is left of the order, in money and in units: what went back before it was touched is not on its accounts."""
    order = snapshot.order
    history = history_of(order)
    moves: list[tuple[str, str, str, int]] = []
    moves += [
        (accounts.tender(one.id), accounts.order(order.id), order.currency, one.captured - one.refunded)
        for one in order.tenders
    ]
    moves += [
        (accounts.order(order.id), accounts.paid(order.id, part), order.currency, part.amount)
        for part in paid_components(order, history)
    ]
    moves += [
        (accounts.sold(order.id), accounts.with_customer(order.id, line_id), UNITS, line.open)
        for line_id, line in history.lines.items()
    ]
    return NewEntry(
        key=key,
        kind=EntryKind.ORDER_OPENED,
        order=order.id,
        actor="storefront",
        policy=policy.ref,
        at=ask.now,
        facts={"snapshot": snapshot.content, "number": order.number, "currency": order.currency, "total": order.total},
        asked={"order": order.id},
        transfers=tuple(
            Transfer(key=f"{key}/{number}", debit=debit, credit=credit, commodity=commodity, amount=amount)
            for number, (debit, credit, commodity, amount) in enumerate(moves, start=1)
            if amount
        ),
    )
