"""Network interfaces."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError


@dataclass(frozen=True)
class Attachment:
    """That an interface belongs to an instance or a service.

    Attributes:
        id: `eni-attach-…` or `ela-attach-…`.
        instance_owner: an account, or a service such as `amazon-elb`.
    """

    id: str
    instance_owner: str
    attached: datetime
    instance_id: str = ""
    device_index: int = 0
    delete_on_termination: bool = False
    status: str = "attached"


@dataclass(frozen=True)
class NetworkInterface:
    """An address in a subnet, with the groups that filter its packets.

    Attributes:
        private_addresses: IPv4; the first is the primary one. Empty in a subnet of IPv6 only.
        interface_type: `interface`, `nat_gateway`, `network_load_balancer`, …
        requester: who made it besides the account: an id or a service such as `amazon-elb`; empty for the account.
        requester_managed: a service made it, and only the service may change it.
        attachment: nothing while its status is `available`.
        public_ip: of AWS's own, which the VPC's internet gateway translates; Elastic IPs have records of their own.
    """

    id: str
    subnet_id: str
    vpc_id: str
    zone: str
    mac_address: str
    groups: tuple[str, ...]
    private_addresses: tuple[str, ...]
    ipv6_addresses: tuple[str, ...] = ()
    ipv4_prefixes: tuple[str, ...] = ()
    ipv6_prefixes: tuple[str, ...] = ()
    description: str = ""
    source_dest_check: bool = True
    interface_type: str = "interface"
    requester: str = ""
    requester_managed: bool = False
    attachment: Attachment | None = None
    public_ip: str = ""
    client_token: str = ""
    tags: dict[str, str] = field(default_factory=dict)


NETWORK_INTERFACE = Schema(
    "ec2/network-interface",
    NetworkInterface,
    lambda interface: interface.id,
    indices={
        "subnet": lambda interface: (interface.subnet_id,),
        "vpc": lambda interface: (interface.vpc_id,),
        "group": lambda interface: interface.groups,
        "address": lambda interface: tuple(
            f"{interface.subnet_id}/{address}" for address in (*interface.private_addresses, *interface.ipv6_addresses)
        ),
        "private": lambda interface: interface.private_addresses,
        "attachment": lambda interface: (interface.attachment.id if interface.attachment else "",),
        "public": lambda interface: (interface.public_ip,),
        "token": lambda interface: (interface.client_token,),
        "owner": lambda interface: (interface.tags.get("netflux:owner", ""),),
    },
    references={"subnet": "ec2/subnet", "group": "ec2/security-group"},
    in_use=lambda interface, _: AwsError(
        "InvalidParameterValue", f"Network interface '{interface.id}' is currently in use."
    ),
)
