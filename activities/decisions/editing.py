"""The shopper asks for something else instead: decided anew from the stored order, in one entry."""

from __future__ import annotations

from temporalio import activity

from activities.decisions.evidence import Evidences, Standing
from activities.decisions.ways import check_exchange, check_method, check_resolution
from activities.people import check_speaker
from domain import word_ids
from domain.editing import Edit, edited, may_edit, promised
from domain.errors import InvalidRequest, Refused
from domain.kits import in_parts
from domain.model import Id, Model, UtcDatetime
from domain.plan import RefundPlan
from domain.policy import Decision, Policies, decide
from domain.policy.choosing import chosen
from domain.quoted import quote_plan
from domain.request import ReturnRequest, check_against
from domain.verbs import Verb
from ledger import EntryKind, NewEntry
from ledger.deciding import decided
from ledger.moves import goods
from ledger.order_books import OrderBooks
from ledger.recall import case_so_far


class RecordEdit(Model):
    """What shall come back instead."""

    case: Id
    order_id: Id
    said: Edit
    now: UtcDatetime


class Edited(Standing):
    """What is asked for now, and what was decided on it."""

    asked: ReturnRequest
    edits: tuple[Id, ...] = ()


class Edits(Evidences):
    """Each is one entry."""

    @activity.defn(no_thread_cancel_exception=True)
    def edit_return(self, ask: RecordEdit) -> Edited:
        """Record what shall come back instead, once for each id: units that are not wanted any more are free, others
        are reserved, and the quote follows.

        Raises Refused if whoever says so may not, it is too late, or the shopper would lose by it.
        """
        key = word_ids.edited_key(ask.case, ask.said.id)
        if self._ledger.find(key) is None:
            check_speaker(self._people, ask.said.by, Verb.EDIT)
        try:
            decided(self._ledger, ask.order_id, lambda: self._edited(key, ask), key)
        except InvalidRequest as error:  # the return stands as it was, so whoever said it hears why
            raise Refused("not_possible", error.message) from None
        return Edited.model_validate(self._known(ask.case), from_attributes=True)

    def _edited(self, key: str, ask: RecordEdit) -> NewEntry:
        books = OrderBooks.read(self._ledger, self._snapshots, ask.order_id)
        entries = [one for one in books.entries if one.case == ask.case]
        known = case_so_far(entries)
        if known.decision is None or known.asked is None:
            raise Refused("not_decided", f"return {ask.case} was never decided; start it first")
        if no := may_edit(known, ask.said, ask.case):
            raise Refused(no.code, no.message)
        wanted = ask.said.of(known.asked)
        check_against(wanted, books.order)
        free = goods.still_announced(entries, self._ledger.pending_left)
        after = self._decided(books, known.decision, known.asked, wanted, free, ask.now)
        check_method(wanted, after)
        if ask.said.resolution is not None:
            check_resolution(wanted, after)
            check_exchange(wanted, books.order)
            after = chosen(after, ask.said.resolution)
        if (after, wanted) == (known.decision, known.asked):
            raise Refused("nothing_changes", f"return {ask.case} asks for exactly this already")
        quote = quote_plan(books.order, books.history(), after)
        approved = {line.line_id: line.quantity for line in after.approved}
        return NewEntry(
            key=key,
            kind=EntryKind.EDITED,
            order=ask.order_id,
            case=ask.case,
            actor=ask.said.by,
            reasons=after.reason_codes,
            policy=after.policy,
            at=ask.now,
            facts={"edit": ask.said.id, "request": _facts(wanted), **_told(after, quote)},
            asked=_facts(ask.said),
            transfers=goods.announced_anew(key, ask.case, ask.order_id, approved, entries, self._ledger.pending_left),
        )

    def _decided(
        self,
        books: OrderBooks,
        before: Decision,
        request: ReturnRequest,
        asked: ReturnRequest,
        free: dict[str, int],
        now: UtcDatetime,
    ) -> Decision:
        """What was promised stays; all else is judged as if it were asked for now."""
        policy, order = books.policy(self._policies), books.order
        wanted = in_parts(order, asked)
        kept = promised(before, request, wanted)
        others = tuple(line for line in wanted.lines if line.line_id not in kept)
        if not others:
            return edited(before, wanted, kept, None)
        returnable = {line.line_id: books.returnable(line.line_id) + free.get(line.line_id, 0) for line in others}
        judges = Policies(policy=policy, statutes=self._statutes)
        only = wanted.model_copy(update={"lines": others})
        return edited(before, wanted, kept, decide(order, only, judges, returnable, policy.policy.calendar, now))


def _told(after: Decision, quote: RefundPlan | None) -> dict[str, object]:
    return {"decision": _facts(after), **({"quote": _facts(quote)} if quote else {})}


def _facts(model: Model) -> dict[str, object]:
    return model.model_dump(mode="json", exclude_none=True)
