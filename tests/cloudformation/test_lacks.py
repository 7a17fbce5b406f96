from __future__ import annotations

from typing import Any

import pytest

from netflux.cloudformation import lacks
from netflux.cloudformation.intrinsics import Environment
from netflux.cloudformation.template import parse
from netflux.cloudformation.validate import check
from netflux.errors import AwsError

OPTIONAL = """
Parameters:
  Alarms: {Type: String, Default: "no"}
Conditions:
  Alarmed: !Equals [!Ref Alarms, "yes"]
Resources:
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Condition: Alarmed
    CreationPolicy: {ResourceSignal: {Count: 1}}
    Properties: {MinSize: "1", MaxSize: "1"}
  Told:
    Type: Custom::Told
    Version: "1.0"
    Condition: Alarmed
    Properties: {ServiceToken: !GetAtt Group.AutoScalingGroupName, Anything: 1}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      ReplicationConfiguration: !If [Alarmed, {Role: r, Rules: []}, !Ref AWS::NoValue]
      PublicAccessBlockConfiguration: !If [Alarmed, {Nope: true}, {BlockPublicAcls: true}]
Outputs:
  Said: {Condition: Alarmed, Value: !GetAtt Told.Whatever}
"""


def _check(text: str, **parameters: str) -> None:
    template = parse(text)
    check(template, "us-east-1")
    env = Environment(parameters=parameters, pseudo={"AWS::Region": "us-east-1"}, conditions=template.conditions)
    lacks.check(env, template, lambda _service, _operation: None)


def test_what_a_false_condition_leaves_out_is_not_missed() -> None:
    _check(OPTIONAL, Alarms="no")


def test_every_resource_that_would_be_made_and_cannot_be_is_named_with_its_type() -> None:
    with pytest.raises(AwsError) as caught:
        _check(OPTIONAL, Alarms="yes")
    assert caught.value.code == "ValidationError"
    assert "Group (AWS::AutoScaling::AutoScalingGroup)" in caught.value.message
    assert "Told" not in caught.value.message


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (
            "{Type: AWS::S3::Bucket, Properties: {ReplicationConfiguration: {Role: r, Rules: []}}}",
            "Resource A (AWS::S3::Bucket): the property ReplicationConfiguration is not supported by Netflux",
        ),
        (
            "{Type: AWS::S3::Bucket, UpdatePolicy: {UseOnlineResharding: true}}",
            "Resource A (AWS::S3::Bucket): the attribute UpdatePolicy is not supported by Netflux",
        ),
        ("{Type: AWS::S3::Bucket, DeletionPolicy: Snapshot}", "the DeletionPolicy Snapshot is not supported"),
        (
            "{Type: AWS::EC2::VPC, Properties: {CidrBlock: !If [Odd, {Nope: 1}, 10.0.0.0/16]}}",
            None,
        ),
    ],
)
def test_a_property_that_no_call_carries_is_named(resource: str, words: str | None) -> None:
    text = f"Conditions: {{Odd: !Equals [a, b]}}\nResources:\n  A: {resource}\n"
    if words is None:
        _check(text)
        return
    with pytest.raises(AwsError) as caught:
        _check(text)
    assert words in caught.value.message


async def test_a_parameter_that_calls_for_what_is_not_there_is_refused_before_anything_changes(cloud: Any) -> None:
    assert (await cloud.create(OPTIONAL))["StackStatus"] == "CREATE_COMPLETE"
    yes = [{"ParameterKey": "Alarms", "ParameterValue": "yes"}]
    with pytest.raises(AwsError, match="AWS has and Netflux does not: Group"):
        await cloud.update(OPTIONAL, Parameters=yes)
    with pytest.raises(AwsError, match="AWS has and Netflux does not: Group"):
        await cloud.create(OPTIONAL, StackName="t", Parameters=yes)
    assert set(await cloud.resources()) == {"Bucket"}
