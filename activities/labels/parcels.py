"""What is said of the way back: another label is wanted, the goods were sent, or there is one more parcel."""

from __future__ import annotations

from datetime import datetime

from temporalio import activity

from activities.people import check_speaker
from domain import ids, way_ids
from domain.model import Id, Model, UtcDatetime
from domain.parcel import HandedOver, NewLabel, OtherParcel
from domain.stores import Parcels, People
from domain.verbs import Verb
from ledger import EntryKind, Ledger, NewEntry


class AddParcel(Model):
    """One more parcel of a return."""

    case: Id
    order_id: Id
    parcel: OtherParcel
    now: UtcDatetime


class AskLabel(Model):
    """Somebody wants another label."""

    case: Id
    order_id: Id
    wanted: NewLabel
    now: UtcDatetime


class RecordHandedOver(Model):
    """The shopper has shown that the goods were handed over."""

    case: Id
    order_id: Id
    proof: HandedOver
    now: UtcDatetime


class ParcelActivities:
    """Records the wishes and proofs of the shopper, and ties tracking numbers to returns."""

    def __init__(self, parcels: Parcels, people: People, ledger: Ledger) -> None:
        self._parcels = parcels
        self._people = people
        self._ledger = ledger

    @activity.defn(no_thread_cancel_exception=True)
    def add_parcel(self, ask: AddParcel) -> None:
        """Record it, then tie the number: by it the carrier's webhooks find the return. Raises Refused if who says so
        may not."""
        number = ask.parcel.tracking_number
        key = ids.parcel_key(ask.case, number)
        recorded = self._ledger.find(key)
        if recorded is None:
            check_speaker(self._people, ask.parcel.by, Verb.ADD_PARCEL)
            recorded = self._ledger.append(
                NewEntry(
                    key=key,
                    kind=EntryKind.PARCEL,
                    order=ask.order_id,
                    case=ask.case,
                    actor=ask.parcel.by,
                    at=ask.now,
                    facts={"tracking_number": number},
                    asked={"tracking_number": number},
                )
            )
        self._parcels.keep(number, ask.case, recorded.at)

    @activity.defn(no_thread_cancel_exception=True)
    def ask_label(self, ask: AskLabel) -> None:
        """Record that another label is wanted, once for each number. Raises Refused if who says so may not."""
        key = way_ids.new_label_key(ask.case, ask.wanted.number)
        if self._ledger.find(key) is None:
            check_speaker(self._people, ask.wanted.by, Verb.NEW_LABEL)
        wanted = ask.wanted.model_dump(mode="json", exclude_none=True)
        entry = NewEntry(
            key=key,
            kind=EntryKind.NEW_LABEL,
            order=ask.order_id,
            case=ask.case,
            actor=ask.wanted.by,
            at=ask.now,
            facts={"wanted": wanted},
            asked={name: value for name, value in wanted.items() if name != "by"},
        )
        self._ledger.append(entry)

    @activity.defn(no_thread_cancel_exception=True)
    def record_handed_over(self, ask: RecordHandedOver) -> datetime:
        """Record the proof once, and tie the number that it tells; when it was recorded. Raises Refused if who says so
        may not."""
        key, proof = way_ids.handed_over_key(ask.case, ask.proof.shown), ask.proof
        if self._ledger.find(key) is None:
            check_speaker(self._people, proof.by, Verb.HANDED_OVER)
        told = proof.model_dump(mode="json", exclude_none=True)
        recorded = self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.HANDED_OVER,
                order=ask.order_id,
                case=ask.case,
                actor=proof.by,
                at=ask.now,
                facts={"proof": told},
                asked={name: value for name, value in told.items() if name != "by"},
            )
        )
        if proof.tracking_number:
            self._parcels.keep(proof.tracking_number, ask.case, recorded.at)
        return recorded.at
