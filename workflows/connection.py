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
        address = config.get("target_host")
        raise Unavailable(
            f"No Temporal server answers at {address}. Start one with `make demo` or `python -m embedded`, "
            "or set TEMPORAL_ADDRESS."
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


def _unusable(error: Exception) -> Unavailable:
    # The first line alone: a broken file's own lines, which may hold a key, come after it.
    words = str(error).partition("\n")[0]
    return Unavailable(f"Temporal's own configuration (TEMPORAL_* and its profiles) does not work: {words}")
