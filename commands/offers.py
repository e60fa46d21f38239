"""Offers of less than was quoted: what the shopper answers, and what the shop says to an appeal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from commands import messages, output, values
from commands.output import AsJson, By, Case, Remark, example
from domain.errors import Refused

if TYPE_CHECKING:
    from commands.temporal import CaseView
    from domain.offer import OfferAnswer

app = output.group("Goods that go back.")
offer = output.group("Offers of less than was quoted.")


@offer.command(epilog=example("offer accept R-1 --by shopper"))
def accept(case: Case, by: By, remark: Remark = "", as_json: AsJson = False) -> None:
    """The shopper accepts the offer: it is paid."""
    _answer(case, by, "accept", remark, as_json)


@offer.command(epilog=example("offer appeal R-1 --by shopper"))
def appeal(case: Case, by: By, remark: Remark = "", as_json: AsJson = False) -> None:
    """The shopper objects, once: a person looks again, and overrides or upholds."""
    _answer(case, by, "appeal", remark, as_json)


@offer.command("send-back", epilog=example("offer send-back R-1 --by shopper"))
def send_back(case: Case, by: By, remark: Remark = "", as_json: AsJson = False) -> None:
    """The shopper wants the goods back, and no money: the warehouse sends them."""
    _answer(case, by, "send_back", remark, as_json)


@offer.command(epilog=example("offer uphold R-1 --by olga"))
def uphold(case: Case, by: By, remark: Remark = "", as_json: AsJson = False) -> None:
    """Somebody of the shop has looked at the appeal and offers the same; to give more, `override` instead."""
    from workflows.return_case.said import Uphold

    said = values.make(Uphold, {"by": by, "remark": remark})
    messages.tell(case, "uphold", lambda _: said, as_json)


@app.command("sent-back", epilog=example("sent-back R-1 --by ann --tracking BH998877665544332"))
def sent_back(
    case: Case,
    by: By,
    tracking: Annotated[str, typer.Option(help="The number of the parcel that went to the shopper.")],
    carrier: Annotated[str, typer.Option(help="Who carries it.")] = "",
    as_json: AsJson = False,
) -> None:
    """The goods that the shopper wants are on their way back; the return ends without a refund."""
    from domain.offer import SentBack

    said = values.make(SentBack, {"by": by, "tracking_number": tracking, "carrier": carrier})
    messages.tell(case, "sent_back", lambda _: said, as_json)


def _answer(case: str, by: str, answer: str, remark: str, as_json: bool) -> None:
    from domain.offer import OfferAnswer

    given: dict[str, object] = {"by": by, "answer": answer, "remark": remark}
    # Checked before anybody is asked; which plan it is about is only known to the return.
    values.make(OfferAnswer, {**given, "plan": 1})

    def compose(seen: CaseView) -> OfferAnswer | None:
        if seen.offer_answer == answer:
            return None
        if not seen.offer_plan:
            raise Refused("no_offer", f"Return {case} has no offer that waits for an answer. Next: {seen.next_action}")
        return values.make(OfferAnswer, {**given, "plan": seen.offer_plan})

    messages.tell(case, "answer_offer", compose, as_json)
