"""Git key pairs: ed25519, in OpenSSH's own formats."""

from __future__ import annotations

from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


class KeyPair(NamedTuple):
    """`public` is one line of an authorized_keys file; `private` a PEM block, kept beside the log."""

    public: str
    private: str


def generate_key_pair() -> KeyPair:
    """A fresh pair; takes well under a millisecond."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() + "\n"
    return KeyPair(public, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode())
