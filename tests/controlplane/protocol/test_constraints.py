"""What breaks a service's model is refused in the service's own words."""

from __future__ import annotations

from typing import Any

import pytest

from netflux.controlplane.protocol import constraints, models
from netflux.errors import AwsError


def _refused(service: str, operation: str, **params: Any) -> str:
    with pytest.raises(AwsError) as refused:
        constraints.check(service, models.operation_model(service, operation), params)
    return str(refused.value)


def _taken(service: str, operation: str, **params: Any) -> None:
    constraints.check(service, models.operation_model(service, operation), params)


@pytest.mark.parametrize(
    ("service", "operation", "params", "text"),
    [
        (
            "elbv2",
            "CreateTargetGroup",
            {"Name": "a", "Protocol": "FOO"},
            (
                "ValidationError: 1 validation error detected: Value 'FOO' at 'protocol' failed to satisfy constraint: "
                "Member must satisfy enum value set: [HTTP, HTTPS, TCP, TLS, UDP, TCP_UDP, GENEVE, QUIC, TCP_QUIC]"
            ),
        ),
        (
            "elbv2",
            "CreateTargetGroup",
            {},
            (
                "ValidationError: 1 validation error detected: Value null at 'name' failed to satisfy constraint: "
                "Member must not be null"
            ),
        ),
        (
            "iam",
            "CreateUser",
            {"UserName": "a b", "Path": "x"},
            (
                "ValidationError: 2 validation errors detected: "
                "Value 'a b' at 'userName' failed to satisfy constraint: "
                "Member must satisfy regular expression pattern: [\\w+=,.@-]+; Value 'x' at 'path' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: "
                "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"
            ),
        ),
        (
            "secretsmanager",
            "ListSecrets",
            {"MaxResults": 101},
            (
                "ValidationException: 1 validation error detected: Value '101' at 'maxResults' failed to satisfy "
                "constraint: Member must have value less than or equal to 100"
            ),
        ),
        (
            "logs",
            "CreateLogGroup",
            {"logGroupName": "a b"},
            (
                "InvalidParameterException: 1 validation error detected: "
                "Value 'a b' at 'logGroupName' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"
            ),
        ),
        (
            "ecr",
            "DeleteRepository",
            {"repositoryName": "A"},
            (
                "InvalidParameterException: Invalid parameter at 'repositoryName' failed to satisfy "
                "constraint: 'must have "
                "length greater than or equal to 2'"
            ),
        ),
        (
            "ec2",
            "CreateNetworkInterface",
            {"SubnetId": "subnet-1", "SecondaryPrivateIpAddressCount": 2_000_000_000},
            (
                "InvalidParameterValue: Value (2000000000) for parameter SecondaryPrivateIpAddressCount is invalid. "
                "The "
                "value must have value less than or equal to 50."
            ),
        ),
        ("ec2", "DeleteVpc", {}, "MissingParameter: The request must contain the parameter VpcId"),
    ],
)
def test_a_broken_constraint_is_told_as_the_service_tells_it(
    service: str, operation: str, params: dict[str, Any], text: str
) -> None:
    assert _refused(service, operation, **params) == text


def test_what_is_inside_lists_is_named_by_its_place() -> None:
    tags = [{"Key": "a", "Value": "b"}, {"Key": "", "Value": "b"}]
    assert "Value '' at 'tags.2.member.key' failed" in _refused("iam", "TagUser", UserName="a", Tags=tags)
    said = _refused("iam", "UntagUser", UserName="a", TagKeys=["a", "\u20ac!"])
    assert "at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy" in said


def test_fifty_tags_are_taken_where_the_model_says_nothing() -> None:
    tags = [{"Key": str(number), "Value": "v"} for number in range(51)]
    _taken("elbv2", "AddTags", ResourceArns=["a"], Tags=tags[:50])
    assert "at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50" in _refused(
        "elbv2", "AddTags", ResourceArns=["a"], Tags=tags
    )


def test_what_xml_can_not_carry_is_refused_where_answers_are_xml() -> None:
    assert "at 'names' failed" in _refused("elbv2", "DescribeLoadBalancers", Names=["a\x00"])
    _taken("elbv2", "DescribeLoadBalancers", Names=["a\t\n\u00e9"])
    _taken("secretsmanager", "CreateSecret", Name="a", SecretString="a\x00")


def test_sensitive_and_long_values_are_not_repeated() -> None:
    assert "aaaa" not in _refused("secretsmanager", "CreateSecret", Name="a", SecretString="a" * 65_537)
    assert "aaaa" not in _refused("iam", "CreatePolicy", PolicyName="p", PolicyDocument="a" * 140_000)


def test_an_id_of_route_53_is_measured_without_its_path() -> None:
    _taken("route53", "GetHostedZone", Id="/hostedzone/Z0123456789012345678901234")
    assert "at 'id' failed" in _refused("route53", "GetHostedZone", Id="/hostedzone/" + "Z" * 40)


def test_a_policy_of_too_many_levels_is_malformed_and_a_secret_is_not() -> None:
    deep, flat = "[" * 5000 + "]" * 5000, '{"Statement": [{"Condition": {"StringLike": {"a": ["' + "[" * 500 + '"]}}}]}'
    role = {"RoleName": "r", "AssumeRolePolicyDocument": deep}
    assert _refused("iam", "CreateRole", **role).startswith("MalformedPolicyDocument: ")
    assert _refused("kms", "CreateKey", Policy=deep).startswith("MalformedPolicyDocumentException: ")
    assert _refused("sqs", "CreateQueue", QueueName="q", Attributes={"Policy": deep}).startswith("InvalidAttributeV")
    assert _refused("cloudwatch", "PutDashboard", DashboardName="d", DashboardBody=deep).startswith("ValidationError")
    _taken("secretsmanager", "CreateSecret", Name="s", SecretString=deep)
    _taken("iam", "CreateRole", **role | {"AssumeRolePolicyDocument": flat})


def test_a_pattern_that_would_try_for_ever_is_matched_at_once() -> None:
    name = "a-" * 100 + "!"
    assert "regular expression" in _refused("ecr", "DeleteRepository", repositoryName=name.lower())
