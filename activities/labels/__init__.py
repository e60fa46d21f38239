"""Return labels and the scans of their parcels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from temporalio import activity

from domain import ids
from domain.contact import Place
from domain.errors import Refused
from domain.model import Id, Model, UtcDatetime
from domain.money import Money
from domain.parcel import UNMOVED, ReturnLabel, Scan
from domain.stores import Contacts, Parcels
from ledger import EntryKind, Ledger, NewEntry, Transfer
from ledger.accounts import label_due
from ledger.deciding import decided
from ledger.moves import credit


class LabelRequest(Model):
    """What stands on a label. `sender` is personal data: it is read here and handed to the carrier, nowhere else;
    `origin` is the same in fields, where the order told them."""

    case: Id
    order_number: str
    sender: tuple[str, ...]
    receiver: tuple[str, ...]
    origin: Place | None = None


class Labels(Protocol):
    """A carrier. Every method that changes anything takes our key; all raise Unavailable or Refused."""

    def find(self, key: str, now: datetime) -> ReturnLabel | None:
        """The label that was bought under this key, by asking the carrier; None if there is none."""

    def buy(self, key: str, request: LabelRequest, now: datetime) -> ReturnLabel:
        """Buy the label of this key; one that was bought under it already is returned instead of a second.

        Refused as `address_incomplete`, `address_refused` or `no_rate`, or with the carrier's own code.
        """

    def void(self, key: str, label: ReturnLabel) -> None:
        """Void the label of this key; voiding it again changes nothing. Refused as `already_used`, `unknown_label` or
        `not_void`."""

    def track(self, tracking_number: str, carrier: str) -> tuple[Scan, ...]:
        """The scans of a parcel so far, oldest first, of any carrier that is known; refused as `unknown_parcel`."""


class BuyLabel(Model):
    """The label for a return."""

    case: Id
    order_id: Id
    order_number: str
    customer_id: Id
    now: UtcDatetime


class VoidLabel(Model):
    """A label that will not be used."""

    case: Id
    order_id: Id
    label: ReturnLabel
    actor: str
    now: UtcDatetime


class RecordScan(Model):
    """A scan of a return's parcel."""

    case: Id
    order_id: Id
    scan: Scan
    actor: str
    now: UtcDatetime


class LabelActivities:
    """Buys, voids and follows labels."""

    def __init__(
        self, labels: Labels, contacts: Contacts, ledger: Ledger, parcels: Parcels, receiver: tuple[str, ...]
    ) -> None:
        self._labels = labels
        self._contacts = contacts
        self._ledger = ledger
        self._parcels = parcels
        self._receiver = receiver

    @activity.defn(no_thread_cancel_exception=True)
    def buy_label(self, ask: BuyLabel) -> ReturnLabel:
        """Buy the return's label once: recorded answer, else the carrier's for our key, else a new one."""
        key = ids.label_key(ask.case)
        recorded = self._ledger.find(key)
        if recorded is None:
            contact = self._contacts.get(ask.customer_id)
            sender = (contact.name, *contact.address, contact.country) if contact else ()
            request = LabelRequest(
                case=ask.case,
                order_number=ask.order_number,
                sender=tuple(filter(None, sender)),
                receiver=self._receiver,
                origin=contact.place if contact else None,
            )
            bought = self._labels.buy(key, request, ask.now)
            recorded = self._ledger.append(
                NewEntry(
                    key=key,
                    kind=EntryKind.LABEL,
                    order=ask.order_id,
                    case=ask.case,
                    actor="carrier",
                    at=ask.now,
                    facts={"label": bought.model_dump(mode="json", exclude_none=True)},
                    asked={"case": ask.case},
                    transfers=credit.label_bought(key, bought.cost, key) if bought.cost else (),
                )
            )
        label = ReturnLabel.model_validate(recorded.facts["label"])
        # By it the carrier's webhooks find the return.
        self._parcels.keep(label.tracking_number, ask.case)
        return label

    @activity.defn(no_thread_cancel_exception=True)
    def void_label(self, ask: VoidLabel) -> None:
        """Void the return's label at the carrier and record its answer; a label that was used already stays used."""
        key = ids.label_void_key(ask.case)
        if self._ledger.find(key) is not None:
            return
        answer = "voided"
        try:
            self._labels.void(ids.label_key(ask.case), ask.label)
        except Refused as no:
            answer = no.code
        entry = NewEntry(
            key=key,
            kind=EntryKind.LABEL_VOIDED,
            order=ask.order_id,
            case=ask.case,
            actor=ask.actor,
            at=ask.now,
            facts={"tracking_number": ask.label.tracking_number, "answer": answer},
            asked={"tracking_number": ask.label.tracking_number},
        )
        self._append(entry, credit.label_void if answer == "voided" else None)

    @activity.defn(no_thread_cancel_exception=True)
    def record_scan(self, ask: RecordScan) -> None:
        """Record what the carrier saw; the same scan counts once."""
        entry = NewEntry(
            key=ids.scan_key(ask.case, ask.scan.id),
            kind=EntryKind.SCAN,
            order=ask.order_id,
            case=ask.case,
            actor=ask.actor,
            at=ask.now,
            facts={"scan": ask.scan.model_dump(mode="json")},
            asked={"scan": ask.scan.id, "status": ask.scan.status.value},
        )
        self._append(entry, None if ask.scan.status in UNMOVED else credit.label_used)

    def _append(self, entry: NewEntry, settle: Callable[[str, Money, str], tuple[Transfer, ...]] | None) -> None:
        """Append an entry; the first that says whether the label was used also settles what it costs."""
        key = ids.label_key(entry.case)

        def told() -> NewEntry:
            label = self._ledger.find(key)
            cost = ReturnLabel.model_validate(label.facts["label"]).cost if label and settle else None
            if settle is None or cost is None or not self._ledger.balance(label_due(key), cost.currency).posted:
                return entry
            return entry.model_copy(update={"transfers": settle(entry.key, cost, key)})

        decided(self._ledger, entry.order, told)


def beat() -> None:
    """Tell Temporal that this worker lives; a killed one is noticed after the heartbeat timeout."""
    if activity.in_activity():
        activity.heartbeat()
