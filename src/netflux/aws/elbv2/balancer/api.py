"""The operations on load balancers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.elbv2 import attributes, quotas
from netflux.aws.elbv2.balancer import validation
from netflux.aws.elbv2.balancer.shown import shown, zones
from netflux.aws.elbv2.operations import Operations, Shape, one_of, page, tags_of
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.subnet import Subnet
from netflux.resources.elbv2 import LoadBalancer, Zone

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import (
        CreateLoadBalancerInputTypeDef,
        DeleteLoadBalancerInputTypeDef,
        DescribeCapacityReservationInputTypeDef,
        DescribeLoadBalancerAttributesInputTypeDef,
        DescribeLoadBalancersInputTypeDef,
        ModifyLoadBalancerAttributesInputTypeDef,
        SetIpAddressTypeInputTypeDef,
        SetSecurityGroupsInputTypeDef,
        SetSubnetsInputTypeDef,
    )

_MAPPINGS = {
    "SubnetMappings.AllocationId": "Nodes of Application Load Balancers have no Elastic IP addresses.",
    "SubnetMappings.PrivateIPv4Address": "Only Network Load Balancers take addresses.",
    "SubnetMappings.IPv6Address": "Only Network Load Balancers take addresses.",
    "SubnetMappings.SourceNatIpv6Prefix": "Only Network Load Balancers have it.",
}
_IPV4 = ("ipv4",)
_NO_SIX = "The network carries IPv4 only: use ipv4."


class LoadBalancers(Operations):
    """Handlers."""

    @operation(
        "Name Subnets SubnetMappings(SubnetId) SecurityGroups Scheme Tags(Key Value) Type IpAddressType",
        refused={
            **_MAPPINGS,
            "CustomerOwnedIpv4Pool": "There are no Outposts here.",
            "EnablePrefixForIpv6SourceNat": "Only Network Load Balancers have it.",
            "IpamPools": "There is no IPAM here.",
            "Type": "Load balancers speak HTTP here: make an Application Load Balancer (type application).",
            "IpAddressType": _NO_SIX,
        },
        only={"Type": ("application",), "IpAddressType": _IPV4},
    )
    def create_load_balancer(self, call: Call, request: CreateLoadBalancerInputTypeDef) -> Shape:
        """Repeated with the same subnets, scheme and groups it returns the one there is.

        An internet-facing one needs an internet gateway; the nodes' subnets are in two zones at least ("Subnets for
        your load balancer", user guide).
        """
        validation.name(request["Name"])
        tags = tags_of(call, request.get("Tags"))
        internal = request.get("Scheme") == "internal"
        subnets = self.parts.vpcs.subnets(validation.subnets(request))
        validation.together(subnets)
        vpc = subnets[0].vpc_id
        groups = self._security_groups(request.get("SecurityGroups") or (), vpc)
        wanted = LoadBalancer(
            self.arn(f"loadbalancer/app/{request['Name']}"), request["Name"], internal, vpc, _zones(subnets), groups,
            self.parts.clock.now(), tags=tags,
        )  # fmt: skip
        return {"LoadBalancers": [self._shown_balancer(self._new_balancer(wanted, subnets))]}

    def _new_balancer(self, wanted: LoadBalancer, subnets: Sequence[Subnet]) -> LoadBalancer:
        for known in self.desired.balancers.where("name", wanted.name):
            if validation.same(known, wanted):
                return known
            raise AwsError(
                "DuplicateLoadBalancerName",
                f"A load balancer with the same name '{wanted.name}' exists, but with different settings",
            )
        quotas.check(quotas.LOAD_BALANCERS, len(self.desired.balancers) + 1)
        if not wanted.internal and not self.parts.vpcs.has_internet(wanted.vpc_id):
            raise AwsError("InvalidSubnet", f"VPC {wanted.vpc_id} has no internet gateway")
        validation.roomy(subnets, self.parts.vpcs.free)
        self.desired.balancers.put(wanted)
        return wanted

    @operation("LoadBalancerArns Names Marker PageSize")
    def describe_load_balancers(self, _call: Call, request: DescribeLoadBalancersInputTypeDef) -> Shape:
        """`active` only when the nodes are attached and HAProxy runs the listeners."""
        one_of(request, "LoadBalancerArns", "Names")
        found = [*self.desired.balancers]
        if request.get("LoadBalancerArns"):
            found = [self.balancer(arn) for arn in request["LoadBalancerArns"]]
        elif request.get("Names"):
            found = self._balancers_named(request["Names"])
        taken, marker = page(found, request, lambda balancer: balancer.arn)
        return {"LoadBalancers": [self._shown_balancer(one) for one in taken], **marker}

    def _balancers_named(self, names: Sequence[str]) -> list[LoadBalancer]:
        missing = [name for name in names if not self.desired.balancers.has("name", name)]
        if missing:
            raise AwsError("LoadBalancerNotFound", f"Load balancers '[{', '.join(missing)}]' not found")
        return [one for name in names for one in self.desired.balancers.where("name", name)]

    @operation("LoadBalancerArn")
    async def delete_load_balancer(self, _call: Call, request: DeleteLoadBalancerInputTypeDef) -> Shape:
        """Refused while deletion protection is on; a second time nothing happens.

        Its nodes are gone when it returns, so that its subnets and security groups can be deleted next.
        """
        arn = request["LoadBalancerArn"]
        if arn not in self.desired.balancers:
            return {}
        if self._attributes(self.balancer(arn))["deletion_protection.enabled"] == "true":
            raise AwsError(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        with self.documents.transaction(frees=True):
            for rule in self.desired.rules.where("balancer", arn):
                self.desired.rules.delete(rule.arn)
            for listener in self.desired.listeners.where("balancer", arn):
                self.desired.listeners.delete(listener.arn)
            self.desired.balancers.delete(arn)
        await self.parts.controller.settle(arn)
        return {}

    @operation(
        "LoadBalancerArn Subnets SubnetMappings(SubnetId) IpAddressType",
        refused={
            **_MAPPINGS,
            "EnablePrefixForIpv6SourceNat": "Only Network Load Balancers have it.",
            "IpAddressType": _NO_SIX,
        },
        only={"IpAddressType": _IPV4},
    )
    def set_subnets(self, _call: Call, request: SetSubnetsInputTypeDef) -> Shape:
        """Of the load balancer's VPC, in two zones at least."""
        before = self.balancer(request["LoadBalancerArn"])
        subnets = self.parts.vpcs.subnets(validation.subnets(request))
        validation.together(subnets)
        if subnets[0].vpc_id != before.vpc_id:
            raise AwsError("InvalidConfigurationRequest", f"All subnets must belong to VPC '{before.vpc_id}'")
        held = {zone.subnet for zone in before.zones}
        validation.roomy([one for one in subnets if one.id not in held], self.parts.vpcs.free)
        after = replace(before, zones=_zones(subnets))
        self.desired.balancers.put(after)
        return {"AvailabilityZones": zones(after), "IpAddressType": "ipv4"}

    @operation(
        "LoadBalancerArn SecurityGroups",
        refused={"EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "Only Network Load Balancers have it."},
    )
    def set_security_groups(self, _call: Call, request: SetSecurityGroupsInputTypeDef) -> Shape:
        """Of the load balancer's VPC; the former ones are left."""
        before = self.balancer(request["LoadBalancerArn"])
        if not request["SecurityGroups"]:
            raise AwsError("ValidationError", "At least one security group must be specified")
        groups = self._security_groups(request["SecurityGroups"], before.vpc_id)
        self.desired.balancers.put(replace(before, security_groups=groups))
        return {"SecurityGroupIds": [*groups]}

    def _security_groups(self, given: Sequence[str], vpc: str) -> tuple[str, ...]:
        """Those that are given, or the VPC's default one."""
        found = self.parts.vpcs.group_vpcs(given)
        validation.security_groups(found, vpc)
        return tuple(dict.fromkeys(given)) or (self.parts.vpcs.default_group(vpc),)

    @operation("LoadBalancerArn IpAddressType", refused={"IpAddressType": _NO_SIX}, only={"IpAddressType": _IPV4})
    def set_ip_address_type(self, _call: Call, request: SetIpAddressTypeInputTypeDef) -> Shape:
        """Only ipv4 is carried."""
        self.balancer(request["LoadBalancerArn"])
        return {"IpAddressType": "ipv4"}

    @operation("LoadBalancerArn")
    def describe_capacity_reservation(self, _call: Call, request: DescribeCapacityReservationInputTypeDef) -> Shape:
        """None: nobody can reserve capacity here, and a load balancer has what the machine has."""
        self.balancer(request["LoadBalancerArn"])
        return {"CapacityReservationState": []}

    @operation("LoadBalancerArn")
    def describe_load_balancer_attributes(
        self, _call: Call, request: DescribeLoadBalancerAttributesInputTypeDef
    ) -> Shape:
        """All that AWS has, with its defaults."""
        return {"Attributes": attributes.as_list(self._attributes(self.balancer(request["LoadBalancerArn"])))}

    @operation("LoadBalancerArn Attributes(Key Value)")
    async def modify_load_balancer_attributes(
        self, _call: Call, request: ModifyLoadBalancerAttributesInputTypeDef
    ) -> Shape:
        """Values without effect here are refused by name. Access logs must be deliverable."""
        attributes.check_load_balancer(request["Attributes"])
        said = attributes.said(request["Attributes"])
        await self._check_log({**self._attributes(self.balancer(request["LoadBalancerArn"])), **said}, said)
        with self.documents.transaction():
            before = self.balancer(request["LoadBalancerArn"])
            after = replace(before, attributes={**before.attributes, **said})
            self.desired.balancers.put(after)
        return {"Attributes": attributes.as_list(self._attributes(after))}

    async def _check_log(self, found: Mapping[str, str], said: Mapping[str, str]) -> None:
        if not any(name.startswith("access_logs.") for name in said) or found["access_logs.s3.enabled"] != "true":
            return
        bucket, prefix = found["access_logs.s3.bucket"], found["access_logs.s3.prefix"]
        if not bucket:
            raise AwsError("ValidationError", "An S3 bucket must be specified to enable access logs")
        await self.parts.controller.check_log(bucket, prefix)

    def _attributes(self, balancer: LoadBalancer) -> dict[str, str]:
        return attributes.load_balancer(balancer.attributes)

    def _shown_balancer(self, balancer: LoadBalancer) -> dict[str, Any]:
        return shown(balancer, self.desired.region, active=balancer.arn in self.parts.controller.traffic.active)


def _zones(subnets: Sequence[Subnet]) -> tuple[Zone, ...]:
    return tuple(Zone(subnet.id, subnet.zone) for subnet in subnets)
