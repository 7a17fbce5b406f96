"""What EventBridge refuses."""

from __future__ import annotations

from typing import Any

from netflux import names
from netflux.aws.destinations import Destinations
from netflux.aws.events.api import EventsApi
from netflux.aws.events.outlet import Outlet
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "events"
PATTERNS = "Amazon EventBridge event patterns"
QUEUE = f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:q"
CLUSTER = f"arn:aws:ecs:{names.REGION}:{names.ACCOUNT}:cluster/c"
ROLE = f"arn:aws:iam::{names.ACCOUNT}:role/r"


def outlet(plane: Plane) -> Outlet:
    """Delivers to whatever is named."""
    destinations = Destinations()
    destinations.register("sqs", lambda _event: None)
    return Outlet(plane.documents, Clock(), destinations, plane.queues)


def register(plane: Plane, apis: Apis) -> None:
    """EventBridge."""
    apis.register(EventsApi(plane.documents, Clock(), (names.REGION, names.ACCOUNT), outlet(plane)))


async def prepare(apis: Apis) -> dict[str, str]:
    """A rule with a target, and a bus with a rule."""
    await apis.call(SERVICE, "PutRule", {"Name": "known", "EventPattern": '{"source": ["a"]}'})
    await apis.call(SERVICE, "PutTargets", {"Rule": "known", "Targets": [{"Id": "t", "Arn": QUEUE}]})
    await apis.call(SERVICE, "CreateEventBus", {"Name": "bus"})
    await apis.call(SERVICE, "PutRule", {"Name": "own", "EventPattern": '{"source": ["a"]}', "EventBusName": "bus"})
    return {}


def _api(rule: str, call: str, code: str, says: str = "", /, **params: Any) -> Rule:
    return Rule(rule, call, params, code, f"API reference, {call}", says)


def _pattern(rule: str, text: str, says: str = "Event pattern is not valid") -> Rule:
    return Rule(rule, "PutRule", {"Name": "r", "EventPattern": text}, "InvalidEventPatternException", PATTERNS, says)


def _target(rule: str, says: str, /, code: str = "ValidationException", **target: Any) -> Rule:
    given = {"Rule": "known", "Targets": [{"Id": "n", "Arn": QUEUE, **target}]}
    return Rule(rule, "PutTargets", given, code, "API reference, PutTargets", says)


RULES = [
    _pattern("A pattern is JSON", "{", "Invalid JSON"),
    _pattern("A value stands in an array", '{"source": "a"}'),
    _pattern("An array is not empty", '{"source": []}'),
    _pattern("An operator is known", '{"a": [{"like": "b"}]}', "Unrecognized match type like"),
    _pattern("A range has two ends", '{"a": [{"numeric": [">", 5, "<", 1]}]}'),
    _api("A rule has a pattern or a schedule", "PutRule", "ValidationException", "must be specified", Name="r"),
    _api("A schedule is on the default bus", "PutRule", "ValidationException", "on the default event bus", Name="r",
         EventBusName="bus", ScheduleExpression="rate(1 hour)"),
    _api("A rate of one is of a minute", "PutRule", "ValidationException", "Expression is not valid", Name="r",
         ScheduleExpression="rate(1 hours)"),
    _api("A rule does not come at one moment", "PutRule", "ValidationException", "ScheduleExpression is not valid",
         Name="r", ScheduleExpression="at(2030-01-01T00:00:00)"),
    _api("A rule's bus is there", "PutRule", "ResourceNotFoundException", "Event bus none does not exist", Name="r",
         EventPattern='{"source": ["a"]}', EventBusName="none"),
    _api("A rule is there", "DescribeRule", "ResourceNotFoundException", "Rule none does not exist", Name="none"),
    _api("A rule with targets stays", "DeleteRule", "ValidationException", "since it has targets", Name="known"),
    _api("A bus with rules is not deleted", "DeleteEventBus", "ValidationException", "since it has rules", Name="bus"),
    _api("The default bus is not deleted", "DeleteEventBus", "ValidationException", "Cannot delete", Name="default"),
    _api("A bus's name is free", "CreateEventBus", "ResourceAlreadyExistsException", "already exists", Name="bus"),
    _api("A bus's name has no slash", "CreateEventBus", "ValidationException", "must not contain", Name="a/b"),
    _api("A permission is to put events", "PutPermission", "ValidationException", "not supported",
         Action="events:PutRule", Principal="111122223333", StatementId="s"),
    _api("A statement that is removed is there", "RemovePermission", "ResourceNotFoundException", "does not exist",
         StatementId="none"),
    _api("What is tagged is there", "TagResource", "ResourceNotFoundException", "does not exist",
         ResourceARN=f"arn:aws:events:{names.REGION}:{names.ACCOUNT}:rule/none", Tags=[]),
    _api("An event that is tried is one", "TestEventPattern", "ValidationException", "Event is not valid",
         EventPattern='{"source": ["a"]}', Event="{}"),
    _api("Events have 256 KB together", "PutEvents", "ValidationException", "over the limit",
         Entries=[{"Source": "s", "DetailType": "d", "Detail": '{"a": "' + "x" * 140_000 + '"}'}] * 2),
    _target("A target has one input", "Only one of Input", Input="1", InputPath="$.a"),
    _target("An input is JSON", "not valid JSON", Input="{"),
    _target("A path begins with $", "JSON path", InputPath="a"),
    _target("A template's names are mapped", "invalid placeholder b",
            InputTransformer={"InputPathsMap": {"a": "$.a"}, "InputTemplate": "<b>"}),
    _target("A FIFO queue needs a group", "SqsParameters must be specified", Arn=f"{QUEUE}.fifo"),
    _target("A cluster needs a task", "EcsParameters must be specified", Arn=CLUSTER, RoleArn=ROLE),
    _target("A cluster needs a role", "RoleArn is required", Arn=CLUSTER, EcsParameters={"TaskDefinitionArn": "web:1"}),
    Rule("A rule has five targets", "PutTargets",
         {"Rule": "known", "Targets": [{"Id": str(number), "Arn": QUEUE} for number in range(5)]},
         "LimitExceededException", "Amazon EventBridge quotas"),
]  # fmt: skip
