"""Stack policies: what an update may change, and what keeps it from it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netflux.cloudformation.stackpolicy import DELETE, MODIFY, REPLACE, Subject, check, denied
from netflux.errors import AwsError

TWO = """
Resources:
  One: {Type: AWS::SSM::Parameter, Properties: {Name: one, Type: String, Value: a}}
  Two: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /two, RetentionInDays: 7}}
"""


def _statement(effect: str, action: Any = "Update:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    made = {"Effect": effect, "Action": action, "Principal": "*", "Resource": resource} | more
    return {name: each for name, each in made.items() if each is not None}


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Statement": list(statements)})


ALLOW = _statement("Allow")
GUARDED = _policy(ALLOW, _statement("Deny", resource="LogicalResourceId/Two"))


async def _reasons(cloud: Any) -> list[str]:
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    return [each["ResourceStatusReason"] for each in events if "ResourceStatusReason" in each]


async def test_a_policy_is_kept_and_told(cloud: Any) -> None:
    await cloud.create(TWO)
    assert "StackPolicyBody" not in await cloud.cf("GetStackPolicy", StackName="s")
    await cloud.cf("SetStackPolicy", StackName="s", StackPolicyBody=GUARDED)
    assert (await cloud.cf("GetStackPolicy", StackName="s"))["StackPolicyBody"] == GUARDED
    await cloud.create(TWO.replace("one", "three").replace("/two", "/three"), StackName="t", StackPolicyBody=GUARDED)
    assert (await cloud.cf("GetStackPolicy", StackName="t"))["StackPolicyBody"] == GUARDED


async def test_what_a_policy_guards_is_not_modified_and_all_is_rolled_back(cloud: Any) -> None:
    await cloud.create(TWO, StackPolicyBody=GUARDED)
    changed = TWO.replace("RetentionInDays: 7", "RetentionInDays: 14").replace("Value: a", "Value: b")
    assert (await cloud.update(changed))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    said = "Action denied by stack policy: Statement [#2] does not allow [Update:Modify] for resource [Two]"
    assert said in await _reasons(cloud)
    assert [each["retentionInDays"] for each in cloud.made("PutRetentionPolicy")] == [7]
    assert (await cloud.update(TWO.replace("Value: a", "Value: b")))["StackStatus"] == "UPDATE_COMPLETE"


async def test_what_a_policy_guards_is_neither_replaced_nor_deleted(cloud: Any) -> None:
    await cloud.create(TWO, StackPolicyBody=GUARDED)
    assert (await cloud.update(TWO.replace("/two", "/other")))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert any("does not allow [Update:Replace]" in each for each in await _reasons(cloud))
    one = "\n".join(line for line in TWO.splitlines() if "Two" not in line)
    assert (await cloud.update(one))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert any("does not allow [Update:Delete]" in each for each in await _reasons(cloud))
    assert cloud.made("DeleteLogGroup") == []


async def test_a_policy_for_one_update_stands_instead(cloud: Any) -> None:
    await cloud.create(TWO, StackPolicyBody=GUARDED)
    changed = TWO.replace("RetentionInDays: 7", "RetentionInDays: 14")
    stack = await cloud.update(changed, StackPolicyDuringUpdateBody=_policy(ALLOW))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert (await cloud.cf("GetStackPolicy", StackName="s"))["StackPolicyBody"] == GUARDED
    assert (await cloud.update(TWO))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


async def test_a_policy_comes_out_of_a_bucket_and_not_from_two_places(cloud: Any) -> None:
    await cloud.create(TWO)
    await cloud.apis.call("s3", "CreateBucket", {"Bucket": "policies"})
    await cloud.apis.call("s3", "PutObject", {"Bucket": "policies", "Key": "p.json", "Body": GUARDED.encode()})
    url = "https://s3.us-east-1.amazonaws.com/policies/p.json"
    await cloud.cf("SetStackPolicy", StackName="s", StackPolicyURL=url)
    assert (await cloud.cf("GetStackPolicy", StackName="s"))["StackPolicyBody"] == GUARDED
    with pytest.raises(AwsError, match="You cannot specify both StackPolicyURL and StackPolicyBody"):
        await cloud.cf("SetStackPolicy", StackName="s", StackPolicyURL=url, StackPolicyBody=GUARDED)
    with pytest.raises(AwsError, match="does not exist"):
        await cloud.cf("SetStackPolicy", StackName="nothing", StackPolicyBody=GUARDED)


@pytest.mark.parametrize(
    "text",
    [
        "no JSON", "[]", '{"Statements": []}', _policy(_statement("Maybe")), _policy(_statement("Allow", "s3:*")),
        _policy(_statement("Allow", Principal="arn:aws:iam::1:root")), _policy(_statement("Allow", resource="Two")),
        _policy(_statement("Allow", NotAction="Update:Modify")), _policy(_statement("Allow", action=None)),
        _policy(_statement("Allow", Condition={"Bool": {}})),
        _policy(_statement("Allow", Condition={"StringEquals": {"Tag": "x"}})), "[" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(AwsError, match="Error validating stack policy: Invalid stack policy"):
        check(text)


def test_without_a_statement_that_allows_all_is_denied_and_a_denial_counts_more() -> None:
    two, table = Subject("Two", "AWS::Logs::LogGroup"), Subject("Rows", "AWS::DynamoDB::Table")
    assert denied("", MODIFY, two) == denied("{}", MODIFY, two) == ""
    assert "no statement allows" in denied(_policy(_statement("Allow", resource="LogicalResourceId/One")), MODIFY, two)
    kinds = {"StringLike": {"ResourceType": ["AWS::DynamoDB::*"]}}
    policy = _policy(_statement("Deny", [REPLACE, DELETE], Condition=kinds), ALLOW)
    assert "Statement [#1] does not allow [Update:Delete]" in denied(policy, DELETE, table)
    assert denied(policy, MODIFY, table) == denied(policy, DELETE, two) == ""
    others = _policy(_statement("Allow", resource=None, NotResource="LogicalResourceId/T*"))
    assert denied(others, MODIFY, table) == ""
    assert denied(others, MODIFY, two)
    assert denied(_policy(_statement("Allow", None, NotAction=DELETE)), DELETE, two)
