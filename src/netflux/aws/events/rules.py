"""Rules and their targets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.destinations import service_of
from netflux.aws.events import patterns, shaping
from netflux.aws.events.part import TAGS, Part, Request, listed
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import arn
from netflux.controlplane.operation import operation
from netflux.decoding import json as decoding
from netflux.errors import AwsError, Unsupported
from netflux.resources import schedule
from netflux.resources.events import DEFAULT, DISABLED, ENABLED, Rule

_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_TRAIL = "Events of CloudTrail are not told here: choose ENABLED."
_MOST_TARGETS = 5
_HERE = "Targets are queues, topics, functions, log groups, buses, and clusters whose tasks are run: leave it out."
_OTHERS = ("KinesisParameters", "RunCommandParameters", "BatchParameters", "HttpParameters", "RedshiftDataParameters",
           "SageMakerPipelineParameters", "AppSyncParameters")  # fmt: skip
ECS = (
    "TaskDefinitionArn TaskCount LaunchType NetworkConfiguration(awsvpcConfiguration(Subnets SecurityGroups "
    "AssignPublicIp)) PlatformVersion Group CapacityProviderStrategy(capacityProvider weight base) "
    "EnableECSManagedTags EnableExecuteCommand PropagateTags "
)
ECS_REFUSED = {
    "PlacementConstraints": "Tasks run on Fargate: leave it out.",
    "PlacementStrategy": "Tasks run on Fargate: leave it out.",
    "ReferenceId": "Leave it out: no answer tells it.",
}
_TARGETS = (
    "Targets(Id Arn RoleArn Input InputPath InputTransformer(InputPathsMap InputTemplate) "
    f"EcsParameters({ECS} Tags(Key Value)) SqsParameters(MessageGroupId) DeadLetterConfig(Arn) "
    "RetryPolicy(MaximumRetryAttempts MaximumEventAgeInSeconds))"
)


class Rules(Part):
    """Handlers of rules."""

    @operation(
        "Name ScheduleExpression EventPattern State Description RoleArn Tags(Key Value) EventBusName",
        only={"State": (ENABLED, DISABLED)},
        refused={"State": _TRAIL},
    )
    def put_rule(self, call: Call, request: Request) -> dict[str, Any]:
        """Makes a rule, or replaces all of it but for its targets and tags ("PutRule", EventBridge API Reference)."""
        bus, name = self.bus(request.get("EventBusName")), request["Name"]
        expression, pattern = request.get("ScheduleExpression") or "", request.get("EventPattern") or ""
        if not expression and not pattern:
            raise AwsError("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.")
        if expression and bus.name != DEFAULT:
            raise AwsError("ValidationException", "ScheduleExpression is supported only on the default event bus.")
        if pattern:
            patterns.check(pattern)
        if expression:
            _check_expression(expression)
        known, place = self.rules.get(f"{bus.name} {name}"), name if bus.name == DEFAULT else f"{bus.name}/{name}"
        state = request.get("State") or ENABLED
        base = known or Rule(name, bus.name, arn("events", f"rule/{place}", self.account, self.region),
                             tags=TAGS.read(request.get("Tags"), own=call.access_key is None))  # fmt: skip
        moved = known is None or (known.schedule, known.state) != (expression, state)
        self.rules.put(replace(
            base, state=state, pattern=pattern, schedule=expression, description=request.get("Description") or "",
            role=request.get("RoleArn") or "", due=self.due(expression, state) if moved else base.due,
        ))  # fmt: skip
        return {"RuleArn": base.arn}

    @operation("Name EventBusName")
    def describe_rule(self, _call: Call, request: Request) -> dict[str, Any]:
        """Without its targets."""
        return {**_shown(self.rule(request)), "CreatedBy": self.account}

    @operation("NamePrefix EventBusName NextToken Limit")
    def list_rules(self, _call: Call, request: Request) -> dict[str, Any]:
        """Of a bus."""
        bus, start = self.bus(request.get("EventBusName")), request.get("NamePrefix") or ""
        found = sorted((one for one in self.rules.where("bus", bus.name) if one.name.startswith(start)),
                       key=lambda one: one.name)  # fmt: skip
        return listed("Rules", [_shown(one) for one in found], request)

    @operation("TargetArn EventBusName NextToken Limit")
    def list_rule_names_by_target(self, _call: Call, request: Request) -> dict[str, Any]:
        """Rules that tell a target."""
        bus = self.bus(request.get("EventBusName"))
        found = [one.name for one in self.rules.where("target", request["TargetArn"]) if one.bus == bus.name]
        return listed("RuleNames", found, request)

    @operation("Name EventBusName", neutral={"Force": "No rule is managed by a service here."})
    def delete_rule(self, _call: Call, request: Request) -> dict[str, Any]:
        """Without targets; one that is not there is no error."""
        found = self.rules.get(f"{self.bus(request.get('EventBusName')).name} {request['Name']}")
        if found is not None and found.targets:
            raise AwsError("ValidationException", "Rule can't be deleted since it has targets.")
        if found is not None:
            self.rules.delete(found.key)
        return {}

    @operation("Name EventBusName")
    def enable_rule(self, _call: Call, request: Request) -> dict[str, Any]:
        """A schedule begins anew."""
        return self._state(request, ENABLED)

    @operation("Name EventBusName")
    def disable_rule(self, _call: Call, request: Request) -> dict[str, Any]:
        """It tells nobody any more."""
        return self._state(request, DISABLED)

    def _state(self, request: Request, state: str) -> dict[str, Any]:
        found = self.rule(request)
        self.rules.put(replace(found, state=state, due=self.due(found.schedule, state)))
        return {}

    @operation(
        f"Rule EventBusName {_TARGETS}",
        refused={
            **{f"Targets.{name}": _HERE for name in _OTHERS},
            **{f"Targets.EcsParameters.{name}": why for name, why in ECS_REFUSED.items()},
        },
    )
    def put_targets(self, _call: Call, request: Request) -> dict[str, Any]:
        """A target of an id that is there is replaced."""
        found = self.rule(request, "Rule")
        targets = {one["Id"]: one for one in found.targets}
        for target in request["Targets"]:
            self._check_target(target)
            targets[target["Id"]] = target
        if len(targets) > _MOST_TARGETS:
            raise AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        self.rules.put(replace(found, targets=tuple(targets.values())))
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _check_target(self, target: Mapping[str, Any]) -> None:
        place, service = target["Arn"], service_of(target["Arn"])
        if not service:
            raise AwsError("ValidationException", f"Parameter {place} is not valid. Reason: Provided Arn is not in "
                           "correct format.")  # fmt: skip
        self.outlet.check(place, "events:PutTargets")
        shaping.check(target)
        if service == "ecs":
            _check_ecs(target)
        elif target.get("EcsParameters"):
            raise AwsError("ValidationException", f"Parameter EcsParameters is not valid for target {target['Id']}.")
        if place.endswith(".fifo") and service == "sqs" and not target.get("SqsParameters"):
            raise AwsError(
                "ValidationException",
                f"Parameter(s) SqsParameters must be specified for target: {target['Id']}.",
            )

    @operation("Rule EventBusName NextToken Limit")
    def list_targets_by_rule(self, _call: Call, request: Request) -> dict[str, Any]:
        """As they were put."""
        return listed("Targets", [*self.rule(request, "Rule").targets], request)

    @operation("Rule EventBusName Ids", neutral={"Force": "No rule is managed by a service here."})
    def remove_targets(self, _call: Call, request: Request) -> dict[str, Any]:
        """Ids that are not there are no error."""
        found = self.rule(request, "Rule")
        left = tuple(one for one in found.targets if one["Id"] not in request["Ids"])
        self.rules.put(replace(found, targets=left))
        return {"FailedEntryCount": 0, "FailedEntries": []}

    @operation("EventPattern Event")
    def test_event_pattern(self, _call: Call, request: Request) -> dict[str, Any]:  # noqa: PT019 (it is no test)
        """Whether an event matches a pattern."""
        patterns.check(request["EventPattern"])
        try:
            event = decoding.value(request["Event"])
        except ValueError:
            event = None
        needed = ("id", "account", "source", "time", "region", "resources", "detail-type")
        if not isinstance(event, dict) or any(name not in event for name in needed):
            raise AwsError("ValidationException", "Parameter Event is not valid.")
        return {"Result": patterns.matches(request["EventPattern"], event)}


def _check_expression(expression: str) -> None:
    try:
        read = schedule.read(expression, None)
    except (AwsError, Unsupported):
        read = None
    if read is None or isinstance(read, schedule.At):
        raise AwsError("ValidationException", "Parameter ScheduleExpression is not valid.")


def _check_ecs(target: Mapping[str, Any]) -> None:
    given = target.get("EcsParameters")
    if not given:
        raise AwsError(
            "ValidationException", f"Parameter(s) EcsParameters must be specified for target: {target['Id']}."
        )
    if not target.get("RoleArn"):
        raise AwsError("ValidationException", f"RoleArn is required for target {target['Id']}.")
    if (given.get("LaunchType") or "FARGATE") != "FARGATE":
        raise Unsupported(f"events:PutTargets: LaunchType {given['LaunchType']}", "Tasks run on FARGATE.")


def _shown(rule: Rule) -> dict[str, Any]:
    told = {
        "Name": rule.name,
        "Arn": rule.arn,
        "EventPattern": rule.pattern,
        "ScheduleExpression": rule.schedule,
        "State": rule.state,
        "Description": rule.description,
        "RoleArn": rule.role,
        "EventBusName": rule.bus,
    }
    return {name: text for name, text in told.items() if text}
