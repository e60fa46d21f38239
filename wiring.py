"""Joins the rooms: `rooms(settings)` gives every activity its stores and adapters; `connect` finds Temporal.

Everything is made on first use, so that a command that only reads the journal does not load Stripe.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import adapters
from adapters import STATUTES as STATUTES
from adapters import check_settings as check_settings
from adapters import law as law
from adapters import outside as outside
from adapters import plugins as plugins
from settings import Settings, home, profiles

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from temporalio.client import Client

    from activities.decisions import DecisionActivities
    from activities.decisions.approvals import ApprovalActivities
    from activities.decisions.mending import WordActivities
    from activities.decisions.overrides import OverrideActivities
    from activities.inventory import Inventory, InventoryActivities
    from activities.inventory.boxes import BoxDesk
    from activities.labels import LabelActivities
    from activities.labels.parcels import ParcelActivities
    from activities.mail import MailActivities
    from activities.payments import PaymentActivities, Payments
    from activities.payments.aftercare import AftercareActivities
    from activities.payments.news import NewsActivities
    from activities.payments.other_ways import OtherWays
    from activities.payments.reconciling import ReconcileActivities
    from activities.payments.routed import Routed
    from activities.payments.taking_back import TakingBackActivities
    from activities.returns import ReturnsActivities
    from activities.storefront import Storefront, StorefrontActivities
    from activities.storefront.intake import Intake
    from activities.storefront.outgoing import Receivers
    from database.stores import Stores
    from domain.policy import PublishedStatute
    from ledger import Ledger
    from ledger.credit_notes import CreditNotes
    from ledger.erasing import Erasing


class Rooms:
    """All rooms of one deployment."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def engine(self) -> Engine:
        """The database."""
        from database.engine import connect as connect_database

        home().mkdir(parents=True, exist_ok=True)
        return connect_database(self.settings.database)

    @cached_property
    def ledger(self) -> Ledger:
        """Journal and accounts."""
        from ledger.store import SqlLedger

        return SqlLedger(self.engine, adapters.document_of)

    @cached_property
    def stores(self) -> Stores:
        """The tables beside the journal."""
        from database.stores import Stores

        return Stores(self.engine)

    @cached_property
    def storefront(self) -> StorefrontActivities:
        """The shop."""
        from activities.storefront import StorefrontActivities

        kept = self.stores
        return StorefrontActivities(self.orders, kept.snapshots, kept.policies, self.ledger, kept.inbox)

    @cached_property
    def orders(self) -> Storefront:
        """Where orders are read."""
        return adapters.orders(self.settings, self.stores.orders, self.intake)

    @cached_property
    def intake(self) -> Intake:
        """How orders get in."""
        from activities.storefront.intake import Intake

        return Intake(self.stores.orders, self.stores.contacts, self.stores.policies.words)

    @cached_property
    def receivers(self) -> Receivers:
        """Those who are told of returns."""
        return adapters.receivers()

    @cached_property
    def decisions(self) -> DecisionActivities:
        """Policy, plan, end."""
        from activities.decisions import DecisionActivities

        own = (self.stores.snapshots, self.stores.policies, self.ledger, self.stores.people)
        return DecisionActivities(*own, self.credit_notes, self.statutes)

    @cached_property
    def statutes(self) -> tuple[PublishedStatute, ...]:
        return law()

    @cached_property
    def approvals(self) -> ApprovalActivities:
        """Refunds above the automatic limit."""
        from activities.decisions.approvals import ApprovalActivities
        from ledger.signing import signed_by

        return ApprovalActivities(self.stores.people, self.ledger, signed_by)

    @cached_property
    def overrides(self) -> OverrideActivities:
        """What people decide otherwise than the policy."""
        from activities.decisions.overrides import OverrideActivities
        from ledger.signing import signed_by

        kept = self.stores
        return OverrideActivities(kept.people, self.ledger, kept.snapshots, kept.policies, signed_by)

    @cached_property
    def words(self) -> WordActivities:
        """What else is said about an open return."""
        from activities.decisions.mending import WordActivities

        kept = self.stores
        return WordActivities(kept.people, self.ledger, kept.snapshots, kept.policies, kept.notes, self.statutes)

    @cached_property
    def labels(self) -> LabelActivities:
        """The carrier."""
        from activities.labels import LabelActivities
        from activities.labels.packing import Packing

        own, kept = self.settings, self.stores
        sheets = Packing(kept.snapshots, self.ledger, own.labels_folder, own.public_url, own.fonts, own.packing)
        return LabelActivities(
            adapters.carrier(own), kept.contacts, self.ledger, kept.parcels, own.return_address, sheets
        )

    @cached_property
    def parcels(self) -> ParcelActivities:
        """What travels under other numbers."""
        from activities.labels.parcels import ParcelActivities

        return ParcelActivities(self.stores.parcels, self.stores.people, self.ledger)

    @cached_property
    def inventory(self) -> InventoryActivities:
        """The warehouse."""
        from activities.inventory import InventoryActivities

        own = self.stores
        return InventoryActivities(self.warehouse, own.snapshots, own.policies, self.ledger, own.people)

    @cached_property
    def warehouse(self) -> Inventory:
        """Whoever keeps the stock: a warehouse system, else the journal."""
        return adapters.warehouse(self.settings)

    @cached_property
    def trade(self) -> tuple[object, ...]:
        """Goods for goods: promised, priced, set aside, sent."""
        return adapters.trade(self.settings, self.stores, self.ledger, self.warehouse)

    @cached_property
    def boxes(self) -> BoxDesk:
        """Boxes that nobody announced."""
        from activities.inventory.boxes import BoxDesk

        return BoxDesk(self.stores.boxes, self.stores.people, self.ledger, self.settings.box_days)

    @cached_property
    def erasing(self) -> Erasing:
        """The end of a customer's personal data."""
        return adapters.erasing(self.settings, self.stores, self.ledger, self.engine)

    @cached_property
    def credit_notes(self) -> CreditNotes:
        """The notes that settlements issue."""
        from ledger.credit_notes import CreditNotes

        return CreditNotes(self.ledger, self.stores.snapshots, self.settings.credit_note_prefix)

    @cached_property
    def provider(self) -> Payments:
        """The payment provider."""
        return adapters.payments(self.settings)

    @cached_property
    def reconciling(self) -> ReconcileActivities:
        """The nightly reconciliation."""
        from activities.payments.reconciling import ReconcileActivities

        return ReconcileActivities(self.provider, self.ledger, self.stores.snapshots)

    @cached_property
    def refunds(self) -> Routed:
        """The ways for money back: which tender is paid how. What has no way, a person pays."""
        return adapters.refunds(self.settings, self.provider)

    @cached_property
    def payments(self) -> PaymentActivities:
        """Refunds."""
        from activities.payments import PaymentActivities

        return PaymentActivities(self.refunds, self.ledger, self.credit_notes, self.refunds.sends)

    @cached_property
    def collecting(self) -> object:
        """What shoppers pay on top."""
        return adapters.collecting(self.provider, self.ledger)

    @cached_property
    def other_ways(self) -> OtherWays:
        """What people say of refunds that do not go back by themselves."""
        from activities.payments.other_ways import OtherWays
        from ledger.signing import signed_by

        stores = (self.ledger, self.stores.snapshots, self.credit_notes, self.stores.people)
        return OtherWays(self.refunds, *stores, signed_by)

    @cached_property
    def taking_back(self) -> TakingBackActivities:
        """Store credit whose money is gone."""
        from activities.payments.taking_back import TakingBackActivities

        purses = adapters.purses(self.settings)
        return TakingBackActivities(purses, self.ledger, self.stores.snapshots, self.stores.people)

    @cached_property
    def news(self) -> NewsActivities:
        """What the payment provider says of its own accord."""
        from activities.payments.news import NewsActivities

        return NewsActivities(self.provider, self.ledger, self.stores.snapshots, self.credit_notes, self.refunds)

    @cached_property
    def aftercare(self) -> AftercareActivities:
        """What comes after a return has closed."""
        from activities.payments.aftercare import AftercareActivities

        return AftercareActivities(self.ledger, self.stores.snapshots, self.stores.people)

    @cached_property
    def returns(self) -> ReturnsActivities:
        """Running returns."""
        from activities.returns import ReturnsActivities

        return ReturnsActivities()

    @cached_property
    def mail(self) -> MailActivities:
        """The mail provider."""
        from activities.mail import MailActivities

        own = (adapters.renderer(self.settings), self.stores.contacts, self.stores.outbox, self.ledger)
        return MailActivities(adapters.mail(self.settings), *own)


def rooms(settings: Settings) -> Rooms:
    """The rooms of a deployment; nothing is opened before it is used."""
    return Rooms(settings)


async def connect(**options: Any) -> Client:  # Client.connect's own options
    """A Temporal client by Temporal's own configuration, else the embedded stack's.

    Raises Unavailable with what to do if nobody answers, or if the configuration means nothing.
    """
    from workflows.connection import connected

    own = {} if "plugins" in options else {"plugins": plugins(Settings.load())}
    return await connected(profiles(), **own, **options)


def namespace() -> str:
    """The namespace of this deployment. Raises Unavailable if Temporal's own configuration means nothing."""
    from workflows.connection import configured

    return str(configured(profiles())["namespace"])
