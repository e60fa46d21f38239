"""Policies for those whom they are for: the whole of one on a page, and what could come back of a basket."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from commands import judging, output, publications, values
from commands.deployment import open_rooms
from commands.output import AsJson, example
from domain.errors import InvalidRequest, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from domain.order import Order
    from domain.policy import Policy, PublishedPolicy

app = output.group("Policies for shoppers.")

Language = Annotated[Literal["en", "de"], typer.Option("--locale", help="The language: en or de.")]


@app.command(epilog=example("policy show policies/default.yaml --for-shoppers --locale de --country DE"))
def show(
    policy: Annotated[str, typer.Argument(metavar="FILE|REF", help="A file, or a published policy by name.")],
    for_shoppers: Annotated[
        bool, typer.Option("--for-shoppers", help="In plain words, with what the law gives.")
    ] = False,
    locale: Language = "en",
    html: Annotated[bool, typer.Option("--html", help="A page that needs nothing else, instead of text.")] = False,
    country: Annotated[str | None, typer.Option(metavar="CC", help="Where the goods go: DE, US, ...")] = None,
    as_json: AsJson = False,
) -> None:
    """A policy as it holds, with everything that is left to defaults; or as a page for shoppers."""
    if not for_shoppers and (html or country or locale != "en"):
        raise InvalidRequest("--for-shoppers", "--locale, --html and --country are for shoppers; add --for-shoppers")
    found, since = _found(policy)
    if not for_shoppers:
        _show_document(found, since, as_json)
        return
    from activities.decisions.telling.page import page_of
    from wiring import law

    place, today = _country(country), values.now().date()
    page = page_of(found.policy, found.ref, since, law(), locale, place, today)
    if as_json:
        output.print_json({"ref": found.ref, "locale": locale, "text": page.as_text(), "html": page.as_html()})
    else:
        typer.echo(page.as_html() if html else page.as_text(), nl=False)


@app.command(epilog=example("policy answer --basket basket.json --policy policies/fashion.yaml --locale de"))
def answer(
    basket: Annotated[Path, typer.Option(metavar="FILE", help="The basket as JSON (docs/policy.md), or an order.")],
    policy: Annotated[
        str | None, typer.Option(metavar="FILE|REF", help="A file or a published policy; else the one in force.")
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="When it is bought; else now.")] = None,
    locale: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Before the purchase: whether each line could be returned, until when, and what that costs."""
    from activities.decisions.telling.answers import answers

    moment = judging.moment(at)
    judge = _in_force(moment) if policy is None else judging.policy_named(policy)
    order = _order(values.read_text(basket), judge.policy, moment)
    found = answers(order, judging.under(judge), locale, moment)
    if as_json:
        lines = [one.model_dump(mode="json") for one in found]
        output.print_json({"policy": judge.ref, "currency": order.currency, "locale": locale, "lines": lines})
        return
    for one in found:
        output.say(f"{one.quantity} × {one.title}: {one.sentence}")


def _show_document(found: PublishedPolicy, since: date | None, as_json: bool) -> None:
    from activities.decisions.written import written
    from domain.canonical import iso_utc

    begins = iso_utc(found.effective_from) if since else None
    if as_json:
        document = found.policy.model_dump(mode="json", exclude_none=True)
        output.print_json({"ref": found.ref, "version": found.version, "effective_from": begins, "policy": document})
        return
    known = f"holds for orders placed from {found.effective_from:%d %B %Y %H:%M} UTC on" if since else "not published"
    output.say(f"# {found.ref}, {known}.", f"# Version {found.version}", *written(found.policy).splitlines())


def _found(name: str) -> tuple[PublishedPolicy, date | None]:
    """A policy by its file, or by the name of a published one, with the day from which that holds in its own zone.

    Raises InvalidRequest for a file that is wrong, Refused for a name that nothing was published under.
    """
    from domain.policy.calendar import local_day

    found = judging.policy_named(name)
    return found, None if publications.is_file(name) else local_day(found.effective_from, found.policy.time_zone)


def _in_force(now: datetime) -> PublishedPolicy:
    found = open_rooms().stores.policies.in_force(now)
    if found is None:
        words = "no policy has been published; name a file with --policy, or publish one"
        raise Refused("no_policy", f"{words}: `python starter.py policy publish policies/default.yaml`")
    return found


def _country(code: str | None) -> str | None:
    if code is not None and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise InvalidRequest("--country", f"{code!r} is no country; write two letters, such as DE")
    return code.upper() if code else None


def _order(text: str, judge: Policy, now: datetime) -> Order:
    """The order that a basket would be, or an order as shops write it."""
    from activities.decisions.telling.basket import order_of, read_basket
    from activities.storefront.importers import read_order

    try:
        raw = json.loads(text)
    except ValueError as error:
        raise InvalidRequest("--basket", f"this is no JSON: {error}") from None
    if not isinstance(raw, dict):
        raise InvalidRequest("--basket", "a basket is a JSON object with currency and lines")
    if "order" in raw or "line_items" in raw or "format" in raw:
        return read_order(text).order
    basket = read_basket(raw)
    return order_of(basket, judge.zone(basket.country), now)
