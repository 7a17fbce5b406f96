"""Users, groups and roles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError
from netflux.resources.iam.policy import own


@dataclass(frozen=True)
class User:
    """A person or a program with credentials of its own.

    Attributes:
        id: `AIDA` and more.
        path: begins and ends with `/`.
        boundary: ARN of the managed policy that limits what others may allow; empty for none.
        attached: ARNs of managed policies, in the order in which they were attached.
        inline: documents by policy name.
        groups: ids, in the order in which the user was added.
    """

    id: str
    name: str
    path: str
    arn: str
    created: datetime
    boundary: str = ""
    attached: tuple[str, ...] = ()
    inline: dict[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """What its users have in common; `User.groups` says who they are.

    Attributes:
        id: `AGPA` and more.
        path: begins and ends with `/`.
        attached: ARNs of managed policies, in the order in which they were attached.
        inline: documents by policy name.
    """

    id: str
    name: str
    path: str
    arn: str
    created: datetime
    attached: tuple[str, ...] = ()
    inline: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Role:
    """What a task, a service or whoever its trust policy names may become for a while.

    Attributes:
        id: `AROA` and more.
        path: begins and ends with `/`.
        trust: the document that says who may assume it.
        max_session: seconds.
        boundary: ARN of the managed policy that limits what others may allow; empty for none.
        attached: ARNs of managed policies, in the order in which they were attached.
        inline: documents by policy name.
        service: whose service-linked role it is, e.g. `ecs.amazonaws.com`; empty for a role of the account's own.
    """

    id: str
    name: str
    path: str
    arn: str
    created: datetime
    trust: str
    description: str = ""
    max_session: int = 3600
    boundary: str = ""
    attached: tuple[str, ...] = ()
    inline: dict[str, str] = field(default_factory=dict)
    service: str = ""
    tags: dict[str, str] = field(default_factory=dict)


Identity = User | Group | Role


@dataclass(frozen=True)
class RoleDeletion:
    """A service-linked role that was deleted, or why it was not.

    Attributes:
        id: `task/aws-service-role/…`, as DeleteServiceLinkedRole answers it.
        status: `SUCCEEDED` or `FAILED`.
        reason: of a failure.
    """

    id: str
    role: str
    status: str
    reason: str = ""


def _policies(identity: User | Role) -> Iterable[str]:
    return own(*identity.attached, identity.boundary)


def conflict(what: str) -> AwsError:
    return AwsError("DeleteConflict", f"Cannot delete entity, {what}.", 409)


USER = Schema(
    "iam/user",
    User,
    lambda user: user.id,
    indices={
        "name": lambda user: (user.name.lower(),),
        "arn": lambda user: (user.arn,),
        "group": lambda user: user.groups,
        "attached": lambda user: user.attached,
        "boundary": lambda user: (user.boundary,) if user.boundary else (),
        "policy": _policies,
    },
    references={"group": "iam/group", "policy": "iam/policy"},
    in_use=lambda _user, key: conflict(f"remove {key} from the user first"),
)
GROUP = Schema(
    "iam/group",
    Group,
    lambda group: group.id,
    indices={
        "name": lambda group: (group.name.lower(),),
        "arn": lambda group: (group.arn,),
        "attached": lambda group: group.attached,
        "policy": lambda group: own(*group.attached),
    },
    references={"policy": "iam/policy"},
    in_use=lambda _group, _key: conflict("must remove users from group first"),
)
ROLE = Schema(
    "iam/role",
    Role,
    lambda role: role.id,
    indices={
        "name": lambda role: (role.name.lower(),),
        "arn": lambda role: (role.arn,),
        "attached": lambda role: role.attached,
        "boundary": lambda role: (role.boundary,) if role.boundary else (),
        "policy": _policies,
    },
    references={"policy": "iam/policy"},
    in_use=lambda _role, _key: conflict("must remove roles from instance profile first"),
)
ROLE_DELETION = Schema("iam/role-deletion", RoleDeletion, lambda deletion: deletion.id)
