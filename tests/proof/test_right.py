"""The judge judged: a right return is right, and each planted wrong is found and named."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import text

from activities.payments import Payments, Refunds
from domain import ids, notice_ids
from domain.case import Outcome
from domain.notice import NoticeKind, NoticeState
from domain.order import TenderKind
from domain.refund import Refund, RefundIntention, RefundStatus
from embedded.simulators import build
from embedded.simulators.serve import address, listen, running
from embedded.simulators.storefront import SECRET
from embedded.simulators.storefront.signing import call_signature
from ledger import UNITS, EntryKind, NewEntry, Transfer, TransferKind, accounts
from ledger.credit_notes import issued_by
from tests.payments.fake import Unasked
from tests.proof.right import wrong, wrong_ledger, wrong_return
from tests.proof.room import NOW, Room

REFUNDED = Outcome.REFUNDED
TOLD = (REFUNDED, Outcome.DECLINED, Outcome.CANCELLED)


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Room]:
    listener = listen(0)
    async with running(build(folder, address(listener)), listener) as url:
        made = await asyncio.to_thread(Room, folder, url)
        yield made
        made.close()


@pytest_asyncio.fixture(scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    """One for most tests of this file; each has orders of its own in it."""
    async with opened(tmp_path_factory.mktemp("room")) as made:
        yield made


@pytest_asyncio.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[Room]:
    """One for a test that judges the whole ledger."""
    async with opened(tmp_path) as made:
        yield made


async def told(
    room: Room, name: str, outcome: Outcome = REFUNDED, *without: str, pay: Refunds | None = None, gift: bool = False
) -> str:
    newer = TenderKind.GIFT_CARD if gift else TenderKind.CARD
    return await asyncio.to_thread(room.tell, name, outcome, without, pay, newer)


async def credit(room: Room, account: str, reference: str, key: str, amount: int = 3000) -> str:
    """Somebody who knows the secret has the storefront give money; the credit's id."""
    target, at = f"/{account}/credits", int(time.time())
    body = json.dumps({"amount": amount, "currency": "EUR", "reference": reference}).encode()
    signature = call_signature(SECRET, at, "POST", target, key, body)
    headers = {"X-Storefront-Timestamp": str(at), "X-Storefront-Signature": signature, "Idempotency-Key": key}
    headers["Content-Type"] = "application/json"
    made = await post(room, f"/storefront{target}", 201, content=body, headers=headers)
    return str(made.json()["id"])


async def mailed(room: Room, case: str, key: str) -> None:
    """The mail provider has a mail more."""
    mail = {
        "personalizations": [{"to": [{"email": "a@example.com"}], "custom_args": {"message_key": key, "case": case}}],
        "from": {"email": "b@example.com"},
        "subject": "again",
        "content": [{"type": "text/plain", "value": "again"}],
    }
    await post(room, "/sendgrid/v3/mail/send", 202, json=mail, headers={"Authorization": "Bearer SG.x"})


async def judged(room: Room, case: str, outcome: Outcome = REFUNDED, *, killed: bool = False) -> list[str]:
    found = await asyncio.to_thread(wrong_return, case, outcome, room.books, killed=killed)
    assert all(one.startswith(f"{case}: ") for one in found)
    return [one.removeprefix(f"{case}: ") for one in found]


async def post(room: Room, path: str, status: int = 200, **more: object) -> httpx2.Response:
    def send() -> httpx2.Response:
        return room.world.post(path, **more)  # type: ignore[arg-type]

    answer = await asyncio.to_thread(send)
    assert answer.status_code == status, answer.text
    return answer


def entry(case: str, order: str, *transfers: Transfer) -> NewEntry:
    """An entry of a kind that no return has."""
    kind = EntryKind.ORDER_OPENED
    return NewEntry(key=f"planted:{case}", kind=kind, order=order, case=case, actor="test", at=NOW, transfers=transfers)


async def test_right_returns_are_right(fresh: Room) -> None:
    cases = {outcome: await told(fresh, f"right-{outcome}", outcome) for outcome in TOLD}
    for outcome, case in cases.items():
        assert await asyncio.to_thread(wrong, case, outcome, fresh.books) == []
    gift = await told(fresh, "right-gift", gift=True)
    assert await asyncio.to_thread(wrong, gift, REFUNDED, fresh.books) == []


async def test_another_outcome_than_the_expected_one_is_found(room: Room) -> None:
    case = await told(room, "other", Outcome.CANCELLED)
    found = await judged(room, case)
    assert found[0] == "it ended as cancelled, not as refunded"
    assert f"notice:{case}:cancelled:1 does not go with refunded" in found
    assert "the journal has restock 0 times, not 1" in found


async def test_a_return_that_nobody_knows_is_found(room: Room) -> None:
    assert await judged(room, "R-nobody") == ["the journal knows nothing of it"]


@pytest.mark.parametrize(
    ("verb", "sentences"),
    [
        ("close_return", ["it ended as None", "the journal's last word on it is notice", "closed 0 times, not 1"]),
        ("restock", ["restock 0 times, not 1", "0 units were put into stock, 3 were inspected", "holds 2 units"]),
        ("pay_leg", ["refund_settled 0 times, not 2", "the provider has 0 refunds for refund:", "is still pending"]),
        ("received", ["is not in the outbox", "received:1 0 times, not once"]),
    ],
)
async def test_a_verb_that_was_left_out_is_found(room: Room, verb: str, sentences: list[str]) -> None:
    found = await judged(room, await told(room, f"without-{verb}", REFUNDED, verb))
    assert [one for one in sentences if not any(one in sentence for sentence in found)] == [], found


async def test_a_label_that_was_not_voided_is_found(room: Room) -> None:
    found = await judged(room, await told(room, "unvoided", Outcome.CANCELLED, "void_label"), Outcome.CANCELLED)
    assert found[0] == "the journal has label_voided 0 times, not 1"
    assert "nobody tried to give it back" in found[1]


async def test_a_second_refund_under_our_key_is_found(room: Room) -> None:
    case = await told(room, "twice")
    key = ids.refund_key(case, 1, "pi_twice_old", 1)
    body = {"payment_intent": "pi_twice_old", "amount": "5", "metadata[backhaul_key]": key, "metadata[case]": case}
    made = await post(room, "/stripe/v1/refunds", headers={"Authorization": "Bearer sk_test_x"}, data=body)
    found = await judged(room, case)
    assert f"the provider has 2 refunds for {key}, not 1" in found
    assert any(made.json()["id"] in one and "the provider paid 5 to pi_twice_old" in one for one in found)
    assert "1624 of pi_twice_old went back by our books, 1629 at the provider" in found


async def test_a_refund_that_no_plan_knows_is_found(room: Room) -> None:
    case = await told(room, "stray")
    body = {"payment_intent": "pi_stray_old", "amount": "7"}
    made = await post(room, "/stripe/v1/refunds", headers={"Authorization": "Bearer sk_test_x"}, data=body)
    found = await judged(room, case)
    assert f"the provider paid 7 to pi_stray_old ({made.json()['id']}), which no plan knows" in found


async def test_a_second_credit_under_our_key_is_found(room: Room) -> None:
    case = await told(room, "gift-twice", gift=True)
    key = ids.refund_key(case, 1, "gc_gift_twice_new", 1)
    second = await credit(room, "gift_cards/gc_gift_twice_new", key, "again")
    seen, left = await judged(room, case)
    assert f"('{second}', 3000, 'EUR', False), (" in seen
    assert left == "3000 of gc_gift_twice_new went back by our books, 6000 at the provider"


async def test_a_credit_that_no_plan_knows_is_found(room: Room) -> None:
    case = await told(room, "gift-stray", gift=True)
    later = ids.refund_key(case, 1, "gc_gift_stray_new", 2)
    made = await credit(room, "gift_cards/gc_gift_stray_new", later, later, 5)
    assert await judged(room, case) == [
        f"the storefront gave 5 to gc_gift_stray_new ({made}), which no plan knows",
        "3000 of gc_gift_stray_new went back by our books, 3005 at the provider",
    ]


async def test_a_credit_that_only_the_journal_knows_is_found(room: Room) -> None:
    case = await told(room, "gift-none", pay=Liar(room.stripe, None), gift=True)
    found = await judged(room, case)
    assert f"the storefront has [] for {ids.refund_key(case, 1, 'gc_gift_none_new', 1)}, not re_none" in found[0]
    assert "3000 of gc_gift_none_new went back by our books, 0 at the provider" in found


class Liar(Unasked):
    """Says that it paid; pays `less` too little through the real one, or nothing at all."""

    def __init__(self, real: Payments, less: int | None) -> None:
        self.real, self.less = real, less

    def refund(self, intention: RefundIntention, now: datetime) -> Refund:
        if self.less is not None:
            smaller = intention.model_copy(update={"amount": intention.amount - self.less})
            return self.real.refund(smaller, now).model_copy(update={"amount": intention.amount})
        return Refund(
            key=intention.key,
            provider_id="re_none",
            payment=intention.payment,
            amount=intention.amount,
            currency=intention.currency,
            status=RefundStatus.SUCCEEDED,
            updated_at=now,
        )

    def keys(self, intention: RefundIntention) -> Mapping[str, str]:
        return {}

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        return None


async def test_a_refund_of_another_amount_is_found(room: Room) -> None:
    found = await judged(room, await told(room, "less", pay=Liar(room.stripe, 1)))
    assert any(one.startswith("the plan pays 1624 to pi_less_old, the provider paid 1623") for one in found)
    assert "1624 of pi_less_old went back by our books, 1623 at the provider" in found


async def test_a_refund_that_only_the_journal_knows_is_found(room: Room) -> None:
    found = await judged(room, await told(room, "none", pay=Liar(room.stripe, None)))
    assert "the provider has 0 refunds for refund:R-none:1:pi_none_new:1, not 1" in found


async def test_a_refund_that_failed_later_is_found(room: Room) -> None:
    case = await told(room, "later")
    made = await asyncio.to_thread(room.books.refunds)
    (leg,) = [one for one in made if one["payment_intent"] == "pi_later_new"]
    await post(room, f"/stripe/_control/refunds/{leg['id']}", json={"status": "failed"})
    assert "the provider has 0 refunds for refund:R-later:1:pi_later_new:1, not 1" in await judged(room, case)


async def test_a_second_credit_note_is_found(room: Room) -> None:
    case = await told(room, "noted-twice")
    order = next(iter(room.ledger.entries(case=case))).order
    (first,) = [note for one in room.ledger.entries(case=case) if (note := issued_by(one))]
    fact = first.model_copy(update={"total": first.total - 1}).fact()
    planted = entry(case, order).model_copy(update={"series": first.series, "facts": {"credit_note": fact}})
    await asyncio.to_thread(room.ledger.append, planted)
    found = await judged(room, case)
    assert "2 credit notes were issued, not 1" in found
    assert any(f"is over {first.total - 1}, {first.total} went back" in one for one in found)


async def test_a_second_label_is_found(room: Room) -> None:
    case = await told(room, "labels")
    label = {"reference": ids.label_key(case, 2), "number": "BH2", "to": ["a", "b"], "from": ["c", "d"]}
    await post(room, "/carrier/labels", 201, json=label, headers={"Authorization": "Bearer x"})
    assert "the carrier has 2 labels for it, the journal 1" in await judged(room, case)


async def test_a_second_mail_is_found(room: Room) -> None:
    case = await told(room, "mails")
    key = notice_ids.notice_key(case, NoticeKind.APPROVED)
    await mailed(room, case, key)
    assert await judged(room, case, killed=True) == [f"the mail provider has {key} 2 times, not once"]


async def test_a_mail_of_unknown_outcome_is_right_only_where_somebody_was_killed(room: Room) -> None:
    case = await told(room, "unknown", REFUNDED, "received")
    key = notice_ids.notice_key(case, NoticeKind.RECEIVED)
    room.outbox.reserve(key, case, NoticeKind.RECEIVED, NOW)
    assert f"{key} is still reserved in the outbox, though the return is closed" in await judged(
        room, case, killed=True
    )
    room.outbox.finish(key, NoticeState.UNKNOWN)
    facts = {"notice": "received", "state": "unknown", "message_id": ""}
    recorded = {"key": key, "kind": EntryKind.NOTICE, "facts": facts}
    room.ledger.append(entry(case, "o-unknown").model_copy(update=recorded))
    found = await judged(room, case, killed=True)
    assert found == ["the journal's last word on it is notice, not closed"]
    assert f"{key} is unknown in the outbox, though nobody was killed" in await judged(room, case)
    # The attempt that was given up comes to its end after all, which is the better word.
    await mailed(room, case, key)
    room.outbox.finish(key, NoticeState.SENT, "m-1")
    assert await judged(room, case, killed=True) == found
    assert f"{key} is unknown in the journal, sent in the outbox" in await judged(room, case)


async def test_a_mail_of_unknown_outcome_that_the_provider_has_refused_is_found(room: Room) -> None:
    case = await told(room, "refused", REFUNDED, "received")
    key = notice_ids.notice_key(case, NoticeKind.RECEIVED)
    room.outbox.reserve(key, case, NoticeKind.RECEIVED, NOW)
    room.outbox.finish(key, NoticeState.REFUSED)
    facts = {"notice": "received", "state": "unknown", "message_id": ""}
    recorded = {"key": key, "kind": EntryKind.NOTICE, "facts": facts}
    room.ledger.append(entry(case, "o-refused").model_copy(update=recorded))
    assert f"{key} is unknown in the journal, refused in the outbox" in await judged(room, case, killed=True)


async def test_money_that_is_still_pending_or_owed_is_found(fresh: Room) -> None:
    case = await told(fresh, "owed")
    (paid,) = [one.account for one in fresh.ledger.balances("paid:o-owed:3:net")]
    to = accounts.owed(case)
    fresh.ledger.append(
        entry(
            case,
            "o-owed",
            Transfer(key="p1", kind=TransferKind.PENDING, debit=paid, credit=to, commodity="EUR", amount=3),
            Transfer(key="p2", debit=paid, credit=to, commodity="EUR", amount=2),
        )
    )
    found = await judged(fresh, case)
    assert "3 of p1 is still pending" in found
    assert f"{to} is not zero: 2 EUR, 3 pending" in found
    assert f"{to} is not zero" in wrong_ledger(fresh.ledger)


async def test_money_in_suspense_is_found(room: Room) -> None:
    case = await told(room, "suspense")
    (paid,) = [one.account for one in room.ledger.balances("paid:o-suspense:3:net")]
    move = Transfer(key="s1", debit=paid, credit="suspense:o-suspense", commodity="EUR", amount=4)
    room.ledger.append(entry(case, "o-suspense", move))
    assert "suspense:o-suspense is not zero: 4 EUR, 0 pending" in await judged(room, case)


async def test_units_from_nowhere_are_found(room: Room) -> None:
    case = await told(room, "units")
    to = accounts.stock("main", "MUG-BLUE", "restocked")
    room.ledger.append(
        entry(case, "o-units", Transfer(key="u1", debit="found:x", credit=to, commodity=UNITS, amount=2))
    )
    found = await judged(room, case)
    assert "5 units were put into stock, 3 were inspected" in found
    assert any(one.startswith("2 units of the order came from nowhere") for one in found)


async def test_a_fact_after_the_end_is_found(room: Room) -> None:
    case = await told(room, "after")
    again = {"kind": EntryKind.RESTOCK, "facts": {"inspection": "R-after-seen"}}
    room.ledger.append(entry(case, "o-after").model_copy(update=again))
    found = await judged(room, case)
    assert "the journal's last word on it is restock, not closed" in found
    assert "the journal has restock 2 times, not 1" in found


async def test_a_balance_that_was_changed_is_found(fresh: Room) -> None:
    case = await told(fresh, "balance")
    with fresh.engine.begin() as connection:
        connection.execute(text("UPDATE balances SET credits = credits + 1 WHERE account = 'sold:o-balance'"))
    assert any("sold:o-balance" in one for one in await asyncio.to_thread(wrong, case, REFUNDED, fresh.books))
    assert "sold holds -4 units of the order, its transfers give -5" in await judged(fresh, case)
