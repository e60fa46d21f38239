"""Overrides: who may decide otherwise, up to what, and what the journal then pays by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from activities.decisions import CloseReturn, DecisionActivities, OpenReturn
from activities.decisions.overrides import AgreeOverride, InForce, OverrideActivities, RecordOverride
from domain.approval import statement_of_override
from domain.case import Outcome
from domain.errors import InvalidRequest, KeyConflict, Refused
from domain.override import Change, OverrideReason, override_statement
from domain.people import Person, Role
from domain.policy import Verdict
from domain.request import Basis
from ledger import EntryKind
from ledger.days import Days
from ledger.recall import case_so_far
from ledger.reports.exceptions import exceptions
from ledger.signing import public_key, sign, signed_by
from ledger.story import story
from tests.policy.cases import STATUTES
from tests.shop import NOW, Interrupted, Shop, request

# The kettle (line 3) was 4555 cents, a mug (line 1) 1176, the book (line 2) 2271.
KETTLE = 4555
SINCE = NOW - timedelta(days=30)
KEYS = {name: Ed25519PrivateKey.generate() for name in ("olga", "fay", "ada", "dock")}
APPROVE = {"verdict": "approve"}
NOTHING = {"window_days": 0}
REVIEW = {"judgement": [{"verdict": "review"}]}


def staffed(engine: Engine, **policy: Any) -> Shop:
    """A shop under this policy, with somebody for each part."""
    shop = Shop(engine)
    shop.publish(since=SINCE, **policy)
    shop.sell()
    for name, role, limit in (
        ("olga", Role.OPS, 3000),
        ("fay", Role.FINANCE, KETTLE),
        ("ada", Role.ADMIN, 10**6),
        ("dock", Role.WAREHOUSE, 10**6),
    ):
        shop.people.keep(Person(id=name, role=role, limits={"EUR": limit}, public_key=public_key(KEYS[name])))
    return shop


def said(by: str, change: Mapping[str, Any], id: str = "u-1", key: str = "", **more: Any) -> RecordOverride:
    asked = Change.model_validate({"lines": ("3",), **change})
    over = override_statement(more.get("case", "R-1"), asked, "our_mistake", id)
    given = {"case": "R-1", "order_id": "two-rates", "by": by, "reason": OverrideReason.OUR_MISTAKE, "change": asked}
    signature = sign(KEYS[key or by], over)
    return RecordOverride.model_validate({**given, "update_id": id, "signature": signature, "now": NOW, **more})


def rooms(shop: Shop) -> OverrideActivities:
    return OverrideActivities(shop.people, shop.ledger, shop.snapshots, shop.policies, signed_by)


def override(shop: Shop, by: str, change: Mapping[str, Any], id: str = "u-1", **more: Any) -> InForce:
    return rooms(shop).record_override(said(by, change, id, **more))


def agree(shop: Shop, by: str, amount: int, id: str = "a-1", of: str = "u-1") -> InForce:
    over = statement_of_override("R-1", of, amount, "EUR", id)
    ask = {"case": "R-1", "order_id": "two-rates", "override": of, "by": by, "amount": amount, "update_id": id}
    ask |= {"signature": sign(KEYS[by], over), "now": NOW}
    return rooms(shop).agree_override(AgreeOverride.model_validate(ask))


def refused(shop: Shop, *what: Any, **more: Any) -> tuple[str, str]:
    before = shop.recorded()
    with pytest.raises(Refused) as no:
        override(shop, *what, **more)
    assert shop.recorded() == before
    return no.value.code, no.value.message


def test_goodwill_reserves_the_units_is_told_whole_and_is_what_is_paid_by(engine: Engine) -> None:
    shop = staffed(engine, **NOTHING)
    assert shop.begin("R-1", {"3": 1}).decision.verdict is Verdict.DECLINE
    found = override(shop, "fay", {**APPROVE, "refund_percent": 60, "label_fee": 300})
    (line,) = found.decision.lines
    assert (line.verdict, line.basis) == (Verdict.APPROVE, Basis.GOODWILL)
    # 40 % of 4555 is 1822; 4555 - 1822 - 300
    assert found.quote is not None
    assert found.quote.total == 2433
    entry = shop.entry("override:R-1:u-1")
    assert (entry.actor, entry.reasons, entry.kind) == ("fay", ("our_mistake",), EntryKind.OVERRIDE)
    assert entry.policy.startswith("default@")
    assert [entry.facts[one]["verdict"] for one in ("before", "decision")] == ["decline", "approve"]
    assert shop.entry("decision:R-1").facts["decision"]["verdict"] == "decline"
    shop.receive("R-1", {"3": 1})
    assert shop.plan("R-1", {"3": 1}).total == 2433
    assert shop.entry("plan:R-1:1").reasons == ()  # the quote in force is what is paid
    assert shop.sound()


def test_the_same_id_is_one_override_and_never_another(engine: Engine) -> None:
    shop = staffed(engine, **NOTHING)
    shop.begin("R-1", {"3": 1})
    first = override(shop, "fay", APPROVE)
    shop.people.keep(shop.people.known["fay"].model_copy(update={"active": False}))
    assert override(shop, "fay", APPROVE) == first
    with pytest.raises(KeyConflict):
        override(shop, "fay", {**APPROVE, "refund_percent": 60})
    assert len(first.overrides) == 1


def test_two_at_once_the_second_sees_the_first(engine: Engine) -> None:
    shop = staffed(engine, **REVIEW)
    shop.begin("R-1", {"3": 1})
    ledger, first = shop.ledger, said("ada", APPROVE, "u-1")
    meanwhile = rooms(shop)
    shop.ledger = Interrupted(engine, lambda: meanwhile.record_override(first))
    with pytest.raises(Refused) as no:
        override(shop, "fay", {"verdict": "decline"}, "u-2")
    assert no.value.code == "approved_already"
    assert [one.by for one in case_so_far(ledger.entries(case="R-1")).overrides] == ["ada"]


@pytest.mark.parametrize(
    ("policy", "by", "agrees", "second"),
    [
        ({}, "olga", "fay", "over_own_limit"),
        (
            {"automatic_limit": {"EUR": 0}, "second_approver_above": {"EUR": 4554}},
            "fay",
            "ada",
            "second_approver",
        ),
    ],
)
def test_above_a_limit_it_counts_when_a_second_person_agrees(
    engine: Engine, policy: dict[str, Any], by: str, agrees: str, second: str
) -> None:
    shop = staffed(engine, **NOTHING, **policy)
    shop.begin("R-1", {"3": 1})
    waits = override(shop, by, APPROVE)
    assert (waits.decision.verdict, waits.overrides[0].worth) == (Verdict.DECLINE, KETTLE)
    assert str(waits.overrides[0].second).startswith(second)
    assert shop.units("with_customer:two-rates:3").pending_out == 0
    found = agree(shop, agrees, KETTLE)
    assert (found.decision.verdict, found.overrides[0].agreed_by) == (Verdict.APPROVE, agrees)
    assert shop.units("with_customer:two-rates:3").pending_out == 1
    assert agree(shop, agrees, KETTLE) == found
    known = case_so_far(shop.ledger.entries(case="R-1"))
    assert (known.approval, known.proposed) == (None, None)


def test_who_agrees_is_another_with_a_limit_of_their_own(engine: Engine) -> None:
    shop = staffed(engine, **NOTHING, automatic_limit={"EUR": 0}, second_approver_above={"EUR": 100})
    shop.begin("R-1", {"3": 1})
    override(shop, "fay", APPROVE)
    for who, amount, of, code in (
        ("fay", KETTLE, "u-1", "same_person"),
        ("olga", KETTLE, "u-1", "role_may_not"),
        ("ada", KETTLE - 1, "u-1", "other_amount"),
        ("ada", KETTLE, "u-9", "nothing_to_approve"),
    ):
        with pytest.raises(Refused) as no:
            agree(shop, who, amount, of=of)
        assert no.value.code == code
    override(shop, "fay", {**APPROVE, "refund_percent": 50}, "u-2")  # takes the place of the one that waits
    with pytest.raises(Refused):
        agree(shop, "ada", KETTLE)
    assert agree(shop, "ada", 2278, of="u-2").decision.verdict is Verdict.APPROVE  # half of 4555 is 2277.5


def test_finance_reads_who_decided_what_and_why(engine: Engine) -> None:
    shop = staffed(engine, **NOTHING)
    shop.begin("R-1", {"3": 1})
    override(shop, "olga", APPROVE)
    agree(shop, "fay", KETTLE)
    assert story(shop.ledger, "R-1").overrides == (
        "entry 3, olga: line 3: approve (our mistake), 45.55 EUR beyond the policy, agreed by fay",
        "  line 3: decline -> approve: no restocking fee, 100 % of the goods' worth is paid back, the shop pays the "
        "way back, delivery is paid back: when all returned, duties: refund, to choose from: refund, "
        "to be sent by 05 December 2026 (entry 4, agreed by fay)",
    )
    found = exceptions(shop.ledger, Days(), shop.ledger.entries(), lambda _: "")
    # one row: that somebody agreed is part of it
    assert [(one.why, one.who, one.amounts, one.detail) for one in found] == [
        ("override", "olga", "45.55 EUR", "line 3: approve; effective by the word of fay, too; our mistake"),
    ]


def test_what_nobody_agreed_to_has_lapsed_and_cost_nothing(engine: Engine) -> None:
    shop = staffed(engine, **NOTHING)
    shop.begin("R-1", {"3": 1})
    override(shop, "olga", APPROVE)

    def told() -> tuple[str, list[tuple[str, str]]]:
        rows = exceptions(shop.ledger, Days(), shop.ledger.entries(), lambda _: "")
        return story(shop.ledger, "R-1").overrides[0], [(one.amounts, one.detail) for one in rows]

    said, rows = told()
    assert said.endswith(", waits for a second person")
    assert rows == [("45.55 EUR", "line 3: approve; waits; our mistake")]
    shop.decisions.close_return(CloseReturn(case="R-1", order_id="two-rates", outcome=Outcome.DECLINED, now=NOW))
    said, rows = told()
    assert said.endswith(", lapsed: no second person agreed in time")
    assert rows == [("0.00 EUR", "line 3: approve; lapsed; our mistake")]


def test_small_steps_add_up_against_the_limit(engine: Engine) -> None:
    shop = staffed(engine, **NOTHING)
    shop.begin("R-1", {"2": 1, "1": 1})
    assert override(shop, "olga", {**APPROVE, "lines": ("2",)}).overrides[-1].second is None
    again = override(shop, "olga", {**APPROVE, "lines": ("1",)}, "u-2").overrides[-1]
    assert (again.worth, again.second) == (2271 + 1176, "over_own_limit")


def test_whoever_asked_for_the_return_needs_somebody_else(engine: Engine) -> None:
    shop = staffed(engine, **NOTHING)
    shop.fetch("R-1", {"3": 1})
    asked = request("R-1", {"3": 1}).model_copy(update={"requested_by": "ada"})
    shop.decisions.open_return(OpenReturn(request=asked, order_id="two-rates", now=NOW))
    assert override(shop, "ada", APPROVE).overrides[0].second == "involved"


def test_terms_of_an_approved_line_only_get_better(engine: Engine) -> None:
    fees = {"restocking": [{"percent": 20}], "return_shipping": [{"payer": "shopper", "fee": {"EUR": 499}}]}
    shop = staffed(engine, **fees)
    day = shop.begin("R-1", {"3": 1}).decision.last_day_to_send
    later = day + timedelta(days=7)
    found = override(shop, "olga", {"waive": ("restocking", "label"), "send_back_until": later})
    assert (found.quote and found.quote.total, found.decision.send_back_day) == (KETTLE, later)
    assert found.overrides[0].worth == 911 + 499  # a fifth of 4555, and the label
    for change in ({"send_back_until": day}, {"refund_percent": 90}, {"label_fee": 1}):
        assert refused(shop, "fay", change, "u-2")[0] == "below_terms"
    assert refused(shop, "fay", APPROVE, "u-2")[0] == "nothing_changes"
    assert refused(shop, "fay", {"verdict": "decline"}, "u-2")[0] == "approved_already"


def test_nothing_below_an_open_statute_and_the_answer_names_it(engine: Engine) -> None:
    shop = staffed(engine)
    lines = [{**one.model_dump(), "deliveries": [{"quantity": one.quantity, "at": NOW}]} for one in shop.sell().lines]
    shop.sell(lines=lines, country="DE")
    shop.decisions = DecisionActivities(
        shop.snapshots, shop.policies, shop.ledger, shop.people, statutes=(STATUTES["de-withdrawal"],)
    )
    opened = shop.begin("R-1", {"3": 1}).decision.lines[0]
    assert opened.statutes
    code, message = refused(shop, "fay", {"refund_percent": 90})
    assert code == "below_statute"
    assert "BGB" in message


def test_a_review_ends_either_way_until_the_goods_are_here(engine: Engine) -> None:
    shop = staffed(engine, **REVIEW)
    shop.begin("R-1", {"3": 1, "2": 1})
    assert refused(shop, "fay", {"waive": ("label",)})[0] == "not_approved"
    found = override(shop, "fay", {"verdict": "decline", "lines": ("2",)}).decision
    assert shop.units("with_customer:two-rates:2").pending_out == 0
    assert [one.verdict for one in found.lines] == [Verdict.REVIEW, Verdict.DECLINE]
    assert refused(shop, "fay", {**APPROVE, "lines": ("2",)}, "u-2")[0] == "declined_by_person"
    shop.receive("R-1", {"3": 1})
    assert refused(shop, "fay", {"verdict": "decline"}, "u-2")[0] == "already_received"
    override(shop, "fay", APPROVE, "u-3")
    assert shop.plan("R-1", {"3": 1}).automatic_limit is None  # nobody has to look at it any more
    code, message = refused(shop, "fay", {"refund_percent": 50}, "u-4")
    assert (code, "ledger record refund" in message) == ("already_planned", True)
    shop.close("R-1")
    assert shop.pending() == ["owed:R-1", "paid:two-rates:3:net", "paid:two-rates:3:tax:1", "tender:pi_demo_two_rates"]


@pytest.mark.parametrize(
    ("by", "more", "code"),
    [
        ("dock", {}, "role_may_not"),
        ("fay", {"key": "ada"}, "not_signed"),
        ("fay", {"signature": "A" * 86 + "=="}, "not_signed"),
        ("fay", {"reason": OverrideReason.LOYAL_CUSTOMER}, "not_signed"),
    ],
)
def test_who_may_not_or_did_not_sign_is_refused(engine: Engine, by: str, more: dict[str, Any], code: str) -> None:
    shop = staffed(engine, **NOTHING)
    shop.begin("R-1", {"3": 1})
    assert refused(shop, by, APPROVE, **more)[0] == code


def test_units_that_went_elsewhere_are_not_promised_twice(engine: Engine) -> None:
    shop = staffed(engine)
    shop.begin("R-2", {"3": 1})
    shop.begin("R-1", {"3": 1})
    code, message = refused(shop, "ada", APPROVE)
    assert (code, "only 0" in message) == ("already_returned", True)
    shop.cancel("R-2")
    assert override(shop, "ada", APPROVE).decision.verdict is Verdict.APPROVE


def test_an_unheard_line_or_day_is_refused(engine: Engine) -> None:
    shop = staffed(engine, **NOTHING)
    shop.begin("R-1", {"3": 1})
    assert refused(shop, "ada", {**APPROVE, "lines": ("9",)}) == ("unknown_line", "this return has no line 9; it has 3")
    for day in (date(2026, 11, 20), date(9999, 12, 31)):
        assert refused(shop, "ada", {**APPROVE, "send_back_until": day})[0] == "send_back_day"


def test_an_appeal_names_a_declined_return_of_the_same_order(engine: Engine) -> None:
    shop = staffed(engine, **NOTHING)

    def appeal(case: str, of: str) -> Verdict:
        asked = request(case, {"3": 1}).model_copy(update={"appeals": of})
        found = shop.decisions.open_return(OpenReturn(request=asked, order_id="two-rates", now=NOW)).decision
        assert found.review_days == 5
        return found.verdict

    shop.publish(since=SINCE + timedelta(days=1), **NOTHING, deadlines=[{"review_days": 5}])
    shop.begin("R-1", {"3": 1})
    for of, says in (("R-9", "no return R-9"), ("R-1", "still open")):
        with pytest.raises(InvalidRequest, match=says):
            appeal("R-2", of)
    shop.close("R-1")
    assert appeal("R-2", "R-1") is Verdict.DECLINE  # until a person says otherwise
    shop.close("R-2")
    with pytest.raises(InvalidRequest, match="return R-2 is an appeal of R-1 itself"):
        appeal("R-3", "R-2")
    with pytest.raises(InvalidRequest, match="return R-1 was appealed already, by R-2"):
        appeal("R-3", "R-1")
    assert appeal("R-2", "R-1") is Verdict.DECLINE  # the same again is the same
