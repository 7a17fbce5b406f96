from __future__ import annotations

from typing import Any

NETWORK = """
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
"""
GUARDED = (
    NETWORK
    + """
  Acl: {Type: AWS::EC2::NetworkAcl, Properties: {VpcId: !Ref Vpc}}
  In:
    Type: AWS::EC2::NetworkAclEntry
    Properties:
      NetworkAclId: !Ref Acl
      RuleNumber: 100
      Protocol: 6
      RuleAction: allow
      CidrBlock: 0.0.0.0/0
      PortRange: {From: "443", To: "443"}
  Out:
    Type: AWS::EC2::NetworkAclEntry
    Properties:
      {NetworkAclId: !Ref Acl, RuleNumber: "100", Protocol: -1, RuleAction: allow, Egress: "true", CidrBlock: 0.0.0.0/0}
  Guard:
    Type: AWS::EC2::SubnetNetworkAclAssociation
    Properties: {SubnetId: !Ref Subnet, NetworkAclId: !Ref Acl}
"""
)


async def _acl_of(cloud: Any, subnet: str) -> dict[str, Any]:
    found = {"Filters": [{"Name": "association.subnet-id", "Values": [subnet]}]}
    (acl,) = (await cloud.apis.call("ec2", "DescribeNetworkAcls", found))["NetworkAcls"]
    return dict(acl)


def _entries(acl: dict[str, Any]) -> list[tuple[bool, int, str, Any]]:
    own = [each for each in acl["Entries"] if each["RuleNumber"] != 32767]
    return sorted((e["Egress"], e["RuleNumber"], e["Protocol"], e.get("PortRange", {}).get("From")) for e in own)


async def test_a_subnet_gets_the_list_its_entries_change_and_without_it_the_default_is_back(cloud: Any) -> None:
    assert (await cloud.create(GUARDED))["StackStatus"] == "CREATE_COMPLETE"
    subnet = (await cloud.resources())["Subnet"]["PhysicalResourceId"]
    assert _entries(await _acl_of(cloud, subnet)) == [(False, 100, "6", 443), (True, 100, "-1", None)]
    assert (await cloud.update(GUARDED.replace('"443"', '"80"')))["StackStatus"] == "UPDATE_COMPLETE"
    assert _entries(await _acl_of(cloud, subnet))[0] == (False, 100, "6", 80)
    other = GUARDED.replace("RuleNumber: 100", "RuleNumber: 90")
    assert (await cloud.update(other))["StackStatus"] == "UPDATE_COMPLETE"
    assert _entries(await _acl_of(cloud, subnet))[0] == (False, 90, "6", 443)
    assert (await cloud.update(NETWORK))["StackStatus"] == "UPDATE_COMPLETE"
    assert (await _acl_of(cloud, subnet))["IsDefault"]


async def test_an_entry_whose_number_is_taken_is_refused(cloud: Any) -> None:
    twice = GUARDED.replace("  Guard:", "  Again:\n" + GUARDED.split("  In:\n")[1].split("  Out:")[0] + "  Guard:")
    assert (await cloud.create(twice))["StackStatus"] == "ROLLBACK_COMPLETE"
