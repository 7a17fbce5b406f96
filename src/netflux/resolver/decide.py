"""What the resolver answers. Pure.

VPC guide, "DNS attributes for your VPC": without DNS support nothing answers; private hosted zones and the names that
Amazon gives to addresses need DNS hostnames as well. Names of load balancers and databases are public names on AWS, so
every VPC resolves them, to addresses that may not be reachable from there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from netflux.names import local
from netflux.network.endpoints import HostName
from netflux.network.zone import RecordSet, Routing, Zone, within

OWN_SUFFIX = "localhost"
"""All names that this cloud gives end in it (RFC 6761)."""

_NOWHERE = frozenset({OWN_SUFFIX, "internal", "local", "test", "invalid", "home", "corp", "lan"})
"""Last labels that the public DNS has not: RFC 6761 and 6762, ICANN's resolutions of 2018 and 2024, and common use."""

NEGATIVE_TTL = 5
"""Seconds for which "there is no such name" may be remembered of names that this cloud gives."""

ADDRESS_TTL = 60
"""Seconds that the names of addresses hold (seen)."""

_MOST_VALUES = 8
"""Route 53 guide, "Multivalue answer routing": up to eight records."""

_LONGEST_CHAIN = 8
_ADDRESS_NAME = re.compile(r"ip-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})")
_REVERSE = ".in-addr.arpa"
_ELSEWHERE = "nothing leads out of this machine, so only names of this region's VPC are resolved"


class Code(IntEnum):
    """RFC 1035, 4.1.1."""

    OK = 0
    FAILED = 2
    NO_SUCH_NAME = 3
    NOT_IMPLEMENTED = 4
    REFUSED = 5


@dataclass(frozen=True)
class Question:
    """A name, as it is compared, and a type by its letters; `ANY` is one."""

    name: str
    type: str


@dataclass(frozen=True)
class Answer:
    """The answer to a question.

    Attributes:
        code: its outcome.
        records: in order, with the CNAMEs that led to them.
        zone: whose SOA goes with an answer without records; empty for none.
        negative_ttl: of that SOA.
        reason: for a person, where the code alone would puzzle.
    """

    code: Code
    records: tuple[RecordSet, ...] = ()
    zone: str = ""
    negative_ttl: int = NEGATIVE_TTL
    reason: str = ""


@dataclass(frozen=True)
class View:
    """What a VPC's resolver knows.

    Attributes:
        support: enableDnsSupport.
        hostnames: enableDnsHostnames.
        blocks: of the VPC.
        domain: what names of addresses end in, and what tasks search.
        zones: private zones associated with the VPC.
    """

    support: bool
    hostnames: bool
    blocks: tuple[str, ...]
    domain: str
    zones: tuple[Zone, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """What changes from question to question.

    Attributes:
        names: of load balancers and databases.
        held: whether an interface of the VPC has an address.
        choose: `choose(weights, count)` gives that many different places, by their weights.
    """

    names: Mapping[str, HostName] = field(default_factory=dict)
    held: Callable[[str], bool] = lambda _: False
    choose: Callable[[Sequence[int], int], Sequence[int]] = lambda weights, count: range(min(count, len(weights)))


def answer(view: View, question: Question, around: Surroundings) -> Answer | None:
    """The answer; None when nothing answers."""
    if not view.support:
        return None
    chain: list[RecordSet] = []
    name = question.name
    for _ in range(_LONGEST_CHAIN):
        found = _link(view, Question(name, question.type), around)
        chain += found.records
        follows = [one for one in found.records if one.type == "CNAME"]
        if question.type in ("CNAME", "ANY") or not follows:
            if chain and found.code is Code.REFUSED:  # the name itself was answered, only where it leads was not
                return Answer(Code.FAILED, tuple(chain), reason=f"{name}: {found.reason}")
            return Answer(found.code, tuple(chain), found.zone, found.negative_ttl, found.reason)
        name = follows[0].values[0].lower().removesuffix(".")
    return Answer(Code.FAILED, reason=f"{question.name} leads through more than {_LONGEST_CHAIN} aliases")


def _link(view: View, question: Question, around: Surroundings) -> Answer:
    """The answer without following what it leads to."""
    if view.hostnames:
        zone = max((one for one in view.zones if one.holds(question.name)), key=lambda one: len(one.name), default=None)
        if zone is not None:
            return _in_zone(view, zone, question, around)
    name = local(question.name)
    host = around.names.get(name)
    if host is not None:
        records = (RecordSet(question.name, "A", host.ttl, host.addresses),)
        return _of_type(records, question, OWN_SUFFIX)
    if view.hostnames:
        found = _of_address(view, question, around)
        if found is not None:
            return found
    last = name.rpartition(".")[2]
    if last in _NOWHERE:
        return Answer(Code.NO_SUCH_NAME, zone=last)
    if "." not in name:
        return Answer(Code.NO_SUCH_NAME)
    return Answer(Code.REFUSED, reason=_ELSEWHERE)


def _in_zone(view: View, zone: Zone, question: Question, around: Surroundings) -> Answer:
    there = [record for record in zone.at(question.name) if _asked(record, question.type)]
    if not there:
        code = Code.OK if zone.exists(question.name) else Code.NO_SUCH_NAME
        return Answer(code, zone=zone.name, negative_ttl=zone.negative_ttl)
    if any(record.routing is Routing.OTHER for record in there):
        return Answer(Code.FAILED, reason=f"the routing policy of {question.name} is not supported by Netflux")
    records: list[RecordSet] = []
    for kind in dict.fromkeys(record.type for record in there):
        records += _merged(question.name, _chosen([record for record in there if record.type == kind], around))
    aliases = [record for record in records if record.alias]
    if not aliases:
        return Answer(Code.OK, tuple(records))
    return _behind(view, aliases[0], question, around)


def _asked(record: RecordSet, kind: str) -> bool:
    return kind == "ANY" or record.type in (kind, "CNAME")


def _chosen(records: list[RecordSet], around: Surroundings) -> list[RecordSet]:
    routing = records[0].routing
    if routing is Routing.SIMPLE:
        return records
    weights = [record.weight if routing is Routing.WEIGHTED else 1 for record in records]
    if not any(weights):  # Route 53 guide, "Weighted routing": all zero is all alike
        weights = [1] * len(weights)
    count = 1 if routing is Routing.WEIGHTED else _MOST_VALUES
    return [records[place] for place in around.choose(weights, count)]


def _merged(name: str, records: Sequence[RecordSet]) -> list[RecordSet]:
    """One record set of all values, under the name that was asked for: a wildcard's has another."""
    if not records or records[0].alias:
        return list(records)
    values = tuple(dict.fromkeys(value for record in records for value in record.values))
    return [RecordSet(name, records[0].type, min(record.ttl for record in records), values)]


def _behind(view: View, alias: RecordSet, question: Question, around: Surroundings) -> Answer:
    """What an alias leads to, under the alias's own name."""
    found = _link(view, Question(alias.alias, question.type), around)
    records = tuple(
        RecordSet(question.name, one.type, one.ttl, one.values) for one in found.records if one.type == question.type
    )
    code = found.code if found.code is not Code.REFUSED else Code.FAILED
    return Answer(code, records, found.zone, found.negative_ttl, found.reason)


def _of_address(view: View, question: Question, around: Surroundings) -> Answer | None:
    """The names that Amazon gives to addresses, both ways; None when the name is none of them."""
    if within(question.name, view.domain):
        told = _ADDRESS_NAME.fullmatch(question.name.removesuffix(f".{view.domain}"))
        address = ".".join(told.groups()) if told else ""
        if not address or not _in(view, address) or not around.held(address):
            return Answer(Code.NO_SUCH_NAME, zone=view.domain)
        return _of_type((RecordSet(question.name, "A", ADDRESS_TTL, (address,)),), question, view.domain)
    if not question.name.endswith(_REVERSE):
        return None
    address = ".".join(reversed(question.name.removesuffix(_REVERSE).split(".")))
    if not _in(view, address):
        return None
    zone = question.name.partition(".")[2]
    if not around.held(address):
        return Answer(Code.NO_SUCH_NAME, zone=zone)
    target = f"{address_name(address, view.domain)}."
    return _of_type((RecordSet(question.name, "PTR", ADDRESS_TTL, (target,)),), question, zone)


def address_name(address: str, domain: str) -> str:
    """EC2 guide, "IP name": `ip-10-0-3-17.ec2.internal`."""
    return f"ip-{address.replace('.', '-')}.{domain}"


def _in(view: View, address: str) -> bool:
    try:
        found = ipaddress.IPv4Address(address)
    except ValueError:
        return False
    return any(found in ipaddress.IPv4Network(block) for block in view.blocks)


def _of_type(records: tuple[RecordSet, ...], question: Question, zone: str) -> Answer:
    """The records when they are of the type, else that the name has none of it."""
    if question.type in ("ANY", records[0].type):
        return Answer(Code.OK, records)
    return Answer(Code.OK, zone=zone)
