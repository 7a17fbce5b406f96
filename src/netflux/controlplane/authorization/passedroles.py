"""Roles that a call hands on without naming them: who runs a task passes it the roles of its definition.

"Grant a user permissions to pass a role to an AWS service", IAM User Guide; "Amazon ECS task IAM role".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netflux.controlplane.authorization.service import Need
from netflux.controlplane.call import Call, Caller
from netflux.errors import AwsError

_TASKS = {"iam:passedtoservice": ("ecs-tasks.amazonaws.com",)}


async def needs(apis: Caller, call: Call, params: Mapping[str, Any]) -> Sequence[Need]:
    """What a call needs of roles that it does not name; those that it names are in its service's table."""
    if (call.service, call.operation) != ("ecs", "RunTask"):
        return ()
    try:
        asked = {"taskDefinition": params["taskDefinition"]}
        definition = (await apis.call("ecs", "DescribeTaskDefinition", asked))["taskDefinition"]
    except AwsError:
        return ()  # the operation says that it is not there
    given = params.get("overrides") or {}
    members = [member for member in ("taskRoleArn", "executionRoleArn") if not given.get(member)]
    roles = dict.fromkeys(definition[member] for member in members if definition.get(member))
    return [Need("iam:PassRole", role, _TASKS) for role in roles]
