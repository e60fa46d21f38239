"""What a worker says of itself to whoever restarts processes, and the check of its container that asks."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from domain.errors import Refused
from health import told
from settings import ROOT
from tests.loopback import plain_client


@pytest.fixture
def missing() -> list[str]:
    """What is missing now."""
    return []


@pytest.fixture
def port() -> int:
    """One that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest_asyncio.fixture
async def worker(port: int, missing: list[str]) -> AsyncIterator[httpx2.AsyncClient]:
    async def words() -> str:
        return ", ".join(missing)

    async with told(port, words), plain_client(f"http://127.0.0.1:{port}") as http:
        yield http


async def check(*words: object) -> tuple[int, str]:
    """The container's own."""
    command = [sys.executable, str(ROOT / "deploy" / "healthy.py"), *map(str, words)]
    pipe = asyncio.subprocess.PIPE
    done = await asyncio.create_subprocess_exec(*command, stderr=pipe)
    _, said = await done.communicate()
    return done.returncode or 0, said.decode().strip()


async def test_it_is_ready_while_nothing_is_missing(worker: httpx2.AsyncClient, missing: list[str], port: int) -> None:
    assert [(await worker.get(path)).status_code for path in ("/live", "/ready")] == [200, 200]
    assert await check(port) == (0, "")
    missing.append("the worker stops")
    answers = [await worker.get(path) for path in ("/live", "/ready")]
    assert [(one.status_code, one.text) for one in answers] == [(200, "live\n"), (503, "the worker stops\n")]
    assert await check(port) == (1, "the worker stops")


async def test_where_nobody_is_the_check_fails(port: int) -> None:
    code, words = await check(port)
    assert code == 1
    assert words.startswith(f"no worker answers at port {port}")


@pytest.mark.parametrize("asked", [b"", b"\r\n", b"GET /\r\n", b"POST /ready HTTP/1.1\r\n", b"\xff" * 70_000])
async def test_other_words_do_no_harm(worker: httpx2.AsyncClient, port: int, asked: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    writer.write_eof()
    answer = (await reader.read()).partition(b"\r\n")[0]
    assert answer in (b"", b"HTTP/1.1 404 Not Found")
    writer.close()
    assert (await worker.get("/ready")).status_code == 200


async def test_a_port_that_is_taken_is_named(worker: httpx2.AsyncClient, port: int) -> None:
    async def nothing() -> str:
        return ""

    with pytest.raises(Refused, match=f"port {port} .*BACKHAUL_WORKER_PORT"):
        async with told(port, nothing):
            pass


async def test_without_a_port_nobody_is_told() -> None:
    async def never() -> str:
        raise AssertionError("nobody asked")

    async with told(None, never):
        pass
