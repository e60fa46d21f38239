"""One return's whole story, and the balances."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.inventory import RecordInspection, Restock
from activities.payments import PayLeg, PaymentActivities
from domain.refund import RefundStatus
from ledger import EntryKind, Ledger
from ledger.__main__ import main
from ledger.credit_notes import CreditNotes
from ledger.story import story
from tests import one_order
from tests.domain.orders import before
from tests.ledger.entries import fact, move, open_order
from tests.ledger.test_facts import hundred
from tests.payments.fake import FakeProvider
from tests.shop import NOW, Shop, inspection, open_shop

UNITS = {"1": 2, "2": 1}
"""Two of three mugs (2353 of 3529 cents) and the book (2271)."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as shop:
        yield shop


def refund(shop: Shop, status: RefundStatus = RefundStatus.SUCCEEDED, reason: str = "") -> None:
    """R-1 up to what the provider says."""
    shop.begin("R-1", UNITS)
    shop.receive("R-1", UNITS)
    seen = inspection(UNITS)
    ask = {"case": "R-1", "order_id": "two-rates", "inspection": seen, "now": NOW}
    shop.inventory.record_inspection(RecordInspection.model_validate(ask))
    plan = shop.plan("R-1", UNITS)
    provider = FakeProvider(status)
    provider.reason = reason
    (leg,) = plan.legs
    PaymentActivities(provider, shop.ledger, CreditNotes(shop.ledger, shop.snapshots)).pay_leg(
        PayLeg(
            case="R-1",
            order_id="two-rates",
            plan=1,
            payment=leg.tender_id,
            amount=leg.amount,
            attempt=1,
            now=NOW,
        )
    )
    if status is RefundStatus.SUCCEEDED:
        shop.inventory.restock(Restock.model_validate(ask))
        shop.close("R-1")


def shown(shop: Shop, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments, lambda: shop.ledger) == 0
    return capsys.readouterr().out


def test_the_whole_story_of_a_return(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    refund(shop)
    told = shown(shop, capsys, "show", "R-1")
    for part in (
        "Return R-1 of order two-rates: refunded",
        "Requested by shopper, under policy default@",
        "Decision: approve, 2026-11-21 12:00, under default@",
        "  2 of line 1: approve",
        "    within_window: ",
        "  receipt box-1 by dock: 2 of line 1, 1 of line 2",
        "  inspected by bench: 2 of line 1, grade_a, restocked to main",
        "Plan: 46.24 EUR, quoted 46.24 EUR",
        " 0.19)",
        "  46.24 EUR  to card pi_",
        ": succeeded, re_1, 2026-11-21 12:00",
        "Credit notes\n  CN-demo-shop-000001, 2026-11-21, by refund_settled",
        "  bench: inspection",
        "Still open\n  nothing",
    ):
        assert part in told
    steps = [line.split()[0] for line in told.partition("recorded\n")[2].splitlines() if line[:1].isdigit()]
    assert steps == [str(one.seq) for one in shop.ledger.entries(case="R-1")]


def test_the_story_for_programs(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    refund(shop)
    told = json.loads(shown(shop, capsys, "show", "R-1", "--json"))
    assert (told["case"], told["order"], told["known"]["outcome"]) == ("R-1", "two-rates", "refunded")
    assert told["known"]["refunds"][0]["provider_id"] == "re_1"
    components = told["known"]["plan"]["components"]
    assert sum(one["amount"] for one in components) == 4624
    assert {one["actor"] for one in told["people"]} >= {"rule:policy", "dock", "bench", "provider"}
    assert told["open"] == []


def test_what_stands_open_is_said(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    refund(shop, RefundStatus.PENDING)
    told = shown(shop, capsys, "show", "R-1").partition("Still open\n")[2]
    assert "the return has not ended" in told
    assert "46.24 EUR is reserved, owed:R-1 -> tender:" in told
    assert "on owed:R-1: 46.24 EUR" in told
    assert "no answer is recorded" in told
    assert "on returning:R-1:1: 2 units" in told


def test_what_a_refused_refund_leaves_owed(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    refund(shop, RefundStatus.FAILED, "lost_or_stolen_card")
    told = shown(shop, capsys, "show", "R-1")
    assert "failed, re_1, lost_or_stolen_card" in told
    still = told.partition("Still open\n")[2]
    assert "on owed:R-1: 46.24 EUR" in still
    assert "reserved" not in still


def test_another_return_with_a_longer_name_is_not_this_one(ledger: Ledger) -> None:
    open_order(ledger)
    ledger.append(fact("label:r", kind=EntryKind.NOTICE))
    owed = move("owed", "paid:o:l:net", "owed:r0", 60)
    ledger.append(fact("other", owed, case="r0", kind=EntryKind.GOODWILL))
    assert story(ledger, "r").open == ("the return has not ended",)


def test_approvals_and_kinds_to_come_are_told(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    signed = {"update_id": "u-1", "public_key": "k" * 43 + "=", "signature": "x" * 86 + "=="}
    facts = {"approval": {"amount": 12000, "currency": "EUR", "by": "anna", "plan": 1, **signed}}
    ledger.append(fact("a", kind=EntryKind.APPROVAL, actor="anna", facts=facts, reasons=("damaged\x1b[31m",)))
    assert main(["show", "r"], lambda: ledger) == 0
    told = capsys.readouterr().out
    assert "by anna: 120.00 EUR of plan 1 damaged" in told
    assert "xxx" not in told
    assert "\x1b" not in told


def test_a_return_that_nobody_knows(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "R-9"], lambda: shop.ledger) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "no return R-9" in said.err


def test_balances_by_kind_and_by_account(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    refund(shop)
    rows = [line.split() for line in shown(shop, capsys, "balances").splitlines()]
    # 10850 were paid, 4624 went back; two units of three are on the shelf, the kettle and a mug with the customer.
    assert ["tender", "1", "62.26", "EUR"] in rows
    assert ["owed", "1", "0.00", "EUR"] in rows
    assert ["stock", "2", "3", "units"] in rows
    assert not [row for row in rows if ":" in row[0]]
    told = shown(shop, capsys, "balances", "with_customer:")
    assert "with_customer:two-rates:3  1 unit" in told
    assert "tender" not in told
    assert main(["balances", "nobody:"], lambda: shop.ledger) == 1
    assert capsys.readouterr() == (
        "",
        "the journal has no accounts nobody:; `python -m ledger balances` shows its kinds\n",
    )
    assert json.loads(shown(shop, capsys, "balances", "nobody", "--json")) == {"accounts": [], "totals": []}


def test_balances_of_an_account_and_those_below_it(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("o", "o:l:net", "o-2:l:net", "o2"):
        ledger.append(fact(name, move(name, f"found:{name}", f"kept:{name}", 5), kind=EntryKind.GOODWILL))
    for asked, accounts in (
        ("kept:o", ["kept:o", "kept:o:l:net"]),
        ("kept:o:", ["kept:o:l:net"]),
        ("kept:o-2", ["kept:o-2:l:net"]),
        ("kept", ["kept:o", "kept:o-2:l:net", "kept:o2", "kept:o:l:net"]),
    ):
        assert main(["balances", asked, "--json"], lambda: ledger) == 0
        assert sorted(one["account"] for one in json.loads(capsys.readouterr().out)["accounts"]) == accounts


def test_balances_for_programs(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    refund(shop, RefundStatus.PENDING)
    told = json.loads(shown(shop, capsys, "balances", "owed", "--json"))
    expected = {"commodity": "EUR", "posted": 4624, "pending_out": 4624, "pending_in": 0}
    assert told["accounts"] == [{"account": "owed:R-1", **expected, "available": 0}]
    assert told["totals"] == [{"kind": "owed", "accounts": 1, **expected}]


def test_a_plan_that_was_withdrawn_and_made_anew_is_told(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    one = one_order.Shop(engine, hundred())
    one.opened("r1", a=6)
    one.opened("r2", a=1)
    one.planned("r1", a=6)
    gone = before(money={"pi_1": 6000}, name="re_x")
    fact = one.facts.refunded_elsewhere("1", gone, "provider", NOW)
    assert main(["show", "r1"], lambda: one.ledger) == 0
    told = capsys.readouterr().out
    assert "Plan: 60.00 EUR, quoted 60.00 EUR, withdrawn\n" in told
    assert f"  plan 1 was withdrawn by refund_elsewhere (entry {fact.seq})\n" in told
    assert "  provider: refund_elsewhere\n" in told
    assert "withdrew plan:r1:1" in told
    # 40.00 are left for ten units
    one.planned("r1", number=2, a=6)
    assert main(["show", "r1"], lambda: one.ledger) == 0
    told = capsys.readouterr().out
    assert "Plan: 24.00 EUR, quoted 60.00 EUR (the newest of 2 plans)\n" in told
    assert f"  plan 1 was withdrawn by refund_elsewhere (entry {fact.seq})\n" in told
    # Another return of the order has nothing to do with it.
    assert main(["show", "r2"], lambda: one.ledger) == 0
    assert "refund_elsewhere" not in capsys.readouterr().out


def test_a_plan_whose_rest_was_planned_anew_is_told(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    one = one_order.Shop(engine, hundred())
    one.opened("r1", a=6)
    one.provider.says = [RefundStatus.FAILED]
    one.pay("r1", one.planned("r1", a=6))
    one.planned("r1", number=2, a=6)
    again = one.ledger.find("plan:r1:2")
    assert again is not None
    assert main(["show", "r1"], lambda: one.ledger) == 0
    told = capsys.readouterr().out
    assert f"  plan 1 keeps what was paid of it; its rest is plan 2 (entry {again.seq})\n" in told
