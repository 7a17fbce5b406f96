"""A region's answers, written down: two zones, one load balancer, a healthy and an unhealthy task, a database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from netflux.console.routes import Push, Sources
from netflux.errors import AwsError
from netflux.seed.config import ImageSource

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ALB = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/netflux-alb/1"
GROUP = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/movie-service-containers/1"
CLUSTER = "arn:aws:ecs:us-east-1:000000000000:cluster/prod"
SERVICE = "arn:aws:ecs:us-east-1:000000000000:service/prod/movie-service"
DNS = "netflux-alb-1.us-east-1.elb.localhost"


def _tags(name: str) -> list[dict[str, str]]:
    return [{"Key": "Name", "Value": name}]


def _subnet(number: int, zone: str, name: str) -> dict[str, Any]:
    return {
        "SubnetId": f"subnet-{number}",
        "VpcId": "vpc-1",
        "AvailabilityZone": f"us-east-1{zone}",
        "CidrBlock": f"10.0.{number}.0/24",
        "Tags": _tags(f"netflux-{name}"),
    }


def _task(number: int, subnet: int) -> dict[str, Any]:
    return {
        "taskArn": f"arn:aws:ecs:us-east-1:000000000000:task/prod/{number:032x}",
        "group": "service:movie-service",
        "lastStatus": "RUNNING",
        "attachments": [
            {
                "details": [
                    {"name": "subnetId", "value": f"subnet-{subnet}"},
                    {"name": "networkInterfaceId", "value": f"eni-{number}"},
                    {"name": "privateIPv4Address", "value": f"10.0.{subnet}.{number}"},
                ]
            }
        ],
    }


def _rule(port: int, **source: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [], "UserIdGroupPairs": [], **source}


ANSWERS: dict[str, dict[str, Any]] = {
    "DescribeStacks": {"Stacks": [{"StackName": "netflux", "StackId": "stack-1", "StackStatus": "CREATE_COMPLETE"}]},
    "DescribeVpcs": {"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "Tags": _tags("netflux-vpc")}]},
    "DescribeSubnets": {
        "Subnets": [
            _subnet(1, "a", "public-1"),
            _subnet(2, "b", "public-2"),
            _subnet(3, "a", "private-1"),
            _subnet(4, "b", "private-2"),
            _subnet(5, "a", "private-3"),
            _subnet(6, "b", "private-4"),
        ]
    },
    "DescribeRouteTables": {
        "RouteTables": [
            {
                "RouteTableId": "rtb-1",
                "VpcId": "vpc-1",
                "Routes": [{"GatewayId": "igw-1", "DestinationCidrBlock": "0.0.0.0/0"}],
                "Associations": [{"SubnetId": "subnet-1"}, {"SubnetId": "subnet-2"}],
            },
            {"RouteTableId": "rtb-2", "VpcId": "vpc-1", "Routes": [], "Associations": [{"Main": True}]},
        ]
    },
    "DescribeInternetGateways": {
        "InternetGateways": [
            {"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": "vpc-1"}], "Tags": _tags("netflux-igw")}
        ]
    },
    "DescribeNatGateways": {
        "NatGateways": [
            {
                "NatGatewayId": "nat-1",
                "SubnetId": "subnet-1",
                "State": "available",
                "Tags": _tags("netflux-nat"),
                "NatGatewayAddresses": [{"NetworkInterfaceId": "eni-nat"}],
            }
        ]
    },
    "DescribeSecurityGroups": {
        "SecurityGroups": [
            {
                "GroupId": "sg-1",
                "VpcId": "vpc-1",
                "GroupName": "netflux-alb-sg",
                "IpPermissions": [_rule(80, IpRanges=[{"CidrIp": "0.0.0.0/0"}])],
            },
            {
                "GroupId": "sg-2",
                "VpcId": "vpc-1",
                "GroupName": "netflux-app-sg",
                "IpPermissions": [_rule(8080, UserIdGroupPairs=[{"GroupId": "sg-1"}, {"GroupId": "sg-2"}])],
            },
        ]
    },
    "DescribeNetworkInterfaces": {"NetworkInterfaces": []},
    "DescribeLoadBalancers": {
        "LoadBalancers": [
            {
                "LoadBalancerArn": ALB,
                "LoadBalancerName": "netflux-alb",
                "DNSName": DNS,
                "VpcId": "vpc-1",
                "Scheme": "internet-facing",
                "Type": "application",
                "State": {"Code": "active"},
            }
        ]
    },
    "DescribeListeners": {
        "Listeners": [{"ListenerArn": "l-1", "LoadBalancerArn": ALB, "Protocol": "HTTP", "Port": 80}]
    },
    "DescribeRules": {
        "Rules": [
            {
                "Priority": "500",
                "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/movies*"]}}],
                "Actions": [{"Type": "forward", "TargetGroupArn": GROUP}],
            },
            {
                "Priority": "default",
                "IsDefault": True,
                "Conditions": [],
                "Actions": [
                    {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "MessageBody": ":("}}
                ],
            },
        ]
    },
    "DescribeTargetGroups": {
        "TargetGroups": [
            {
                "TargetGroupArn": GROUP,
                "TargetGroupName": "movie-service-containers",
                "Protocol": "HTTP",
                "Port": 8080,
                "HealthCheckProtocol": "HTTP",
                "HealthCheckPath": "/actuator/health",
                "HealthCheckIntervalSeconds": 30,
                "LoadBalancerArns": [ALB],
            }
        ]
    },
    "DescribeTargetHealth": {
        "TargetHealthDescriptions": [
            {"Target": {"Id": "10.0.3.11", "Port": 8080}, "TargetHealth": {"State": "healthy"}},
            {
                "Target": {"Id": "10.0.4.12", "Port": 8080},
                "TargetHealth": {
                    "State": "unhealthy",
                    "Reason": "Target.ResponseCodeMismatch",
                    "Description": "Health checks failed with these codes: [503]",
                },
            },
        ]
    },
    "ListClusters": {"clusterArns": [CLUSTER]},
    "DescribeClusters": {"clusters": [{"clusterArn": CLUSTER, "clusterName": "prod"}]},
    "ListServices": {"serviceArns": [SERVICE]},
    "DescribeServices": {
        "services": [
            {
                "serviceArn": SERVICE,
                "serviceName": "movie-service",
                "taskDefinition": "movie-service:1",
                "status": "ACTIVE",
                "desiredCount": 2,
                "runningCount": 2,
                "pendingCount": 0,
                "loadBalancers": [{"targetGroupArn": GROUP}],
                "events": [{"id": "1", "createdAt": NOW, "message": "(service movie-service) has started 2 tasks."}],
                "deployments": [
                    {
                        "status": "PRIMARY",
                        "rolloutState": "COMPLETED",
                        "serviceConnectConfiguration": {
                            "namespace": "arn:aws:servicediscovery:us-east-1:000000000000:namespace/prod",
                            "services": [
                                {
                                    "discoveryName": "movie-service-8080",
                                    "clientAliases": [{"dnsName": "movie-service", "port": 8080}],
                                }
                            ],
                        },
                    }
                ],
            }
        ]
    },
    "ListTasks": {"taskArns": ["1", "2"]},
    "DescribeTasks": {"tasks": [_task(11, 3), _task(12, 4)]},
    "DescribeTaskDefinition": {
        "taskDefinition": {
            "containerDefinitions": [
                {"name": "migrate", "logConfiguration": {"options": {"awslogs-group": "/ecs/movie-service"}}},
                {"name": "movie-service", "logConfiguration": {"options": {"awslogs-group": "/ecs/movie-service"}}},
            ]
        }
    },
    "FilterLogEvents": {
        "events": [
            {"eventId": "2", "logStreamName": "ecs/movie-service/b", "timestamp": 2000, "message": "second"},
            {"eventId": "1", "logStreamName": "ecs/movie-service/a", "timestamp": 1000, "message": "first"},
        ]
    },
    "DescribeDBInstances": {
        "DBInstances": [
            {
                "DBInstanceIdentifier": "netflux-db",
                "Engine": "postgres",
                "EngineVersion": "17.10",
                "DBInstanceStatus": "available",
                "AvailabilityZone": "us-east-1a",
                "DBSubnetGroup": {"Subnets": [{"SubnetIdentifier": "subnet-5"}, {"SubnetIdentifier": "subnet-6"}]},
                "Endpoint": {"Address": "netflux-db.c1.us-east-1.rds.localhost", "Port": 5432},
            }
        ]
    },
    "ListBuckets": {"Buckets": [{"Name": "netflux-bucket", "CreationDate": NOW}]},
    "DescribeRepositories": {"repositories": [{"repositoryArn": "r-1", "repositoryName": "movie-service"}]},
    "DescribeImages": {"imageDetails": [{"imageTags": ["latest"], "imageDigest": "sha256:1"}]},
    "ListNamespaces": {"Namespaces": [{"Arn": "n-1", "Name": "prod"}]},
    "ListSecrets": {"SecretList": [{"ARN": "s-1", "Name": "/prod/netflux/db/movie"}]},
    "ListDistributions": {"DistributionList": {"Items": [{"Id": "E1"}]}},
    "GetDistribution": {
        "Distribution": {
            "Id": "E1",
            "DomainName": "e1.cloudfront.localhost",
            "Status": "Deployed",
            "DistributionConfig": {
                "Origins": {
                    "Items": [
                        {"Id": "site", "DomainName": "netflux-bucket.s3.us-east-1.localhost"},
                        {"Id": "alb", "DomainName": DNS},
                    ]
                },
                "DefaultCacheBehavior": {"TargetOriginId": "site"},
                "CacheBehaviors": {"Items": [{"PathPattern": "/api/*", "TargetOriginId": "alb"}]},
            },
        }
    },
}

FACTS: dict[str, Any] = {
    "version": "0.1.0",
    "pid": 1,
    "port": 4567,
    "region": "us-east-1",
    "account": "000000000000",
    "speed": 1.0,
    "network": "loopback",
    "enforces_security_groups": False,
    "runtime": "process",
    "state": "/tmp/state",
    "ca": "/tmp/state/ca/ca.pem",
    "failures": [],
    "faults": [
        {
            "kind": "disk",
            "subject": "/tmp/state",
            "message": "The disk of /tmp/state is full (0.0 MB free).",
            "hint": "Make room.",
            "since": "2026-01-01T00:00:00+00:00",
        }
    ],
}


class Cloud:
    """Answers from `ANSWERS`; an operation that is taken out is refused as unsupported."""

    def __init__(self) -> None:
        self.without: set[str] = set()
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        import copy

        self.calls.append((operation, params))
        if operation in self.without:
            raise AwsError("UnsupportedOperation", f"{service}:{operation} is not supported by Netflux.", 501)
        return copy.deepcopy(ANSWERS.get(operation, {}))


DROPPED = {
    "vpc": "vpc-1", "direction": "inbound", "packets": 3, "bytes": 180,
    "groups": [{"id": "sg-1", "name": "netflux-db-sg"}], "interfaces": [{"id": "eni-1", "address": "10.0.5.88"}],
}  # fmt: skip


class Counting:
    """An inquiry whose kernel has dropped something."""

    async def ask(self, source: str, destination: str, port: int | None, *, probe: bool) -> dict[str, Any]:
        raise NotImplementedError

    async def dropped(self, _interfaces: object) -> list[dict[str, Any]]:
        return [DROPPED]


class _Nothing:
    """Nothing was denied."""

    async def last(self) -> list[dict[str, Any]]:
        return []

    async def explain(self, principal: str, action: str, resource: str) -> dict[str, Any]:
        raise NotImplementedError


async def _refused(_image: ImageSource) -> str:
    raise NotImplementedError


def sources(region: Cloud, push: Push = _refused) -> Sources:
    """The console's, of this region."""
    return Sources(region.call, lambda: FACTS, Counting(), _Nothing(), push, lambda _wanted: [])
