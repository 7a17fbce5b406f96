"""EC2 operations that moto carries out, but not as EC2 does; all others go to moto once the rules have let them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from netflux.aws.ec2 import association
from netflux.aws.ec2.association import Addresses
from netflux.aws.ec2.flowlogapi import FlowLogApi
from netflux.aws.ec2.precheck import Precheck
from netflux.controlplane.call import Call, Caller
from netflux.errors import AwsError


class Ec2Api:
    """The overlay.

    Args:
        moto: holds VPCs and groups.
        flow_logs: answers for flow logs.
        public: the addresses that internet gateways translate.
        precheck: the rules that each call is held against; without it there are moto's only.
    """

    service = "ec2"
    whole = False

    def __init__(
        self, moto: Caller, flow_logs: FlowLogApi, public: Addresses = dict, precheck: Precheck | None = None
    ) -> None:
        self._moto = moto
        self._precheck = precheck
        self._flow_logs = flow_logs
        self._public = public

    async def precheck(self, call: Call, request: Mapping[str, Any]) -> None:
        """Before any operation is carried out, whoever does it."""
        if self._precheck is not None:
            await self._precheck.check(call, request)

    async def describe_network_interfaces(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """With the public addresses of tasks, load balancers and databases, which moto does not know."""
        others, conditions = association.split(request.get("Filters") or ())
        wanted = {**request, "Filters": others} if conditions else request
        answer, public = await self._moto.call("ec2", "DescribeNetworkInterfaces", wanted), self._public()
        found = [
            association.associated(one, public.get(one["NetworkInterfaceId"])) for one in answer["NetworkInterfaces"]
        ]
        return {**answer, "NetworkInterfaces": [one for one in found if association.passes(one, conditions)]}

    async def create_flow_logs(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Ours: moto's would deliver nothing."""
        return await self._flow_logs.create(request)

    async def describe_flow_logs(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Ours likewise."""
        return await self._flow_logs.describe(request)

    async def delete_flow_logs(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Ours likewise."""
        return await self._flow_logs.delete(request)

    async def modify_managed_prefix_list(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A name that is not named stays: moto would forget it, and could tell no prefix list any more."""
        wanted = request["PrefixListId"]
        told = await self._moto.call("ec2", "DescribeManagedPrefixLists", {"PrefixListIds": [wanted]})
        if not told["PrefixLists"]:
            raise AwsError("InvalidPrefixListID.NotFound", f"The prefix list ID '{wanted}' does not exist.")
        named = {"PrefixListName": told["PrefixLists"][0]["PrefixListName"], **request}
        return await self._moto.call("ec2", "ModifyManagedPrefixList", named)

    async def create_vpc(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """With its default group's inbound rule for members of the group (VPC guide, "Default security groups")."""
        answer = await self._moto.call("ec2", "CreateVpc", request)
        condition = [
            {"Name": "vpc-id", "Values": [answer["Vpc"]["VpcId"]]},
            {"Name": "group-name", "Values": ["default"]},
        ]
        found = (await self._moto.call("ec2", "DescribeSecurityGroups", {"Filters": condition}))["SecurityGroups"]
        for group in found:
            own = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group["GroupId"]}]}]
            if not group["IpPermissions"]:
                wanted = {"GroupId": group["GroupId"], "IpPermissions": own}
                await self._moto.call("ec2", "AuthorizeSecurityGroupIngress", wanted)
        return answer

    async def delete_subnet(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Its association with a route table goes with it."""
        answer = await self._moto.call("ec2", "DeleteSubnet", request)
        condition = [{"Name": "association.subnet-id", "Values": [request["SubnetId"]]}]
        for table in (await self._moto.call("ec2", "DescribeRouteTables", {"Filters": condition}))["RouteTables"]:
            for one in table["Associations"]:
                if one.get("SubnetId") == request["SubnetId"]:
                    tied = {"AssociationId": one["RouteTableAssociationId"]}
                    await self._moto.call("ec2", "DisassociateRouteTable", tied)
        return answer

    async def delete_nat_gateway(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Its interface goes with it, and its address is free, as on AWS."""
        answer = await self._moto.call("ec2", "DeleteNatGateway", request)
        asked = {"NatGatewayIds": [request["NatGatewayId"]]}
        (gateway,) = (await self._moto.call("ec2", "DescribeNatGateways", asked))["NatGateways"]
        for address in gateway["NatGatewayAddresses"]:
            interface = {"NetworkInterfaceId": address["NetworkInterfaceId"]}
            found = {"Filters": [{"Name": "network-interface-id", "Values": [*interface.values()]}]}
            if not (await self._moto.call("ec2", "DescribeNetworkInterfaces", found))["NetworkInterfaces"]:
                continue  # it was deleted before
            if "AssociationId" in address:
                await self._moto.call("ec2", "DisassociateAddress", {"AssociationId": address["AssociationId"]})
            await self._moto.call("ec2", "DeleteNetworkInterface", interface)
        return answer

    async def revoke_security_group_ingress(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A rule is found by what it allows; its description need not be said."""
        await self._describe(request, "IpPermissions")
        return await self._moto.call("ec2", "RevokeSecurityGroupIngress", request)

    async def revoke_security_group_egress(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The same outwards."""
        await self._describe(request, "IpPermissionsEgress")
        return await self._moto.call("ec2", "RevokeSecurityGroupEgress", request)

    async def _describe(self, request: dict[str, Any], member: str) -> None:
        """Gives group peers the description that they have: moto compares it as well."""
        if "GroupId" not in request or not request.get("IpPermissions"):
            return
        told = await self._moto.call("ec2", "DescribeSecurityGroups", {"GroupIds": [request["GroupId"]]})
        notes = dict(_notes(told["SecurityGroups"][0][member]))
        for permission in request["IpPermissions"]:
            for pair in permission.get("UserIdGroupPairs") or ():
                pair.pop("Description", None)
                note = notes.get((_what(permission), pair.get("GroupId", "")))
                if note:
                    pair["Description"] = note


def _notes(permissions: Iterable[Mapping[str, Any]]) -> Iterable[tuple[tuple[Any, str], str]]:
    for permission in permissions:
        for pair in permission.get("UserIdGroupPairs") or ():
            yield (_what(permission), pair.get("GroupId", "")), pair.get("Description", "")


def _what(permission: Mapping[str, Any]) -> tuple[str, Any, Any]:
    protocol = permission.get("IpProtocol", "")
    if protocol == "-1":
        return protocol, None, None
    return protocol, permission.get("FromPort"), permission.get("ToPort")
