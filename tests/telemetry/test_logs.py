"""One format for all processes: fields of JSON, lines for people, and what is kept quiet."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from settings import Settings
from telemetry import logs
from telemetry.traces import plugins, tracing


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_json_is_one_object_a_line_whatever_is_in_the_message(out: io.StringIO) -> None:
    logs.set_up("json", stream=out)
    logging.getLogger("portal.loop").warning('two\nlines of %s and "quotes"', "Zürich")
    (line,) = map(json.loads, out.getvalue().splitlines())
    assert line["message"] == 'two\nlines of Zürich and "quotes"'
    assert (line["level"], line["logger"]) == ("warning", "portal.loop")
    assert line["time"].endswith("+00:00")
    assert set(line) == {"time", "level", "logger", "message"}


def test_a_fault_has_its_traceback_and_what_is_meant_for_people_its_words(out: io.StringIO) -> None:
    logs.set_up("json", stream=out)
    for error in (ZeroDivisionError("by nothing"), ApplicationError("Stripe is away", type="Unavailable")):
        try:
            raise error
        except Exception:
            logging.exception("it failed")
    fault, told = map(json.loads, out.getvalue().splitlines())
    assert "Traceback" in fault["error"]
    assert fault["error"].endswith("ZeroDivisionError: by nothing")
    assert told["error"] == "Unavailable: Stripe is away"


async def test_whoever_logs_in_an_activity_says_of_which_return(out: io.StringIO) -> None:
    logs.set_up("text", stream=out)
    environment = ActivityEnvironment()
    environment.info = environment.default_info()
    environment.info = type(environment.info)(
        **{**environment.info.__dict__, "workflow_id": "return-R-7", "activity_type": "pay_leg", "attempt": 3}
    )
    environment.run(lambda: logging.getLogger("stripe").warning("slow"))
    environment.run(lambda: activity.logger.info("asked"))
    first, second = out.getvalue().splitlines()
    assert first.endswith("WARNING stripe slow (case R-7, activity pay_leg, attempt 3)")
    assert second.endswith("INFO temporalio.activity asked (case R-7, activity pay_leg, attempt 3)")


def test_libraries_that_print_addresses_or_keys_are_held_back(out: io.StringIO) -> None:
    logs.set_up("json", stream=out)
    for name in ("httpx2", "stripe", "urllib3", "easypost"):
        logging.getLogger(name).info("GET https://shop.example/?key=secret")
    assert out.getvalue() == ""


@pytest.mark.parametrize(("terminal", "begins"), [(True, "20"), (False, "{")])
def test_auto_is_text_at_a_terminal_alone(out: io.StringIO, terminal: bool, begins: str) -> None:
    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    stream = Stream()
    logs.set_up("auto", stream=stream)
    logging.info("hello")
    assert stream.getvalue().startswith(begins)


@pytest.mark.parametrize("address", ["localhost:9464", "9464", "127.0.0.1", "http://127.0.0.1:9464", "127.0.0.1:"])
def test_an_address_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("BACKHAUL_METRICS_ADDRESS", address)
    with pytest.raises(Exception, match="write an address and a port"):
        Settings.load()


def test_without_a_collector_there_are_no_traces() -> None:
    with tracing(False, "backhaul"):
        assert plugins() == []
