"""Webhook endpoints: who listens for which events, and what has still to be delivered to whom."""

from __future__ import annotations

import re
import secrets
from urllib.parse import urlsplit

from pydantic import Field

from domain.model import Model
from embedded.simulators.bodies import Json
from embedded.simulators.shelf import Rows
from embedded.simulators.stripe import lists, params
from embedded.simulators.stripe.calls import Asked, Call
from embedded.simulators.stripe.errors import StripeError, missing
from embedded.simulators.stripe.objects import API_VERSION
from embedded.simulators.stripe.turn import Turn, new_id

_PARAMS = ("description", "enabled_events", "expand", "metadata", "url")
_EVENT = re.compile(r"\*|[a-z_]+(\.[a-z_]+)*(\.\*)?")


class Endpoint(Model):
    """Somebody who listens; every delivery is signed with its secret."""

    id: str
    url: str
    secret: str
    events: tuple[str, ...]
    created: int
    metadata: dict[str, str] = Field(default_factory=dict)
    description: str | None = None
    enabled: bool = True


class Delivery(Model):
    """An event that an endpoint has not taken yet. `due` is the simulated time of the next try."""

    id: str
    endpoint: str
    event: str
    due: int
    tries: int = 0
    postponed: bool = False


class Attempt(Model):
    """One try that was made. `status` is the answer's HTTP status; 0 when there was none. `owner` is its event."""

    id: str
    endpoint: str
    event: str
    at: int
    status: int
    words: str


def matches(type: str, pattern: str) -> bool:
    """Whether a type is one that `pattern` names; a pattern may end in `.*`."""
    return pattern in ("*", type) or (pattern.endswith(".*") and type.startswith(pattern[:-1]))


def spread(turn: Turn, event: str, type: str) -> None:
    """Note down an event for every endpoint that listens for its type."""
    for endpoint in turn.rows.all(Endpoint):
        if endpoint.enabled and any(matches(type, pattern) for pattern in endpoint.events):
            delivery = Delivery(id=new_id("dl_"), endpoint=endpoint.id, event=event, due=turn.now)
            turn.rows.put(delivery.id, delivery, owner=event)


def pending(rows: Rows, event: str) -> int:
    """How many endpoints have not taken an event yet."""
    return len(rows.all(Delivery, event))


def register(turn: Turn, url: str, secret: str, events: tuple[str, ...]) -> Endpoint:
    """A new endpoint. Raises StripeError for an address that is not on this machine."""
    endpoint = Endpoint(id=new_id("we_"), url=_local(turn, url), secret=secret, events=events, created=turn.now)
    turn.rows.put(endpoint.id, endpoint)
    return endpoint


def shown(endpoint: Endpoint) -> Json:
    """An endpoint as `webhook_endpoint`; its secret is told only when it is made."""
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": endpoint.created,
        "description": endpoint.description,
        "enabled_events": [*endpoint.events],
        "livemode": False,
        "metadata": {**endpoint.metadata},
        "status": "enabled" if endpoint.enabled else "disabled",
        "url": endpoint.url,
    }


def _local(turn: Turn, url: str) -> str:
    try:
        parts = urlsplit(url)
        known = ("127.0.0.1", "localhost", "::1", *turn.neighbours)
        here = parts.scheme in ("http", "https") and parts.hostname in known
        here = here and parts.port != 0
    except ValueError:
        here = False
    if not here:
        text = "Invalid URL: this stand-in delivers to this machine only, as to http://127.0.0.1:8080/webhooks/stripe."
        raise StripeError(text, code="url_invalid", param="url")
    return url


def _events(given: params.Params) -> tuple[str, ...]:
    events = tuple(params.several(given, "enabled_events"))
    for one in events:
        if _EVENT.fullmatch(one) is None:
            raise StripeError(f"Invalid enabled_events: {one[:100]} is no type of event.", param="enabled_events")
    return events


def _create(turn: Turn, asked: Asked) -> Json:
    url, events = params.required(asked.params, "url"), _events(asked.params)
    if not events:
        raise StripeError("Missing required param: enabled_events.", code="parameter_missing", param="enabled_events")
    endpoint = register(turn, url, "whsec_" + secrets.token_hex(16), events)
    return {**shown(_set(turn, endpoint, asked)), "secret": endpoint.secret}


def _update(turn: Turn, asked: Asked) -> Json:
    endpoint = _get(turn, asked)
    url, events = params.text(asked.params, "url"), _events(asked.params)
    disabled = params.choice(asked.params, "disabled", ("true", "false"))
    changes = {
        "url": _local(turn, url) if url else endpoint.url,
        "events": events or endpoint.events,
        "enabled": endpoint.enabled if disabled is None else disabled == "false",
    }
    return shown(_set(turn, endpoint.model_copy(update=changes), asked))


def _set(turn: Turn, endpoint: Endpoint, asked: Asked) -> Endpoint:
    changes = {
        "description": params.text(asked.params, "description") or endpoint.description,
        "metadata": params.merged(asked.params, endpoint.metadata),
    }
    changed = endpoint.model_copy(update=changes)
    turn.rows.put(changed.id, changed)
    return changed


def _get(turn: Turn, asked: Asked) -> Endpoint:
    endpoint = turn.rows.get(Endpoint, asked.id)
    if endpoint is None:
        raise missing("webhook endpoint", asked.id, "id")
    return endpoint


def _one(turn: Turn, asked: Asked) -> Json:
    return shown(_get(turn, asked))


def _listed(turn: Turn, asked: Asked) -> Json:
    return lists.page(asked, turn.rows.all(Endpoint), "webhook endpoint", shown)


def _delete(turn: Turn, asked: Asked) -> Json:
    endpoint = _get(turn, asked)
    turn.rows.remove(Endpoint, endpoint.id)
    for delivery in turn.rows.all(Delivery):
        if delivery.endpoint == endpoint.id:
            turn.rows.remove(Delivery, delivery.id)
    return {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}


CALLS = (
    Call("POST", "/v1/webhook_endpoints", _PARAMS, _create),
    Call("GET", "/v1/webhook_endpoints", lists.PARAMS, _listed),
    Call("GET", "/v1/webhook_endpoints/{id}", ("expand",), _one),
    Call("POST", "/v1/webhook_endpoints/{id}", (*_PARAMS, "disabled"), _update),
    Call("DELETE", "/v1/webhook_endpoints/{id}", (), _delete),
)
