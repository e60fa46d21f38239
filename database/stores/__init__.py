"""The tables beside the journal: one small class per group, each a Protocol of `domain.stores`."""

from database.stores.inbox import SqlInbox
from database.stores.notices import SqlOutbox
from database.stores.orders import SqlOrders, SqlSnapshots
from database.stores.parcels import SqlParcels
from database.stores.people import SqlContacts, SqlNotes
from database.stores.policies import SqlPolicies
from database.stores.staff import SqlPeople

__all__ = [
    "SqlContacts",
    "SqlInbox",
    "SqlNotes",
    "SqlOrders",
    "SqlOutbox",
    "SqlParcels",
    "SqlPeople",
    "SqlPolicies",
    "SqlSnapshots",
]
