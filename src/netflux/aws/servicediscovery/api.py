"""All operations of Cloud Map."""

from __future__ import annotations

from netflux.aws.servicediscovery.instances import Instances
from netflux.aws.servicediscovery.namespaces import Namespaces
from netflux.aws.servicediscovery.services import Services


class ServiceDiscoveryApi(Namespaces, Services, Instances):
    """Handlers of `servicediscovery`. moto's keep no VPC of a namespace, no counts, filters and health, and let
    anything be deleted.
    """

    service = "servicediscovery"
    whole = True
