"""Roles of tasks: the execution role acts before a task's first container starts, the task role is its containers'.

Developer guide, "Amazon ECS task execution IAM role" and "Amazon ECS task IAM role".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from netflux.aws.ecs.arn import name, place
from netflux.aws.ecs.decide.volumes import FileSystemVolume
from netflux.aws.ecs.store import DEFINITION, Json, Store
from netflux.controlplane.authorization.authorization import session_of
from netflux.controlplane.call import Caller
from netflux.errors import AwsError
from netflux.policy.document import Policy, parse
from netflux.policy.evaluate import ANONYMOUS, Decision, Principal, Request, decide
from netflux.policy.verdict import Verdict
from netflux.resources.efs.filesystem import FileSystem

SERVICE = "ecs-tasks.amazonaws.com"
"""Whom a role must trust to be a task's."""


class Executing(Caller, Protocol):
    """Calls the region's APIs as a role."""

    async def permit(self, service: str, operation: str, params: Mapping[str, Any]) -> None:
        """Returns when the role may call the operation; AwsError, in the service's words, when it may not."""
        ...


class Anyone:
    """Calls the region's APIs where nothing is decided.

    Args:
        apis: the region's APIs.
    """

    def __init__(self, apis: Caller) -> None:
        self.call = apis.call

    async def permit(self, _service: str, _operation: str, _params: Mapping[str, Any]) -> None:
        """Everything is permitted."""


class Authority(Protocol):
    """Decides what roles may do."""

    enforced: bool

    def acting(self, role: str, session: str) -> Executing:
        """Calls the region's APIs as a session of the role."""
        ...

    def trusted(self, role: str, service: str, context: Mapping[str, Sequence[str]]) -> Verdict:
        """Whether the service may assume the role."""
        ...

    def granted(self, session: Principal, request: Request, policy: Policy | None) -> Verdict:
        """Whether a session may do something with a resource that has a policy."""
        ...


class Roles:
    """What tasks' roles may do.

    Args:
        store: ECS documents.
        apis: the region's APIs, for tasks without an execution role and where nothing is decided.
        authority: decides; None where nobody does.
    """

    def __init__(self, store: Store, apis: Caller, authority: Authority | None = None) -> None:
        self._store = store
        self._apis = apis
        self._authority = authority if authority is not None and authority.enforced else None

    def executing(self, document: Json) -> Executing:
        """The region's APIs as a task's execution role calls them. Its sessions are named after their tasks."""
        task = document["task"]
        role = _role(self._definition(task), task["overrides"], "executionRoleArn")
        if self._authority is None or not role:
            return Anyone(self._apis)
        return self._authority.acting(role, name(task["taskArn"]))

    def check(self, definition: Json, overrides: Json, cluster: str) -> None:
        """Returns when ECS can assume both roles of new tasks.

        Args:
            definition: of the tasks.
            overrides: RunTask's.
            cluster: ARN.

        Raises:
            AwsError: it can't assume one of them.
        """
        for member in ("executionRoleArn", "taskRoleArn"):
            role = _role(definition, overrides, member)
            if role and not self.trusted(role, cluster):
                raise AwsError("ClientException", unassumable(role))

    def trusted(self, role: str, cluster: str) -> bool:
        """Whether tasks of a cluster may have the role: its trust policy lets ECS assume it."""
        if self._authority is None:
            return True
        where = place(cluster)
        source = f"arn:aws:ecs:{where.region}:{where.account}:task/{name(cluster)}/*"
        context = {"aws:sourceaccount": (where.account,), "aws:sourcearn": (source,)}
        return self._authority.trusted(role, SERVICE, context).allowed

    def may_use(self, document: Json, system: FileSystem, volume: FileSystemVolume, action: str) -> bool:
        """Whether a task may do an action with a file system that it mounts.

        Anybody may who reaches a mount target, until the file system has a policy ["Using IAM to control file system
        data access", Amazon EFS User Guide].

        Args:
            document: of the task.
            system: the file system.
            volume: how the task mounts it.
            action: without its prefix.
        """
        if not system.policy or self._authority is None:
            return True
        task = document["task"]
        where = place(task["taskArn"])
        prefix = f"arn:aws:elasticfilesystem:{where.region}:{where.account}"
        context = {
            "aws:securetransport": (str(volume.encrypted).lower(),),
            "elasticfilesystem:accessedviamounttarget": ("true",),
            **(
                {"elasticfilesystem:accesspointarn": (f"{prefix}:access-point/{volume.point}",)} if volume.point else {}
            ),
        }
        role = _role(self._definition(task), task["overrides"], "taskRoleArn") if volume.by_role else ""
        who = session_of(role, name(task["taskArn"])) if role else ANONYMOUS
        asked = Request(who, f"elasticfilesystem:{action}", f"{prefix}:file-system/{system.id}", context)
        policy = parse(system.policy, needs_principal=True, needs_resource=False)
        if role:
            return self._authority.granted(who, asked, policy).allowed
        return decide([policy], asked) is Decision.ALLOW

    def _definition(self, task: Json) -> Json:
        return self._store.get(DEFINITION, task["taskDefinitionArn"]) or {}


def _role(definition: Json, overrides: Json, member: str) -> str:
    role: Any = overrides.get(member) or definition.get(member) or ""
    return str(role)


def unassumable(role: str) -> str:
    """ECS's words for a role that it can't assume (seen)."""
    return (
        f"ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the role "
        "being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass "
        "this role."
    )
