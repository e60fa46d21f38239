"""Workers killed at chosen points, in turn, on one stack; the returns recover together and are judged at the end."""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from settings import Settings
from tests.proof import killer, right, ways
from tests.proof.site import Program, Site, forked, stack
from tests.proof.walk import WHOLE, Walk
from wiring import rooms
from worker import by_queue

BESIDE = {
    "reconcile": "It is no step of a return: it reads, and records one line per day, however often it is told to. A "
    "killed worker is noticed only after five minutes. tests/workflows/test_reconcile.py tells it twice.",
    "follow_parcel": "Nothing is recorded and nothing hangs on it. tests/labels/test_activities.py.",
    "add_parcel": "No way here has a second parcel yet; it moves no money. tests/labels/test_activities.py.",
    "ask_label": "It moves nothing, and comes only where somebody asks for it. tests/diaries/test_label.py.",
    "record_handed_over": "It moves nothing, and comes only where somebody shows it. tests/diaries/test_label.py.",
    "keep_goods": "It is one entry, as `record_loss` is, and no policy here leaves goods. tests/diaries/test_keep.py.",
    "record_overdue": "It moves nothing, and comes after two weeks. tests/diaries/test_withdrawal.py.",
    "force_close": "It ends a return as a cancel does, by the same code. tests/workflows/test_ops.py.",
    "record_assignment": "It moves nothing, and comes only where a person says so. tests/workflows/test_ops.py.",
    "record_resend": "It moves nothing, and comes only where a person says so. tests/workflows/test_ops.py.",
    "record_finding": "One entry of the warehouse. tests/diaries/test_inspections.py.",
    "settle_finding": "One entry of the warehouse. tests/diaries/test_inspections.py.",
    "answer_offer": "It comes where a shopper answers; it voids a plan or nothing. tests/diaries/test_offers.py.",
    "record_sent_back": "It comes where the warehouse says so, by one entry. tests/diaries/test_offers.py.",
    "pay_uninspected": "It comes after days, which no stack here can skip. tests/diaries/test_inspections.py.",
    "record_choice": "It is one entry under one key, as `record_override` is. tests/diaries/test_store_credit.py.",
    "check_word": "It reads, and records nothing. tests/workflows/test_news.py.",
    "take_back": "It comes after a dispute that was lost, and repeats itself as `pay_leg` does. "
    "tests/payments/test_taking_back.py.",
    **dict.fromkeys(
        ("ask_evidence", "give_evidence", "edit_return", "correct_count", "extend"),
        "It comes only where a person says so. tests/workflows/test_saga.py tells each twice, and breaks each off "
        "before and after it has recorded.",
    ),
    "regrade": "It comes only where a person says so; the plan that it voids is voided in its own entry. "
    "tests/diaries/test_mending.py.",
    **dict.fromkeys(
        ("miss_evidence", "lapse_override"),
        "It comes after days of silence, by one entry. tests/diaries/test_review.py.",
    ),
    "record_not_undone": "It comes after a week in which nobody could help. tests/workflows/test_cancel.py.",
    "record_loss": "It comes after weeks of silence, as `expire_return` does. tests/workflows/test_lost.py.",
    "record_settled": "It moves nothing at a provider, and comes only where a person says so. "
    "tests/diaries/test_early.py.",
    "record_claim": "It moves nothing, and comes only where a person says so. tests/diaries/test_lost.py.",
    "record_answer": "It moves nothing at a provider. tests/diaries/test_lost.py.",
    "record_late": "It comes after the end. tests/diaries/test_late.py.",
    "record_decided": "It comes after the end, where a person says so. tests/diaries/test_late.py.",
    "credit_late": "It comes after the end, and moves nothing at a provider. tests/diaries/test_late.py.",
    "expire_return": "It comes after weeks of silence, which no stack here can skip. tests/workflows/test_parcels.py.",
    "fall_back": "Where another remedy is in force already, that stays. tests/decisions/test_trading.py.",
    "record_shipped": "It comes only where a person says so. tests/diaries/test_exchange.py.",
    "record_repair": "It moves nothing, and comes only where a person says so. tests/diaries/test_exchange.py.",
    "end_payment": "It comes after days; a page is closed again as it was before. tests/payments/test_contract.py.",
    "resend_notice": "It comes a day after a mail of unknown outcome. tests/mail/test_send_notice.py.",
}
"""Activities in which no worker is killed, and why not."""

ORDINARY = "ordinary"
WAYS: Mapping[str, type[Walk]] = MappingProxyType(
    {
        ORDINARY: ways.Way,
        "cancelled": ways.Cancelled,
        "approved": ways.Approved,
        "appealed": ways.Appealed,
        "store credit": ways.ToStoreCredit,
        "by hand": ways.ByHand,
        "failed late": ways.FailedLate,
        "disputed": ways.Disputed,
        "paid late": ways.PaidLate,
        "refunded elsewhere": ways.RefundedElsewhere,
        "exchanged": ways.Exchanged,
        "exchange called off": ways.ExchangeCalledOff,
        "paid early": ways.PaidEarly,
    }
)
"""How a return comes by an activity."""

_WAY_BY = {
    "cancel_return": "cancelled",
    "void_label": "cancelled",
    "record_approval": "approved",
    "record_override": "appealed",
    "agree_override": "appealed",
    "record_consent": "store credit",
    "record_by_hand": "by hand",
    "recall_case": "failed late",
    "hear_refund": "failed late",
    "hear_dispute": "disputed",
    "hear_payment": "paid late",
    "give_back": "paid late",
    "tell_returns": "refunded elsewhere",
    **dict.fromkeys(("promise_goods", "set_aside", "price_exchange", "collect_payment", "ship"), "exchanged"),
    "set_free": "exchange called off",
    **dict.fromkeys(("plan_early", "end_early"), "paid early"),
}


@dataclass(frozen=True)
class Kill:
    """Where a worker dies: the n-th time that a return on this way gets there."""

    activity: str
    moment: str
    nth: int = 1
    way: str = ""

    def walk(self, site: Site) -> Walk:
        """A return that gets there."""
        return WAYS[self.way or _WAY_BY.get(self.activity, ORDINARY)](site, self.name)

    @property
    def name(self) -> str:
        """For ids and logs."""
        words = (self.activity, self.moment, str(self.nth), *([self.way] if self.way else []))
        return "-".join(words).replace("_", "-").replace(" ", "-")

    @property
    def what(self) -> str:
        """For people."""
        nth = f" {self.nth}" if self.activity == killer.TASK or self.nth > 1 else ""
        return f"{self.activity}{nth} {self.moment}" + (f", {self.way}" if self.way else "")


PAID = (
    *(Kill("pay_leg", moment, 2) for moment in killer.moments("pay_leg")),
    *(Kill("pay_leg", moment, 3, "failed late") for moment in killer.moments("pay_leg")),
    *(Kill("pay_leg", moment, 3, "store credit") for moment in killer.CALLING),
)
"""The second tender of a return, the refund that is paid again in its aftercare, and the one that goes another way."""


def every_kill() -> list[Kill]:
    """A worker dies in every activity of a return, at every moment; what takes longest to be noticed comes first."""
    names = sorted(activities() - set(BESIDE), key=_patience)
    return [*(Kill(name, moment) for name in names for moment in killer.moments(name)), *PAID]


def every_task() -> Iterator[Kill]:
    """A worker dies around each workflow task, as many as there are."""
    return (Kill(killer.TASK, moment, nth) for nth in itertools.count(1) for moment in killer.AROUND)


def activities() -> set[str]:
    """The names of all activities that workers serve."""
    given = {"stripe_api_key": "sk_test_x", "sendgrid_api_key": "SG.x", "carrier_url": "http://127.0.0.1:1"}
    served = (one for many in by_queue(rooms(Settings.model_validate(given))).values() for one in many)
    return {getattr(one, "__temporal_activity_definition").name for one in served}


def _patience(name: str) -> tuple[bool, str]:
    return name not in ("buy_label", "void_label", "restock", "send_notice"), name


@dataclass
class Verdict:
    """What became of one return."""

    what: str
    case: str
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    mails_unknown: int = 0


@dataclass(frozen=True)
class _Case:
    kill: Kill
    walk: Walk
    way: asyncio.Task[float]
    since: float
    killed: bool

    @property
    def what(self) -> str:
        return self.kill.what + ("" if self.killed else ": there was none")


@asynccontextmanager
async def ground(home: Path) -> AsyncIterator[Site]:
    """A stack on which every way can be gone."""
    async with stack(home) as site:
        await asyncio.to_thread(ways.prepare, site)
        yield site


async def survive(site: Site, kills: Iterable[Kill], seconds: int = 0) -> list[Verdict]:
    """Kill a worker at each point, start an ordinary one, and judge every return. The last verdict is the ledger's.
    Deaths are noticed after so many seconds, if any are named.

    Workflow tasks are as many as a return has: the first one that is over before its kill is the last.
    """
    cases: list[_Case] = []
    try:
        for kill in kills:
            case = await _killed(site, kill, seconds)
            cases.append(case)
            if kill.activity == killer.TASK and not case.killed:
                break
        async with forked(site.home, "worker", str(seconds)) as worker:
            await asyncio.wait([one.way for one in cases])
            assert await worker.stop() == 0, worker.said()
    finally:
        for one in cases:
            one.way.cancel()
    verdicts = [await judged(one.what, one.walk, one.way, one.since) for one in cases]
    for one, verdict in zip(cases, verdicts, strict=True):
        if one.kill.activity != killer.TASK and not one.killed:
            verdict.faults.append("no worker came by there")
    faults = await asyncio.to_thread(lambda: [*right.wrong_ledger(site.ledger), *site.breaks()])
    return [*verdicts, Verdict(what="the whole ledger", case="", faults=faults)]


async def judged(what: str, walk: Walk, way: asyncio.Task[float], since: float) -> Verdict:
    """The verdict on a return whose way is at its end; one that got stuck is wrong, too."""
    stuck = way.exception()
    return Verdict(
        what=what,
        case=walk.case,
        seconds=time.monotonic() - since if stuck else way.result() - since,
        faults=[*([str(stuck)] if stuck else []), *await walk.faults()],
        mails_unknown=walk.mails_unknown(),
    )


async def walked(walk: Walk) -> float:
    """Walk a return to its end; when that was."""
    await walk.to_the_end()
    return time.monotonic()


async def _killed(site: Site, kill: Kill, seconds: int) -> _Case:
    """Walk a return until its worker is dead."""
    walk = kill.walk(site)
    words = (str(seconds), kill.activity, kill.moment, walk.case, walk.order, str(kill.nth))
    async with forked(site.home, f"killer-{walk.name}", *words) as worker:
        way = asyncio.create_task(walked(walk))
        killed = await _dead(worker, way)
    assert not killed or f"killed in {kill.activity} {kill.moment} of " in worker.said(), worker.said()
    return _Case(kill, walk, way, time.monotonic(), killed)


async def _dead(worker: Program, way: asyncio.Task[float]) -> bool:
    """Whether the worker was killed before the return got to its end, or got stuck."""
    dead = asyncio.create_task(worker.end(WHOLE))
    await asyncio.wait({dead, way}, return_when=asyncio.FIRST_COMPLETED)
    if way.done() and not dead.done():
        dead.cancel()
        return False
    assert await dead == -signal.SIGKILL, worker.said()
    return True
