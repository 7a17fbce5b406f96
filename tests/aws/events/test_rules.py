"""Events go where rules say, in the form that targets ask for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux import names
from netflux.aws.destinations import Event
from netflux.aws.events import patterns, shaping
from netflux.aws.happening import Happening
from netflux.errors import AwsError, Unsupported
from tests.aws.events.world import World

CLUSTER = f"arn:aws:ecs:{names.REGION}:{names.ACCOUNT}:cluster/c"
ROLE = f"arn:aws:iam::{names.ACCOUNT}:role/runs"
ECS = {
    "Arn": CLUSTER,
    "RoleArn": ROLE,
    "EcsParameters": {
        "TaskDefinitionArn": "web:1",
        "TaskCount": 2,
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["subnet-1"], "AssignPublicIp": "ENABLED"}},
        "Tags": [{"Key": "a", "Value": "b"}],
    },
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await World(tmp_path).start()
    yield made
    made.plane.stop()


async def test_an_event_goes_to_the_targets_of_the_rules_that_it_matches(world: World) -> None:
    await world.rule("big", {"detail": {"price": [{"numeric": [">", 10]}]}}, {"Arn": await world.queue("big")})
    await world.rule("all", {"source": ["shop"]}, {"Arn": await world.queue("all")})
    await world.call("DisableRule", Name="all")
    told = await world.put({"price": 5})
    assert told["FailedEntryCount"] == 0
    await world.call("EnableRule", Name="all")
    await world.put({"price": 11}, Resources=["r"])
    (big,), (every,) = await world.bodies("big"), await world.bodies("all")
    assert big == every
    assert big["detail"] == {"price": 11}
    assert (big["source"], big["detail-type"], big["account"], big["region"], big["resources"], big["version"]) == (
        "shop", "order", names.ACCOUNT, names.REGION, ["r"], "0",
    )  # fmt: skip
    assert big["time"] == "2026-11-29T08:00:00Z"


async def test_entries_that_are_refused_fail_alone(world: World) -> None:
    good = {"Source": "s", "DetailType": "d", "Detail": "{}"}
    bad = [{**good, "Detail": "{"}, {**good, "Source": "aws.ec2"}, {"Source": "s", "DetailType": "d"},
           {**good, "EventBusName": "none"}]  # fmt: skip
    told = await world.call("PutEvents", Entries=[good, *bad])
    assert told["FailedEntryCount"] == 4
    assert [one.get("ErrorCode") for one in told["Entries"]] == [
        None, "MalformedDetail", "NotAuthorizedForSourceException", "InvalidArgument", "ResourceNotFoundException",
    ]  # fmt: skip


async def test_a_targets_input_is_what_it_asks_for(world: World) -> None:
    queue = {"Arn": await world.queue("q")}
    await world.call("PutRule", Name="r", EventPattern='{"source": ["shop"]}')
    transformer = {"InputPathsMap": {"id": "$.detail.id", "who": "$.detail.who.name"},
                   "InputTemplate": '{"order": <id>, "by": "<who>", "rule": <aws.events.rule-name>}'}  # fmt: skip
    targets = [
        {"Id": "1", **queue, "Input": '{"fixed": 1}'},
        {"Id": "2", **queue, "InputPath": "$.detail.who"},
        {"Id": "3", **queue, "InputTransformer": transformer},
        {
            "Id": "4",
            **queue,
            "InputTransformer": {"InputPathsMap": {"n": "$.detail.who.name"}, "InputTemplate": '"Hi <n>"'},
        },
    ]
    await world.call("PutTargets", Rule="r", Targets=targets)
    await world.put({"id": 7, "who": {"name": 'a "b"'}})
    assert await world.bodies("q") == [
        {"fixed": 1}, {"name": 'a "b"'}, {"order": 7, "by": 'a "b"', "rule": "r"}, 'Hi a "b"',
    ]  # fmt: skip
    told = await world.call("ListTargetsByRule", Rule="r")
    assert told["Targets"] == targets


async def test_a_queue_that_does_not_let_eventbridge_in_makes_a_dead_letter(world: World) -> None:
    closed, dead = await world.queue("closed", open_to=""), await world.queue("dead")
    await world.rule("r", {"source": ["shop"]}, {"Arn": closed, "DeadLetterConfig": {"Arn": dead}})
    await world.put({"a": 1})
    assert await world.bodies("closed") == []
    asked = {"QueueUrl": "dead", "MessageAttributeNames": ["All"]}
    (letter,) = (await world.apis.call("sqs", "ReceiveMessage", asked))["Messages"]
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "AccessDenied"
    assert json.loads(letter["Body"])["detail"] == {"a": 1}


async def test_a_clusters_task_is_run_by_the_role(world: World) -> None:
    await world.rule("r", {"source": ["shop"]}, {**ECS, "Input": '{"containerOverrides": [{"name": "c"}]}'})
    await world.put({})
    await world.passes()
    (asked,) = world.ecs.asked
    assert (asked["cluster"], asked["taskDefinition"], asked["count"]) == (CLUSTER, "web:1", 2)
    assert asked["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": ["subnet-1"],
        "assignPublicIp": "ENABLED",
    }
    assert asked["overrides"] == {"containerOverrides": [{"name": "c"}]}
    assert asked["startedBy"] == "events-rule/r"
    assert asked["tags"] == [{"key": "a", "value": "b"}]
    assert [*world.events.outlet.deliveries] == []
    await world.passes()
    assert len(world.ecs.asked) == 1


async def test_a_target_that_fails_is_tried_again_and_given_up(world: World) -> None:
    dead = await world.queue("dead")
    retry = {"RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 600}}
    await world.rule("r", {"source": ["shop"]}, {**ECS, **retry, "DeadLetterConfig": {"Arn": dead}})
    world.ecs.refusal = AwsError("ServerException", "busy", 500)
    await world.put({"a": 1})
    await world.passes()
    assert await world.bodies("dead") == []
    world.ecs.refusal = None
    await world.passes(1)
    assert len(world.ecs.asked) == 1
    world.ecs.refusal = AwsError("ServerException", "busy", 500)
    await world.put({"a": 2})
    for _ in range(3):
        await world.passes(60)
    assert [one["detail"] for one in await world.bodies("dead")] == [{"a": 2}]
    world.ecs.refusal = AwsError("AccessDeniedException", "no", 400)
    await world.put({"a": 3})
    await world.passes()
    assert [one["detail"] for one in await world.bodies("dead")] == [{"a": 3}]
    assert [*world.events.outlet.deliveries] == []


async def test_a_role_that_does_not_trust_eventbridge_runs_nothing(world: World) -> None:
    await world.rule("r", {"source": ["shop"]}, {**ECS, "RoleArn": ROLE.replace("runs", "stranger")})
    await world.put({})
    await world.passes()
    assert world.ecs.asked == []
    assert [*world.events.outlet.deliveries] == []


async def test_log_groups_functions_topics_and_buses_are_targets(world: World) -> None:
    group = f"arn:aws:logs:{names.REGION}:{names.ACCOUNT}:log-group:/aws/events/a"
    function = f"arn:aws:lambda:{names.REGION}:{names.ACCOUNT}:function:f"
    bus = (await world.call("CreateEventBus", Name="other"))["EventBusArn"]
    await world.call("PutRule", Name="r", EventPattern='{"source": ["shop"]}')
    targets = [{"Id": str(number), "Arn": arn} for number, arn in enumerate((group, function, bus))]
    await world.call("PutTargets", Rule="r", Targets=targets)
    await world.rule("on", {"source": ["shop"]}, {"Arn": await world.queue("q")}, EventBusName="other")
    await world.put({"a": 1})
    await world.passes()
    assert world.logs.asked == []
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "logs:*",
        "Resource": "*",
    }
    world.logs.policies = [json.dumps({"Version": "2012-10-17", "Statement": [statement]})]
    world.invoked.clear()
    await world.bodies("q")
    await world.put({"a": 1})
    await world.passes()
    (logged,) = world.logs.asked
    assert json.loads(logged["logEvents"][0]["message"])["detail"] == {"a": 1}
    (event,) = world.invoked
    assert (event.arn, event.principal) == (function, "events.amazonaws.com")
    (onward,) = await world.bodies("q")
    assert onward["id"] == json.loads(event.body)["id"]


async def test_buses_that_hand_on_to_each_other_end(world: World) -> None:
    arns = [(await world.call("CreateEventBus", Name=name))["EventBusArn"] for name in ("a", "b")]
    for name, other in (("a", arns[1]), ("b", arns[0])):
        await world.rule("r", {"source": ["shop"]}, {"Arn": other}, EventBusName=name)
    await world.put({}, EventBusName="a")


async def test_what_services_tell_comes_to_the_default_bus(world: World) -> None:
    await world.rule("r", {"source": ["aws.ecs", "aws.s3"]}, {"Arn": await world.queue("q")})
    world.events.happened(Happening("aws.ecs", "ECS Task State Change", {"lastStatus": "RUNNING"}, ("t",)))
    body = json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": {"bucket": {"name": "b"}}})
    world.destinations.deliver(Event(world.events.bus_arn("default"), body, "arn:aws:s3:::b"))
    ecs, s3 = await world.bodies("q")
    assert (ecs["detail-type"], ecs["resources"]) == ("ECS Task State Change", ["t"])
    assert (s3["detail"], s3["resources"]) == ({"bucket": {"name": "b"}}, ["arn:aws:s3:::b"])


async def test_a_schedule_comes_by_the_clock_and_after_a_restart(world: World) -> None:
    queue = await world.queue("q")
    await world.call("PutRule", Name="often", ScheduleExpression="rate(5 minutes)")
    await world.call("PutTargets", Rule="often", Targets=[{"Id": "t", "Arn": queue}])
    await world.call("PutRule", Name="daily", ScheduleExpression="cron(0 9 * * ? *)")
    await world.call("PutTargets", Rule="daily", Targets=[{"Id": "t", "Arn": queue, "Input": '"nine"'}])
    await world.passes(299)
    assert await world.bodies("q") == []
    await world.passes(1)
    (event,) = await world.bodies("q")
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert event["resources"][0].endswith(":rule/often")
    world.plane.stop()
    await world.start()
    await world.passes(3300)
    later, nine = await world.bodies("q")
    assert (later["time"], nine) == ("2026-11-29T08:10:00Z", "nine")
    assert (await world.call("DescribeRule", Name="daily"))["ScheduleExpression"] == "cron(0 9 * * ? *)"


async def test_a_rule_that_is_put_again_keeps_its_targets(world: World) -> None:
    await world.rule("r", {"source": ["a"]}, {"Arn": await world.queue("q")}, Tags=[{"Key": "a", "Value": "b"}])
    made = await world.call("PutRule", Name="r", EventPattern='{"source": ["b"]}', Description="new")
    told = await world.call("DescribeRule", Name="r")
    assert (told["EventPattern"], told["Description"], told["Arn"]) == ('{"source": ["b"]}', "new", made["RuleArn"])
    assert (await world.call("ListTagsForResource", ResourceARN=made["RuleArn"]))["Tags"] == [
        {"Key": "a", "Value": "b"}
    ]
    listed = await world.call(
        "ListRuleNamesByTarget", TargetArn=(await world.call("ListTargetsByRule", Rule="r"))["Targets"][0]["Arn"]
    )
    assert listed["RuleNames"] == ["r"]
    await world.call("RemoveTargets", Rule="r", Ids=["t"])
    await world.call("DeleteRule", Name="r")
    assert (await world.call("ListRules"))["Rules"] == []


async def test_what_nothing_here_takes_is_refused_by_name(world: World) -> None:
    await world.call("PutRule", Name="r", EventPattern='{"source": ["a"]}')
    for arn in (
        "arn:aws:kinesis:us-east-1:123456789012:stream/a",
        "arn:aws:states:us-east-1:123456789012:stateMachine:a",
    ):
        with pytest.raises(Unsupported, match="the target arn:aws"):
            await world.call("PutTargets", Rule="r", Targets=[{"Id": "t", "Arn": arn}])
    with pytest.raises(Unsupported, match="events:CreateArchive"):
        await world.call("CreateArchive", ArchiveName="a", EventSourceArn=world.events.bus_arn("default"))
    with pytest.raises(Unsupported, match="State"):
        await world.call("PutRule", Name="s", EventPattern='{"source": ["a"]}',
                         State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")  # fmt: skip


EVENT: dict[str, Any] = {
    "source": "aws.ec2", "time": "t", "resources": ["arn:a", "arn:b"], "detail-type": "State",
    "detail": {"state": "running", "n": 5, "ip": "10.0.0.7", "name": "report.PNG", "none": None, "flag": True,
               "tags": [{"k": "a", "v": 1}, {"k": "b", "v": 2}], "empty": ""},
}  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "result"),
    [
        ({"source": ["aws.ec2"]}, True),
        ({"source": ["aws.s3"]}, False),
        ({"source": [{"prefix": "aws."}], "detail": {"state": ["stopped", "running"]}}, True),
        ({"resources": ["arn:b"]}, True),
        ({"detail": {"state": [{"anything-but": "running"}]}}, False),
        ({"detail": {"state": [{"anything-but": ["stopped"]}]}}, True),
        ({"detail": {"state": [{"anything-but": {"prefix": "run"}}]}}, False),
        ({"detail": {"gone": [{"anything-but": "a"}]}}, False),
        ({"detail": {"n": [{"numeric": [">", 0, "<=", 5]}]}}, True),
        ({"detail": {"n": [5.0]}}, True),
        ({"detail": {"n": ["5"]}}, False),
        ({"detail": {"gone": [{"exists": False}], "n": [{"exists": True}]}}, True),
        ({"detail": {"gone": {"deeper": [{"exists": False}]}}}, True),
        ({"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}, True),
        ({"detail": {"ip": [{"cidr": "10.1.0.0/24"}]}}, False),
        ({"detail": {"name": [{"suffix": ".PNG"}]}}, True),
        ({"detail": {"name": [{"suffix": {"equals-ignore-case": ".png"}}]}}, True),
        ({"detail": {"name": [{"equals-ignore-case": "REPORT.png"}]}}, True),
        ({"detail": {"name": [{"wildcard": "re*.P*"}]}}, True),
        ({"detail": {"none": [None], "flag": [True], "empty": [""]}}, True),
        ({"detail": {"tags": {"k": ["b"]}}}, True),
        ({"$or": [{"source": ["x"]}, {"detail": {"n": [5]}}]}, True),
        ({"detail": {"$or": [{"n": [1]}, {"state": ["x"]}]}}, False),
    ],
)
def test_patterns_match_as_eventbridge_says(pattern: Any, result: bool) -> None:
    text = json.dumps(pattern)
    patterns.check(text)
    assert patterns.matches(text, EVENT) is result


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"source": "a"}', '{"source": []}', '{"detail": {}}', '{"a": [{"near": 1}]}', '{"a": [[1]]}',
     '{"a": [{"numeric": [">"]}]}', '{"a": [{"cidr": "x"}]}', '{"$or": [{"a": [1]}]}', '{"a":' * 30 + "[1]" + "}" * 30],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(AwsError, match="Event pattern is not valid") as refusal:
        patterns.check(text)
    assert refusal.value.code == "InvalidEventPatternException"


@pytest.mark.parametrize(
    ("path", "value"),
    [("$", EVENT), ("$.detail.n", 5), ("$.resources[1]", "arn:b"), ("$.detail.tags[0].k", "a"), ("$.gone.deep", None),
     ("$['source']", "aws.ec2")],
)  # fmt: skip
def test_a_path_finds_a_part(path: str, value: Any) -> None:
    assert shaping.found(EVENT, path) == value


async def test_a_pattern_is_tried_without_a_rule(world: World) -> None:
    event = {**EVENT, "id": "1", "account": "1", "region": "r"}
    asked = {"EventPattern": '{"detail": {"n": [5]}}', "Event": json.dumps(event)}
    assert (await world.call("TestEventPattern", **asked))["Result"] is True


async def test_permissions_of_a_bus_are_its_policy(world: World) -> None:
    await world.call("CreateEventBus", Name="b", Description="d", Tags=[{"Key": "a", "Value": "b"}])
    given = {"EventBusName": "b", "Action": "events:PutEvents", "Principal": "111122223333", "StatementId": "s"}
    await world.call("PutPermission", **given)
    told = await world.call("DescribeEventBus", Name="b")
    assert json.loads(told["Policy"])["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert [bus["Name"] for bus in (await world.call("ListEventBuses"))["EventBuses"]] == ["default", "b"]
    await world.call("RemovePermission", EventBusName="b", StatementId="s")
    assert "Policy" not in await world.call("DescribeEventBus", Name="b")
    await world.call("UpdateEventBus", Name="b", Description="e")
    assert (await world.call("DescribeEventBus", Name="b"))["Description"] == "e"
    await world.call("DeleteEventBus", Name="b")
