"""Deterministic ids: streams that are found by what they stand for, not by a random id."""

from __future__ import annotations

from uuid import UUID, uuid5

NIL = "00000000-0000-0000-0000-000000000000"

#: Owner of unclaimed prebuilt workspaces (contract/workspaces.md 2); it never signs in.
PREBUILDS_USER = "c42fdf75-3097-471c-8c33-fb52454d81c0"

_RESERVATIONS = UUID("0d6ff0a5-6c0c-5b0e-9f1c-3f8b5a0f6a11")
_API_KEYS = UUID("4d2f5d3e-8a44-5c59-8d0e-6a0c6b1f9b22")


def reservation_id(kind: str, *parts: str) -> str:
    """Stream id of the reservation of a name: `kind` ("workspace"), then the scope and the folded name."""
    return str(uuid5(_RESERVATIONS, "\x1f".join((kind, *parts))))


def api_key_stream_id(key_id: str) -> str:
    """Stream id of the API key whose public id has 10 characters."""
    return str(uuid5(_API_KEYS, key_id))
