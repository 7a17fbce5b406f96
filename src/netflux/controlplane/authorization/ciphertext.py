"""Which key of KMS a ciphertext names: policies of that key decide who may decrypt it."""

from __future__ import annotations

import uuid

FORM = b"\x01"
"""The first byte of what KMS encrypts here; the key's id follows in 16 bytes."""


def key_of(blob: bytes) -> str:
    """The key's id; empty where the bytes name none."""
    if blob[:1] == FORM and len(blob) > 17:
        return str(uuid.UUID(bytes=blob[1:17]))
    try:
        return str(uuid.UUID(blob[:36].decode()))  # of a release that had moto for KMS
    except (UnicodeDecodeError, ValueError):
        return ""
