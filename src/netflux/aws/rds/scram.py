"""Passwords, and what PostgreSQL keeps of them: a SCRAM-SHA-256 verifier, from which nobody gets the password back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string

ITERATIONS = 4096
"""PostgreSQL's default of scram_iterations."""

PASSWORD_LENGTH = 28
"""Length of the passwords that RDS generates for secrets it manages, as seen."""

_SYMBOLS = "!#$%&()*+,-.:;<=>?[]^_{|}~"
"""Printable characters that are no nuisance in SQL, shells and URLs of their own, and that RDS allows."""


def generate() -> str:
    """A new password, with at least one upper-case and lower-case letter, digit and symbol."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SYMBOLS)
    letters = [secrets.choice(kind) for kind in kinds]
    letters += [secrets.choice("".join(kinds)) for _ in range(PASSWORD_LENGTH - len(letters))]
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)


def verifier(password: str, salt: bytes | None = None) -> str:
    """What `ALTER ROLE … PASSWORD` takes in place of the password, which is ASCII, as RDS demands."""
    salt = secrets.token_bytes(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
