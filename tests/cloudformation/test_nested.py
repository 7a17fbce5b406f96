"""Stacks inside stacks: the same engine makes both."""

from __future__ import annotations

from typing import Any

import pytest

from netflux.cloudformation.fetched import fetched, place
from netflux.errors import AwsError

INNER = """
Parameters:
  Name: {Type: String}
  Days: {Type: Number, Default: 7}
Resources:
  Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Ref Name, RetentionInDays: !Ref Days}}
Outputs:
  Arn: {Value: !GetAtt Group.Arn}
"""
OUTER = """
Parameters:
  Name: {Type: String, Default: /inner}
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: https://s3.us-east-1.amazonaws.com/templates/inner.yaml
      Parameters: {Name: !Ref Name}
  Told:
    Type: AWS::SSM::Parameter
    Properties: {Name: told, Type: String, Value: !GetAtt Inner.Outputs.Arn}
Outputs:
  Arn: {Value: !GetAtt Inner.Outputs.Arn}
"""
BUCKET = {"Bucket": "templates"}


async def _upload(cloud: Any, text: str) -> None:
    await cloud.apis.call("s3", "CreateBucket", BUCKET)
    await cloud.apis.call("s3", "PutObject", BUCKET | {"Key": "inner.yaml", "Body": text.encode()})


async def _told(cloud: Any) -> str:
    return str((await cloud.apis.call("ssm", "GetParameter", {"Name": "told"}))["Parameter"]["Value"])


async def _groups(cloud: Any) -> dict[str, int]:
    answer = await cloud.apis.call("logs", "DescribeLogGroups", {})
    return {group["logGroupName"]: group.get("retentionInDays", 0) for group in answer["logGroups"]}


async def test_a_nested_stack_is_a_stack_and_gives_its_outputs(cloud: Any) -> None:
    await _upload(cloud, INNER)
    stack = await cloud.create(OUTER)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"] == await _told(cloud)
    inner = (await cloud.resources())["Inner"]["PhysicalResourceId"]
    (shown,) = (await cloud.cf("DescribeStacks", StackName=inner))["Stacks"]
    assert shown["StackName"].startswith("s-Inner-")
    assert shown["StackStatus"] == "CREATE_COMPLETE"
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert (await cloud.cf("DescribeStacks", StackName=inner))["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
    assert await _groups(cloud) == {}


async def test_new_text_at_the_same_address_is_a_change_and_the_old_text_none(cloud: Any) -> None:
    await _upload(cloud, INNER)
    await cloud.create(OUTER)
    with pytest.raises(AwsError, match="No updates are to be performed"):
        await cloud.update(OUTER)
    await _upload(cloud, INNER.replace("Default: 7", "Default: 14"))
    assert (await cloud.update(OUTER))["StackStatus"] == "UPDATE_COMPLETE"
    assert await _groups(cloud) == {"/inner": 14}
    await _upload(cloud, "# only a remark\n" + INNER.replace("Default: 7", "Default: 14"))
    assert (await cloud.update(OUTER))["StackStatus"] == "UPDATE_COMPLETE"


async def test_what_refers_to_an_output_follows_it(cloud: Any) -> None:
    await _upload(cloud, INNER)
    await cloud.create(OUTER)
    other = [{"ParameterKey": "Name", "ParameterValue": "/other"}]
    assert (await cloud.update(OUTER, Parameters=other))["StackStatus"] == "UPDATE_COMPLETE"
    assert ":/other:" in await _told(cloud)


async def test_a_nested_failure_is_the_outer_ones_and_both_go_back_to_the_text_of_then(cloud: Any) -> None:
    await _upload(cloud, INNER)
    await cloud.create(OUTER)
    wrong = "\n  Bad: {Type: AWS::Logs::LogGroup, DependsOn: Group, Properties: {LogGroupName: '!'}}\nOutputs:"
    await _upload(cloud, INNER.replace("Default: 7", "Default: 14").replace("\nOutputs:", wrong))
    cloud.broken = lambda operation, params: (
        AwsError("InvalidParameterException", "no such name") if params.get("logGroupName") == "!" else None
    )
    stack = await cloud.update(OUTER)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    (failed,) = [each for each in events if each["ResourceStatus"] == "UPDATE_FAILED"]
    assert failed["LogicalResourceId"] == "Inner"
    assert "was not successfully updated: UPDATE_ROLLBACK_COMPLETE" in failed["ResourceStatusReason"]
    assert await _groups(cloud) == {"/inner": 7}


async def test_what_fails_beside_a_nested_stack_takes_it_back_to_the_text_of_then(cloud: Any) -> None:
    await _upload(cloud, INNER)
    await cloud.create(OUTER)
    await _upload(cloud, INNER.replace("Default: 7", "Default: 14"))
    late = "  Late: {Type: AWS::Logs::LogGroup, DependsOn: Inner, Properties: {LogGroupName: '!'}}\nOutputs:"
    cloud.broken = lambda operation, params: (
        AwsError("InvalidParameterException", "no such name") if params.get("logGroupName") == "!" else None
    )
    stack = await cloud.update(OUTER.replace("Outputs:\n  Arn", f"{late}\n  Arn"))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert await _groups(cloud) == {"/inner": 7}
    assert [each["retentionInDays"] for each in cloud.made("PutRetentionPolicy")] == [7, 14, 7]


async def test_a_nested_stack_that_cannot_be_made_takes_the_outer_one_back_and_leaves_nothing(cloud: Any) -> None:
    await _upload(cloud, INNER)
    cloud.broken = lambda operation, _params: (
        AwsError("LimitExceededException", "no more") if operation == "CreateLogGroup" else None
    )
    stack = await cloud.create(OUTER)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert len((await cloud.cf("DescribeStacks"))["Stacks"]) == 1
    await cloud.create(OUTER.replace("inner.yaml", "lost.yaml"), StackName="t")
    events = (await cloud.cf("DescribeStackEvents", StackName="t"))["StackEvents"]
    assert any("upload it to one" in each.get("ResourceStatusReason", "") for each in events)


async def test_a_killed_region_goes_on_with_both(cloud: Any) -> None:
    await _upload(cloud, INNER)
    await cloud.cf("CreateStack", StackName="s", TemplateBody=OUTER)
    await cloud.restart()
    stack = await cloud.settled("s")
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert len((await cloud.cf("DescribeStacks"))["Stacks"]) == 2


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.us-east-1.amazonaws.com/my.bucket/a/b.yaml",
        "https://my.bucket.s3.us-east-1.amazonaws.com/a/b.yaml",
        "https://my.bucket.s3-us-west-2.amazonaws.com/a/b.yaml",
        "http://localhost:4566/my.bucket/a/b.yaml",
        "http://my.bucket.s3.us-east-1.localhost:4566/a/b.yaml",
    ],
)
def test_every_form_of_an_address_names_bucket_and_key(url: str) -> None:
    assert place(url) == ("my.bucket", "a/b.yaml")


ITSELF = """
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: https://s3.us-east-1.amazonaws.com/templates/inner.yaml}
"""


async def test_a_template_that_contains_itself_ends_and_leaves_nothing(cloud: Any) -> None:
    await _upload(cloud, ITSELF)
    stack = await cloud.create(ITSELF)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    shown = (await cloud.cf("ListStacks"))["StackSummaries"]
    assert len(shown) == 10
    live = [each for each in shown if each["StackStatus"] not in ("DELETE_COMPLETE", "ROLLBACK_COMPLETE")]
    assert live == []
    events = [
        event["ResourceStatusReason"]
        for each in shown
        for event in (await cloud.cf("DescribeStackEvents", StackName=each["StackId"]))["StackEvents"]
        if "ResourceStatusReason" in event
    ]
    assert any("Stacks can be nested 10 deep, and s goes deeper" in reason for reason in events)


async def test_a_nested_stack_tells_its_parent_and_root(cloud: Any) -> None:
    await _upload(cloud, INNER)
    stack = await cloud.create(OUTER)
    inner = (await cloud.resources())["Inner"]["PhysicalResourceId"]
    (shown,) = (await cloud.cf("DescribeStacks", StackName=inner))["Stacks"]
    assert (shown["ParentId"], shown["RootId"]) == (stack["StackId"], stack["StackId"])


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"\xff\xfe", "not UTF-8 at byte 0"), (b"#" * 1_000_001, "may not exceed 1000000 bytes")],
)
async def test_what_is_no_template_at_an_address_is_refused(body: bytes, words: str) -> None:
    async def call(_service: str, _operation: str, params: Any) -> dict[str, Any]:
        assert params["Range"] == "bytes=0-1000000"
        return {"Body": body}

    with pytest.raises(AwsError, match=words):
        await fetched(call, "https://s3.us-east-1.amazonaws.com/templates/inner.yaml")


async def test_an_empty_object_is_an_empty_template(cloud: Any) -> None:
    await _upload(cloud, "")
    with pytest.raises(AwsError, match="must not be empty"):
        await cloud.cf("ValidateTemplate", TemplateURL="https://s3.us-east-1.amazonaws.com/templates/inner.yaml")
