"""The operations on target groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.elbv2 import attributes, quotas
from netflux.aws.elbv2.group import validation
from netflux.aws.elbv2.operations import Operations, Shape, one_of, page, tags_of
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.elbv2 import FUNCTION, REGISTRATION, HealthCheck, TargetGroup

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import (
        CreateTargetGroupInputTypeDef,
        DeleteTargetGroupInputTypeDef,
        DescribeTargetGroupAttributesInputTypeDef,
        DescribeTargetGroupsInputTypeDef,
        ModifyTargetGroupAttributesInputTypeDef,
        ModifyTargetGroupInputTypeDef,
    )

_CHECK = (
    "HealthCheckProtocol HealthCheckPort HealthCheckEnabled HealthCheckPath HealthCheckIntervalSeconds"
    " HealthCheckTimeoutSeconds HealthyThresholdCount UnhealthyThresholdCount Matcher(HttpCode)"
)
_GRPC = {"Matcher.GrpcCode": "Target groups speak HTTP/1.1 here: give an HttpCode."}
_PROTOCOLS = ("HTTP", "HTTPS")
_HTTP_ONLY = "Load balancers speak HTTP and HTTPS here: there are no Network and Gateway Load Balancers."


class TargetGroups(Operations):
    """Handlers."""

    @operation(
        f"Name Protocol ProtocolVersion Port VpcId {_CHECK} TargetType Tags(Key Value) IpAddressType",
        refused={
            **_GRPC,
            "TargetControlPort": "There is no target optimizer here: no agent is asked at the targets.",
            "Protocol": _HTTP_ONLY,
            "HealthCheckProtocol": _HTTP_ONLY,
            "ProtocolVersion": "Targets are asked by HTTP/1.1 here: use HTTP1.",
            "TargetType": "Use ip, instance or lambda.",
            "IpAddressType": "The network carries IPv4 only: use ipv4.",
        },
        only={
            "Protocol": _PROTOCOLS,
            "HealthCheckProtocol": _PROTOCOLS,
            "ProtocolVersion": ("HTTP1", ""),
            "TargetType": ("ip", "instance", FUNCTION),
            "IpAddressType": ("ipv4",),
        },
    )
    def create_target_group(self, call: Call, request: CreateTargetGroupInputTypeDef) -> Shape:
        """Of type ip, for HTTP or HTTPS, or of a function. Repeated with the same settings it returns the one there is.

        The timeout's default is the user guide's.
        """
        validation.new(request)
        usual = FUNCTION_CHECK if request.get("TargetType") == FUNCTION else HealthCheck()
        wanted = TargetGroup(
            self.arn(f"targetgroup/{request['Name']}"), request["Name"], request.get("Protocol", ""),
            request.get("Port", 0), request.get("VpcId", ""), validation.check(request, usual),
            kind=request.get("TargetType", "instance"), tags=tags_of(call, request.get("Tags")),
        )  # fmt: skip
        if not wanted.is_function and not self.parts.vpcs.exists(wanted.vpc_id):
            raise AwsError("ValidationError", f"The VPC ID '{wanted.vpc_id}' is not found")
        told = self._shown_group(self._new_group(wanted))
        return {"TargetGroups": [{key: value for key, value in told.items() if value != []}]}

    def _new_group(self, wanted: TargetGroup) -> TargetGroup:
        for known in self.desired.groups.where("name", wanted.name):
            if replace(wanted, arn=known.arn, attributes=known.attributes) == known:
                return known
            raise AwsError(
                "DuplicateTargetGroupName",
                f"A target group with the same name '{wanted.name}' exists, but with different settings",
            )
        quotas.check(quotas.TARGET_GROUPS, len(self.desired.groups) + 1)
        self.desired.groups.put(wanted)
        return wanted

    @operation("LoadBalancerArn TargetGroupArns Names Marker PageSize")
    def describe_target_groups(self, _call: Call, request: DescribeTargetGroupsInputTypeDef) -> Shape:
        """With the load balancers whose rules name them."""
        one_of(request, "LoadBalancerArn", "TargetGroupArns", "Names")
        taken, marker = page(self._groups_asked(request), request, lambda group: group.arn)
        return {"TargetGroups": [self._shown_group(one) for one in taken], **marker}

    def _groups_asked(self, request: DescribeTargetGroupsInputTypeDef) -> list[TargetGroup]:
        if request.get("TargetGroupArns"):
            return [self.group(arn) for arn in request["TargetGroupArns"]]
        if request.get("Names"):
            return self._groups_named(request["Names"])
        if request.get("LoadBalancerArn"):
            rules = self.desired.rules.where("balancer", self.balancer(request["LoadBalancerArn"]).arn)
            used = {arn for rule in rules for arn in rule.action.groups}
            if not used:
                raise _none()
            return [group for group in self.desired.groups if group.arn in used]
        return [*self.desired.groups]

    def _groups_named(self, names: Sequence[str]) -> list[TargetGroup]:
        if not all(self.desired.groups.has("name", name) for name in names):
            raise _none()
        return [one for name in names for one in self.desired.groups.where("name", name)]

    @operation(f"TargetGroupArn {_CHECK}", refused=_GRPC, only={"HealthCheckProtocol": _PROTOCOLS})
    def modify_target_group(self, _call: Call, request: ModifyTargetGroupInputTypeDef) -> Shape:
        """The health check."""
        group = self.group(request["TargetGroupArn"])
        validation.ranges(request, group.kind)
        before = self.desired.groups.get(group.arn) or group
        after = replace(before, check=validation.check(request, before.check))
        self.desired.groups.put(after)
        return {"TargetGroups": [self._shown_group(after)]}

    @operation("TargetGroupArn")
    def delete_target_group(self, _call: Call, request: DeleteTargetGroupInputTypeDef) -> Shape:
        """With its targets. Refused while a rule names it, which the table sees to."""
        group = self.group(request["TargetGroupArn"])
        for one in self.desired.registrations.where("group", group.arn):
            self.desired.registrations.delete(REGISTRATION.key(one))
        self.desired.groups.delete(group.arn)
        return {}

    @operation("TargetGroupArn")
    def describe_target_group_attributes(
        self, _call: Call, request: DescribeTargetGroupAttributesInputTypeDef
    ) -> Shape:
        """All that AWS has, with its defaults."""
        return {"Attributes": attributes.as_list(attributes.shown_group(self.group(request["TargetGroupArn"])))}

    @operation("TargetGroupArn Attributes(Key Value)")
    def modify_target_group_attributes(self, _call: Call, request: ModifyTargetGroupAttributesInputTypeDef) -> Shape:
        """Values without effect here are refused by name."""
        before = self.group(request["TargetGroupArn"])
        attributes.check_target_group(request["Attributes"], before.protocol, function=before.is_function)
        said = attributes.said(request["Attributes"])
        zones = {found.zone for found in self.desired.registrations.where("group", before.arn)}
        attributes.check_zonal({**before.attributes, **said}, zones, apart=self.parts.controller.apart)
        kept = self.desired.groups.get(before.arn) or before
        after = replace(kept, attributes={**kept.attributes, **said})
        self.desired.groups.put(after)
        return {"Attributes": attributes.as_list(attributes.shown_group(after))}

    def _shown_function(self, group: TargetGroup) -> dict[str, Any]:
        return {
            "TargetGroupArn": group.arn,
            "TargetGroupName": group.name,
            "HealthCheckEnabled": False,
            **_check_shown(group.check),
            "TargetType": group.kind,
            "IpAddressType": "ipv4",
            "LoadBalancerArns": self.desired.users(group.arn),
        }

    def _shown_group(self, group: TargetGroup) -> dict[str, Any]:
        check = group.check
        if group.is_function:
            return self._shown_function(group)
        return {
            "TargetGroupArn": group.arn,
            "TargetGroupName": group.name,
            "Protocol": group.protocol,
            "ProtocolVersion": "HTTP1",
            "Port": group.port,
            "VpcId": group.vpc_id,
            "HealthCheckProtocol": check.protocol,
            "HealthCheckPort": check.port,
            "HealthCheckEnabled": True,
            **_check_shown(check),
            "TargetType": group.kind,
            "IpAddressType": "ipv4",
            "LoadBalancerArns": self.desired.users(group.arn),
        }


FUNCTION_CHECK = HealthCheck(interval=35.0, timeout=30.0)
"""Of a group of a function, where it is off: the defaults of CreateTargetGroup."""


def _check_shown(check: HealthCheck) -> dict[str, Any]:
    return {
        "HealthCheckPath": check.path,
        "HealthCheckIntervalSeconds": int(check.interval),
        "HealthCheckTimeoutSeconds": int(check.timeout),
        "HealthyThresholdCount": check.healthy_threshold,
        "UnhealthyThresholdCount": check.unhealthy_threshold,
        "Matcher": {"HttpCode": check.matcher},
    }


def _none() -> AwsError:
    return AwsError("TargetGroupNotFound", "One or more target groups not found")
