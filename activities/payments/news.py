"""What the provider says of its own accord: read again there, recorded once, and told to whoever has to act."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from temporalio import activity

from activities.moment import attempt_time, beat
from activities.payments import Payments, Refunds
from activities.payments.coming import PaymentNewsActivities
from activities.payments.hearing import HearDispute, HearRefund
from activities.payments.looking import Looking
from domain import ids
from domain.errors import InvalidRequest, KeyConflict, Refused
from domain.money import Money
from domain.news import DISPUTE_LOST, DISPUTE_WON, DisputeNews, Heard, Turn
from domain.order import EarlierRefund, Tender
from domain.provider import ProviderRefund
from domain.refund import FINAL_NO, Refund, RefundIntention, RefundStatus
from domain.stores import Snapshots
from ledger import EntryKind, JournalEntry, Ledger, accounts
from ledger.covering import cover, owed_again
from ledger.credit_notes import CreditNotes
from ledger.disputes import Disputes, dispute, loss_name
from ledger.facts import Facts
from ledger.frozen import frozen_order
from ledger.given_credit import given_credit
from ledger.paid_outside import may_have_paid, paid_with
from ledger.refunds import covered, uncovered
from ledger.settling import Settling


class NewsActivities(PaymentNewsActivities):
    """One activity per kind of news. Told again, in any order, each fact stands once in the journal."""

    def __init__(
        self,
        payments: Payments,
        ledger: Ledger,
        snapshots: Snapshots,
        credit_notes: CreditNotes,
        balances: Refunds | None = None,
    ) -> None:
        super().__init__(ledger)
        self._payments = payments
        self._looking = Looking(payments, balances, ledger)
        self._snapshots = snapshots
        self._settling = Settling(ledger, credit_notes)
        self._facts = Facts(ledger, snapshots)
        self._disputes = Disputes(ledger, self._facts)

    @activity.defn(no_thread_cancel_exception=True)
    def hear_refund(self, ask: HearRefund) -> Heard:
        """Read the refund again, because events come in any order, and record what is new of it."""
        ask = ask.model_copy(update={"now": attempt_time(ask.now)})
        seen = self._looking.refresh(ask.news, ask.now)
        if self._knows_by_charge(seen, ask.order_id):
            seen = seen.model_copy(update={"payment": seen.charge})
        if not seen.key and (paid := paid_with(self._ledger.entries(order=ask.order_id), seen.id)):
            seen = seen.model_copy(update={"key": paid.facts["refund"]["key"]})
        # Whoever carries our key is ours, also before we know its id; nothing of ours counts as made elsewhere.
        return self._ours(seen, ask) if seen.key else self._elsewhere(seen, ask)

    def _knows_by_charge(self, told: ProviderRefund | DisputeNews, order_id: str) -> bool:
        """Whether the order was paid before the provider had other ids for payments than their charges'."""
        order = frozen_order(self._ledger, self._snapshots, order_id)
        return order is not None and order.tender(told.payment) is None and order.tender(told.charge) is not None

    def _ours(self, seen: ProviderRefund, ask: HearRefund) -> Heard:
        intention = self._settling.intention(seen.key)
        if intention is None:
            return _strange(f"{seen.id} at the provider carries the key {seen.key}, which the journal does not know")
        if (seen.payment, seen.amount, seen.currency) != (intention.payment, intention.amount, intention.currency):
            asked = Money(minor=intention.amount, currency=intention.currency)
            return _strange(f"{seen.id} at the provider carries the key {seen.key}, but is not {asked} as was asked")
        stands = intention.refund(
            seen.status, ask.now, seen.id, reason=seen.reason, arn=seen.arn, shows_as=seen.shows_as
        )
        known = self._settling.record(intention, stands)
        if known.status in FINAL_NO and seen.status is RefundStatus.SUCCEEDED:
            return _strange(f"{seen.id} was paid after all, though it counts as {known.status}: it may be paid twice")
        cover(self._ledger, intention.order_id, intention.currency, ask.now)
        return self._of_ours(intention, known)

    def _of_ours(self, intention: RefundIntention, known: Refund) -> Heard:
        owed, left = (
            max(0, self._ledger.balance(account, intention.currency).available)
            for account in (accounts.owed(intention.case), accounts.tender(intention.payment))
        )
        return Heard(
            turn=Turn.REFUND_OF_OURS,
            refund=known,
            failed_late=self._ledger.find(ids.reversed_key(intention.key)) is not None,
            owed=owed,
            covered=self._covered(intention),
            left=None if intention.instead else left,
            others=may_have_paid(self._ledger, intention.order_id, known, min(known.amount, owed)) if owed else (),
        )

    def _covered(self, intention: RefundIntention) -> int:
        """What of this attempt and those after it covered the order's suspense."""
        found = 0
        for entry in self._ledger.entries(case=intention.case):
            key = ids.refund_of(entry.facts["refund"]["key"]) if covered(entry) else None
            if key and key[:3] == (intention.case, intention.plan, intention.payment):
                found += covered(entry) if key.attempt >= intention.attempt else 0
        return found

    def _elsewhere(self, seen: ProviderRefund, ask: HearRefund) -> Heard:
        if seen.status in FINAL_NO:
            if self._ledger.find(ids.elsewhere_key(seen.id)) is None:
                return Heard(turn=Turn.NOTHING_NEW)
            entry = self._facts.came_back(seen.id, "provider", ask.now)
            heard = self._heard(Turn.REFUND_ELSEWHERE_FAILED, entry)
            return self._owed_again(entry) or heard
        if self._came_with_order(seen, ask.order_id):
            return Heard(turn=Turn.NOTHING_NEW)
        if otherwise := self._other_currency(ask.order_id, seen):
            return otherwise
        fact = EarlierRefund(id=seen.id, at=seen.created_at, money={seen.payment: seen.amount})
        try:
            entry = self._facts.refunded_elsewhere(ask.order_id, fact, "provider", ask.now)
        except InvalidRequest as error:
            return _strange(f"{seen.id} was refunded outside, but cannot be entered: {error.message}")
        except KeyConflict:
            return self._entered(Turn.REFUND_ELSEWHERE, fact)
        return self._heard(Turn.REFUND_ELSEWHERE, entry)

    def _other_currency(self, order_id: str, taken: ProviderRefund | DisputeNews) -> Heard | None:
        """For finance, where it is not in the order's currency: at which rate it went, only the provider can tell."""
        order = frozen_order(self._ledger, self._snapshots, order_id)
        if order is None or taken.currency == order.currency:
            return None
        told, tender = Money(minor=taken.amount, currency=taken.currency), order.tender(taken.payment)
        captured = Money(minor=tender.captured if tender else 0, currency=order.currency)
        if isinstance(taken, DisputeNews):
            name, flag, turn = loss_name(self._ledger, taken.dispute), " --dispute", Turn.DISPUTE_LOST
        else:
            name, flag, turn = taken.id, "", Turn.REFUND_ELSEWHERE
        if entered := self._ledger.find(ids.elsewhere_key(name)):
            return self._heard(turn, entered)
        enter = f"python -m ledger record refund {order_id} --payment {taken.payment} --id {name}{flag} --amount"
        return _strange(
            f"{name} took {told}, but order {order.number} captured {captured} with {taken.payment}, so it is not "
            f"entered; enter what it took in {order.currency}: `{enter} AMOUNT --by YOU`"
        )

    def _entered(self, turn: Turn, fact: EarlierRefund) -> Heard:
        """A person entered it before, with more about it than the provider tells: what they entered counts."""
        entry = self._ledger.find(ids.elsewhere_key(fact.id))
        assert entry is not None
        told = EarlierRefund.model_validate(entry.facts["refund"])
        if told.money != fact.money:
            return _strange(f"{fact.id} was entered by {entry.actor} with another amount or payment than it has")
        return self._heard(turn, entry)

    def _owed_again(self, back: JournalEntry) -> Heard | None:
        """A refund of ours that is owed again, because what had gone another way in its stead came back."""
        key = owed_again(self._ledger.entries(order=back.order), back)
        intention, known = self._settling.intention(key), self._settling.last_word(key)
        if intention is None or known is None:
            return None
        return self._of_ours(intention, known).model_copy(update={"returns": self._open_returns(back.order)})

    def _came_with_order(self, seen: ProviderRefund, order_id: str) -> bool:
        """Whether the order was opened without this money, or is not in the books at all."""
        opened = self._ledger.find(ids.order_key(order_id))
        order = frozen_order(self._ledger, self._snapshots, order_id)
        if opened is None or order is None:
            return True
        if any(one.id == seen.id for one in order.refunds):
            return True
        tender = order.tender(seen.payment)
        if tender is None or seen.created_at >= opened.at or tender.refunded < seen.amount:
            return False
        return seen.id in self._came_before(tender, tender.paid_at or order.placed_at, opened.at)

    def _came_before(self, tender: Tender, paid: datetime, opened: datetime) -> set[str]:
        """The refunds that what had gone back of a payment is made of; each is spent once, the oldest first."""
        made = (one for one in _beating(self._payments.refunds(paid, opened)) if one.payment == tender.id)
        standing = [one for one in made if not one.key and one.status not in FINAL_NO]
        left, found = tender.refunded, set[str]()
        for one in sorted(standing, key=lambda one: one.created_at):
            if one.amount <= left and self._ledger.find(ids.elsewhere_key(one.id)) is None:
                left -= one.amount
                found.add(one.id)
        return found

    @activity.defn(no_thread_cancel_exception=True)
    def hear_dispute(self, ask: HearDispute) -> Heard:
        """Record that a dispute was opened or how it ended; an end counts whatever is told afterwards."""
        news, now = ask.news, attempt_time(ask.now)
        if self._knows_by_charge(news, ask.order_id):
            news = news.model_copy(update={"payment": news.charge})
            ask = ask.model_copy(update={"news": news})
        if news.status in DISPUTE_WON:
            won = self._disputes.won(ask.order_id, news, now)
            if won is None:
                return Heard(turn=Turn.NOTHING_NEW)
            heard = self._heard(Turn.DISPUTE_WON, won)
            # Nothing was planned on a dispute that was open; only money that had counted as lost changes a plan.
            lost = self._ledger.find(ids.elsewhere_key(news.dispute))
            return self._owed_again(won) or (heard if lost else heard.model_copy(update={"returns": ()}))
        if news.status in DISPUTE_LOST:
            return self._lost(ask)
        entry = self._disputes.opened(ask.order_id, news, now)
        if entry is None:
            return Heard(turn=Turn.NOTHING_NEW)
        return self._heard(Turn.DISPUTE_OPENED, entry, self._papers_for(news, entry)).model_copy(
            update={"due": news.due}
        )

    def _papers_for(self, news: DisputeNews, entry: JournalEntry) -> str:
        money = Money(minor=news.amount, currency=news.currency)
        marked = f"; already submitted: {', '.join(entry.facts['submitted'])}" if entry.facts["submitted"] else ""
        waits = f"refunds of it wait until the dispute ends{marked}"
        if dispute(self._ledger, entry.order, news.dispute).is_lost:
            waits = "it counts as lost, unless the appeal is won; say `noted` if it is not"
        return (
            f"the bank asks {money} of {news.payment} back ({news.reason or 'no reason told'}); {waits}; "
            f"collect the papers: `python -m ledger evidence {entry.order}`"
        )

    def _lost(self, ask: HearDispute) -> Heard:
        if otherwise := self._other_currency(ask.order_id, ask.news):
            return otherwise
        try:
            entry = self._disputes.lost(ask.order_id, ask.news, attempt_time(ask.now))
        except (InvalidRequest, Refused) as error:
            return _strange(f"the dispute {ask.news.dispute} was lost, but cannot be entered: {error.message}")
        except KeyConflict:
            name = loss_name(self._ledger, ask.news.dispute)
            lost = EarlierRefund(id=name, at=ask.news.at, money={ask.news.payment: ask.news.amount})
            return self._entered(Turn.DISPUTE_LOST, lost)
        return self._heard(Turn.DISPUTE_LOST, entry) if entry else Heard(turn=Turn.NOTHING_NEW)

    def _heard(self, turn: Turn, entry: JournalEntry, for_finance: str = "") -> Heard:
        order = frozen_order(self._ledger, self._snapshots, entry.order)
        if order is not None:
            cover(self._ledger, order.id, order.currency, attempt_time(entry.at))
        if order is not None and (missing := uncovered(self._ledger, order.id, order.currency)):
            stands = Money(minor=missing, currency=order.currency)
            text = f"{stands} more went back than order {order.number} had left, and nothing covers it yet"
            clear = f"unless a refund fails or comes back, clear it: `python -m ledger record cleared {order.id}`"
            if turn is Turn.DISPUTE_LOST and given_credit(self._ledger, order.id).credit:
                text += "; of that, store credit was given: take it back (`take-back`)"
            for_finance = f"{for_finance}; {text}; {clear}" if for_finance else f"{text}; {clear}"
        return Heard(turn=turn, for_finance=for_finance, returns=self._open_returns(entry.order))

    def _open_returns(self, order_id: str) -> tuple[str, ...]:
        told = [(one.case, one.kind) for one in self._ledger.entries(order=order_id)]
        closed = {case for case, kind in told if kind is EntryKind.CLOSED}
        return tuple(case for case, kind in told if kind is EntryKind.DECISION and case not in closed)


def _beating(made: Iterator[ProviderRefund]) -> Iterator[ProviderRefund]:
    """The same, with a sign of life for each: the list may have many pages."""
    for one in made:
        beat()
        yield one


def _strange(why: str) -> Heard:
    return Heard(turn=Turn.UNEXPLAINED, for_finance=f"{why}; compare provider and journal")
