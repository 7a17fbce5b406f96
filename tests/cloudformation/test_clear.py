"""What something still uses is deleted when the rest of its stack is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.errors import AwsError
from tests.cloudformation.cloud import Cloud

TWO = """
Resources:
  Used: {Type: "AWS::Logs::LogGroup", Properties: {LogGroupName: used}}
  User: {Type: "AWS::Logs::LogGroup", Properties: {LogGroupName: user}}
"""


async def _statuses(cloud: Cloud, stack: str, logical: str) -> list[str]:
    told = (await cloud.cf("DescribeStackEvents", StackName=stack))["StackEvents"]
    found = [each["ResourceStatus"] for each in reversed(told) if each["LogicalResourceId"] == logical]
    return [status for status in found if status.startswith("DELETE")]


async def test_what_is_in_use_is_deleted_after_its_user(cloud: Cloud) -> None:
    stack = (await cloud.create(TWO))["StackId"]
    tried: list[str] = []

    def refuse(operation: str, params: Mapping[str, Any]) -> AwsError | None:
        if operation != "DeleteLogGroup":
            return None
        tried.append(params["logGroupName"])
        return AwsError("ResourceInUse", "it is in use") if tried.count("used") == 1 and tried[-1] == "used" else None

    cloud.broken = refuse
    await cloud.cf("DeleteStack", StackName=stack)
    assert (await cloud.settled(stack))["StackStatus"] == "DELETE_COMPLETE"
    twice = ["DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    assert await _statuses(cloud, stack, "Used") == twice


async def test_what_stays_in_use_fails_the_deletion(cloud: Cloud) -> None:
    stack = (await cloud.create(TWO))["StackId"]
    cloud.broken = lambda operation, params: (
        AwsError("ResourceInUse", "it is in use")
        if operation == "DeleteLogGroup" and params["logGroupName"] == "used"
        else None
    )
    await cloud.cf("DeleteStack", StackName=stack)
    assert (await cloud.settled(stack))["StackStatus"] == "DELETE_FAILED"
    assert await _statuses(cloud, stack, "Used") == ["DELETE_IN_PROGRESS", "DELETE_FAILED"] * 2
    assert await _statuses(cloud, stack, "User") == ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
