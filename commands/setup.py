"""What stands before everything else: the database's tables."""

from __future__ import annotations

from commands import output
from commands.deployment import open_rooms
from commands.output import AsJson, example

database = output.group("The database.")


@database.command(epilog=example("database upgrade"))
def upgrade(as_json: AsJson = False) -> None:
    """Make the tables, or bring them to the newest version; safe to run again."""
    from database.engine import migrate

    engine = open_rooms().engine
    migrate(engine)
    address = engine.url.render_as_string(hide_password=True)
    if as_json:
        output.print_json({"database": address, "up_to_date": True})
    else:
        output.say(f"The database {address} is up to date.")
