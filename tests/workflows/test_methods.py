"""A return that goes back as the shopper chose, without a label of ours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from commands.policy import publish_policy
from domain.case import Outcome
from domain.errors import KeyConflict
from domain.method import Method
from ledger import EntryKind
from ledger.events import events_of
from settings import ROOT
from tests.workflows.returns import TWO_RATES, Return, Shop, request
from tests.world import POLICY_FROM
from workflows.return_case.stage import Stage
from workflows.start import start_return


@pytest.fixture
def offering(real_shop: Shop) -> Shop:
    """A shop that takes goods back over the counter, too."""
    text = (ROOT / "policies" / "default.yaml").read_text() + "\nmethods:\n  - allowed: [label, in_store]\n"
    publish_policy(real_shop.world.rooms, text, POLICY_FROM, datetime.now(UTC))
    return real_shop


async def begin(shop: Shop, method: Method | None) -> Return:
    order = await shop.world.import_order(TWO_RATES)
    asked = request(shop.case, order.id, {"1": 2}).model_copy(update={"method": method})
    one = Return(shop.world, shop.client, await start_return(shop.client, asked), {"1": 2})
    shop.started.append(one)
    return one


async def test_goods_brought_to_the_shop_need_no_label_and_are_paid(offering: Shop) -> None:
    refused = await begin(offering, Method.SHOPPER_SHIPS)
    with pytest.raises(WorkflowFailureError) as caught:
        await refused.ended()
    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.type, cause.details[0]) == ("InvalidRequest", "method")
    assert "choose label or in_store" in cause.message
    assert offering.world.entries(offering.case, EntryKind.DECISION) == []

    one = await begin(offering, Method.IN_STORE)
    view = await one.stage(Stage.AWAITING_PARCEL)
    assert (view.method, view.label_url, view.tracking_number) == (Method.IN_STORE, "", "")
    assert (view.next_owner, view.next_action) == ("shopper", "Bring the items to the shop")
    assert view.sheet_url
    assert "Way back: in store" in await one.details()
    (label,) = offering.world.entries(one.case, EntryKind.LABEL)
    assert events_of(label) == ()
    with pytest.raises(KeyConflict):
        await begin(offering, Method.LABEL)
    await one.receive({"1": 2})
    await one.inspect({"1": 2})
    assert (await one.result()).refunded == "23.53 EUR"
    assert await offering.world.labels() == []
    assert offering.world.posted("label_due") == {}
    mails = await offering.world.mails(one.case)
    assert any("bring these items" in str(mail) and "No parcel is needed." in str(mail) for mail in mails)


async def test_called_off_there_is_no_label_to_give_back(offering: Shop) -> None:
    one = await begin(offering, Method.IN_STORE)
    await one.stage(Stage.AWAITING_PARCEL)
    await one.cancel()
    assert (await one.result()).outcome is Outcome.CANCELLED
    assert offering.world.entries(one.case, EntryKind.LABEL_VOIDED) == []
    assert offering.world.pending() == []
