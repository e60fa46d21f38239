"""The shop: where orders come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from temporalio import activity

from activities.moment import attempt_time
from activities.storefront.tenders import never_paid
from domain import ids
from domain.case import CaseSoFar, OrderBrief
from domain.delivery import without_deliveries
from domain.errors import InvalidRequest, Refused
from domain.exchange import with_exchanges
from domain.history import history_of
from domain.kits import in_parts
from domain.model import Model, UtcDatetime
from domain.money import Money
from domain.order import UNLINKED, Order
from domain.policy import PublishedPolicy
from domain.policy.words import with_named
from domain.request import ReturnRequest, check_against
from domain.stores import Inbox, Policies, Snapshot, Snapshots
from ledger import EntryKind, JournalEntry, Ledger, NewEntry
from ledger.disputed import disputed
from ledger.facts import Facts, changed_from
from ledger.frozen import Frozen, frozen
from ledger.moves.money import opening
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

    def __init__(
        self,
        storefront: Storefront,
        snapshots: Snapshots,
        policies: Policies,
        ledger: Ledger,
        inbox: Inbox | None = None,
    ) -> None:
        self._storefront = storefront
        self._snapshots = snapshots
        self._policies = policies
        self._ledger = ledger
        self._facts = Facts(ledger, snapshots)
        self._inbox = inbox

    @activity.defn(no_thread_cancel_exception=True)
    def fetch_order(self, ask: FetchOrder) -> CaseSoFar:
        """What the journal knows of this return, with its order; for a new one, check the request against the order,
        and open the order's accounts if it was never touched. Raises InvalidRequest before anything is recorded."""
        entries = list(self._ledger.entries(case=ask.request.id))
        known = case_so_far(entries)
        found = self._of_decided(ask.request, known, entries) if entries else self._of_new(ask)
        order = found.order
        if self._inbox is not None and not entries:
            # What the payment provider told of it while nobody here knew the order.
            self._inbox.wake([one.id for one in order.tenders], attempt_time(ask.now))
        return known.model_copy(update={"order": OrderBrief.of(order), "disputes": disputed(found.entries)})

    def _of_decided(self, request: ReturnRequest, known: CaseSoFar, entries: Sequence[JournalEntry]) -> Frozen:
        """The order that the return was decided on; another request under the same id is refused."""
        order_id = entries[0].order
        found = frozen(self._ledger, self._snapshots, order_id)
        order = found and found.order
        if found is None or order is None or request.order_id not in (order.id, order.number):
            raise InvalidRequest("order_id", f"return {request.id} was decided already, for order {order_id}")
        wanted = {line.line_id: line.quantity for line in in_parts(order, request).lines}
        decided = {line.line_id: line.quantity for line in known.decision.lines} if known.decision else {}
        # The storefront may know only what was asked for at first, or also what people have made of it since.
        if decided and wanted not in (decided, _at_first(entries)):
            asked = ", ".join(f"{quantity} of {line_id}" for line_id, quantity in decided.items())
            raise InvalidRequest("lines", f"return {request.id} was decided already, for {asked}")
        _check_grounds(request, entries)
        return found

    def _of_new(self, ask: FetchOrder) -> Frozen:
        """The order of a new return: as it was when first touched, with what the shop told of it since."""
        sold = self._storefront.order(ask.request.order_id)
        sold = sold and with_named(sold, self._policies.words)
        order_id = sold.id if sold else ask.request.order_id
        known = frozen(self._ledger, self._snapshots, order_id)
        if known is None:
            return Frozen(self._open(sold, ask))
        order = known.sold if sold is None else changed_from(known.sold, sold)
        whole = with_exchanges(order, known.happened)
        check_against(in_parts(whole, ask.request), whole)
        if order == known.sold:
            return known
        if without_deliveries(order) != without_deliveries(known.sold):
            _check_payable(order)
        self._facts.changed(order, "storefront", ask.now)
        return known._replace(sold=order)

    def _open(self, order: Order | None, ask: FetchOrder) -> Order:
        if order is None:
            raise InvalidRequest("order_id", f"there is no order {ask.request.order_id}; import it first")
        check_against(in_parts(order, ask.request), order)
        _check_payable(order)
        policy = self._policies.in_force(order.placed_at)
        if policy is None:
            raise Refused("no_policy", "no return policy has been published; publish one, then retry")
        snapshot = self._snapshots.keep(order)
        entry = self._ledger.append(_opening(ids.order_key(order.id), snapshot, policy, ask))
        # Another return may have come first, with the order as the shop knew it then.
        return self._snapshots.get(order.id, entry.facts["snapshot"]).order


def _at_first(entries: Sequence[JournalEntry]) -> dict[str, int]:
    """The units of each line on which the return was first decided."""
    told = next((one.facts["decision"]["lines"] for one in entries if one.kind is EntryKind.DECISION), ())
    return {line["line_id"]: line["quantity"] for line in told}


def _check_grounds(request: ReturnRequest, entries: Sequence[JournalEntry]) -> None:
    """Raises InvalidRequest if the return was decided on another basis, or as another appeal."""
    told = next((one.facts["request"] for one in entries if "request" in one.facts), None)
    if told is None:
        return
    for field, asked in (("basis", request.basis), ("appeals", request.appeals)):
        if told.get(field) != asked:
            raise InvalidRequest(field, f"return {request.id} was decided already, with {told.get(field) or 'none'}")


def _check_payable(order: Order) -> None:
    """Raises Refused for an order whose money could not go back, before its goods come in."""
    if unpaid := never_paid(order):
        missing = Money(minor=unpaid, currency=order.currency)
        raise Refused(
            "not_paid_in_full",
            f"{missing} of order {order.number} have not been paid; once they are, or the order is lower by them, "
            "import it again (`python starter.py orders import FILE`), then retry",
        )
    for tender in order.tenders:
        if tender.captured == tender.refunded:
            continue
        if tender.id == UNLINKED:
            raise Refused(
                "payment_not_linked",
                f"order {order.number} has no payment to refund, because it came without its id; import it again with "
                "it (`python starter.py orders import FILE --payment ID`), then retry",
            )


def _opening(key: str, snapshot: Snapshot, policy: PublishedPolicy, ask: FetchOrder) -> NewEntry:
    """What is left of the order, in money and in units: what went back before it was touched is not on its accounts."""
    order = snapshot.order
    return NewEntry(
        key=key,
        kind=EntryKind.ORDER_OPENED,
        order=order.id,
        actor="storefront",
        policy=policy.ref,
        at=ask.now,
        facts={"snapshot": snapshot.content, "number": order.number, "currency": order.currency, "total": order.total},
        asked={"order": order.id},
        transfers=opening(key, order, history_of(order)),
    )
