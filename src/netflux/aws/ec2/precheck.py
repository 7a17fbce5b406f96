"""Asked before EC2 carries out a call: refuses what EC2 refuses, and answers dry runs without doing anything.

A dry run is answered after the rules: moto carries the call out in memory and goes back to what the disk has, so that a
call that would fail tells its error, whatever rule of moto's it fails by. There is no second set of rules to keep.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any

from netflux.aws.ec2.rules import addressing, deletion, permission, routing
from netflux.aws.ec2.rules.described import Check, Described, invalid
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.controlplane.protocol import models
from netflux.errors import AwsError

_CHECKS: Mapping[str, Check] = {**deletion.CHECKS, **permission.CHECKS, **addressing.CHECKS, **routing.CHECKS}

_READS = {
    "Vpcs": ("ec2", "DescribeVpcs"),
    "Subnets": ("ec2", "DescribeSubnets"),
    "SecurityGroups": ("ec2", "DescribeSecurityGroups"),
    "SecurityGroupRules": ("ec2", "DescribeSecurityGroupRules"),
    "NetworkAcls": ("ec2", "DescribeNetworkAcls"),
    "RouteTables": ("ec2", "DescribeRouteTables"),
    "InternetGateways": ("ec2", "DescribeInternetGateways"),
    "NatGateways": ("ec2", "DescribeNatGateways"),
    "NetworkInterfaces": ("ec2", "DescribeNetworkInterfaces"),
    "Addresses": ("ec2", "DescribeAddresses"),
    "AvailabilityZones": ("ec2", "DescribeAvailabilityZones"),
    "VpcEndpoints": ("ec2", "DescribeVpcEndpoints"),
    "LoadBalancers": ("elbv2", "DescribeLoadBalancers"),
    "DBInstances": ("rds", "DescribeDBInstances"),
}
_OURS = ("aws:", "netflux:")
"""Tags that only AWS's own services give; netflux's tell whose an interface is."""

_ANSWERING = ("FlowLogs",)
"""Nouns whose own handlers know dry runs."""


class Precheck:
    """The rules before EC2.

    Args:
        apis: tells what there is.
        attached: ids of the interfaces that tasks, load balancers and databases have.
    """

    def __init__(self, apis: Apis, attached: Callable[[], Collection[str]]) -> None:
        self._apis = apis
        self._attached = attached

    async def check(self, call: Call, request: Mapping[str, Any]) -> None:
        """Returns when the call may be carried out.

        Raises:
            AwsError: what EC2 says; `DryRunOperation` of a dry run that would have succeeded.
        """
        await self._refuse(call, request)
        if not request.get("DryRun") or call.operation.endswith(_ANSWERING):
            return
        models.check_parameters(models.operation_model("ec2", call.operation), dict(request))
        wanted = {name: value for name, value in request.items() if name != "DryRun"}
        await self._apis.moto.rehearse("ec2", call.operation, wanted)
        raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)

    async def _refuse(self, call: Call, request: Mapping[str, Any]) -> None:
        if not models.changes_state(call.operation):
            return
        if call.access_key is not None:
            _tags(request)
        self._owned(call.operation, request)
        check = _CHECKS.get(call.operation)
        if check is not None:
            check.decide(request, await self._told(check.reads))

    def _owned(self, operation: str, request: Mapping[str, Any]) -> None:
        attached = self._attached()
        one = request.get("NetworkInterfaceId")
        if operation == "DeleteNetworkInterface" and one in attached:
            raise invalid(f"Network interface '{one}' is currently in use.")
        tagged = {*(request.get("Resources") or ())}
        if operation == "DeleteTags" and not request.get("Tags") and tagged & {*attached}:
            raise AwsError("OperationNotPermitted", "Name the tags to delete: this interface belongs to a service.")

    async def _told(self, members: tuple[str, ...]) -> Described:
        answers = await asyncio.gather(*(self._apis.call(*_READS[member], {}) for member in members))
        return {member: answer.get(member) or [] for member, answer in zip(members, answers, strict=True)}


def _tags(request: Mapping[str, Any]) -> None:
    """Of a client's request: keys with `aws:` before them are AWS's own."""
    tags = [*(request.get("Tags") or ())]
    for specification in (*(request.get("TagSpecifications") or ()), *(request.get("TagSpecification") or ())):
        tags += specification.get("Tags") or ()
    for tag in tags:
        if str(tag.get("Key", "")).lower().startswith(_OURS):
            reserved = tag["Key"].partition(":")[0]
            raise invalid(f"Tag keys starting with '{reserved}:' are reserved for internal use")
