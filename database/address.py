"""What people call the database's address."""

from __future__ import annotations

DATABASE_URL = "BACKHAUL_DATABASE_URL"
"""The setting that holds it; errors name it."""

NOT_SCRUBBED = "what was erased is not shown any more, but stands on in the database's files; run this again"
"""What to say where the files could not be written anew."""
