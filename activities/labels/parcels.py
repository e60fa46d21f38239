"""Parcels of a return beside the one of its label."""

from __future__ import annotations

from temporalio import activity

from activities.people import check_speaker
from domain import ids
from domain.model import Id, Model, UtcDatetime
from domain.parcel import OtherParcel
from domain.stores import Parcels, People
from domain.verbs import Verb
from ledger import EntryKind, Ledger, NewEntry


class AddParcel(Model):
    """One more parcel of a return."""

    case: Id
    order_id: Id
    parcel: OtherParcel
    now: UtcDatetime


class ParcelActivities:
    """Ties tracking numbers to returns."""

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
