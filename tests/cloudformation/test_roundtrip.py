"""Every member that CloudFormation's making and changing operations carry is sent, and told again or acted on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore import xform_name

from netflux.cloudformation.api import CloudFormationApi
from netflux.controlplane import operation as operations
from netflux.controlplane.protocol import models
from netflux.errors import AwsError, Unsupported
from tests.cloudformation.cloud import Cloud

GROUPS = """
Parameters:
  Days: {Type: Number}
  Name: {Type: String, Default: first}
Resources:
  Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Ref Name, RetentionInDays: !Ref Days}}
Outputs:
  Topics: {Value: !Join [" ", !Ref "AWS::NotificationARNs"]}
"""
BY_URL = "https://templates.s3.us-east-1.amazonaws.com/groups"
TAGS = [{"Key": "team", "Value": "movies"}]
ALARM = {"Arn": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:slow", "Type": "AWS::CloudWatch::Alarm"}
HOW: dict[str, Any] = {
    "RollbackConfiguration": {"RollbackTriggers": [ALARM], "MonitoringTimeInMinutes": 0},
    "ResourceTypes": ["AWS::Logs::*"], "DisableValidation": False,
    "DeploymentConfig": {"Mode": "STANDARD", "DisableRollback": False},
}  # fmt: skip


class Sent:
    """Calls CloudFormation, and remembers which members were sent."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.members: dict[str, set[str]] = {}

    async def __call__(self, operation: str, **params: Any) -> dict[str, Any]:
        self.members.setdefault(operation, set()).update(_paths(params))
        return await self.cloud.cf(operation, **params)

    def whole(self, operation: str) -> None:
        """Every member that the operation carries was sent, but for those in test_stackpolicy.py, test_importing.py."""
        elsewhere = ("StackPolicy", "ResourcesToImport.")
        carried = {member for member in _carried(operation) if not member.startswith(elsewhere)}
        assert carried == self.members[operation], operation

    async def events(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.cloud.cf("DescribeStackEvents", StackName=name))["StackEvents"]
        return found


def _paths(value: Any, above: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _paths(item, above)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield f"{above}{name}"
            yield from _paths(item, f"{above}{name}.")


def _carried(name: str) -> set[str]:
    declared = operations.declaration(getattr(CloudFormationApi, xform_name(name)))
    assert declared is not None

    def paths(members: operations.Members, above: str = "") -> Iterator[str]:
        for member, below in members.items():
            yield f"{above}{member}"
            yield from paths(below, f"{above}{member}.")

    return {*paths(declared.carries)}


@pytest.fixture
async def sent(cloud: Cloud) -> Sent:
    await cloud.apis.call("s3", "CreateBucket", {"Bucket": "templates"})
    await cloud.apis.call("s3", "PutObject", {"Bucket": "templates", "Key": "groups", "Body": GROUPS.encode()})
    alarm = {"MetricName": "Latency", "Namespace": "n", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0}
    await cloud.apis.call(
        "cloudwatch", "PutMetricAlarm",
        {"AlarmName": "slow", "ComparisonOperator": "GreaterThanThreshold", "Statistic": "Average", **alarm},
    )  # fmt: skip
    return Sent(cloud)


async def _topic(sent: Sent, name: str) -> str:
    found: str = (await sent.cloud.apis.call("sns", "CreateTopic", {"Name": name}))["TopicArn"]
    return found


async def _role(sent: Sent) -> str:
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
        '"Principal": {"Service": "cloudformation.amazonaws.com"}}]}'
    )
    made = await sent.cloud.apis.call("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": trust})
    found: str = made["Role"]["Arn"]
    return found


def _value(name: str, text: str) -> dict[str, str]:
    return {"ParameterKey": name, "ParameterValue": text}


async def _told(sent: Sent, name: str, **members: Any) -> dict[str, Any]:
    stack = await sent.cloud.settled(name)
    wanted = {key: sorted(value, key=str) if key in ("Parameters", "Tags") else value for key, value in members.items()}
    found = {key: sorted(stack[key], key=str) if key in ("Parameters", "Tags") else stack[key] for key in members}
    assert found == wanted
    return stack


async def test_stacks_are_made(sent: Sent) -> None:
    role, topic = await _role(sent), await _topic(sent, "one")
    kept = {
        "Parameters": [_value("Days", "7"), _value("Name", "/made")], "Tags": TAGS, "RoleARN": role,
        "NotificationARNs": [topic], "TimeoutInMinutes": 5, "EnableTerminationProtection": True,
        "Capabilities": ["CAPABILITY_IAM"], "DisableRollback": True,
    }  # fmt: skip
    await sent(
        "CreateStack", StackName="s", TemplateURL=BY_URL, ClientRequestToken="t1", RetainExceptOnCreate=False,
        **kept, **HOW,
    )  # fmt: skip
    stack = await _told(sent, "s", **kept)
    assert stack["Outputs"][0]["OutputValue"] == topic
    assert {event["ClientRequestToken"] for event in await sent.events("s")} == {"t1"}
    assert sent.cloud.made("CreateLogGroup")[0]["tags"]["team"] == "movies"
    with pytest.raises(AwsError, match="only one of TemplateBody and TemplateURL"):
        await sent.cloud.cf("CreateStack", StackName="o", TemplateBody=GROUPS, TemplateURL=BY_URL)
    previous = [{"ParameterKey": "Days", "UsePreviousValue": True}]
    with pytest.raises(AwsError, match="usePreviousValue"):
        await sent("CreateStack", StackName="o", TemplateBody=GROUPS, Parameters=previous)
    sent.cloud.broken = lambda operation, _: AwsError("No", "no") if operation == "CreateLogGroup" else None
    made = await sent(
        "CreateStack", StackName="o", TemplateBody=GROUPS, Parameters=[_value("Days", "7")], OnFailure="DELETE"
    )
    assert (await sent.cloud.settled(made["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    sent.whole("CreateStack")


async def test_the_topics_of_a_stack_are_told_its_events_in_order(sent: Sent) -> None:
    topic = await _topic(sent, "one")
    await sent.cloud.create(GROUPS, Parameters=[_value("Days", "7")], NotificationARNs=[topic])
    await sent.cloud.engine._notices.settled()
    told = sent.cloud.made("Publish")
    assert {each["TopicArn"] for each in told} == {topic}
    texts = [dict(re.findall("(\\w+)='(.*)'", each["Message"])) for each in told]
    happened = [*reversed(await sent.events("s"))]
    assert [text["EventId"] for text in texts] == [event["EventId"] for event in happened]
    for member in ("StackId", "LogicalResourceId", "ResourceType", "ResourceStatus", "StackName", "ClientRequestToken"):
        assert [text[member] for text in texts] == [event[member] for event in happened]
    assert texts[0]["ResourceStatusReason"] == "User Initiated"


async def test_stacks_are_changed(sent: Sent) -> None:
    await sent.cloud.create(GROUPS, Parameters=[_value("Days", "7")])
    role, topic = await _role(sent), await _topic(sent, "two")
    previous = {"ParameterKey": "Name", "UsePreviousValue": True}
    changed = {
        "Tags": TAGS, "RoleARN": role, "NotificationARNs": [topic], "Capabilities": ["CAPABILITY_NAMED_IAM"]
    }  # fmt: skip
    await sent(
        "UpdateStack", StackName="s", TemplateURL=BY_URL, Parameters=[_value("Days", "14"), previous],
        ClientRequestToken="t2", RetainExceptOnCreate=False, **changed, **HOW,
    )  # fmt: skip
    stack = await _told(sent, "s", Parameters=[_value("Days", "14"), _value("Name", "first")], **changed)
    assert stack["Outputs"][0]["OutputValue"] == topic
    assert (await sent.events("s"))[0]["ClientRequestToken"] == "t2"
    await sent("UpdateStack", StackName="s", UsePreviousTemplate=True, Parameters=[_value("Days", "30"), previous])
    await _told(sent, "s", Parameters=[_value("Days", "30"), _value("Name", "first")])
    sent.cloud.broken = lambda operation, _: AwsError("No", "no") if operation == "PutRetentionPolicy" else None
    await sent(
        "UpdateStack", StackName="s", TemplateBody=GROUPS, Parameters=[_value("Days", "3"), previous],
        DisableRollback=True,
    )  # fmt: skip
    assert (await sent.cloud.settled("s"))["StackStatus"] == "UPDATE_FAILED"
    sent.whole("UpdateStack")


async def test_change_sets_are_made_and_executed(sent: Sent) -> None:
    role, topic = await _role(sent), await _topic(sent, "three")
    kept = {"Tags": TAGS, "Parameters": [_value("Days", "7"), _value("Name", "/made")], "NotificationARNs": [topic]}
    asked: dict[str, Any] = {
        **kept, "StackName": "s", "ChangeSetName": "c", "TemplateURL": BY_URL, "RoleARN": role,
        "Capabilities": ["CAPABILITY_IAM"], "ClientToken": "once", "Description": "the first", "ResourcesToImport": [],
        "ChangeSetType": "CREATE", "OnStackFailure": "DO_NOTHING", **HOW,
    }  # fmt: skip
    made = await sent("CreateChangeSet", **asked)
    assert await sent("CreateChangeSet", **asked) == made
    with pytest.raises(AwsError, match="already exists"):
        await sent("CreateChangeSet", **asked | {"ClientToken": "another"})
    named = {"StackName": "s", "ChangeSetName": "c"}
    told = await sent("DescribeChangeSet", **named)
    for member in ("Tags", "Parameters", "NotificationARNs", "Capabilities", "Description", "OnStackFailure"):
        assert told[member] == asked[member]
    assert (await sent("GetTemplate", **named))["TemplateBody"] == GROUPS
    await sent("ExecuteChangeSet", **named, ClientRequestToken="t3", DisableRollback=True, RetainExceptOnCreate=False)
    await _told(sent, "s", RoleARN=role, Capabilities=["CAPABILITY_IAM"], DisableRollback=True, **kept)
    assert (await sent.events("s"))[0]["ClientRequestToken"] == "t3"
    sent.whole("ExecuteChangeSet")
    previous = [{"ParameterKey": "Name", "UsePreviousValue": True}, _value("Days", "14")]
    another = {"StackName": "s", "ChangeSetName": "d"}
    await sent("CreateChangeSet", **another, UsePreviousTemplate=True, Parameters=previous, OnStackFailure="DO_NOTHING")
    sent.cloud.broken = lambda operation, _: AwsError("No", "no") if operation == "PutRetentionPolicy" else None
    await sent("ExecuteChangeSet", **another)
    assert (await sent.cloud.settled("s"))["StackStatus"] == "UPDATE_FAILED"
    with pytest.raises(AwsError, match="OnStackFailure DELETE"):
        await sent("CreateChangeSet", **another, TemplateBody=GROUPS, Parameters=previous, OnStackFailure="DELETE")
    sent.whole("CreateChangeSet")


async def test_stacks_are_protected_and_deleted(sent: Sent) -> None:
    role = await _role(sent)
    await sent.cloud.create(GROUPS, Parameters=[_value("Days", "7")])
    for protected in (True, False):
        await sent("UpdateTerminationProtection", StackName="s", EnableTerminationProtection=protected)
        await _told(sent, "s", EnableTerminationProtection=protected)
    sent.whole("UpdateTerminationProtection")
    sent.cloud.broken = lambda operation, _: AwsError("No", "no") if operation == "DeleteLogGroup" else None
    stack = (await sent.cloud.cf("DescribeStacks", StackName="s"))["Stacks"][0]["StackId"]
    await sent("DeleteStack", StackName="s", RoleARN=role, ClientRequestToken="t4", DeploymentConfig={
        "Mode": "STANDARD", "DisableRollback": False
    })  # fmt: skip
    assert (await sent.cloud.settled("s"))["StackStatus"] == "DELETE_FAILED"
    assert (await sent.events("s"))[0]["ClientRequestToken"] == "t4"
    await sent("DeleteStack", StackName="s", RetainResources=["Group"], DeletionMode="FORCE_DELETE_STACK")
    assert (await sent.cloud.settled(stack))["StackStatus"] == "DELETE_COMPLETE"
    sent.whole("DeleteStack")


RECOVERING = {"CancelUpdateStack", "ContinueUpdateRollback", "RollbackStack"}
"""They are in test_recovery.py."""
ELSEWHERE = {"SignalResource", "SetStackPolicy", "DetectStackDrift", "DetectStackResourceDrift"}
"""They are in test_waits.py, test_stackpolicy.py and test_drift.py."""


def test_every_operation_that_changes_something_is_among_these() -> None:
    tried = {"CreateStack", "UpdateStack", "CreateChangeSet", "ExecuteChangeSet", "DeleteStack", "DeleteChangeSet"}
    names = models.service_model("cloudformation").operation_names
    changing = {
        name for name in names
        if hasattr(CloudFormationApi, xform_name(name)) and not name.startswith(("Describe", "Get", "List", "Validate"))
    }  # fmt: skip
    assert changing == tried | RECOVERING | ELSEWHERE | {"UpdateTerminationProtection"}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("DisableValidation", True),
    ],
)
async def test_what_would_be_done_differently_is_refused(sent: Sent, member: str, value: Any) -> None:
    with pytest.raises(Unsupported, match=f"cloudformation:CreateStack: the parameter {member}"):
        await sent("CreateStack", StackName="s", TemplateBody=GROUPS, **{member: value})
