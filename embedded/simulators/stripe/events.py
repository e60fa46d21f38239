"""What happened, as Stripe tells it: kept as it was at that moment, listed, and handed to whoever listens."""

from __future__ import annotations

from pydantic import JsonValue

from domain.model import Model
from embedded.simulators.bodies import Json
from embedded.simulators.stripe import lists, params
from embedded.simulators.stripe.calls import Asked, Call
from embedded.simulators.stripe.errors import StripeError, missing
from embedded.simulators.stripe.hooks import Delivery, matches, pending, spread
from embedded.simulators.stripe.objects import API_VERSION
from embedded.simulators.stripe.turn import Turn, new_id


class StoredEvent(Model):
    """One event. `about` is the object as it was then; `owner` on the shelf is that object's id."""

    id: str
    type: str
    created: int
    about: dict[str, JsonValue]
    previous: dict[str, JsonValue] | None
    request: str | None
    key: str | None


def tell(turn: Turn, type: str, about: Json, previous: Json | None = None) -> None:
    """Keep an event and hand it to every endpoint that listens for its type."""
    event = StoredEvent(
        id=new_id("evt_"),
        type=type,
        created=turn.now,
        about=about,
        previous=previous,
        request=turn.request,
        key=turn.key,
    )
    turn.rows.put(event.id, event, owner=str(about["id"]))
    spread(turn, event.id, type)


def changed(before: Json, after: Json) -> Json:
    """The attributes of an object that are other than before, with what they were."""
    names = sorted({*before, *after})
    return {name: before.get(name) for name in names if before.get(name) != after.get(name)}


def shown(event: StoredEvent, pending_webhooks: int) -> Json:
    """An event as `event`."""
    data: Json = {"object": event.about}
    if event.previous is not None:
        data["previous_attributes"] = event.previous
    return {
        "id": event.id,
        "object": "event",
        "api_version": API_VERSION,
        "created": event.created,
        "data": data,
        "livemode": False,
        "pending_webhooks": pending_webhooks,
        "request": {"id": event.request, "idempotency_key": event.key},
        "type": event.type,
    }


def _listed(turn: Turn, asked: Asked) -> Json:
    one, several = params.text(asked.params, "type"), params.several(asked.params, "types")
    if one and several:
        raise StripeError("You may only specify one of these parameters: type, types.")
    wanted = several or ((one,) if one else ())
    undelivered = {delivery.event for delivery in turn.rows.all(Delivery)}
    delivered = params.choice(asked.params, "delivery_success", ("true", "false"))
    found = [
        event
        for event in turn.rows.all(StoredEvent)
        if (not wanted or any(matches(event.type, pattern) for pattern in wanted))
        and (delivered is None or (event.id not in undelivered) is (delivered == "true"))
    ]
    return lists.page(asked, found, "event", lambda event: shown(event, pending(turn.rows, event.id)))


def _one(turn: Turn, asked: Asked) -> Json:
    event = turn.rows.get(StoredEvent, asked.id)
    if event is None:
        raise missing("event", asked.id, "id")
    return shown(event, pending(turn.rows, event.id))


CALLS = (
    Call("GET", "/v1/events", (*lists.PARAMS, "delivery_success", "type", "types"), _listed),
    Call("GET", "/v1/events/{id}", ("expand",), _one),
)
