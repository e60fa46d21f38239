"""The tables beside the journal: one small class per group, each a Protocol of `domain.stores`."""

from sqlalchemy import Engine

from database.stores.boxes import SqlBoxes
from database.stores.inbox import SqlInbox
from database.stores.notices import SqlOutbox
from database.stores.orders import SqlOrders, SqlSnapshots
from database.stores.parcels import SqlParcels
from database.stores.people import SqlContacts, SqlNotes
from database.stores.policies import SqlPolicies
from database.stores.staff import SqlPeople
from domain.stores import Boxes, Contacts, Inbox, Notes, Orders, Outbox, Parcels, People, Policies, Snapshots

__all__ = [
    "SqlBoxes",
    "SqlContacts",
    "SqlInbox",
    "SqlNotes",
    "SqlOrders",
    "SqlOutbox",
    "SqlParcels",
    "SqlPeople",
    "SqlPolicies",
    "SqlSnapshots",
    "Stores",
]


class Stores:
    """All of them in one database, each seen by its Protocol."""

    def __init__(self, engine: Engine) -> None:
        self.orders: Orders = SqlOrders(engine)
        """The embedded storefront's shelf of orders."""
        self.snapshots: Snapshots = SqlSnapshots(engine)
        """Orders as they were decided on."""
        self.contacts: Contacts = SqlContacts(engine)
        """Personal data."""
        self.notes: Notes = SqlNotes(engine)
        """Free text."""
        self.people: People = SqlPeople(engine)
        """Who may act."""
        self.policies: Policies = SqlPolicies(engine)
        """Published policies."""
        self.outbox: Outbox = SqlOutbox(engine)
        """Mails and what became of them."""
        self.inbox: Inbox = SqlInbox(engine)
        """What vendors told."""
        self.boxes: Boxes = SqlBoxes(engine)
        """Boxes that nobody announced."""
        self.parcels: Parcels = SqlParcels(engine)
        """Which returns have goods in which parcels."""
