"""A network interface (ENI) and what a network driver promises of it."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from netflux.network.attempt import Probe
from netflux.network.nftables import Counted
from netflux.network.sighting import Seen


@dataclass(frozen=True)
class InterfaceRequest:
    """What an owner wants to be attached to the VPC.

    Attributes:
        owner: unique and stable, e.g. `ecs/task/{id}`, `rds/{identifier}`: the same owner gets the same interface.
        subnet_id: the subnet whose address range the address is taken from.
        security_groups: group ids.
        description: shown by DescribeNetworkInterfaces.
        hosted: its sockets are the region's own: it gets no namespace of its own.
        public: it gets a public address, which the VPC's internet gateway translates.
    """

    owner: str
    subnet_id: str
    security_groups: Sequence[str]
    description: str
    hosted: bool = False
    public: bool = False


@dataclass(frozen=True)
class Interface:
    """An attached interface.

    Attributes:
        id: `eni-…`, as EC2 knows it.
        owner: of the request.
        subnet_id: of the request.
        vpc_address: the address in the subnet, which AWS's APIs show and target groups hold.
        local_address: where it is bound and reached on this machine; the VPC address itself in real namespaces.
        mac_address: as EC2 shows it.
        availability_zone: of the subnet.
        namespace: name of the network namespace that holds it; None for the region's, as always under `loopback`.
        relay: address from which a proxy of the region connects on the interface's behalf; empty until `intercept`.
        public_address: that clients on the internet know it by; empty when it has none.
        security_groups: ids of the groups that EC2 has put it into.
    """

    id: str
    owner: str
    subnet_id: str
    vpc_address: str
    local_address: str
    mac_address: str
    availability_zone: str
    namespace: str | None = None
    relay: str = ""
    public_address: str = ""
    security_groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sockets:
    """Sockets of a VPC's router.

    Attributes:
        datagrams: UDP, bound.
        streams: TCP, listening.
    """

    datagrams: tuple[socket.socket, ...] = ()
    streams: tuple[socket.socket, ...] = ()


class Network(Protocol):
    """A driver. Interfaces come back after a restart with the same id and VPC address."""

    name: str
    enforces_security_groups: bool

    async def start(self) -> None:
        """Before anything else: interfaces of the last run are there again."""
        ...

    async def stop(self) -> None:
        """Lets go of the machine; interfaces stay recorded."""
        ...

    async def attach(self, request: InterfaceRequest) -> Interface:
        """The owner's interface, created if it is not there; AwsError when the subnet or a group is not."""
        ...

    async def detach(self, owner: str) -> None:
        """Removes the owner's interface from EC2 and from the machine; nothing happens when there is none."""
        ...

    def of(self, owner: str) -> Interface | None:
        """The owner's interface."""
        ...

    def attached(self) -> Sequence[Interface]:
        """Every interface, in the order in which they were attached."""
        ...

    def locate(self, vpc_address: str) -> Interface | None:
        """Who has this VPC address; None when no interface has it, so nothing can answer there."""
        ...

    def service_address(self, key: str) -> str:
        """A stable local address for a name that is no interface (a Service Connect endpoint)."""
        ...

    async def intercept(self, owner: str) -> None:
        """From now on what the owner of an interface with a namespace sends to a service address gets to
        `interception.PORT` there, and the interface has a relay; OSError when the machine refuses.
        """
        ...

    async def admit(self, owner: str, ports: Mapping[int, int]) -> None:
        """From now on what comes to the owner's interface at one of the ports gets to the other one there; once for
        each interface; OSError when the machine refuses.
        """
        ...

    async def refresh(self) -> None:
        """Makes groups, network ACLs and routes what EC2's configuration says; returns when they are.

        Raises:
            Retryable: the machine refuses.
        """
        ...

    def inside(self, owner: str) -> AbstractContextManager[None]:
        """Sockets that the calling thread makes meanwhile are the owner's interface's. Not to be left by an await."""
        ...

    def client(self, owner: str) -> socket.socket:
        """A TCP socket that connects from the owner's interface, and does not block."""
        ...

    def vpc_of(self, owner: str) -> str:
        """The VPC that the owner's interface is in; empty where there is no interface, or no router of a VPC."""
        ...

    async def serve(self, vpc: str, addresses: Sequence[str], port: int) -> Sockets:
        """Sockets on a UDP and TCP port of each address, which the VPC's router has from now on. The VPC's interfaces
        reach them whatever groups and network ACLs say, as they reach Amazon's DNS. OSError when the machine refuses.
        """
        ...

    async def listening(self, owner: str, port: int) -> bool:
        """Whether something listens on the TCP port of the owner's interface, by the kernel; False without one."""
        ...

    async def probe(self, source_owner: str, address: str, port: int, timeout: float) -> Probe:  # noqa: ASYNC109
        """Opens a TCP connection from an owner's interface to a VPC address, and says what came of it.

        Args:
            source_owner: who connects.
            address: VPC address.
            port: where to.
            timeout: real seconds.
        """
        ...

    async def probe_from_outside(self, client: str, address: str, port: int, timeout: float) -> Probe:  # noqa: ASYNC109
        """The same from the internet, to the public address of the interface that has the VPC address.

        Args:
            client: the client's own address.
            address: VPC address. An interface without a public one is asked for this, in vain as on AWS.
            port: where to.
            timeout: real seconds.
        """
        ...

    async def counters(self) -> Mapping[str, Mapping[tuple[str, str], Counted]]:
        """What the kernel has counted, by VPC and then by chain and rule as `ruleset` names them; nothing where the
        driver has no rules.
        """
        ...

    async def watch(self, vpcs: frozenset[str]) -> None:
        """The flows of these VPCs are to be written down, and no others'.

        Raises:
            Unsupported: the driver sees no packets.
            Retryable: the machine refuses.
        """
        ...

    async def flows(self, vpc: str) -> Seen:
        """What the interfaces of a watched VPC saw since the last call; Retryable when the machine refuses."""
        ...
