"""Logs of every process: lines for people at a terminal, else one JSON object per line, with the same fields."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, TextIO

from pythonjsonlogger.json import JsonFormatter

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
LogFormat = Literal["auto", "json", "text"]

FIELDS = (
    "time",
    "level",
    "logger",
    "message",
    "error",
    "case",
    "workflow_type",
    "workflow_id",
    "run_id",
    "activity",
    "attempt",
    "queue",
    "trace_id",
)
"""All that a line may hold; those that mean nothing where it was written are left out."""

_IN_WORDS = "ApplicationError"
"""What the activities raise towards Temporal."""
_CASE = "return-"
_ABOUT = ("case", "activity", "attempt")
"""What stands behind a line for people, where there is anything of it."""
_QUIET = {
    # They tell whole addresses, and an endpoint's may hold a secret of its receiver's.
    "httpx2": logging.WARNING,
    "urllib3": logging.WARNING,
    # At DEBUG they print the Authorization header.
    "stripe": logging.WARNING,
    "easypost": logging.WARNING,
    "python_http_client": logging.INFO,
}


def set_up(format: LogFormat = "auto", level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Have the whole process log to `stream` (stderr) from here on, in one format; calling it again replaces it."""
    to = stream or sys.stderr
    as_json = format == "json" or (format == "auto" and not to.isatty())
    handler = logging.StreamHandler(to)
    handler.setFormatter(_Json() if as_json else _Text())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, level))
    _bare_messages()


def about(record: logging.LogRecord) -> dict[str, str | int]:
    """Which return, run, activity and attempt a line is about, as far as it was written in one."""
    told = _told(record)
    found: dict[str, str | int] = {}
    workflow_id = str(told.get("workflow_id", ""))
    if workflow_id.startswith(_CASE):
        found["case"] = workflow_id.removeprefix(_CASE)
    names = {
        "workflow_type": "workflow_type",
        "workflow_id": "workflow_id",
        "run_id": "run_id" if "run_id" in told else "workflow_run_id",
        "activity": "activity_type",
        "attempt": "attempt",
        "queue": "task_queue",
    }
    for ours, theirs in names.items():
        value = told.get(theirs)
        # A workflow's attempt is always the first; an activity's is what people look for.
        if isinstance(value, (str, int)) and (ours != "attempt" or "activity_type" in told):
            found[ours] = value
    if trace := _trace():
        found["trace_id"] = trace
    return found


def _told(record: logging.LogRecord) -> Mapping[str, object]:
    """What Temporal's own loggers put on a record; for any other logger, the activity that it was called in."""
    for name in ("temporal_activity", "temporal_workflow"):
        if isinstance(told := getattr(record, name, None), Mapping):
            return told
    # A process that never loaded it is in no activity, and does not have to load it for its logs.
    activity = sys.modules.get("temporalio.activity")
    if activity is None or not activity.in_activity():
        return {}
    info = activity.info()
    names = ("workflow_type", "workflow_id", "workflow_run_id", "activity_type", "attempt", "task_queue")
    return {name: getattr(info, name) for name in names}


def _trace() -> str:
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return ""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


def _bare_messages() -> None:
    """Temporal's loggers write what they know behind each message, unless told that it has a place of its own."""
    for name in ("workflow", "activity"):
        if module := sys.modules.get(f"temporalio.{name}"):
            setattr(module.logger, f"{name}_info_on_message", False)


class _ForPeople(logging.Formatter):
    """Of a failure that was put into words for people, the words: the way to it is Temporal's own code."""

    def formatException(self, ei: ExcInfo) -> str:
        error = ei[1]
        return str(error) if type(error).__name__ == _IN_WORDS else super().formatException(ei)


class _Json(_ForPeople, JsonFormatter):
    def __init__(self) -> None:
        super().__init__(json_ensure_ascii=False)

    def format(self, record: logging.LogRecord) -> str:
        """One object on one line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **about(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return self.serialize_log_record(line)


class _Text(_ForPeople):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line, and behind it what it is about."""
        known = about(record)
        behind = ", ".join(f"{name} {known[name]}" for name in _ABOUT if name in known)
        return super().formatMessage(record) + (f" ({behind})" if behind else "")
