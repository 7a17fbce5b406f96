"""Secrets and their versions, and how staging labels move between the versions of a secret."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from netflux.controlplane.identifiers import arn, mixed
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema

CURRENT, PREVIOUS, PENDING = "AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"


@dataclass(frozen=True)
class Rotation:
    """How a secret is rotated.

    Attributes:
        function: ARN of the rotation function.
        schedule: of RotationRules: `AutomaticallyAfterDays` or `ScheduleExpression`, and `Duration`.
        enabled: rotations go on by the schedule.
        last: when one was complete.
        following: when the next one is due, in the region's simulated time; None for never.
        token: of the version that is being made; empty when none is.
        only_test: the rotation that is under way is one of testSecret alone.
        failures: attempts of this rotation that came to nothing.
        fault: what the last of them said.
        again: when the next attempt is due, in simulated time.
    """

    function: str
    schedule: dict[str, str] = field(default_factory=dict)
    enabled: bool = True
    last: datetime | None = None
    following: datetime | None = None
    token: str = ""
    only_test: bool = False
    failures: int = 0
    fault: str = ""
    again: datetime | None = None


@dataclass(frozen=True)
class Secret:
    """A secret without its values.

    Attributes:
        changed: when its description, key, tags, labels or value were changed last.
        key: of KMS, as it was given; empty for the account's `aws/secretsmanager`.
        owner: the AWS service that manages it; empty for one of the account's own.
        policy: its resource policy; empty for none.
        accessed: the day on which a value was read last.
        deletion: when it goes, in the region's simulated time; None when it stays.
        rotation: None where it was never set up.
    """

    arn: str
    name: str
    created: datetime
    changed: datetime
    description: str = ""
    key: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    owner: str = ""
    policy: str = ""
    accessed: date | None = None
    deletion: datetime | None = None
    rotation: Rotation | None = None


@dataclass(frozen=True)
class Version:
    """One value of a secret.

    Attributes:
        secret: ARN.
        stages: its staging labels; a version without any is deprecated.
        text: None where the value is binary, and with it where the rotation function has not given one yet.
        binary: None where the value is text.
        key: the secret's when the value was encrypted.
        accessed: the day on which it was read last.
    """

    secret: str
    id: str
    created: datetime
    stages: tuple[str, ...] = ()
    text: str | None = None
    binary: bytes | None = None
    key: str = ""
    accessed: date | None = None


def version_key(secret: str, version: str) -> str:
    """Of a version's record; an ARN has no space in it."""
    return f"{secret} {version}"


SECRET = Schema(
    "secretsmanager/secret",
    Secret,
    lambda secret: secret.arn,
    indices={"name": lambda secret: (secret.name,)},
    remedy="Make it anew: aws secretsmanager create-secret.",
)
VERSION = Schema(
    "secretsmanager/version",
    Version,
    lambda version: version_key(version.secret, version.id),
    indices={"secret": lambda version: (version.secret,)},
    references={"secret": SECRET.name},
    remedy="Give the secret its value again: aws secretsmanager put-secret-value.",
)


def new_arn(name: str, account: str, region: str) -> str:
    """Six random characters keep a new secret's ARN from being the one of a deleted secret of this name."""
    return arn("secretsmanager", f"secret:{name}-{mixed(6)}", account, region)


def labelled(versions: Iterable[Version], labels: Iterable[str], target: str) -> list[Version]:
    """The versions that change when labels move to one of them, as they are then.

    A label is on one version at a time, and AWSPREVIOUS follows where AWSCURRENT was ("UpdateSecretVersionStage",
    Secrets Manager API Reference).

    Args:
        versions: all of the secret's.
        labels: to move.
        target: the version's id that gets them; an empty one takes them off.
    """
    known = [*versions]
    moves = dict.fromkeys(labels, target)
    left = next((version.id for version in known if CURRENT in version.stages), target)
    if CURRENT in moves and left != target:
        moves[PREVIOUS] = left
    changed = []
    for version in known:
        kept = [label for label in version.stages if moves.get(label, version.id) == version.id]
        added = [label for label, goal in moves.items() if goal == version.id and label not in kept]
        stages = (*kept, *added)
        if stages != version.stages:
            changed.append(replace(version, stages=stages))
    return changed


class Secrets:
    """The tables of secrets and versions, for Secrets Manager and for services that keep secrets of their own in it.

    Args:
        documents: of the region.
    """

    def __init__(self, documents: Documents) -> None:
        self.transaction = documents.transaction
        self.secrets = documents.table(SECRET)
        self.versions = documents.table(VERSION)

    def find(self, identity: str) -> Secret | None:
        """By ARN, name, or an ARN that lacks the last hyphen and six characters."""
        found = self.secrets.get(identity)
        if found is not None:
            return found
        name = identity.split(":", 6)[-1] if identity.startswith("arn:") else identity
        named = self.named(name)
        return named if named is not None and named.arn.startswith(identity if name != identity else "") else None

    def named(self, name: str) -> Secret | None:
        """The secret of this name."""
        return next(iter(self.secrets.where("name", name)), None)

    def of(self, secret: Secret) -> Sequence[Version]:
        """Its versions, the oldest first."""
        return sorted(self.versions.where("secret", secret.arn), key=lambda version: version.created)

    def version(self, secret: Secret, identity: str) -> Version | None:
        """Its version of this id."""
        return self.versions.get(version_key(secret.arn, identity))

    def staged(self, secret: Secret, stage: str) -> Version | None:
        """Its version that has the label."""
        return next((version for version in self.of(secret) if stage in version.stages), None)

    def add(self, version: Version, labels: Iterable[str]) -> None:
        """Keeps a new version and gives it the labels."""
        self.versions.put(version)
        self.label(version.secret, labels, version.id)

    def label(self, secret: str, labels: Iterable[str], target: str) -> None:
        """Moves labels; see `labelled`."""
        for changed in labelled(self.versions.where("secret", secret), labels, target):
            self.versions.put(changed)

    def remove(self, secret: Secret) -> None:
        """The secret and all of its versions are gone."""
        for version in self.of(secret):
            self.versions.delete(version_key(secret.arn, version.id))
        self.secrets.delete(secret.arn)
