"""EC2's types for what a VPC gets besides its subnets, and the attributes of VPCs."""

from __future__ import annotations

from typing import Any

from tests.cloudformation.cloud import Cloud

TEMPLATE = """
Parameters:
  Domain: {Type: String, Default: films.internal}
  Entry: {Type: String, Default: 10.9.0.0/16}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Options:
    Type: AWS::EC2::DHCPOptions
    Properties:
      DomainName: !Ref Domain
      DomainNameServers: [AmazonProvidedDNS]
      NetbiosNodeType: 2
      Tags: [{Key: team, Value: films}]
  Associated: {Type: AWS::EC2::VPCDHCPOptionsAssociation, Properties: {VpcId: !Ref Vpc, DhcpOptionsId: !Ref Options}}
  More: {Type: AWS::EC2::VPCCidrBlock, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.1.0.0/16}}
  Six: {Type: AWS::EC2::VPCCidrBlock, Properties: {VpcId: !Ref Vpc, AmazonProvidedIpv6CidrBlock: true}}
  Subnet:
    Type: AWS::EC2::Subnet
    DependsOn: [More, Six]
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: 10.1.1.0/24
      Ipv6CidrBlock: !Select [0, !Cidr [!Select [0, !GetAtt Vpc.Ipv6CidrBlocks], 4, 64]]
  Way: {Type: AWS::EC2::EgressOnlyInternetGateway, Properties: {VpcId: !Ref Vpc}}
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Out:
    Type: AWS::EC2::Route
    Properties: {RouteTableId: !Ref Table, DestinationIpv6CidrBlock: "::/0", EgressOnlyInternetGatewayId: !Ref Way}
  List:
    Type: AWS::EC2::PrefixList
    Properties:
      PrefixListName: offices
      AddressFamily: IPv4
      MaxEntries: 3
      Entries: [{Cidr: !Ref Entry, Description: d}]
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      VpcId: !Ref Vpc
      GroupDescription: d
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, SourcePrefixListId: !Ref List}]
  Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties: {VpcId: !Ref Vpc, ServiceName: !Sub "com.amazonaws.${AWS::Region}.s3", RouteTableIds: [!Ref Table]}
Outputs:
  Group: {Value: !GetAtt Vpc.DefaultSecurityGroup}
  Acl: {Value: !GetAtt Vpc.DefaultNetworkAcl}
  Blocks: {Value: !Join [",", !GetAtt Vpc.CidrBlockAssociations]}
  Six: {Value: !Join [",", !GetAtt Subnet.Ipv6CidrBlocks]}
  AclAssociation: {Value: !GetAtt Subnet.NetworkAclAssociationId}
  Version: {Value: !GetAtt List.Version}
  Options: {Value: !Ref Options}
  Vpc: {Value: !Ref Vpc}
  List: {Value: !Ref List}
"""

CHANGED = [
    {"ParameterKey": "Domain", "ParameterValue": "movies.internal"},
    {"ParameterKey": "Entry", "ParameterValue": "10.8.0.0/16"},
]


def _outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


async def test_what_a_vpc_gets_is_made_changed_and_deleted(cloud: Cloud) -> None:
    stack = await cloud.create(TEMPLATE)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.events()
    told = _outputs(stack)
    [vpc] = (await cloud.apis.call("ec2", "DescribeVpcs", {"VpcIds": [told["Vpc"]]}))["Vpcs"]
    assert vpc["DhcpOptionsId"] == told["Options"]
    assert [one["CidrBlock"] for one in vpc["CidrBlockAssociationSet"]] == ["10.0.0.0/16", "10.1.0.0/16"]
    assert told["Blocks"].split(",") == [one["AssociationId"] for one in vpc["CidrBlockAssociationSet"]]
    whole = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    assert told["Six"].endswith("/64")
    assert told["Six"].split("::")[0] == whole.split("::")[0]
    filters = [{"Name": "vpc-id", "Values": [told["Vpc"]]}, {"Name": "group-name", "Values": ["default"]}]
    [group] = (await cloud.apis.call("ec2", "DescribeSecurityGroups", {"Filters": filters}))["SecurityGroups"]
    assert told["Group"] == group["GroupId"]
    assert told["Acl"].startswith("acl-")
    assert told["AclAssociation"].startswith("aclassoc-")
    assert told["Version"] == "1"
    stack = await cloud.update(TEMPLATE, Parameters=CHANGED)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", await cloud.events()
    again = _outputs(stack)
    assert (again["List"], again["Version"]) == (told["List"], "2")
    assert again["Options"] != told["Options"]
    entries = (await cloud.apis.call("ec2", "GetManagedPrefixListEntries", {"PrefixListId": told["List"]}))["Entries"]
    assert entries == [{"Cidr": "10.8.0.0/16", "Description": "d"}]
    wanted = {"DhcpOptionsIds": [again["Options"]]}
    [options] = (await cloud.apis.call("ec2", "DescribeDhcpOptions", wanted))["DhcpOptions"]
    assert {one["Key"]: [value["Value"] for value in one["Values"]] for one in options["DhcpConfigurations"]} == {
        "domain-name": ["movies.internal"], "domain-name-servers": ["AmazonProvidedDNS"], "netbios-node-type": ["2"],
    }  # fmt: skip
    await cloud.cf("DeleteStack", StackName=stack["StackId"])
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    for operation, member in (
        ("DescribeManagedPrefixLists", "PrefixLists"), ("DescribeDhcpOptions", "DhcpOptions"),
        ("DescribeVpcEndpoints", "VpcEndpoints"), ("DescribeEgressOnlyInternetGateways", "EgressOnlyInternetGateways"),
    ):  # fmt: skip
        found = (await cloud.apis.call("ec2", operation, {}))[member]
        assert not [one for one in found if any(tag["Key"].startswith("aws:") for tag in one.get("Tags", []))]
