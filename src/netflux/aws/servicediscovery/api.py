"""All operations of Cloud Map."""

from __future__ import annotations

from netflux.aws.servicediscovery.instances import Instances
from netflux.aws.servicediscovery.namespaces import Namespaces
from netflux.aws.servicediscovery.services import Services


class ServiceDiscoveryApi(Namespaces, Services, Instances):
    """Handlers of `servicediscovery`."""

    service = "servicediscovery"
    whole = True
