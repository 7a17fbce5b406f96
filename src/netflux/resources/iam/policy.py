"""Managed policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError

AWS_MANAGED = "arn:aws:iam::aws:policy/"
"""How the ARNs of AWS's own managed policies begin: their documents are in controlplane/moto/managedpolicies.py."""


@dataclass(frozen=True)
class PolicyVersion:
    """One document of a managed policy.

    Attributes:
        id: `v1`, `v2` and so on; never used again.
    """

    id: str
    document: str
    created: datetime


@dataclass(frozen=True)
class ManagedPolicy:
    """A policy of the account's own that identities are attached to.

    Attributes:
        id: `ANPA` and more.
        path: begins and ends with `/`.
        default: the id of the version that is in force.
        versions: oldest first, at most five.
        latest: the number of the version made last.
    """

    id: str
    name: str
    path: str
    arn: str
    created: datetime
    updated: datetime
    default: str
    versions: tuple[PolicyVersion, ...]
    latest: int = 1
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def document(self) -> str:
        """The one that is in force."""
        return next(version.document for version in self.versions if version.id == self.default)


def own(*arns: str) -> tuple[str, ...]:
    """Of these policies the account's own, which are records."""
    return tuple({arn for arn in arns if arn and not arn.startswith(AWS_MANAGED)})


POLICY = Schema(
    "iam/policy",
    ManagedPolicy,
    lambda policy: policy.arn,
    indices={"name": lambda policy: (policy.name.lower(),)},
    in_use=lambda _policy, _key: AwsError("DeleteConflict", "Cannot delete a policy attached to entities.", 409),
)
