"""Whether a task reaches AWS's APIs, which on Fargate its own interface has to: for its image, secrets and logs.

On AWS they are on the internet, or behind endpoints of the VPC. Nothing leads out of this machine, so a packet is sent
towards the internet: the VPC's router answers with an ICMP error what a gateway would take, and is silent where
security groups, network ACLs or routes let nothing through. An endpoint of the VPC is asked in the network's model,
since nothing listens behind it.
"""

from __future__ import annotations

import asyncio

from netflux import names
from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.network.configured import Reading
from netflux.network.decide import verdict
from netflux.network.interface import Interface, Network
from netflux.network.topology import Topology
from netflux.network.verdict import Connection, Outcome
from netflux.resources.ec2.endpoint import VPC_ENDPOINT, VpcEndpoint
from netflux.resources.ec2.tables import Tables

INTERNET = "198.51.100.7"
"""Of the APIs. It stands for an address of the internet (RFC 5737)."""
_PORT = 443
_PATIENCE = 60.0  # simulated seconds; Fargate tries for some minutes
_LEAST = 3.0  # real seconds: the first packet of a new cable may be lost, and is sent again after one
_OUT = (Outcome.UNREACHABLE, Outcome.ACCEPTED)
"""What is seen where a gateway would take the packet."""


class Outgoing:
    """Tasks' ways to AWS's APIs.

    Args:
        network: sends packets.
        documents: with EC2's records.
        clock: of the region.
    """

    def __init__(self, network: Network, documents: Documents, clock: Clock) -> None:
        self._network = network
        self._clock = clock
        self._endpoints = documents.table(VPC_ENDPOINT)
        self._tables = Tables(documents)
        self._documents = documents
        self._reading: Reading | None = None

    def of(self, owner: str) -> Ways:
        """The ways of the owner of an interface."""
        return Ways(self, owner)

    async def internet(self, owner: str) -> bool:
        """Whether what the owner sends to the internet leaves its VPC."""
        patience = max(_LEAST, self._clock.real(_PATIENCE))
        return (await self._network.probe(owner, INTERNET, _PORT, patience)).outcome in _OUT

    def endpoint(self, interface: Interface, service: str) -> bool:
        """Whether an endpoint of its VPC leads the interface to a service."""
        subnet = self._tables.subnets.get(interface.subnet_id)
        name = f"com.amazonaws.{names.REGION}.{service}"
        found = [one for one in self._endpoints.where("service", name) if subnet and one.vpc_id == subnet.vpc_id]
        return any(self._leads(one, interface) for one in found)

    def _leads(self, endpoint: VpcEndpoint, interface: Interface) -> bool:
        topology = self._topology()
        if endpoint.type == "Gateway":
            return any(route.target == endpoint.id for route in topology.routes_of(interface.subnet_id).routes)
        source = topology.interfaces.get(interface.id)
        goals = [topology.interfaces[one] for one in endpoint.interfaces if one in topology.interfaces]
        return (
            source is not None
            and endpoint.private_dns
            and any(verdict(topology, Connection(source, goal, _PORT)).passed for goal in goals)
        )

    def _topology(self) -> Topology:
        """Read for the first task that an endpoint might help, and from then on kept."""
        if self._reading is None:
            self._reading = Reading(self._tables, self._documents)
        return self._reading.now()

    @property
    def asked(self) -> bool:
        """Whether this network keeps anything from anybody."""
        return self._network.enforces_security_groups

    def interface(self, owner: str) -> Interface | None:
        """The owner's."""
        return self._network.of(owner)


class Ways:
    """One task's ways. The internet is asked for once, when somebody needs it.

    Args:
        outgoing: asks.
        owner: of the task's interface.
    """

    def __init__(self, outgoing: Outgoing, owner: str) -> None:
        self._outgoing = outgoing
        self._owner = owner
        self._internet: asyncio.Future[bool] | None = None

    async def closed(self, service: str) -> str:
        """What a client in the task says of a service that it does not reach; nothing where it does.

        Args:
            service: the last part of its endpoint service's name, e.g. `ecr.api`.
        """
        interface = self._outgoing.interface(self._owner)
        if interface is None or not self._outgoing.asked or self._outgoing.endpoint(interface, service):
            return ""
        if self._internet is None:
            self._internet = asyncio.ensure_future(self._outgoing.internet(self._owner))
        if await asyncio.shield(self._internet):
            return ""
        host = ".".join(reversed(service.split(".")))
        return (
            f'RequestError: send request failed caused by: Post "https://{host}.{names.REGION}.amazonaws.com/": '
            f"dial tcp {INTERNET}:{_PORT}: i/o timeout"
        )
