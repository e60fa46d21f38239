"""Payment links: an address that opens a checkout session for whoever comes, until it is switched off."""

from __future__ import annotations

from domain.model import Model
from embedded.simulators.bodies import Json
from embedded.simulators.stripe import basket, lists, params, sessions
from embedded.simulators.stripe.basket import Basket
from embedded.simulators.stripe.calls import Asked, Call
from embedded.simulators.stripe.errors import StripeError, missing
from embedded.simulators.stripe.events import changed, tell
from embedded.simulators.stripe.sessions import Session
from embedded.simulators.stripe.turn import Turn, new_id

_PARAMS = ("expand", "line_items", "metadata", "payment_intent_data", "restrictions")
_DAY = 24 * 3600


class Link(Model):
    """One payment link. `limit` is how many may pay; None: any number."""

    id: str
    created: int
    basket: Basket
    metadata: dict[str, str]
    payment_metadata: dict[str, str]
    limit: int | None
    paid: int = 0
    active: bool = True


def visit(turn: Turn, link: Link, *, late: bool = False) -> Session:
    """Somebody opens the link. `late`: they had it open when it was switched off. Raises StripeError 409."""
    if not link.active and not late:
        raise StripeError(f"Payment link {link.id} is no longer active.", status=409)
    session = Session(
        id=new_id("cs_test_"),
        created=turn.now,
        basket=link.basket,
        expires_at=turn.now + _DAY,
        success_url=f"{turn.site}/pay/done",
        cancel_url=None,
        reference=None,
        email=None,
        metadata=link.metadata,
        payment_metadata=link.payment_metadata,
        link=link.id,
    )
    return sessions.start(turn, session)


def pay(turn: Turn, session: Session, *, late: bool = False) -> Session:
    """Pay a session, and count it where it came from a link."""
    paid = sessions.pay(turn, session, late=late)
    link = turn.rows.get(Link, paid.link or "")
    if link is not None:
        counted = link.model_copy(update={"paid": link.paid + 1})
        full = link.limit is not None and counted.paid >= link.limit
        _keep(turn, link, counted.model_copy(update={"active": link.active and not full}))
    return paid


def get(turn: Turn, id: str) -> Link:
    """One link. Raises StripeError 404."""
    link = turn.rows.get(Link, id)
    if link is None:
        raise missing("payment_link", id, "payment_link")
    return link


def shown(turn: Turn, link: Link) -> Json:
    """A link as `payment_link`."""
    count: Json = {"completed_sessions": {"count": link.paid, "limit": link.limit}}
    return {
        "id": link.id,
        "object": "payment_link",
        "active": link.active,
        "after_completion": {"hosted_confirmation": {"custom_message": None}, "type": "hosted_confirmation"},
        "allow_promotion_codes": False,
        "billing_address_collection": "auto",
        "currency": link.basket.currency,
        "custom_fields": [],
        "livemode": False,
        "metadata": {**link.metadata},
        "payment_intent_data": {"metadata": {**link.payment_metadata}} if link.payment_metadata else None,
        "payment_method_types": None,
        "restrictions": None if link.limit is None else count,
        "submit_type": "auto",
        "url": f"{turn.site}/links/{link.id}",
    }


def _keep(turn: Turn, before: Link, after: Link) -> Link:
    turn.rows.put(after.id, after)
    told, was = shown(turn, after), shown(turn, before)
    if told != was:
        tell(turn, "payment_link.updated", told, changed(was, told))
    return after


def _create(turn: Turn, asked: Asked) -> Json:
    given = asked.params
    limits = given.get("restrictions", {})
    if isinstance(limits, str) or set(limits) - {"completed_sessions.limit"}:
        raise StripeError("Only restrictions[completed_sessions][limit] is taken here.", param="restrictions")
    link = Link(
        id=new_id("plink_"),
        created=turn.now,
        basket=basket.read(given),
        metadata=params.metadata(given),
        payment_metadata=basket.payment_metadata(given),
        limit=params.integer({**limits}, "completed_sessions.limit", 1, 10**6),
    )
    turn.rows.put(link.id, link)
    tell(turn, "payment_link.created", shown(turn, link))
    return shown(turn, link)


def _update(turn: Turn, asked: Asked) -> Json:
    link = get(turn, asked.id)
    active = params.choice(asked.params, "active", ("true", "false"))
    changes = {
        "active": link.active if active is None else active == "true",
        "metadata": params.merged(asked.params, link.metadata),
    }
    return shown(turn, _keep(turn, link, link.model_copy(update=changes)))


def _listed(turn: Turn, asked: Asked) -> Json:
    active = params.choice(asked.params, "active", ("true", "false"))
    found = [one for one in turn.rows.all(Link) if active is None or one.active is (active == "true")]
    return lists.page(asked, found, "payment_link", lambda one: shown(turn, one))


def _one(turn: Turn, asked: Asked) -> Json:
    return shown(turn, get(turn, asked.id))


CALLS = (
    Call("POST", "/v1/payment_links", _PARAMS, _create),
    Call("GET", "/v1/payment_links", (*lists.PARAMS, "active"), _listed),
    Call("GET", "/v1/payment_links/{id}", ("expand",), _one),
    Call("POST", "/v1/payment_links/{id}", ("active", "expand", "metadata"), _update),
)
