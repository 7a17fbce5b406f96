"""Security groups and their rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError


@dataclass(frozen=True)
class SecurityGroup:
    """A named set of rules; the rules are records of their own. The group `default` of a VPC goes with it."""

    id: str
    name: str
    description: str
    vpc_id: str
    tags: dict[str, str] = field(default_factory=dict)


SECURITY_GROUP = Schema(
    "ec2/security-group",
    SecurityGroup,
    lambda group: group.id,
    indices={
        "vpc": lambda group: (group.vpc_id,),
        "name": lambda group: (f"{group.vpc_id}/{group.name}",),
    },
    references={"vpc": "ec2/vpc"},
    in_use=lambda group, _: AwsError("DependencyViolation", f"resource {group.id} has a dependent object"),
)


@dataclass(frozen=True)
class SecurityGroupRule:
    """What a group lets in, or out, to or from one peer. Exactly one of the four peers is set.

    Attributes:
        egress: it lets out.
        protocol: `tcp`, `udp`, `icmp`, `icmpv6`, `-1` for all, or another one's number.
        from_port: or the ICMP type; -1 where there is none.
        to_port: or the ICMP code; -1 where there is none.
    """

    id: str
    group_id: str
    egress: bool
    protocol: str
    from_port: int = -1
    to_port: int = -1
    cidr_ipv4: str = ""
    cidr_ipv6: str = ""
    prefix_list_id: str = ""
    referenced_group_id: str = ""
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def peer(self) -> str:
        """The block, prefix list or group."""
        return self.cidr_ipv4 or self.cidr_ipv6 or self.prefix_list_id or self.referenced_group_id

    @property
    def allows(self) -> str:
        """What it lets through, as a text: a group has one rule of each."""
        way = "out" if self.egress else "in"
        return f"{self.group_id}/{way}/{self.protocol}/{self.from_port}/{self.to_port}/{self.peer}"


SECURITY_GROUP_RULE = Schema(
    "ec2/security-group-rule",
    SecurityGroupRule,
    lambda rule: rule.id,
    indices={
        "group": lambda rule: (rule.group_id,),
        "referenced": lambda rule: (rule.referenced_group_id,),
        "prefix-list": lambda rule: (rule.prefix_list_id,),
        "allows": lambda rule: (rule.allows,),
    },
    references={
        "group": "ec2/security-group",
        "referenced": "ec2/security-group",
        "prefix-list": "ec2/prefix-list",
    },
)
