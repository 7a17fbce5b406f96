"""Random VPCs, as EC2's Describe calls would tell them: two VPCs with subnets, groups, rules, network ACLs and routes.

The values are few, so that rules meet packets often: both verdicts are common.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

PORTS = (80, 443, 5432, 8080)
SOURCE_PORTS = (1024, 32768, 45000, 60999, 65535)
STRANGERS = ("198.51.100.7", "8.8.8.8")
VPCS = {"vpc-a": "10.0.0.0/16", "vpc-b": "10.1.0.0/16"}
IGW, NAT = "igw-1", "nat-1"

_PROTOCOLS = ("tcp", "tcp", "6", "-1", "udp", "17")
_PORT_RANGES = (
    (0, 65535),
    (0, 65535),
    (0, 65535),
    (80, 80),
    (443, 443),
    (8080, 8080),
    (5432, 5432),
    (80, 443),
    (8000, 9000),
    (1024, 65535),
)
_ANSWERS = ((32768, 60999), (1024, 65535), (40000, 50000), (32768, 44999), (60999, 60999))
_BLOCKS = (
    *("0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/16", "10.0.1.0/24", "10.0.2.0/24", "10.0.1.10/32"),
    *("10.0.2.11/32", "10.0.2.0/23", "10.1.0.0/16", "198.51.100.0/24", "8.0.0.0/6", "10.0.1.5/30", "::/0"),
)


def worlds() -> st.SearchStrategy[dict[str, list[Any]]]:
    """Lists of EC2's Describe answers, by their members' names; `kept` makes records of them."""
    return st.builds(
        _World,
        groups=st.lists(_group(), min_size=3, max_size=3),
        acls=st.lists(_acl(), min_size=2, max_size=2),
        subnets=st.lists(st.tuples(st.integers(0, 3), st.sampled_from((0, 1, 2))), min_size=4, max_size=4),
        interfaces=st.lists(
            st.tuples(
                st.sampled_from((0, 1, 2, 0, 1, 2, 3)),
                st.sets(st.integers(0, 2), min_size=1, max_size=2),
                st.sampled_from((True, True, False)),
            ),
            min_size=2,
            max_size=6,
        ),
        routes=st.lists(_table(), min_size=2, max_size=2),
        attached=st.sampled_from(("vpc-a", "vpc-a", "vpc-a", "vpc-a", "vpc-b", "")),
        nat_state=st.sampled_from(("available", "available", "deleted")),
    ).map(lambda world: world.answers())


def _group() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Most groups let everything out, as new ones do, and have a rule or more inwards."""
    out = {"egress": True, "protocol": "-1", "ports": (0, 0), "cidr": "0.0.0.0/0"}
    base = st.sampled_from(([out], [out], [out], []))
    return st.tuples(base, st.lists(_rules(), min_size=1, max_size=5)).map(lambda parts: [*parts[0], *parts[1]])


def _acl() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Most lists let through what no other entry denies."""
    every = {"protocol": "-1", "ports": (0, 0), "cidr": "0.0.0.0/0", "action": "allow"}
    both = [{**every, "number": 300, "egress": egress} for egress in (True, False)]
    return st.tuples(st.sampled_from((both, both, both[:1], [])), st.lists(_entries(), max_size=5)).map(
        lambda parts: [*parts[1], *parts[0]]
    )


def _rules() -> st.SearchStrategy[dict[str, Any]]:
    peer = st.one_of(
        st.sampled_from(_BLOCKS).map(lambda block: {"cidr": block}),
        st.integers(0, 2).map(lambda group: {"group": group}),
        st.just({"cidr": "0.0.0.0/0"}),
    )
    return st.builds(
        lambda egress, protocol, ports, peer: {"egress": egress, "protocol": protocol, "ports": ports, **peer},
        st.sampled_from((False, False, False, True)),
        st.sampled_from(_PROTOCOLS),
        st.sampled_from(_PORT_RANGES),
        peer,
    )


def _entries() -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda *values: dict(zip(("number", "egress", "action", "protocol", "ports", "cidr"), values, strict=True)),
        st.integers(1, 200),
        st.booleans(),
        st.sampled_from(("allow", "allow", "allow", "deny")),
        st.sampled_from(("-1", "6", "6", "tcp", "17")),
        st.sampled_from(_PORT_RANGES + _ANSWERS),
        st.sampled_from(_BLOCKS),
    )


def _table() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Most tables lead to the internet."""
    targets = ([{"GatewayId": IGW}], [{"GatewayId": IGW}], [{"NatGatewayId": NAT}], [])
    base = st.sampled_from(targets).map(lambda found: [{"block": "0.0.0.0/0", **one} for one in found])
    return st.tuples(base, st.lists(_routes(), max_size=1)).map(lambda parts: [*parts[0], *parts[1]])


def _routes() -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda block, target: {"block": block, **target},
        st.sampled_from(("0.0.0.0/0", "198.51.100.0/24", "8.0.0.0/8")),
        st.sampled_from(({"GatewayId": IGW}, {"GatewayId": IGW}, {"NatGatewayId": NAT}, {"State": "blackhole"})),
    )


class _World:
    """Four subnets, three of `vpc-a` and one of `vpc-b`; one group of the other VPC for each of the first one's."""

    def __init__(self, **drawn: Any) -> None:
        self._drawn = drawn

    def answers(self) -> dict[str, list[Any]]:
        return {
            "Vpcs": [{"VpcId": vpc, "CidrBlock": block} for vpc, block in VPCS.items()],
            "Subnets": [
                {"SubnetId": f"subnet-{n}", "VpcId": _vpc(n), "CidrBlock": _block(n)} for n in range(len(_NETWORKS))
            ],
            "SecurityGroups": [
                {"GroupId": f"sg-{vpc}-{n}", "GroupName": f"{vpc}-{n}", "VpcId": vpc} for vpc in VPCS for n in range(3)
            ],
            "SecurityGroupRules": [*self._rules()],
            "NetworkAcls": [*self._acls()],
            "RouteTables": [*self._route_tables()],
            "InternetGateways": [
                {
                    "InternetGatewayId": IGW,
                    "Attachments": [{"VpcId": vpc, "State": "available"} for vpc in [self._drawn["attached"]] if vpc],
                }
            ],
            "NatGateways": [
                {
                    "NatGatewayId": NAT,
                    "SubnetId": "subnet-0",
                    "State": self._drawn["nat_state"],
                    "NatGatewayAddresses": [{"PrivateIp": "10.0.0.4"}],
                }
            ],
            "NetworkInterfaces": [*self._interfaces()],
        }

    def _rules(self) -> Any:
        for vpc in VPCS:
            for group, rules in enumerate(self._drawn["groups"]):
                for number, rule in enumerate(rules):
                    peer = rule.get("cidr", "")
                    told = {"CidrIpv6" if ":" in peer else "CidrIpv4": peer}
                    if "group" in rule:
                        told = {"ReferencedGroupInfo": {"GroupId": f"sg-{vpc}-{rule['group']}"}}
                    every = rule["protocol"] == "-1"
                    yield {
                        "SecurityGroupRuleId": f"sgr-{vpc}-{group}-{number}",
                        "GroupId": f"sg-{vpc}-{group}",
                        "IsEgress": rule["egress"],
                        "IpProtocol": rule["protocol"],
                        "FromPort": -1 if every else rule["ports"][0],
                        "ToPort": -1 if every else rule["ports"][1],
                        **told,
                    }

    def _acls(self) -> Any:
        """`acl-0` lets everything through, as a VPC's default one does."""
        everything = [
            {"number": 100, "egress": egress, "action": "allow", "protocol": "-1", "ports": (0, 0), "cidr": "0.0.0.0/0"}
            for egress in (True, False)
        ]
        for number, entries in enumerate([everything, *self._drawn["acls"]]):
            unique = {(entry["egress"], entry["number"]): entry for entry in entries}
            mine = [subnet for subnet in range(len(_NETWORKS)) if self._drawn["subnets"][subnet][1] == number]
            yield {
                "NetworkAclId": f"acl-{number}",
                "Associations": [{"SubnetId": f"subnet-{subnet}", "NetworkAclId": f"acl-{number}"} for subnet in mine],
                "Entries": [_entry(entry) for entry in unique.values()],
            }

    def _route_tables(self) -> Any:
        """Each VPC's main table, and one of `vpc-a` for the subnets that drew it."""
        for number, vpc in enumerate(("vpc-a", "vpc-b", "vpc-a")):
            drawn = [*self._drawn["routes"], []][(number + 1) % 3] if number < 2 else self._drawn["routes"][0]
            local = {"DestinationCidrBlock": VPCS[vpc], "GatewayId": "local", "State": "active"}
            mine = [n for n in range(3) if self._drawn["subnets"][n][0] < 2] if number == 2 else []
            yield {
                "RouteTableId": f"rtb-{number}",
                "VpcId": vpc,
                "Associations": [{"Main": True}] if number < 2 else [{"SubnetId": f"subnet-{n}"} for n in mine],
                "Routes": [local, *({"State": "active", **_route(route)} for route in _unique(drawn))],
            }

    def _interfaces(self) -> Any:
        for number, (subnet, groups, public) in enumerate(self._drawn["interfaces"]):
            address = _NETWORKS[subnet] + str(10 + number)
            yield {
                "NetworkInterfaceId": f"eni-{number}",
                "SubnetId": f"subnet-{subnet}",
                "PrivateIpAddress": address,
                "Groups": [{"GroupId": f"sg-{_vpc(subnet)}-{group}"} for group in sorted(groups)],
                "Association": {"PublicIp": "203.0.113.9"} if public else {},
            }


_NETWORKS = ("10.0.0.", "10.0.1.", "10.0.2.", "10.1.0.")


def _vpc(subnet: int) -> str:
    return "vpc-b" if subnet == 3 else "vpc-a"


def _block(subnet: int) -> str:
    return f"{_NETWORKS[subnet]}0/24"


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    low, high = entry["ports"]
    return {
        "RuleNumber": entry["number"],
        "Egress": entry["egress"],
        "RuleAction": entry["action"],
        "Protocol": entry["protocol"],
        "Ipv6CidrBlock" if ":" in entry["cidr"] else "CidrBlock": entry["cidr"],
        **({} if entry["protocol"] == "-1" else {"PortRange": {"From": low, "To": high}}),
    }


def _route(route: dict[str, Any]) -> dict[str, Any]:
    return {"DestinationCidrBlock": route["block"], **{key: route[key] for key in route if key != "block"}}


def _unique(routes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*{route["block"]: route for route in routes}.values()]
