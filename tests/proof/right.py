"""What "right" means for a return that has ended, whatever was killed on its way. The one definition.

Journal, accounts and outbox on our side, provider, carrier and mail provider on theirs, have to tell the same story.
Every way in which they do not is one sentence.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import httpx2

from activities.payments.stripe_units import KEY_IN_METADATA, from_stripe, to_stripe
from domain import ids, notice_ids
from domain.case import CaseSoFar, Outcome
from domain.finding import FOREIGN
from domain.inspection import Inspection, units
from domain.notice import NoticeKind, NoticeState
from domain.offer import Answer
from domain.order import TenderKind
from domain.parcel import moved
from domain.plan import Leg, RefundPlan
from domain.policy import Verdict
from domain.policy.judgement import Keeps
from domain.refund import PAID_BY_PEOPLE, RefundIntention
from domain.request import Basis
from domain.stores import Outbox, OutboxRow
from embedded.simulators.storefront import SECRET
from embedded.simulators.storefront.signing import call_signature
from ledger import UNITS, Balance, EntryKind, JournalEntry, Ledger, TransferKind, accounts
from ledger.credit_notes import issued_by
from ledger.moves.money import intended
from ledger.recall import case_so_far

Json = dict[str, Any]

_BESIDES = (EntryKind.REFUND_TRACED, EntryKind.REFUND_UNANSWERED)
"""What may be learnt of a refund beside its outcome; the bank's reference even after the end."""

_SAID = (
    EntryKind.APPROVAL,
    EntryKind.OVERRIDE,
    EntryKind.OVERRIDE_LAPSED,
    EntryKind.CONSENT,
    EntryKind.CHOICE,
    EntryKind.NEW_LABEL,
    EntryKind.HANDED_OVER,
    EntryKind.OFFER_ANSWERED,
    EntryKind.EVIDENCE_WANTED,
    EntryKind.EVIDENCE_GIVEN,
    EntryKind.EVIDENCE_MISSED,
    EntryKind.EDITED,
    EntryKind.COUNT_CORRECTED,
    EntryKind.REGRADED,
    EntryKind.EXTENDED,
)
"""What people may have said on the way."""

_PAID = (
    EntryKind.DECISION,
    EntryKind.LABEL,
    EntryKind.INSPECTION,
    EntryKind.PLAN,
    EntryKind.RESTOCK,
    EntryKind.CLOSED,
)
_ONCE = {
    Outcome.REFUNDED: _PAID,
    Outcome.CREDITED: _PAID,
    Outcome.EXCHANGED: (*_PAID, EntryKind.PROMISED, EntryKind.SHIPPED),
    Outcome.REPLACED: (*(one for one in _PAID if one is not EntryKind.PLAN), EntryKind.PROMISED, EntryKind.SHIPPED),
    Outcome.REPAIRED: (
        *(one for one in _PAID if one not in (EntryKind.PLAN, EntryKind.RESTOCK)),
        EntryKind.REPAIR,
        EntryKind.SHIPPED,
    ),
    Outcome.DECLINED: (EntryKind.DECISION, EntryKind.CLOSED),
    Outcome.CANCELLED: (EntryKind.DECISION, EntryKind.CANCELLED, EntryKind.CLOSED),
    Outcome.EXPIRED: (EntryKind.DECISION, EntryKind.EXPIRED, EntryKind.CLOSED),
    Outcome.SENT_BACK: (
        EntryKind.DECISION,
        EntryKind.LABEL,
        EntryKind.INSPECTION,
        EntryKind.SENT_BACK,
        EntryKind.CLOSED,
    ),
    Outcome.CLOSED_BY_STAFF: (EntryKind.DECISION, EntryKind.FORCE_CLOSED, EntryKind.CLOSED),
}

_NOTHING_COMES = (Outcome.CANCELLED, Outcome.EXPIRED, Outcome.CLOSED_BY_STAFF)
_DATED = (NoticeKind.REMINDER, NoticeKind.LABEL_EXPIRING)
"""Their number is a day, and they are sent for each that there is."""

_GOODS = (Outcome.EXCHANGED, Outcome.REPLACED, Outcome.REPAIRED)
"""How a return ends whose shopper gets goods."""
_TRIED = (
    EntryKind.PROMISED,
    EntryKind.SET_ASIDE,
    EntryKind.SET_FREE,
    EntryKind.PAYMENT_ASKED,
    EntryKind.PAYMENT_CAME,
    EntryKind.PAYMENT_ENDED,
    EntryKind.REPAIR,
)
"""What may be recorded of goods that were to go out, also where they did not in the end."""


_ANSWERS = (NoticeKind.APPROVED, NoticeKind.IN_REVIEW)
_MEANWHILE = (NoticeKind.REQUEST_RECEIVED, NoticeKind.IN_REVIEW)


@dataclass(frozen=True)
class Books:
    """Where to look: our ledger and outbox, and the simulators (a client whose base is their address)."""

    ledger: Ledger
    outbox: Outbox
    world: httpx2.Client

    def get(self, path: str, **query: str) -> Any:  # JSON
        """What a simulator shows."""
        answer = self.world.get(path, params=query, headers={"Authorization": "Bearer sk_test_embedded"})
        answer.raise_for_status()
        return answer.json()

    def credits(self, key: str) -> list[Json]:
        """The storefront's credits that carry a key."""
        return self._storefront(f"/credits?{urlencode({'reference': key})}")

    def given(self, account: str) -> list[Json]:
        """What the storefront gave, and has not taken back, on `gift_cards/{id}` or `store_credit/{customer}`."""
        return [one for one in self._storefront(f"/{account}/history") if one["kind"] == "credit" and not one["voided"]]

    def _storefront(self, target: str) -> list[Json]:
        at = int(time.time())
        signature = call_signature(SECRET, at, "GET", target, "", b"")
        headers = {"X-Storefront-Timestamp": str(at), "X-Storefront-Signature": signature}
        answer = self.world.get(f"/storefront{target}", headers=headers)
        if answer.status_code == 404:  # there is no such gift card
            return []
        found: list[Json] = answer.raise_for_status().json()["data"]
        return found

    def refunds(self) -> list[Json]:
        """Every refund at the payment provider."""
        found: list[Json] = []
        query = {"limit": "100"}
        while True:
            page = self.get("/stripe/v1/refunds", **query)
            found += page["data"]
            if not page["has_more"]:
                return found
            query["starting_after"] = found[-1]["id"]


def wrong(case: str, expected: Outcome, books: Books, *, killed: bool = False) -> list[str]:
    """All that is wrong with a return and with the ledger; empty means right.

    Only where a process was `killed` may it be unknown whether a mail was sent; and then it is not sent again.
    """
    return [*wrong_return(case, expected, books, killed=killed), *wrong_ledger(books.ledger)]


def wrong_ledger(ledger: Ledger) -> list[str]:
    """What `verify` finds: all accounts and hashes, computed anew."""
    found = ledger.verify()
    return [*found.faults, *(f"{account} is not zero" for account in found.open_accounts)]


OUT = (NoticeState.SENT, NoticeState.DELIVERED)
"""A mail that the provider has; the second is its later word."""


def wrong_return(case: str, expected: Outcome, books: Books, *, killed: bool = False) -> list[str]:
    """What is wrong with one return."""
    entries = tuple(books.ledger.entries(case=case))
    if not entries:
        return [f"{case}: the journal knows nothing of it"]
    told = _Told(case, expected, books, entries, killed)
    money, goods = (told.legs, told.tenders, told.notes), (told.label, told.mails, told.stock, told.units)
    checks = (told.end, told.facts, *money, *goods, told.trade, told.open)
    return [f"{case}: {sentence}" for check in checks for sentence in check()]


def wrong_books(case: str, expected: Outcome, books: Books) -> list[str]:
    """What is wrong with the money of a return, and with what it holds, whatever else was said of it."""
    told = _Told(case, expected, books, tuple(books.ledger.entries(case=case)), killed=False)
    checks = (told.legs, told.tenders, told.notes, told.open)
    return [f"{case}: {sentence}" for check in checks for sentence in check()]


@dataclass(frozen=True)
class _Told:
    """One return as everybody tells it."""

    case: str
    expected: Outcome
    books: Books
    entries: tuple[JournalEntry, ...]
    killed: bool

    @cached_property
    def known(self) -> CaseSoFar:
        return case_so_far(self.entries)

    @cached_property
    def order(self) -> str:
        return self.entries[0].order

    @cached_property
    def of_order(self) -> tuple[JournalEntry, ...]:
        """All entries of its order, also of other returns."""
        return tuple(self.books.ledger.entries(order=self.order))

    @cached_property
    def refunds(self) -> list[Json]:
        return self.books.refunds()

    def end(self) -> Iterator[str]:
        """The expected outcome, recorded last but for what a refund that failed after it brought about."""
        if self.known.outcome is not self.expected:
            yield f"it ended as {self.known.outcome}, not as {self.expected}"
        kinds = [entry.kind for entry in self.entries if entry.kind is not EntryKind.REFUND_TRACED]
        closed = kinds.index(EntryKind.CLOSED) if EntryKind.CLOSED in kinds else len(kinds)
        if EntryKind.REFUND_REVERSED in kinds[closed + 1 :]:
            kinds = kinds[: kinds.index(EntryKind.REFUND_REVERSED, closed)]
        last = kinds[-1]
        if last is not EntryKind.CLOSED:
            yield f"the journal's last word on it is {last}, not closed"

    def facts(self) -> Iterator[str]:
        """Every fact once, and none that does not belong to the outcome."""
        for key, times in Counter(entry.key for entry in self.entries).items():
            if times > 1:
                yield f"the journal has {key} {times} times"
        seen = Counter(entry.kind for entry in self.entries)
        for kind, times in self._times(seen).items():
            if seen[kind] != times:
                yield f"the journal has {kind} {seen[kind]} times, not {times}"
        seen_of = self.known.parts if self.known.lost or self.known.kept else self.inspections  # else nobody saw it
        inspected = units(tuple(line for one in seen_of for line in one.lines))
        if inspected != self.known.received:
            yield f"{inspected} was inspected, but {self.known.received} was received"

    def _times(self, seen: Mapping[EntryKind, int]) -> dict[EntryKind, int]:
        legs = len(self.legs_by_key)
        free = {EntryKind.SCAN, EntryKind.NOTICE, EntryKind.RECEIPT, EntryKind.PARCEL, *_BESIDES, *_SAID, *_TRIED}
        times = {kind: 0 for kind in EntryKind if kind not in free}
        times |= dict.fromkeys(_ONCE[self.expected], 1)
        times[EntryKind.PLAN] = self._plans()
        for kind in (EntryKind.INSPECTION, EntryKind.RESTOCK):
            times[kind] *= max(1, len(self.inspections))
        times[EntryKind.UNINSPECTED] = int(self.known.uninspected)
        times[EntryKind.FINDING] = len(self.known.findings)
        times[EntryKind.FINDING_SETTLED] = sum(one.finding.code in FOREIGN for one in self.known.findings)
        times[EntryKind.REFUND_FAILED] = seen[EntryKind.REFUND_FAILED]
        late = times[EntryKind.REFUND_REVERSED] = len(self._failed_late())
        times[EntryKind.REFUND_SUBMITTED] = legs + seen[EntryKind.REFUND_FAILED] + late
        times[EntryKind.REFUND_SETTLED] = legs + late
        if self.known.plan is not None:  # each takes the place of the one before
            times[EntryKind.PLAN] = self.known.plan.number
        times[EntryKind.LABEL] = self._labels_issued(seen)
        issued = (*self.known.old_labels, *([self.known.label] if self.known.label else []))
        ours = sum(one.ours for one in issued)
        over = self.expected in _NOTHING_COMES or self.known.kept
        times[EntryKind.LABEL_VOIDED] = ours if over else seen[EntryKind.LABEL_VOIDED]  # `label` looks at each
        times[EntryKind.REFUND_OVERDUE] = 1 if self.known.refund_overdue else 0
        if self.known.lost or self.known.kept:
            times |= dict.fromkeys((EntryKind.INSPECTION, EntryKind.RESTOCK), len(self.known.parts))
            times[EntryKind.LOST if self.known.lost else EntryKind.KEPT] = 1
        return times | self._otherwise(seen)

    def _labels_issued(self, seen: Mapping[EntryKind, int]) -> int:
        """The first, and one for each wish; perhaps none of what was kept, declined or called off before."""
        if self.expected is Outcome.DECLINED or (self.known.decision and self.known.decision.keeps is Keeps.BY_POLICY):
            return 0
        all_of_them = 1 + seen[EntryKind.NEW_LABEL]
        early = self.expected in _NOTHING_COMES or self.known.kept
        return min(all_of_them, seen[EntryKind.LABEL]) if early else all_of_them

    def _plans(self) -> int:
        """How many plans there are: a person who gave more than was offered had it made anew."""
        numbers = [one.facts["plan"]["number"] for one in self.entries if one.kind is EntryKind.PLAN]
        return max(numbers, default=0)

    def _offers(self) -> Iterator[int]:
        """The numbers of the mails with an offer: one for each plan that makes one, and again when it was upheld."""
        stood = [one.plan for one in self.known.answers if one.answer is Answer.STANDS]
        plans = [one.facts["plan"] for one in self.entries if one.kind is EntryKind.PLAN]
        for number in (plan["number"] for plan in plans if "offer" in plan):
            first = number + sum(plan < number for plan in stood)
            yield from range(first, first + stood.count(number) + 1)

    def _otherwise(self, seen: Mapping[EntryKind, int]) -> dict[EntryKind, int]:
        """What a refund before its goods, or goods that never came, have more or less of."""
        known, times = self.known, {EntryKind.ASSIGNED: seen[EntryKind.ASSIGNED]}
        if known.lost or known.never_came:
            times |= dict.fromkeys((EntryKind.INSPECTION, EntryKind.RESTOCK), len(known.parts))
            times[EntryKind.LOST] = 1 if known.lost else 0
        times |= dict.fromkeys((EntryKind.CARRIER_CLAIM, EntryKind.CARRIER_ANSWER), len(known.claims))
        times |= dict.fromkeys((EntryKind.NOT_EARLY,), 1) if known.not_early else {}
        times |= dict.fromkeys((EntryKind.EARLY_END,), 1) if known.early else {}
        owed = known.early_end is not None and known.early_end.short > 0
        return times | (dict.fromkeys((EntryKind.EARLY_SETTLED,), 1) if owed else {})

    def _failed_late(self) -> list[str]:
        """The keys of refunds that failed after they had been confirmed; each is paid again."""
        return [
            one.facts["refund"]["key"]
            for one in self.entries
            if one.kind is EntryKind.REFUND_REVERSED and "refund" in one.facts
        ]

    def legs(self) -> Iterator[str]:
        """The provider's refunds and the storefront's credits are the legs of the plan, one to one, under our keys."""
        legs = dict(self.legs_by_key)
        settled = {one.key: one.provider_id for one in self.known.refunds if one.status == "succeeded"}
        for key, (plan, leg) in list(legs.items()):
            if (asked := self._asked(key, plan, leg)).to is not TenderKind.CARD:
                yield from self._other_way(asked, settled.get(key))
                del legs[key]
                continue
            made = [one for one in self._paid() if one["metadata"].get(KEY_IN_METADATA) == key]
            if len(made) != 1:
                yield f"the provider has {len(made)} refunds for {key}, not 1"
            for one in made:
                amount = to_stripe(leg.amount, plan.currency)
                if (one["amount"], one["payment_intent"]) != (amount, leg.tender_id):
                    where = f"{one['amount']} to {one['payment_intent']}"
                    yield f"the plan pays {amount} to {leg.tender_id}, the provider paid {where} ({one['id']})"
                if settled.get(key) != one["id"]:
                    yield f"the journal confirms {key} as {settled.get(key)}, the provider made it as {one['id']}"
        for one in self._paid():
            if one["metadata"].get(KEY_IN_METADATA) not in legs and not self._entered(one):
                yield f"the provider paid {one['amount']} to {one['payment_intent']} ({one['id']}), which no plan knows"
        wanted = set(self.legs_by_key)
        for one in self.given:
            if ids.case_in(one["reference"]) in ("", self.case) and one["reference"] not in wanted:
                yield f"the storefront gave {one['amount']} to {one['account']} ({one['id']}), which no plan knows"

    @cached_property
    def plans(self) -> tuple[RefundPlan, ...]:
        """What was paid: by one plan, or by one for each part that came."""
        return (*self.known.paid_plans, *([self.known.plan] if self.known.plan else []))

    @cached_property
    def inspections(self) -> tuple[Inspection, ...]:
        """One, or one for each part that came."""
        return (*self.known.parts, *([self.known.inspection] if self.known.inspection else []))

    @cached_property
    def legs_by_key(self) -> dict[str, tuple[RefundPlan, Leg]]:
        """Every leg by the key of its last intention."""
        return {self._key(plan, leg.tender_id): (plan, leg) for plan in self.plans for leg in plan.legs}

    def _asked(self, key: str, plan: RefundPlan, leg: Leg) -> RefundIntention:
        """What was asked under a key, or would have been."""
        entry = self.books.ledger.find(key)
        first = intended(self.case, plan, leg)
        return RefundIntention.model_validate(entry.facts["intention"]) if entry else first

    def _other_way(self, asked: RefundIntention, settled: str | None) -> Iterator[str]:
        """A leg that is not the card provider's: one credit at the storefront, or a person's word."""
        if asked.to in PAID_BY_PEOPLE:
            if settled is None:
                yield f"nobody has said that {asked.key} is paid by hand"
            return
        made = self.books.credits(asked.key)
        told = [(one["id"], one["amount"], one["currency"], one["voided"]) for one in made]
        if told != [(settled, asked.amount + asked.bonus, asked.currency, False)]:
            wanted = f"{asked.amount} {asked.currency} and a bonus of {asked.bonus}"
            yield f"the storefront has {told} for {asked.key}, not {settled} over {wanted}"
        if asked.to is TenderKind.GIFT_CARD and {one["account"] for one in made} - {asked.payment}:
            yield f"{asked.key} is not on the gift card {asked.payment}"

    def _key(self, plan: RefundPlan, payment: str) -> str:
        mine = [one for one in self.known.refunds if one.key.startswith(ids.refunds_of(self.case, plan.number))]
        noes = sum(1 for one in mine if one.payment == payment and one.status != "succeeded")
        return ids.refund_key(self.case, plan.number, payment, 1 + noes)

    def _paid(self) -> list[Json]:
        """Refunds that name this return, or nobody's return on a payment of its order."""
        ours = [one for one in self.refunds if one["status"] not in ("failed", "canceled")]
        payments = self._payments()
        return [
            one
            for one in ours
            if one["metadata"].get("case") == self.case
            or ("case" not in one["metadata"] and one["payment_intent"] in payments)
        ]

    def _entered(self, made: Json) -> bool:
        """Whether it stands in the books as a refund that somebody else made."""
        entry = self.books.ledger.find(ids.elsewhere_key(made["id"]))
        return entry is not None and entry.order == self.order and KEY_IN_METADATA not in made["metadata"]

    @cached_property
    def given(self) -> list[Json]:
        """The storefront's credits on the order's gift cards, and to those whose store credit is in the plan."""
        purses = [f"gift_cards/{one}" for one in self._payments()]
        purses += [f"store_credit/{one}" for one in sorted(self._customers())]
        return [one for purse in purses for one in self.books.given(purse)]

    def _customers(self) -> set[str]:
        """Whose store credit is in the plan, or was agreed to."""
        plans = (one.facts["plan"]["legs"] for one in self.entries if one.kind is EntryKind.PLAN)
        named = {leg.get("customer", "") for legs in plans for leg in legs}
        return {*named, *(one.customer for one in self.known.consents)} - {""}

    def _payments(self) -> dict[str, tuple[int, str]]:
        """What each payment of the order captured, in which currency."""
        opened = self.books.ledger.find(ids.order_key(self.order))
        moved = opened.transfers if opened else ()
        return {
            one.debit.removeprefix("tender:"): (one.amount, one.commodity)
            for one in moved
            if one.debit.startswith("tender:")
        }

    def tenders(self) -> Iterator[str]:
        """What our books have left of each payment is what provider or storefront have left of it; and what they have
        of a customer's store credit, the storefront has, too."""
        given = Counter[str]()
        for one in self.given:
            given[one["account"]] += one["amount"]
        for payment, (captured, currency) in self._payments().items():
            left = self.books.ledger.balance(accounts.tender(payment), currency).posted
            gone = sum(
                one["amount"]
                for one in self.refunds
                if one["payment_intent"] == payment and one["status"] not in ("failed", "canceled")
            )
            if captured - left != from_stripe(gone, currency) + given[payment]:
                gone += given[payment]
                yield f"{captured - left} of {payment} went back by our books, {gone} at the provider"
        for customer in self._customers():
            ours = Counter({one.commodity: one.posted for one in self._liability(customer)})
            theirs = Counter[str]()
            for one in self.books.given(f"store_credit/{customer}"):
                theirs[one["currency"]] += one["amount"]
            if ours != theirs:
                yield f"{dict(ours)} is {customer}'s store credit by our books, {dict(theirs)} at the storefront"

    def _liability(self, customer: str) -> list[Balance]:
        account = accounts.store_credit(customer)
        return [one for one in self.books.ledger.balances(account) if one.account == account and one.posted]

    def notes(self) -> Iterator[str]:
        """A plan that was paid has one credit note, over what was paid; no other has any."""
        all_notes = [note for entry in self.entries if (note := issued_by(entry))]
        cancelled = {note.cancels for note in all_notes}
        issued = [note for note in all_notes if not note.cancels and note.name not in cancelled]
        paid = bool(self.plans) and self.known.refunded == sum(plan.total for plan in self.plans)
        if len(issued) != (len(self.plans) if paid else 0):
            yield f"{len(issued)} credit notes were issued, not {len(self.plans) if paid else 0}"
        for note in issued:
            gone = self.known.refunded if len(self.plans) == 1 else self._gone(note.plan)
            if note.total != gone:
                yield f"{note.name} is over {note.total}, {gone} went back"

    def _gone(self, plan: int) -> int:
        """What went back by one plan of several."""
        mine = ids.refunds_of(self.case, plan)
        return sum(one.amount for one in self.known.refunds if one.status == "succeeded" and one.key.startswith(mine))

    def label(self) -> Iterator[str]:
        """The carrier's labels are those of the journal; what was not used goes back, and costs nothing then."""
        about = ids.label_key(self.case).removesuffix("1")
        sold = {
            one["number"]: one for one in self.books.get("/carrier/labels.json") if one["reference"].startswith(about)
        }
        issued = (*self.known.old_labels, *([self.known.label] if self.known.label else []))
        bought = {one.tracking_number: number for number, one in enumerate(issued, 1) if one.ours}
        if len(sold) != len(bought):
            yield f"the carrier has {len(sold)} labels for it, the journal {len(bought)}"
        for number in sold.keys() ^ bought.keys():
            yield f"the label {number} is known to the {'carrier' if number in sold else 'journal'} alone"
        given = {
            one.facts["tracking_number"]: one.facts["answer"]
            for one in self.entries
            if one.kind is EntryKind.LABEL_VOIDED
        }
        over = self.expected in _NOTHING_COMES or self.known.kept is not None
        for number in sold.keys() & bought.keys():
            key, one = ids.label_key(self.case, bought[number]), sold[number]
            moves = moved(scan for scan in self.known.scans if scan.tracking_number == number)
            if self.books.ledger.balance(accounts.label_due(key), "EUR").posted and (one["voided_at"] or moves):
                yield f"the label {number} was used or is void, but still stands as a liability"
            if (one["voided_at"] is not None) is not (given.get(number) == "voided"):
                yield f"the label {number} is {one['status']}, which does not go with {given.get(number)}"
            if number not in given and (over or bought[number] < len(issued)):
                yield f"the label {number} is not needed, and nobody tried to give it back"

    def mails(self) -> Iterator[str]:
        """Each notice of the outcome once; never twice; unknown only where somebody was killed."""
        delivered = Counter(
            one["custom_args"].get("message_key", "") for one in self.books.get("/mails.json", case=self.case)
        )
        rows = {row.key: row for row in self.books.outbox.of_case(self.case)}
        recorded = Counter(entry.key for entry in self.entries if entry.kind is EntryKind.NOTICE)
        needed, others = ({notice_ids.notice_key(self.case, kind) for kind in kinds} for kinds in self._notices())
        numbers = range(1, 1 + 2 * len(self.known.evidence))  # each request, and its reminder
        others |= {notice_ids.notice_key(self.case, NoticeKind.EVIDENCE_WANTED, number) for number in numbers}
        if changed := self.known.told_anew:  # what may come back is told anew each time
            others |= {
                notice_ids.notice_key(self.case, kind, number) for kind in _ANSWERS for number in range(2, 3 + changed)
            }
            others |= (answers := needed & {notice_ids.notice_key(self.case, kind) for kind in _ANSWERS})
            needed -= answers
        needed |= {notice_ids.notice_key(self.case, NoticeKind.OFFER, number) for number in self._offers()}
        for number in range(2, 1 + len(self.known.parts) + 1):
            needed.add(notice_ids.notice_key(self.case, NoticeKind.REFUND_DONE, number))
        if self.known.waits_for_rest:  # in vain
            needed.add(notice_ids.notice_key(self.case, NoticeKind.CLOSED))
        if self.known.payment_asked:  # half way to the day on which it is due
            others.add(notice_ids.notice_key(self.case, NoticeKind.PAYMENT_DUE, 2))
        for key in self._failed_late():
            needed.add(notice_ids.refund_notice_key(NoticeKind.REFUND_FAILED, key))
            later = [one.key for one in self.known.refunds if one.key.rpartition(":")[0] == key.rpartition(":")[0]]
            others |= {notice_ids.refund_notice_key(NoticeKind.REFUND_DONE, one) for one in later if one != key}
        # Each is of a day of its own.
        others |= {key for key in rows if key.startswith(f"notice:{self.case}:{NoticeKind.REMINDER}:")}
        for key in sorted(needed | set(rows) | set(delivered)):
            state = rows[key].state if key in rows else None
            if key not in needed | others and (told := notice_ids.plain_notice(key)) and told[1] not in _DATED:
                yield f"{key} does not go with {self.expected}"
            if key not in rows:
                yield f"{key} is not in the outbox"
            elif state is None:
                yield f"{key} is still reserved in the outbox, though the return is closed"
            elif state not in OUT and not (self.killed and state is NoticeState.UNKNOWN):
                yield f"{key} is {state} in the outbox, though nobody was killed"
            if delivered[key] > 1 or (delivered[key] == 0 and state in OUT):
                yield f"the mail provider has {key} {delivered[key]} times, not once"
            if recorded[key] != 1:
                yield f"the journal has {key} {recorded[key]} times, not once"
        for entry in self.entries:
            if entry.kind is not EntryKind.NOTICE or entry.key not in rows:
                continue
            # What the provider tells later is not written into the entry.
            if rows[entry.key].state not in (entry.facts["state"], NoticeState.DELIVERED) and not self._late(
                entry, rows[entry.key]
            ):
                yield f"{entry.key} is {entry.facts['state']} in the journal, {rows[entry.key].state} in the outbox"

    def _late(self, entry: JournalEntry, row: OutboxRow) -> bool:
        """Whether an attempt that another one had given up as unknown came to its end after all: the mail is out, with
        the provider's id, and the entry stays what was known then."""
        unknown = entry.facts["state"] == NoticeState.UNKNOWN
        return self.killed and unknown and row.state is NoticeState.SENT and bool(row.message_id)

    def _notices(self) -> tuple[set[NoticeKind], set[NoticeKind]]:
        """Those that the outcome needs, and those that may have been sent besides."""
        needed, others = self._turns()
        lines = self.known.decision.approved if self.known.decision else ()
        withdrawn = any(line.basis is Basis.WITHDRAWAL for line in lines)
        return (needed | {NoticeKind.WITHDRAWAL_RECEIPT} if withdrawn else needed), others

    def _turns(self) -> tuple[set[NoticeKind], set[NoticeKind]]:
        match self.expected:
            case Outcome.DECLINED:
                return {NoticeKind.DECLINED}, {*_MEANWHILE}
            case Outcome.CANCELLED | Outcome.CLOSED_BY_STAFF:
                # Perhaps while the label was bought; then nobody is told of it.
                return {NoticeKind.CANCELLED}, {NoticeKind.APPROVED, NoticeKind.IN_TRANSIT, *_MEANWHILE}
            case Outcome.EXPIRED:
                return {NoticeKind.EXPIRED, NoticeKind.APPROVED}, {NoticeKind.IN_TRANSIT, *_MEANWHILE}
            case Outcome.CLOSED_BY_STAFF:
                return {NoticeKind.CANCELLED}, {NoticeKind.APPROVED, NoticeKind.IN_TRANSIT, *_MEANWHILE}
        known = self.known
        moving = {NoticeKind.IN_TRANSIT} if known.moving or moved(known.scans) else set()
        moving |= {NoticeKind.RECEIVED} if known.receipts else set()
        moving |= {NoticeKind.LOST} if known.lost and not known.early else set()
        moving |= {NoticeKind.PAYMENT_DUE} if known.early_end and known.early_end.short else set()
        review = known.decision is not None and known.decision.verdict is Verdict.REVIEW
        answered = NoticeKind.IN_REVIEW if review else NoticeKind.APPROVED
        others = {NoticeKind.REFUND_SUBMITTED, NoticeKind.PAYMENT_DUE, NoticeKind.INSPECTION_DELAYED, *_MEANWHILE}
        return {answered, *self._last()} | moving, others

    def _last(self) -> set[NoticeKind]:
        if self.expected is Outcome.SENT_BACK:
            return {NoticeKind.SENT_BACK}
        if self.expected is Outcome.CREDITED:
            return {NoticeKind.STORE_CREDIT}
        if self.expected not in _GOODS:
            return {NoticeKind.REFUND_DONE}
        money = {NoticeKind.REFUND_DONE} if self.known.plan and self.known.plan.total else set()
        return {NoticeKind.EXCHANGE_SHIPPED} | money

    def stock(self) -> Iterator[str]:
        """What was inspected was put away, each unit once, and nothing waits on the way."""
        away = [one for one in self.entries if one.kind is not EntryKind.FINDING_SETTLED]
        put = sum(one.amount for entry in away for one in entry.transfers if one.credit.startswith("stock:"))
        judged = self.known.parts if self.known.lost or self.known.kept else self.inspections
        inspected = sum(line.quantity for one in judged for line in one.lines)
        if self.expected in (Outcome.REPAIRED, Outcome.SENT_BACK):
            inspected = 0  # they went back to the shopper
        if put != inspected:
            yield f"{put} units were put into stock, {inspected} were inspected"
        for one in self.books.ledger.balances(accounts.returning(self.case, "")):
            if one.posted or one.pending_in or one.pending_out:
                yield f"{one.account} holds {one.posted} units, {one.pending_in} more are on their way"

    def trade(self) -> Iterator[str]:
        """What goes out was sent once, and what was added to it paid for it; nothing else is set aside."""
        found = self.books.get("/storefront/_control/fulfilments")["data"]
        parcels = [one for one in found if one["reference"].startswith(f"ship:{self.case}:")]
        sent = [one.lines for one in self.known.sent]
        told = [{item["line_id"]: item["quantity"] for item in one["items"]} for one in parcels]
        if parcels and told != sent:
            yield f"{told} was sent by the storefront, {sent} by the journal"
        if len(sent) != (1 if self.expected in _GOODS else 0):
            yield f"{len(sent)} parcels went out, which does not go with {self.expected}"
        added = self.known.plan.added if self.known.plan else None
        if self.known.collected != added:
            yield f"{self.known.collected} was collected, and {added} pays for what goes out"
        if self.known.aside and self.expected not in _GOODS:
            yield f"what was set aside ({self.known.aside}) is not free again"

    def units(self) -> Iterator[str]:
        """No unit of the order appeared or vanished: those sold are with the customer, returning, in stock or kept."""
        counted = Counter[str]()
        for entry in self.of_order:
            others = entry.kind in (EntryKind.FINDING, EntryKind.FINDING_SETTLED)
            for one in entry.transfers:
                if others and accounts.FOUND in (one.debit, one.credit):
                    counted["found here"] += -one.amount if one.debit == accounts.FOUND else one.amount
                if one.commodity == UNITS and one.kind in (TransferKind.SINGLE, TransferKind.POST):
                    counted[one.debit.partition(":")[0]] -= one.amount
                    counted[one.credit.partition(":")[0]] += one.amount
        kinds = ("sold", "found here", "with_customer", "returning", "stock", "kept")
        total = sum(counted[kind] for kind in kinds)
        if total:
            shown = ", ".join(f"{kind} {counted[kind]}" for kind in kinds)
            yield f"{total} units of the order came from nowhere ({shown})"
        for name in ("sold", "with_customer"):
            prefix = accounts.sold(self.order) if name == "sold" else accounts.with_customer(self.order, "")
            kept = sum(one.posted for one in self.books.ledger.balances(prefix) if self._mine(one.account, prefix))
            if kept != counted[name]:
                yield f"{name} holds {kept} units of the order, its transfers give {counted[name]}"

    def open(self) -> Iterator[str]:
        """Nothing pending, nothing owed, nothing in suspense."""
        for entry in self.entries:
            for one in entry.transfers:
                if one.kind is TransferKind.PENDING and (left := self.books.ledger.pending_left(one.key)):
                    yield f"{left} of {one.key} is still pending"
        for prefix in (accounts.owed(self.case), f"suspense:{self.order}", accounts.early(self.case)):
            for balance in self.books.ledger.balances(prefix):
                pending = balance.pending_in + balance.pending_out
                if self._mine(balance.account, prefix) and (balance.posted or pending):
                    stands = f"{balance.posted} {balance.commodity}, {pending} pending"
                    yield f"{balance.account} is not zero: {stands}"

    def _mine(self, account: str, prefix: str) -> bool:
        """Whether the prefix is the whole name, or ends at a part of it."""
        return account == prefix or prefix.endswith(":") or account.startswith(f"{prefix}:")
