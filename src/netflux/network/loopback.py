"""The `loopback` driver: every interface is an ENI in EC2 and an address of its own in 127.0.0.0/8.

Nothing stands between the addresses, so security groups are recorded and not enforced, as `enforces_security_groups`
says.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from netflux.controlplane.records.documents import Documents
from netflux.errors import Unsupported
from netflux.network import addresses, attempt
from netflux.network.attempt import Probe
from netflux.network.block import Block, claim
from netflux.network.interface import Interface, InterfaceRequest, Sockets
from netflux.network.ledger import BLOCK, Attached, Ledger
from netflux.network.nftables import Counted
from netflux.network.sighting import Seen
from netflux.network.verdict import Outcome


class LoopbackNetwork:
    """Interfaces under one block of 127.0.0.0/8. Use `start` before anything else.

    Args:
        documents: holds interfaces, their owners, and the block of last time.
    """

    name = "loopback"
    enforces_security_groups = False

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._block: Block | None = None
        self._ledger = Ledger(documents)

    @property
    def block(self) -> str:
        """The region's part of 127.0.0.0/8, e.g. `127.64.0.0/16`."""
        return f"127.{self._number}.0.0/16"

    async def start(self) -> None:
        """Claims a block; UserError when there is no block to be had."""
        before = self._documents.get(BLOCK, "block") or {}
        self._block = claim(before.get("number"))
        try:
            self._documents.put(BLOCK, "block", {**before, "number": self._block.number})
            self._ledger.load()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Gives the block back; interfaces stay recorded."""
        if self._block is not None:
            self._block.release()
            self._block = None

    async def attach(self, request: InterfaceRequest) -> Interface:
        """The owner's interface, created if it is not there; AwsError when the subnet or a group is not."""
        return self._interface(self._ledger.attach(request))

    async def detach(self, owner: str) -> None:
        """Removes the owner's interface from EC2 and from the records; nothing happens when there is none."""
        self._ledger.detach(owner)

    def of(self, owner: str) -> Interface | None:
        """The owner's interface."""
        found = self._ledger.of(owner)
        return self._interface(found) if found is not None else None

    def attached(self) -> Sequence[Interface]:
        """Every interface, in the order in which they were attached."""
        return [self._interface(found) for found in self._ledger.attached()]

    def locate(self, vpc_address: str) -> Interface | None:
        """Who has this VPC address; None when no interface has it."""
        found = self._ledger.locate(vpc_address)
        return self._interface(found) if found is not None else None

    def service_address(self, key: str) -> str:
        """A stable local address for a name that is no interface; AwsError when all 254 are given away."""
        return addresses.local_address(self._number, 255 * 256 + self._ledger.service_place(key))

    async def intercept(self, _owner: str) -> None:
        """Nothing: a service address is one of the machine's here, where no task listens."""

    async def admit(self, _owner: str, _ports: Mapping[int, int]) -> None:
        """Nothing: proxies ask the task at its own port, and nothing listens at the other one."""

    async def refresh(self) -> None:
        """Nothing: groups, network ACLs and routes are not enforced here."""

    def inside(self, _owner: str) -> AbstractContextManager[None]:
        """Nothing changes: all interfaces are one here."""
        return nullcontext()

    def client(self, _owner: str) -> socket.socket:
        """A TCP socket; where it connects from tells nothing here."""
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(0)
        return made

    def vpc_of(self, _owner: str) -> str:
        """Empty: no VPC has a router here."""
        return ""

    async def serve(self, _vpc: str, _addresses: Sequence[str], _port: int) -> Sockets:
        """None: all VPCs share the loopback interface."""
        return Sockets()

    async def listening(self, owner: str, port: int) -> bool:
        """Whether something listens on the TCP port of the owner's interface; False without one."""
        found = self.of(owner)
        return found is not None and attempt.listens(found.local_address, port)

    async def probe(self, source_owner: str, address: str, port: int, timeout: float) -> Probe:  # noqa: ASYNC109
        """Connects between the local addresses, where nothing filters: it tells who listens, and nothing of groups."""
        return await self._probe(self._local(source_owner), address, port, timeout)

    async def probe_from_outside(self, _client: str, address: str, port: int, timeout: float) -> Probe:  # noqa: ASYNC109
        """The same from a local address that no interface has."""
        return await self._probe(addresses.local_address(self._number, 1), address, port, timeout)

    async def _probe(self, source: str | None, address: str, port: int, patience: float) -> Probe:
        found = self.locate(address)
        if source is None or found is None:
            return Probe(Outcome.UNREACHABLE, 0)
        return await attempt.connect(source, found.local_address, port, patience)

    async def counters(self) -> dict[str, Mapping[tuple[str, str], Counted]]:
        """Nothing: no rule is asked here."""
        return {}

    async def watch(self, vpcs: frozenset[str]) -> None:
        """Unsupported, unless there is nothing to watch: packets go past this driver unseen."""
        if vpcs:
            raise Unsupported(
                "A VPC flow log under the network driver `loopback`, which sees no packets,",
                "Start the region with --network namespaces.",
            )

    async def flows(self, _vpc: str) -> Seen:
        """Nothing: no packet is seen."""
        return Seen()

    def _local(self, owner: str) -> str | None:
        found = self.of(owner)
        return found.local_address if found is not None else None

    @property
    def _number(self) -> int:
        if self._block is None:
            raise RuntimeError("the network has not been started")
        return self._block.number

    def _interface(self, found: Attached) -> Interface:
        return found.interface(addresses.local_address(self._number, found.record.offset))
