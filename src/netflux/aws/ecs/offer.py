"""What services offer in Service Connect namespaces, read from their PRIMARY deployments."""

from __future__ import annotations

from dataclasses import dataclass

from netflux.aws.ecs.desired import Endpoint, endpoints
from netflux.aws.ecs.store import DEFINITION, SERVICE, Json, Store


@dataclass(frozen=True)
class Offer:
    """An endpoint and the service behind it.

    Attributes:
        service: ARN.
        endpoint: its name, port and timeouts.
    """

    service: str
    endpoint: Endpoint


def offers(store: Store, namespace: str) -> list[Offer]:
    """All endpoints of a namespace, by the age of their services."""
    found = []
    for arn, service in store.all(SERVICE):
        if service["status"] != "ACTIVE" or service["deployments"][0]["namespace"] != namespace:
            continue
        found += [Offer(arn, endpoint) for endpoint in of_deployment(store, service["deployments"][0])]
    return found


def of_deployment(store: Store, deployment: Json) -> list[Endpoint]:
    """The endpoints that a deployment offers."""
    definition = store.get(DEFINITION, deployment["taskDefinition"])
    if definition is None or deployment["namespace"] is None:
        return []
    return endpoints(deployment["serviceConnectConfiguration"], deployment["namespace"], definition)


def namespaces(store: Store) -> list[str]:
    """Namespaces in which services take part."""
    found = {service["deployments"][0]["namespace"] for _, service in store.all(SERVICE)}
    return sorted(name for name in found if name)
