"""What is read again of EC2 when something has changed, and what becomes of what can't be read."""

from typing import Any

import pytest
from netflux.network.described import READS, Reading, topology

from netflux.faults import Faults
from netflux.network import ruleset


class Ec2:
    """Interfaces in one subnet; counts what it is asked for."""

    def __init__(self) -> None:
        self.interfaces: dict[str, str] = {}
        self.asked: list[tuple[str, int]] = []

    async def call(self, _service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        member = next(member for member, read in READS.items() if read == operation)
        if operation != "DescribeNetworkInterfaces":
            self.asked.append((operation, 0))
            return {member: _SUBNET.get(member, [])}
        wanted = params["Filters"][0]["Values"] if params else [*self.interfaces]
        found = [
            {"NetworkInterfaceId": key, "SubnetId": "subnet-1", "PrivateIpAddress": address}
            for key, address in self.interfaces.items()
            if key in wanted
        ]
        self.asked.append((operation, len(found)))
        return {member: found}


_SUBNET: dict[str, list[dict[str, Any]]] = {
    "Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}],
    "Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}],
    "NetworkAcls": [
        {"NetworkAclId": "acl-1", "Entries": [], "Associations": [{"SubnetId": "subnet-1", "NetworkAclId": "acl-1"}]}
    ],
    "RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Routes": [], "Associations": [{"Main": True}]}],
}


async def test_of_interfaces_only_those_are_read_again_that_a_call_names() -> None:
    ec2 = Ec2()
    ec2.interfaces = {f"eni-{number}": f"10.0.0.{number}" for number in range(4, 100)}
    reading = Reading(ec2.call)
    await reading.now()
    assert len(ec2.asked) == len(READS)
    ec2.asked.clear()

    ec2.interfaces["eni-new"] = "10.0.1.1"
    del ec2.interfaces["eni-7"]
    reading.changed("CreateNetworkInterface", ({}, {"NetworkInterface": {"NetworkInterfaceId": "eni-new"}}))
    reading.changed("DeleteNetworkInterface", ({"NetworkInterfaceId": "eni-7"}, {}))
    found = await reading.now()
    assert {key: one.address for key, one in found.interfaces.items()} == ec2.interfaces
    assert ec2.asked == [("DescribeNetworkInterfaces", 1)]


async def test_all_interfaces_are_read_again_after_a_call_of_which_nothing_is_known() -> None:
    ec2 = Ec2()
    ec2.interfaces = {"eni-1": "10.0.0.4"}
    reading = Reading(ec2.call)
    await reading.now()
    ec2.interfaces["eni-2"] = "10.0.0.5"
    reading.changed("CreateNetworkInterface")
    assert set((await reading.now()).interfaces) == {"eni-1", "eni-2"}


async def test_what_could_not_be_read_is_read_the_next_time() -> None:
    ec2 = Ec2()
    reading = Reading(ec2.call)
    await reading.now()
    ec2.interfaces["eni-1"] = "10.0.0.4"
    reading.changed("CreateNetworkInterface", ({}, {"NetworkInterface": {"NetworkInterfaceId": "eni-1"}}))

    async def broken(*_: Any) -> dict[str, Any]:
        raise ConnectionError

    whole, reading._call = reading._call, broken
    try:
        await reading.now()
    except ConnectionError:
        reading._call = whole
    assert set((await reading.now()).interfaces) == {"eni-1"}


def _world() -> dict[str, list[dict[str, Any]]]:
    """Two subnets with a group, a rule and an interface each, as EC2 tells them."""
    eni = {"PrivateIpAddresses": [], "Groups": [{"GroupId": "sg-1"}]}
    rule = {"GroupId": "sg-1", "IsEgress": False, "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
    return {
        **{member: [] for member in READS},
        "Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}, {"VpcId": "vpc-2", "CidrBlock": "10.1.0.0/16"}],
        "Subnets": [
            {"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"},
            {"SubnetId": "subnet-2", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"},
        ],
        "NetworkAcls": [
            {
                "NetworkAclId": "acl-1",
                "Entries": [_entry(100, "10.0.0.0/8"), _entry(200, "0.0.0.0/0")],
                "Associations": [{"SubnetId": "subnet-1"}, {"SubnetId": "subnet-2"}],
            }
        ],
        "RouteTables": [
            {
                "RouteTableId": "rtb-1",
                "VpcId": "vpc-1",
                "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}],
                "Associations": [{"Main": True}],
            }
        ],
        "SecurityGroups": [{"GroupId": "sg-1", "GroupName": "one", "VpcId": "vpc-1"}],
        "SecurityGroupRules": [
            {**rule, "SecurityGroupRuleId": "sgr-1", "CidrIpv4": "10.0.0.0/8"},
            {**rule, "SecurityGroupRuleId": "sgr-2", "ReferencedGroupInfo": {"GroupId": "sg-1"}},
        ],
        "NetworkInterfaces": [
            {**eni, "NetworkInterfaceId": "eni-1", "SubnetId": "subnet-1", "PrivateIpAddress": "10.0.0.4"},
            {**eni, "NetworkInterfaceId": "eni-2", "SubnetId": "subnet-2", "PrivateIpAddress": "10.0.1.4"},
        ],
        "NatGateways": [
            {
                "NatGatewayId": "nat-1", "SubnetId": "subnet-1", "State": "available",
                "NatGatewayAddresses": [{"PrivateIp": "10.0.0.9"}],
            }
        ],
        "InternetGateways": [
            {"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": "vpc-1", "State": "available"}]}
        ],
    }  # fmt: skip


def _entry(number: int, cidr: str) -> dict[str, Any]:
    return {"RuleNumber": number, "Egress": False, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": cidr}


def _without(member: str, index: int, *path: str) -> dict[str, list[dict[str, Any]]]:
    world = _world()
    place: Any = world[member][index]
    for step in path[:-1]:
        place = place[int(step) if step.isdigit() else step]
    del place[path[-1]]
    return world


UNREADABLE = [
    ("Vpcs", 1, ("CidrBlock",), "VPC vpc-2"),
    ("Subnets", 1, ("CidrBlock",), "subnet subnet-2"),
    ("SecurityGroupRules", 0, ("IpProtocol",), "rule sgr-1 of sg-1"),
    ("SecurityGroupRules", 0, ("CidrIpv4",), "rule sgr-1 of sg-1"),
    ("SecurityGroups", 0, ("GroupName",), "security group sg-1"),
    ("NetworkAcls", 0, ("Entries", "0", "Protocol"), "network ACL acl-1"),
    ("NetworkAcls", 0, ("Entries", "0", "CidrBlock"), "network ACL acl-1"),
    ("RouteTables", 0, ("RouteTableId",), "route table None"),
    ("NetworkInterfaces", 1, ("PrivateIpAddress",), "network interface eni-2"),
    ("NatGateways", 0, ("NatGatewayAddresses",), "NAT gateway nat-1"),
]


@pytest.mark.parametrize(("member", "index", "path", "subject"), UNREADABLE, ids=str)
def test_what_can_not_be_read_costs_itself_and_is_told(
    member: str, index: int, path: tuple[str, ...], subject: str
) -> None:
    faults = Faults()
    if member == "RouteTables":
        found = topology({**_world(), "RouteTables": []}, faults)
        assert found.subnets["subnet-1"].route_table == ""
    else:
        found = topology(_without(member, index, *path), faults)
        assert [fault.subject for fault in faults.list()] == [subject]
    assert "eni-1" in found.interfaces
    assert ruleset.of(found, "vpc-1", watched=True)
    assert topology(_world(), faults).interfaces.keys() == {"eni-1", "eni-2"}
    assert not faults.list()


def test_a_rule_with_a_port_that_is_none_allows_nothing() -> None:
    world = _world()
    world["SecurityGroupRules"][0]["ToPort"] = 70000
    assert [rule.id for rule in topology(world).groups["sg-1"].rules] == ["sgr-2"]


def test_a_network_acl_that_can_not_be_read_denies_all() -> None:
    found = topology(_without("NetworkAcls", 0, "Entries", "0", "Protocol"))
    assert found.acls[found.subnets["subnet-1"].acl].entries == ()
    assert topology({**_world(), "NetworkAcls": []}).acls[""].entries == ()
