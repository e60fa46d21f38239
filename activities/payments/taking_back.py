"""Store credit is taken back where the bank took the money that it stood for."""

from __future__ import annotations

from typing import Protocol

from temporalio import activity

from activities.moment import attempt_time
from activities.people import check_person
from domain.credit_ids import take_back_key, taken_back_key
from domain.errors import Refused
from domain.model import Id, Minor, Model, UtcDatetime
from domain.stores import People, Snapshots
from domain.taking_back import TakingBack, wanted_back
from domain.verbs import Verb
from ledger import EntryKind, Ledger, NewEntry
from ledger.deciding import decided
from ledger.frozen import frozen_order
from ledger.given_credit import given_credit
from ledger.moves import credit
from ledger.refunds import uncovered


class Purses(Protocol):
    """Where store credit is kept. Raises Unavailable or Refused, both with a sentence for people."""

    def take_back(self, asked: TakingBack) -> int:
        """Take as much of it as is not spent, and tell how much that was; asked again under the same key it is the
        same."""

    def find_taken(self, asked: TakingBack) -> int | None:
        """What was taken under the key, whoever sent it and when; None is a certain no."""


class TakeBack(Model):
    """`by` of finance wants it for what a late fact (`cause`) took of an order."""

    order_id: Id
    cause: str
    by: Id
    now: UtcDatetime


class TakenBack(Model):
    """What was taken, and what of it was spent, so that the customer owes it."""

    taken: Minor
    owed: Minor


class TakingBackActivities:
    """Takes back once per cause; what is spent stays as a claim against the customer."""

    def __init__(self, purses: Purses | None, ledger: Ledger, snapshots: Snapshots, people: People) -> None:
        self._purses = purses
        self._ledger = ledger
        self._snapshots = snapshots
        self._people = people

    @activity.defn(no_thread_cancel_exception=True)
    def take_back(self, ask: TakeBack) -> TakenBack:
        """Take back the store credit that stands for money which is missing, the bonus first.

        Raises Refused for somebody who may not, where nothing is missing or none was given, and where nothing here can
        reach it.
        """
        key, purses = take_back_key(ask.cause), self._reachable()
        if (done := self._ledger.find(taken_back_key(ask.cause))) is not None:
            return TakenBack.model_validate(done.facts["result"])
        entry, taken = self._ledger.find(key), None
        if entry is None:
            check_person(self._people, ask.by, Verb.TAKE_BACK)
            entry = decided(self._ledger, ask.order_id, lambda: self._asked(key, ask), key)
            asked = TakingBack.model_validate(entry.facts["asked"])
        else:
            # An earlier attempt got this far: it may have been taken without our hearing of it.
            asked = TakingBack.model_validate(entry.facts["asked"])
            taken = purses.find_taken(asked)
        return self._record(ask, asked, purses.take_back(asked) if taken is None else taken)

    def _reachable(self) -> Purses:
        if self._purses is None:
            text = "no storefront is configured that could take store credit back; take it in the shop"
            raise Refused("no_storefront", f"{text}, and clear the suspense: `python -m ledger record cleared`")
        return self._purses

    def _asked(self, key: str, ask: TakeBack) -> NewEntry:
        order = frozen_order(self._ledger, self._snapshots, ask.order_id)
        if order is None:
            raise Refused("order_not_opened", f"order {ask.order_id} was never opened in the journal")
        given = given_credit(self._ledger, order.id)
        wanted, bonus = wanted_back(given, uncovered(self._ledger, order.id, order.currency))
        if not wanted:
            text = f"of order {order.number} no money is missing for which store credit was given"
            raise Refused("nothing_to_take_back", text)
        made = TakingBack(
            key=key,
            order_id=order.id,
            customer=given.customer,
            currency=order.currency,
            credit=wanted,
            bonus=bonus,
        )
        return NewEntry(
            key=key,
            kind=EntryKind.CREDIT_ASKED_BACK,
            order=order.id,
            actor=ask.by,
            at=attempt_time(ask.now),
            facts={"asked": made.model_dump(mode="json")},
            asked={"cause": ask.cause},
        )

    def _record(self, ask: TakeBack, asked: TakingBack, taken: int) -> TakenBack:
        key, result = taken_back_key(ask.cause), TakenBack(taken=taken, owed=asked.most - taken)
        entry = self._ledger.append(
            NewEntry(
                key=key,
                kind=EntryKind.CREDIT_TAKEN_BACK,
                order=asked.order_id,
                actor=ask.by,
                at=attempt_time(ask.now),
                facts={"asked": asked.model_dump(mode="json"), "result": result.model_dump(mode="json")},
                asked={"cause": ask.cause, "taken": taken},
                transfers=credit.taken_back(key, asked, taken),
            )
        )
        return TakenBack.model_validate(entry.facts["result"])
