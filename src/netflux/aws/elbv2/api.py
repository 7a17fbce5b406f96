"""The operations of Elastic Load Balancing v2 whose truth is not only configuration.

The configuration itself is moto's. What is added: validation that moto lacks, targets with their health, the state of
load balancers, attributes with AWS's defaults, and refusals of what would have no effect here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netflux.aws.elbv2 import attributes, decide, present, validation
from netflux.aws.elbv2.apply import ElbController
from netflux.aws.elbv2.decide import Target
from netflux.aws.elbv2.desired import Desired, TargetGroup
from netflux.aws.elbv2.listenerapi import ListenerApi, paged
from netflux.aws.elbv2.targets import Registration
from netflux.clock import Clock
from netflux.controlplane.call import Call, Caller
from netflux.errors import AwsError, Unsupported

Shape = dict[str, Any]


class ElbApi(ListenerApi):
    """Handlers.

    Args:
        config: moto.
        desired: reads it.
        controller: what was observed.
        clock: stamps deregistrations.
    """

    service = "elbv2"
    whole = False

    def __init__(self, config: Caller, desired: Desired, controller: ElbController, clock: Clock) -> None:
        super().__init__(config, desired)
        self._controller = controller
        self._targets = controller.targets
        self._traffic = controller.traffic
        self._clock = clock

    # Load balancers

    async def create_load_balancer(self, call: Call, request: Shape) -> Shape:
        """Repeated with the same subnets, scheme and groups it returns the one there is, as on AWS."""
        validation.load_balancer(request)
        subnets = validation.subnets(request)
        vpc = await self._vpc_of(subnets)
        groups = request.get("SecurityGroups") or await self._default_group(vpc)
        request |= {"Subnets": subnets, "SecurityGroups": groups, "Scheme": request.get("Scheme", "internet-facing")}
        request.pop("SubnetMappings", None)
        known = (await self._moto("DescribeLoadBalancers", {"PageSize": 400}))["LoadBalancers"]
        for found in known:
            if found["LoadBalancerName"] != request["Name"]:
                continue
            if _same(found, request):
                return {"LoadBalancers": [self._load_balancer(found, call)]}
            raise AwsError(
                "DuplicateLoadBalancerName",
                f"A load balancer with the same name '{request['Name']}' exists, but with different settings",
            )
        made = await self._moto("CreateLoadBalancer", request)
        return {"LoadBalancers": [self._load_balancer(made["LoadBalancers"][0], call)]}

    async def describe_load_balancers(self, call: Call, request: Shape) -> Shape:
        """`active` only when the nodes are attached and HAProxy runs the listeners."""
        wanted = {name: value for name, value in request.items() if name in ("LoadBalancerArns", "Names")}
        raw = (await self._moto("DescribeLoadBalancers", {**wanted, "PageSize": 400}))["LoadBalancers"]
        found, marker = present.page(raw, request, "LoadBalancerArn")
        return paged("LoadBalancers", [self._load_balancer(one, call) for one in found], marker)

    async def delete_load_balancer(self, _call: Call, request: Shape) -> Shape:
        """Refused while deletion protection is on; a second time nothing happens.

        Its nodes are gone when it returns, so that its subnets and security groups can be deleted next.
        """
        arn = request["LoadBalancerArn"]
        if arn in await self._desired.load_balancer_arns():
            protected = (await self._load_balancer_attributes(arn))["deletion_protection.enabled"]
            if protected == "true":
                raise AwsError(
                    "OperationNotPermitted",
                    f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
                )
        answer = await self._moto("DeleteLoadBalancer", request)
        self._rulebook.forget(arn)
        await self._controller.settle(arn)
        return answer

    async def set_subnets(self, _call: Call, request: Shape) -> Shape:
        """Of one VPC, in two zones at least."""
        subnets = validation.subnets(request)
        await self._vpc_of(subnets)
        if request.get("IpAddressType", "ipv4") != "ipv4":
            raise Unsupported(f"IpAddressType {request['IpAddressType']}")
        return await self._moto("SetSubnets", {"LoadBalancerArn": request["LoadBalancerArn"], "Subnets": subnets})

    async def set_ip_address_type(self, _call: Call, request: Shape) -> Shape:
        """Only ipv4 is carried."""
        if request["IpAddressType"] != "ipv4":
            raise Unsupported(f"IpAddressType {request['IpAddressType']}")
        return await self._moto("SetIpAddressType", request)

    async def describe_load_balancer_attributes(self, _call: Call, request: Shape) -> Shape:
        """All that AWS has, with its defaults."""
        return {"Attributes": attributes.as_list(await self._load_balancer_attributes(request["LoadBalancerArn"]))}

    async def modify_load_balancer_attributes(self, _call: Call, request: Shape) -> Shape:
        """Values without effect here are refused by name."""
        attributes.check_load_balancer(request["Attributes"])
        await self._check_log(request)
        await self._moto("ModifyLoadBalancerAttributes", request)
        return {"Attributes": attributes.as_list(await self._load_balancer_attributes(request["LoadBalancerArn"]))}

    async def _check_log(self, request: Shape) -> None:
        said = {entry["Key"]: str(entry.get("Value", "")) for entry in request["Attributes"]}
        found = {**await self._load_balancer_attributes(request["LoadBalancerArn"]), **said}
        if not any(name.startswith("access_logs.") for name in said) or found["access_logs.s3.enabled"] != "true":
            return
        bucket, prefix = found["access_logs.s3.bucket"], found["access_logs.s3.prefix"]
        if not bucket:
            raise AwsError("ValidationError", "An S3 bucket must be specified to enable access logs")
        await self._controller.check_log(bucket, prefix)

    async def describe_capacity_reservation(self, _call: Call, _request: Shape) -> Shape:
        """There is no capacity to be reserved."""
        raise Unsupported("DescribeCapacityReservation")

    # Target groups

    async def create_target_group(self, _call: Call, request: Shape) -> Shape:
        """Of type ip, for HTTP or HTTPS; the timeout's default is the user guide's."""
        validation.target_group(request)
        made = (await self._moto("CreateTargetGroup", request))["TargetGroups"][0]
        return {"TargetGroups": [present.target_group(made, {})]}

    async def describe_target_groups(self, _call: Call, request: Shape) -> Shape:
        """With the load balancers whose rules name them."""
        users = await self._desired.users()
        wanted = {name: value for name, value in request.items() if name in ("TargetGroupArns", "Names")}
        raw = (await self._moto("DescribeTargetGroups", wanted))["TargetGroups"]
        balancer = request.get("LoadBalancerArn")
        if balancer and balancer not in await self._desired.load_balancer_arns():
            raise AwsError("LoadBalancerNotFound", f"Load balancer '{balancer}' not found")
        groups = [
            present.target_group(one, users)
            for one in raw
            if not balancer or balancer in users.get(one["TargetGroupArn"], ())
        ]
        found, marker = present.page(groups, request, "TargetGroupArn")
        return paged("TargetGroups", found, marker)

    async def modify_target_group(self, _call: Call, request: Shape) -> Shape:
        """The health check."""
        validation.target_group(request)
        raw = (await self._moto("ModifyTargetGroup", request))["TargetGroups"][0]
        return {"TargetGroups": [present.target_group(raw, await self._desired.users())]}

    async def delete_target_group(self, _call: Call, request: Shape) -> Shape:
        """Refused while a rule names it."""
        answer = await self._moto("DeleteTargetGroup", request)
        self._targets.forget(request["TargetGroupArn"])
        return answer

    async def describe_target_group_attributes(self, _call: Call, request: Shape) -> Shape:
        """All that AWS has, with its defaults."""
        group = await self._group(request["TargetGroupArn"])
        return {"Attributes": attributes.as_list(group.attributes)}

    async def modify_target_group_attributes(self, _call: Call, request: Shape) -> Shape:
        """Values without effect here are refused by name."""
        before = await self._group(request["TargetGroupArn"])
        attributes.check_target_group(request["Attributes"])
        said = {entry["Key"]: str(entry.get("Value", "")) for entry in request["Attributes"]}
        zones = {found.zone for found in self._targets.of(before.arn)}
        attributes.check_zonal({**before.attributes, **said}, zones, apart=self._controller.apart)
        await self._moto("ModifyTargetGroupAttributes", request)
        group = await self._group(request["TargetGroupArn"])
        return {"Attributes": attributes.as_list(group.attributes)}

    # Targets

    async def register_targets(self, _call: Call, request: Shape) -> Shape:
        """Registered again, a draining target is in service again."""
        group = await self._group(request["TargetGroupArn"])
        for entry in request["Targets"]:
            validation.target(entry, group.kind)
        zones = {entry.get("AvailabilityZone", "") for entry in request["Targets"]}
        attributes.check_zonal(group.attributes, zones, apart=self._controller.apart)
        self._targets.register(
            group.arn,
            [
                Registration(Target(entry["Id"], entry.get("Port", group.port)), entry.get("AvailabilityZone", ""))
                for entry in request["Targets"]
            ],
        )
        return {}

    async def deregister_targets(self, _call: Call, request: Shape) -> Shape:
        """When it returns, HAProxy sends the targets no new request. One without a port means all of its address."""
        group = await self._group(request["TargetGroupArn"])
        known = [found.target for found in self._targets.of(group.arn)]
        leaving = [
            target
            for entry in request["Targets"]
            for target in known
            if target.id == entry["Id"] and entry.get("Port", target.port) == target.port
        ]
        missing = [entry["Id"] for entry in request["Targets"] if entry["Id"] not in {target.id for target in known}]
        if missing:
            raise AwsError("InvalidTarget", f"The following targets are not registered: '{', '.join(missing)}'")
        self._targets.deregister(group.arn, leaving, self._clock.now())
        await self._traffic.route_now(group.arn)
        return {}

    async def describe_target_health(self, _call: Call, request: Shape) -> Shape:
        """What the checker has seen; nothing is healthy that it has not seen answer."""
        group = await self._group(request["TargetGroupArn"])
        used = group.arn in await self._desired.users()
        zones = {found.target: found.zone for found in self._targets.of(group.arn)}
        states = dict(self._traffic.states(group.arn))
        if not used:
            states = {target: decide.NOT_IN_USE for target, health in states.items() if health != decide.DRAINING}
        wanted = _asked(request.get("Targets") or [], [*states], group.port)
        return {
            "TargetHealthDescriptions": [
                present.health(
                    target, states.get(target, decide.NOT_REGISTERED), group.check.port, zones.get(target, "")
                )
                for target in wanted
            ]
        }

    async def _group(self, arn: str) -> TargetGroup:
        group = await self._desired.target_group(arn)
        if group is None:
            raise AwsError("TargetGroupNotFound", f"Target group '{arn}' not found")
        return group

    async def _load_balancer_attributes(self, arn: str) -> dict[str, str]:
        told = await self._moto("DescribeLoadBalancerAttributes", {"LoadBalancerArn": arn})
        return attributes.load_balancer(told["Attributes"])

    def _load_balancer(self, raw: Mapping[str, Any], call: Call) -> Shape:
        return present.load_balancer(raw, call.region, active=raw["LoadBalancerArn"] in self._traffic.active)

    async def _vpc_of(self, subnets: Sequence[str]) -> str:
        try:
            found = (await self._config.call("ec2", "DescribeSubnets", {"SubnetIds": list(subnets)}))["Subnets"]
        except AwsError as error:
            if error.code == "InvalidSubnetID.NotFound":
                raise AwsError("SubnetNotFound", error.message) from error
            raise
        if len({subnet["VpcId"] for subnet in found}) > 1:
            raise AwsError("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
        if len({subnet["AvailabilityZone"] for subnet in found}) < len(found):
            raise AwsError(
                "InvalidConfigurationRequest",
                "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
            )
        return str(found[0]["VpcId"])

    async def _default_group(self, vpc: str) -> list[str]:
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        told = await self._config.call("ec2", "DescribeSecurityGroups", {"Filters": filters})
        return [group["GroupId"] for group in told["SecurityGroups"]]


def _asked(entries: Sequence[Mapping[str, Any]], known: Sequence[Target], port: int) -> list[Target]:
    """The targets that a request names; all when it names none."""
    if not entries:
        return list(known)
    found: list[Target] = []
    for entry in entries:
        same = [target for target in known if (target.id, entry.get("Port", target.port)) == (entry["Id"], target.port)]
        found += same or [Target(entry["Id"], entry.get("Port", port))]
    return found


def _same(found: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    return (
        {zone["SubnetId"] for zone in found["AvailabilityZones"]} == set(request["Subnets"])
        and (found.get("Scheme") or "internet-facing") == request["Scheme"]
        and set(found.get("SecurityGroups") or ()) == set(request["SecurityGroups"])
    )
