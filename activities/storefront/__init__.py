"""The shop: where orders come from."""

from __future__ import annotations

from typing import Protocol

from temporalio import activity

from domain import ids
from domain.case import CaseSoFar, OrderBrief
from domain.errors import InvalidRequest, Refused
from domain.model import Model, UtcDatetime
from domain.order import Order, TenderKind
from domain.paid import paid_components
from domain.policy import PublishedPolicy
from domain.request import ReturnRequest, check_against
from domain.stores import Policies, Snapshot, Snapshots
from ledger import UNITS, EntryKind, Ledger, NewEntry, Transfer, accounts
from ledger.recall import case_so_far


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
        """What the journal knows of this return, with its order; for a new one, check the request against the order,
        and open the order's accounts if it was never touched. Raises InvalidRequest before anything is recorded."""
        entries = list(self._ledger.entries(case=ask.request.id))
        known = case_so_far(entries)
        # An order that was touched stays as it was then, whatever becomes of it in the shop.
        order = self._frozen(entries[0].order if entries else ask.request.order_id) or self._touch(ask)
        if known.decision is None:
            check_against(ask.request, order)
        return known.model_copy(update={"order": OrderBrief.of(order)})

    def _frozen(self, order_id: str) -> Order | None:
        opened = self._ledger.find(ids.order_key(order_id))
        return self._snapshots.get(order_id, str(opened.facts["snapshot"])).order if opened else None

    def _touch(self, ask: FetchOrder) -> Order:
        order = self._read(ask.request)
        frozen = self._frozen(order.id)
        if frozen is not None:
            return frozen
        check_against(ask.request, order)
        policy = self._policies.in_force(order.placed_at)
        if policy is None:
            raise Refused("no_policy", "no return policy has been published; publish one, then retry")
        snapshot = self._snapshots.keep(order)
        opened = self._ledger.append(_opening(ids.order_key(order.id), snapshot, policy, ask))
        # Another return may have come first, with the order as the shop knew it then.
        return self._snapshots.get(order.id, str(opened.facts["snapshot"])).order

    def _read(self, request: ReturnRequest) -> Order:
        order = self._storefront.order(request.order_id)
        if order is None:
            raise InvalidRequest("order_id", f"there is no order {request.order_id}; import it first")
        if any(tender.kind is TenderKind.UNKNOWN for tender in order.tenders):
            raise Refused(
                "payment_not_linked",
                f"order {order.number} has no payment to refund; import it again with its payment, then retry",
            )
        return order


def _opening(key: str, snapshot: Snapshot, policy: PublishedPolicy, ask: FetchOrder) -> NewEntry:
    order = snapshot.order
    moves: list[tuple[str, str, str, int]] = []
    moves += [
        (accounts.tender(one.id), accounts.order(order.id), order.currency, one.captured) for one in order.tenders
    ]
    moves += [
        (accounts.order(order.id), accounts.paid(order.id, part), order.currency, part.amount)
        for part in paid_components(order)
    ]
    moves += [
        (accounts.sold(order.id), accounts.with_customer(order.id, line.id), UNITS, line.quantity)
        for line in order.lines
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
