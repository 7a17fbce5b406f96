"""Drift: what resources' own services say, compared with what they said when the stack was done."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netflux.cloudformation.differences import Difference, described, differences, rendered
from netflux.cloudformation.types import rows
from netflux.errors import AwsError

TWO = """
Resources:
  Told: {Type: AWS::SSM::Parameter, Properties: {Name: told, Type: String, Value: a}}
  Other: {Type: AWS::SSM::Parameter, Properties: {Name: other, Type: String, Value: a}}
  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
"""


async def _detected(cloud: Any) -> dict[str, Any]:
    made = await cloud.cf("DetectStackDrift", StackName="s")
    answer: dict[str, Any] = await cloud.cf("DescribeStackDriftDetectionStatus", **made)
    return answer


async def _drifts(cloud: Any, *filters: str) -> dict[str, dict[str, Any]]:
    given = {"StackResourceDriftStatusFilters": list(filters)} if filters else {}
    answer = await cloud.cf("DescribeStackResourceDrifts", StackName="s", **given)
    return {each["LogicalResourceId"]: each for each in answer["StackResourceDrifts"]}


async def test_a_stack_that_nobody_touched_is_in_sync(cloud: Any) -> None:
    stack = await cloud.create(TWO)
    assert stack["DriftInformation"] == {"StackDriftStatus": "NOT_CHECKED"}
    found = await _detected(cloud)
    assert (found["DetectionStatus"], found["StackDriftStatus"]) == ("DETECTION_COMPLETE", "IN_SYNC")
    assert (found["StackId"], found["DriftedStackResourceCount"]) == (stack["StackId"], 0)
    told = await _drifts(cloud)
    assert told["Told"]["StackResourceDriftStatus"] == "IN_SYNC"
    assert json.loads(told["Told"]["ActualProperties"])["Value"] == "a"
    assert told["Handle"]["StackResourceDriftStatus"] == "NOT_CHECKED"


async def test_what_was_changed_past_the_stack_is_told_with_both_values(cloud: Any) -> None:
    await cloud.create(TWO)
    await cloud.apis.call("ssm", "PutParameter", {"Name": "told", "Value": "b", "Overwrite": True})
    found = await _detected(cloud)
    assert (found["StackDriftStatus"], found["DriftedStackResourceCount"]) == ("DRIFTED", 1)
    told = await _drifts(cloud, "MODIFIED", "DELETED")
    assert sorted(told) == ["Told"]
    assert told["Told"]["PropertyDifferences"] == [
        {"PropertyPath": "/Value", "ExpectedValue": "a", "ActualValue": "b", "DifferenceType": "NOT_EQUAL"}
    ]
    (stack,) = (await cloud.cf("DescribeStacks", StackName="s"))["Stacks"]
    assert stack["DriftInformation"]["StackDriftStatus"] == "DRIFTED"
    assert (await cloud.resources())["Told"]["DriftInformation"]["StackResourceDriftStatus"] == "MODIFIED"


async def test_what_was_deleted_past_the_stack_is_told(cloud: Any) -> None:
    await cloud.create(TWO)
    await cloud.apis.call("ssm", "DeleteParameter", {"Name": "told"})
    answer = await cloud.cf("DetectStackResourceDrift", StackName="s", LogicalResourceId="Told")
    assert answer["StackResourceDrift"]["StackResourceDriftStatus"] == "DELETED"
    assert (await _detected(cloud))["DriftedStackResourceCount"] == 1


async def test_an_update_makes_what_was_found_old(cloud: Any) -> None:
    await cloud.create(TWO)
    await cloud.apis.call("ssm", "PutParameter", {"Name": "told", "Value": "b", "Overwrite": True})
    await _detected(cloud)
    await cloud.update(TWO.replace("told, Type: String, Value: a", "told, Type: String, Value: c"))
    assert (await cloud.resources())["Told"]["DriftInformation"]["StackResourceDriftStatus"] == "NOT_CHECKED"
    assert (await _detected(cloud))["StackDriftStatus"] == "IN_SYNC"


async def test_only_what_is_there_and_done_is_looked_at(cloud: Any) -> None:
    with pytest.raises(AwsError, match="does not exist"):
        await cloud.cf("DetectStackDrift", StackName="nothing")
    with pytest.raises(AwsError, match="does not exist"):
        await cloud.cf("DescribeStackDriftDetectionStatus", StackDriftDetectionId="0" * 36)
    await cloud.create(TWO)
    with pytest.raises(AwsError, match="Resource Another does not exist"):
        await cloud.cf("DetectStackDrift", StackName="s", LogicalResourceIds=["Another"])
    await cloud.cf("DetectStackDrift", StackName="s", LogicalResourceIds=["Told"])
    assert sorted(await _drifts(cloud)) == ["Told"]


def test_a_description_is_of_what_the_template_gives_and_holds_no_secret() -> None:
    row = rows()["AWS::Logs::LogGroup"]
    given = {"LogGroupName": "a", "RetentionInDays": "{{resolve:ssm:/days}}"}
    item = {"logGroupName": "a", "retentionInDays": 7, "creationTime": 1, "storedBytes": 0}
    assert described(row, given, item) == {"LogGroupName": "a"}


def test_an_order_and_cloudformations_own_tags_are_no_difference() -> None:
    row = rows()["AWS::Logs::LogGroup"]
    one = {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}
    other = {"Tags": [*reversed(one["Tags"]), {"Key": "aws:cloudformation:stack-name", "Value": "s"}]}
    given = {"Tags": []}
    assert differences(described(row, given, one), described(row, given, other)) == []


def test_differences_name_the_innermost_property() -> None:
    found = differences({"A": {"x": 1, "y": [1]}, "B": "b"}, {"A": {"x": 1, "y": [2], "z": True}})
    assert found == [
        Difference("/A/Y", [1], [2], "NOT_EQUAL"), Difference("/A/Z", None, True, "ADD"),
        Difference("/B", "b", None, "REMOVE"),
    ]  # fmt: skip
    assert rendered(found[0]) == {
        "PropertyPath": "/A/Y", "ExpectedValue": "[1]", "ActualValue": "[2]", "DifferenceType": "NOT_EQUAL",
    }  # fmt: skip
