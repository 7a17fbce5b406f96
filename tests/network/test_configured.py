"""What is read again of EC2's records when something has changed, and what becomes of what can't be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from netflux.controlplane.records.table import Change
from netflux.network import configured, ruleset
from netflux.network.configured import Reading
from netflux.network.topology import Topology
from netflux.resources.ec2.address import Address
from netflux.resources.ec2.routetable import Route, RouteTableAssociation
from netflux.resources.ec2.tables import Tables
from tests.network import kept
from tests.network.kept import Memory


def _world() -> dict[str, list[dict[str, Any]]]:
    """Two subnets with a group, two rules and an interface each, as EC2 tells them."""
    eni = {"Groups": [{"GroupId": "sg-1"}]}
    rule = {"GroupId": "sg-1", "IsEgress": False, "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
    return {
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
                "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}],
                "Associations": [{"Main": True}],
            },
            {"RouteTableId": "rtb-2", "VpcId": "vpc-1", "Routes": [], "Associations": []},
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


class Followed:
    """A reading, and the tables that it follows."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.tables = kept.tables(_world(), self.memory)
        self.reading = Reading(self.tables, self.memory)

    def changed(self, change: Callable[[Tables], None]) -> tuple[Topology, Topology]:
        before = self.reading.now()
        change(self.tables)
        return before, self.reading.now()


def _one(tables: Tables, table: str, key: str) -> Any:
    found = getattr(tables, table).get(key)
    assert found is not None
    return found


def _tie(tables: Tables) -> None:
    tables.route_table_associations.put(RouteTableAssociation("rtbassoc-9", "rtb-2", "vpc-1", "subnet-2"))


def _other_main(tables: Tables) -> None:
    main = tables.route_table_associations.where("main", "vpc-1")[0]
    tables.route_table_associations.put(replace(main, table_id="rtb-2"))


def _other_acl(tables: Tables) -> None:
    tables.acls.put(replace(_one(tables, "acls", "acl-1"), id="acl-2"))
    tie = tables.acl_associations.where("subnet", "subnet-1")[0]
    tables.acl_associations.put(replace(tie, acl_id="acl-2"))


CHANGES: list[tuple[str, Callable[[Tables], None], set[str]]] = [
    ("vpcs", lambda found: found.vpcs.delete("vpc-2"), {"vpcs"}),
    ("interfaces", lambda found: found.interfaces.delete("eni-2"), {"interfaces"}),
    (
        "groups of an interface",
        lambda found: found.interfaces.put(replace(_one(found, "interfaces", "eni-1"), groups=())),
        {"interfaces"},
    ),
    (
        "an Elastic IP address",
        lambda found: found.addresses.put(Address("eipalloc-1", "198.19.1.1", "us-east-1", "a", "eni-1", "10.0.0.4")),
        {"interfaces"},
    ),
    ("rules", lambda found: found.rules.delete("sgr-1"), {"groups"}),
    ("routes", lambda found: found.routes.put(Route("rtb-1", "0.0.0.0/0", "GatewayId", "igw-1")), {"route_tables"}),
    ("a table's subnets", _tie, {"subnets"}),
    ("the main table", _other_main, {"subnets"}),
    ("an ACL's subnets", _other_acl, {"acls", "subnets"}),
    ("an ACL's entries", lambda found: found.acls.put(replace(_one(found, "acls", "acl-1"), entries=())), {"acls"}),
    (
        "a gateway's VPC",
        lambda found: found.internet_gateways.put(replace(_one(found, "internet_gateways", "igw-1"), vpc_id="")),
        {"internet_gateways"},
    ),
    (
        "a NAT gateway's state",
        lambda found: found.nat_gateways.put(replace(_one(found, "nat_gateways", "nat-1"), state="deleted")),
        {"nat_gateways"},
    ),
]


@pytest.mark.parametrize(("name", "change", "parts"), CHANGES, ids=[change[0] for change in CHANGES])
def test_a_change_is_followed_and_the_rest_is_not_read_again(
    name: str, change: Callable[[Tables], None], parts: set[str]
) -> None:
    followed = Followed()
    before, after = followed.changed(change)
    assert after == configured.topology(followed.tables)
    names = [one.name for one in fields(after)]
    different = {name for name in names if getattr(before, name) != getattr(after, name)}
    assert different == parts
    same = {key for key, one in before.interfaces.items() if after.interfaces.get(key) is one}
    assert len(same) >= len(before.interfaces) - 1


def test_without_a_change_the_topology_is_the_same_one() -> None:
    followed = Followed()
    before, after = followed.changed(lambda _: None)
    assert after is before


def test_a_route_to_an_interface_that_is_deleted_is_a_black_hole() -> None:
    followed = Followed()
    followed.tables.routes.put(Route("rtb-2", "192.168.0.0/16", "NetworkInterfaceId", "eni-2"))
    before, after = followed.changed(lambda found: found.interfaces.delete("eni-2"))
    assert [one.route_tables["rtb-2"].routes[0].kind.name for one in (before, after)] == ["OTHER", "BLACKHOLE"]


def _entries(tables: Tables, **wrong: Any) -> None:
    acl = _one(tables, "acls", "acl-1")
    tables.acls.put(replace(acl, entries=(replace(acl.entries[0], **wrong), *acl.entries[1:])))


UNREADABLE: list[tuple[str, Callable[[Tables], None]]] = [
    ("VPC vpc-2", lambda found: found.vpcs.put(replace(_one(found, "vpcs", "vpc-2"), cidr_block="ten"))),
    ("subnet subnet-2", lambda found: found.subnets.put(replace(_one(found, "subnets", "subnet-2"), cidr_block=""))),
    ("rule sgr-1 of sg-1", lambda found: found.rules.put(replace(_one(found, "rules", "sgr-1"), protocol="tpc"))),
    ("rule sgr-1 of sg-1", lambda found: found.rules.put(replace(_one(found, "rules", "sgr-1"), cidr_ipv4=""))),
    ("rule sgr-1 of sg-1", lambda found: found.rules.put(replace(_one(found, "rules", "sgr-1"), to_port=70000))),
    ("network ACL acl-1", lambda found: _entries(found, protocol="tpc")),
    ("network ACL acl-1", lambda found: _entries(found, cidr_block="10/8")),
    (
        "network interface eni-2",
        lambda found: found.interfaces.put(replace(_one(found, "interfaces", "eni-2"), private_addresses=())),
    ),
    (
        "NAT gateway nat-1",
        lambda found: found.nat_gateways.put(replace(_one(found, "nat_gateways", "nat-1"), addresses=())),
    ),
]


@pytest.mark.parametrize(("subject", "spoil"), UNREADABLE)
def test_what_can_not_be_read_costs_itself_and_is_told(subject: str, spoil: Callable[[Tables], None]) -> None:
    followed = Followed()
    before, found = followed.changed(spoil)
    faults = followed.memory.faults
    assert [fault.subject for fault in faults.list()] == [subject]
    assert "eni-1" in found.interfaces
    assert ruleset.of(found, "vpc-1", watched=True)
    kept.tables(_world(), followed.memory)
    assert followed.reading.now() == before
    assert not faults.list()


def test_a_rule_that_can_not_be_read_allows_nothing() -> None:
    followed = Followed()
    _, found = followed.changed(lambda all_: all_.rules.put(replace(_one(all_, "rules", "sgr-1"), to_port=70000)))
    assert [rule.id for rule in found.groups["sg-1"].rules] == ["sgr-2"]
    followed.changed(lambda all_: all_.rules.delete("sgr-1"))
    assert not followed.memory.faults.list()


def test_a_network_acl_that_can_not_be_read_denies_all() -> None:
    followed = Followed()
    _, found = followed.changed(lambda tables: _entries(tables, protocol="tpc"))
    assert found.acls[found.subnets["subnet-1"].acl].entries == ()


def test_a_subnet_without_a_network_acl_or_a_table_lets_nothing_through() -> None:
    found = kept.topology({**_world(), "NetworkAcls": [], "RouteTables": []})
    subnet = found.subnets["subnet-1"]
    assert found.acls[subnet.acl].entries == ()
    assert found.route_tables[subnet.route_table].routes == ()


def test_a_group_without_an_interface_and_a_tag_change_nothing_that_runs() -> None:
    tables = kept.tables(_world())
    (used,) = [group for group in tables.groups if group.id == "sg-1"]
    idle = replace(used, id="sg-9")
    tables.groups.put(idle)
    rule = next(iter(tables.rules))
    for record, acts in ((used, True), (idle, False)):
        assert configured.acts(tables, Change("ec2/security-group", record.id, None, record)) is acts
        given = replace(rule, group_id=record.id)
        assert configured.acts(tables, Change("ec2/security-group-rule", given.id, None, given)) is acts
    assert not configured.acts(tables, Change("ec2/security-group", "sg-1", used, replace(used, tags={"a": "b"})))
    assert configured.acts(tables, Change("ec2/security-group", "sg-1", used, replace(used, name="other")))
