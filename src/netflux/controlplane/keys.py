"""Access keys that this region issued itself, and whom they stand for.

Keys that nobody issued stand for the account, unverified: a local cloud hands no secrets to people, so there is nothing
to verify them with. Issued keys are always verified.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netflux.policy.evaluate import Principal


@dataclass(frozen=True)
class Key:
    """An issued key.

    Attributes:
        access_key: access key id.
        secret: secret access key.
        principal: whom a request signed with it comes from.
        context: condition keys (lower-case) that such a request carries, e.g. `aws:sourcearn`.
    """

    access_key: str
    secret: str
    principal: Principal
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Keys:
    """Issued keys, in memory: those of the region's own services are issued anew at each start."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}

    def issue(self, principal: Principal, context: Mapping[str, Sequence[str]] | None = None) -> Key:
        """A fresh key for the principal."""
        key = Key(f"NFIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30), principal, context or {})
        self.add(key)
        return key

    def add(self, key: Key) -> None:
        """Makes a key known that was issued elsewhere."""
        self._keys[key.access_key] = key

    def revoke(self, access_key: str) -> None:
        """Requests signed with it are no longer its principal's."""
        self._keys.pop(access_key, None)

    def find(self, access_key: str) -> Key | None:
        """The key, if this region issued it."""
        return self._keys.get(access_key)
