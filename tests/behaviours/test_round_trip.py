"""For every create call of the walkthrough: what describe returns has every field that was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.behaviours.bodies import ALL_VIEWER, CACHING_DISABLED, CACHING_OPTIMIZED, METHODS, TRUST
from tests.behaviours.cloud import Cloud

pytestmark = [pytest.mark.e2e]


class Trip:
    """Creates, describes, and notes what was dropped."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._clients: dict[str, Any] = {}
        self.dropped: list[str] = []
        self.trips = 0

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._cloud.boto3(service)
        return self._clients[service]

    def __call__(
        self, service: str, create: str, sent: dict[str, Any], describe: Callable[[Any, Any], Any]
    ) -> dict[str, Any]:
        client = self.client(service)
        created: dict[str, Any] = getattr(client, create)(**sent)
        self._compare(f"{service}.{create}", describe(client, created), sent)
        self.trips += 1
        return created

    def _compare(self, where: str, found: Any, sent: Any) -> None:
        if isinstance(sent, dict) and isinstance(found, dict):
            for name, value in sent.items():
                if name not in found:
                    self.dropped.append(f"{where}.{name}")
                else:
                    self._compare(f"{where}.{name}", found[name], value)
        elif isinstance(sent, list) and sent and isinstance(sent[0], dict):
            missing = [item for item in sent if not any(_holds(one, item) for one in found)]
            self.dropped += [f"{where}: {item}" for item in missing]
        elif isinstance(sent, list):
            if sorted(map(str, sent)) != sorted(map(str, found)):
                self.dropped.append(f"{where}: {sent} became {found}")
        elif str(sent) != str(found):
            self.dropped.append(f"{where}: {sent!r} became {found!r}")


def _holds(found: Any, sent: Any) -> bool:
    trip = Trip.__new__(Trip)
    trip.dropped = []
    trip._compare("", found, sent)
    return not trip.dropped


def test_nothing_that_the_walkthrough_sends_is_dropped(empty_cloud: Cloud) -> None:
    trip = Trip(empty_cloud)
    net = _network(trip)
    targets = _load_balancer(trip, net)
    _edge(trip)
    _database(trip, net)
    _fargate(trip, net, targets)
    assert not trip.dropped
    assert trip.trips >= 20


def _network(trip: Trip) -> dict[str, Any]:
    vpc = trip(
        "ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "default"},
        lambda c, made: c.describe_vpcs(VpcIds=[made["Vpc"]["VpcId"]])["Vpcs"][0],
    )["Vpc"]["VpcId"]  # fmt: skip
    subnets = [
        trip(
            "ec2", "create_subnet", {"VpcId": vpc, "CidrBlock": f"10.0.{n}.0/24", "AvailabilityZone": zone},
            lambda c, made: c.describe_subnets(SubnetIds=[made["Subnet"]["SubnetId"]])["Subnets"][0],
        )["Subnet"]["SubnetId"]
        for n, zone in ((1, "us-east-1a"), (2, "us-east-1b"))
    ]  # fmt: skip
    group = trip(
        "ec2", "create_security_group", {"GroupName": "g", "Description": "Allow external traffic", "VpcId": vpc},
        lambda c, made: c.describe_security_groups(GroupIds=[made["GroupId"]])["SecurityGroups"][0],
    )["GroupId"]  # fmt: skip
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    trip(
        "ec2", "authorize_security_group_ingress", {"GroupId": group, "IpPermissions": [permission]},
        lambda c, _: c.describe_security_groups(GroupIds=[group])["SecurityGroups"][0],
    )  # fmt: skip
    gateway = trip.client("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    trip(
        "ec2", "attach_internet_gateway", {"InternetGatewayId": gateway, "VpcId": vpc},
        lambda c, _: {
            "InternetGatewayId": gateway,
            **c.describe_internet_gateways(InternetGatewayIds=[gateway])["InternetGateways"][0]["Attachments"][0],
        },
    )  # fmt: skip
    table = trip(
        "ec2", "create_route_table", {"VpcId": vpc},
        lambda c, made: c.describe_route_tables(RouteTableIds=[made["RouteTable"]["RouteTableId"]])["RouteTables"][0],
    )["RouteTable"]["RouteTableId"]  # fmt: skip
    trip(
        "ec2", "create_route", {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway},
        lambda c, _: {
            "RouteTableId": table, **c.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"][-1]
        },
    )  # fmt: skip
    return {"vpc": vpc, "subnets": subnets, "group": group}


def _load_balancer(trip: Trip, net: dict[str, Any]) -> str:
    sent = {
        "Name": "movie-service-containers", "TargetType": "ip", "Protocol": "HTTP", "Port": 8080,
        "ProtocolVersion": "HTTP1", "VpcId": net["vpc"], "HealthCheckProtocol": "HTTP",
        "HealthCheckPath": "/actuator/health", "HealthyThresholdCount": 3, "UnhealthyThresholdCount": 3,
        "HealthCheckTimeoutSeconds": 5, "HealthCheckIntervalSeconds": 30, "Matcher": {"HttpCode": "200"},
    }  # fmt: skip
    group: str = trip(
        "elbv2", "create_target_group", sent,
        lambda c, made: _renamed(
            c.describe_target_groups(TargetGroupArns=[made["TargetGroups"][0]["TargetGroupArn"]])["TargetGroups"][0],
            TargetGroupName="Name",
        ),
    )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
    attributes = [{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]
    trip(
        "elbv2", "modify_target_group_attributes", {"TargetGroupArn": group, "Attributes": attributes},
        lambda c, _: {"TargetGroupArn": group, **c.describe_target_group_attributes(TargetGroupArn=group)},
    )  # fmt: skip
    sent = {
        "Name": "netflux-alb", "Scheme": "internet-facing", "Type": "application", "IpAddressType": "ipv4",
        "Subnets": net["subnets"], "SecurityGroups": [net["group"]],
    }  # fmt: skip

    def balancer_found(c: Any, made: Any) -> Any:
        arn = made["LoadBalancers"][0]["LoadBalancerArn"]
        found = _renamed(c.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0], LoadBalancerName="Name")
        return {**found, "Subnets": [zone["SubnetId"] for zone in found["AvailabilityZones"]]}

    balancer = trip("elbv2", "create_load_balancer", sent, balancer_found)["LoadBalancers"][0]["LoadBalancerArn"]
    fixed = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": ":("}
    action = {"Type": "fixed-response", "FixedResponseConfig": fixed}
    listener = trip(
        "elbv2", "create_listener",
        {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80, "DefaultActions": [action]},
        lambda c, made: c.describe_listeners(ListenerArns=[made["Listeners"][0]["ListenerArn"]])["Listeners"][0],
    )["Listeners"][0]["ListenerArn"]  # fmt: skip
    condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/movies*"]}}
    forward = {"Type": "forward", "TargetGroupArn": group}
    trip(
        "elbv2", "create_rule",
        {"ListenerArn": listener, "Priority": 500, "Conditions": [condition], "Actions": [forward]},
        lambda c, made: {
            "ListenerArn": listener, **c.describe_rules(RuleArns=[made["Rules"][0]["RuleArn"]])["Rules"][0]
        },
    )  # fmt: skip
    return group


def _edge(trip: Trip) -> None:
    trip.client("s3").create_bucket(Bucket="round-trip")
    control = {
        "Name": "oac", "Description": "d", "SigningProtocol": "sigv4", "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }  # fmt: skip
    made = trip(
        "cloudfront", "create_origin_access_control", {"OriginAccessControlConfig": control},
        lambda c, made: c.get_origin_access_control(Id=made["OriginAccessControl"]["Id"])["OriginAccessControl"],
    )  # fmt: skip
    origins = [
        {
            "Id": "site", "DomainName": "round-trip.s3.us-east-1.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""},
            "OriginAccessControlId": made["OriginAccessControl"]["Id"], "ConnectionAttempts": 2, "ConnectionTimeout": 5,
        },
        {
            "Id": "alb", "DomainName": "x-1.us-east-1.elb.amazonaws.com",
            "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"},
        },
    ]  # fmt: skip
    methods = {"Quantity": 2, "Items": ["GET", "HEAD"], "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]}}
    every = {**methods, "Quantity": 7, "Items": METHODS}
    behavior = {
        "TargetOriginId": "site", "ViewerProtocolPolicy": "redirect-to-https", "CachePolicyId": CACHING_OPTIMIZED,
        "Compress": True, "AllowedMethods": methods,
    }  # fmt: skip
    api = {
        **behavior, "PathPattern": "/api/*", "TargetOriginId": "alb", "AllowedMethods": every,
        "CachePolicyId": CACHING_DISABLED, "OriginRequestPolicyId": ALL_VIEWER,
    }  # fmt: skip
    config = {
        "CallerReference": "round-trip", "Comment": "c", "Enabled": True, "PriceClass": "PriceClass_All",
        "DefaultRootObject": "index.html", "HttpVersion": "http2", "Origins": {"Quantity": 2, "Items": origins},
        "DefaultCacheBehavior": behavior, "CacheBehaviors": {"Quantity": 1, "Items": [api]},
    }  # fmt: skip
    trip(
        "cloudfront", "create_distribution", {"DistributionConfig": config},
        lambda c, made: c.get_distribution(Id=made["Distribution"]["Id"])["Distribution"],
    )  # fmt: skip


def _database(trip: Trip, net: dict[str, Any]) -> None:
    sent: dict[str, Any] = {
        "DBSubnetGroupName": "round-trip", "DBSubnetGroupDescription": "d", "SubnetIds": net["subnets"]
    }  # fmt: skip

    def group_found(c: Any, _: Any) -> Any:
        found = c.describe_db_subnet_groups(DBSubnetGroupName="round-trip")["DBSubnetGroups"][0]
        return {**found, "SubnetIds": [subnet["SubnetIdentifier"] for subnet in found["Subnets"]]}

    trip("rds", "create_db_subnet_group", sent, group_found)
    sent = {
        "DBInstanceIdentifier": "round-trip", "Engine": "postgres", "DBInstanceClass": "db.t4g.micro",
        "AllocatedStorage": 20, "MasterUsername": "boss", "ManageMasterUserPassword": True,
        "DBSubnetGroupName": "round-trip", "VpcSecurityGroupIds": [net["group"]], "PubliclyAccessible": False,
        "BackupRetentionPeriod": 0, "Port": 5433,
    }  # fmt: skip

    def instance_found(c: Any, made: Any) -> Any:
        found = c.describe_db_instances(DBInstanceIdentifier="round-trip")["DBInstances"][0]
        return {
            **found,
            "DBSubnetGroupName": found["DBSubnetGroup"]["DBSubnetGroupName"],
            "VpcSecurityGroupIds": [group["VpcSecurityGroupId"] for group in found["VpcSecurityGroups"]],
            "ManageMasterUserPassword": "MasterUserSecret" in found,
            "Port": found.get("Endpoint", {}).get("Port", 5433),
        }

    trip("rds", "create_db_instance", sent, instance_found)
    secret = {"Name": "/prod/netflux/db/x", "Description": "d", "SecretString": '{"username":"x"}'}
    trip(
        "secretsmanager", "create_secret", secret,
        lambda c, made: {**c.describe_secret(SecretId=made["ARN"]), **c.get_secret_value(SecretId=made["ARN"])},
    )  # fmt: skip
    trip.client("rds").delete_db_instance(DBInstanceIdentifier="round-trip", SkipFinalSnapshot=True)


def _fargate(trip: Trip, net: dict[str, Any], group: str) -> None:
    trip(
        "ecr", "create_repository", {"repositoryName": "round-trip", "imageTagMutability": "IMMUTABLE"},
        lambda c, _: c.describe_repositories(repositoryNames=["round-trip"])["repositories"][0],
    )  # fmt: skip
    trip(
        "iam", "create_role", {"RoleName": "round-trip", "AssumeRolePolicyDocument": TRUST, "Description": "d"},
        lambda c, _: {
            **(role := c.get_role(RoleName="round-trip")["Role"]),
            "AssumeRolePolicyDocument": json.dumps(role["AssumeRolePolicyDocument"]),
        },
    )  # fmt: skip
    trip.client("servicediscovery").create_http_namespace(Name="round-trip")
    connect = {"namespace": "round-trip"}
    trip(
        "ecs", "create_cluster", {"clusterName": "round-trip", "tags": [{"key": "a", "value": "b"}]},
        lambda c, _: c.describe_clusters(clusters=["round-trip"], include=["TAGS"])["clusters"][0],
    )  # fmt: skip
    options = {"awslogs-group": "/round-trip", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs"}
    first = {
        "name": "migrate", "image": "round-trip:1", "essential": False, "command": ["a", "b"], "cpu": 0,
        "environment": [{"name": "A", "value": "b"}], "secrets": [{"name": "S", "valueFrom": "arn:x:password::"}],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }  # fmt: skip
    second = {
        **first, "name": "app", "essential": True, "stopTimeout": 20,
        "dependsOn": [{"containerName": "migrate", "condition": "SUCCESS"}],
        "portMappings": [{"name": "app-8080", "containerPort": 8080, "protocol": "tcp", "appProtocol": "http"}],
        "healthCheck": {"command": ["CMD-SHELL", "true"], "interval": 10, "timeout": 3, "retries": 2, "startPeriod": 5},
    }  # fmt: skip
    role = "arn:aws:iam::123456789012:role/round-trip"
    definition = {
        "family": "round-trip", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "512",
        "memory": "1024", "taskRoleArn": role, "executionRoleArn": role, "containerDefinitions": [first, second],
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    }  # fmt: skip
    trip(
        "ecs", "register_task_definition", definition,
        lambda c, _: c.describe_task_definition(taskDefinition="round-trip")["taskDefinition"],
    )  # fmt: skip
    network = {"subnets": net["subnets"], "securityGroups": [net["group"]], "assignPublicIp": "DISABLED"}
    endpoint = {"portName": "app-8080", "discoveryName": "app", "clientAliases": [{"port": 8080, "dnsName": "app"}]}
    service = {
        "cluster": "round-trip", "serviceName": "round-trip", "taskDefinition": "round-trip", "desiredCount": 0,
        "launchType": "FARGATE", "platformVersion": "LATEST", "schedulingStrategy": "REPLICA",
        "healthCheckGracePeriodSeconds": 90, "enableExecuteCommand": False, "propagateTags": "SERVICE",
        "deploymentConfiguration": {
            "minimumHealthyPercent": 100, "maximumPercent": 200,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        "loadBalancers": [{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
        "networkConfiguration": {"awsvpcConfiguration": network},
        "serviceConnectConfiguration": {"enabled": True, **connect, "services": [endpoint]},
    }  # fmt: skip

    def service_found(c: Any, _: Any) -> Any:
        found = c.describe_services(cluster="round-trip", services=["round-trip"])["services"][0]
        return {
            **found,
            "cluster": found["clusterArn"].rpartition("/")[2],
            "taskDefinition": found["taskDefinition"].rpartition("/")[2].partition(":")[0],
            "serviceConnectConfiguration": found["deployments"][0]["serviceConnectConfiguration"],
        }

    trip("ecs", "create_service", service, service_found)


def _renamed(found: dict[str, Any], **names: str) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in found.items()}
