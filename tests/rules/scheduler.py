"""What EventBridge Scheduler refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from netflux import names
from netflux.aws.events.schedulerapi import SchedulerApi
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.events import CLUSTER, QUEUE, outlet
from tests.rules.rule import Rule

SERVICE = "scheduler"


def register(plane: Plane, apis: Apis) -> None:
    """EventBridge Scheduler."""
    apis.register(SchedulerApi(plane.documents, Clock(), (names.REGION, names.ACCOUNT), outlet(plane)))


async def prepare(apis: Apis) -> dict[str, str]:
    """A role, a group, a schedule."""
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
             "Principal": {"Service": "scheduler.amazonaws.com"}}]}  # fmt: skip
    asked = {"RoleName": "tells", "AssumeRolePolicyDocument": json.dumps(trust)}
    role = (await apis.call("iam", "CreateRole", asked))["Role"]["Arn"]
    await apis.call(SERVICE, "CreateScheduleGroup", {"Name": "group"})
    params = {"Name": "known", "ScheduleExpression": "rate(1 hour)", "Target": {"Arn": QUEUE, "RoleArn": role}}
    await apis.call(SERVICE, "CreateSchedule", {**params, "FlexibleTimeWindow": {"Mode": "OFF"}})
    return {"role": role}


def _made(rule: str, says: str, /, code: str = "ValidationException", **params: Any) -> Rule:
    target = {"Arn": QUEUE, "RoleArn": "{role}", **params.pop("target", {})}
    given = {
        "Name": "new",
        "ScheduleExpression": "rate(1 hour)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": target,
    }
    return Rule(rule, "CreateSchedule", {**given, **params}, code, "API reference, CreateSchedule", says)


def _api(rule: str, call: str, code: str, **params: Any) -> Rule:
    return Rule(rule, call, params, code, f"API reference, {call}")


RULES = [
    _made("A name is free", "already exists", "ConflictException", Name="known"),
    _made("A group is there", "does not exist", "ResourceNotFoundException", GroupName="none"),
    _made("An expression is one", "Invalid Schedule Expression", ScheduleExpression="rate(1 hours)"),
    _made("A zone is known", "Invalid Schedule Expression", ScheduleExpressionTimezone="Europe/Nowhere"),
    _made("A flexible window has a length", "MaximumWindowInMinutes", FlexibleTimeWindow={"Mode": "FLEXIBLE"}),
    _made("Only a flexible window has one", "MaximumWindowInMinutes",
          FlexibleTimeWindow={"Mode": "OFF", "MaximumWindowInMinutes": 5}),
    _made("It ends after it begins", "EndDate must be after StartDate", StartDate=datetime(2030, 1, 2, tzinfo=UTC),
          EndDate=datetime(2030, 1, 1, tzinfo=UTC)),
    _made("A role is there", "must allow AWS EventBridge Scheduler",
          target={"RoleArn": f"arn:aws:iam::{names.ACCOUNT}:role/none"}),
    _made("A cluster's target says which task", "EcsParameters", target={"Arn": CLUSTER}),
    _made("A queue's target says none", "EcsParameters", target={"EcsParameters": {"TaskDefinitionArn": "web"}}),
    _api("A schedule is there", "GetSchedule", "ResourceNotFoundException", Name="none"),
    _api("A schedule that is replaced is there", "DeleteSchedule", "ResourceNotFoundException", Name="none"),
    _api("A group is there", "GetScheduleGroup", "ResourceNotFoundException", Name="none"),
    _api("A group's name is free", "CreateScheduleGroup", "ConflictException", Name="group"),
    _api("The default group is not made", "CreateScheduleGroup", "ConflictException", Name="default"),
    _api("The default group is not deleted", "DeleteScheduleGroup", "ValidationException", Name="default"),
    _api("What is tagged is there", "TagResource", "ResourceNotFoundException", Tags=[],
         ResourceArn=f"arn:aws:scheduler:{names.REGION}:{names.ACCOUNT}:schedule-group/none"),
]  # fmt: skip
