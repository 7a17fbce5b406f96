"""Where EC2 does otherwise than moto."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from netflux.aws.ec2.association import PublicAddress
from netflux.network.described import read

from netflux.aws.ec2.api import Ec2Api
from netflux.aws.ec2.flowlogapi import FlowLogApi
from netflux.controlplane.apis import Apis
from netflux.errors import AwsError
from tests.aws.ec2.flowing import flowing
from tests.controlplane.plane import Plane


@pytest.fixture
async def apis(tmp_path: Path) -> AsyncIterator[Apis]:
    plane = Plane(tmp_path)
    yield (await flowing(plane, tmp_path)).apis
    plane.stop()


async def _group(apis: Apis, condition: list[dict[str, Any]]) -> dict[str, Any]:
    (found,) = (await apis.call("ec2", "DescribeSecurityGroups", {"Filters": condition}))["SecurityGroups"]
    return dict(found)


async def test_members_of_a_vpcs_default_group_let_each_other_in(apis: Apis) -> None:
    vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    group = await _group(apis, [{"Name": "vpc-id", "Values": [vpc]}])
    (permission,) = group["IpPermissions"]
    assert permission["IpProtocol"] == "-1"
    assert [pair["GroupId"] for pair in permission["UserIdGroupPairs"]] == [group["GroupId"]]


@pytest.mark.parametrize("direction", ["Ingress", "Egress"])
async def test_a_rule_with_a_description_is_revoked_by_what_it_allows(apis: Apis, direction: str) -> None:
    vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    made = {"GroupName": "app", "Description": "d", "VpcId": vpc}
    group = (await apis.call("ec2", "CreateSecurityGroup", made))["GroupId"]

    def rule(port: int, **note: str) -> dict[str, Any]:
        pairs = [{"GroupId": group, **note}]
        return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": pairs}

    both = [rule(8080, Description="each other"), rule(9090, Description="metrics")]
    await apis.call("ec2", f"AuthorizeSecurityGroup{direction}", {"GroupId": group, "IpPermissions": both})
    revoked = {"GroupId": group, "IpPermissions": [rule(8080)]}
    await apis.call("ec2", f"RevokeSecurityGroup{direction}", revoked)
    with pytest.raises(AwsError, match=r"InvalidPermission\.NotFound"):
        await apis.call("ec2", f"RevokeSecurityGroup{direction}", revoked)
    member = "IpPermissions" if direction == "Ingress" else "IpPermissionsEgress"
    left = (await _group(apis, [{"Name": "group-id", "Values": [group]}]))[member]
    assert [one["FromPort"] for one in left if one["IpProtocol"] == "tcp"] == [9090]


async def test_the_address_that_an_internet_gateway_translates_is_shown_and_found(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    flow = await flowing(plane, tmp_path)
    public: dict[str, PublicAddress] = {}
    flow.apis.register(Ec2Api(plane.moto, FlowLogApi(flow.logs, flow.apis.call, flow.clock, print), lambda: public))
    vpc = (await flow.apis.call("ec2", "CreateVpc", {"CidrBlock": "10.9.0.0/16"}))["Vpc"]["VpcId"]
    wanted = {"VpcId": vpc, "CidrBlock": "10.9.0.0/24"}
    subnet = (await flow.apis.call("ec2", "CreateSubnet", wanted))["Subnet"]["SubnetId"]
    made = [await flow.apis.call("ec2", "CreateNetworkInterface", {"SubnetId": subnet}) for _ in range(2)]
    one, other = (answer["NetworkInterface"]["NetworkInterfaceId"] for answer in made)
    public[one] = PublicAddress("198.18.0.10", "elbv2/arn/subnet")

    async def found(*conditions: tuple[str, str]) -> dict[str, dict[str, Any]]:
        told = [{"Name": name, "Values": [value]} for name, value in (("subnet-id", subnet), *conditions)]
        answer = await flow.apis.call("ec2", "DescribeNetworkInterfaces", {"Filters": told})
        return {eni["NetworkInterfaceId"]: eni for eni in answer["NetworkInterfaces"]}

    everything = await found()
    assert everything.keys() == {one, other}
    assert everything[one]["Association"] == {"IpOwnerId": "amazon-elb", "PublicIp": "198.18.0.10"}
    assert everything[one]["PrivateIpAddresses"][0]["Association"]["PublicIp"] == "198.18.0.10"
    assert "Association" not in everything[other]
    for name, value in (("association.public-ip", "198.18.0.10"), ("association.ip-owner-id", "amazon-elb")):
        assert (await found((name, value))).keys() == {one}
        assert await found((name, "another")) == {}
    plane.stop()


async def test_a_nat_gateways_interface_goes_with_it_and_its_address_is_free(apis: Apis) -> None:
    vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    subnet = (await apis.call("ec2", "CreateSubnet", {"VpcId": vpc, "CidrBlock": "10.0.0.0/24"}))["Subnet"]["SubnetId"]
    address = (await apis.call("ec2", "AllocateAddress", {"Domain": "vpc"}))["AllocationId"]
    made = {"SubnetId": subnet, "AllocationId": address}
    gateway = (await apis.call("ec2", "CreateNatGateway", made))["NatGateway"]["NatGatewayId"]
    for _ in range(2):
        await apis.call("ec2", "DeleteNatGateway", {"NatGatewayId": gateway})
    assert (await apis.call("ec2", "DescribeNetworkInterfaces", {}))["NetworkInterfaces"] == []
    (free,) = (await apis.call("ec2", "DescribeAddresses", {}))["Addresses"]
    assert not free.get("AssociationId")
    await apis.call("ec2", "ReleaseAddress", {"AllocationId": address})


async def test_an_interface_of_a_subnet_that_is_no_more_is_nowhere(apis: Apis) -> None:
    vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    subnet = (await apis.call("ec2", "CreateSubnet", {"VpcId": vpc, "CidrBlock": "10.0.0.0/24"}))["Subnet"]["SubnetId"]
    await apis.call("ec2", "CreateNetworkInterface", {"SubnetId": subnet})
    assert len((await read(apis.call)).interfaces) == 1
    await apis.moto.call("ec2", "DeleteSubnet", {"SubnetId": subnet})  # as an earlier Netflux let it
    assert (await read(apis.call)).interfaces == {}


async def test_a_prefix_list_keeps_the_name_that_a_change_does_not_name(apis: Apis) -> None:
    made = {"PrefixListName": "offices", "MaxEntries": 5, "AddressFamily": "IPv4"}
    identity = (await apis.call("ec2", "CreateManagedPrefixList", made))["PrefixList"]["PrefixListId"]
    added = {"PrefixListId": identity, "CurrentVersion": 1, "AddEntries": [{"Cidr": "10.0.0.0/24"}]}
    await apis.call("ec2", "ModifyManagedPrefixList", added)
    told = await apis.call("ec2", "DescribeManagedPrefixLists", {"PrefixListIds": [identity]})
    assert told["PrefixLists"][0]["PrefixListName"] == "offices"
    await apis.call("ec2", "DescribePrefixLists", {})
    with pytest.raises(AwsError) as error:
        await apis.call("ec2", "ModifyManagedPrefixList", {"PrefixListId": "pl-0123456789abcdef0"})
    assert error.value.code == "InvalidPrefixListID.NotFound"
