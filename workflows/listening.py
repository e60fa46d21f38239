"""Hearing the provider's news: one activity per kind, the same for a return that is open and for its aftercare."""

from __future__ import annotations

from collections.abc import Callable

from activities.payments.hearing import HearDispute, HearPayment, HearRefund
from activities.payments.news import NewsActivities
from activities.returns import ReturnsActivities, TellReturns
from domain.news import DisputeNews, Heard, News, PaymentNews, RefundNews
from workflows import options
from workflows.stepping import Stepper


class Listener(Stepper):
    """Has news recorded, and tells the other returns of the order."""

    async def hear(self, order_id: str, news: News, wanted: Callable[[], bool] = lambda: True) -> Heard:
        """What became of it; told again, it is recorded once. Raises NotWanted after a final no to what is not
        `wanted`."""
        match news:
            case RefundNews():
                return await self.step(
                    f"Read the refund {news.refund} again",
                    NewsActivities.hear_refund,
                    lambda now: HearRefund(order_id=order_id, news=news, now=now),
                    options.PAYMENTS,
                    wanted,
                )
            case DisputeNews():
                return await self.step(
                    f"Record that the dispute {news.dispute} is {news.status.replace('_', ' ')}",
                    NewsActivities.hear_dispute,
                    lambda now: HearDispute(order_id=order_id, news=news, now=now),
                    options.JOURNAL,
                    wanted,
                )
            case PaymentNews():
                return await self.step(
                    f"Record the payment {news.payment}",
                    NewsActivities.hear_payment,
                    lambda now: HearPayment(order_id=order_id, news=news, now=now),
                    options.JOURNAL,
                    wanted,
                )

    async def tell_returns(self, fact: str, returns: tuple[str, ...]) -> None:
        """Have these returns plan anew where they must."""
        if returns:
            _ = await self.step(
                f"Tell {', '.join(returns)} to plan anew",
                ReturnsActivities.tell_returns,
                lambda now: TellReturns(returns=returns, fact=fact),
                options.TEMPORAL,
            )


def about(news: News) -> str:
    """The provider's id of what news are about."""
    match news:
        case RefundNews():
            return news.refund
        case DisputeNews():
            return news.dispute
        case PaymentNews():
            return news.payment
