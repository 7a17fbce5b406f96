"""Access keys that are good in this region, and whom they stand for.

Four kinds: those of the region's own services, issued anew at each start; the development pair of the state directory;
sessions that STS handed out, kept on disk; and users' keys, which are IAM's.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from netflux.controlplane.authentication.sessions import Session, Sessions
from netflux.controlplane.records.documents import Documents
from netflux.policy.evaluate import Principal, account_root

WELL_KNOWN = "test"
"""Id and secret of the pair that programs for local clouds have by convention."""
_LETTERS = string.ascii_uppercase + "234567"


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
        identity: what GetCallerIdentity tells as UserId, e.g. `AIDA…` or `AROA…:session`; empty for the account.
        policies: documents of session policies; where there are some, they limit what it may do.
        issuer: of a session, the ARN of who asked for it.
    """

    access_key: str
    secret: str
    principal: Principal
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)
    token: str = ""
    expires: datetime | None = None
    secretive: bool = True
    identity: str = ""
    policies: tuple[str, ...] = ()
    issuer: str = ""


@dataclass(frozen=True)
class UserKey:
    """A user's access key, as IAM has it.

    Attributes:
        arn: of the user.
        user: the user's id.
    """

    secret: str
    active: bool
    arn: str
    user: str


class Users(Protocol):
    """Knows users' access keys."""

    def user_key(self, access_key: str) -> UserKey | None:
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
        self._sessions = Sessions(documents) if documents is not None else None
        self._users = users

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

    def known(self, access_key: str) -> Key | None:
        """The key, whoever issued it; None when nobody did, or its user's is inactive."""
        return self._keys.get(access_key) or self._session(access_key) or self._user(access_key)

    def remember(self, key: Key) -> None:
        """Keeps a session on disk until it expires, and lets go of those that have."""
        if self._sessions is None or key.expires is None:
            raise ValueError("a session has an end and a place on disk")
        context = {name: tuple(values) for name, values in key.context.items()}
        self._sessions.put(
            Session(
                id=key.access_key,
                secret=key.secret,
                token=key.token,
                principal=key.principal,
                identity=key.identity,
                expires=key.expires,
                context=context,
                policies=key.policies,
                issuer=key.issuer,
            )
        )

    def _session(self, access_key: str) -> Key | None:
        found = self._sessions.get(access_key) if self._sessions is not None else None
        if found is None:
            return None
        return Key(
            access_key=found.id,
            secret=found.secret,
            principal=found.principal,
            context=found.context,
            token=found.token,
            expires=found.expires,
            identity=found.identity,
            policies=found.policies,
            issuer=found.issuer,
        )

    def _user(self, access_key: str) -> Key | None:
        kept = self._users.user_key(access_key) if self._users is not None else None
        if kept is None or not kept.active:
            return None
        principal = Principal("AWS", kept.arn, kept.arn.split(":")[4])
        return Key(access_key, kept.secret, principal, identity=kept.user)


def key_id(prefix: str) -> str:
    """A fresh access key id in AWS's form: `AKIA` begins a long-term one, `ASIA` a session's ("IAM identifiers")."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(16))


def secret_key() -> str:
    """A fresh secret access key: forty characters, as AWS's."""
    return secrets.token_urlsafe(30)


def well_known(account: str) -> Key:
    """The pair `test`, `test`: it stands for the account, and anybody can have it."""
    return Key(WELL_KNOWN, WELL_KNOWN, account_root(account), secretive=False)
