"""Where EC2 does otherwise than moto."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux.controlplane.apis import Apis
from netflux.errors import AwsError
from netflux.network.described import read
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
    await apis.call("ec2", "DeleteSubnet", {"SubnetId": subnet})
    assert (await read(apis.call)).interfaces == {}
