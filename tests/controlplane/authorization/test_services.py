"""From a call to its actions and resources: rows of the Service Authorization Reference."""

from __future__ import annotations

import re
from typing import Any

import pytest

from netflux.controlplane.authorization.services import SERVICES, service
from netflux.controlplane.protocol import models

A, R = "123456789012", "us-east-1"


def arn(prefix: str, resource: str) -> str:
    return f"arn:aws:{prefix}:{R}:{A}:{resource}"


ROLE = f"arn:aws:iam::{A}:role/app"
LB = arn("elasticloadbalancing", "loadbalancer/app/web/1")

CASES: list[tuple[str, str, dict[str, Any], list[tuple[str, str]]]] = [
    (
        "secretsmanager",
        "GetSecretValue",
        {"SecretId": arn("secretsmanager", "secret:a-123456")},
        [("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:a-123456"))],
    ),
    (
        "secretsmanager",
        "GetSecretValue",
        {"SecretId": "a"},
        [("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:a"))],
    ),
    (
        "secretsmanager",
        "CreateSecret",
        {"Name": "a", "Tags": [{"Key": "k", "Value": "v"}]},
        [
            ("secretsmanager:CreateSecret", arn("secretsmanager", "secret:a")),
            ("secretsmanager:TagResource", arn("secretsmanager", "secret:a")),
        ],
    ),
    ("secretsmanager", "ListSecrets", {}, [("secretsmanager:ListSecrets", "*")]),
    (
        "secretsmanager",
        "BatchGetSecretValue",
        {"SecretIdList": ["a", "b"]},
        [
            ("secretsmanager:BatchGetSecretValue", "*"),
            ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:a")),
            ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:b")),
        ],
    ),
    (
        "ssm",
        "GetParameters",
        {"Names": ["/a/b", "c"]},
        [("ssm:GetParameters", arn("ssm", "parameter/a/b")), ("ssm:GetParameters", arn("ssm", "parameter/c"))],
    ),
    *(
        ("ssm", "GetParameter", {"Name": name}, [("ssm:GetParameter", arn("ssm", "parameter/a/b"))])
        for name in (
            "/a/b",
            "/a/b:1",
            "/a/b:good",
            " /a/b ",
            arn("ssm", "parameter/a/b"),
            arn("ssm", "parameter/a/b:1"),
        )
    ),
    ("ssm", "GetParametersByPath", {"Path": "/a/"}, [("ssm:GetParametersByPath", arn("ssm", "parameter/a"))]),
    ("ssm", "GetParametersByPath", {"Path": "/a"}, [("ssm:GetParametersByPath", arn("ssm", "parameter/a"))]),
    ("ssm", "DescribeParameters", {}, [("ssm:DescribeParameters", "*")]),
    (
        "sqs",
        "SendMessage",
        {"QueueUrl": f"http://localhost:4566/{A}/jobs", "MessageBody": "x"},
        [("sqs:SendMessage", arn("sqs", "jobs"))],
    ),
    (
        "sqs",
        "SendMessageBatch",
        {"QueueUrl": f"http://localhost:4566/{A}/jobs"},
        [("sqs:SendMessage", arn("sqs", "jobs"))],
    ),
    ("sqs", "CreateQueue", {"QueueName": "jobs"}, [("sqs:CreateQueue", arn("sqs", "jobs"))]),
    ("sns", "Publish", {"TopicArn": arn("sns", "news"), "Message": "x"}, [("sns:Publish", arn("sns", "news"))]),
    ("sns", "PublishBatch", {"TopicArn": arn("sns", "news")}, [("sns:Publish", arn("sns", "news"))]),
    ("dynamodb", "GetItem", {"TableName": "t", "Key": {}}, [("dynamodb:GetItem", arn("dynamodb", "table/t"))]),
    (
        "dynamodb",
        "Query",
        {"TableName": "t", "IndexName": "i"},
        [("dynamodb:Query", arn("dynamodb", "table/t/index/i")), ("dynamodb:Query", arn("dynamodb", "table/t"))],
    ),
    (
        "dynamodb",
        "BatchWriteItem",
        {"RequestItems": {"t": [], "u": []}},
        [
            ("dynamodb:BatchWriteItem", arn("dynamodb", "table/t")),
            ("dynamodb:BatchWriteItem", arn("dynamodb", "table/u")),
        ],
    ),
    (
        "dynamodb",
        "TransactWriteItems",
        {"TransactItems": [{"Put": {"TableName": "t"}}, {"Delete": {"TableName": "u"}}]},
        [("dynamodb:PutItem", arn("dynamodb", "table/t")), ("dynamodb:DeleteItem", arn("dynamodb", "table/u"))],
    ),
    (
        "logs",
        "CreateLogStream",
        {"logGroupName": "/g", "logStreamName": "s"},
        [("logs:CreateLogStream", arn("logs", "log-group:/g:log-stream:s"))],
    ),
    (
        "logs",
        "FilterLogEvents",
        {"logGroupIdentifier": arn("logs", "log-group:/g")},
        [("logs:FilterLogEvents", arn("logs", "log-group:/g:log-stream:"))],
    ),
    (
        "ecs",
        "UpdateService",
        {"cluster": "prod", "service": "web"},
        [("ecs:UpdateService", arn("ecs", "service/prod/web"))],
    ),
    (
        "ecs",
        "UpdateService",
        {"service": arn("ecs", "service/prod/web")},
        [("ecs:UpdateService", arn("ecs", "service/prod/web"))],
    ),
    ("ecs", "DescribeClusters", {}, [("ecs:DescribeClusters", arn("ecs", "cluster/default"))]),
    (
        "ecs",
        "RegisterTaskDefinition",
        {"family": "web", "taskRoleArn": ROLE, "executionRoleArn": f"{ROLE}2"},
        [
            ("ecs:RegisterTaskDefinition", arn("ecs", "task-definition/web:*")),
            ("iam:PassRole", ROLE),
            ("iam:PassRole", f"{ROLE}2"),
        ],
    ),
    (
        "ecs",
        "StopTask",
        {"cluster": arn("ecs", "cluster/prod"), "task": "1"},
        [("ecs:StopTask", arn("ecs", "task/prod/1"))],
    ),
    ("ecr", "GetAuthorizationToken", {}, [("ecr:GetAuthorizationToken", "*")]),
    ("ecr", "BatchGetImage", {"repositoryName": "a/b"}, [("ecr:BatchGetImage", arn("ecr", "repository/a/b"))]),
    ("ec2", "DescribeVpcs", {"VpcIds": ["vpc-1"]}, [("ec2:DescribeVpcs", "*")]),
    (
        "ec2",
        "CreateSubnet",
        {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"},
        [("ec2:CreateSubnet", arn("ec2", "subnet/*")), ("ec2:CreateSubnet", arn("ec2", "vpc/vpc-1"))],
    ),
    (
        "ec2",
        "CreateVpc",
        {"TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}]},
        [("ec2:CreateVpc", arn("ec2", "vpc/*")), ("ec2:CreateTags", arn("ec2", "vpc/*"))],
    ),
    (
        "ec2",
        "CreateTags",
        {"Resources": ["sg-1", "rtb-2"]},
        [("ec2:CreateTags", arn("ec2", "security-group/sg-1")), ("ec2:CreateTags", arn("ec2", "route-table/rtb-2"))],
    ),
    (
        "ec2",
        "AuthorizeSecurityGroupIngress",
        {"GroupId": "sg-1"},
        [("ec2:AuthorizeSecurityGroupIngress", arn("ec2", "security-group/sg-1"))],
    ),
    ("elbv2", "CreateRule", {"ListenerArn": f"{LB}/2"}, [("elasticloadbalancing:CreateRule", f"{LB}/2")]),
    (
        "elbv2",
        "CreateLoadBalancer",
        {"Name": "web"},
        [("elasticloadbalancing:CreateLoadBalancer", arn("elasticloadbalancing", "loadbalancer/app/web/*"))],
    ),
    (
        "elbv2",
        "DescribeLoadBalancers",
        {"LoadBalancerArns": [LB]},
        [("elasticloadbalancing:DescribeLoadBalancers", "*")],
    ),
    (
        "rds",
        "CreateDBInstance",
        {"DBInstanceIdentifier": "Movie", "DBSubnetGroupName": "main"},
        [("rds:CreateDBInstance", arn("rds", "db:movie")), ("rds:CreateDBInstance", arn("rds", "subgrp:main"))],
    ),
    ("rds", "DescribeDBInstances", {}, [("rds:DescribeDBInstances", arn("rds", "db:*"))]),
    ("iam", "GetRole", {"RoleName": "/team/app"}, [("iam:GetRole", f"arn:aws:iam::{A}:role/team/app")]),
    (
        "iam",
        "AttachRolePolicy",
        {"RoleName": "app", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        [("iam:AttachRolePolicy", ROLE)],
    ),
    ("iam", "CreatePolicy", {"PolicyName": "p"}, [("iam:CreatePolicy", f"arn:aws:iam::{A}:policy/p")]),
    ("sts", "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "s"}, [("sts:AssumeRole", ROLE)]),
    ("kms", "Decrypt", {"KeyId": "1-2"}, [("kms:Decrypt", arn("kms", "key/1-2"))]),
    (
        "route53",
        "ChangeResourceRecordSets",
        {"HostedZoneId": "/hostedzone/Z1"},
        [("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z1")],
    ),
    (
        "cloudfront",
        "CreateInvalidation",
        {"DistributionId": "E1"},
        [("cloudfront:CreateInvalidation", f"arn:aws:cloudfront::{A}:distribution/E1")],
    ),
    (
        "cloudfront",
        "GetCachePolicy",
        {"Id": "c"},
        [("cloudfront:GetCachePolicy", f"arn:aws:cloudfront::{A}:cache-policy/c")],
    ),
    ("cloudwatch", "PutMetricData", {"Namespace": "a"}, [("cloudwatch:PutMetricData", "*")]),
    ("cloudwatch", "PutMetricAlarm", {"AlarmName": "a"}, [("cloudwatch:PutMetricAlarm", arn("cloudwatch", "alarm:a"))]),
    (
        "cloudformation",
        "DeleteStack",
        {"StackName": "s", "RoleARN": ROLE},
        [("cloudformation:DeleteStack", arn("cloudformation", "stack/s/*")), ("iam:PassRole", ROLE)],
    ),
    (
        "cloudformation",
        "DescribeStacks",
        {"StackName": arn("cloudformation", "stack/s/1")},
        [("cloudformation:DescribeStacks", arn("cloudformation", "stack/s/1"))],
    ),
    (
        "servicediscovery",
        "RegisterInstance",
        {"ServiceId": "srv-1"},
        [("servicediscovery:RegisterInstance", arn("servicediscovery", "service/srv-1"))],
    ),
    ("events", "PutRule", {"Name": "r"}, [("events:PutRule", arn("events", "rule/r"))]),
]


@pytest.mark.parametrize(("name", "operation", "params", "wanted"), CASES, ids=[f"{c[0]}:{c[1]}" for c in CASES])
def test_needs(name: str, operation: str, params: dict[str, Any], wanted: list[tuple[str, str]]) -> None:
    assert operation in models.service_model(name).operation_names
    table = service(name)
    found = [(need.action, need.resource) for need in table.needs(operation, params, table.place(R, A))]
    assert found == wanted


def test_tables_speak_of_operations_and_parameters_that_there_are() -> None:
    """A row that a new botocore has renamed would decide on `*` in silence."""
    wrong = []
    for name, table in SERVICES.items():
        model = models.service_model(name)
        known = {*model.operation_names}
        named = {*table.operations, *table.actions, *table.passes, *table.also}
        wrong += [f"{name}:{one}" for one in sorted(named - known)]
        for operation, templates in table.operations.items():
            wrong += [f"{name}:{operation} {one}" for one in templates if _strangers(one, name, operation)]
        for operation, rows in table.passes.items():
            members = model.operation_model(operation).input_shape.members if operation in known else {}
            wrong += [f"{name}:{operation} {path}" for path, _ in rows if path.partition(".")[0] not in members]
        for operation, more in table.also.items():
            members = model.operation_model(operation).input_shape.members if operation in known else {}
            wrong += [f"{name}:{operation} {parameter}" for parameter, _, _ in more if parameter not in members]
    assert not wrong


def _strangers(template: str, name: str, operation: str) -> list[str]:
    shape = models.operation_model(name, operation).input_shape
    return [field for field in re.findall(r"\{(\w+)", template) if field not in (shape.members if shape else {})]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_parameter_of_a_table_is_one_of_the_service(name: str) -> None:
    model = models.service_model(name)
    shapes = [model.operation_model(one).input_shape for one in model.operation_names]
    known = {member for shape in shapes if shape is not None for member in shape.members}
    named = {found for template in SERVICES[name].parameters for found in re.findall(r"\{(\w+)", template)}
    assert not named - known
    paths = [path for path in SERVICES[name].keys.values() if "{" not in path]
    templates = [path for path in SERVICES[name].keys.values() if "{" in path]
    keys = {path.partition(".")[0] for path in paths} | {
        one for path in templates for one in re.findall(r"\{(\w+)", path)
    }
    assert not keys - known


def test_a_passed_role_names_who_it_is_passed_to() -> None:
    table = service("ecs")
    needs = [*table.needs("RegisterTaskDefinition", {"family": "a", "taskRoleArn": ROLE}, table.place(R, A))]
    assert needs[-1].context == {"iam:passedtoservice": ("ecs-tasks.amazonaws.com",)}
