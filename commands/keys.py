"""Keys that deployments are set up with."""

from __future__ import annotations

import os
from base64 import b64encode
from typing import Annotated

import typer

from commands import output
from commands.output import AsJson, example

app = output.group("Keys.")


@app.command("payload-key", epilog=example("payload-key k2"))
def payload_key(
    name: Annotated[str, typer.Argument(metavar="ID", help="What it is called; every key has an id of its own.")],
    as_json: AsJson = False,
) -> None:
    """Make a key that payloads are encrypted with, for BACKHAUL_PAYLOAD_KEYS. It is printed and kept nowhere."""
    from domain.errors import InvalidRequest
    from domain.payload_keys import KEY_BYTES, checked_id

    try:
        checked_id(name)
    except ValueError as error:
        raise InvalidRequest("ID", str(error)) from None
    made = f"{name}:{b64encode(os.urandom(KEY_BYTES)).decode()}"
    if as_json:
        output.print_json({"id": name, "key": made})
    else:
        output.say(made)
