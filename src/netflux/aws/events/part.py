"""What EventBridge's operations share: the bus and the rule that a request names, what is due, pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from netflux.aws.events.outlet import Outlet
from netflux.clock import Clock
from netflux.controlplane.identifiers import arn
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.paging import page
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources import schedule
from netflux.resources.events import BUS, DEFAULT, ENABLED, RULE, Bus, Rule

Request = dict[str, Any]
"""As botocore shapes it."""
TAGS = Tagger("ValidationException", "LimitExceededException")
_PAGE = 100
_NO_PAGE = AwsError("ValidationException", "The nextToken is invalid. Use one that an answer has given.")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Part:
    """Handlers of one noun.

    Args:
        documents: of the region.
        clock: of the region.
        place: region and account.
        outlet: delivers to targets.
    """

    def __init__(self, documents: Documents, clock: Clock, place: tuple[str, str], outlet: Outlet) -> None:
        self.documents = documents
        self.buses = documents.table(BUS)
        self.rules = documents.table(RULE)
        self.clock = clock
        self.region, self.account = place
        self.outlet = outlet

    def bus(self, written: str | None) -> Bus:
        """The bus of a name or an ARN; the default one is always there."""
        name = (written or DEFAULT).rpartition("/")[2] if ":event-bus/" in (written or "") else written or DEFAULT
        found = self.buses.get(name)
        if found is not None:
            return found
        if name != DEFAULT:
            raise AwsError("ResourceNotFoundException", f"Event bus {name} does not exist.")
        return Bus(DEFAULT, self.bus_arn(DEFAULT), _EPOCH, _EPOCH)

    def rule(self, request: Mapping[str, Any], member: str = "Name") -> Rule:
        """The rule that a request names."""
        bus = self.bus(request.get("EventBusName"))
        found = self.rules.get(f"{bus.name} {request[member]}")
        if found is None:
            raise AwsError(
                "ResourceNotFoundException", f"Rule {request[member]} does not exist on EventBus {bus.name}."
            )
        return found

    def bus_arn(self, name: str) -> str:
        """Of a bus."""
        return arn("events", f"event-bus/{name}", self.account, self.region)

    def due(self, expression: str, state: str) -> datetime | None:
        """When a rule's schedule comes next, in simulated time."""
        if not expression or state != ENABLED:
            return None
        return schedule.read(expression, None).after(self.clock.calendar())


def listed(name: str, found: Sequence[Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """A page as EventBridge tells it."""
    shown, following = page(found, request.get("NextToken"), request.get("Limit") or _PAGE, _NO_PAGE)
    return {name: shown, **({"NextToken": following} if following else {})}
