"""When the certificates end that this deployment shows to others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cryptography.x509 import load_pem_x509_certificate
from temporalio.service import TLSConfig

from settings import profiles
from workflows.connection import configured


def shown() -> bytes | None:
    """The certificate (PEM) that is shown to Temporal; None if none is. Raises Unavailable."""
    tls = configured(profiles()).get("tls")
    return tls.client_cert if isinstance(tls, TLSConfig) else None


def ends(client: Callable[[], bytes | None]) -> dict[str, datetime]:
    """The end of the certificate that is shown to Temporal, if one is; a file that is none says nothing here, because
    the connection fails of it and says so."""
    try:
        return {"temporal": load_pem_x509_certificate(pem).not_valid_after_utc} if (pem := client()) else {}
    except ValueError:
        return {}
