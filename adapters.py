"""The only place that chooses adapters: which vendor stands behind each port, by the settings.

Each is imported when it is chosen, so that a command that only reads the journal does not load Stripe.
"""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from domain import ids
from domain.errors import InvalidRequest
from settings import ROOT, Settings, together

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Engine
    from temporalio.converter import DataConverter, PayloadCodec

    from activities.calling import StorefrontCalls
    from activities.inventory import Inventory
    from activities.inventory.shipping import Fulfilment
    from activities.labels import Labels
    from activities.mail import Mail
    from activities.mail.render import Renderer
    from activities.payments import Payments, Refunds
    from activities.payments.routed import Routed
    from activities.payments.taking_back import Purses
    from activities.storefront import Storefront
    from activities.storefront.exchanging import Catalogue
    from activities.storefront.intake import Intake
    from activities.storefront.outgoing import Receivers
    from database.stores import Stores
    from domain.policy import PublishedStatute
    from domain.stores import Orders
    from ledger import Ledger
    from ledger.erasing import Erasing


def orders(own: Settings, shelf: Orders, intake: Intake) -> Storefront:
    """Where orders are read: as they were imported, or at the storefront."""
    from activities.storefront.embedded import EmbeddedStorefront
    from activities.storefront.via_http import HttpStorefront

    if own.storefront_orders == "imported":
        return EmbeddedStorefront(shelf)
    secret = own.storefront_secret.get_secret_value()
    return HttpStorefront(own.storefront_url, secret, intake, shelf, own.storefront_orders)


def catalogue(own: Settings) -> Catalogue:
    """Where it is read what the shop sells now."""
    from activities.storefront.catalogue import HttpCatalogue, NoCatalogue

    return HttpCatalogue(_storefront(own)) if own.storefront_url else NoCatalogue()


def fulfilment(own: Settings) -> Fulfilment:
    """Who sends parcels to shoppers: the storefront has it done, else somebody who says so."""
    from activities.inventory.shipping import ByHandFulfilment
    from activities.inventory.via_storefront import StorefrontFulfilment

    return StorefrontFulfilment(_storefront(own)) if own.storefront_url else ByHandFulfilment()


def trade(own: Settings, kept: Stores, ledger: Ledger, stock: Inventory) -> tuple[object, ...]:
    """Goods for goods: promised, priced, set aside, sent."""
    from activities.decisions.trading import Trading
    from activities.inventory.setting_aside import SettingAside
    from activities.inventory.shipping import Shipping
    from activities.storefront.exchanging import Exchanging

    priced = Exchanging(catalogue(own), kept.snapshots, ledger), Trading(kept.snapshots, ledger)
    return *priced, SettingAside(stock, ledger), Shipping(fulfilment(own), ledger, kept.people)


def erasing(own: Settings, kept: Stores, ledger: Ledger, engine: Engine) -> Erasing:
    """The end of a customer's personal data."""
    from activities.labels.erasing import remove_files
    from database.engine import scrub
    from ledger.erasing import Erasing

    stores = (ledger, kept.snapshots, kept.contacts, kept.notes, kept.boxes, kept.people)
    clean = partial(scrub, engine, "contacts", "notes", "boxes")
    return Erasing(*stores, partial(remove_files, own.labels_folder), clean)


def collecting(provider: Payments, ledger: Ledger) -> object:
    """What shoppers pay on top."""
    from activities.payments.collecting import Collecting

    return Collecting(provider, ledger)


def codec(own: Settings) -> PayloadCodec | None:
    """What encrypts payloads on their way to Temporal; None without keys."""
    from domain.payload_keys import parse_keys
    from encryption import codec

    return codec(parse_keys(own.payload_keys.get_secret_value()))


def converter(own: Settings) -> DataConverter:
    """How values travel to Temporal and back, the same for clients, workers and replays."""
    from encryption import converted

    return converted(codec(own))


def _storefront(own: Settings) -> StorefrontCalls:
    from activities.calling import StorefrontCalls

    return StorefrontCalls(own.storefront_url, own.storefront_secret.get_secret_value())


def receivers() -> Receivers:
    """How those are told who listen to events."""
    from activities.storefront.via_standard_webhooks import StandardWebhooks

    return StandardWebhooks()


def carrier(own: Settings) -> Labels:
    """Who sells labels. Raises InvalidRequest naming the setting that it cannot work with."""
    if own.carrier == "easypost":
        from activities.labels.via_easypost import EasyPostLabels

        key, more = own.easypost_api_key.get_secret_value(), (own.label_format, own.easypost_services)
        return EasyPostLabels(key, own.easypost_address, own.parcel, *more, api_base=own.easypost_api_base)
    from activities.labels.embedded import EmbeddedLabels

    if not own.carrier_url:
        text = "the service that registers our labels is missing; or have BACKHAUL_CARRIER=easypost sell them"
        raise InvalidRequest("BACKHAUL_CARRIER_URL", text)
    token = own.carrier_token.get_secret_value()
    return EmbeddedLabels(own.carrier_url, token, own.labels_folder, own.public_url, format=own.label_format)


def warehouse(own: Settings) -> Inventory:
    """Who keeps the stock: a warehouse system, else the journal."""
    from activities.inventory.embedded import EmbeddedInventory
    from activities.inventory.via_webhook import WebhookInventory

    if address := own.warehouse_url:
        return WebhookInventory(address, own.warehouse_secret.get_secret_value())
    return EmbeddedInventory()


def payments(own: Settings) -> Payments:
    """The payment provider."""
    from activities.payments.via_stripe import StripePayments

    return StripePayments(own.stripe_api_key.get_secret_value(), own.stripe_api_base)


def refunds(own: Settings, provider: Payments) -> Routed:
    """The ways for money back: which tender is paid how. What has no way, a person pays."""
    from activities.payments.by_hand import ByHand
    from activities.payments.routed import Routed
    from activities.payments.via_storefront import StorefrontPayments
    from domain.order import TenderKind

    ways: dict[TenderKind, Refunds] = {TenderKind.CARD: provider}
    if address := own.storefront_url:
        shop = StorefrontPayments(address, own.storefront_secret.get_secret_value())
        ways |= {TenderKind.GIFT_CARD: shop, TenderKind.STORE_CREDIT: shop}
    return Routed(ways, others=ByHand())


def purses(own: Settings) -> Purses | None:
    """Where customers' store credit is kept; None where only people can reach it."""
    from activities.payments.via_storefront import StorefrontPayments

    if address := own.storefront_url:
        return StorefrontPayments(address, own.storefront_secret.get_secret_value())
    return None


def mail(own: Settings) -> Mail:
    """Who sends mail."""
    if own.mail == "smtp":
        from activities.mail.via_smtp import SmtpMail

        return SmtpMail(own.smtp_url.get_secret_value(), own.mail_from, own.shop_name)
    from activities.mail.via_sendgrid import SendGridMail

    return SendGridMail(
        api_key=own.sendgrid_api_key.get_secret_value(),
        host=own.sendgrid_host,
        sender=own.mail_from,
        sender_name=own.shop_name,
        templates={kind.value: template for kind, template in own.sendgrid_templates.items()},
        sandbox=own.sendgrid_sandbox,
    )


def outside(own: Settings) -> dict[str, Callable[[], object]]:
    """Everybody outside whom these settings name, ready to be made."""
    named: dict[str, Callable[[], object]] = {
        "stripe": partial(payments, own),
        "mail": partial(mail, own),
        "carrier": partial(carrier, own),
    }
    named |= {"storefront": partial(purses, own)} if own.storefront_url else {}
    return named | ({"warehouse": partial(warehouse, own)} if own.warehouse_url else {})


_NEEDED = {
    ids.RETURNS_QUEUE: {"stripe", "carrier", "storefront", "warehouse"},
    ids.PAYMENTS_QUEUE: {"stripe", "storefront"},
    ids.MAIL_QUEUE: {"mail"},
}
"""Whom the activities of each queue speak to."""


def check_settings(own: Settings, queues: Collection[str] = tuple(_NEEDED)) -> None:
    """Raises InvalidRequest naming every setting with which whoever serves these queues cannot work."""
    faults = []
    for name, make in outside(own).items():
        try:
            if any(name in _NEEDED[queue] for queue in queues):
                make()
        except InvalidRequest as fault:
            faults.append(fault)
    if faults:
        raise together(faults)


def renderer(own: Settings) -> Renderer:
    """What makes the letters, with the merchant's name, look and templates."""
    from activities.mail.branding import Branding
    from activities.mail.render import Renderer

    look = Branding(
        logo_url=own.mail_logo_url,
        accent=own.mail_accent,
        support_mail=own.support_mail,
        support_url=own.support_url,
        imprint=own.mail_imprint,
    )
    return Renderer(own.shop_name, look, Path(own.mail_templates) if own.mail_templates else None)


STATUTES = ROOT / "policies" / "statutes"


def document_of(text: str) -> str:
    """The canonical JSON of a policy's file."""
    from activities.decisions.policy_file import canonical_document
    from domain.canonical import canonical_json

    return canonical_json(canonical_document(text))


@cache
def law() -> tuple[PublishedStatute, ...]:
    """The law that every policy stands on, as it came with this version of the program. No settings are needed."""
    from activities.decisions.policy_file import load_statutes

    return load_statutes(STATUTES)
