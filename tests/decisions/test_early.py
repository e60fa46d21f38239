"""What may be paid before goods are judged: reserved with the plan, freed with the goods, never twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from activities.decisions import EndEarly, PlanEarly, RecordSettled
from activities.decisions.early import PlannedEarly
from domain.early import EarlyEnd, Settled
from domain.errors import Refused
from tests.shop import NOW, Interrupted, Shop

SINCE = datetime(2021, 1, 1, tzinfo=UTC)


def publish(shop: Shop, limit: int | None, **fields: Any) -> None:
    most = {} if limit is None else {"exposure_limit": {"EUR": limit}}
    shop.publish(since=SINCE, refund_trigger=[{"event": "receipt", **most}], **fields)


def early(shop: Shop, case: str, line: str) -> PlannedEarly:
    """A return of which everything has come, and nobody has looked at it."""
    shop.begin(case, {line: 1})
    shop.receive(case, {line: 1})
    return shop.decisions.plan_early(PlanEarly(case=case, order_id="two-rates", now=NOW))


def end(shop: Shop, case: str) -> EarlyEnd:
    return shop.decisions.end_early(EndEarly(case=case, order_id="two-rates", now=NOW))


def exposed(shop: Shop) -> dict[str, int]:
    """What may still be out to anybody, and what is."""
    return {kind: sum(one.posted for one in shop.ledger.balances(f"{kind}:")) for kind in ("exposure", "early")}


def test_what_is_out_to_a_customer_counts_over_all_their_returns(shop: Shop) -> None:
    publish(shop, 3000)
    first = early(shop, "R-1", "2")
    assert first.plan is not None
    assert first.early is not None
    assert (first.early.amount, first.plan.total) == (2271, 2271)
    assert exposed(shop) == {"exposure": 729, "early": 2271}
    second = early(shop, "R-2", "1")
    assert (second.plan, second.not_early) == (None, "exposure")
    assert shop.entry("not_early:R-2").reasons == ("exposure",)
    assert shop.decisions.plan_early(PlanEarly(case="R-2", order_id="two-rates", now=NOW)) == second
    assert shop.plan("R-2", {"1": 1}).total > 729  # in its own time
    assert exposed(shop) == {"exposure": 729, "early": 2271}
    assert shop.sound()


def test_the_same_asked_again_is_the_same_plan(shop: Shop) -> None:
    publish(shop, 3000)
    first = early(shop, "R-1", "2")
    again = shop.decisions.plan_early(PlanEarly(case="R-1", order_id="two-rates", now=NOW))
    assert again == first
    assert [one for one in shop.recorded() if one.startswith(("plan:", "exposure:"))] == shop.recorded()[-2:]


def test_goods_that_are_here_are_out_no_more(shop: Shop) -> None:
    publish(shop, 3000)
    early(shop, "R-1", "2")
    with pytest.raises(Refused, match="not judged") as no:
        end(shop, "R-1")
    assert no.value.code == "not_inspected"
    shop.plan("R-1", {"2": 1})
    assert (end(shop, "R-1").short, end(shop, "R-1").reasons) == (0, ("as_expected",))
    assert exposed(shop) == {"exposure": 3000, "early": 0}
    ask = RecordSettled(case="R-1", order_id="two-rates", by="rule:story", how=Settled.OPEN, now=NOW)
    with pytest.raises(Refused) as none:
        shop.decisions.record_settled(ask)
    assert none.value.code == "nothing_owed"


def test_without_a_limit_as_much_is_allowed_as_is_needed(shop: Shop) -> None:
    publish(shop, None)
    early(shop, "R-1", "2")
    assert exposed(shop) == {"exposure": 0, "early": 2271}
    shop.plan("R-1", {"2": 1})
    end(shop, "R-1")
    assert early(shop, "R-2", "1").early is not None  # part of which is free by now
    assert sum(one.posted for one in shop.ledger.balances("exposure_limit:")) == -max(2271, exposed(shop)["early"])
    assert shop.sound()


def test_above_the_automatic_limit_people_look_at_the_goods_first(shop: Shop) -> None:
    publish(shop, None, automatic_limit={"EUR": 2000})
    assert early(shop, "R-1", "2").not_early == "needs_approval"
    assert not any(one.posted for one in shop.ledger.balances("early:"))


def test_a_return_that_was_paid_early_is_not_called_off(shop: Shop) -> None:
    shop.publish(since=SINCE, refund_trigger=[{"event": "receipt"}])
    early(shop, "R-1", "2")
    with pytest.raises(Refused) as no:
        shop.cancel("R-1")
    assert no.value.code == "already_received"


def test_nothing_is_paid_before_its_event(shop: Shop) -> None:
    publish(shop, None)
    shop.begin("R-1", {"2": 1})
    assert shop.decisions.plan_early(PlanEarly(case="R-1", order_id="two-rates", now=NOW)).not_early == "not_due"


def test_two_returns_at_once_raise_the_limit_once(shop: Shop) -> None:
    publish(shop, 6000)
    for case, line in (("R-1", "2"), ("R-2", "1")):
        shop.begin(case, {line: 1})
        shop.receive(case, {line: 1})

    def other() -> None:
        Shop(shop.engine).decisions.plan_early(PlanEarly(case="R-2", order_id="two-rates", now=NOW))

    shop.use(Interrupted(shop.engine, other))
    shop.decisions.plan_early(PlanEarly(case="R-1", order_id="two-rates", now=NOW))
    assert sum(one.posted for one in shop.ledger.balances("exposure_limit:")) == -6000
    assert sum(exposed(shop).values()) == 6000
    assert shop.sound()
