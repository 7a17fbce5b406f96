"""Access keys that are good in this region, and whom they stand for.

Four kinds: those of the region's own services, issued anew at each start; the development pair of the state directory;
sessions that STS handed out, kept on disk; and users' keys, which are moto's.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from netflux.controlplane.records.documents import Documents
from netflux.policy.evaluate import Principal, account_root

WELL_KNOWN = "test"
"""Id and secret of the pair that programs for local clouds have by convention."""
SESSION = "sts.session"
_LETTERS = string.ascii_uppercase + "234567"
_OF_A_USER = re.compile(r"AKIA[A-Z0-9]{12,28}")  # "IAM identifiers", IAM User Guide


@dataclass(frozen=True)
class Key:
    """A key that is good.

    Attributes:
        access_key: access key id.
        secret: secret access key; empty where it is not verified (`--any-credentials`).
        principal: whom a request signed with it comes from.
        context: condition keys (lower-case) that such a request carries, e.g. `aws:sourcearn`.
        token: that requests must carry as well; empty for long-term keys.
        expires: when a session ends.
        secretive: whether only who was given it can have it: a page of the web cannot.
        policies: documents of session policies, which limit what the principal may do with this key.
    """

    access_key: str
    secret: str
    principal: Principal
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)
    token: str = ""
    expires: datetime | None = None
    secretive: bool = True
    policies: tuple[str, ...] = ()


@dataclass(frozen=True)
class UserKey:
    """A user's access key, as IAM has it."""

    secret: str
    active: bool
    arn: str


class Users(Protocol):
    """Knows users' access keys."""

    async def user_key(self, access_key: str) -> UserKey | None:
        """The key; None when no user has it."""
        ...


class Keys:
    """Finds keys by their id.

    Args:
        documents: keeps sessions; None where there are none.
        users: has users' keys; None where there are none.
    """

    def __init__(self, documents: Documents | None = None, users: Users | None = None) -> None:
        self._keys: dict[str, Key] = {}
        self._documents = documents
        self._users = users
        self._found: dict[str, Key | None] = {}
        self._generation = 0

    def issue(self, principal: Principal, context: Mapping[str, Sequence[str]] | None = None) -> Key:
        """A fresh key for the principal."""
        key = Key(f"NFIA{secrets.token_hex(8).upper()}", secret_key(), principal, context or {})
        self.add(key)
        return key

    def add(self, key: Key) -> None:
        """Makes a key known that was issued elsewhere."""
        self._keys[key.access_key] = key

    def revoke(self, access_key: str) -> None:
        """Requests signed with it are no longer its principal's."""
        self._keys.pop(access_key, None)

    def find(self, access_key: str) -> Key | None:
        """The key, if it is one of the region's own."""
        return self._keys.get(access_key)

    async def lookup(self, access_key: str) -> Key | None:
        """The key, whoever issued it; None when nobody did, or its user's is inactive."""
        return self._keys.get(access_key) or self._session(access_key) or await self._user(access_key)

    def remember(self, key: Key) -> None:
        """Keeps a session on disk until it expires, and lets go of those that have."""
        if self._documents is None or key.expires is None:
            raise ValueError("a session has an end and a place on disk")
        now = datetime.now(UTC).isoformat()
        with self._documents.transaction():
            for identity, document in self._documents.list(SESSION):
                if document["expires"] < now:
                    self._documents.delete(SESSION, identity)
            self._documents.put(SESSION, key.access_key, _written(key))

    def users_changed(self) -> None:
        """IAM has changed: users' keys are looked up anew."""
        self._generation += 1
        self._found.clear()

    def _session(self, access_key: str) -> Key | None:
        document = self._documents.get(SESSION, access_key) if self._documents is not None else None
        return None if document is None else _read(access_key, document)

    async def _user(self, access_key: str) -> Key | None:
        if self._users is None or not _OF_A_USER.fullmatch(access_key):
            return None
        if access_key not in self._found:
            generation = self._generation
            kept = await self._users.user_key(access_key)
            found = None
            if kept is not None and kept.active:
                found = Key(access_key, kept.secret, Principal("AWS", kept.arn, kept.arn.split(":")[4]))
            if generation != self._generation or found is None:
                return found
            self._found[access_key] = found
        return self._found[access_key]


def key_id(prefix: str) -> str:
    """A fresh access key id in AWS's form: `AKIA` begins a long-term one, `ASIA` a session's ("IAM identifiers")."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(16))


def secret_key() -> str:
    """A fresh secret access key: forty characters, as AWS's."""
    return secrets.token_urlsafe(30)


def well_known(account: str) -> Key:
    """The pair `test`, `test`: it stands for the account, and anybody can have it."""
    return Key(WELL_KNOWN, WELL_KNOWN, account_root(account), secretive=False)


def _written(key: Key) -> dict[str, Any]:
    assert key.expires is not None
    return {
        "secret": key.secret,
        "token": key.token,
        "principal": [key.principal.kind, key.principal.name, key.principal.account],
        "expires": key.expires.astimezone(UTC).isoformat(),
        "policies": [*key.policies],
        "context": {name: [*values] for name, values in key.context.items()},
    }


def _read(access_key: str, document: Mapping[str, Any]) -> Key:
    expires = datetime.fromisoformat(document["expires"])
    principal, context = Principal(*document["principal"]), document.get("context", {})
    policies = tuple(document.get("policies", ()))
    return Key(access_key, document["secret"], principal, context, document["token"], expires, policies=policies)
