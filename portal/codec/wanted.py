"""The codec server of a deployment, by its settings."""

from __future__ import annotations

from urllib.parse import urlsplit

from adapters import codec
from domain.codec_tokens import parse_tokens
from domain.errors import InvalidRequest
from portal.codec.app import CodecServer
from portal.codec.people import Readers
from portal.serve import now
from settings import Settings
from wiring import namespace


def codec_server(settings: Settings) -> CodecServer:
    """Who is answered, and with which keys. Raises InvalidRequest naming the setting that is missing."""
    decrypts = codec(settings)
    if decrypts is None:
        raise InvalidRequest("BACKHAUL_PAYLOAD_KEYS", "without a key nothing is encrypted, and nothing to be decrypted")
    tokens = parse_tokens(settings.codec_tokens.get_secret_value())
    if not tokens:
        raise InvalidRequest("BACKHAUL_CODEC_TOKENS", "without a token nobody may ask; write name:token")
    return CodecServer(decrypts, Readers(tokens), origins(settings), namespace(), now)


def origins(settings: Settings) -> set[str]:
    """Whose pages may ask: those that are named, and the Temporal UI's."""
    parts = urlsplit(settings.ui_url)
    named = set(settings.codec_origins)
    return named | {f"{parts.scheme}://{parts.netloc}"} if parts.netloc else named
