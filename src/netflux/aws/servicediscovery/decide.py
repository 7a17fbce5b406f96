"""Which instances are found, and which records stand for them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netflux.errors import AwsError
from netflux.resources.route53 import domain, targets
from netflux.resources.route53.recordset import Alias, RecordSet
from netflux.resources.servicediscovery import Instance, Service

Json = Mapping[str, Any]

HEALTHY, UNHEALTHY, UNKNOWN = "HEALTHY", "UNHEALTHY", "UNKNOWN"
IPV4, IPV6, PORT = "AWS_INSTANCE_IPV4", "AWS_INSTANCE_IPV6", "AWS_INSTANCE_PORT"
CNAME, ALIAS, INITIAL = "AWS_INSTANCE_CNAME", "AWS_ALIAS_DNS_NAME", "AWS_INIT_HEALTH_STATUS"
EC2 = "AWS_EC2_INSTANCE_ID"

_NEEDED = {"A": (IPV4,), "AAAA": (IPV6,), "CNAME": (CNAME,), "SRV": (PORT,)}
_MOST_ATTRIBUTES = 30


def check_attributes(service: Service, attributes: Mapping[str, str]) -> None:
    """Raises unless the attributes carry what the service's records need; API shape RegisterInstanceRequest."""
    own = [key for key in attributes if not key.startswith("AWS_")]
    if len(own) > _MOST_ATTRIBUTES:
        raise AwsError("InvalidInput", f"An instance has at most {_MOST_ATTRIBUTES} custom attributes.")
    if attributes.get(INITIAL, HEALTHY) not in (HEALTHY, UNHEALTHY):
        raise AwsError("InvalidInput", f"{INITIAL} is {HEALTHY} or {UNHEALTHY}.")
    routing = service.dns.routing if service.dns else ""
    kinds = [record.type for record in service.dns.records] if service.dns else []
    if ALIAS in attributes:
        if routing != "WEIGHTED" or not {"A", "AAAA"} & {*kinds}:
            raise AwsError("InvalidInput", f"{ALIAS} needs a service with an A record and the routing policy WEIGHTED.")
        return
    missing = [key for kind in kinds for key in _NEEDED[kind] if key not in attributes]
    if "SRV" in kinds and not {IPV4, IPV6} & {*attributes}:
        missing.append(IPV4)
    if missing:
        raise AwsError("InvalidInput", f"The records of service {service.id} need the attributes {missing}.")


def discovered(service: Service, instances: Sequence[Instance], request: Json) -> list[Instance]:
    """The instances that DiscoverInstances gives, in order.

    Args:
        service: the one that is asked for.
        instances: of the service.
        request: as it came.
    """
    found = [one for one in instances if _has(one, request.get("QueryParameters", {}))]
    closer = [one for one in found if _has(one, request.get("OptionalParameters", {}))]
    found = closer or found
    wanted = request.get("HealthStatus", "HEALTHY_OR_ELSE_ALL")
    if not service.checked or wanted == "ALL":
        return found
    if wanted == "HEALTHY_OR_ELSE_ALL":
        return [one for one in found if one.health == HEALTHY] or found
    return [one for one in found if one.health == wanted]


def health(service: Service, instance: Instance) -> str:
    """As shown: without a check nothing is known."""
    return instance.health if service.checked else UNKNOWN


def _has(instance: Instance, wanted: Mapping[str, str]) -> bool:
    return all(instance.attributes.get(key) == value for key, value in wanted.items())


@dataclass(frozen=True)
class Place:
    """Where a service's records are.

    Attributes:
        zone: id of the namespace's hosted zone.
        namespace: the namespace's name.
        service: the service's id.
        balancers: id of the hosted zone of load balancers.
    """

    zone: str
    namespace: str
    service: str
    balancers: str = targets.LOAD_BALANCERS["us-east-1"]


def records(place: Place, service: Service, instances: Sequence[Instance]) -> list[RecordSet]:
    """The record sets of a service's instances; API reference, RegisterInstance and DnsRecord.

    One that its custom health check calls unhealthy has none. With the routing policy WEIGHTED all are given when
    none is healthy; with MULTIVALUE none is.
    """
    if service.dns is None:
        return []
    weighted = service.dns.routing == "WEIGHTED"
    serving = [one for one in instances if not service.checked or one.health == HEALTHY]
    if not serving and weighted:
        serving = list(instances)
    name = domain.canonical(f"{service.name}.{place.namespace}")
    return [
        record
        for one in serving
        for wanted in service.dns.records
        for record in _of(
            one,
            RecordSet(
                place.zone, name, wanted.type, one.id, wanted.ttl, weight=1 if weighted else None,
                multivalue=not weighted, service=place.service,
            ),
            place.balancers,
        )
    ]  # fmt: skip


def _of(instance: Instance, record: RecordSet, balancers: str) -> list[RecordSet]:
    """The record sets of one instance, from one that lacks its values."""
    attributes = instance.attributes
    if ALIAS in attributes:
        goal = Alias(balancers, domain.canonical(attributes[ALIAS]))
        return [replace(record, ttl=0, alias=goal)]
    if record.type != "SRV":
        value = attributes[_NEEDED[record.type][0]]
        return [replace(record, values=(domain.canonical(value) if record.type == "CNAME" else value,))]
    host = domain.canonical(f"{instance.id}.{record.name}")
    addresses = [(kind, attributes[key]) for kind, key in (("A", IPV4), ("AAAA", IPV6)) if key in attributes]
    own = replace(record, name=host, identifier="", weight=None, multivalue=False)
    return [
        replace(record, values=(f"1 1 {attributes[PORT]} {host}",)),
        *(replace(own, type=kind, values=(address,)) for kind, address in addresses),
    ]
