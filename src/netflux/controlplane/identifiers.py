"""Ids and ARNs, as AWS makes them."""

from __future__ import annotations

import secrets
import string

_BASE32 = string.ascii_uppercase + "234567"
_CAPITALS = string.ascii_uppercase + string.digits


def hexadecimal(prefix: str, digits: int = 17) -> str:
    """An id such as `vpc-0a1b2c3d4e5f67890`: its first digit is 0, as in AWS's long ids.

    Args:
        prefix: of the noun, without the hyphen.
        digits: after the hyphen.
    """
    return f"{prefix}-0{secrets.token_hex(digits)[: digits - 1]}"


def capitals(prefix: str, length: int) -> str:
    """An id of upper-case letters and digits, e.g. a hosted zone's `Z` and 20 of them."""
    return prefix + "".join(secrets.choice(_CAPITALS) for _ in range(length))


def base32(prefix: str, length: int = 16) -> str:
    """An id of IAM's: `AIDA`, `AROA`, `ANPA` and 16 characters or more ("IAM identifiers", IAM User Guide)."""
    return prefix + "".join(secrets.choice(_BASE32) for _ in range(length))


def mixed(length: int) -> str:
    """Letters and digits, e.g. the six that end a secret's ARN."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def arn(service: str, resource: str, account: str, region: str = "") -> str:
    """`arn:aws:{service}:{region}:{account}:{resource}`; services of the whole world have no region in it."""
    return f"arn:aws:{service}:{region}:{account}:{resource}"
