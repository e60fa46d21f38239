"""What was found beside the goods of a return, and what becomes of it."""

from __future__ import annotations

from temporalio import activity

from activities.people import check_person
from domain import goods_ids
from domain.errors import Refused
from domain.finding import FOREIGN, Finding, FindingCode, FindingEnd, FindingSettled, Found
from domain.model import Id, Model, UtcDatetime
from domain.stores import People
from domain.undecided import by_default, goods_end
from domain.verbs import Verb
from ledger import UNITS, EntryKind, Ledger, NewEntry, Transfer, accounts
from ledger.deciding import decided
from ledger.moves import goods
from ledger.recall import case_so_far

_DECIDED_ON = (*FOREIGN, FindingCode.EMPTY_BOX)
"""Somebody has to say how these end."""


class RecordFinding(Model):
    """Something that the warehouse found."""

    case: Id
    order_id: Id
    finding: Finding
    now: UtcDatetime


class SettleFinding(Model):
    """What becomes of goods that are not of the return."""

    case: Id
    order_id: Id
    settled: FindingSettled
    now: UtcDatetime


class Findings:
    """Each is one entry. Goods that are not of the return wait on its accounts until somebody has settled them."""

    _ledger: Ledger
    _people: People

    @activity.defn(no_thread_cancel_exception=True)
    def record_finding(self, ask: RecordFinding) -> Found:
        """Record what was found. Raises Refused if whoever found it may not say so, or the customer does not hold the
        extra units."""
        key = goods_ids.finding_key(ask.case, ask.finding.id)
        entry = self._ledger.find(key)
        if entry is None:
            check_person(self._people, ask.finding.by, Verb.RECORD_FINDING)
            entry = decided(self._ledger, ask.order_id, lambda: self._found(key, ask), key)
        return Found.model_validate(entry.facts["found"])

    @activity.defn(no_thread_cancel_exception=True)
    def settle_finding(self, ask: SettleFinding) -> FindingSettled:
        """Record what becomes of goods that were found. Raises Refused if whoever says so may not, or there are none of
        this finding here."""
        key = goods_ids.finding_settled_key(ask.case, ask.settled.finding)
        entry = self._ledger.find(key)
        if entry is None:
            if not self._by_itself(ask):
                check_person(self._people, ask.settled.by, Verb.SETTLE_FINDING)
            entry = decided(self._ledger, ask.order_id, lambda: self._settled(key, ask), key)
        return FindingSettled.model_validate(entry.facts["settled"])

    def _by_itself(self, ask: SettleFinding) -> bool:
        """Whether nobody has said so in time, so that it is the end that follows."""
        known = case_so_far(self._ledger.entries(case=ask.case))
        waiting = next((one for one in known.unsettled if one.finding.id == ask.settled.finding), None)
        ends = goods_end(known, waiting) if waiting else None
        return waiting is not None and ends is not None and ends <= ask.now and ask.settled == by_default(waiting)

    def _found(self, key: str, ask: RecordFinding) -> NewEntry:
        finding = ask.finding
        decision = case_so_far(self._ledger.entries(case=ask.case)).decision
        due = decision is not None and finding.code in _DECIDED_ON
        until = ask.now + decision.days(decision.review_days) if due and decision else None
        said = finding.model_dump(mode="json", exclude={"id", "by", "note_id"}, exclude_none=True)
        return NewEntry(
            key=key,
            kind=EntryKind.FINDING,
            order=ask.order_id,
            case=ask.case,
            actor=finding.by,
            reasons=(finding.code.value,),
            at=ask.now,
            facts={"found": Found(finding=finding, until=until).model_dump(mode="json", exclude_none=True)},
            asked=said,
            transfers=self._here(key, ask),
        )

    def _here(self, key: str, ask: RecordFinding) -> tuple[Transfer, ...]:
        """Units of other goods are found; extra ones of a line come from the customer."""
        finding = ask.finding
        if finding.code not in FOREIGN:
            return ()
        assert finding.quantity is not None  # only an empty box has none
        if finding.line_id is None:
            return goods.found(key, ask.case, {finding.holder: finding.quantity})
        holder = accounts.with_customer(ask.order_id, finding.line_id)
        has = self._ledger.balance(holder, UNITS).available
        if finding.quantity > has:
            text = f"the customer has {has} of line {finding.line_id} besides this return, not {finding.quantity}"
            raise Refused(
                "more_than_sold", f"{text}; record what belongs to another order as a box (`receive --unknown`)"
            )
        return goods.moved(key, holder, accounts.returning(ask.case, finding.line_id), finding.quantity)

    def _settled(self, key: str, ask: SettleFinding) -> NewEntry:
        said = ask.settled
        known = case_so_far(self._ledger.entries(case=ask.case))
        found = next((one.finding for one in known.unsettled if one.finding.id == said.finding), None)
        if found is None or found.quantity is None:
            raise Refused("not_found", f"no goods of finding {said.finding} of return {ask.case} wait for an end")
        if found.line_id is None and said.ending is FindingEnd.OTHER_RETURN:
            raise Refused("other_goods", f"finding {said.finding} is of no line of this order; keep it or send it back")
        if found.line_id is not None and said.ending is FindingEnd.KEPT:
            text = f"finding {said.finding} was sold to the shopper; send it back, or take it in by another return"
            raise Refused("sold_to_shopper", text)
        away = accounts.stock("main", found.holder, "quarantine")
        if said.ending is not FindingEnd.KEPT:
            away = accounts.with_customer(ask.order_id, found.line_id) if found.line_id else accounts.FOUND
        return NewEntry(
            key=key,
            kind=EntryKind.FINDING_SETTLED,
            order=ask.order_id,
            case=ask.case,
            actor=said.by,
            reasons=(said.ending.value,),
            at=ask.now,
            facts={"settled": said.model_dump(mode="json", exclude_none=True)},
            asked={"ending": said.ending.value},
            transfers=goods.moved(key, accounts.returning(ask.case, found.holder), away, found.quantity),
        )
