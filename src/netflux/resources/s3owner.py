"""Canonical user ids, by which S3 names owners and grantees."""

from __future__ import annotations

import hashlib
from functools import lru_cache

ANONYMOUS = "65a011a29cdf8ec533ec3d1ccaae921c"
"""Of who puts an object unsigned: AWS's own id for it."""


@lru_cache(maxsize=256)
def canonical_id(account: str) -> str:
    """64 hexadecimal digits that are always the same for an account; `ANONYMOUS` for none."""
    if not account:
        return ANONYMOUS
    return hashlib.sha256(f"canonical user of {account}".encode()).hexdigest()
