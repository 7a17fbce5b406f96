"""The operations of Lambda."""

from __future__ import annotations

from netflux.aws.awslambda.calls import Calls
from netflux.aws.awslambda.fleet import Fleet
from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.invoking import InvokeOperations
from netflux.aws.awslambda.layers import LayerOperations
from netflux.aws.awslambda.mappings import MappingOperations
from netflux.aws.awslambda.permissions import PermissionOperations
from netflux.aws.awslambda.settings import SettingOperations
from netflux.aws.awslambda.urls import UrlOperations
from netflux.aws.awslambda.versions import VersionOperations
from netflux.aws.destinations import Destinations
from netflux.resources.awslambda.layer import Layers
from netflux.resources.awslambda.mapping import MAPPING
from netflux.resources.awslambda.qualified import Qualified
from netflux.resources.awslambda.url import URL


class LambdaApi(
    VersionOperations,
    LayerOperations,
    InvokeOperations,
    PermissionOperations,
    SettingOperations,
    MappingOperations,
    UrlOperations,
):
    """Handlers of Lambda.

    Args:
        host: what functions run on.
        fleet: their environments.
        calls: makes calls.
        destinations: take what functions' outcomes are told to.
    """

    service = "lambda"
    whole = True

    def __init__(self, host: Host, fleet: Fleet, calls: Calls, destinations: Destinations) -> None:
        super().__init__(host)
        self.fleet = fleet
        self.calls = calls
        self.destinations = destinations
        self.qualified = Qualified(host.kept.documents)
        self.layers = Layers(host.kept.documents)
        self.urls = host.kept.documents.table(URL)
        self.mappings = host.kept.documents.table(MAPPING)
