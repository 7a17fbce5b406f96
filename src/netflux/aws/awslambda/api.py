"""The operations of Lambda."""

from __future__ import annotations

from netflux.aws.awslambda.calls import Calls
from netflux.aws.awslambda.fleet import Fleet
from netflux.aws.awslambda.functions import FunctionOperations
from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.invoking import InvokeOperations


class LambdaApi(FunctionOperations, InvokeOperations):
    """Handlers of Lambda.

    Args:
        host: what functions run on.
        fleet: their environments.
        calls: makes calls.
    """

    service = "lambda"
    whole = True

    def __init__(self, host: Host, fleet: Fleet, calls: Calls) -> None:
        super().__init__(host)
        self.fleet = fleet
        self.calls = calls
