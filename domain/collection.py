"""Money that a shopper is asked for: what an exchange costs more than what came back for it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from domain.model import Currency, Id, Model

Words = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]


class PaymentRequest(Model):
    """The exact request to the provider for a shopper's money, in minor units. Only this is ever sent under its `key`,
    which stands on whatever is paid for it; `words` are what the page says it is for, and name no people."""

    key: Annotated[str, StringConstraints(pattern=r"^collect(:[A-Za-z0-9_.-]{1,64}){2}$")]
    case: Id
    order_id: Id
    amount: Annotated[int, Field(strict=True, ge=1, le=10**15)]
    currency: Currency
    words: Words


class PaymentPage(Model):
    """What stands at the provider for one request. `url` is where the shopper pays it; `payments` are the provider's
    ids of what was paid, each over the whole amount: more than one where two people had the page open."""

    key: str
    id: Id
    url: str
    state: Literal["open", "closed"]
    payments: tuple[Id, ...] = ()
