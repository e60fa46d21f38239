"""Ed25519 signatures of people: over what they approve, and over the journal's head.

A private key is a PEM file that only its owner can read; what is stored and shown is the public key alone.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from domain.canonical import canonical_json
from domain.errors import InvalidRequest


def new_key(path: Path) -> str:
    """Make a key pair, write the private key to a new file (mode 600) and return the public key as base64.

    Raises InvalidRequest if the file exists, because a key that is overwritten can never sign again, or cannot be made.
    """
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    if os.path.lexists(path):
        raise InvalidRequest("key", f"{path} exists already; name another file, or use the key in it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Only if it is still not there: two that make a key at once must not share a file.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
    except OSError as error:
        raise InvalidRequest("key", f"{path} cannot be written: {error.strerror}") from None
    return public_key(key)


def load_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a PEM file. Raises InvalidRequest if there is none."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise InvalidRequest("key", f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidRequest("key", f"{path} is no private key in PEM without a passphrase") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidRequest("key", f"{path} is no Ed25519 key; `starter.py people key` makes one")
    return key


def public_key(key: Ed25519PrivateKey) -> str:
    """The public half, as base64 of its 32 bytes."""
    return b64encode(key.public_key().public_bytes_raw()).decode()


def sign(key: Ed25519PrivateKey, statement: Mapping[str, object]) -> str:
    """The signature over the canonical JSON of a statement, as base64."""
    return b64encode(key.sign(canonical_json(statement).encode())).decode()


def signed_by(public: str, statement: Mapping[str, object], signature: str) -> bool:
    """Whether the owner of a public key signed exactly this statement; anything malformed is a no."""
    try:
        known = Ed25519PublicKey.from_public_bytes(b64decode(public, validate=True))
        known.verify(b64decode(signature, validate=True), canonical_json(statement).encode())
    except (InvalidSignature, NotBase64, ValueError):
        return False
    return True
