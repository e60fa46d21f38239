"""What a Temporal namespace has to be before the first worker comes; deploy/temporal-init.sh makes it so."""

from __future__ import annotations

from datetime import timedelta

from workflows.return_case.view import SEARCH_ATTRIBUTES

RETENTION = timedelta(days=90)
"""How long closed returns stay in the Temporal UI; the journal keeps them for ever."""

ATTRIBUTE_TYPES = {key.name: key.indexed_value_type.name.capitalize() for key in SEARCH_ATTRIBUTES}
"""The type of each search attribute by its name, in the words of Temporal's command line."""
