"""Choices: what a return ends with, as the shopper wants it, until its money is on the way."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from temporalio import activity

from activities.decisions.losing import Losing
from activities.people import check_speaker
from domain import ids
from domain.choice import Chosen
from domain.choosing import may_choose_now
from domain.errors import KeyConflict, Refused
from domain.model import Id, Model, UtcDatetime
from domain.plan import RefundPlan
from domain.policy import Decision
from domain.policy.choosing import chosen
from domain.quoted import quote_plan
from domain.resolution import Resolution
from domain.stores import People, Snapshots
from domain.verbs import Verb
from ledger import EntryKind, Ledger, NewEntry
from ledger.deciding import decided
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far


class RecordChoice(Model):
    """The n-th time that a return's resolution is chosen anew."""

    case: Id
    order_id: Id
    number: Annotated[int, Field(strict=True, ge=1)]
    by: Id
    resolution: Resolution
    now: UtcDatetime


class NowChosen(Model):
    """The decision in force, its quote, and all choices so far."""

    decision: Decision
    quote: RefundPlan | None = None
    choices: tuple[Chosen, ...] = ()


class Choosing(Losing):
    """Records who chose, and quotes anew."""

    def __init__(self, ledger: Ledger, people: People, snapshots: Snapshots) -> None:
        super().__init__(ledger, people)
        self._snapshots = snapshots

    @activity.defn(no_thread_cancel_exception=True)
    def record_choice(self, ask: RecordChoice) -> NowChosen:
        """Record another resolution, with the quote that goes with it. A plan that was made before is overtaken.

        Raises Refused if whoever says so may not, it is not offered, or the money is on its way already.
        """
        key = ids.choice_key(ask.case, ask.number)
        entry = self._ledger.find(key)
        if entry is None:
            check_speaker(self._people, ask.by, Verb.CHOOSE)
            entry = decided(self._ledger, ask.order_id, lambda: self._chosen(key, ask), key)
        recorded = Chosen.model_validate(entry.facts["choice"])
        if (recorded.by, recorded.resolution) != (ask.by, ask.resolution):
            raise KeyConflict(f"{key} was recorded for something else before; a key means one thing for ever")
        known = case_so_far(self._ledger.entries(case=ask.case))
        assert known.decision is not None  # it was chosen for it
        return NowChosen(decision=known.decision, quote=known.quote, choices=known.choices)

    def _chosen(self, key: str, ask: RecordChoice) -> NewEntry:
        books = OrderBooks.read(self._ledger, self._snapshots, ask.order_id)
        before = case_so_far(one for one in books.entries if one.case == ask.case)
        if before.decision is None:
            raise Refused("not_decided", f"return {ask.case} was never decided; start it first")
        if no := may_choose_now(before, ask.resolution):
            raise Refused(no.code, no.message)
        after = chosen(before.decision, ask.resolution)
        quote = quote_plan(books.order, books.history(), after) if before.plan is None else before.quote
        said = Chosen(by=ask.by, resolution=ask.resolution, at=ask.now)
        facts = {"choice": _facts(said), "decision": _facts(after), **({"quote": _facts(quote)} if quote else {})}
        return NewEntry(
            key=key,
            kind=EntryKind.CHOICE,
            order=ask.order_id,
            case=ask.case,
            actor=ask.by,
            reasons=(ask.resolution.value,),
            policy=after.policy,
            at=ask.now,
            facts=facts,
            asked={"by": ask.by, "resolution": ask.resolution.value},
        )


def _facts(model: Model) -> dict[str, object]:
    return model.model_dump(mode="json", exclude_none=True)
