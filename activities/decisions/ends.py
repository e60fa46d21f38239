"""How a return ends: called off, expired, or through. What was announced and never came stays with the customer."""

from __future__ import annotations

from temporalio import activity

from activities.people import check_person, check_speaker
from domain import ids, word_ids
from domain.case import Outcome
from domain.errors import Refused
from domain.model import Id, Model, UtcDatetime
from domain.stores import People
from domain.undecided import empty_box_ends
from domain.verbs import Verb
from ledger import EntryKind, Ledger, NewEntry
from ledger.deciding import decided
from ledger.moves import goods
from ledger.recall import case_so_far

_GOODS = (EntryKind.RECEIPT, EntryKind.LOST, EntryKind.KEPT, EntryKind.PLAN)
"""After these the goods are here or paid for."""


class CancelReturn(Model):
    """A return that was called off; `reason` is a code."""

    case: Id
    order_id: Id
    actor: Id
    reason: str
    now: UtcDatetime


class CloseReturn(Model):
    """The end of a return."""

    case: Id
    order_id: Id
    outcome: Outcome
    now: UtcDatetime


class ExpireReturn(Model):
    """A return of which nothing was sent in time."""

    case: Id
    order_id: Id
    now: UtcDatetime


class ForceClose(CancelReturn):
    """A return that staff ends."""


class RecordNotUndone(Model):
    """What nobody could undo before a return ended; `undo` is the verb that would have."""

    case: Id
    order_id: Id
    undo: str
    now: UtcDatetime


class Ends:
    """Each is one entry, which frees what is still reserved."""

    def __init__(self, ledger: Ledger, people: People) -> None:
        self._ledger = ledger
        self._people = people

    @activity.defn(no_thread_cancel_exception=True)
    def cancel_return(self, ask: CancelReturn) -> None:
        """Record that a return was called off and give its units back to the customer.

        Raises Refused if the actor may not, or the journal knows that its goods arrived or that it has ended: then a
        reset or a new run has forgotten it.
        """
        if self._ledger.find(ids.cancel_key(ask.case)) is None:
            check_speaker(self._people, ask.actor, Verb.CANCEL)
        entry = _called_off(ids.cancel_key(ask.case), EntryKind.CANCELLED, ask)
        self._end(entry, never_after=(*_GOODS, EntryKind.FORCE_CLOSED, EntryKind.CLOSED))

    @activity.defn(no_thread_cancel_exception=True)
    def expire_return(self, ask: ExpireReturn) -> None:
        """Record that nothing was sent in time; its units stay with the customer.

        Raises Refused if the journal knows that its goods are on their way or arrived, or that it has ended.
        """
        self._end(
            NewEntry(
                key=ids.expire_key(ask.case),
                kind=EntryKind.EXPIRED,
                order=ask.order_id,
                case=ask.case,
                actor="rule:policy",
                at=ask.now,
                facts={},
                asked={},
            ),
            never_after=(*_GOODS, EntryKind.CANCELLED, EntryKind.FORCE_CLOSED, EntryKind.CLOSED),
            on_its_way=False,
        )

    @activity.defn(no_thread_cancel_exception=True)
    def force_close(self, ask: ForceClose) -> None:
        """Record that staff ended a return whose goods are not here, and give its units back to the customer.

        Raises Refused if the actor may not, or the journal knows that its goods arrived or that it has ended.
        """
        if self._ledger.find(ids.force_close_key(ask.case)) is None:
            check_person(self._people, ask.actor, Verb.FORCE_CLOSE)
        entry = _called_off(ids.force_close_key(ask.case), EntryKind.FORCE_CLOSED, ask)
        self._end(entry, never_after=(*_GOODS, EntryKind.CANCELLED, EntryKind.EXPIRED, EntryKind.CLOSED))

    @activity.defn(no_thread_cancel_exception=True)
    def close_return(self, ask: CloseReturn) -> None:
        """Record the end of a return; units that were reserved and never came stay with the customer."""
        self._end(
            NewEntry(
                key=ids.close_key(ask.case),
                kind=EntryKind.CLOSED,
                order=ask.order_id,
                case=ask.case,
                actor="rule:story",
                at=ask.now,
                facts={"outcome": ask.outcome.value},
                asked={"outcome": ask.outcome.value},
            )
        )

    @activity.defn(no_thread_cancel_exception=True)
    def record_not_undone(self, ask: RecordNotUndone) -> None:
        """Record that a step of a return that ends stays done, once for each undo."""
        facts = {"undo": ask.undo}
        self._ledger.append(
            NewEntry(
                key=word_ids.not_undone_key(ask.case, ask.undo),
                kind=EntryKind.NOT_UNDONE,
                order=ask.order_id,
                case=ask.case,
                actor="rule:story",
                at=ask.now,
                facts=facts,
                asked=facts,
            )
        )

    def _end(self, entry: NewEntry, never_after: tuple[EntryKind, ...] = (), *, on_its_way: bool = True) -> None:
        """Append the entry, and with it release what its return still has reserved; another end is a KeyConflict.

        Raises Refused if the journal has one of the kinds that it can never follow, or goods on their way that it
        cannot.
        """

        def decide() -> NewEntry:
            entries = tuple(self._ledger.entries(case=entry.case))
            recorded = {one.kind for one in entries}
            if entry.kind not in recorded and recorded & set(never_after):
                text = f"return {entry.case} cannot end like this: the journal knows its goods, or its end, already"
                raise Refused("already_received", text)
            known = case_so_far(entries)
            ends = empty_box_ends(known)  # then there was a parcel, and nothing in it
            waited = ends is not None and ends <= entry.at
            if entry.kind not in recorded and not on_its_way and known.moving and not waited:
                text = f"return {entry.case} is on its way, so it does not expire; wait for it"
                raise Refused("on_its_way", text)
            given = known.decision.send_back_until if known.decision else entry.at
            if entry.kind not in recorded and not on_its_way and given > entry.at:
                text = f"the shopper of return {entry.case} has until {given:%d %B %Y %H:%M} UTC to send"
                raise Refused("has_longer", f"{text}; wait for it")
            released = goods.released(entry.key, goods.announced(entries), self._ledger.pending_left)
            return entry.model_copy(update={"transfers": released})

        decided(self._ledger, entry.order, decide)


def _called_off(key: str, kind: EntryKind, ask: CancelReturn) -> NewEntry:
    return NewEntry(
        key=key,
        kind=kind,
        order=ask.order_id,
        case=ask.case,
        actor=ask.actor,
        reasons=(ask.reason,),
        at=ask.now,
        facts={"reason": ask.reason},
        asked={"reason": ask.reason},
    )
