"""KMS's records: keys, what they encrypt with, aliases, grants."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Change, Schema

ENABLED, DISABLED, PENDING_DELETION = "Enabled", "Disabled", "PendingDeletion"


@dataclass(frozen=True)
class Rotation:
    """The key has had another material since then."""

    at: datetime
    kind: str


@dataclass(frozen=True)
class Key:
    """A key.

    Attributes:
        usage: e.g. `ENCRYPT_DECRYPT`.
        spec: e.g. `SYMMETRIC_DEFAULT`.
        state: `Enabled`, `Disabled` or `PendingDeletion`.
        policy: its resource policy, as JSON.
        manager: `CUSTOMER`, or `AWS` for the keys of aliases that begin with `alias/aws/`.
        deletion: in simulated time, when it goes; None where it stays.
        rotation: days between two materials; 0 where they do not change by themselves.
        rotates: in simulated time, when the material changes next; None where it does not.
        rotations: what was changed, the oldest first.
        material: number of the one that encrypts now.
    """

    id: str
    arn: str
    usage: str
    spec: str
    policy: str
    created: datetime
    state: str = ENABLED
    description: str = ""
    manager: str = "CUSTOMER"
    deletion: datetime | None = None
    rotation: int = 0
    rotates: datetime | None = None
    rotations: tuple[Rotation, ...] = ()
    material: int = 1
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Material:
    """What a key encrypts, signs or authenticates with: never told, and read only where a call uses it.

    Attributes:
        number: of the key's materials, from 1; older ones decrypt what they have encrypted.
        secret: 32 bytes and more, or a private key in PKCS #8, in base64.
    """

    key: str
    number: int
    secret: str = field(repr=False)

    @property
    def name(self) -> str:
        """Unique."""
        return f"{self.key} {self.number}"


@dataclass(frozen=True)
class Alias:
    """A name of a key.

    Attributes:
        name: with `alias/`.
        key: its id.
    """

    name: str
    arn: str
    key: str
    created: datetime
    updated: datetime


@dataclass(frozen=True)
class Grant:
    """Lets a principal use a key, beside the key's policy.

    Attributes:
        operations: e.g. `Decrypt`.
        grantee: ARN.
        retiring: ARN of who may retire it; empty for nobody beside the key's administrators.
        equals: the encryption context that a request must have, all of it.
        subset: what of it a request must have at least.
    """

    id: str
    key: str
    token: str
    operations: tuple[str, ...]
    grantee: str
    created: datetime
    retiring: str = ""
    name: str = ""
    issuer: str = ""
    equals: dict[str, str] = field(default_factory=dict)
    subset: dict[str, str] = field(default_factory=dict)


KEY = Schema(
    "kms/key", Key, lambda key: key.id, remedy="What it has encrypted can't be read any more. Make another one."
)
MATERIAL = Schema(
    "kms/material",
    Material,
    lambda one: one.name,
    indices={"key": lambda one: (one.key,)},
    references={"key": KEY.name},
    remedy="What it has encrypted can't be read any more.",
)
ALIAS = Schema(
    "kms/alias",
    Alias,
    lambda one: one.name,
    indices={"key": lambda one: (one.key,)},
    references={"key": KEY.name},
    remedy="Make it anew: aws kms create-alias.",
)
GRANT = Schema(
    "kms/grant",
    Grant,
    lambda one: one.id,
    indices={"key": lambda one: (one.key,), "token": lambda one: (one.token,), "retiring": lambda one: (one.retiring,)},
    references={"key": KEY.name},
    remedy="Grant it anew: aws kms create-grant.",
)


class Keys:
    """The tables.

    Args:
        documents: of the region.
    """

    def __init__(self, documents: Documents) -> None:
        self.keys = documents.table(KEY)
        self.materials = documents.table(MATERIAL)
        self.aliases = documents.table(ALIAS)
        self.grants = documents.table(GRANT)
        self.transaction: Any = documents.transaction

    def remove(self, key: Key) -> None:
        """Deletes a key with its materials, aliases and grants."""
        for material in self.materials.where("key", key.id):
            self.materials.delete(material.name)
        for alias in self.aliases.where("key", key.id):
            self.aliases.delete(alias.name)
        for grant in self.grants.where("key", key.id):
            self.grants.delete(grant.id)
        self.keys.delete(key.id)


def acts(change: Change) -> bool:
    """Whether a change of a key moves the date of its deletion or of its next material."""
    before, after = ((one.deletion, one.rotates) if one is not None else None for one in (change.before, change.after))
    return before != after
