"""Goods for goods: what an exchange comes to once its goods were looked at, and what follows where it does not."""

from __future__ import annotations

from temporalio import activity

from activities.decisions.choices import NowChosen
from activities.decisions.trust import on_trust
from domain import ids
from domain.case import CaseSoFar
from domain.choice import BACKHAUL, Chosen
from domain.errors import Refused
from domain.model import Currency, Id, Minor, Model, UtcDatetime
from domain.policy import Decision
from domain.policy.choosing import chosen
from domain.quoted import quote_plan
from domain.resolution import IN_GOODS, Resolution
from domain.stores import Snapshots
from ledger import EntryKind, Ledger, NewEntry
from ledger.deciding import decided
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far


class PriceExchange(Model):
    """A return whose goods were inspected."""

    case: Id
    order_id: Id


class Priced(Model):
    """What is missing until what goes out is paid, in minor units."""

    to_pay: Minor
    currency: Currency


class FallBack(Model):
    """Goods that were to go out do not, for a reason that is a code: the next remedy follows."""

    case: Id
    order_id: Id
    instead_of: Resolution
    reason: str
    now: UtcDatetime


class Trading:
    """Decides from what is recorded, as the plan does."""

    def __init__(self, snapshots: Snapshots, ledger: Ledger) -> None:
        self._snapshots = snapshots
        self._ledger = ledger

    @activity.defn(no_thread_cancel_exception=True)
    def price_exchange(self, ask: PriceExchange) -> Priced:
        """From what was promised, and from the goods as they came, or on trust before that; nothing is recorded before
        the plan is."""
        known = case_so_far(self._ledger.entries(case=ask.case))
        books = OrderBooks.read(self._ledger, self._snapshots, ask.order_id)
        return Priced(to_pay=on_trust(books, known).to_pay, currency=books.order.currency)

    @activity.defn(no_thread_cancel_exception=True)
    def fall_back(self, ask: FallBack) -> NowChosen:
        """Record the next remedy in the order in which the policy has them, at last the money; where something else is
        in force already, that stays."""
        entries = tuple(self._ledger.entries(case=ask.case))
        if case_so_far(entries).resolution is ask.instead_of:
            decided(self._ledger, ask.order_id, lambda: self._next(ask))
        known = case_so_far(self._ledger.entries(case=ask.case))
        assert known.decision is not None  # nothing is promised before
        return NowChosen(decision=known.decision, quote=known.quote, choices=known.choices)

    def _next(self, ask: FallBack) -> NewEntry:
        books = OrderBooks.read(self._ledger, self._snapshots, ask.order_id)
        known = case_so_far(one for one in books.entries if one.case == ask.case)
        if known.decision is None:
            raise Refused("not_decided", f"return {ask.case} was never decided; start it first")
        wanted = _after(known, known.decision)
        after = chosen(known.decision, wanted)
        quote = quote_plan(books.order, books.history(), after)
        said = Chosen(by=BACKHAUL, resolution=wanted, at=ask.now)
        facts = {"choice": _facts(said), "decision": _facts(after), **({"quote": _facts(quote)} if quote else {})}
        return NewEntry(
            key=ids.choice_key(ask.case, len(known.choices) + 1),
            kind=EntryKind.CHOICE,
            order=ask.order_id,
            case=ask.case,
            actor="rule:policy",
            reasons=(ask.reason,),
            policy=after.policy,
            at=ask.now,
            facts=facts,
            asked={"by": said.by, "resolution": wanted.value},
        )


_ASKED_FOR = (Resolution.REPAIR, Resolution.EXCHANGE)
"""What follows on nothing by itself."""


def _after(known: CaseSoFar, decision: Decision) -> Resolution:
    """What follows on a remedy that cannot be had: after a repair the same again if that is offered and no other goods
    were promised, then money."""
    told = next((line.terms.resolutions for line in decision.approved if line.terms), ())
    if decision.resolution is Resolution.REPAIR and Resolution.REPAIR in told and not known.trades:
        told = tuple(one for one in told[told.index(Resolution.REPAIR) :] if one not in _ASKED_FOR)
    else:
        told = tuple(one for one in told if one not in IN_GOODS)
    offered = [one for one in told if one in decision.resolutions]
    return offered[0] if offered else Resolution.REFUND


def _facts(model: Model) -> dict[str, object]:
    return model.model_dump(mode="json", exclude_none=True)
