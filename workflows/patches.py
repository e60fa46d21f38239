"""The catalogue of patches: what runs that were begun under older code do otherwise, and until when.

`workflow.patched("id")` stands where the two ways part; docs/evolution.md tells when one is needed and how it goes.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class Patch(NamedTuple):
    """One change of the commands that a workflow gives. `remove_when` says how to know that no older run is left."""

    id: str
    changed: str
    since: date
    remove_when: str


PATCHES: tuple[Patch, ...] = ()
"""None yet: nothing older than this code is running anywhere."""
