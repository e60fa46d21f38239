"""The portal's neighbours, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from domain.backlog import Backlog
from domain.errors import BackhaulError
from domain.inbox import InboxEvent, InboxRow, InboxState, Told, Vendor
from domain.model import Model
from domain.news import LateFact, RefundNews
from domain.notice import NoticeState
from domain.parcel import Tie
from domain.refund import RefundStatus
from domain.stores import OutboxRow
from ledger import EntryKind, JournalEntry, NewEntry

NOW = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)
KEY = "refund:R-1:1:pi_1:1"


class Clock:
    """Stands still until it is moved on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)


class FakeDelivery:
    """Remembers what it was told; `answers` are raised by the next calls, None is a yes."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.told: list[tuple[str, str, Model, str]] = []
        self.late: dict[str, LateFact] = {}

    async def tell(self, case: str, verb: str, said: Model, update_id: str) -> None:
        """As scripted."""
        self.told.append((case, verb, said, update_id))
        self._answer()

    async def start_aftercare(self, workflow_id: str, fact: LateFact) -> None:
        """As scripted; the same id again is the same one."""
        self._answer()
        self.late.setdefault(workflow_id, fact)

    def _answer(self) -> None:
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer


class FakeLedger:
    """Order `o1` was paid with `pi_1`; its return R-1 is open and R-0 is closed. Order `o2` was paid with `pi_2`."""

    TOLD = (
        ("o1", "R-0", EntryKind.DECISION), ("o1", "R-0", EntryKind.CLOSED), ("o1", "R-1", EntryKind.DECISION),
        ("o1", "R-1", EntryKind.PLAN),
    )  # fmt: skip

    def __init__(self, *recorded: str) -> None:
        self.recorded = recorded
        self.appended: list[NewEntry] = []

    def append(self, entry: NewEntry, *, seen: int | None = None) -> None:
        self.appended.append(entry)

    def find(self, key: str) -> object | None:
        return key if key in self.recorded else None

    def order_of(self, payment: str) -> str | None:
        return {"pi_1": "o1", "pi_2": "o2"}.get(payment)

    def entries(self, *, order: str | None = None, case: str | None = None) -> Iterator[JournalEntry]:
        for seq, (of, about, kind) in enumerate(self.TOLD):
            if order in (None, of) and case in (None, about):
                named = {"key": f"k{seq}", "kind": kind, "order": of, "case": about, "actor": "rule", "hash": ""}
                empty = {"reasons": (), "policy": "", "facts": {}, "transfers": ()}
                yield JournalEntry.model_validate({"seq": seq, "at": NOW, **named, **empty})


class FakeParcels:
    """BH1 is R-1's. R-1 and R-2 share BH2, which R-0 had half a year before."""

    TIED = {"BH1": {"R-1": 0}, "BH2": {"R-2": 0, "R-1": 9, "R-0": 180}}  # noqa: RUF012

    def keep(self, tracking_number: str, case: str, at: datetime) -> None:
        raise NotImplementedError

    def ties(self, tracking_number: str) -> list[Tie]:
        tied = self.TIED.get(tracking_number, {})
        return [Tie(case=case, at=NOW - timedelta(days=days)) for case, days in tied.items()]


class FakeOutbox:
    """We sent one mail, under the key `notice:R-1:approved:1`."""

    def __init__(self) -> None:
        self.finished: list[tuple[str, NoticeState, str]] = []

    def get(self, key: str) -> OutboxRow | None:
        if key != "notice:R-1:approved:1":
            return None
        return OutboxRow(key=key, case="R-1", kind="approved", state=NoticeState.SENT, message_id="m1", reserved_at=NOW)

    def finish(self, key: str, state: NoticeState, message_id: str = "", why: str = "") -> None:
        if key != "notice:R-1:approved:1":
            raise KeyError(key)
        self.finished.append((key, state, message_id))

    def backlog(self) -> dict[NoticeState | None, Backlog]:
        raise NotImplementedError

    def reserve(self, key: str, case: str, kind: str, now: datetime) -> OutboxRow | None:
        raise NotImplementedError

    def release(self, key: str, why: str = "") -> None:
        raise NotImplementedError

    def take_again(self, key: str, now: datetime) -> bool:
        raise NotImplementedError

    def give_back(self, key: str, why: str = "") -> None:
        raise NotImplementedError

    def listed(self, states: Sequence[NoticeState | None], limit: int) -> list[OutboxRow]:
        raise NotImplementedError

    def of_case(self, case: str) -> list[OutboxRow]:
        raise NotImplementedError


class FakeInbox:
    """Keeps events by id; `down` is raised by every call."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str], InboxEvent] = {}
        self.down: BackhaulError | None = None

    def keep(self, events: Sequence[InboxEvent], now: datetime) -> int:
        if self.down:
            raise self.down
        before = len(self.events)
        for one in events:
            self.events.setdefault((one.vendor, one.event), one)
        return len(self.events) - before

    def counts(self) -> dict[InboxState, int]:
        if self.down:
            raise self.down
        return {InboxState.WAITING: len(self.events)} if self.events else {}


def refund(**changed: object) -> RefundNews:
    """Our refund of R-1 has succeeded."""
    news = RefundNews(
        event="evt_1", refund="re_1", key=KEY, payment="pi_1", amount=1200, currency="EUR",
        status=RefundStatus.SUCCEEDED, created_at=NOW, at=NOW,
    )  # fmt: skip
    return RefundNews.model_validate({**news.model_dump(), **changed})


def event(name: str, told: Told) -> InboxEvent:
    """A stored event of Stripe."""
    return InboxEvent(vendor=Vendor.STRIPE, event=name, kind="refund.updated", told=told)


def row(told: Told | None, name: str = "evt_1", asked: int = 0) -> InboxRow:
    """A row that waits."""
    fault = "" if told else "amount: it is missing"
    return InboxRow(
        vendor=Vendor.STRIPE, event=name, kind="refund.updated", told=told, fault=fault, state=InboxState.WAITING,
        asked=asked, received_at=NOW,
    )  # fmt: skip
