"""What EC2 makes, shows and takes away with a noun."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux.controlplane.apis import Apis
from netflux.errors import AwsError
from netflux.network.interface import InterfaceRequest
from netflux.network.ledger import Ledger
from tests.aws.ec2.flowing import flowing
from tests.controlplane.plane import Plane


@pytest.fixture
def plane(tmp_path: Path) -> Plane:
    return Plane(tmp_path)


@pytest.fixture
async def apis(plane: Plane, tmp_path: Path) -> AsyncIterator[Apis]:
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


async def test_the_address_that_an_internet_gateway_translates_is_shown_and_found(plane: Plane, apis: Apis) -> None:
    vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.9.0.0/16"}))["Vpc"]["VpcId"]
    wanted = {"VpcId": vpc, "CidrBlock": "10.9.0.0/24"}
    subnet = (await apis.call("ec2", "CreateSubnet", wanted))["Subnet"]["SubnetId"]
    ledger = Ledger(plane.documents, translates=True)
    one = ledger.attach(InterfaceRequest("elbv2/arn/subnet", subnet, (), "d", public=True))
    other = ledger.attach(InterfaceRequest("ecs/task/1", subnet, (), "d"))
    public = one.public_address

    async def found(*conditions: tuple[str, str]) -> dict[str, dict[str, Any]]:
        told = [{"Name": name, "Values": [value]} for name, value in (("subnet-id", subnet), *conditions)]
        answer = await apis.call("ec2", "DescribeNetworkInterfaces", {"Filters": told})
        return {eni["NetworkInterfaceId"]: eni for eni in answer["NetworkInterfaces"]}

    everything = await found()
    assert everything.keys() == {one.id, other.id}
    assert everything[one.id]["Association"] == {"IpOwnerId": "amazon-elb", "PublicIp": public}
    assert everything[one.id]["PrivateIpAddresses"][0]["Association"]["PublicIp"] == public
    assert "Association" not in everything[other.id]
    for name, value in (("association.public-ip", public), ("association.ip-owner-id", "amazon-elb")):
        assert (await found((name, value))).keys() == {one.id}
        assert await found((name, "another")) == {}


async def test_a_nat_gateways_interface_goes_with_it_and_its_address_is_free(apis: Apis) -> None:
    vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    subnet = (await apis.call("ec2", "CreateSubnet", {"VpcId": vpc, "CidrBlock": "10.0.0.0/24"}))["Subnet"]["SubnetId"]
    way = (await apis.call("ec2", "CreateInternetGateway", {}))["InternetGateway"]["InternetGatewayId"]
    await apis.call("ec2", "AttachInternetGateway", {"InternetGatewayId": way, "VpcId": vpc})
    address = (await apis.call("ec2", "AllocateAddress", {"Domain": "vpc"}))["AllocationId"]
    made = {"SubnetId": subnet, "AllocationId": address}
    gateway = (await apis.call("ec2", "CreateNatGateway", made))["NatGateway"]["NatGatewayId"]
    for _ in range(2):
        await apis.call("ec2", "DeleteNatGateway", {"NatGatewayId": gateway})
    assert (await apis.call("ec2", "DescribeNetworkInterfaces", {}))["NetworkInterfaces"] == []
    (free,) = (await apis.call("ec2", "DescribeAddresses", {}))["Addresses"]
    assert not free.get("AssociationId")
    await apis.call("ec2", "ReleaseAddress", {"AllocationId": address})


async def test_a_prefix_list_that_a_rule_names_fails_to_be_deleted_and_stays(apis: Apis) -> None:
    made = {"PrefixListName": "offices", "MaxEntries": 5, "AddressFamily": "IPv4"}
    identity = (await apis.call("ec2", "CreateManagedPrefixList", made))["PrefixList"]["PrefixListId"]
    group = (await apis.call("ec2", "CreateSecurityGroup", {"GroupName": "app", "Description": "d"}))["GroupId"]
    port = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "PrefixListIds": [{"PrefixListId": identity}]}
    rule = {"GroupId": group, "IpPermissions": [port]}
    await apis.call("ec2", "AuthorizeSecurityGroupIngress", rule)
    await apis.call("ec2", "DeleteManagedPrefixList", {"PrefixListId": identity})
    listed = {"PrefixListIds": [identity]}
    (told,) = (await apis.call("ec2", "DescribeManagedPrefixLists", listed))["PrefixLists"]
    assert told["State"] == "delete-failed"
    assert identity in told["StateMessage"]
    await apis.call("ec2", "RevokeSecurityGroupIngress", rule)
    await apis.call("ec2", "DeleteManagedPrefixList", {"PrefixListId": identity})
    with pytest.raises(AwsError, match=r"InvalidPrefixListID\.NotFound"):
        await apis.call("ec2", "DescribeManagedPrefixLists", listed)


_RFC_4716 = """---- BEGIN SSH2 PUBLIC KEY ----
Comment: a key that goes on \\
in another line
{}
---- END SSH2 PUBLIC KEY ----
"""


async def test_a_public_key_is_taken_in_the_form_of_rfc_4716(apis: Apis) -> None:
    await apis.call("ec2", "CreateKeyPair", {"KeyName": "made", "KeyType": "ed25519"})
    asked = {"KeyNames": ["made"], "IncludePublicKey": True}
    (made,) = (await apis.call("ec2", "DescribeKeyPairs", asked))["KeyPairs"]
    body = made["PublicKey"].split()[1]
    material = _RFC_4716.format(f"{body[:40]}\n{body[40:]}").encode()
    imported = await apis.call("ec2", "ImportKeyPair", {"KeyName": "imported", "PublicKeyMaterial": material})
    assert imported["KeyFingerprint"] == made["KeyFingerprint"]
    assert "Tags" not in imported


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
