from __future__ import annotations

from typing import Any

import pytest

from netflux.cloudformation.decide import Action, compare, removed_defaults
from netflux.cloudformation.intrinsics import UNKNOWN
from netflux.cloudformation.validate import row_of, schema_of
from netflux.errors import AwsError


def decide(kind: str, old: dict[str, Any], new: dict[str, Any]) -> Action:
    return compare(row_of(kind), schema_of("us-east-1", kind), old, new).action


@pytest.mark.parametrize(
    ("kind", "old", "new", "action"),
    [
        ("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16"}, {"CidrBlock": "10.0.0.0/16"}, Action.NONE),
        ("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16"}, {"CidrBlock": "10.1.0.0/16"}, Action.REPLACE),
        ("AWS::EC2::VPC", {"EnableDnsSupport": True}, {"EnableDnsSupport": "true"}, Action.NONE),
        ("AWS::EC2::VPC", {"EnableDnsSupport": True}, {"EnableDnsSupport": False}, Action.MODIFY),
        ("AWS::ECS::Service", {"DesiredCount": 0}, {"DesiredCount": "0"}, Action.NONE),
        ("AWS::ECS::Service", {"DesiredCount": 0}, {"DesiredCount": 2}, Action.MODIFY),
        ("AWS::ECS::Service", {"TaskDefinition": "a:1"}, {"TaskDefinition": UNKNOWN}, Action.MODIFY),
        ("AWS::ECS::Service", {"LaunchType": "FARGATE"}, {"LaunchType": "EC2"}, Action.REPLACE),
        ("AWS::ECS::TaskDefinition", {"Family": "f", "Cpu": "256"}, {"Family": "f", "Cpu": "512"}, Action.REPLACE),
        (
            "AWS::ECS::TaskDefinition",
            {"Family": "f"},
            {"Family": "f", "Tags": [{"Key": "a", "Value": "b"}]},
            Action.MODIFY,
        ),
        ("AWS::RDS::DBInstance", {"MultiAZ": "false"}, {"MultiAZ": True}, Action.MODIFY),
        ("AWS::RDS::DBInstance", {"Engine": "postgres"}, {"Engine": "mysql"}, Action.REPLACE),
        ("AWS::Logs::LogGroup", {"RetentionInDays": 7}, {"RetentionInDays": 14}, Action.MODIFY),
        ("AWS::SecretsManager::Secret", {"Name": "a"}, {"Name": "b"}, Action.REPLACE),
    ],
)
def test_a_change_is_an_update_or_a_replacement_by_the_registry(
    kind: str, old: dict[str, Any], new: dict[str, Any], action: Action
) -> None:
    assert decide(kind, old, new) is action


def test_a_resource_with_a_name_of_its_own_cannot_be_replaced() -> None:
    old = {"Name": "tg", "Port": 80}
    with pytest.raises(AwsError, match=r"custom-named resource requires replacing\. Rename tg"):
        decide("AWS::ElasticLoadBalancingV2::TargetGroup", old, old | {"Port": 81})


def test_a_removed_property_falls_back_to_its_default() -> None:
    kind = "AWS::ECS::Service"
    found = removed_defaults(row_of(kind), schema_of("us-east-1", kind), {"HealthCheckGracePeriodSeconds": 90}, {})
    assert found == {"HealthCheckGracePeriodSeconds": 0}


def test_a_removed_property_without_a_known_default_is_refused_by_name() -> None:
    kind = "AWS::ElasticLoadBalancingV2::TargetGroup"
    with pytest.raises(AwsError, match="HealthCheckPath was removed"):
        removed_defaults(row_of(kind), schema_of("us-east-1", kind), {"HealthCheckPath": "/x"}, {})
