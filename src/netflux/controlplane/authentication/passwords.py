"""Passwords as they are kept: a salt and a digest, from which nobody reads the password."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_ROUNDS = 50_000


def kept(password: str) -> str:
    """What is kept of a password."""
    salt = secrets.token_hex(16)
    return f"{salt}${_digest(password, salt)}"


def matches(password: str, known: str) -> bool:
    """Whether it is the password of which this is kept."""
    salt, _, digest = known.partition("$")
    return hmac.compare_digest(_digest(password, salt), digest)


def _digest(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), _ROUNDS).hex()
