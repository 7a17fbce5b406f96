"""The interfaces that owners have: what every driver makes real in its own way.

An interface is EC2's record and the owner's beside it, written in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from netflux.controlplane.identifiers import hexadecimal
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.kinds import kind
from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError
from netflux.network import addresses, placing
from netflux.network.interface import Interface, InterfaceRequest
from netflux.resources.ec2.interface import Attachment, NetworkInterface
from netflux.resources.ec2.tables import Tables

SERVICE = "network/service"
BLOCK = "network/block"
OWNER_TAG = "netflux:owner"
LAST_SERVICE = 254

_SERVICES = {"elbv2": "amazon-elb", "rds": "amazon-rds", "ecs": "amazon-ecs", "lambda": "amazon-lambda"}
"""By the first part of an owner, who has its interface in EC2's answers."""


@dataclass(frozen=True)
class Record:
    """Whose an interface is.

    Attributes:
        id: of EC2's record.
        offset: in the region's block.
        hosted: of the request.
        public: of the request.
        leaving: a release before this one was about to delete it.
    """

    owner: str
    id: str
    offset: int
    hosted: bool = False
    public: bool = False
    leaving: bool = False

    @property
    def public_address(self) -> str:
        """Of its place in the region, so nothing else has it; empty when it has none."""
        return addresses.public_address(self.offset) if self.public else ""


RECORD = Schema(
    "network/interface",
    Record,
    lambda record: record.owner,
    indices={"id": lambda record: (record.id,), "offset": lambda record: (str(record.offset),)},
    references={"id": "ec2/network-interface"},
    remedy="Nothing: {key} gets another interface.",
)


@dataclass(frozen=True)
class Attached:
    """An interface with its owner."""

    record: Record
    eni: NetworkInterface

    @property
    def id(self) -> str:
        """`eni-…`."""
        return self.eni.id

    @property
    def owner(self) -> str:
        """Of the request."""
        return self.record.owner

    @property
    def subnet_id(self) -> str:
        """Where it is."""
        return self.eni.subnet_id

    @property
    def vpc_id(self) -> str:
        """The subnet's."""
        return self.eni.vpc_id

    @property
    def vpc_address(self) -> str:
        """The primary private address."""
        return self.eni.private_addresses[0]

    @property
    def hosted(self) -> bool:
        """Its sockets are the region's own."""
        return self.record.hosted

    @property
    def public_address(self) -> str:
        """That the internet gateway translates; empty when it has none."""
        return self.record.public_address

    def interface(self, local_address: str) -> Interface:
        """The interface, at the address where a driver has made it real."""
        return Interface(
            id=self.id,
            owner=self.owner,
            subnet_id=self.subnet_id,
            vpc_address=self.vpc_address,
            local_address=local_address,
            mac_address=self.eni.mac_address,
            availability_zone=self.eni.zone,
            public_address=self.public_address,
            security_groups=self.eni.groups,
        )


class Ledger:
    """Records of interfaces. Use `load` before anything else.

    Args:
        documents: holds them.
        translates: the driver has internet gateways, so EC2 tells public addresses.
    """

    def __init__(self, documents: Documents, *, translates: bool = False) -> None:
        documents.declare(kind(SERVICE, "Nothing: it gets another address.", place=int))
        self.tables = Tables(documents)
        self._documents = documents
        self._records = documents.table(RECORD)
        self._translates = translates

    def load(self) -> None:
        """Brings owners and EC2's records together: a release before this one kept them apart."""
        with self._documents.transaction():
            for record in self._records:
                eni = self.tables.interfaces.get(record.id)
                if eni is None or record.leaving:
                    self._remove(record)
                else:
                    self._keep(record, eni)
            for eni in self._owned():
                if not self._records.has("id", eni.id):
                    self.tables.interfaces.delete(eni.id)

    def attach(self, request: InterfaceRequest) -> Attached:
        """The owner's interface, created if it is not there; AwsError when the subnet or a group is not."""
        with self._documents.transaction():
            known = self.of(request.owner)
            if known is None:
                return self._create(request)
            groups = placing.groups(self.tables, known.vpc_id, request.security_groups)
            eni = known.eni if {*groups} == {*known.eni.groups} else replace(known.eni, groups=groups)
            return self._keep(replace(known.record, public=request.public), eni)

    def detach(self, owner: str) -> None:
        """Removes the owner's interface; nothing happens when there is none."""
        record = self._records.get(owner)
        if record is not None:
            with self._documents.transaction(frees=True):
                self._remove(record)

    def of(self, owner: str) -> Attached | None:
        """The owner's interface."""
        record = self._records.get(owner)
        eni = self.tables.interfaces.get(record.id) if record is not None else None
        return Attached(record, eni) if record is not None and eni is not None else None

    def attached(self) -> Sequence[Attached]:
        """Every interface, in the order in which they were attached."""
        return [found for record in self._records if (found := self.of(record.owner)) is not None]

    def locate(self, vpc_address: str) -> Attached | None:
        """Who has this VPC address; None when no owner's interface has it."""
        for eni in self.tables.interfaces.where("private", vpc_address):
            for record in self._records.where("id", eni.id):
                return Attached(record, eni)
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

    def _create(self, request: InterfaceRequest) -> Attached:
        subnet = placing.subnet(self.tables, request.subnet_id)
        eni = NetworkInterface(
            id=hexadecimal("eni"),
            subnet_id=subnet.id,
            vpc_id=subnet.vpc_id,
            zone=subnet.zone,
            mac_address=addresses.mac_address(),
            groups=placing.groups(self.tables, subnet.vpc_id, request.security_groups),
            private_addresses=(placing.free_address(self.tables, subnet, request.owner),),
            description=request.description,
            tags={OWNER_TAG: request.owner},
        )
        self.tables.interfaces.put(eni)
        return self._keep(Record(request.owner, eni.id, self._offset(request), request.hosted, request.public), eni)

    def _offset(self, request: InterfaceRequest) -> int:
        """The next place in the region's block."""
        block = self._documents.get(BLOCK, "block") or {}
        last = block.get("last_offset", addresses.FIRST_OFFSET - 1)
        place = addresses.offset(last, lambda offset: self._records.has("offset", str(offset)))
        if place is None:
            raise AwsError("LimitExceeded", f"There is no free local address left for {request.owner}.")
        self._documents.put(BLOCK, "block", {**block, "last_offset": place})
        return place

    def _keep(self, record: Record, eni: NetworkInterface) -> Attached:
        """Puts both, where they differ from what is there: EC2's tells that a service has it, and its address."""
        service = _SERVICES.get(record.owner.partition("/")[0], "amazon-aws")
        attachment = eni.attachment or Attachment(hexadecimal("eni-attach"), service, datetime.now(UTC), device_index=1)
        public = record.public_address if self._translates else ""
        kept = replace(eni, requester=service, requester_managed=True, attachment=attachment, public_ip=public)
        if kept != self.tables.interfaces.get(eni.id):
            self.tables.interfaces.put(kept)
        if record != self._records.get(record.owner):
            self._records.put(record)
        return Attached(record, kept)

    def _remove(self, record: Record) -> None:
        self._records.delete(record.owner)
        self.tables.interfaces.delete(record.id)

    def _owned(self) -> Iterator[NetworkInterface]:
        return (eni for eni in self.tables.interfaces if eni.tags.get(OWNER_TAG))
