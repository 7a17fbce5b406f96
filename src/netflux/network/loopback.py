"""The `loopback` driver: every interface is an ENI in EC2 and an address of its own in 127.0.0.0/8.

Nothing stands between the addresses, so security groups are recorded and not enforced, as `enforces_security_groups`
says.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from netflux.controlplane.documents import Documents
from netflux.errors import AwsError
from netflux.network import addresses, attempt
from netflux.network.attempt import Probe
from netflux.network.block import Block, claim
from netflux.network.decide import Outcome
from netflux.network.interface import Interface, InterfaceRequest

_log = logging.getLogger(__name__)

INTERFACE = "network/interface"
SERVICE = "network/service"
BLOCK = "network/block"
OWNER_TAG = "netflux:owner"
LAST_SERVICE = 254


class Ec2(Protocol):
    """The part of `Apis` that is needed here."""

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Calls an operation; raises AwsError."""
        ...


@dataclass(frozen=True)
class _Record:
    """What is on disk of an interface: written before EC2 is asked, so that a killed region finds what it began.

    Attributes:
        id: empty until EC2 has made the ENI.
        offset: in the region's block.
        leaving: the interface shall go.
    """

    owner: str
    subnet_id: str
    security_groups: list[str]
    description: str
    vpc_address: str
    offset: int
    availability_zone: str
    id: str = ""
    mac_address: str = ""
    leaving: bool = False


class LoopbackNetwork:
    """Interfaces under one block of 127.0.0.0/8. Use `start` before anything else.

    Args:
        apis: EC2 is called through it.
        documents: holds owners, addresses and the block of last time.
    """

    name = "loopback"
    enforces_security_groups = False

    def __init__(self, apis: Ec2, documents: Documents) -> None:
        self._apis = apis
        self._documents = documents
        self._block: Block | None = None
        self._records: dict[str, _Record] = {}
        self._lock = asyncio.Lock()

    @property
    def block(self) -> str:
        """The region's part of 127.0.0.0/8, e.g. `127.64.0.0/16`."""
        return f"127.{self._number}.0.0/16"

    async def start(self) -> None:
        """Claims a block and brings records and EC2 together again; UserError when there is no block to be had."""
        before = self._documents.get(BLOCK, "block") or {"last_offset": addresses.FIRST_OFFSET - 1}
        self._block = claim(before.get("number"))
        try:
            self._documents.put(BLOCK, "block", {**before, "number": self._block.number})
            await self._load()
        except BaseException:
            await self.stop()
            raise

    async def _load(self) -> None:
        for owner, document in self._documents.list(INTERFACE):
            self._records[owner] = _Record(**document)
        found = await self._owned({"Name": "tag-key", "Values": [OWNER_TAG]})
        for record in [*self._records.values()]:
            mine = [eni for eni in found if _owner(eni) == record.owner]
            await self._recover(record, mine)
        kept = {record.id for record in self._records.values()}
        for eni in found:
            if eni["NetworkInterfaceId"] not in kept:
                await self._delete(eni["NetworkInterfaceId"])

    async def stop(self) -> None:
        """Gives the block back; interfaces stay recorded."""
        if self._block is not None:
            self._block.release()
            self._block = None

    async def attach(self, request: InterfaceRequest) -> Interface:
        """The owner's interface, created if it is not there; AwsError when the subnet or a group is not."""
        async with self._lock:
            record = self._records.get(request.owner)
            if record is not None and record.leaving:
                await self._remove(record)
                record = None
            if record is None:
                record = await self._allocate(request)
                record = await self._create(record)
            elif not record.id:
                record = await self._resume(record)
            return self._interface(record)

    async def detach(self, owner: str) -> None:
        """Removes the owner's interface from EC2 and from the records; nothing happens when there is none."""
        async with self._lock:
            record = self._records.get(owner)
            if record is not None:
                await self._remove(record)

    def of(self, owner: str) -> Interface | None:
        """The owner's interface."""
        record = self._records.get(owner)
        return self._interface(record) if record is not None and record.id and not record.leaving else None

    def attached(self) -> Sequence[Interface]:
        """Every interface, in the order in which they were attached."""
        return [self._interface(record) for record in self._records.values() if record.id and not record.leaving]

    def locate(self, vpc_address: str) -> Interface | None:
        """Who has this VPC address; None when no interface has it."""
        for record in self._records.values():
            if record.vpc_address == vpc_address and record.id and not record.leaving:
                return self._interface(record)
        return None

    def service_address(self, key: str) -> str:
        """A stable local address for a name that is no interface; AwsError when all 254 are given away."""
        known = self._documents.get(SERVICE, key)
        if known is None:
            taken = {document["place"] for _, document in self._documents.list(SERVICE)}
            free = next((place for place in range(1, LAST_SERVICE + 1) if place not in taken), None)
            if free is None:
                raise AwsError("LimitExceeded", f"There is no local address left for {key}; {LAST_SERVICE} are in use.")
            known = {"place": free}
            self._documents.put(SERVICE, key, known)
        return addresses.local_address(self._number, 255 * 256 + known["place"])

    async def listening(self, owner: str, port: int) -> bool:
        """Whether something listens on the TCP port of the owner's interface; False without one."""
        found = self.of(owner)
        return found is not None and attempt.listens(found.local_address, port)

    async def probe(self, source_owner: str | None, address: str, port: int, timeout: float) -> Probe:  # noqa: ASYNC109
        """Connects between the local addresses, where nothing filters: it tells who listens, and nothing of groups."""
        source = addresses.local_address(self._number, 1) if source_owner is None else self._local(source_owner)
        found = self.locate(address)
        if source is None or found is None:
            return Probe(Outcome.UNREACHABLE, 0)
        return await attempt.connect(source, found.local_address, port, timeout)

    def _local(self, owner: str) -> str | None:
        found = self.of(owner)
        return found.local_address if found is not None else None

    @property
    def _number(self) -> int:
        if self._block is None:
            raise RuntimeError("the network has not been started")
        return self._block.number

    async def _allocate(self, request: InterfaceRequest) -> _Record:
        """Chooses both addresses and records them, before EC2 knows."""
        if request.security_groups:
            await self._apis.call("ec2", "DescribeSecurityGroups", {"GroupIds": list(request.security_groups)})
        answer = await self._apis.call("ec2", "DescribeSubnets", {"SubnetIds": [request.subnet_id]})
        subnet = answer["Subnets"][0]
        address = addresses.vpc_address(subnet["CidrBlock"], request.owner, await self._taken(request.subnet_id))
        if address is None:
            raise AwsError(
                "InsufficientFreeAddressesInSubnet",
                f"There are not enough free addresses in subnet '{request.subnet_id}' to satisfy the request.",
            )
        block = self._documents.get(BLOCK, "block") or {}
        place = addresses.offset(block["last_offset"], [record.offset for record in self._records.values()])
        if place is None:
            raise AwsError("LimitExceeded", f"There is no free address left in {self.block} for {request.owner}.")
        record = _Record(
            request.owner,
            request.subnet_id,
            list(request.security_groups),
            request.description,
            address,
            place,
            subnet["AvailabilityZone"],
        )
        with self._documents.transaction():
            self._documents.put(BLOCK, "block", {**block, "last_offset": place})
            self._keep(record)
        return record

    async def _taken(self, subnet_id: str) -> Sequence[str]:
        answer = await self._apis.call(
            "ec2", "DescribeNetworkInterfaces", {"Filters": [{"Name": "subnet-id", "Values": [subnet_id]}]}
        )
        in_ec2 = [
            private["PrivateIpAddress"] for eni in answer["NetworkInterfaces"] for private in eni["PrivateIpAddresses"]
        ]
        return [*in_ec2, *(r.vpc_address for r in self._records.values() if r.subnet_id == subnet_id)]

    async def _create(self, record: _Record) -> _Record:
        request: dict[str, Any] = {
            "SubnetId": record.subnet_id,
            "Description": record.description,
            "PrivateIpAddress": record.vpc_address,
            "TagSpecifications": [
                {"ResourceType": "network-interface", "Tags": [{"Key": OWNER_TAG, "Value": record.owner}]}
            ],
        }
        if record.security_groups:
            request["Groups"] = record.security_groups
        try:
            answer = await self._apis.call("ec2", "CreateNetworkInterface", request)
        except AwsError:
            self._forget(record)
            raise
        return self._adopt(record, answer["NetworkInterface"])

    def _adopt(self, record: _Record, eni: Mapping[str, Any]) -> _Record:
        adopted = _Record(
            **{**asdict(record), "id": eni["NetworkInterfaceId"], "mac_address": eni.get("MacAddress", "")}
        )
        self._keep(adopted)
        return adopted

    async def _resume(self, record: _Record) -> _Record:
        """An attach that was cut off: EC2 may have made the ENI all the same."""
        found = await self._owned({"Name": f"tag:{OWNER_TAG}", "Values": [record.owner]})
        return self._adopt(record, found[0]) if found else await self._create(record)

    async def _recover(self, record: _Record, found: Sequence[Mapping[str, Any]]) -> None:
        """After a restart: what was begun is ended, what EC2 has lost is made anew with the address it had."""
        if record.leaving:
            await self._remove(record)
        elif any(eni["NetworkInterfaceId"] == record.id for eni in found):
            return
        elif found:
            self._adopt(record, found[0])
        elif not record.id:
            self._forget(record)
        else:
            try:
                await self._create(record)
            except AwsError as error:
                _log.warning("the interface of %s is gone for good: %s", record.owner, error)

    async def _owned(self, condition: Mapping[str, Any]) -> list[dict[str, Any]]:
        answer = await self._apis.call("ec2", "DescribeNetworkInterfaces", {"Filters": [condition]})
        return [eni for eni in answer["NetworkInterfaces"] if _owner(eni)]

    async def _remove(self, record: _Record) -> None:
        leaving = _Record(**{**asdict(record), "leaving": True})
        self._keep(leaving)
        if leaving.id:
            await self._delete(leaving.id)
        self._forget(leaving)

    async def _delete(self, eni: str) -> None:
        try:
            await self._apis.call("ec2", "DeleteNetworkInterface", {"NetworkInterfaceId": eni})
        except AwsError as error:
            if error.code != "InvalidNetworkInterfaceID.NotFound":
                raise

    def _keep(self, record: _Record) -> None:
        self._documents.put(INTERFACE, record.owner, asdict(record))
        self._records[record.owner] = record

    def _forget(self, record: _Record) -> None:
        self._documents.delete(INTERFACE, record.owner)
        self._records.pop(record.owner, None)

    def _interface(self, record: _Record) -> Interface:
        return Interface(
            id=record.id,
            owner=record.owner,
            subnet_id=record.subnet_id,
            vpc_address=record.vpc_address,
            local_address=addresses.local_address(self._number, record.offset),
            mac_address=record.mac_address,
            availability_zone=record.availability_zone,
        )


def _owner(eni: Mapping[str, Any]) -> str:
    return next((tag["Value"] for tag in eni.get("TagSet", []) if tag["Key"] == OWNER_TAG), "")
