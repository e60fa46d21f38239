"""Payloads on their way to Temporal and back: encrypted with AES-256-GCM where the deployment has keys.

What was written before there were keys stays readable, and so does what older keys encrypted, while they are known.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from domain.errors import Refused, Unavailable

ENCODING = b"binary/encrypted"
_KEY, _WORKFLOW = "backhaul-key", "backhaul-workflow"
_NONCE_BYTES = 12


def codec(keys: Mapping[str, bytes]) -> EncryptionCodec | None:
    """What encrypts with these keys; None without any."""
    return EncryptionCodec({name: AESGCM(key) for name, key in keys.items()}) if keys else None


class EncryptionCodec(PayloadCodec, WithSerializationContext):
    """Encrypts with the first key, decrypts with any.

    What is encrypted for a workflow names it, and the name is authenticated: in another workflow it is refused. The
    namespace is no part of it, because histories are restored and replayed under other ones.
    """

    def __init__(self, ciphers: Mapping[str, AESGCM], workflow: str = "") -> None:
        self._ciphers = ciphers
        self._active = next(iter(ciphers))
        self._workflow = workflow

    def with_context(self, context: SerializationContext) -> EncryptionCodec:
        """The same keys for the payloads of one workflow."""
        if isinstance(context, (WorkflowSerializationContext, ActivitySerializationContext)):
            return EncryptionCodec(self._ciphers, context.workflow_id or "")
        return EncryptionCodec(self._ciphers)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each payload encrypted, its own metadata included."""
        return [self._encrypted(one) for one in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each as it was; what is not encrypted is left alone.

        Raises Unavailable if its key is not known here, and Refused if it was changed or belongs to another workflow.
        """
        return [self._decrypted(one) if one.metadata.get("encoding") == ENCODING else one for one in payloads]

    def _encrypted(self, payload: Payload) -> Payload:
        nonce = os.urandom(_NONCE_BYTES)
        told = {_KEY: self._active.encode(), _WORKFLOW: self._workflow.encode()}
        sealed = self._ciphers[self._active].encrypt(nonce, payload.SerializeToString(), _authenticated(told))
        return Payload(metadata={"encoding": ENCODING, **told}, data=nonce + sealed)

    def _decrypted(self, payload: Payload) -> Payload:
        told = {name: payload.metadata.get(name, b"") for name in (_KEY, _WORKFLOW)}
        name = told[_KEY].decode(errors="replace")
        cipher = self._ciphers.get(name)
        if cipher is None:
            # Not a final no: a process that has the key, or this one with it, takes the same payload.
            text = f"A payload is encrypted with key {name!r}, which is not among BACKHAUL_PAYLOAD_KEYS here."
            raise Unavailable(text)
        bound = told[_WORKFLOW].decode(errors="replace")
        # Whoever reads without knowing a workflow (the Temporal UI) reads all; what came from there is bound to none.
        if bound and self._workflow and bound != self._workflow:
            raise Refused("moved", f"A payload that was encrypted for {bound!r} stands in {self._workflow}.")
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            return Payload.FromString(cipher.decrypt(nonce, sealed, _authenticated(told)))
        except (InvalidTag, ValueError):
            text = f"A payload that names key {name!r} was changed, or was encrypted with another key of that name."
            raise Refused("not_authentic", text) from None


def _authenticated(told: Mapping[str, bytes]) -> bytes:
    # An id of a key has no line break, so one pair of them makes one text.
    return told[_KEY] + b"\n" + told[_WORKFLOW]
