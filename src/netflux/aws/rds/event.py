"""Events of DB instances and of their snapshots."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from netflux.aws.rds.pages import page
from netflux.aws.rds.part import Part, combination, no_filters
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.resources.rds import Event

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import DescribeEventsMessageTypeDef

_MINUTES = 60  # by default ("DescribeEvents", Amazon RDS API Reference)


class EventOperations(Part):
    """Handlers of events."""

    @operation(
        "SourceIdentifier SourceType StartTime EndTime Duration EventCategories MaxRecords Marker",
        refused={"Filters": "Leave it out: AWS has none for it."},
    )
    def describe_events(self, call: Call, request: DescribeEventsMessageTypeDef) -> dict[str, Any]:
        """Those of other sources do not exist here."""
        no_filters(request)
        if "SourceIdentifier" in request and "SourceType" not in request:
            raise combination("SourceType must be provided with SourceIdentifier.")
        since, end = _since(request, self.clock.now()), request.get("EndTime")
        found = [
            event
            for event in self.instances.events
            if request.get("SourceType", event.kind) == event.kind
            and request.get("SourceIdentifier", event.source) == event.source
            and event.category in (request.get("EventCategories") or [event.category])
            and since <= event.at
            and (not isinstance(end, datetime) or event.at <= end)
        ]
        shown, marker = page(found, request, lambda event: event.at.isoformat() + event.source)
        answer = {"Events": [_shown(event) for event in shown]}
        return {**answer, "Marker": marker} if marker else answer


def _shown(event: Event) -> dict[str, Any]:
    return {
        "SourceIdentifier": event.source,
        "SourceType": event.kind,
        "SourceArn": event.arn,
        "Message": event.message,
        "EventCategories": [event.category],
        "Date": event.at,
    }


def _since(request: DescribeEventsMessageTypeDef, now: datetime) -> datetime:
    start = request.get("StartTime")
    if isinstance(start, datetime):
        return start
    return now - timedelta(minutes=request.get("Duration", _MINUTES))
