"""Elastic IP addresses."""

from __future__ import annotations

from dataclasses import dataclass, field

from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class Address:
    """A public address of the account's own.

    Attributes:
        id: of the allocation, `eipalloc-…`.
        association_id: empty while it is tied to nothing; so are the members below.
        private_ip: the interface's address that it is translated to.
        pool: `amazon`, or the id of a pool.
    """

    id: str
    public_ip: str
    network_border_group: str
    association_id: str = ""
    interface_id: str = ""
    private_ip: str = ""
    pool: str = "amazon"
    tags: dict[str, str] = field(default_factory=dict)


ADDRESS = Schema(
    "ec2/address",
    Address,
    lambda address: address.id,
    indices={
        "public": lambda address: (address.public_ip,),
        "association": lambda address: (address.association_id,),
        "interface": lambda address: (address.interface_id,),
    },
    references={"interface": "ec2/network-interface"},
)
