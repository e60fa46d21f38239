"""Return labels and the scans of their parcels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from temporalio import activity

from domain import ids
from domain.contact import Place
from domain.errors import Refused
from domain.method import Method
from domain.model import Id, Model, UtcDatetime
from domain.money import Money
from domain.parcel import BOUGHT, ReturnLabel, Scan, moved
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


class PackingSheets(Protocol):
    """Where packing sheets are made."""

    def keep(self, ask: BuyLabel, sender: tuple[str, ...], receiver: tuple[str, ...]) -> str:
        """Make the sheet of a return once and give its address; empty if nothing of it was approved.

        Raises Unavailable if it cannot be written."""


class BuyLabel(Model):
    """The label for a return, or what stands for one where it goes back without ours."""

    case: Id
    order_id: Id
    order_number: str
    customer_id: Id
    now: UtcDatetime
    method: Method = Method.LABEL


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


class FollowParcel(Model):
    """A parcel that is not under a label of ours; its carrier is not known."""

    tracking_number: Id


class LabelActivities:
    """Buys, voids and follows labels."""

    def __init__(
        self,
        labels: Labels,
        contacts: Contacts,
        ledger: Ledger,
        parcels: Parcels,
        receiver: tuple[str, ...],
        sheets: PackingSheets | None = None,
    ) -> None:
        self._labels = labels
        self._contacts = contacts
        self._ledger = ledger
        self._parcels = parcels
        self._receiver = receiver
        self._sheets = sheets

    @activity.defn(no_thread_cancel_exception=True)
    def buy_label(self, ask: BuyLabel) -> ReturnLabel:
        """Buy the return's label once: recorded answer, else the carrier's for our key, else a new one.

        Where the method needs no label of ours, only the packing sheet is made.
        """
        key = ids.label_key(ask.case)
        recorded = self._ledger.find(key)
        if recorded is None:
            label = self._prepared(key, ask)
            recorded = self._ledger.append(
                NewEntry(
                    key=key,
                    kind=EntryKind.LABEL,
                    order=ask.order_id,
                    case=ask.case,
                    actor="carrier" if label.ours else "backhaul",
                    at=ask.now,
                    facts={"label": label.model_dump(mode="json", exclude_none=True)},
                    asked={"case": ask.case},
                    transfers=credit.label_bought(key, label.cost, key) if label.cost else (),
                )
            )
        label = ReturnLabel.model_validate(recorded.facts["label"])
        if label.tracking_number:
            # By it the carrier's webhooks find the return.
            self._parcels.keep(label.tracking_number, ask.case, recorded.at)
        return label

    def _prepared(self, key: str, ask: BuyLabel) -> ReturnLabel:
        contact = self._contacts.get(ask.customer_id)
        lines = (contact.name, *contact.address, contact.country) if contact else ()
        sender = tuple(filter(None, lines))
        if ask.method in BOUGHT:
            request = LabelRequest(
                case=ask.case,
                order_number=ask.order_number,
                sender=sender,
                receiver=self._receiver,
                origin=contact.place if contact else None,
            )
            label = self._labels.buy(key, request, ask.now)
        else:
            label = _without_label(ask.now)
        beat()
        sheet = self._sheets.keep(ask, sender, self._receiver) if self._sheets else ""
        return label.model_copy(update={"method": ask.method, "sheet_url": sheet})

    @activity.defn(no_thread_cancel_exception=True)
    def void_label(self, ask: VoidLabel) -> None:
        """Void the return's label at the carrier and record its answer; a label that was used already stays used."""
        key = ids.label_void_key(ask.case)
        if self._ledger.find(key) is not None:
            return
        answer = self._given_back(ask) if ask.label.ours else "not_bought"
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

    def _given_back(self, ask: VoidLabel) -> str:
        try:
            self._labels.void(ids.label_key(ask.case), ask.label)
        except Refused as no:
            return no.code
        return "voided"

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
        self._append(entry, credit.label_used if self._uses_label(ask) else None)

    @activity.defn(no_thread_cancel_exception=True)
    def follow_parcel(self, ask: FollowParcel) -> bool:
        """Have the carrier tell of another parcel from here on, as of those under our labels; whether it knows it.

        Asked again it follows it still. What it has seen so far comes by its webhooks, like the rest.
        """
        beat()
        try:
            self._labels.track(ask.tracking_number, "")
        except Refused:
            return False
        return True

    def _uses_label(self, ask: RecordScan) -> bool:
        """Goods may travel under another number; that costs nothing of this label."""
        label = self._ledger.find(ids.label_key(ask.case))
        number = ReturnLabel.model_validate(label.facts["label"]).tracking_number if label else ""
        return moved([ask.scan]) and ask.scan.tracking_number == number

    def _append(self, entry: NewEntry, settle: Callable[[str, Money, str], tuple[Transfer, ...]] | None) -> None:
        """Append an entry; the first that says whether the label was used also settles what it costs."""
        key = ids.label_key(entry.case)

        def told() -> NewEntry:
            label = self._ledger.find(key)
            cost = ReturnLabel.model_validate(label.facts["label"]).cost if label and settle else None
            if settle is None or cost is None:
                return entry
            if self._ledger.balance(label_due(key), cost.currency).posted:
                return entry.model_copy(update={"transfers": settle(entry.key, cost, key)})
            if settle is credit.label_used and self._void(entry.case):
                return entry.model_copy(update={"transfers": credit.label_used_though_void(entry.key, cost)})
            return entry

        decided(self._ledger, entry.order, told)

    def _void(self, case: str) -> bool:
        """Whether the last that was said of what the label costs is that it was given back."""
        said = [one for one in self._ledger.entries(case=case) if one.kind in _ON_ITS_COST and one.transfers]
        return bool(said) and said[-1].kind is EntryKind.LABEL_VOIDED


_ON_ITS_COST = (EntryKind.LABEL, EntryKind.LABEL_VOIDED, EntryKind.SCAN)


def _without_label(now: datetime) -> ReturnLabel:
    return ReturnLabel(tracking_number="", carrier="", url="", bought_at=now)


def beat() -> None:
    """Tell Temporal that this worker lives; a killed one is noticed after the heartbeat timeout."""
    if activity.in_activity():
        activity.heartbeat()
