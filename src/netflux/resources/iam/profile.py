"""Instance profiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class InstanceProfile:
    """What hands a role to an instance.

    Attributes:
        id: `AIPA` and more.
        path: begins and ends with `/`.
        role: the id of its only role; empty for none.
    """

    id: str
    name: str
    path: str
    arn: str
    created: datetime
    role: str = ""
    tags: dict[str, str] = field(default_factory=dict)


INSTANCE_PROFILE = Schema(
    "iam/instance-profile",
    InstanceProfile,
    lambda profile: profile.id,
    indices={
        "name": lambda profile: (profile.name.lower(),),
        "role": lambda profile: (profile.role,) if profile.role else (),
    },
    references={"role": "iam/role"},
)
