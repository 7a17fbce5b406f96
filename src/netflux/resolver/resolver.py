"""The resolver of every VPC, at the addresses where AWS has it.

VPC guide, "Amazon DNS server": at the base of the VPC's first IPv4 block plus two, and at 169.254.169.253; security
groups and network ACLs don't filter it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import random
from collections.abc import Sequence
from typing import Any, Protocol

from netflux import names
from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.network.endpoints import Endpoints
from netflux.network.interface import Network
from netflux.resolver import hosted
from netflux.resolver.decide import Answer, Code, Question, Surroundings, View, answer
from netflux.resolver.server import Server

_log = logging.getLogger(__name__)

LINK_LOCAL = "169.254.169.253"
PORT = 53
_PLUS = 2
_AMAZON = "AmazonProvidedDNS"
_READ = ("route53", "servicediscovery")
"""Services of which every change may change an answer."""


class Apis(Caller, Protocol):
    """Calls the region's own APIs."""

    region: str


class Resolver:
    """The resolvers of all VPCs, each made when the first task there asks for it.

    Args:
        apis: EC2.
        network: where tasks are.
        endpoints: names of load balancers and databases.
        documents: private hosted zones, with the records of Cloud Map's instances.
    """

    def __init__(self, apis: Apis, network: Network, endpoints: Endpoints, documents: Documents) -> None:
        self._apis = apis
        self._network = network
        self._endpoints = endpoints
        self._documents = documents
        self._servers: dict[str, Server] = {}
        self._views: dict[str, View] = {}
        self._changes = 0
        self._opening = asyncio.Lock()
        self._sweeping: set[asyncio.Task[None]] = set()

    async def offer(self, owner: str) -> str | None:
        """What the owner of an interface finds in /etc/resolv.conf; None where the network has no resolver.

        Raises:
            OSError: the machine refuses its sockets.
            AwsError: EC2 can't be asked.
        """
        vpc = self._network.vpc_of(owner)
        if not vpc:
            return None
        described = (await self._apis.call("ec2", "DescribeVpcs", {"VpcIds": [vpc]}))["Vpcs"][0]
        base = str(ipaddress.IPv4Network(described["CidrBlock"])[_PLUS])
        async with self._opening:
            if vpc not in self._servers:
                await self._open(vpc, base)
        options = await self._options(described)
        servers = [base if one == _AMAZON else one for one in options.get("domain-name-servers", [_AMAZON])]
        search = options.get("domain-name", [self._domain])
        return "".join([f"search {' '.join(search)}\n", *(f"nameserver {one}\n" for one in servers)])

    def changed(self, service: str, operation: str) -> None:
        """An operation was accepted."""
        if service in _READ or (service == "ec2" and "Vpc" in operation):
            self._views.clear()
            self._changes += 1
        if operation == "DeleteVpc":
            task = asyncio.ensure_future(self._sweep())
            self._sweeping.add(task)
            task.add_done_callback(self._sweeping.discard)

    async def stop(self) -> None:
        """Closes all sockets."""
        for task in [*self._sweeping]:
            task.cancel()
        for server in self._servers.values():
            await server.stop()
        self._servers.clear()

    @property
    def _domain(self) -> str:
        return names.internal_domain(self._apis.region)

    async def _open(self, vpc: str, base: str) -> None:
        await asyncio.to_thread(_load)
        sockets = await self._network.serve(vpc, (base, LINK_LOCAL), PORT)
        server = Server(lambda question: self._answer(vpc, question))
        await server.start(sockets.datagrams, sockets.streams)
        self._servers[vpc] = server
        _log.info("the resolver of %s answers at %s and %s", vpc, base, LINK_LOCAL)

    async def _sweep(self) -> None:
        """Closes the sockets of VPCs that are no more."""
        there = {one["VpcId"] for one in (await self._apis.call("ec2", "DescribeVpcs", {}))["Vpcs"]}
        for vpc in self._servers.keys() - there:
            await self._servers.pop(vpc).stop()

    async def _options(self, described: dict[str, Any]) -> dict[str, list[str]]:
        """The VPC's DHCP options set; empty for the default one."""
        identity = described.get("DhcpOptionsId") or ""
        if not identity.startswith("dopt-"):
            return {}
        told = await self._apis.call("ec2", "DescribeDhcpOptions", {"DhcpOptionsIds": [identity]})
        return {
            one["Key"]: [value["Value"] for value in one["Values"]]
            for found in told["DhcpOptions"]
            for one in found["DhcpConfigurations"]
        }

    async def _answer(self, vpc: str, question: Question) -> Answer | None:
        try:
            view = await self._view(vpc)
        except AwsError as error:
            _log.warning("the resolver of %s can't tell what it knows: %s", vpc, error)
            return Answer(Code.FAILED, reason=str(error))
        around = Surroundings(self._endpoints.resolved(), lambda address: self._held(vpc, address), _draw)
        return answer(view, question, around)

    def _held(self, vpc: str, address: str) -> bool:
        found = self._network.locate(address)
        return found is not None and self._network.vpc_of(found.owner) == vpc

    async def _view(self, vpc: str) -> View:
        """What is known of the VPC; read again after every change that may concern it."""
        known = self._views.get(vpc)
        if known is not None:
            return known
        began = self._changes
        view = await self._read(vpc)
        if began == self._changes:
            self._views[vpc] = view
        return view

    async def _read(self, vpc: str) -> View:
        described = (await self._apis.call("ec2", "DescribeVpcs", {"VpcIds": [vpc]}))["Vpcs"][0]
        blocks = [one["CidrBlock"] for one in described.get("CidrBlockAssociationSet", ())]
        return View(
            support=await self._attribute(vpc, "enableDnsSupport"),
            hostnames=await self._attribute(vpc, "enableDnsHostnames"),
            blocks=tuple(dict.fromkeys([described["CidrBlock"], *blocks])),
            domain=self._domain,
            zones=hosted.zones(self._documents, vpc),
        )

    async def _attribute(self, vpc: str, name: str) -> bool:
        told = await self._apis.call("ec2", "DescribeVpcAttribute", {"VpcId": vpc, "Attribute": name})
        return bool(told[name[0].upper() + name[1:]]["Value"])


def _draw(weights: Sequence[int], count: int) -> list[int]:
    """That many different places, by chance."""
    left = {place: weight for place, weight in enumerate(weights) if weight}
    drawn: list[int] = []
    while left and len(drawn) < count:
        place = random.choices([*left], [*left.values()])[0]  # noqa: S311
        del left[place]
        drawn.append(place)
    return drawn


def _load() -> None:
    """Imports what knows messages, before the first of them comes."""
    import dns.edns
    import dns.message
    import dns.rrset  # noqa: F401
