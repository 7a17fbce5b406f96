"""Event buses, who may put events to them, and tags."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from netflux.aws.events.part import TAGS, Part, Request, listed
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.decoding import json as decoding
from netflux.errors import AwsError
from netflux.policy.document import PolicyError, parse
from netflux.resources.events import DEFAULT, Bus, Rule

_NAME = re.compile(r"[A-Za-z0-9._/-]{1,256}")
_UNDONE = {
    "EventSourceName": "There are no partners' event sources here.",
    "KmsKeyIdentifier": "Leave it out: events are not kept.",
    "DeadLetterConfig": "Leave it out: targets have dead-letter queues of their own.",
    "LogConfig": "Leave it out: buses write no logs here.",
}
_LOGS = {"LogConfig": ({"Level": "OFF"}, {"Level": "OFF", "IncludeDetail": "NONE"})}


class Buses(Part):
    """Handlers of buses."""

    @operation("Name Description Tags(Key Value) LogConfig", refused=_UNDONE, only=_LOGS)
    def create_event_bus(self, call: Call, request: Request) -> dict[str, Any]:
        """Beside the default one ("CreateEventBus", EventBridge API Reference)."""
        name = request["Name"]
        if name == DEFAULT or name in self.buses:
            raise AwsError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
        if not _NAME.fullmatch(name) or "/" in name:
            raise AwsError("ValidationException", "Event bus name must not contain '/'.")
        now = self.clock.now()
        tags = TAGS.read(request.get("Tags"), own=call.access_key is None)
        made = Bus(name, self.bus_arn(name), now, now, request.get("Description") or "", tags=tags)
        self.buses.put(made)
        return {"EventBusArn": made.arn, **({"Description": made.description} if made.description else {})}

    @operation(
        "Name Description LogConfig",
        refused={name: why for name, why in _UNDONE.items() if name != "EventSourceName"},
        only=_LOGS,
    )
    def update_event_bus(self, _call: Call, request: Request) -> dict[str, Any]:
        """Its description."""
        bus = self.bus(request.get("Name"))
        changed = replace(bus, description=request.get("Description") or "", modified=self.clock.now())
        self.buses.put(changed)
        return {"Arn": bus.arn, "Name": bus.name, "Description": changed.description}

    @operation("Name")
    def describe_event_bus(self, _call: Call, request: Request) -> dict[str, Any]:
        """With its policy."""
        return self._shown(self.bus(request.get("Name")))

    @operation("NamePrefix NextToken Limit")
    def list_event_buses(self, _call: Call, request: Request) -> dict[str, Any]:
        """The default one and the others."""
        found = [self.bus(DEFAULT), *(bus for bus in self.buses if bus.name != DEFAULT)]
        start = request.get("NamePrefix") or ""
        return listed("EventBuses", [self._shown(bus) for bus in found if bus.name.startswith(start)], request)

    @operation("Name")
    def delete_event_bus(self, _call: Call, request: Request) -> dict[str, Any]:
        """Without rules; one that is not there is no error."""
        name = request["Name"].rpartition("/")[2]
        if name == DEFAULT:
            raise AwsError("ValidationException", "Cannot delete event bus default.")
        if self.rules.has("bus", name):
            raise AwsError("ValidationException", "Event bus can't be deleted since it has rules.")
        self.buses.delete(name)
        return {}

    def _shown(self, bus: Bus) -> dict[str, Any]:
        told: dict[str, Any] = {"Name": bus.name, "Arn": bus.arn}
        if bus.description:
            told["Description"] = bus.description
        if bus.policy:
            statements = [*bus.policy.values()]
            told["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
        return {**told, "CreationTime": bus.created, "LastModifiedTime": bus.modified}

    @operation("EventBusName Action Principal StatementId Condition(Type Key Value) Policy")
    def put_permission(self, _call: Call, request: Request) -> dict[str, Any]:
        """One more statement of the bus's policy, or another policy."""
        bus = self.bus(request.get("EventBusName"))
        if request.get("Policy"):
            self.buses.put(replace(bus, policy=_statements(request["Policy"]), modified=self.clock.now()))
            return {}
        for name in ("Action", "Principal", "StatementId"):
            if not request.get(name):
                raise AwsError("ValidationException", f"Parameter {name} is required where no Policy is given.")
        if request["Action"] != "events:PutEvents":
            raise AwsError("ValidationException", "Provided value in parameter 'action' is not supported.")
        principal = request["Principal"]
        statement: dict[str, Any] = {
            "Sid": request["StatementId"],
            "Effect": "Allow",
            "Principal": principal if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
            "Action": "events:PutEvents",
            "Resource": bus.arn,
        }
        condition = request.get("Condition")
        if condition:
            statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
        _check(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        policy = {**bus.policy, request["StatementId"]: statement}
        self.buses.put(replace(bus, policy=policy, modified=self.clock.now()))
        return {}

    @operation("StatementId RemoveAllPermissions EventBusName")
    def remove_permission(self, _call: Call, request: Request) -> dict[str, Any]:
        """A statement by its id, or all of them."""
        bus, sid = self.bus(request.get("EventBusName")), request.get("StatementId") or ""
        if request.get("RemoveAllPermissions"):
            self.buses.put(replace(bus, policy={}))
            return {}
        if sid not in bus.policy:
            raise AwsError("ResourceNotFoundException", f"Statement with the provided id does not exist: {sid}")
        policy = {key: one for key, one in bus.policy.items() if key != sid}
        self.buses.put(replace(bus, policy=policy))
        return {}

    @operation("ResourceARN Tags(Key Value)")
    def tag_resource(self, call: Call, request: Request) -> dict[str, Any]:
        """Of a rule or a bus."""
        found = self._tagged(request)
        self._retag(found, TAGS.merged(found.tags, TAGS.read(request["Tags"], own=call.access_key is None)))
        return {}

    @operation("ResourceARN TagKeys")
    def untag_resource(self, _call: Call, request: Request) -> dict[str, Any]:
        """Keys that it has not are no error."""
        found = self._tagged(request)
        self._retag(found, {key: text for key, text in found.tags.items() if key not in request["TagKeys"]})
        return {}

    @operation("ResourceARN")
    def list_tags_for_resource(self, _call: Call, request: Request) -> dict[str, Any]:
        """All of them."""
        return {"Tags": TAGS.shown(self._tagged(request).tags)}

    def _tagged(self, request: Request) -> Rule | Bus:
        arn = request["ResourceARN"]
        rule = next(iter(self.rules.where("arn", arn)), None)
        if rule is not None:
            return rule
        if ":event-bus/" in arn:
            return self.bus(arn)
        raise AwsError(
            "ResourceNotFoundException", f"Rule {arn.rpartition('/')[2]} does not exist on EventBus default."
        )

    def _retag(self, found: Rule | Bus, tags: dict[str, str]) -> None:
        if isinstance(found, Rule):
            self.rules.put(replace(found, tags=tags))
        else:
            self.buses.put(replace(found, tags=tags))


def _check(text: str) -> None:
    try:
        parse(text, needs_principal=True)
    except PolicyError as error:
        raise AwsError("ValidationException", f"The policy is not valid: {error}") from error


def _statements(text: str) -> dict[str, dict[str, Any]]:
    _check(text)
    read = decoding.value(text)
    statements = read["Statement"] if isinstance(read["Statement"], list) else [read["Statement"]]
    return {str(one.get("Sid") or number): one for number, one in enumerate(statements)}
