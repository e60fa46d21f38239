"""Return labels and the scans of their parcels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from temporalio import activity

from activities.labels.asks import BuyLabel, FollowParcel, LabelRequest, RecordScan, VoidLabel
from activities.moment import beat
from domain import ids
from domain.errors import Refused
from domain.method import Method
from domain.money import Money
from domain.parcel import BOUGHT, MOST_LABELS, ReturnLabel, Scan, moved
from domain.stores import Contacts, Parcels
from ledger import EntryKind, JournalEntry, Ledger, NewEntry, Transfer
from ledger.accounts import label_due
from ledger.deciding import decided
from ledger.moves import credit
from ledger.recall import case_so_far

__all__ = [
    "BuyLabel",
    "FollowParcel",
    "LabelActivities",
    "LabelRequest",
    "Labels",
    "PackingSheets",
    "RecordScan",
    "VoidLabel",
    "beat",
]


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
        """Buy this label of a return once: recorded answer, else the carrier's for our key, else a new one.

        Where the method needs no label of ours, only the packing sheet is made.
        """
        key = ids.label_key(ask.case, ask.number)
        recorded = self._ledger.find(key)
        if recorded is None:
            label = self._prepared(key, ask)
            recorded = self._ledger.append(
                NewEntry(
                    key=key,
                    kind=EntryKind.LABEL,
                    order=ask.order_id,
                    case=ask.case,
                    actor=ask.by or ("carrier" if label.ours else "backhaul"),
                    reasons=("asked_again",) if ask.number > 1 else (),
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
                code="wanted" if ask.method is Method.QR_CODE else None,
            )
            label = self._labels.buy(key, request, ask.now)
        else:
            label = _without_label(ask.now)
        beat()
        sheet = self._sheets.keep(ask, sender, self._receiver) if self._sheets else ""
        return label.model_copy(update={"method": ask.method, "sheet_url": sheet})

    @activity.defn(no_thread_cancel_exception=True)
    def void_label(self, ask: VoidLabel) -> str:
        """Void a label of a return at the carrier; record and return the answer: `voided`, or why it was not.

        One that was used, or that the carrier does not take back any more (`past_cut_off`), stays what it is.
        """
        key = ids.label_void_key(ask.case, ask.number)
        recorded = self._ledger.find(key)
        if recorded is not None:
            return str(recorded.facts["answer"])
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
        label_key = ids.label_key(ask.case, ask.number)
        self._append(entry, label_key, credit.label_void if answer == "voided" else None)
        return answer

    def _given_back(self, ask: VoidLabel) -> str:
        scans = case_so_far(self._ledger.entries(case=ask.case)).scans
        if moved(one for one in scans if one.tracking_number == ask.label.tracking_number):
            return "already_used"
        if ask.label.void_until is not None and ask.now > ask.label.void_until:
            return "past_cut_off"
        try:
            self._labels.void(ids.label_key(ask.case, ask.number), ask.label)
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
        label_key = self._used(ask)
        self._append(entry, label_key, credit.label_used if label_key else None)

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

    def _used(self, ask: RecordScan) -> str:
        """The key of the label under which a parcel moves, also of one that another took the place of; empty if it is
        none of ours: goods may travel under another number, and that costs nothing here."""
        keys = (ids.label_key(ask.case, number) for number in range(1, MOST_LABELS + 1))
        mine = (key for key in keys if self._numbered(key) == ask.scan.tracking_number)
        return next(mine, "") if moved([ask.scan]) else ""

    def _numbered(self, key: str) -> str:
        label = self._ledger.find(key)
        return ReturnLabel.model_validate(label.facts["label"]).tracking_number if label else ""

    def _append(
        self, entry: NewEntry, key: str, settle: Callable[[str, Money, str], tuple[Transfer, ...]] | None
    ) -> None:
        """Append an entry; the first that says whether the label of a key was used also settles what it costs."""

        def told() -> NewEntry:
            label = self._ledger.find(key) if settle else None
            cost = ReturnLabel.model_validate(label.facts["label"]).cost if label else None
            if settle is None or cost is None:
                return entry
            if self._ledger.balance(label_due(key), cost.currency).posted:
                return entry.model_copy(update={"transfers": settle(entry.key, cost, key)})
            if settle is credit.label_used and self._void(entry.case, self._numbered(key)):
                return entry.model_copy(update={"transfers": credit.label_used_though_void(entry.key, cost)})
            return entry

        decided(self._ledger, entry.order, told)

    def _void(self, case: str, number: str) -> bool:
        """Whether the last that was said of what a label costs is that it was given back."""
        said = [one for one in self._ledger.entries(case=case) if one.transfers and _told_of(one) == number]
        return bool(said) and said[-1].kind is EntryKind.LABEL_VOIDED


def _told_of(entry: JournalEntry) -> str | None:
    """The number of the label whose cost an entry may speak of."""
    match entry.kind:
        case EntryKind.LABEL:
            return str(entry.facts["label"]["tracking_number"])
        case EntryKind.SCAN:
            return str(entry.facts["scan"]["tracking_number"])
        case EntryKind.LABEL_VOIDED:
            return str(entry.facts["tracking_number"])
        case _:
            return None


def _without_label(now: datetime) -> ReturnLabel:
    return ReturnLabel(tracking_number="", carrier="", url="", bought_at=now)
