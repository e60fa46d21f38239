"""The return that the benchmarks play: the plain one of the recordings."""

from __future__ import annotations

from benchmarks.tape import Tape
from tests.histories import recording

_CASE = "R-1"
(_HISTORY,) = recording.Recording.read(recording.FOLDER / "plain_return.json.gz").histories
TAPE = Tape(_CASE, _HISTORY.events)
