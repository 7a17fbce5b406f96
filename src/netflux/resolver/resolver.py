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
from typing import Protocol

from netflux import names
from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Change
from netflux.errors import AwsError
from netflux.network.endpoints import Endpoints
from netflux.network.interface import Network
from netflux.resolver import hosted
from netflux.resolver.decide import Answer, Code, Question, Surroundings, View, answer
from netflux.resolver.server import Server
from netflux.resources.ec2.tables import Tables
from netflux.resources.ec2.vpc import VPC, Vpc
from netflux.resources.route53.hostedzone import HOSTED_ZONE
from netflux.resources.route53.recordset import RECORD_SET

_log = logging.getLogger(__name__)

LINK_LOCAL = "169.254.169.253"
PORT = 53
_PLUS = 2
_AMAZON = "AmazonProvidedDNS"
_READ = (VPC.name, HOSTED_ZONE.name, RECORD_SET.name)
"""Tables of which every change may change an answer."""


class Apis(Caller, Protocol):
    """Calls the region's own APIs."""

    region: str


class Resolver:
    """The resolvers of all VPCs, each made when the first task there asks for it.

    Args:
        apis: says which region it is.
        network: where tasks are.
        endpoints: names of load balancers and databases.
        documents: EC2's VPCs and their DHCP options, private hosted zones with the records of Cloud Map's instances.
    """

    def __init__(self, apis: Apis, network: Network, endpoints: Endpoints, documents: Documents) -> None:
        self._apis = apis
        self._network = network
        self._endpoints = endpoints
        self._documents = documents
        self._tables = Tables(documents)
        documents.follow(self._recorded)
        self._servers: dict[str, Server] = {}
        self._views: dict[str, View] = {}
        self._changes = 0
        self._opening = asyncio.Lock()
        self._sweeping: set[asyncio.Task[None]] = set()

    async def offer(self, owner: str) -> str | None:
        """What the owner of an interface finds in /etc/resolv.conf; None where the network has no resolver.

        Raises:
            OSError: the machine refuses its sockets.
            AwsError: the VPC is no more.
        """
        vpc = self._network.vpc_of(owner)
        if not vpc:
            return None
        found = self._vpc(vpc)
        base = str(ipaddress.IPv4Network(found.cidr_block)[_PLUS])
        async with self._opening:
            if vpc not in self._servers:
                await self._open(vpc, base)
        options = self._tables.dhcp_options.get(found.dhcp_options_id)
        told = options.configurations if options is not None else {}
        servers = [base if one == _AMAZON else one for one in told.get("domain-name-servers", (_AMAZON,))]
        search = told.get("domain-name", (self._domain,))
        return "".join([f"search {' '.join(search)}\n", *(f"nameserver {one}\n" for one in servers)])

    def _recorded(self, changes: Sequence[Change]) -> None:
        """Answers follow VPCs' attributes and hosted zones; when a VPC goes, so do its sockets."""
        if any(change.table in _READ for change in changes):
            self._views.clear()
            self._changes += 1
        gone = [change for change in changes if change.table == VPC.name and change.after is None]
        if any(change.key in self._servers for change in gone):
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
        for vpc in [one for one in self._servers if one not in self._tables.vpcs]:
            await self._servers.pop(vpc).stop()

    def _vpc(self, identity: str) -> Vpc:
        found = self._tables.vpcs.get(identity)
        if found is None:
            raise AwsError("InvalidVpcID.NotFound", f"The vpc ID '{identity}' does not exist")
        return found

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
        found = self._vpc(vpc)
        return View(
            support=found.dns_support,
            hostnames=found.dns_hostnames,
            blocks=tuple(dict.fromkeys([found.cidr_block, *(one.block for one in found.cidr_associations)])),
            domain=self._domain,
            zones=hosted.zones(self._documents, vpc),
        )


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
