"""The operations on targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from netflux.aws.elbv2 import attributes, quotas
from netflux.aws.elbv2.operations import Operations, Shape
from netflux.aws.elbv2.target import decide, validation
from netflux.aws.elbv2.target.decide import Health
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.awslambda.qualified import Qualified
from netflux.resources.elbv2 import FUNCTION, Registration, Target, TargetGroup

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import (
        DeregisterTargetsInputTypeDef,
        DescribeTargetHealthInputTypeDef,
        RegisterTargetsInputTypeDef,
    )

_QUIC = {"Targets.QuicServerId": "Only Network Load Balancers speak QUIC."}
_ZONE = {"Targets.AvailabilityZone": "A target is known by its address and port."}


class Targets(Operations):
    """Handlers."""

    @operation("TargetGroupArn Targets(Id Port AvailabilityZone)", refused=_QUIC)
    def register_targets(self, _call: Call, request: RegisterTargetsInputTypeDef) -> Shape:
        """Registered again, a draining target is in service again."""
        group = self.group(request["TargetGroupArn"])
        if not request["Targets"]:
            raise AwsError("ValidationError", "At least one target must be specified")
        for entry in request["Targets"]:
            validation.target(entry, group.kind, partial(self.parts.vpcs.contains, group.vpc_id))
        zones = {entry.get("AvailabilityZone", "") for entry in request["Targets"]}
        attributes.check_zonal(group.attributes, zones, apart=self.parts.controller.apart)
        added = [
            Registration(
                group.arn, Target(entry["Id"], entry.get("Port", group.port)), entry.get("AvailabilityZone", "")
            )
            for entry in request["Targets"]
        ]
        known = {one.target for one in self.parts.controller.targets.of(group.arn) if not one.deregistered}
        if group.is_function:
            self._check_function(group, known | {one.target for one in added})
        quotas.check(quotas.TARGETS, len(known | {one.target for one in added}))
        self.parts.controller.targets.register(added)
        return {}

    def _check_function(self, group: TargetGroup, targets: set[Target]) -> None:
        """A group has one function, and that function's policy lets load balancers call it for the group."""
        if len(targets) > 1:
            said = f"You cannot register more than one target with target groups of target type '{FUNCTION}'"
            raise AwsError("TooManyTargets", said)
        (arn,) = (target.id for target in targets)
        _, _, _, _, account, _, name, *rest = arn.split(":")
        if not Qualified(self.documents).lets(name, rest[0] if rest else "", arn, (group.arn, account)):
            raise AwsError(
                "AccessDenied",
                f"elasticloadbalancing principal does not have permission to invoke {arn} from target group "
                f"{group.arn}",
                403,
            )

    @operation("TargetGroupArn Targets(Id Port)", neutral=_ZONE, refused=_QUIC)
    async def deregister_targets(self, _call: Call, request: DeregisterTargetsInputTypeDef) -> Shape:
        """When it returns, HAProxy sends the targets no new request. One without a port means all of its address."""
        group, targets = self.group(request["TargetGroupArn"]), self.parts.controller.targets
        known = [found.target for found in targets.of(group.arn)]
        leaving = [
            target
            for entry in request["Targets"]
            for target in known
            if target.id == entry["Id"] and entry.get("Port", target.port) == target.port
        ]
        missing = [entry["Id"] for entry in request["Targets"] if entry["Id"] not in {target.id for target in known}]
        if missing:
            raise AwsError("InvalidTarget", f"The following targets are not registered: '{', '.join(missing)}'")
        targets.deregister(group.arn, leaving, self.parts.clock.now())
        await self.parts.controller.traffic.route_now(group.arn)
        return {}

    @operation(
        "TargetGroupArn Targets(Id Port)",
        neutral=_ZONE,
        refused={**_QUIC, "Include": "There is no anomaly detection here."},
    )
    def describe_target_health(self, _call: Call, request: DescribeTargetHealthInputTypeDef) -> Shape:
        """What the checker has seen; nothing is healthy that it has not seen answer."""
        group = self.group(request["TargetGroupArn"])
        zones = {found.target: found.zone for found in self.parts.controller.targets.of(group.arn)}
        states = dict(self.parts.controller.traffic.states(group.arn))
        if not self.desired.users(group.arn):
            states = {target: decide.NOT_IN_USE for target, health in states.items() if health != decide.DRAINING}
        if group.is_function:
            off = decide.UNCHECKED if self.desired.users(group.arn) else decide.NOT_IN_USE
            told = [{"Target": {"Id": target.id}, "TargetHealth": _told(off)} for target in states]
            return {"TargetHealthDescriptions": told}
        wanted = _asked(request.get("Targets") or [], [*states], group.port)
        return {
            "TargetHealthDescriptions": [
                _shown(target, states.get(target, decide.NOT_REGISTERED), group.check.port, zones.get(target, ""))
                for target in wanted
            ]
        }


def _asked(entries: Sequence[Mapping[str, Any]], known: Sequence[Target], port: int) -> list[Target]:
    """The targets that a request names; all when it names none."""
    if not entries:
        return list(known)
    found: list[Target] = []
    for entry in entries:
        same = [target for target in known if (target.id, entry.get("Port", target.port)) == (entry["Id"], target.port)]
        found += same or [Target(entry["Id"], entry.get("Port", port))]
    return found


def _shown(target: Target, found: Health, health_port: str, zone: str) -> dict[str, Any]:
    """One entry of DescribeTargetHealth."""
    port = str(target.port) if health_port == "traffic-port" else health_port
    described: dict[str, Any] = {"Id": target.id, "Port": target.port}
    if zone:
        described["AvailabilityZone"] = zone
    return {"Target": described, "HealthCheckPort": port, "TargetHealth": _told(found)}


def _told(found: Health) -> dict[str, str]:
    told = {"State": found.state}
    return told | ({"Reason": found.reason, "Description": found.description} if found.reason else {})
