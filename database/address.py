"""What people call the database's address."""

from __future__ import annotations

DATABASE_URL = "BACKHAUL_DATABASE_URL"
"""The setting that holds it; errors name it."""
