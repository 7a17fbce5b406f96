"""What the handlers of Application Auto Scaling share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from netflux.aws.applicationautoscaling.store import DIMENSION, NAMESPACE, Json, Store
from netflux.controlplane.call import Caller
from netflux.controlplane.records import paging
from netflux.errors import AwsError, Unsupported

OF = "ServiceNamespace ResourceId ScalableDimension"
"""What names a scalable target."""
LISTED = f"{OF} MaxResults NextToken"
_TIMES = ("CreationTime", "StartTime", "EndTime")
_HIDDEN = ("Tags", "Past", "Count", "Hold", "Last")


class Part:
    """A part of the API.

    Args:
        store: the documents.
        apis: asks ECS for services, and CloudWatch for alarms.
    """

    def __init__(self, store: Store, apis: Caller) -> None:
        self.store = store
        self.apis = apis

    def of(self, request: Json, found: Sequence[Json]) -> list[Json]:
        """Those of the namespace and the resource that a request names."""
        if request["ServiceNamespace"] != NAMESPACE or request.get("ScalableDimension", DIMENSION) != DIMENSION:
            return []
        return [body for body in found if request.get("ResourceId") in (None, body["ResourceId"])]

    def must_find(self, request: Json, how: str) -> Json:
        """The scalable target that a request names."""
        found = self.store.target(request["ResourceId"])
        if found is None:
            raise absent("scalable target", how, request)
        return found


def check_kind(request: Json) -> None:
    """Raises for what is not an ECS service."""
    if request["ServiceNamespace"] != NAMESPACE or request["ScalableDimension"] != DIMENSION:
        what = f"{request['ServiceNamespace']} and {request['ScalableDimension']} of application-autoscaling"
        raise Unsupported(what, f"ECS services are scaled: {NAMESPACE}, {DIMENSION}.")
    parts = request["ResourceId"].split("/")
    if len(parts) != 3 or parts[0] != "service" or not all(parts):
        raise invalid("Unsupported service namespace, resource type or scalable dimension")


def invalid(message: str) -> AwsError:
    """ValidationException."""
    return AwsError("ValidationException", message)


def absent(what: str, how: str, request: Json) -> AwsError:
    """ObjectNotFoundException."""
    return AwsError(
        "ObjectNotFoundException",
        f"No {what} {how} for service namespace: {request['ServiceNamespace']}, resource ID: {request['ResourceId']}, "
        f"scalable dimension: {request['ScalableDimension']}",
    )


def page(name: str, found: Sequence[Json], request: Json) -> Json:
    """One page of a list, with NextToken when there is more."""
    size = int(request.get("MaxResults") or 50)
    refusal = AwsError("InvalidNextTokenException", "The next token supplied was invalid.")
    shown, token = paging.page(found, request.get("NextToken"), size, refusal)
    return {name: [_wire(body) for body in shown], **({"NextToken": token} if token else {})}


def _wire(body: Json) -> Json:
    shown = {key: value for key, value in body.items() if key not in _HIDDEN}
    return {key: datetime.fromisoformat(value) if key in _TIMES else value for key, value in shown.items()}
