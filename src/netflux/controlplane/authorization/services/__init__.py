"""Tables of what operations need, by botocore's name of the service."""

from __future__ import annotations

from netflux.controlplane.authorization.service import Service
from netflux.controlplane.authorization.services import compute, data, management, network
from netflux.controlplane.protocol import models

SERVICES = {**compute.SERVICES, **data.SERVICES, **management.SERVICES, **network.SERVICES}

_PREFIXES = {"resourcegroupstaggingapi": "tag", "ses": "ses", "sesv2": "ses", "events": "events"}
"""IAM's names of services that sign by another one, among those without a table."""


def service(name: str) -> Service:
    """The table of a service; an empty one, by which everything is decided on `*`, where it has none."""
    known = SERVICES.get(name)
    if known is not None:
        return known
    signing = models.service_model(name).signing_name
    return Service(_PREFIXES.get(name, signing))
