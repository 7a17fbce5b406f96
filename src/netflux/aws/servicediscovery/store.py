"""Cloud Map's documents: what was accepted, kept whole. Times are ISO 8601 strings on disk."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from netflux.aws.servicediscovery import decide
from netflux.clock import Clock
from netflux.controlplane.records import paging
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.kinds import kind
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.route53 import targets
from netflux.resources.route53.hostedzone import HOSTED_ZONE
from netflux.resources.route53.recordset import RECORD_SET

Json = dict[str, Any]

NAMESPACE, SERVICE, INSTANCE, OPERATION, TAGS = (
    "servicediscovery.namespace", "servicediscovery.service", "servicediscovery.instance",
    "servicediscovery.operation", "servicediscovery.tags",
)  # fmt: skip
ILL_AFTER = 30.0
"""Seconds between a custom health check's word and its effect; API shape HealthCheckCustomConfig."""

UNSHARED = {"OwnerAccount": "Namespaces are not shared between accounts here: leave it out."}

TAGGER = Tagger("InvalidInput", "TooManyTagsException")

_COPY = "Put a copy of netflux.db back, or make it anew in Cloud Map."
_KINDS = (
    kind(NAMESPACE, _COPY, Id=str, Arn=str, Name=str, Type=str, CreateDate=str, Properties=dict),
    kind(SERVICE, _COPY, Id=str, Arn=str, Name=str, NamespaceId=str, CreateDate=str, attributes=dict, revision=int),
    kind(
        INSTANCE, "Register it anew; ECS does it by itself.", Id=str, ServiceId=str, Attributes=dict, health=str,
        told_ill=str | None,
    ),
    kind(OPERATION, "It is a record of the past only.", Id=str, Type=str, Status=str, CreateDate=str, UpdateDate=str),
)  # fmt: skip
_OPERATIONS_KEPT = 200
_LONGEST_PAGE = 100  # API reference: MaxResults, 1 to 100
_CHARACTERS = string.ascii_lowercase + string.digits


class Part:
    """A part of the API.

    Args:
        documents: where everything is.
        clock: for timestamps.
        place: region and account, for ARNs.
    """

    def __init__(self, documents: Documents, clock: Clock, place: tuple[str, str]) -> None:
        documents.declare(*_KINDS)
        self.documents = documents
        self.clock = clock
        self.region, self.account = place
        self.zones = documents.table(HOSTED_ZONE)
        self.records = documents.table(RECORD_SET)

    def now(self) -> str:
        """A timestamp."""
        return self.clock.now().isoformat()

    def arn(self, kind: str, identity: str) -> str:
        """ARN of a namespace or service."""
        return f"arn:aws:servicediscovery:{self.region}:{self.account}:{kind}/{identity}"

    def the_namespace(self, written: str) -> Json:
        """By id or ARN; AwsError when there is none."""
        found = self.documents.get(NAMESPACE, _last(written))
        if found is None:
            raise AwsError("NamespaceNotFound", f"{written}")
        return found

    def the_service(self, written: str) -> Json:
        """By id or ARN; AwsError when there is none."""
        found = self.documents.get(SERVICE, _last(written))
        if found is None:
            raise AwsError("ServiceNotFound", f"{written}")
        return found

    def services(self, namespace: str) -> list[Json]:
        """All services of a namespace."""
        return [body for _, body in self.documents.list(SERVICE) if body["NamespaceId"] == namespace]

    def instances(self, service: str) -> list[Json]:
        """All instances of a service as they are now, the oldest first."""
        return [self.judged(body) for _, body in self.documents.list(INSTANCE) if body["ServiceId"] == service]

    def judged(self, instance: Json) -> Json:
        """The instance, unhealthy once it has been called so for long enough."""
        told = instance["told_ill"]
        if told is not None and self.age(told) >= ILL_AFTER:
            return instance | {"health": "UNHEALTHY"}
        return instance

    def publish(self, service: Json) -> None:
        """Makes the record sets of a service's instances what the instances say, in the transaction around it."""
        namespace = self.documents.get(NAMESPACE, service["NamespaceId"]) or {}
        zone = namespace.get("Properties", {}).get("DnsProperties", {}).get("HostedZoneId", "")
        if zone not in self.zones:
            return
        balancers = targets.LOAD_BALANCERS.get(self.region, "")
        place = decide.Place(zone, namespace["Name"], service["Id"], balancers)
        wanted = {one.key: one for one in decide.records(place, service, self.instances(service["Id"]))}
        for record in self.records.where("service", service["Id"]):
            if record.key not in wanted:
                self.records.delete(record.key)
        for key, record in wanted.items():
            if self.records.get(key) != record:
                self.records.put(record)

    def age(self, timestamp: str) -> float:
        """Simulated seconds since then."""
        return (self.clock.now() - datetime.fromisoformat(timestamp)).total_seconds() * self.clock.speed

    def operation(self, kind: str, targets: Json, **error: str) -> str:
        """Writes down an operation that has ended: with success, unless an error is given."""
        identity = f"{_random(32)}-{_random(8)}"
        now = self.now()
        body = {"Id": identity, "Type": kind, "Status": "FAIL" if error else "SUCCESS", "CreateDate": now,
                "UpdateDate": now, "Targets": targets, **error}  # fmt: skip
        with self.documents.transaction():
            for key, _ in self.documents.list(OPERATION)[: 1 - _OPERATIONS_KEPT]:
                self.documents.delete(OPERATION, key)
            self.documents.put(OPERATION, identity, body)
        return identity

    def tag(self, arn: str, tags: Sequence[Json], *, own: bool) -> None:
        """Adds tags to those that a resource has.

        Args:
            arn: the resource's.
            tags: of the request.
            own: the caller is the region itself, so reserved keys are taken.
        """
        known = self.documents.get(TAGS, arn) or {}
        if tags:
            self.documents.put(TAGS, arn, TAGGER.merged(known, TAGGER.read(tags, own=own)))


def identity(prefix: str, length: int) -> str:
    """A new id, such as `ns-k2x…`."""
    return f"{prefix}-{_random(length)}"


def page(items: Sequence[Any], request: Json, key: str) -> Json:
    """One page of a list under its key, with NextToken when there is more."""
    size = request.get("MaxResults") or _LONGEST_PAGE
    refusal = AwsError("InvalidInput", "The NextToken is invalid.")
    shown, token = paging.page(items, request.get("NextToken"), size, refusal)
    return {key: shown, **({"NextToken": token} if token else {})}


def shown(body: Json, *internal: str) -> Json:
    """A document as a response: its dates as such, without what is internal and what is absent."""
    return {
        key: datetime.fromisoformat(value) if key.endswith("Date") else value
        for key, value in body.items()
        if key not in internal and value is not None
    }


def matching(items: Sequence[Json], filters: Sequence[Json], places: Mapping[str, Any]) -> list[Json]:
    """What passes all filters.

    Args:
        items: documents.
        filters: of the request.
        places: by a filter's name what gives an item's value.
    """
    for one in filters:
        if one["Name"] not in places:
            raise AwsError("InvalidInput", f"The filter {one['Name']} is not valid.")
        value_of, values = places[one["Name"]], one["Values"]
        if one.get("Condition", "EQ") == "BEGINS_WITH":
            items = [item for item in items if any(str(value_of(item)).startswith(value) for value in values)]
        elif one.get("Condition", "EQ") in ("EQ", "IN"):
            items = [item for item in items if value_of(item) in values]
        else:
            raise AwsError("InvalidInput", f"The condition {one['Condition']} is not valid for {one['Name']}.")
    return list(items)


def _last(written: str) -> str:
    return written.rpartition("/")[2]


def _random(length: int) -> str:
    return "".join(secrets.choice(_CHARACTERS) for _ in range(length))
