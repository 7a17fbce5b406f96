from __future__ import annotations

from typing import Any

import pytest

from netflux.cloudformation import rules
from netflux.cloudformation.intrinsics import Environment
from netflux.cloudformation.template import parse
from netflux.errors import AwsError

CDK = """
Parameters:
  Version: {Type: "AWS::SSM::Parameter::Value<String>", Default: /cdk-bootstrap/hnb659fds/version}
Rules:
  CheckBootstrapVersion:
    Assertions:
      - Assert: !Not [{"Fn::Contains": [["1", "2", "3", "4", "5"], !Ref Version]}]
        AssertDescription: version 6 is required
Resources:
  Bucket: {Type: AWS::S3::Bucket}
"""


def _check(rule: str, **parameters: Any) -> None:
    body = f"Resources: {{B: {{Type: AWS::S3::Bucket}}}}\nRules:\n  R:\n    {rule}\n"
    rules.check(Environment(parameters=parameters, pseudo={}), parse(body))


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ('{"Fn::Contains": [[a, b], !Ref A]}', True),
        ('{"Fn::Contains": [[b, c], !Ref A]}', False),
        ('{"Fn::EachMemberIn": [!Ref L, [a, b, c]]}', True),
        ('{"Fn::EachMemberIn": [!Ref L, [a]]}', False),
        ('{"Fn::EachMemberEquals": [[a, a], !Ref A]}', True),
        ("!Or [!Equals [!Ref A, b], !Not [!Equals [!Ref A, b]]]", True),
        ("!And [!Equals [!Ref A, a], !Equals [!Ref A, b]]", False),
    ],
)
def test_an_assertion_holds_or_stops_everything(expression: str, holds: bool) -> None:
    rule = f"Assertions: [{{Assert: {expression}, AssertDescription: said}}]"
    if holds:
        _check(rule, A="a", L=["a", "b"])
    else:
        with pytest.raises(AwsError, match=r"said \(rule R\)"):
            _check(rule, A="a", L=["a", "b"])


def test_a_rule_whose_condition_does_not_hold_demands_nothing() -> None:
    rule = "{RuleCondition: !Equals [!Ref A, b], Assertions: [{Assert: !Equals [a, b]}]}"
    _check(rule, A="a")
    with pytest.raises(AwsError, match="an assertion does not hold"):
        _check(rule, A="b")
    with pytest.raises(AwsError, match="Fn::ValueOf is not supported"):
        _check('{Assertions: [{Assert: {"Fn::ValueOf": [A, B]}}]}')


async def test_a_stack_whose_rules_are_broken_is_not_begun(cloud: Any) -> None:
    parameter = {"Name": "/cdk-bootstrap/hnb659fds/version", "Type": "String", "Value": "5"}
    with pytest.raises(AwsError, match="/cdk-bootstrap/hnb659fds/version"):
        await cloud.create(CDK)
    await cloud.apis.call("ssm", "PutParameter", parameter)
    with pytest.raises(AwsError, match="version 6 is required"):
        await cloud.create(CDK)
    await cloud.apis.call("ssm", "PutParameter", parameter | {"Value": "21", "Overwrite": True})
    assert (await cloud.create(CDK))["StackStatus"] == "CREATE_COMPLETE"
