"""A return to which anybody says anything at any time: what there is to say is found out from the workflow itself.

Every Update is discovered with the model that it takes; its fields are filled by name from what stands around (lines,
people, parcels, payments) or by type from chance, sometimes wrongly, sometimes as it was said before.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import random
import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import httpx2
from pydantic import AwareDatetime, BaseModel, ValidationError
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from activities.storefront.importers import read_order
from commands.policy import publish_policy
from domain.approval import statement, statement_by_hand, statement_of_override
from domain.news import DisputeNews, PaymentNews, RefundNews
from domain.order import Order
from domain.override import Change, override_statement
from domain.people import MAY, SHOPPER
from embedded.people import PEOPLE as HIRED
from ledger import UNITS, EntryKind, NewEntry, accounts
from ledger.moves import transfers
from ledger.signing import load_key, sign
from tests.proof.right import Books, wrong_books, wrong_ledger
from tests.workflows.returns import Shop
from tests.world import ORDERS, POLICY_FROM
from workflows.return_case.case import ReturnCase
from workflows.return_case.view import CaseView

Json = dict[str, Any]
PEOPLE = (SHOPPER, *HIRED, "nobody")
SIGNERS = ("fay", "ada")
MAILS = "/sendgrid"
DOORS = ("/stripe", MAILS, "/carrier", "/storefront")
BASKETS: tuple[tuple[str, Mapping[str, int]], ...] = (
    ("shopify_order_discount_code.json", {"1071823193": 1}),
    ("two_rates.json", {"1": 2, "2": 1}),
    ("two_rates.json", {"1": 1}),
)
OFTEN = ("record_scan", "receive", "inspect") * 3 + ("override", "record_news", "lost") * 2
"""What is said of most returns; everything else is said as often as chance has it."""
FITS = {
    "review": ("ask_evidence", "give_evidence", "edit", "override", "extend"),
    "awaiting_parcel": ("handed_over", "new_label", "edit", "choose", "record_scan", "receive", "extend", "override"),
    "in_transit": ("open_claim", "answer_claim", "lost", "receive", "record_finding", "choose", "settle"),
    "inspection": ("inspect", "inspect", "receive", "correct_count", "record_finding", "choose", "extend"),
    "offer": ("answer_offer", "answer_offer", "uphold", "regrade", "override", "choose"),
    "sending_back": ("sent_back", "answer_offer"),
    "refund": ("regrade", "choose", "approve", "replan", "paid_by_hand", "by_hand_failed", "consent"),
    "remedy": ("repair", "shipped", "choose", "regrade", "override"),
    "closing": ("settle_finding", "settle", "answer_claim", "resend"),
}
"""What is worth saying at a stage; half of what is said is of it."""
PASSING = ("troubles", "due_at", "next_owner", "next_action", "pay_url")
"""What a new run may see otherwise: it waits anew."""
OTHER_GOODS = {"MUG-RED": 1290, "POT": 1676, "CUP": 976}
"""What a mug is exchanged for, by SKU, and what it costs today."""
CLAUSES: tuple[tuple[str, ...], ...] = (
    ("", "", "refund_trigger:\n  - event: first_scan\n", "refund_trigger:\n  - event: receipt\n"),
    (
        "",
        "ship_trigger:\n  - event: label\n",
        "ship_trigger:\n  - event: first_scan\n    exposure_limit: {EUR: 2000, USD: 20000}\n",
        "ship_trigger:\n  - event: receipt\n",
    ),
    ("", "", "returnless:\n  - {currency: EUR, costs: 600, salvage: 20, at_most: 3000}\n"),
    ("", "lost_value:\n  - percent: 30\n    reason: Worn\n    when: {grade: [grade_c, grade_d]}\n"),
    ("resolutions:\n  - allowed: [refund, exchange, repair, replacement, store_credit]\n",),
    ("", "", "judgement:\n  - verdict: review\n"),
    (
        "",
        "deadlines:\n  - {lost: refund_at_once, offer_default: person, inspection_default: as_quoted}\n",
        "deadlines:\n  - {no_evidence: decline, evidence_days: 5, lost_after_days: 5, claim_days: 10}\n",
    ),
    ("", "", "automatic_limit:\n  EUR: 3000\n  USD: 3000\n"),
)
"""Of each, one is in force."""
BY_HAND = re.compile(r"`paid-by-hand`")


def _speakers(name: str) -> tuple[str, ...]:
    """Who may say a verb."""
    told = tuple(one for one, (role, _) in HIRED.items() if name in MAY[role])
    return (*told, SHOPPER) if name in ("cancel", "consent") else told


def updates() -> dict[str, tuple[type[BaseModel], ...]]:
    """Every Update of a return with the models that it takes, by name."""
    found = {}
    for name, update in workflow._Definition.must_from_class(ReturnCase).updates.items():
        handlers = [one for one in (update.fn, update.validator) if one is not None]
        named = (re.search(r"(?:take|taken_from)\((\w+), raw\)", inspect.getsource(one)) for one in handlers)
        models = [inspect.unwrap(update.fn).__globals__[one[1]] for one in named if one]
        found[str(name)] = (models[0],) if models else (DisputeNews, PaymentNews, RefundNews)
    return dict(sorted(found.items()))


@dataclass
class Chance:
    """Fills models from what stands around."""

    dice: random.Random
    lines: Sequence[str]
    payments: Sequence[str]
    now: datetime
    unique: str
    """What of an id belongs to this return."""
    refunds: Sequence[str] = ()
    keys: Sequence[str] = ()
    parcels: Sequence[str] = ()
    notices: Sequence[str] = ()
    speakers: Sequence[str] = ()
    """Who may say it."""
    currency: str = "EUR"
    told: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What fits now, by the field's name."""

    def model(self, kind: type[BaseModel]) -> Json:
        """One of a kind, as JSON. Fields that need not be given often are not."""
        given = {
            name: self.value(name, one.annotation)
            for name, one in kind.model_fields.items()
            if one.is_required() or name == "kind" or self.dice.random() < 0.4
        }
        return {name: value for name, value in given.items() if value is not None}

    def value(self, name: str, kind: Any) -> Any:
        """One value of a type for a field of a name."""
        pool = self._pool(name)
        origin, args = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self.value(name, args[0])
        if origin in (Union, types.UnionType):
            some = [one for one in args if one is not type(None)]
            return self.value(name, self.dice.choice(some))
        if origin is Literal:
            return self.dice.choice(args)
        if origin is tuple:
            return [
                self.value(name, args[0])
                for _ in range(self.dice.choice((1, 1, 1, 1, 2, 0) if self.dice.random() < 0.3 else (1,)))
            ]
        if origin is not None:
            return {}
        if isinstance(kind, type) and issubclass(kind, Enum):
            return self.dice.choice([one.value for one in kind])
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return self.model(kind)
        if kind is bool:
            return self.dice.random() < 0.5
        if kind is int:
            return self.dice.choice((1, 1, 1, 1, 1, 2) if name == "quantity" else (0, 1, 20, 100, 500, 1500))
        if kind in (datetime, AwareDatetime):
            return (self.now + timedelta(hours=self.dice.choice((-50, -1, 0, 0, 24)))).isoformat()
        if kind is date:
            return (self.now + timedelta(days=self.dice.choice((-5, 5, 40)))).date().isoformat()
        return self.dice.choice(pool)

    def _pool(self, name: str) -> Sequence[str]:
        if name in ("by", "to") or name.endswith("_by"):
            return (*self.speakers, *self.speakers, *PEOPLE)
        pools: dict[str, Sequence[str]] = {
            "notice": (*self.notices, "nope"),
            "status": ("needs_response", "needs_response", "won"),
            "lines": self.lines,
            "line_id": (*self.lines, *self.lines, *self.lines, *self.lines, "nope"),
            "payment": (*self.payments, *self.payments, "pi_nope"),
            "refund": self.refunds or ("re_nope",),
            "key": self.keys or ("",),
            "tracking_number": (*self.parcels, *self.parcels, "other-1"),
            "currency": (self.currency,),
            "location": ("main",),
            "signature": ("A" * 86 + "==",),
            "url": ("https://photos.example/1.jpg",),
        }
        if known := self.told.get(name):
            return (*known, *known, *known, *known, f"{name}_{self.unique}_0")
        # A journal has many returns, and a provider gives no event's id twice.
        if name == "event":
            return (f"event_{self.unique}_{self.dice.getrandbits(40)}",)
        return pools.get(name, tuple(f"{name}_{self.unique}_{number}" for number in range(3)))


@dataclass
class Wander:
    """One return, and what was said to it."""

    seed: int
    shop: Shop
    env: WorkflowEnvironment
    keys: Path
    said: list[str] = field(default_factory=list)
    before: list[tuple[str, Json, str]] = field(default_factory=list)
    shut: set[str] = field(default_factory=set)
    count: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    async def walk(self) -> list[str]:
        """From request to end. What is wrong, in words; empty is right."""
        order, lines = await self._sold()
        self.order = order
        wanted = self._wanted()
        self.asked = {"case": f"W-{self.seed}", "order": order.id, "lines": lines, **wanted}
        self.one = await self.shop.start(**self.asked)
        self.said.append(f"asked for {lines} of order {order.id} {wanted}")
        try:
            at_rest = await self.stands() if self.dice.random() < 0.8 else None
            # One that needs nobody's word is over at once.
            over = at_rest is not None and at_rest.outcome is not None
            for _ in range(0 if over else self.dice.randint(4, 14)):
                await self.dice.choice((*[self._message] * 8, self._time, self._time, self._outage, self._anew))()
                if (await self.stands()).outcome:
                    break
            return await self._end()
        except AssertionError as error:
            return [str(error)]
        finally:
            for door in DOORS:
                self._open(door)

    async def _sold(self) -> tuple[Order, Mapping[str, int]]:
        file, lines = self.dice.choice(BASKETS)
        clauses = [self.dice.choice(some) for some in CLAUSES]
        policy = f"id: default\ntitle: Walk {self.seed}\nwindow_days: 3650\n{''.join(clauses)}"
        await asyncio.to_thread(publish_policy, self.shop.world.rooms, policy, POLICY_FROM, datetime.now(UTC))
        self.said.append(" ".join(policy.split()))
        delivered = (await self.env.get_current_time()).astimezone(UTC) - timedelta(days=5)
        imported = read_order((ORDERS / file).read_text(), delivered_at=delivered)
        numbered = enumerate(imported.order.tenders)
        tenders = tuple(one.model_copy(update={"id": f"pi_{self.seed}_{number}"}) for number, one in numbered)
        changed = {"id": f"{imported.order.id}-{self.seed}", "tenders": tenders}
        order = imported.order.model_copy(update=changed)
        stores = self.shop.world.rooms.stores
        stores.orders.put(order)
        stores.contacts.put(imported.contact)
        for one in order.tenders:
            paid = {"id": one.id, "amount": one.captured, "currency": order.currency.lower()}
            await self.shop.world.post("/stripe/_control/payment_intents", paid)
        await self._stocked()
        return order, lines

    async def _stocked(self) -> None:
        """Other goods, of which one each lies in the warehouse for whoever wants it."""
        world = self.shop.world
        for sku, price in OTHER_GOODS.items():
            told = {"sku": sku, "product": sku, "title": sku, "price": price, "currency": "EUR"}
            await world.post("/storefront/_control/variants", {**told, "taxes": [{"name": "VAT", "rate": "0.19"}]})
            key = f"given:{sku}:{self.seed}"
            moved = transfers(key, UNITS, [("found", f"stock:main:{sku}:restocked", 1)])
            world.rooms.ledger.append(
                NewEntry(key=key, kind=EntryKind.RESTOCK, actor="ann", at=POLICY_FROM, transfers=moved)
            )

    def _wanted(self) -> Json:
        """What the shopper wants: mostly the money."""
        if self.dice.random() < 0.6:
            return {}
        kind = self.dice.choice(("exchange", "replacement", "repair", "store_credit"))
        wanted: Json = {"resolution": kind}
        if kind == "exchange":
            wanted["exchange_for"] = self.dice.choice(sorted(OTHER_GOODS))
        return wanted | ({"reason": "defective"} if kind in ("replacement", "repair") else {})

    async def _message(self) -> None:
        name, content, update_id = await self._anything()
        if self.before and self.dice.random() < 0.2:
            name, content, update_id = self.dice.choice(self.before)
        elif self.dice.random() < 0.15 and content:
            content = {**content, self.dice.choice(sorted(content)): self.dice.choice((None, 7, "\n", []))}
        self.before.append((name, content, update_id))
        await self.say(name, content, update_id)

    async def _anything(self) -> tuple[str, Json, str]:
        known = updates()
        world, view = self.shop.world, await self.one.view()
        name = self.dice.choice([*known, *(one for one in OFTEN if one in known)])
        if self.dice.random() < 0.6:
            name = self.dice.choice(FITS.get(view.stage, (name,)))
        models = known[name]
        payments = [] if "/stripe" in self.shut else [one.id for one in self.order.tenders]
        refunds = [refund for one in payments for refund in await world.refunds(one)]
        chance = Chance(
            dice=self.dice,
            lines=tuple(self.one.lines),
            payments=[one.id for one in self.order.tenders],
            now=(await self.env.get_current_time()).astimezone(UTC),
            unique=f"{self.seed}",
            refunds=[str(one["id"]) for one in refunds],
            notices=[one.key for one in world.entries(self.one.case, EntryKind.NOTICE)],
            speakers=_speakers(name),
            parcels=[view.tracking_number] if view.tracking_number else ["none-yet"],
            currency=self.order.currency,
            told=self._told(name, view),
        )
        # A webhook of a refund comes from the provider, which knows it.
        kinds = [one for one in models if one is not RefundNews or refunds]
        self.count += 1
        update_id = f"u-{self.seed}-{self.count}"
        content = chance.model(self.dice.choice(kinds))
        if self.dice.random() < 0.9:
            content |= self._fitting(name, content, view)
        if content.get("kind") == "payment":  # each is of its own money
            content["payment"] = f"pi_late_{self.seed}"
        if content.get("update_id") and self.dice.random() < 0.9:
            content["update_id"] = update_id
        return name, self._signed(content, view, update_id) if self.dice.random() < 0.7 else content, update_id

    def _told(self, name: str, view: CaseView) -> dict[str, Sequence[str]]:
        """What of the return is named by others."""
        notes = self.shop.world.rooms.stores.notes
        told: dict[str, Sequence[str]] = {
            "finding": view.unsettled,
            "receipt": view.receipts if name == "correct_count" else (),
            "reference": [f"claim-{self.seed}-1", f"claim-{self.seed}-2"] if name.endswith("_claim") else (),
            "exchange_for": sorted(OTHER_GOODS),
        }
        if name in ("give_evidence", "record_finding"):
            note = notes.put("https://photos.example/1.jpg")
            told |= {"notes": (note,), "photos": (note,), "note_id": (note,)}
        return told

    def _fitting(self, name: str, content: Json, view: CaseView) -> Json:
        """What of it has to fit the return, so that it is taken at its stage."""
        grades = ("grade_a", "grade_a", "grade_b", "grade_c", "grade_d")

        def graded(units: Mapping[str, int]) -> list[Json]:
            return [
                {"line_id": line, "quantity": 1, "grade": self.dice.choice(grades)}
                for line, count in units.items()
                for _ in range(count)
            ]

        def some(units: Mapping[str, int], least: int = 1) -> list[Json]:
            found = [(line, self.dice.randint(least, max(least, count))) for line, count in units.items()]
            return [{"line_id": line, "quantity": count} for line, count in found if count]

        left = {line: count - view.received.get(line, 0) for line, count in view.lines.items()}
        match name:
            case "receive":
                return {"lines": some({line: count for line, count in left.items() if count > 0}) or some(view.lines)}
            case "inspect":
                return {"lines": graded(view.ungraded) or graded(view.received) or graded(view.lines)}
            case "regrade":
                return {"lines": graded(view.received) or graded(view.lines)}
            case "correct_count":
                return {"lines": some(view.lines, 0)}
            case "edit":
                return {"lines": [{**one, "reason": "unwanted"} for one in some(view.lines)]}
            case "answer_offer":
                answer = self.dice.choice(("accept", "appeal", "send_back"))
                return {"plan": view.offer_plan or 1, "answer": answer}
            case "new_label":
                return {"number": view.label_number + 1, "method": None}
            case "answer_claim":
                return {
                    "answer": (answer := self.dice.choice(("found", "lost"))),
                    "paid": 0 if answer == "found" else 900,
                }
            case "settle":
                return {"how": self.dice.choice(("paid", "waived")), "reference": f"bank-{self.seed}"}
            case "override":
                return {"change": self._change()}
            case "choose":
                return {"remark": "by phone"}
            case "record_finding":
                return self._finding()
            case "settle_finding" if content.get("ending") != "sent_back":
                return {"tracking_number": None}
            case "settle_finding":
                return {"tracking_number": f"back-{self.seed}"}
        return {}

    def _change(self) -> Json:
        """Something that a person may decide otherwise."""
        lines = list(self.one.lines)
        day = (datetime.now(UTC) + timedelta(days=self.dice.choice((20, 700)))).date().isoformat()
        more: tuple[Json, ...] = (
            {"verdict": "approve"},
            {"verdict": "decline"},
            {"keep": "yes"},
            {"verdict": "approve", "keep": "yes"},
            {"waive": ["lost_value"]},
            {"waive": ["restocking", "label"]},
            {"send_back_until": day},
            {"refund_percent": 50},
        )
        return {"lines": lines, **self.dice.choice(more)}

    def _finding(self) -> Json:
        code = self.dice.choice(("short", "wrong_item", "extra_item", "empty_box", "damaged_in_transit", "used"))
        if code == "empty_box":
            return {"code": code, "line_id": None, "sku": "", "quantity": None}
        if code == "wrong_item":
            return {"code": code, "line_id": None, "sku": "A-BRICK", "quantity": 1}
        return {"code": code, "line_id": self.dice.choice(list(self.one.lines)), "sku": "", "quantity": 1}

    def _signed(self, content: Json, view: CaseView, update_id: str) -> Json:
        """What needs a signature is signed by who says it, if they have a key."""
        by = content.get("by")
        if "signature" not in content or by not in SIGNERS:
            return content
        content = {**content, "update_id": update_id}
        if view.to_approve is not None and "amount" in content:
            content["amount"] = view.to_approve.minor
        case, currency, amount = self.one.case, self.order.currency, content.get("amount", 0)
        if "change" in content:
            try:
                change = Change.model_validate(content["change"])
            except ValidationError:  # chance has made one that nobody can sign
                return content
            said = override_statement(case, change, content["reason"], update_id)
        elif content.get("override"):
            said = statement_of_override(case, content["override"], amount, currency, update_id)
        elif "reference" in content:
            content.setdefault("payment", self.order.tenders[0].id)
            said = statement_by_hand(case, content["payment"], content["reference"], update_id)
        else:
            said = statement(case, amount, currency, update_id)
        return {**content, "signature": sign(load_key(self.keys / f"{by}.pem"), said)}

    async def say(self, name: str, content: Json, update_id: str) -> bool:
        """Say it, whatever becomes of it; whether it was taken."""
        self.said.append(f"{name} {json.dumps(content)} as {update_id}")
        told = asyncio.create_task(self.one.handle.execute_update(name, content, id=update_id))
        for patience, skipped in ((5.0, 20), (5.0, 8 * 60), (10.0, 0)):
            done, _ = await asyncio.wait([told], timeout=patience)
            if done:
                break
            await self._skip(timedelta(minutes=skipped))
            for door in DOORS if skipped > 20 else ():
                self._open(door)
        assert told.done(), f"{name} was never answered"
        if (error := told.exception()) is None:
            self.said.append("  taken")
            return True
        assert isinstance(error, WorkflowUpdateFailedError), f"{name}: {error!r}"
        self.said.append(f"  refused: {error.cause}")
        return False

    async def _anew(self) -> None:
        """Somebody terminates it, and the storefront starts it again: nothing that was recorded is forgotten."""
        if self.shut or (before := await self.stands()).outcome:
            return
        if before.resolution in ("exchange", "replacement") and not (before.goods_out or before.label_number):
            return  # chosen while there is no label, it is promised by a new run at once, else when the goods come
        await self.one.handle.terminate("walked over")
        self.said.append("terminated, and started again")
        self.one = await self.shop.start(**self.asked)
        after = await self.stands()
        told = {name: (getattr(before, name), getattr(after, name)) for name in CaseView.model_fields}
        lost = {name: both for name, both in told.items() if both[0] != both[1] and name not in PASSING}
        assert after.outcome or not lost, f"a new run has forgotten: {lost}"

    async def _time(self) -> None:
        await self._skip(
            self.dice.choice((timedelta(minutes=2), timedelta(hours=7), timedelta(days=3), timedelta(days=16)))
        )

    async def _skip(self, how_long: timedelta) -> None:
        self.said.append(f"{how_long} pass")
        await self.shop.skip(how_long)

    async def _outage(self) -> None:
        _ = await self.stands()  # an attempt that is cut in two by a jump of the clock goes on for long
        door = self.dice.choice(DOORS)
        self.said.append(f"{door} does not answer")
        self.shop.world.doors.shut(door, self.dice.choice((503, 429)))
        self.shut.add(door)
        await self._skip(timedelta(minutes=20))
        if door == MAILS or self.dice.random() < 0.7:  # a mail is tried every other minute for long
            self._open(door)
            await self._skip(timedelta(hours=7))

    def _open(self, door: str) -> None:
        if door in self.shut:
            self.shut.remove(door)
            self.shop.world.doors.open(door)

    async def stands(self) -> CaseView:
        """The view, once the return is at rest; it says what is next, who does it, and until when."""
        for _ in range(6):
            try:
                await asyncio.wait_for(self.one.at_rest(), 1 if self.shut else 5)
                break
            except TimeoutError:  # a door is shut: after its burst it asks for help, or leaves the mail behind
                await self._sound()
                await self._skip(timedelta(hours=2))
        await self._sound()
        view = await self.one.view()
        self.said.append(f"  stands at {view.stage}: {view.next_owner}, {view.next_action!r} until {view.due_at}")
        if view.outcome is None:
            assert view.next_owner, "nobody is next"
            assert view.next_action, "nothing is next"
            assert view.next_owner == "backhaul" or view.due_at, "it is due at no time"
        return view

    async def _sound(self) -> None:
        events = (await self.one.history()).events
        failed = [one for one in events if one.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED]
        why = [one.workflow_task_failed_event_attributes.failure for one in failed]
        assert not why, f"a workflow task failed: {why[0].message} {why[0].stack_trace[-800:]}"

    async def _end(self) -> list[str]:
        for turn in range(40):
            for door in DOORS:
                self._open(door)
            view = await self.stands()
            if view.outcome is not None:
                return await self._judged(view)
            if turn > 2 or self.dice.random() < 0.5:
                await self._help(view)
            now = (await self.env.get_current_time()).astimezone(UTC)
            wait = (view.due_at - now) if view.due_at else timedelta()
            await self._skip(max(wait, timedelta(hours=7)) + timedelta(minutes=1))
        return ["it does not end"]

    async def _help(self, view: CaseView) -> None:
        """What a good person would say."""
        self.count += 1
        mine = f"help-{self.seed}-{self.count}"
        await self.say("retry_now", {"by": "olga"}, mine)
        missing = [{"line_id": line, "quantity": count} for line, count in view.expected.items()]
        if view.stage in ("awaiting_parcel", "in_transit", "inspection") or "Inspect" in view.next_action:
            if missing:
                await self.say("receive", {"id": mine, "received_by": "ann", "lines": missing}, f"{mine}-1")
            seen = await self.one.view()
            came = seen.ungraded or seen.received
            grade = self.dice.choice(("grade_a", "grade_c"))
            graded = [{"line_id": line, "quantity": count, "grade": grade} for line, count in came.items()]
            if graded:
                await self.say("inspect", {"id": mine, "inspected_by": "ben", "lines": graded}, f"{mine}-2")
        if view.to_approve is not None:
            said = {"by": "fay", "amount": view.to_approve.minor, "signature": "", "update_id": f"{mine}-3"}
            if view.override_to_approve:
                said["override"] = view.override_to_approve
            if not await self.say("approve", self._signed(said, view, f"{mine}-3"), f"{mine}-3"):
                other = {**said, "by": "ada", "update_id": f"{mine}-33"}
                await self.say("approve", self._signed(other, view, f"{mine}-33"), f"{mine}-33")
        if BY_HAND.search(view.next_action):
            paid = {"by": "ada", "payment": self.order.tenders[0].id, "reference": "bank-1", "signature": ""}
            await self.say("paid_by_hand", self._signed(paid, view, f"{mine}-4"), f"{mine}-4")
        if view.stage == "offer":
            yes = {"by": "shopper", "plan": view.offer_plan, "answer": "accept"}
            await self.say("answer_offer", yes, f"{mine}-6")
        if view.stage == "sending_back":
            await self.say("sent_back", {"by": "ann", "tracking_number": f"{mine}-back"}, f"{mine}-7")
        if view.stage == "remedy":
            await self.say("repair", {"by": "ann", "result": "repaired"}, f"{mine}-8")
            await self.say("shipped", {"by": "ann", "tracking_number": f"{mine}-out"}, f"{mine}-9")
        for number, one in enumerate(view.unsettled):
            kept = {"finding": one, "by": "ann", "ending": "kept"}
            if not await self.say("settle_finding", kept, f"{mine}-10-{number}"):  # it is the shopper's
                back = {**kept, "ending": "sent_back", "tracking_number": f"{mine}-found"}
                await self.say("settle_finding", back, f"{mine}-11-{number}")
        if view.owed_by_shopper:
            await self.say("settle", {"by": "fay", "how": "waived"}, f"{mine}-12")
        for number, won in enumerate(self._won(view)):
            await self.say("record_news", {**won, "event": f"{mine}-5-{number}"}, f"{mine}-5-{number}")

    def _won(self, view: CaseView) -> list[Json]:
        """The good end of every dispute that holds up money."""
        said = [content for name, content, _ in self.before if content.get("kind") == "dispute"]
        open_ones = [
            one for one in said if one.get("payment") in view.disputed or str(one["dispute"]) in view.next_action
        ]
        told = {(one["dispute"], one.get("payment")): one for one in open_ones}
        at = datetime(2040, 1, 1, tzinfo=UTC).isoformat()
        return [{**one, "status": "won", "at": at} for one in told.values()]

    async def _judged(self, view: CaseView) -> list[str]:
        assert view.outcome is not None
        _ = await asyncio.wait_for(self.one.handle.result(), 20)
        return await asyncio.to_thread(self._wrong, view)

    def _wrong(self, view: CaseView) -> list[str]:
        world, ledger = self.shop.world, self.shop.world.rooms.ledger
        assert view.outcome is not None
        with httpx2.Client(base_url=world.url, trust_env=False, verify=False) as client:
            books = Books(ledger, world.rooms.stores.outbox, client)
            found = [*wrong_books(self.one.case, view.outcome, books), *wrong_ledger(ledger)]
        out = ledger.balance(accounts.early(self.one.case), self.order.currency)
        if out.posted or out.pending_out or out.pending_in:
            found.append(f"{out.posted} of it is still out before its goods")
        return found
