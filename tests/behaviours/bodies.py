"""What the walkthrough sends: request bodies, row by row, with its values and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

APP = "netflux"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
EXECUTION_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
READ_SECRETS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": "arn:aws:secretsmanager:us-east-1:123456789012:secret:*",
            }
        ],
    }
)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


@dataclass(frozen=True)
class Database:
    """What a service needs to know of its database.

    Attributes:
        endpoint: as DescribeDBInstances has it.
        master: ARN of the master user's secret.
        own: ARN of the service's secret; None leaves it out.
    """

    endpoint: dict[str, Any]
    master: str
    own: str | None


def distribution(bucket: str, control: str) -> dict[str, Any]:
    """Row 9: the site alone, through its origin access control."""
    origin = {
        "Id": "site",
        "DomainName": f"{bucket}.s3.us-east-1.amazonaws.com",
        "OriginAccessControlId": control,
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    behavior = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": CACHING_OPTIMIZED,
        "Compress": True,
        "AllowedMethods": methods(["GET", "HEAD"]),
    }
    return {
        "CallerReference": "walkthrough",
        "Comment": APP,
        "Enabled": True,
        "PriceClass": "PriceClass_All",
        "DefaultRootObject": "index.html",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behavior,
    }


def bucket_policy(bucket: str, distribution: str) -> str:
    """Row 10: only this distribution reads the bucket."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": distribution}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def api_behavior() -> dict[str, Any]:
    """Row 11: everything below /api/ goes to the load balancer, uncached and whole."""
    return {
        "PathPattern": "/api/*",
        "TargetOriginId": "alb",
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": methods(METHODS),
        "CachePolicyId": CACHING_DISABLED,
        "OriginRequestPolicyId": ALL_VIEWER,
        "Compress": True,
    }


def task_definition(name: str, database: Database) -> dict[str, Any]:
    """Row 16: a container that migrates, then the service."""
    short = name.removesuffix("-service")
    url = f"jdbc:postgresql://{database.endpoint['Address']}:{database.endpoint['Port']}/{short}"
    own = [
        {"name": f"SPRING_DATASOURCE_{key.upper()}", "valueFrom": f"{database.own}:{key}::"}
        for key in ("username", "password")
        if database.own
    ]
    master = [
        {"name": f"MASTER_{key.upper()}", "valueFrom": f"{database.master}:{key}::"} for key in ("username", "password")
    ]
    migrate = {
        "name": "migrate",
        "image": image(name),
        "essential": False,
        "command": ["python", "-m", "netflux_database", short],
        "environment": [{"name": "SPRING_DATASOURCE_URL", "value": url}],
        "secrets": own + master,
        "logConfiguration": awslogs(name),
    }
    service = {
        "name": name,
        "image": image(name),
        "essential": True,
        "dependsOn": [{"containerName": "migrate", "condition": "SUCCESS"}],
        "portMappings": [{"name": f"{name}-8080", "containerPort": 8080, "protocol": "tcp", "appProtocol": "http"}],
        "environment": [
            {"name": "SPRING_PROFILES_ACTIVE", "value": "prod"},
            {"name": "SPRING_DATASOURCE_URL", "value": url},
        ],
        "secrets": own,
        "logConfiguration": awslogs(name),
    }
    return {
        "family": name,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "512",
        "memory": "1024",
        "taskRoleArn": f"arn:aws:iam::123456789012:role/{APP}-task-role",
        "executionRoleArn": "arn:aws:iam::123456789012:role/ecsTaskExecutionRole",
        "containerDefinitions": [migrate, service],
    }


def image(name: str) -> str:
    """By the name that AWS has for it."""
    return f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{name}:latest"


def service(name: str, subnets: list[str], group: str, target: str | None, *, connect: bool = True) -> dict[str, Any]:
    """Row 17, with no task yet. Without a target group it is behind no load balancer."""
    network = {
        "subnets": subnets,
        "securityGroups": [group],
        "assignPublicIp": "DISABLED",
    }
    wanted: dict[str, Any] = {
        "cluster": "prod",
        "serviceName": name,
        "taskDefinition": name,
        "desiredCount": 0,
        "launchType": "FARGATE",
        "deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 200},
        "networkConfiguration": {"awsvpcConfiguration": network},
    }
    if target:
        registered = {"targetGroupArn": target, "containerName": name, "containerPort": 8080}
        wanted |= {"loadBalancers": [registered], "healthCheckGracePeriodSeconds": 90}
    if connect:
        endpoint = {
            "portName": f"{name}-8080",
            "discoveryName": f"{name}-8080",
            "clientAliases": [{"port": 8080, "dnsName": name}],
        }
        wanted["serviceConnectConfiguration"] = {"enabled": True, "namespace": "prod", "services": [endpoint]}
    return wanted


def methods(allowed: list[str]) -> dict[str, Any]:
    """Allowed methods; GET and HEAD are cached."""
    cached = {"Quantity": 2, "Items": ["GET", "HEAD"]}
    return {"Quantity": len(allowed), "Items": allowed, "CachedMethods": cached}


def awslogs(name: str) -> dict[str, Any]:
    """One log group for each service."""
    options = {"awslogs-group": f"/ecs/{name}", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs"}
    return {"logDriver": "awslogs", "options": options}
