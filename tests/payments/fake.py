"""A provider in this process, to die, stammer and look around at the very point that a test names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from domain.collection import PaymentPage, PaymentRequest
from domain.errors import Refused
from domain.provider import BalanceTransaction, ProviderRefund
from domain.refund import FINAL_NO, Refund, RefundIntention, RefundStatus
from tests.shop import NOW


class Killed(BaseException):
    """The process ends here."""


class Unasked:
    """What a fake is not asked for."""

    def refresh(self, refund: str, now: datetime) -> ProviderRefund:
        """Not here."""
        raise NotImplementedError

    def collect(self, request: PaymentRequest, now: datetime) -> PaymentPage:
        """Not here."""
        raise NotImplementedError

    def find_collection(self, request: PaymentRequest, now: datetime) -> PaymentPage | None:
        """Not here."""
        raise NotImplementedError

    def close_collection(self, page: PaymentPage, now: datetime) -> PaymentPage:
        """Not here."""
        raise NotImplementedError

    def refunds(self, since: datetime, until: datetime) -> Iterator[ProviderRefund]:
        """Not here."""
        raise NotImplementedError

    def balance_transactions(self, since: datetime, until: datetime) -> Iterator[BalanceTransaction]:
        """Not here."""
        raise NotImplementedError


class FakeProvider(Unasked):
    """As strict as a provider is: one refund per key, and the same key with another request is refused.

    The next call takes the first of `before` before anything is done, and of `after` when it was done but is not told.
    """

    def __init__(self, status: RefundStatus = RefundStatus.SUCCEEDED) -> None:
        self.status = status
        self.reason = ""
        self.sent: list[RefundIntention] = []
        self.calls: list[str] = []
        self.made: dict[str, tuple[RefundIntention, Refund]] = {}
        self.before: list[Callable[[], object]] = []
        self.after: list[Callable[[], object]] = []
        self.elsewhere: list[ProviderRefund] = []
        self.before_find: list[Callable[[], object]] = []
        self.before_keys: list[Callable[[], object]] = []

    def refunds(self, since: datetime, until: datetime) -> Iterator[ProviderRefund]:
        """Those that others made, in this time."""
        return (one for one in self.elsewhere if since <= one.created_at < until)

    def refund(self, intention: RefundIntention, now: datetime) -> Refund:
        """Make it, once."""
        self.calls.append("refund")
        self.sent.append(intention)
        _next(self.before)
        if intention.key not in self.made:
            refund = Refund(
                key=intention.key,
                provider_id=f"re_{len(self.made) + 1}",
                payment=intention.payment,
                amount=intention.amount,
                currency=intention.currency,
                status=self.status,
                reason=self.reason,
                updated_at=now,
            )
            self.made[intention.key] = (intention, refund)
        asked, refund = self.made[intention.key]
        if asked != intention:
            raise Refused("idempotency_error", "this key was used for another request")
        _next(self.after)
        return refund

    def keys(self, intention: RefundIntention) -> Mapping[str, str]:
        """Of its payment, but for those that failed."""
        _next(self.before_keys)
        made = (one for one in self.made.values() if one[0].payment == intention.payment)
        return {asked.key: one.provider_id for asked, one in made if one.status not in FINAL_NO}

    def find(self, intention: RefundIntention, now: datetime) -> Refund | None:
        """By key."""
        self.calls.append("find")
        _next(self.before_find)
        found = self.made.get(intention.key)
        return found[1] if found else None

    def refresh(self, refund: str, now: datetime) -> ProviderRefund:
        """By the id that it gave, ours or not."""
        self.calls.append("refresh")
        others = {one.id: one for one in self.elsewhere}
        mine = {one.provider_id: (asked, one) for asked, one in self.made.values()}
        if refund not in mine:
            return others[refund]
        asked, one = mine[refund]
        return ProviderRefund(
            id=refund,
            key=asked.key,
            case=asked.case,
            created_at=NOW,
            **one.model_dump(include={"payment", "amount", "currency", "status", "reason", "arn", "shows_as"}),
        )

    def move(self, key: str, status: RefundStatus, **changed: str) -> None:
        """What becomes of a refund later."""
        asked, refund = self.made[key]
        self.made[key] = (asked, refund.model_copy(update={"status": status, **changed}))


def _next(scripted: list[Callable[[], object]]) -> None:
    if scripted:
        scripted.pop(0)()


def raising(error: BaseException) -> Callable[[], None]:
    """A step of the script that raises."""

    def step() -> None:
        raise error

    return step
