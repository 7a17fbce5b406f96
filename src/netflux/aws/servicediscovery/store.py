"""What the handlers of Cloud Map share: its tables, record sets that follow instances, operations, pages."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from netflux.aws.servicediscovery import decide
from netflux.clock import Clock
from netflux.controlplane.records import paging
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.route53 import targets
from netflux.resources.route53.hostedzone import HOSTED_ZONE
from netflux.resources.route53.recordset import RECORD_SET
from netflux.resources.servicediscovery import (
    INSTANCE,
    NAMESPACE,
    OPERATION,
    SERVICE,
    TAGS,
    Instance,
    Namespace,
    Operation,
    Service,
)

Json = dict[str, Any]
T = TypeVar("T")

ILL_AFTER = 30.0
"""Seconds between a custom health check's word and its effect; API shape HealthCheckCustomConfig."""

UNSHARED = {"OwnerAccount": "Namespaces are not shared between accounts here: leave it out."}

TAGGER = Tagger("InvalidInput", "TooManyTagsException")

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
        self.documents = documents
        self.namespaces = documents.table(NAMESPACE)
        self.services = documents.table(SERVICE)
        self.instances = documents.table(INSTANCE)
        self.operations = documents.table(OPERATION)
        self._take_over_tags()
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

    def the_namespace(self, written: str) -> Namespace:
        """By id or ARN; AwsError when there is none."""
        found = self.namespaces.get(_last(written))
        if found is None:
            raise AwsError("NamespaceNotFound", f"{written}")
        return found

    def the_service(self, written: str) -> Service:
        """By id or ARN; AwsError when there is none."""
        found = self.services.get(_last(written))
        if found is None:
            raise AwsError("ServiceNotFound", f"{written}")
        return found

    def instances_of(self, service: str) -> list[Instance]:
        """All instances of a service as they are now, the oldest first."""
        return [self.judged(one) for one in self.instances.where("service", service)]

    def judged(self, instance: Instance) -> Instance:
        """The instance, unhealthy once it has been called so for long enough."""
        if instance.told_ill is not None and self.age(instance.told_ill) >= ILL_AFTER:
            return replace(instance, health=decide.UNHEALTHY)
        return instance

    def publish(self, service: Service) -> None:
        """Makes the record sets of a service's instances what the instances say, in the transaction around it."""
        namespace = self.namespaces.get(service.namespace)
        if namespace is None or namespace.zone not in self.zones:
            return
        balancers = targets.LOAD_BALANCERS.get(self.region, "")
        place = decide.Place(namespace.zone, namespace.name, service.id, balancers)
        wanted = {one.key: one for one in decide.records(place, service, self.instances_of(service.id))}
        for record in self.records.where("service", service.id):
            if record.key not in wanted:
                self.records.delete(record.key)
        for key, record in wanted.items():
            if self.records.get(key) != record:
                self.records.put(record)

    def age(self, timestamp: str) -> float:
        """Simulated seconds since then."""
        return (self.clock.now() - datetime.fromisoformat(timestamp)).total_seconds() * self.clock.speed

    def operation(self, kind: str, targets: dict[str, str], code: str = "", message: str = "") -> str:
        """Writes down an operation that has ended: with success, unless an error's code is given."""
        made = Operation(
            f"{_random(32)}-{_random(8)}", kind, "FAIL" if code else "SUCCESS", self.now(), targets, code, message
        )  # fmt: skip
        with self.documents.transaction():
            for old in [*self.operations][: 1 - _OPERATIONS_KEPT]:
                self.operations.delete(old.id)
            self.operations.put(made)
        return made.id

    def tagged(self, arn: str) -> Namespace | Service:
        """The namespace or service of an ARN; AwsError when there is none."""
        found = self._of(arn)
        if found is None:
            raise AwsError("ResourceNotFoundException", f"There is no resource {arn}.")
        return found

    def set_tags(self, found: Namespace | Service, tags: Mapping[str, str]) -> None:
        """Instead of those that it has."""
        if isinstance(found, Namespace):
            self.namespaces.put(replace(found, tags={**tags}))
        else:
            self.services.put(replace(found, tags={**tags}))

    def _of(self, arn: str) -> Namespace | Service | None:
        namespaces, services = self.namespaces.where("arn", arn), self.services.where("arn", arn)
        return namespaces[0] if namespaces else services[0] if services else None

    def _take_over_tags(self) -> None:
        """Release 0.1 had them in documents of their own."""
        with self.documents.transaction():
            for arn, tags in self.documents.list(TAGS):
                found = self._of(arn)
                if found is not None:
                    self.set_tags(found, tags)
                self.documents.delete(TAGS, arn)


def identity(prefix: str, length: int) -> str:
    """A new id, such as `ns-k2x…`."""
    return f"{prefix}-{_random(length)}"


def page(items: Sequence[Any], request: Json, key: str) -> Json:
    """One page of a list under its key, with NextToken when there is more."""
    size = request.get("MaxResults") or _LONGEST_PAGE
    refusal = AwsError("InvalidInput", "The NextToken is invalid.")
    shown, token = paging.page(items, request.get("NextToken"), size, refusal)
    return {key: shown, **({"NextToken": token} if token else {})}


def told(shape: Mapping[str, Any]) -> Json:
    """A shape without what is absent."""
    return {key: value for key, value in shape.items() if value is not None}


def moment(written: str) -> datetime:
    """A timestamp of a record, as answers have it."""
    return datetime.fromisoformat(written)


def matching(items: Sequence[T], filters: Sequence[Json], places: Mapping[str, Callable[[T], Any]]) -> list[T]:
    """What passes all filters.

    Args:
        items: records.
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
