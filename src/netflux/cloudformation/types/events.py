"""EventBridge: rules, buses, their policies; schedules and their groups."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from netflux.cloudformation.shape import text
from netflux.cloudformation.types.table import Caller, Facts, Read, Row, Step, Tagging
from netflux.errors import AwsError

_GONE = ("ResourceNotFoundException",)
_OF_RULE = ("Description", "EventBusName", "EventPattern", "RoleArn", "ScheduleExpression", "State")


def _bus(facts: Facts) -> str:
    return str(facts.new.get("EventBusName") or "default").rpartition("/")[2]


def _name(facts: Facts) -> str:
    return facts.id.rpartition("|")[2] if facts.id else str(facts.new["Name"])


async def _identity(_call: Caller, facts: Facts) -> str:
    """A rule's name, after its bus where that is not the default one ("AWS::Events::Rule")."""
    name, bus = _name(facts), _bus(facts)
    return name if bus == "default" else f"{bus}|{name}"


async def _made(call: Caller, facts: Facts, known: Collection[str]) -> str | None:
    """The rule of a call whose answer was lost."""
    try:
        await call("events", "DescribeRule", _of_rule(facts))
    except AwsError as error:
        if error.code in _GONE:
            return None
        raise
    found = await _identity(call, facts)
    return None if found in known else found


def _arn(facts: Facts) -> str:
    bus = _bus(facts)
    place = _name(facts) if bus == "default" else f"{bus}/{_name(facts)}"
    return f"arn:aws:events:{facts.region}:{facts.account}:rule/{place}"


def _of_rule(facts: Facts) -> dict[str, Any]:
    return {"Name": _name(facts), "EventBusName": _bus(facts)}


def _rule(facts: Facts) -> list[dict[str, Any]]:
    made = {name: facts.new[name] for name in _OF_RULE if name in facts.new} | _of_rule(facts)
    if "EventPattern" in made:
        made["EventPattern"] = text(made["EventPattern"])
    return [made | ({"Tags": facts.new["Tags"]} if facts.new.get("Tags") and not facts.id else {})]


def _targets(facts: Facts) -> list[dict[str, Any]]:
    """Those of the template; an empty list of them asks for nothing."""
    given = [_target(one) for one in facts.new.get("Targets") or ()]
    return [{"Rule": _name(facts), "EventBusName": _bus(facts), "Targets": given}] if given else []


_NUMBERS = ("TaskCount", "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "base", "weight")
_FLAGS = ("EnableECSManagedTags", "EnableExecuteCommand")
_RENAMES = {"AwsVpcConfiguration": "awsvpcConfiguration", "CapacityProvider": "capacityProvider", "Weight": "weight",
            "Base": "base", "TagList": "Tags"}  # fmt: skip


def _target(given: Any, name: Any = "") -> Any:
    """A target as PutTargets takes it: members are named otherwise, and scalars are what they are meant to be."""
    if isinstance(given, list):
        return [_target(one) for one in given]
    if isinstance(given, dict):
        return {_RENAMES.get(key, key): _target(one, _RENAMES.get(key, key)) for key, one in given.items()}
    if name in _NUMBERS:
        return int(given)
    if name in _FLAGS:
        return str(given).lower() == "true"
    return text(given)


def _lost(facts: Facts) -> list[dict[str, Any]]:
    kept = {one["Id"] for one in facts.new.get("Targets") or ()}
    gone = [one["Id"] for one in facts.old.get("Targets") or () if one["Id"] not in kept]
    return [{"Rule": _name(facts), "EventBusName": _bus(facts), "Ids": gone}] if gone else []


def _all(facts: Facts) -> list[dict[str, Any]]:
    ids = [one["Id"] for one in facts.new.get("Targets") or ()]
    return [{"Rule": _name(facts), "EventBusName": _bus(facts), "Ids": ids}] if ids else []


def _gone(facts: Facts) -> list[dict[str, Any]]:
    return [_of_rule(facts)]


_RULE = Row(
    type="AWS::Events::Rule",
    service="events",
    create=Step("PutRule", ("Name", *_OF_RULE, "Tags"), build=_rule),
    id="$new.Name",
    identify=_identity,
    seek=_made,
    probe=Read("DescribeRule", {"Name": "$new.Name", "EventBusName": "$new.EventBusName"}, "$response.Arn"),
    attributes={"Arn": _arn, "RuleName": _name},
    also=(
        Step("PutTargets", ("Targets",), build=_targets, defaults={"Targets": []}),
        Step("RemoveTargets", ("Targets",), build=_lost, ignore=_GONE, defaults={"Targets": []}),
    ),
    update=(Step("PutRule", tuple(name for name in _OF_RULE if name != "EventBusName"), build=_rule, whole=True),),
    delete=(
        Step("RemoveTargets", build=_all, ignore=_GONE),
        Step("DeleteRule", build=_gone, ignore=_GONE),
    ),
    gone=_GONE,
    named="Name",
    name_length=64,
    tags=Tagging("TagResource", "UntagResource", {"ResourceARN": "$attributes.Arn"}),
)


def _bus_policy(facts: Facts) -> list[dict[str, Any]]:
    return [{"EventBusName": facts.id, "Policy": text(facts.new["Policy"])}] if facts.new.get("Policy") else []


def _no_policy(facts: Facts) -> list[dict[str, Any]]:
    return [] if facts.new.get("Policy") else [{"EventBusName": facts.id, "RemoveAllPermissions": True}]


_BUS = Row(
    type="AWS::Events::EventBus",
    service="events",
    create=Step("CreateEventBus", ("Name", "Description", "LogConfig", "Tags")),
    id="$new.Name",
    read=Read("DescribeEventBus", {"Name": "$id"}, "$response"),
    attributes={"Arn": "$item.Arn", "Name": "$id"},
    also=(Step("PutPermission", ("Policy",), build=_bus_policy, defaults={"Policy": {}}),),
    update=(
        Step("UpdateEventBus", ("Description", "LogConfig"), params={"Name": "$id"}, defaults={"Description": ""}),
        Step("RemovePermission", ("Policy",), build=_no_policy, defaults={"Policy": {}}),
    ),
    delete=(Step("DeleteEventBus", params={"Name": "$id"}),),
    gone=_GONE,
    tags=Tagging("TagResource", "UntagResource", {"ResourceARN": "arn:aws:events:{region}:{account}:event-bus/{id}"}),
)


def _permission(facts: Facts) -> list[dict[str, Any]]:
    bus = facts.new.get("EventBusName") or "default"
    given, sid = facts.new, facts.new["StatementId"]
    if "Statement" in given:
        statement = {"Sid": sid, **given["Statement"]}
        return [{"EventBusName": bus, "Policy": text({"Version": "2012-10-17", "Statement": [statement]})}]
    made: dict[str, Any] = {name: given[name] for name in _OF_POLICY[:5] if name in given}
    return [{"EventBusName": bus, **made}]


def _no_permission(facts: Facts) -> list[dict[str, Any]]:
    return [{"EventBusName": facts.new.get("EventBusName") or "default", "StatementId": facts.new["StatementId"]}]


_OF_POLICY = ("Action", "Condition", "Principal", "Statement", "StatementId", "EventBusName")
_BUS_POLICY = Row(
    type="AWS::Events::EventBusPolicy",
    service="events",
    create=Step("PutPermission", _OF_POLICY, build=_permission),
    id="{new.EventBusName|default}|{new.StatementId}",
    unique=False,
    update=(Step("PutPermission", _OF_POLICY[:4], build=_permission, whole=True),),
    delete=(Step("RemovePermission", build=_no_permission, ignore=_GONE),),
    gone=_GONE,
)

_OF_SCHEDULE = (
    "Description", "EndDate", "FlexibleTimeWindow", "ScheduleExpression", "ScheduleExpressionTimezone", "StartDate",
    "State", "Target", "GroupName",
)  # fmt: skip
_SCHEDULE = Row(
    type="AWS::Scheduler::Schedule",
    service="scheduler",
    create=Step("CreateSchedule", ("Name", *_OF_SCHEDULE)),
    id="$new.Name",
    read=Read("GetSchedule", {"Name": "$id", "GroupName": "$new.GroupName"}, "$response"),
    attributes={"Arn": "$item.Arn"},
    update=(Step("UpdateSchedule", _OF_SCHEDULE, always=("Name", *_OF_SCHEDULE), params={"Name": "$id"}, whole=True),),
    delete=(Step("DeleteSchedule", params={"Name": "$id", "GroupName": "$new.GroupName"}),),
    gone=_GONE,
    named="Name",
    name_length=64,
)
_SCHEDULE_GROUP = Row(
    type="AWS::Scheduler::ScheduleGroup",
    service="scheduler",
    create=Step("CreateScheduleGroup"),
    id="$new.Name",
    read=Read("GetScheduleGroup", {"Name": "$id"}, "$response"),
    attributes={
        "Arn": "$item.Arn",
        "State": "$item.State",
        "CreationDate": lambda facts: facts.item["CreationDate"].isoformat(),
        "LastModificationDate": lambda facts: facts.item["LastModificationDate"].isoformat(),
    },
    delete=(Step("DeleteScheduleGroup", params={"Name": "$id"}),),
    gone=_GONE,
    named="Name",
    name_length=64,
    tags=Tagging(
        "TagResource", "UntagResource", {"ResourceArn": "arn:aws:scheduler:{region}:{account}:schedule-group/{id}"}
    ),
)

ROWS = (_RULE, _BUS, _BUS_POLICY, _SCHEDULE, _SCHEDULE_GROUP)
