"""Pages of lists, and what API handlers share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from netflux.aws.ecs.arn import Place
from netflux.aws.ecs.roles import Roles
from netflux.aws.ecs.store import CLUSTER, DEFINITION, Json, Store
from netflux.controlplane.call import Call, Caller
from netflux.controlplane.records import paging
from netflux.errors import AwsError

LONGEST_PAGE = 100
Poke = Callable[[str, str], None]


class Part:
    """A part of the ECS API.

    Args:
        store: the documents.
        apis: the region's other APIs.
        poke: asks a controller, by its name and key, for a pass.
    """

    def __init__(self, store: Store, apis: Caller, poke: Poke) -> None:
        self.roles = Roles(store, apis)
        self.store = store
        self.apis = apis
        self.poke = poke

    def cluster(self, call: Call, request: Json) -> Json:
        """The ACTIVE cluster that a request names."""
        arn = place_of(call).cluster(request.get("cluster"))
        found = self.store.get(CLUSTER, arn)
        if found is None or found["status"] != "ACTIVE":
            raise AwsError("ClusterNotFoundException", "Cluster not found.")
        return found

    def definition(self, call: Call, written: str) -> Json:
        """A task definition by ARN, `family:revision`, or family for its latest active revision."""
        place = place_of(call)
        short = written.rpartition("/")[2] if written.startswith("arn:") else written
        family, colon, revision = short.partition(":")
        if not colon:
            active = [
                body
                for _, body in self.store.all(DEFINITION)
                if body["family"] == family and body["status"] == "ACTIVE"
            ]
            if active:
                return max(active, key=lambda body: int(body["revision"]))
        elif revision.isdigit():
            found = self.store.get(DEFINITION, place.definition(family, int(revision)))
            if found is not None:
                return found
        raise AwsError("ClientException", "Unable to describe task definition.")

    def runnable(self, call: Call, written: str) -> Json:
        """A task definition that new tasks may use."""
        try:
            found = self.definition(call, written)
        except AwsError as error:
            raise AwsError("ClientException", "TaskDefinition not found.") from error
        if found["status"] != "ACTIVE":
            raise AwsError("ClientException", "TaskDefinition is inactive")
        return found


def place_of(call: Call) -> Place:
    """Account and region of a call."""
    return Place(call.account, call.region)


def page(items: Sequence[Any], request: Json, key: str, default: int = LONGEST_PAGE) -> Json:
    """One page of a list under its key, with nextToken when there is more."""
    size = request.get("maxResults", default)
    if not 1 <= size <= LONGEST_PAGE:
        raise AwsError("InvalidParameterException", f"maxResults must be between 1 and {LONGEST_PAGE}.")
    refusal = AwsError("InvalidParameterException", "Invalid token")
    shown, token = paging.page(items, request.get("nextToken"), size, refusal)
    return {key: shown, **({"nextToken": token} if token else {})}
