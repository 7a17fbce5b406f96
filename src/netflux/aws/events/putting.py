"""Events come to buses, and rules hand them on."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from netflux.aws.destinations import Event, service_of
from netflux.aws.events import observed, patterns, shaping
from netflux.aws.events.outlet import envelope, moment, size, text
from netflux.aws.events.part import Part, Request
from netflux.aws.happening import Happening
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.table import Change
from netflux.decoding import json
from netflux.errors import AwsError
from netflux.resources.events import DEFAULT, ENABLED, Rule

_log = logging.getLogger(__name__)
SERVICE = "events.amazonaws.com"
_LARGEST = 256 * 1024
_MOST_BUSES = 5
"""That an event passes, one after the other."""


class Putting(Part):
    """Handlers of events."""

    _depth = 0

    @operation(
        "Entries(Time Source Resources DetailType Detail EventBusName)",
        refused={
            "EndpointId": "There is one region here: leave it out.",
            "Entries.TraceHeader": "There is no X-Ray here: leave it out.",
        },
    )
    def put_events(self, _call: Call, request: Request) -> dict[str, Any]:
        """An entry that is refused fails alone ("PutEvents", EventBridge API Reference)."""
        entries = request["Entries"]
        if sum(map(size, entries)) > _LARGEST:
            raise AwsError("ValidationException", "Total size of the entries in the request is over the limit.")
        told = [self._put(entry) for entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in one for one in told), "Entries": told}

    def _put(self, entry: Mapping[str, Any]) -> dict[str, str]:
        for name in ("Source", "DetailType", "Detail"):
            if not entry.get(name):
                return _failed(
                    "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
                )
        if entry["Source"].startswith("aws."):
            return _failed("NotAuthorizedForSourceException", "Not authorized for the source.")
        try:
            detail = json.value(entry["Detail"])
        except ValueError:
            detail = None
        if not isinstance(detail, dict):
            return _failed("MalformedDetail", "Detail is malformed.")
        try:
            bus = self.bus(entry.get("EventBusName"))
        except AwsError as error:
            return _failed(error.code, error.message)
        event = self._event(
            entry["DetailType"], entry["Source"], detail, entry.get("Resources") or (), entry.get("Time")
        )
        self.publish(bus.name, event)
        return {"EventId": event["id"]}

    def _event(
        self, kind: str, source: str, detail: Any, resources: Any, time: datetime | None = None
    ) -> dict[str, Any]:
        when = moment(time or self.clock.now())
        more = {"account": self.account, "region": self.region, "time": when, "resources": resources}
        return envelope(kind, source, detail, more)

    def publish(self, bus: str, event: Mapping[str, Any]) -> None:
        """Hands an event to the targets of all rules that it matches."""
        for rule in self.rules.where("bus", bus):
            if rule.state == ENABLED and rule.pattern and patterns.matches(rule.pattern, event):
                self.hand(rule, event)

    def hand(self, rule: Rule, event: Mapping[str, Any]) -> None:
        """Hands an event to a rule's targets."""
        for target in rule.targets:
            onward = service_of(target["Arn"]) == "events"
            body = text(event) if onward else shaping.shaped(target, event, rule.arn)
            self.outlet.deliver(target, body, rule.arn, SERVICE)

    def arrived(self, event: Event) -> None:
        """Takes an event for a bus: another rule's, or a service's own with `source`, `detail-type` and `detail`.

        Raises:
            AwsError: there is no such bus, it is no event, or it has passed too many buses.
        """
        bus, told = self.bus(event.arn), json.value(event.body)
        if not isinstance(told, dict) or not {"source", "detail-type", "detail"} <= told.keys():
            raise AwsError("ValidationException", "An event has source, detail-type and detail.")
        if self._depth >= _MOST_BUSES:
            raise AwsError("ValidationException", f"An event passes at most {_MOST_BUSES} buses.")
        if "id" not in told:
            resources = told.get("resources") or ([event.source] if event.source else [])
            told = self._event(told["detail-type"], told["source"], told["detail"], resources)
        self._depth += 1
        try:
            self.publish(bus.name, told)
        finally:
            self._depth -= 1

    def happened(self, happening: Happening) -> None:
        """Takes what a service of the region tells; never raises, since it has happened already."""
        try:
            event = self._event(happening.kind, happening.source, dict(happening.detail), happening.resources)
            with self.documents.transaction():
                self.publish(DEFAULT, event)
        except Exception:  # noqa: BLE001 (whoever tells it goes on)
            _log.exception("the event %s of %s is lost", happening.kind, happening.source)

    def changed(self, changes: Sequence[Change]) -> None:
        """Takes what changes of services' records tell, once they are on the disk."""
        if self.rules.has("bus", DEFAULT):
            for happening in observed.happenings(changes, self.account, self.region):
                self.happened(happening)

    def scheduled(self, rule: Rule, when: datetime) -> None:
        """A rule's schedule has come."""
        self.hand(rule, self._event("Scheduled Event", "aws.events", {}, [rule.arn], when))


def _failed(code: str, message: str) -> dict[str, str]:
    return {"ErrorCode": code, "ErrorMessage": message}
