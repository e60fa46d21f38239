"""What others did to an order's money is entered whatever the guards say; the books come to rest again."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from domain.errors import InvalidRequest, Refused
from domain.kits import KitPart, kit_lines
from domain.order import EarlierRefund, Order
from domain.people import Person, Role
from domain.refund import RefundStatus
from ledger import EntryKind
from ledger.__main__ import main
from ledger.credit_notes import issued_by
from tests.domain.orders import before, line, order, paid
from tests.one_order import NOW, Shop
from tests.staff import Staff

ALL = ("tender", "order", "paid", "owed", "fees", "suspense", "receivable", "goodwill")


def hundred(**changed: object) -> Order:
    """10 x 10.00 with 1.60 of tax in each."""
    bought = order(line("a", 10, 1000, tax=[("0.19", 1597)]), tenders=[paid(10000)])
    return bought.model_copy(update=changed)


def elsewhere(shop: Shop, amount: int, name: str = "re_x", **units: int) -> list[str]:
    """A refund made in the provider's dashboard; gives the plans that it withdrew."""
    refund = before(*((one, count, 0) for one, count in units.items()), money={"pi_1": amount}, name=name)
    entry = shop.facts.refunded_elsewhere(shop.order.id, refund, "provider", NOW)
    return list(entry.facts["withdrawn"])


def test_a_refund_elsewhere_withdraws_an_unsubmitted_plan_which_is_made_anew(engine: Engine) -> None:
    # 60.00 of 100.00 are reserved for six units, and 60.00 go back elsewhere: 40.00 are left for ten units,
    # 24.00 for six of them
    shop = Shop(engine, hundred())
    shop.opened("r1", a=6)
    plan = shop.planned("r1", a=6)
    assert plan.total == 6000
    assert elsewhere(shop, 6000) == ["plan:r1:1"]
    assert sum(shop.posted("paid").values()) == 4000
    with pytest.raises(Refused) as no:
        shop.pay("r1", plan)
    assert no.value.code == "plan_withdrawn"
    again = shop.planned("r1", number=2, a=6)
    assert (again.number, again.total) == (2, 2400)
    shop.pay("r1", again)
    shop.refunded("r2", a=4)
    assert shop.posted(*ALL) == {}
    assert shop.ledger.verify().faults == ()


def test_a_refund_elsewhere_that_names_its_units_closes_them(engine: Engine) -> None:
    # six of ten units went back elsewhere for 60.00, so four are left, worth 40.00
    shop = Shop(engine, hundred())
    shop.opened("r1", a=4)
    assert elsewhere(shop, 6000, a=6) == []
    assert shop.planned("r1", a=4).total == 4000


def test_units_that_a_return_owes_since_its_refund_failed_are_not_closed_a_second_time(engine: Engine) -> None:
    # six of ten units are owed 60.00 by the return: of the line, only the other four went back elsewhere
    shop = Shop(engine, hundred())
    shop.opened("r1", a=6)
    plan = shop.planned("r1", a=6)
    shop.provider.says = [RefundStatus.FAILED]
    shop.pay("r1", plan)
    typed = before(("a", 5, 0), money={"pi_1": 5000}, name="SEPA-1")
    with pytest.raises(Refused) as no:
        shop.facts.refunded_elsewhere(shop.order.id, typed, "fay", NOW)
    assert no.value.code == "owed_by_return"
    assert "r1 owes 60.00 EUR" in no.value.message
    assert "consent r1 --to bank" in no.value.message
    assert elsewhere(shop, 4000, a=4) == []
    shop.pay("r1", plan, attempt=2)
    assert shop.posted(*ALL) == {}
    assert shop.ledger.verify().faults == ()


def test_sixty_elsewhere_against_a_submitted_sixty_of_a_hundred(engine: Engine) -> None:
    # The provider has the first 60.00 pending when the other 60.00 is entered: 40.00 come from the order, 20.00 from
    # suspense. Then it refuses ours, which frees 60.00: 20.00 cover suspense, and 40.00 stay owed and are planned anew.
    shop = Shop(engine, hundred())
    shop.opened("r1", a=6)
    plan = shop.planned("r1", a=6)
    shop.provider.says = [RefundStatus.PENDING, RefundStatus.FAILED]
    shop.pay("r1", plan)
    assert elsewhere(shop, 6000) == []
    assert shop.ledger.balance("suspense:1", "EUR").posted == -2000
    assert shop.ledger.verify().open_accounts == ("suspense:1",)
    assert shop.ledger.balance("tender:pi_1", "EUR").available == -2000
    shop.provider.found = True
    shop.pay("r1", plan)
    assert shop.posted("suspense", "owed") == {"owed:r1": 4000}
    with pytest.raises(Refused) as no:
        shop.pay("r1", plan, attempt=2)
    assert no.value.code == "plan_withdrawn"
    again = shop.planned("r1", number=2, a=6)
    assert (again.owed, again.total, again.lines) == (4000, 4000, ())
    shop.provider.found = False
    shop.pay("r1", again)
    assert shop.posted(*ALL) == {}
    # six units are credited by one note, which names what we paid for them; the rest had gone back elsewhere
    (note,) = (one for one in map(issued_by, shop.ledger.entries()) if one)
    assert (note.plan, sum(one.amount for one in note.refunds)) == (1, 4000)
    assert shop.ledger.verify().faults == ()


def test_the_same_refund_counts_once_and_another_amount_is_a_conflict(engine: Engine) -> None:
    shop = Shop(engine, hundred())
    shop.opened("r1", a=1)
    elsewhere(shop, 1000)
    elsewhere(shop, 1000)
    assert shop.ledger.balance("tender:pi_1", "EUR").posted == 9000


def test_more_than_was_ever_paid_stands_in_suspense_until_finance_clears_it(engine: Engine) -> None:
    # all of 100.00 went back and a dispute takes 100.00 again
    shop = Shop(engine, hundred())
    shop.refunded("r1", a=10)
    lost = before(money={"pi_1": 10000}, name="dp_1")
    shop.facts.refunded_elsewhere("1", lost, "provider", NOW, EntryKind.DISPUTE_LOST)
    assert shop.posted("suspense", "tender") == {"suspense:1": -10000, "tender:pi_1": -10000}
    assert shop.ledger.verify().open_accounts == ("suspense:1",)
    with pytest.raises(InvalidRequest, match="goodwill"):
        shop.facts.cleared("1", "paid:1:a:net", "fin", "dispute", NOW)
    shop.facts.cleared("1", "receivable:c1", "fin", "dispute_lost", NOW)
    # the customer owes it; the payment is below zero, as it is in the world
    assert shop.posted("suspense", "tender", "receivable") == {"receivable:c1": 10000, "tender:pi_1": -10000}
    with pytest.raises(Refused, match="nothing stands in suspense"):
        shop.facts.cleared("1", "goodwill", "fin", "again", NOW)
    assert shop.ledger.verify().faults == ()


def test_a_fact_that_fails_later_is_undone_suspense_first(engine: Engine) -> None:
    # two times 60.00 of 100.00: 20.00 in suspense; the first fails, so 20.00 cover it and 40.00 are free again
    shop = Shop(engine, hundred())
    shop.opened("r1", a=4)
    elsewhere(shop, 6000, "re_1")
    elsewhere(shop, 6000, "re_2")
    assert shop.posted("suspense", "paid") == {"suspense:1": -2000}
    for _ in range(2):
        shop.facts.came_back("re_1", "provider", NOW)
        assert sum(shop.posted("paid", "suspense").values()) == 4000
    assert shop.ledger.balance("tender:pi_1", "EUR").posted == 4000
    plan = shop.planned("r1", a=4)
    assert plan.total == 1600
    shop.pay("r1", plan)
    shop.refunded("r2", a=6)
    assert shop.posted(*ALL) == {}
    with pytest.raises(InvalidRequest, match="re_9"):
        shop.facts.came_back("re_9", "provider", NOW)


def test_cents_change_sides_when_a_plan_in_between_is_withdrawn(engine: Engine) -> None:
    # 3 x 3.33 with 0.01 of tax in all: which refund takes the cent depends on what went back before it. The plan of r1
    # is withdrawn after r2 was paid, and everything still ends at zero.
    for tax in (1, 2, 3, 159, 160):
        shop = Shop(engine, hundred(id=f"o{tax}", lines=(line("a", 10, 1000, tax=[("0.19", tax)]),)))
        shop.opened(f"r1-{tax}", a=1)
        shop.planned(f"r1-{tax}", a=1)
        shop.refunded(f"r2-{tax}", a=2)
        refund = before(money={"pi_1": 500}, name=f"re_{tax}")
        shop.facts.refunded_elsewhere(shop.order.id, refund, "provider", NOW)
        again = shop.planned(f"r1-{tax}", number=2, a=1)
        shop.pay(f"r1-{tax}", again)
        shop.refunded(f"r3-{tax}", a=7)
        left = {name: amount for name, amount in shop.posted(*ALL).items() if not name.startswith("tender:")}
        assert left == {}
        assert shop.ledger.verify().faults == ()


def test_a_payment_or_a_line_that_the_order_does_not_have(engine: Engine) -> None:
    shop = Shop(engine, hundred())
    unknown = EarlierRefund(id="re_1", at=NOW, money={"pi_2": 5})
    with pytest.raises(Refused, match="never opened in the journal"):
        shop.facts.refunded_elsewhere("1", unknown, "provider", NOW)
    shop.opened("r1", a=1)
    with pytest.raises(InvalidRequest, match="has no payment pi_2; it has pi_1"):
        shop.facts.refunded_elsewhere("1", unknown, "provider", NOW)
    with pytest.raises(InvalidRequest, match="has no line z"):
        shop.facts.refunded_elsewhere("1", before(("z", 1, 5), money={"pi_1": 5}), "provider", NOW)
    assert shop.ledger.balance("tender:pi_1", "EUR").posted == 10000


def test_an_order_that_grew(engine: Engine) -> None:
    # one unit of b for 5.00 was added and paid with a second card
    shop = Shop(engine, hundred())
    shop.opened("r1", a=10)
    grown = order(*hundred().lines, line("b", 1, 500), tenders=[paid(10000), paid(500, "pi_2")])
    shop.facts.changed(grown, "storefront", NOW)
    shop.facts.changed(grown, "storefront", NOW)
    shop.shelf.only = grown
    assert shop.posted("tender") == {"tender:pi_1": 10000, "tender:pi_2": 500}
    assert shop.ledger.balance("with_customer:1:b", "UNITS").posted == 1
    plan = shop.planned("r1", a=10)
    assert plan.total == 10000
    shop.pay("r1", plan)
    shop.refunded("r2", b=1)
    assert shop.posted(*ALL) == {}
    assert shop.ledger.verify().faults == ()


def test_an_order_that_shrank_below_what_went_back(engine: Engine) -> None:
    # ten units became eight, 80.00 were captured in the end; nine had gone back before that was known: 10.00 too much
    shop = Shop(engine, hundred())
    shop.refunded("r1", a=9)
    less = order(line("a", 8, 1000, tax=[("0.19", 1277)]), tenders=[paid(8000)])
    shop.facts.changed(less, "storefront", NOW)
    assert shop.posted("tender", "paid", "suspense") == {"tender:pi_1": -1000, "suspense:1": -1000}
    assert shop.ledger.verify().faults == ()
    assert shop.ledger.verify().open_accounts == ("suspense:1",)


def test_an_edit_that_cannot_be(engine: Engine) -> None:
    shop = Shop(engine, hundred())
    shop.refunded("r1", a=1)
    for wrong, words in (
        (order(line("a", 10, 1000), tenders=[paid(10000)], currency="USD"), "sold in EUR"),
        (order(line("z", 10, 1000), tenders=[paid(10000)]), "line a"),
    ):
        with pytest.raises(Refused, match=words):
            shop.facts.changed(wrong, "storefront", NOW)


def test_a_new_return_finds_the_order_as_it_was_edited_since(engine: Engine) -> None:
    # the plan of the first return, of eight units, is withdrawn and made anew: the price was lowered to 9.00 in between
    shop = Shop(engine, hundred())
    shop.opened("r1", a=8)
    assert shop.planned("r1", a=8).total == 8000
    shop.shelf.only = order(line("a", 10, 900), tenders=[paid(9000)])
    shop.opened("r2", a=2)
    again = shop.planned("r1", number=2, a=8)
    assert again.total == 7200
    shop.pay("r1", again)
    shop.pay("r2", shop.planned("r2", a=2))
    assert shop.posted(*ALL) == {}
    assert shop.ledger.verify().faults == ()


def test_a_kit_is_asked_for_by_its_own_name(engine: Engine) -> None:
    parts = (KitPart(title="Pot", unit_price=2000), KitPart(title="Cup", quantity=2, unit_price=500))
    shop = Shop(engine, order(*kit_lines(line("k", 2, 3000), parts), tenders=[paid(6000)]))
    shop.opened("r1", k=1)
    decision = shop.ledger.find("decision:r1")
    assert decision is not None
    assert [(one["line_id"], one["quantity"]) for one in decision.facts["decision"]["lines"]] == [
        ("k.1", 1),
        ("k.2", 2),
    ]
    shop.opened("r1", k=1)
    with pytest.raises(InvalidRequest, match="order #1 has no line z"):
        shop.opened("r2", z=1)


def staff() -> Staff:
    """People of whom one may not act any more."""
    found = Staff(fay=Role.FINANCE, shop=Role.SERVICE, ann=Role.WAREHOUSE)
    found.keep(Person(id="old", role=Role.FINANCE, active=False))
    return found


def command(shop: Shop, *words: str) -> int:
    return main(["record", *words], lambda: shop.ledger, lambda: shop.snapshots, staff)


def test_finance_enters_facts_by_hand(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    shop = Shop(engine, hundred())
    shop.opened("r1", a=6)
    shop.planned("r1", a=6)
    said = ("refund", "1", "--payment", "pi_1", "--amount", "60.00", "--id", "re_x", "--line", "a:6")
    assert command(shop, *said, "--by", "shop") == 0
    out = capsys.readouterr().out
    assert "Return r1 has to plan anew: python starter.py replan r1 --by shop" in out
    assert "suspense" not in out
    (entry,) = (one for one in shop.ledger.entries() if one.kind is EntryKind.REFUND_ELSEWHERE)
    assert (entry.actor, entry.facts["refund"]["money"]) == ("shop", {"pi_1": 6000})
    dispute = ("refund", "1", "--payment", "pi_1", "--amount", "60.00", "--id", "dp_1", "--dispute")
    assert command(shop, *dispute, "--by", "fay") == 0
    assert "In suspense for order 1: 20.00 EUR" in capsys.readouterr().out
    assert command(shop, "cleared", "1", "--to", "goodwill", "--reason", "dispute", "--by", "fay") == 0
    assert shop.posted("suspense", "goodwill") == {"goodwill": -2000}
    assert command(shop, "came-back", "dp_1", "--by", "fay") == 0
    assert shop.ledger.verify().faults == ()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("refund", "1", "--payment", "pi_1", "--amount", "60", "--id", "re_x", "--by", "ann"), 1, "service, finance"),
        (("refund", "1", "--payment", "pi_1", "--amount", "60.00", "--id", "re_x", "--by", "zoe"), 1, "zoe is nobody"),
        (("cleared", "1", "--to", "goodwill", "--reason", "x", "--by", "shop"), 1, "that is for finance, admin"),
        (("cleared", "1", "--to", "goodwill", "--reason", "x", "--by", "old"), 1, "old may not act any more"),
        (("cleared", "1", "--to", "goodwill", "--reason", "no spaces", "--by", "fay"), 2, "a reason is a code"),
        (("refund", "1", "--payment", "pi_1", "--amount", "60.001", "--id", "re_x", "--by", "fay"), 2, "60.001"),
        (("refund", "1", "--payment", "pi_1", "--amount", "-5", "--id", "re_x", "--by", "fay"), 2, "above zero"),
        (("refund", "1", "--payment", "pi_2", "--amount", "5", "--id", "re_x", "--by", "fay"), 2, "no payment pi_2"),
        (("refund", "1", "--payment", "pi_1", "--amount", "5", "--id", "r e", "--by", "fay"), 2, "id"),
        (("refund", "1", "--payment", "pi_1", "--amount", "5", "--id", "r", "--line", "a", "--by", "fay"), 2, "LINE:"),
        (("refund", "2", "--payment", "pi_1", "--amount", "5", "--id", "re_x", "--by", "fay"), 1, "never opened"),
        (("came-back", "re_9", "--by", "fay"), 1, "re_9"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_entered(
    engine: Engine, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, told: str
) -> None:
    shop = Shop(engine, hundred())
    shop.opened("r1", a=6)
    before = [one.key for one in shop.ledger.entries()]
    assert command(shop, *words) == code
    assert told in capsys.readouterr().err
    assert [one.key for one in shop.ledger.entries()] == before
