"""The README's code blocks, run as a newcomer would: against a running stack, from the project's folder."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BIN = Path(sys.executable).parent
START_SECONDS = 40


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a second terminal beside a running stack that has sold the README's order."""
    home = tmp_path_factory.mktemp("readme")
    environment = {
        **os.environ,
        "BACKHAUL_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "embedded", "--free-ports"]
    stack = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert stack.stdout is not None
    try:
        for line in stack.stdout:
            if line.startswith("Ready"):
                break
        profile = {"TEMPORAL_CONFIG_FILE": str(home / "stack.toml")}
        run(["starter.py", "orders", "import", "embedded/orders/two_rates.json"], environment)
        yield {**environment, **profile}
    finally:
        stack.send_signal(signal.SIGTERM)
        assert stack.wait(START_SECONDS) == 0
        stack.stdout.close()


def run(arguments: list[str], environment: dict[str, str]) -> str:
    """The output of a Python command that must succeed."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def shown(case: str, environment: dict[str, str]) -> dict[str, str]:
    """The return as `show` sees it, as soon as it has been decided."""
    for _ in range(START_SECONDS):
        found: dict[str, dict[str, str] | None] = json.loads(run(["starter.py", "show", case, "--json"], environment))
        view = found["return"]
        if view and view["tracking_number"]:
            return view
    raise AssertionError(f"{case} was not decided")


def test_the_python_block_starts_a_return(shell: dict[str, str]) -> None:
    (block,) = blocks("python")
    assert run(["-c", block], shell).startswith("return-R-1001 ")
    assert shown("R-1001", shell)["order_number"] == "B-2041"


def test_the_temporal_command_starts_a_return(shell: dict[str, str]) -> None:
    (block,) = [one for one in blocks("sh") if one.startswith("temporal workflow start")]
    subprocess.run(["bash", "-ec", block], cwd=ROOT, env=shell, check=True, capture_output=True)
    assert shown("R-1002", shell)["tracking_number"].startswith("BH")


def test_the_commands_of_the_second_terminal_work(shell: dict[str, str]) -> None:
    (block,) = [one for one in blocks("sh") if "starter.py list" in one]
    lines = [line.split("#")[0].strip() for line in block.splitlines() if line.startswith("python ")]
    assert len(lines) == 4
    for line in lines:
        case_it_shows = line.replace("R-two-rates", "R-1001")
        run(case_it_shows.split()[1:], shell)


def test_every_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"make ([a-z]+)", README))
    assert targets >= {"demo", "test"}
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_every_link_to_a_file_leads_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith("https://") or (ROOT / link).exists(), link
