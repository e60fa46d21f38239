"""What the journal says for dashboards: counted entry by entry since this process began to look, never read anew."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from domain import ids
from ledger import Balance, EntryKind, JournalEntry, Ledger
from ledger.accounts import owed
from ledger.hashing import entry_hash, written
from ledger.reconcile.record import recorded

_log = logging.getLogger(__name__)

ENTRIES = 2000
"""Entries that one look reads at most; what is left is read by the next."""
LATENCY = (60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 3 * 86400, 7 * 86400, 14 * 86400)
"""Seconds from submitting a refund to the provider's yes; the upper ends of the histogram."""

_OWED = "owed:"
_STANDING = ("suspense:", _OWED)
_REFUNDS = {
    EntryKind.REFUND_SETTLED: "settled",
    EntryKind.REFUND_FAILED: "failed",
    EntryKind.REFUND_REVERSED: "reversed",
}
_NOTICES = (EntryKind.NOTICE, EntryKind.NOTICE_AGAIN, EntryKind.NOTICE_RESENT, EntryKind.NOTICE_FAILED)


class Tally:
    """Counts from the newest entry on. Accounts that should be zero are read once, then as entries touch them."""

    def __init__(self, ledger: Ledger, newest: Callable[[], int]) -> None:
        self._ledger = ledger
        self._newest = newest
        self._head = ""
        self._begun = False
        self.seq = 0
        self.unread = 0
        self.faults = 0
        """Entries that do not follow from the one before them; verify says more."""
        self.decided = 0
        self.closed: Counter[str] = Counter()
        self.refunds: Counter[tuple[str, str]] = Counter()
        """By currency and what was said of them."""
        self.refunded: Counter[str] = Counter()
        """Minor units that arrived, by currency."""
        self.latency = [0] * (len(LATENCY) + 1)
        self.waited = timedelta()
        self.mails: Counter[tuple[str, str]] = Counter()
        self.deadlines_missed = 0
        self.breaks: int | None = None
        self.reconciled_at: datetime | None = None
        self.standing: dict[tuple[str, str], int] = {}
        """What stands on suspense and owed accounts, by account and currency."""
        self._ended: dict[str, bool] = {}

    def read(self, now: datetime) -> None:
        """Read on, at most `ENTRIES`. Raises what the ledger raises."""
        newest = self._newest()
        if not self._begun:
            self._begin(newest, now)
        entries = list(islice(self._ledger.entries(after=self.seq), ENTRIES)) if newest > self.seq else []
        touched: set[str] = set()
        for entry in entries:
            self._learn(entry)
            sides = (account for one in entry.transfers for account in (one.debit, one.credit))
            touched.update(account for account in sides if account.startswith(_STANDING))
        for account in touched:
            self._stands(account)
        self.unread = max(0, newest - self.seq)

    def owed_by(self) -> Iterator[tuple[str, bool, int]]:
        """What returns owe: currency, whether the return has ended, minor units."""
        for (account, currency), amount in self.standing.items():
            if account.startswith(_OWED):
                yield currency, self._ended[account], amount

    def _begin(self, newest: int, now: datetime) -> None:
        last = next(iter(self._ledger.entries(after=newest - 1)), None) if newest else None
        self.seq, self._head = (last.seq, last.hash) if last else (0, "")
        for prefix in _STANDING:
            for one in self._ledger.not_zero(prefix):
                self._keep(one)
        for days in range(3):
            day = (now - timedelta(days=days)).date().isoformat()
            if found := self._ledger.find(ids.reconciled_key(day)):
                self._reconciled(found)
                break
        self._begun = True

    def _learn(self, entry: JournalEntry) -> None:
        if self._head and entry_hash(self._head, written(entry, entry.seq), entry.transfers) != entry.hash:
            self.faults += 1
        self.seq, self._head = entry.seq, entry.hash
        try:
            self._count(entry, entry.facts)
        except (LookupError, TypeError, ValueError):
            # What another version wrote otherwise is left out of the figures, and holds nobody up.
            _log.warning("entry %d (%s) is not counted: its facts are not what they should be", entry.seq, entry.kind)

    def _count(self, entry: JournalEntry, told: Mapping[str, Any]) -> None:
        match entry.kind:
            case EntryKind.DECISION:
                self.decided += 1
            case EntryKind.CLOSED:
                self.closed[str(told["outcome"])] += 1
                if (account := owed(entry.case)) in self._ended:
                    self._ended[account] = True
            case EntryKind.REFUND_SUBMITTED:
                self.refunds[str(told["intention"]["currency"]), "submitted"] += 1
            case EntryKind.REFUND_SETTLED | EntryKind.REFUND_FAILED | EntryKind.REFUND_REVERSED if "refund" in told:
                self._told_of_refund(entry)
            case EntryKind.REFUND_OVERDUE:
                self.deadlines_missed += 1
            case EntryKind.RECONCILED:
                self._reconciled(entry)
            case kind if kind in _NOTICES and {"notice", "state"} <= set(told):
                self.mails[str(told["notice"]), str(told["state"])] += 1

    def _told_of_refund(self, entry: JournalEntry) -> None:
        refund, said = entry.facts["refund"], _REFUNDS[entry.kind]
        currency = str(refund.get("currency", ""))
        self.refunds[currency, said] += 1
        if said != "settled":
            return
        self.refunded[currency] += int(refund["amount"])
        asked = self._ledger.find(str(refund["key"]))
        if asked is not None and asked.kind is EntryKind.REFUND_SUBMITTED:
            took = max(entry.at - asked.at, timedelta())
            self.latency[bisect_left(LATENCY, took.total_seconds())] += 1
            self.waited += took

    def _reconciled(self, entry: JournalEntry) -> None:
        self.breaks, self.reconciled_at = recorded(entry).count, entry.at

    def _stands(self, account: str) -> None:
        """Read one account anew."""
        for key in [key for key in self.standing if key[0] == account]:
            del self.standing[key]
        for one in self._ledger.not_zero(account):
            if one.account == account:  # others may begin as this one does
                self._keep(one)
        if all(name != account for name, _ in self.standing):
            self._ended.pop(account, None)

    def _keep(self, balance: Balance) -> None:
        account = balance.account
        self.standing[account, balance.commodity] = balance.posted
        # Asked once; if it ends later, its entry says so.
        if account.startswith(_OWED) and account not in self._ended:
            self._ended[account] = self._ledger.find(ids.close_key(account.removeprefix(_OWED))) is not None
