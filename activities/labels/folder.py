"""The folder of label files and packing sheets, which shoppers reach under a public address."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

from domain.errors import Unavailable


class LabelFolder:
    """Files that are written once. `public_url` is where browsers reach them."""

    def __init__(self, folder: Path, public_url: str) -> None:
        self._folder = folder
        self._public_url = public_url.rstrip("/")

    def find(self, stem: str, ending: str) -> str:
        """The address of a file that was kept; empty if there is none."""
        return next(map(self._url, self._folder.glob(f"{stem}-*.{ending}")), "")

    def keep(self, stem: str, ending: str, draw: Callable[[], bytes]) -> str:
        """Write a file once and give its address; one that is there was printed, perhaps, and stays as it is.

        It shows where somebody lives and its stem may be guessed, so its name also holds a part that nobody can guess:
        whoever has the address was given it. Raises Unavailable if it cannot be written.
        """
        if there := self.find(stem, ending):
            return there
        target = self._folder / f"{stem}-{secrets.token_urlsafe(16)}.{ending}"
        content = draw()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write_whole(target, content)
        except OSError as error:
            raise Unavailable(f"The label could not be written to {self._folder} ({error.strerror})") from None
        return self._url(target)

    def _url(self, file: Path) -> str:
        return f"{self._public_url}/labels/{file.name}"


def _write_whole(target: Path, content: bytes) -> None:
    # Named after the label, so that whoever erases a person also finds what a killed process left behind.
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    finally:
        Path(part).unlink(missing_ok=True)
