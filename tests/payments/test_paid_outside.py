"""A refund made in the provider's dashboard that was the payment of a refund of ours which had failed late."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import Engine

from domain.errors import InvalidRequest, Refused
from domain.news import Turn
from domain.order import EarlierRefund, RefundedLine
from domain.refund import RefundStatus
from ledger import EntryKind, JournalEntry
from ledger.credit_notes import CreditNotes
from ledger.facts import Facts
from ledger.paid_outside import PaidOutside
from ledger.reconcile.facts import What, refund_facts
from ledger.refund_list import refund_list
from tests.payments.test_news import KEY, NEXT, Desk, closed_and_failed_late
from tests.shop import NOW


@pytest.fixture
def desk(engine: Engine) -> Desk:
    desk = Desk(engine)
    closed_and_failed_late(desk)
    return desk


def record(desk: Desk, id: str = "re_x", case: str = "R-1") -> JournalEntry:
    notes = CreditNotes(desk.shop.ledger, desk.shop.snapshots)
    return PaidOutside(desk.shop.ledger, desk.shop.snapshots, notes).record(case, id, "fay", NOW)


def stands(desk: Desk) -> Sequence[int]:
    paid = sum(one.posted for one in desk.shop.ledger.balances("paid:two-rates:"))
    others = ("tender:pi_1", "owed:R-1", "suspense:two-rates")
    return [paid, *(desk.shop.money(one).posted for one in others)]


def test_it_pays_what_is_owed_and_the_order_has_again_what_it_took(desk: Desk) -> None:
    desk.elsewhere(4624)
    desk.hear("re_x")
    assert stands(desk) == [10850 - 2 * 4624, 10850 - 4624, 4624, 0]
    assert desk.hear().others == ("re_x",)
    entry = record(desk)
    assert record(desk) == entry
    assert stands(desk) == [10850 - 4624, 10850 - 4624, 0, 0]
    assert (entry.key, entry.facts["refund"]["provider_id"], entry.actor) == (f"settled:{NEXT}", "re_x", "fay")
    assert (desk.hear().owed, desk.hear().others) == (0, ())
    paid = desk.pay(attempt=2)  # whoever asks for the next attempt is told of this one
    assert (paid.status, paid.provider_id) == (RefundStatus.SUCCEEDED, "re_x")
    assert len(desk.provider.sent) == 1
    assert [total for _, total in desk.notes()] == [4624, 4624, 4624]  # issued, cancelled, issued again
    assert desk.shop.ledger.verify().open_accounts == ()
    assert desk.shop.sound()


def test_the_order_can_be_returned_as_if_the_first_refund_had_not_failed(desk: Desk) -> None:
    desk.elsewhere(4624)
    desk.hear("re_x")
    record(desk)
    desk.shop.begin("R-2", {"1": 1, "3": 1})
    desk.shop.receive("R-2", {"1": 1, "3": 1})
    assert desk.shop.plan("R-2", {"1": 1, "3": 1}).total == 10850 - 4624


def test_if_it_fails_too_the_return_is_owed_again_and_pays_the_next_attempt(desk: Desk) -> None:
    desk.elsewhere(4624)
    desk.hear("re_x")
    record(desk)
    desk.elsewhere(4624, RefundStatus.FAILED)
    for _ in range(2):
        heard = desk.hear("re_x")
        assert (heard.turn, heard.failed_late, heard.owed) == (Turn.REFUND_OF_OURS, True, 4624)
        assert heard.refund is not None
        assert heard.refund.key == NEXT
    assert stands(desk) == [10850 - 4624, 10850, 4624, 0]
    assert desk.pay(attempt=3).status is RefundStatus.SUCCEEDED
    assert stands(desk) == [10850 - 4624, 10850 - 4624, 0, 0]
    assert desk.shop.sound()


@pytest.mark.parametrize("taken", [8000, 4623, 1])
def test_another_amount_cannot_have_paid_it(desk: Desk, taken: int) -> None:
    desk.elsewhere(taken)
    desk.hear("re_x")
    assert desk.hear().others == ()
    before = desk.shop.recorded()
    with pytest.raises(Refused) as no:
        record(desk)
    assert no.value.code == "other_amount"
    assert desk.shop.recorded() == before


def test_it_pays_what_suspense_has_left_owed(desk: Desk) -> None:
    desk.elsewhere(8000)
    desk.hear("re_x")
    desk.elsewhere(2850, id="re_y")
    desk.hear("re_y")
    assert stands(desk) == [0, 0, 0, 0]  # nothing is owed, because the order had no more
    with pytest.raises(Refused) as no:
        record(desk, "re_y")
    assert no.value.code == "nothing_owed"


def test_it_may_be_heard_of_before_the_failure(engine: Engine) -> None:
    desk = Desk(engine)
    desk.pay()
    desk.elsewhere(4624)
    desk.hear("re_x")
    desk.shop.close("R-1")
    desk.provider.move(KEY, RefundStatus.FAILED)
    assert (desk.hear().owed, desk.hear().others) == (4624, ("re_x",))
    record(desk)
    assert stands(desk) == [10850 - 4624, 10850 - 4624, 0, 0]


def test_what_cannot_have_paid_it_is_refused_with_a_reason(desk: Desk) -> None:
    with pytest.raises(InvalidRequest):
        record(desk, "re_unknown")
    facts = Facts(desk.shop.ledger, desk.shop.snapshots)
    lines = (RefundedLine(line_id="1", quantity=1, gross=0),)
    facts.refunded_elsewhere(
        "two-rates", EarlierRefund(id="re_lines", at=NOW, money={"pi_1": 4624}, lines=lines), "fay", NOW
    )
    facts.refunded_elsewhere("two-rates", EarlierRefund(id="re_back", at=NOW, money={"pi_1": 4624}), "fay", NOW)
    facts.came_back("re_back", "fay", NOW)
    for id, case, code in (
        ("re_lines", "R-1", "other_units"),
        ("re_back", "R-1", "came_back"),
        ("re_lines", "R-9", "other_units"),
    ):
        with pytest.raises(Refused) as no:
            record(desk, id, case)
        assert no.value.code == code


def test_one_refund_pays_one_return_and_does_not_come_back_as_made_elsewhere(desk: Desk) -> None:
    desk.elsewhere(4624)
    desk.hear("re_x")
    record(desk)
    with pytest.raises(Refused) as no:
        record(desk, case="R-9")
    assert no.value.code == "paid_return"
    with pytest.raises(Refused) as no:
        Facts(desk.shop.ledger, desk.shop.snapshots).came_back("re_x", "fay", NOW)
    assert no.value.code == "paid_return"


def test_lists_and_reconciliation_know_it_as_one_refund(desk: Desk) -> None:
    desk.elsewhere(4624)
    desk.hear("re_x")
    record(desk)
    entries = list(desk.shop.ledger.entries())
    (row,) = refund_list(entries)
    assert (row.case, row.refund, row.attempts, row.state) == ("R-1", "re_x", 2, RefundStatus.SUCCEEDED)
    told = [(one.what, one.key) for one in refund_facts(entries) if one.refund == "re_x"]
    assert told == [(What.ELSEWHERE, "elsewhere:re_x")]
    desk.elsewhere(4624, RefundStatus.FAILED)
    desk.hear("re_x")
    told = [(one.what, one.key) for one in refund_facts(desk.shop.ledger.entries()) if one.refund == "re_x"]
    assert told[-1] == (What.REVERSED, "elsewhere:re_x")
    assert [one.key for one in desk.shop.ledger.entries() if one.kind is EntryKind.REFUND_REVERSED] == [
        f"reversed:{KEY}",
        f"reversed:{NEXT}",
    ]
