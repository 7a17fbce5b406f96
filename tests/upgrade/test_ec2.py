"""What moto held of VPCs, subnets, groups, prefix lists, keys, templates and endpoints is told by EC2's handlers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netflux import names
from netflux.aws.ec2.api import Ec2Api
from netflux.clock import Clock
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.upgrade import ec2, ec2routes
from tests.controlplane.plane import Plane

_SPECIAL = {"State", "BlockPublicAccessStates"}


async def test_what_stood_in_moto_stands_in_the_tables(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    apis = await plane.start()

    async def moto(operation: str, **params: Any) -> dict[str, Any]:
        return await plane.moto.call("ec2", operation, params)

    async def told(operation: str, **params: Any) -> dict[str, Any]:
        return await apis.call("ec2", operation, params)

    vpc = (await moto("CreateVpc", CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True))["Vpc"]["VpcId"]
    await moto("AssociateVpcCidrBlock", VpcId=vpc, CidrBlock="10.1.0.0/16")
    await moto("ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
    await moto("CreateTags", Resources=[vpc], Tags=[{"Key": "Name", "Value": "prod"}])
    subnet = (await moto("CreateSubnet", VpcId=vpc, CidrBlock="10.1.0.0/24", AvailabilityZone="us-east-1b"))["Subnet"]
    await moto("ModifySubnetAttribute", SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch={"Value": True})
    options = (await moto("CreateDhcpOptions", DhcpConfigurations=[{"Key": "domain-name", "Values": ["a.test"]}]))[
        "DhcpOptions"
    ]["DhcpOptionsId"]
    await moto("AssociateDhcpOptions", VpcId=vpc, DhcpOptionsId=options)
    entries = [{"Cidr": "10.0.0.0/24", "Description": "office"}]
    listed = await moto(
        "CreateManagedPrefixList", PrefixListName="offices", MaxEntries=3, AddressFamily="IPv4", Entries=entries
    )
    prefix_list = listed["PrefixList"]["PrefixListId"]
    made = {"VpcId": vpc, "Description": "d"}
    group, other = [(await moto("CreateSecurityGroup", GroupName=name, **made))["GroupId"] for name in ("app", "lb")]
    rules = [
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "n"}]},
        {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other, "Description": "balancers"}]},
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [{"PrefixListId": prefix_list}]},
    ]
    await moto("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=rules)
    ids = {one["SecurityGroupRuleId"] for one in (await moto("DescribeSecurityGroupRules"))["SecurityGroupRules"]}
    await moto("CreateKeyPair", KeyName="mine")
    data = {
        "ImageId": "ami-1",
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
    }
    await moto("CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData=data)
    endpoint = (await moto("CreateVpcEndpoint", VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3"))["VpcEndpoint"]
    plane.documents.put("ec2.flow-log", "fl-1", {})
    vpcs = {one["VpcId"] for one in (await moto("DescribeVpcs"))["Vpcs"]}
    for _ in range(2):
        await ec2.adopt(plane.moto, plane.documents)
        await ec2routes.adopt(plane.moto, plane.documents)

    assert {one["VpcId"] for one in (await told("DescribeVpcs"))["Vpcs"]} == vpcs
    assert len((await told("DescribeVpcs", Filters=[{"Name": "is-default", "Values": ["true"]}]))["Vpcs"]) == 1
    (shown,) = (await told("DescribeVpcs", VpcIds=[vpc]))["Vpcs"]
    (before,) = (await moto("DescribeVpcs", VpcIds=[vpc]))["Vpcs"]
    assert {name: shown[name] for name in before.keys() - _SPECIAL - {"Ipv6CidrBlockAssociationSet"}} == {
        name: value for name, value in before.items() if name not in (*_SPECIAL, "Ipv6CidrBlockAssociationSet")
    }
    assert len(shown["Ipv6CidrBlockAssociationSet"]) == 1
    attribute = await told("DescribeVpcAttribute", VpcId=vpc, Attribute="enableDnsHostnames")
    assert attribute["EnableDnsHostnames"]["Value"] is True
    (one,) = (await told("DescribeSubnets", SubnetIds=[subnet["SubnetId"]]))["Subnets"]
    assert (one["AvailabilityZone"], one["CidrBlock"], one["MapPublicIpOnLaunch"]) == (
        "us-east-1b",
        "10.1.0.0/24",
        True,
    )
    assert {
        rule["SecurityGroupRuleId"] for rule in (await told("DescribeSecurityGroupRules"))["SecurityGroupRules"]
    } == ids
    (app,) = (await told("DescribeSecurityGroups", GroupIds=[group]))["SecurityGroups"]
    found = {rule["IpProtocol"] + str(rule.get("FromPort", "")): rule for rule in app["IpPermissions"]}
    assert found["tcp80"]["IpRanges"] == [{"CidrIp": "10.0.0.0/8", "Description": "n"}]
    assert [pair["GroupId"] for pair in found["-1"]["UserIdGroupPairs"]] == [other]
    assert found["-1"]["UserIdGroupPairs"][0]["Description"] == "balancers"
    assert found["tcp443"]["PrefixListIds"] == [{"PrefixListId": prefix_list}]
    assert (await told("GetManagedPrefixListEntries", PrefixListId=prefix_list))["Entries"] == entries
    mine = {"Name": "prefix-list-name", "Values": ["com.amazonaws.global.cloudfront.origin-facing"]}
    assert len((await told("DescribeManagedPrefixLists", Filters=[mine]))["PrefixLists"]) == 1
    assert [pair["KeyName"] for pair in (await told("DescribeKeyPairs"))["KeyPairs"]] == ["mine"]
    versions = await told("DescribeLaunchTemplateVersions", LaunchTemplateName="web")
    assert versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"] == "ami-1"
    (known,) = (await told("DescribeVpcEndpoints"))["VpcEndpoints"]
    assert known["VpcEndpointId"] == endpoint["VpcEndpointId"]
    await told("CreateTags", Resources=["fl-1"], Tags=[{"Key": "a", "Value": "b"}])
    await told("CreateSecurityGroup", GroupName="new", Description="d", VpcId=vpc)
    await plane.restart()
    plane.stop()


async def test_a_region_of_the_release_before_has_one_default_vpc_afterwards(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    moto = Moto(documents, names.ACCOUNT, names.REGION)
    (before,) = [one["VpcId"] for one in (await moto.call("ec2", "DescribeVpcs", {}))["Vpcs"]]
    await ec2.adopt(moto, documents)
    await ec2routes.adopt(moto, documents)
    api = Ec2Api(documents, Clock())
    api.seed()
    assert [one.id for one in api.tables.vpcs] == [before]
    assert len([*api.tables.dhcp_options]) == 1
    moto.stop()
    documents.close()
