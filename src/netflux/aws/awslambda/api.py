"""The operations of Lambda."""

from __future__ import annotations

from netflux.aws.awslambda.calls import Calls
from netflux.aws.awslambda.fleet import Fleet
from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.invoking import InvokeOperations
from netflux.aws.awslambda.permissions import PermissionOperations
from netflux.aws.awslambda.settings import SettingOperations
from netflux.aws.awslambda.versions import VersionOperations
from netflux.aws.destinations import Destinations
from netflux.resources.awslambda.qualified import Qualified


class LambdaApi(VersionOperations, InvokeOperations, PermissionOperations, SettingOperations):
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
