"""Targets that need calls of their APIs: a cluster's tasks, a log group's events."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Protocol

from netflux.aws.destinations import Event, admit, service_of
from netflux.clock import Clock
from netflux.controlplane.call import Caller
from netflux.decoding import json as decoding
from netflux.errors import AwsError
from netflux.resources.events import Delivery

_STARTED_BY = 36
"""Characters that RunTask takes."""


class Authority(Protocol):
    """Who decides what roles may do."""

    enforced: bool

    def acting(self, role: str, session: str) -> Caller:
        """Calls as a session of the role."""
        ...

    def trusted(self, role: str, service: str, context: Mapping[str, tuple[str, ...]]) -> Any:
        """A verdict on whether the service may assume the role."""
        ...


class Works:
    """Makes the calls.

    Args:
        apis: of the region.
        authority: decides what roles may do.
        clock: of the region.
    """

    def __init__(self, apis: Caller, authority: Authority, clock: Clock) -> None:
        self._apis = apis
        self._authority = authority
        self._clock = clock

    async def done(self, delivery: Delivery) -> None:
        """Returns when the target has the event; AwsError when it does not take it."""
        if service_of(delivery.target["Arn"]) == "ecs":
            await self._run(delivery)
        else:
            await self._log(delivery)

    def permitted(self, role: str, delivery: Delivery) -> Caller:
        """Calls as the role; AwsError where the service may not assume it."""
        if self._authority.enforced and not self._authority.trusted(role, delivery.service, {}).allowed:
            raise AwsError(
                "AccessDeniedException", f"{delivery.service} is not able to assume the provided role {role}.", 403
            )
        return self._authority.acting(role, delivery.id)

    async def _run(self, delivery: Delivery) -> None:
        target, given = delivery.target, delivery.target["EcsParameters"]
        asked: dict[str, Any] = {
            "cluster": target["Arn"],
            "taskDefinition": given["TaskDefinitionArn"],
            "count": given.get("TaskCount", 1),
            "clientToken": delivery.id,
            "startedBy": _starter(delivery)[:_STARTED_BY],
        }
        network = (given.get("NetworkConfiguration") or {}).get("awsvpcConfiguration")
        if network:
            configured = {name[0].lower() + name[1:]: value for name, value in network.items()}
            asked["networkConfiguration"] = {"awsvpcConfiguration": configured}
        for name, member in (("LaunchType", "launchType"), ("PlatformVersion", "platformVersion"), ("Group", "group"),
                             ("EnableECSManagedTags", "enableECSManagedTags"), ("PropagateTags", "propagateTags"),
                             ("EnableExecuteCommand", "enableExecuteCommand"),
                             ("CapacityProviderStrategy", "capacityProviderStrategy")):  # fmt: skip
            if name in given:
                asked[member] = given[name]
        if given.get("Tags"):
            asked["tags"] = [{"key": _of(one, "Key"), "value": _of(one, "Value")} for one in given["Tags"]]
        overrides = _overrides(delivery.body)
        if overrides:
            asked["overrides"] = overrides
        answer = await self.permitted(target["RoleArn"], delivery).call("ecs", "RunTask", asked)
        if answer.get("failures"):
            raise AwsError("InternalFailure", f"RunTask failed: {answer['failures']}", 500)

    async def _admitted(self, delivery: Delivery, group: str) -> None:
        """AwsError unless a policy of Logs lets EventBridge, or the services that deliver logs, put events."""
        policies = (await self._apis.call("logs", "DescribeResourcePolicies", {}))["resourcePolicies"]
        refusal: AwsError | None = AwsError("AccessDeniedException", "No resource policy of CloudWatch Logs lets "
                                            f"{delivery.service} put events into {group}.", 403)  # fmt: skip
        for policy in policies:
            for principal in (delivery.service, "delivery.logs.amazonaws.com"):
                try:
                    admit(_asked(delivery, group, principal), "logs:PutLogEvents", policy["policyDocument"])
                except AwsError as error:
                    refusal = refusal and error
                else:
                    refusal = None
        if refusal is not None:
            raise refusal

    async def _log(self, delivery: Delivery) -> None:
        group = delivery.target["Arn"].partition(":log-group:")[2].removesuffix(":*")
        await self._admitted(delivery, group)
        stream = {"logGroupName": group, "logStreamName": str(uuid.uuid4())}
        await self._apis.call("logs", "CreateLogStream", stream)
        event = {"timestamp": int(self._clock.now().timestamp() * 1000), "message": delivery.body}
        await self._apis.call("logs", "PutLogEvents", {**stream, "logEvents": [event]})


def _asked(delivery: Delivery, group: str, principal: str) -> Event:
    arn = delivery.target["Arn"].partition(":log-group:")[0] + f":log-group:{group}:*"
    return Event(arn, "", delivery.source, principal=principal)


def _starter(delivery: Delivery) -> str:
    kind = "events-rule" if delivery.service.startswith("events.") else "chronos-schedule"
    return f"{kind}/{delivery.source.rpartition('/')[2]}"


def _of(tag: Mapping[str, str], name: str) -> str:
    return tag.get(name) or tag.get(name.lower()) or ""


def _overrides(body: str) -> dict[str, Any]:
    """What a target's input says of the task; an event is none."""
    try:
        read = decoding.value(body)
    except ValueError:
        return {}
    known = ("containerOverrides", "cpu", "memory", "taskRoleArn", "executionRoleArn", "ephemeralStorage")
    found = {name: read[name] for name in known if name in read} if isinstance(read, dict) else {}
    return found if not isinstance(read, dict) or "detail-type" not in read else {}
