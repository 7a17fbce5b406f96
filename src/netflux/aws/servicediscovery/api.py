"""All operations of Cloud Map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.servicediscovery.instances import Instances
from netflux.aws.servicediscovery.namespaces import Namespaces
from netflux.aws.servicediscovery.services import Services
from netflux.controlplane.call import Call
from netflux.errors import AwsError


class ServiceDiscoveryApi(Namespaces, Services, Instances):
    """Handlers of `servicediscovery`."""

    service = "servicediscovery"
    whole = True

    async def precheck(self, call: Call, params: Mapping[str, Any]) -> None:
        """Whether the VPC of a new namespace is there."""
        if call.operation != "CreatePrivateDnsNamespace":
            return
        try:
            await self.apis.call("ec2", "DescribeVpcs", {"VpcIds": [params["Vpc"]]})
        except AwsError as error:
            raise AwsError("InvalidInput", f"{error.message}") from error
