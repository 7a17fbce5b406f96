"""The interfaces that owners have, as EC2 and the disk know them: what every driver makes real in its own way.

An interface's record is written before EC2 is asked, so a killed region finds what it began.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.kinds import kind, kind_of
from netflux.errors import AwsError
from netflux.network import addresses
from netflux.network.interface import Interface, InterfaceRequest

_log = logging.getLogger(__name__)

INTERFACE = "network/interface"
SERVICE = "network/service"
BLOCK = "network/block"
OWNER_TAG = "netflux:owner"
LAST_SERVICE = 254


@dataclass(frozen=True)
class Record:
    """What is on disk of an interface: written before EC2 is asked, so that a killed region finds what it began.

    Attributes:
        id: empty until EC2 has made the ENI.
        offset: in the region's block.
        leaving: the interface shall go.
        hosted: of the request.
        public: of the request.
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
    hosted: bool = False
    public: bool = False

    @property
    def public_address(self) -> str:
        """Of its place in the region, so nothing else has it; empty when it has none."""
        return addresses.public_address(self.offset) if self.public else ""

    def interface(self, local_address: str) -> Interface:
        """The interface, at the address where a driver has made it real."""
        return Interface(
            id=self.id,
            owner=self.owner,
            subnet_id=self.subnet_id,
            vpc_address=self.vpc_address,
            local_address=local_address,
            mac_address=self.mac_address,
            availability_zone=self.availability_zone,
            public_address=self.public_address,
            security_groups=tuple(self.security_groups),
        )


class Ledger:
    """Records of interfaces, brought together with EC2's. Use `load` before anything else.

    Args:
        apis: EC2 is called through it.
        documents: holds owners and addresses.
        in_use: tells the addresses of a subnet by its id, for a driver that has read them; else EC2 is asked.
    """

    def __init__(
        self, apis: Caller, documents: Documents, in_use: Callable[[str], Awaitable[Sequence[str]]] | None = None
    ) -> None:
        self._apis = apis
        documents.declare(
            kind_of(INTERFACE, Record, "Nothing: {key} gets another interface."),
            kind(SERVICE, "Nothing: it gets another address.", place=int),
        )
        self._documents = documents
        self._in_use = in_use or self._asked
        self._records: dict[str, Record] = {}
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """Brings records and EC2 together again, after a restart; where EC2 can't tell, records stay as they are."""
        for owner, document in self._documents.list(INTERFACE):
            self._records[owner] = Record(**document)
        try:
            found = await self._owned({"Name": "tag-key", "Values": [OWNER_TAG]})
        except AwsError as error:
            _log.warning("EC2 can't tell which interfaces there are: %s", error)
            return
        for record in [*self._records.values()]:
            mine = [eni for eni in found if _owner(eni) == record.owner]
            await self._settle(record.owner, self._recover(record, mine))
        kept = {record.id for record in self._records.values()}
        for eni in found:
            if eni["NetworkInterfaceId"] not in kept:
                await self._settle(_owner(eni), self._delete(eni["NetworkInterfaceId"]))

    async def attach(self, request: InterfaceRequest) -> Record:
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
            if record.public != request.public:
                record = self._exposed(record, request)
            if set(request.security_groups) != set(record.security_groups):
                record = await self._regroup(record, request.security_groups)
            return record

    async def detach(self, owner: str) -> None:
        """Removes the owner's interface from EC2 and from the records; nothing happens when there is none."""
        async with self._lock:
            record = self._records.get(owner)
            if record is not None:
                await self._remove(record)

    def of(self, owner: str) -> Record | None:
        """The owner's interface."""
        record = self._records.get(owner)
        return record if record is not None and record.id and not record.leaving else None

    def attached(self) -> Sequence[Record]:
        """Every interface, in the order in which they were attached."""
        return [record for record in self._records.values() if record.id and not record.leaving]

    def locate(self, vpc_address: str) -> Record | None:
        """Who has this VPC address; None when no interface has it."""
        for record in self._records.values():
            if record.vpc_address == vpc_address and record.id and not record.leaving:
                return record
        return None

    def service_place(self, key: str) -> int:
        """A stable number from 1 to 254 for a name that is no interface; AwsError when all are given away."""
        known = self._documents.get(SERVICE, key)
        if known is None:
            taken = {document["place"] for _, document in self._documents.list(SERVICE)}
            free = next((place for place in range(1, LAST_SERVICE + 1) if place not in taken), None)
            if free is None:
                raise AwsError("LimitExceeded", f"There is no local address left for {key}; {LAST_SERVICE} are in use.")
            known = {"place": free}
            self._documents.put(SERVICE, key, known)
        return int(known["place"])

    async def _allocate(self, request: InterfaceRequest) -> Record:
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
        last = block.get("last_offset", addresses.FIRST_OFFSET - 1)
        place = addresses.offset(last, [record.offset for record in self._records.values()])
        if place is None:
            raise AwsError("LimitExceeded", f"There is no free local address left for {request.owner}.")
        record = Record(
            request.owner,
            request.subnet_id,
            list(request.security_groups),
            request.description,
            address,
            place,
            subnet["AvailabilityZone"],
            hosted=request.hosted,
            public=request.public,
        )
        with self._documents.transaction():
            self._documents.put(BLOCK, "block", {**block, "last_offset": place})
            self._keep(record)
        return record

    async def _taken(self, subnet_id: str) -> Sequence[str]:
        return [*await self._in_use(subnet_id), *(record.vpc_address for record in self._records.values())]

    async def _asked(self, subnet_id: str) -> Sequence[str]:
        answer = await self._apis.call(
            "ec2", "DescribeNetworkInterfaces", {"Filters": [{"Name": "subnet-id", "Values": [subnet_id]}]}
        )
        return [
            private["PrivateIpAddress"] for eni in answer["NetworkInterfaces"] for private in eni["PrivateIpAddresses"]
        ]

    async def _create(self, record: Record) -> Record:
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

    def _adopt(self, record: Record, eni: Mapping[str, Any]) -> Record:
        adopted = Record(
            **{**asdict(record), "id": eni["NetworkInterfaceId"], "mac_address": eni.get("MacAddress", "")}
        )
        self._keep(adopted)
        return adopted

    async def _resume(self, record: Record) -> Record:
        """An attach that was cut off: EC2 may have made the ENI all the same."""
        found = await self._owned({"Name": f"tag:{OWNER_TAG}", "Values": [record.owner]})
        return self._adopt(record, found[0]) if found else await self._create(record)

    def _exposed(self, record: Record, request: InterfaceRequest) -> Record:
        """The owner gives its interface a public address, or takes it away."""
        changed = replace(record, public=request.public)
        self._keep(changed)
        return changed

    async def _regroup(self, record: Record, groups: Sequence[str]) -> Record:
        change = {"NetworkInterfaceId": record.id, "Groups": list(groups)}
        await self._apis.call("ec2", "ModifyNetworkInterfaceAttribute", change)
        changed = Record(**{**asdict(record), "security_groups": list(groups)})
        self._keep(changed)
        return changed

    async def _settle(self, owner: str, work: Awaitable[None]) -> None:
        try:
            await work
        except AwsError as error:
            _log.warning("the interface of %s is not settled: %s", owner, error)

    async def _recover(self, record: Record, found: Sequence[Mapping[str, Any]]) -> None:
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

    async def _remove(self, record: Record) -> None:
        leaving = Record(**{**asdict(record), "leaving": True})
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

    def _keep(self, record: Record) -> None:
        self._documents.put(INTERFACE, record.owner, asdict(record))
        self._records[record.owner] = record

    def _forget(self, record: Record) -> None:
        self._documents.delete(INTERFACE, record.owner)
        self._records.pop(record.owner, None)


def _owner(eni: Mapping[str, Any]) -> str:
    return next((tag["Value"] for tag in eni.get("TagSet", []) if tag["Key"] == OWNER_TAG), "")
