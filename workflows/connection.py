"""A client of the Temporal server that the configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.envconfig import ClientConfig, ClientConnectConfig

from domain.errors import Unavailable


async def connected(profiles: Path | None, **options: Any) -> Client:  # Client.connect's own options
    """A client by Temporal's own configuration, in the environment and in a file of profiles.

    Raises Unavailable with what to do if nobody answers, or if the configuration means nothing.
    """
    config = configured(profiles)
    try:
        return await Client.connect(**{**config, **options})
    except RuntimeError:
        address = str(config.get("target_host"))
        start = "Start one with `make demo` or" if _is_here(address) else "See whether it can be reached from here with"
        raise Unavailable(
            f"No Temporal server answers at {address}. {start} `{remedy(address)}`, or set TEMPORAL_ADDRESS."
        ) from None
    except (ValueError, OSError) as error:
        raise _unusable(error) from None


def configured(profiles: Path | None) -> ClientConnectConfig:
    """What Temporal's own configuration says. Raises Unavailable if it means nothing."""
    try:
        config = ClientConfig.load_client_connect_config(config_file=str(profiles) if profiles else None)
    except (RuntimeError, OSError) as error:
        raise _unusable(error) from None
    config.setdefault("target_host", "127.0.0.1:7233")
    config.setdefault("namespace", "default")
    return config


def remedy(address: str) -> str:
    """The command that helps where no server answers: on this machine one is started, elsewhere it is looked for."""
    return "python -m embedded" if _is_here(address) else f"temporal operator cluster health --address {address}"


def _is_here(address: str) -> bool:
    return address.rpartition(":")[0] in ("127.0.0.1", "localhost", "[::1]")


def _unusable(error: Exception) -> Unavailable:
    # The first line alone: a broken file's own lines, which may hold a key, come after it.
    words = str(error).partition("\n")[0]
    return Unavailable(f"Temporal's own configuration (TEMPORAL_* and its profiles) does not work: {words}")
