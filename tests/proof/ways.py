"""Returns that do not go the ordinary way: people decide otherwise, or something happens outside."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx2
from temporalio.client import WorkflowQueryFailedError
from temporalio.service import RPCError

from activities.payments.stripe_units import KEY_IN_METADATA
from commands.policy import publish_policy
from domain import ids
from domain.approval import statement, statement_by_hand, statement_of_override
from domain.case import Outcome
from domain.order import TenderKind
from domain.override import Change, Override, OverrideReason, override_statement
from domain.people import Person, Role
from domain.plan import RefundPlan
from domain.policy import Verdict
from domain.request import ReturnReason
from domain.resolution import Resolution
from domain.verbs import Verb
from embedded.people import ADMIN
from embedded.stack import POLICY, POLICY_FROM
from ledger import UNITS, EntryKind, NewEntry
from ledger.moves import transfers
from ledger.people import change
from ledger.signing import load_key, new_key, sign
from settings import Settings
from tests.proof import right
from tests.proof.orders import LONG_AGO, RETURNED, bought
from tests.proof.site import Site
from tests.proof.walk import Walk
from wiring import rooms
from workflows.aftercare_desk import Said
from workflows.return_case.said import Approve, Consented, PaidByHand
from workflows.return_case.view import CaseView

FINANCE, JUNIOR = "fay", "otto"
"""Who may approve everything here, and who may give 10.00 EUR alone."""

_TERMS = """
automatic_limit:
  EUR: 5000
resolutions:
  - allowed: [refund, exchange]
refund_trigger:
  - event: first_scan
    when: {reason: late}
"""
"""An ordinary return stays below the limit, and is paid when it was inspected."""

_POT, _SHELF = "POT", 10_000
"""What a mug is exchanged for, and how many of it there are."""

_BEARER = {"Authorization": "Bearer sk_test_embedded"}


def prepare(site: Site) -> None:
    """The terms and people that these ways need."""
    here = rooms(Settings.model_validate({"database_url": str(site.engine.url)}))
    here.engine = site.engine
    now = datetime.now(UTC)
    publish_policy(here, POLICY.read_text() + _TERMS, POLICY_FROM + timedelta(days=1), now)
    public = new_key(_key(site, JUNIOR))
    junior = Person(id=JUNIOR, role=Role.OPS, limits={"EUR": 1000}, public_key=public)
    change(here.ledger, here.stores.people, junior, ADMIN, now)
    moved = transfers(f"given:{_POT}", UNITS, [("found", f"stock:main:{_POT}:restocked", _SHELF)])
    given = NewEntry(key=f"given:{_POT}", kind=EntryKind.RESTOCK, actor="ann", at=POLICY_FROM, transfers=moved)
    here.ledger.append(given)


def _key(site: Site, who: str) -> Path:
    return site.home / "keys" / f"{who}.pem"


class Way(Walk):
    """The ordinary way of a return that was paid with card and gift card, and what the others share."""

    def __init__(
        self, site: Site, name: str, outcome: Outcome = Outcome.REFUNDED, newer: TenderKind = TenderKind.GIFT_CARD
    ) -> None:
        super().__init__(site, name, outcome, newer)

    def signed(self, who: str, said: Mapping[str, object]) -> str:
        """Somebody's signature."""
        return sign(load_key(_key(self.site, who)), said)

    async def listed(self, what: str) -> list[dict[str, Any]]:
        """The provider's refunds or disputes of the card, oldest first, as soon as it says so."""
        query = {"payment_intent": self.card, "limit": "100"}

        async def told() -> tuple[list[dict[str, Any]]] | None:
            try:
                answer = await self.site.http.get(f"/stripe/v1/{what}", params=query, headers=_BEARER)
                return (list(reversed(answer.raise_for_status().json()["data"])),)
            except httpx2.HTTPError:
                return None

        (found,) = await self._until(told, f"hears of {what} of its card")
        return found

    async def provider(self, path: str, **form: str) -> dict[str, Any]:
        """Do something at the provider, as the shop's staff does in its dashboard."""
        answer = await self.site.http.post(f"/stripe/v1/{path}", data=form, headers=_BEARER)
        made: dict[str, Any] = answer.raise_for_status().json()
        return made

    async def noted(self, aftercare: str) -> None:
        """Finance has seen to a late fact, and its aftercare ends."""

        async def seen() -> bool:
            return await self.has_ended(aftercare) or await self.said(
                Verb.NOTED, Said(by=FINANCE), f"{self.name}-noted", aftercare
            )

        await self._until(seen, f"has {aftercare} noted")
        await self.ended(aftercare)


class Cancelled(Way):
    """Called off by the shopper."""

    def __init__(self, site: Site, name: str) -> None:
        super().__init__(site, name, Outcome.CANCELLED)


class Approved(Way):
    """Above the automatic limit, so a person agrees."""

    returned: Mapping[str, int] = MappingProxyType({**RETURNED, "3": 1})

    async def inspect(self) -> None:
        """The warehouse grades it, and finance agrees to the refund."""
        await super().inspect()
        planned = await self.recorded(ids.plan_key(self.case, 1))
        plan, id = RefundPlan.model_validate(planned.facts["plan"]), f"{self.name}-approved"
        signature = self.signed(FINANCE, statement(self.case, plan.total, plan.currency, id))
        said = Approve(by=FINANCE, amount=plan.total, update_id=id, signature=signature)
        await self.say(Verb.APPROVE, said, ids.approval_key(self.case, id), id)


class Appealed(Way):
    """Declined, and appealed: one person decides otherwise, and a second one agrees."""

    def __init__(self, site: Site, name: str) -> None:
        super().__init__(site, name)
        self.first = f"{self.case}-first"
        self.bought = bought(name, datetime.now(UTC) - LONG_AGO, TenderKind.GIFT_CARD)

    async def start(self) -> None:
        """Ask, ask again, and be heard."""
        await self.buy()
        await self.ask(self.first)
        await self.recorded(ids.close_key(self.first))
        await self.ended(ids.workflow_id(self.first))
        await self.ask(self.case, appeals=self.first)
        await self._override(f"{self.name}-override", f"{self.name}-agreed")
        await self.recorded(ids.label_key(self.case))

    async def _override(self, id: str, second: str) -> None:
        wanted, why = Change(lines=tuple(self.returned), verdict=Verdict.APPROVE), OverrideReason.OUR_MISTAKE
        signature = self.signed(JUNIOR, override_statement(self.case, wanted, why, id))
        said = Override(by=JUNIOR, reason=why, change=wanted, update_id=id, signature=signature)
        await self.say(Verb.OVERRIDE, said, ids.override_key(self.case, id), id)
        worth = (await self.recorded(ids.override_key(self.case, id))).facts["override"]["worth"]
        signature = self.signed(FINANCE, statement_of_override(self.case, id, worth, "EUR", second))
        agreed = Approve(by=FINANCE, amount=worth, override=id, update_id=second, signature=signature)
        await self.say(Verb.APPROVE, agreed, ids.approval_key(self.case, second), second)

    async def faults(self, *, killed: bool = True) -> list[str]:
        """Of both returns."""
        books = self.site.books
        declined = await asyncio.to_thread(right.wrong_return, self.first, Outcome.DECLINED, books, killed=killed)
        return [*declined, *await super().faults(killed=killed)]


class ToStoreCredit(Way):
    """The card takes no money back, and the shopper agrees to store credit."""

    refundable = False

    async def inspect(self) -> None:
        """The warehouse grades it, and the shopper agrees once the refund has failed."""
        await super().inspect()
        said = Consented(by="shopper", payment=self.card, to=TenderKind.STORE_CREDIT)
        key = ids.consent_key(ids.refund_key(self.case, 1, self.card, 1))
        await self.say(Verb.CONSENT, said, key, not_yet=("nothing_failed",))


class ByHand(Way):
    """Paid in part by bank transfer, which a person pays back."""

    def __init__(self, site: Site, name: str) -> None:
        super().__init__(site, name, newer=TenderKind.BANK)

    async def inspect(self) -> None:
        """The warehouse grades it, and finance pays."""
        await super().inspect()
        reference, id = f"SEPA-{self.name}", f"{self.name}-paid"
        signature = self.signed(FINANCE, statement_by_hand(self.case, self.newer, reference, id))
        said = PaidByHand(by=FINANCE, payment=self.newer, reference=reference, update_id=id, signature=signature)
        key = ids.settled_key(ids.refund_key(self.case, 1, self.newer, 1))
        await self.say(Verb.PAID_BY_HAND, said, key, id)


class FailedLate(Way):
    """The bank sends the refund back after the return has closed, and finance pays it again."""

    async def closed(self) -> None:
        """Closed; and what came afterwards is, too."""
        await super().closed()
        first, *later = await self.listed("refunds")
        if not later and first["status"] == "succeeded":
            lost = {"status": "failed", "failure_reason": "lost_or_stolen_card"}
            await self.control(f"/stripe/_control/refunds/{first['id']}", **lost)
        aftercare, failed = ids.aftercare_id(self.case, f"{first['id']}:failed"), first["metadata"][KEY_IN_METADATA]
        for number in itertools.count(1):  # a provider may say no to that, too
            await self._until(partial(self._again, aftercare, failed, number), "is paid again")
            if self._paid(failed):
                break
        await self.ended(aftercare)

    async def _again(self, aftercare: str, failed: str, number: int) -> bool:
        not_yet = ("nothing_failed", "paid_again", "closed")
        said = Said(by=FINANCE)
        return self._paid(failed) or await self.said(Verb.PAY_AGAIN, said, f"again-{number}", aftercare, not_yet)

    def _paid(self, failed: str) -> bool:
        keys = [one.key for one in self.site.ledger.entries(case=self.case) if one.kind is EntryKind.REFUND_SETTLED]
        leg = failed.rpartition(":")[0]
        return any(key.startswith(ids.settled_key(leg)) and key != ids.settled_key(failed) for key in keys)


class Exchanged(Way):
    """A mug for a pot, which costs more; the shopper pays that on a page, and the pot is sent."""

    returned: Mapping[str, int] = MappingProxyType({"1": 1})
    resolution, exchange_for = Resolution.EXCHANGE, _POT

    def __init__(self, site: Site, name: str, outcome: Outcome = Outcome.EXCHANGED) -> None:
        super().__init__(site, name, outcome)

    async def buy(self) -> None:
        """The order is there, and pots are sold."""
        told = {"sku": _POT, "product": "pot", "title": "A pot", "price": 1676, "currency": "EUR"}
        await self.control("/storefront/_control/variants", **told, taxes=[{"name": "VAT", "rate": "0.19"}])
        await super().buy()

    async def inspect(self) -> None:
        """The warehouse grades it, and the shopper pays once they are asked."""
        await super().inspect()
        page = await self._until(self._asked, "asks for what the pot costs more")
        if not page["paid"]:
            await self.control(f"/stripe/_control/payment_links/{page['id']}/pay")
        await self._until(self._paid_on_page, "hears of the payment")

    async def _asked(self) -> dict[str, Any] | None:
        key = ids.collect_key(self.case, 1)
        try:
            answer = await self.site.http.get("/stripe/v1/payment_links", params={"limit": "100"}, headers=_BEARER)
            found = answer.raise_for_status().json()["data"]
        except httpx2.HTTPError:
            return None
        mine = (one for one in found if one["metadata"].get(KEY_IN_METADATA) == key)
        return next(({**one, "paid": not one["active"]} for one in mine), None)

    async def _paid_on_page(self) -> bool:
        return any(one.kind is EntryKind.PAYMENT_CAME for one in self.site.ledger.entries(case=self.case))


class ExchangeCalledOff(Exchanged):
    """The shopper does not want the pot after all, nor the mug taken back."""

    def __init__(self, site: Site, name: str) -> None:
        super().__init__(site, name, Outcome.CANCELLED)


class PaidEarly(Way):
    """It came late, so the money goes back as soon as the carrier has the parcel."""

    reason = ReturnReason.LATE


class Disputed(Way):
    """The shopper's bank asks the payment back meanwhile, and the shop wins."""

    async def inspect(self) -> None:
        """The warehouse grades it; the refund waits for the bank."""
        asked = {"payment_intent": self.card}
        [dispute] = await self.listed("disputes") or [await self.control("/stripe/_control/disputes", **asked)]
        await self.recorded(ids.disputed_key(dispute["id"]))
        await super().inspect()
        if dispute["status"] != "won":  # else an earlier walk got this far
            await self._until(self._waits, "waits for the bank")
            await self.control(f"/stripe/_control/disputes/{dispute['id']}", status="won")
        await self.recorded(ids.dispute_won_key(dispute["id"]))

    async def closed(self) -> None:
        """Closed; and finance has seen to the dispute."""
        await super().closed()
        [dispute] = await self.listed("disputes")
        await self.noted(ids.aftercare_id(self.order, dispute["id"]))

    async def _waits(self) -> bool:
        handle = self.site.client.get_workflow_handle(ids.workflow_id(self.case))
        try:
            view = await handle.query("view", result_type=CaseView, rpc_timeout=timedelta(seconds=5))
        except (RPCError, WorkflowQueryFailedError):
            return False
        return any("disputed" in one.message for one in view.troubles)


class PaidLate(Way):
    """Somebody pays at a link after the return has closed."""

    async def closed(self) -> None:
        """Closed; and what came in has gone back."""
        await super().closed()
        item, key = "line_items[0]", f"collection:{self.case}:1"
        asked = {f"{item}[price_data][currency]": "eur", f"{item}[price_data][unit_amount]": "490"}
        asked |= {f"{item}[price_data][product_data][name]": "Label", f"{item}[quantity]": "1"}
        link = await self.provider("payment_links", **asked, **{f"metadata[{KEY_IN_METADATA}]": key})
        paid = await self.control(f"/stripe/_control/payment_links/{link['id']}/pay")
        payment = paid["payment_intent"]
        await self.recorded(ids.late_payment_key(payment))
        await self.ended(ids.aftercare_id(self.case, payment))


class RefundedElsewhere(Way):
    """Somebody pays a little back in the provider's dashboard while the goods are on their way."""

    async def send(self) -> None:
        """The parcel goes back; and the money of a line is less than it was."""
        made = await self.provider("refunds", payment_intent=self.card, amount="5")
        await self.recorded(ids.elsewhere_key(made["id"]))
        await self.ended(ids.aftercare_id(self.order, f"{made['id']}:succeeded"))
        await super().send()
