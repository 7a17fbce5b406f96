"""netflux.yaml, value by value against the walkthrough, and every value back from the Describe calls."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from netflux.cloudformation.template import parse
from netflux.cloudformation.validate import check

FOLDER = Path(__file__).parents[2] / "architecture"
BODY = (FOLDER / "netflux.yaml").read_text()


def test_the_template_is_clean_under_the_newest_rules() -> None:
    command = [str(Path(sys.executable).with_name("cfn-lint")), "-t", str(FOLDER / "netflux.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.stdout, done.returncode) == ("", 0)


def test_the_engine_carries_every_property_of_it() -> None:
    check(parse(BODY), "us-east-1")


def test_nothing_in_it_is_known_to_netflux_only() -> None:
    for word in ("localhost", "4566", "127.0.0.1", "Custom::", "000000000000"):
        assert word not in BODY


def test_no_password_is_written_down() -> None:
    for name, declaration in parse(BODY).resources.items():
        if declaration.type == "AWS::SecretsManager::Secret":
            assert "SecretString" not in declaration.properties, name
            assert "password" not in json.loads(declaration.properties["GenerateSecretString"]["SecretStringTemplate"])
        assert "MasterUserPassword" not in declaration.properties, name


def test_the_local_file_names_what_is_there() -> None:
    found = tomllib.loads((FOLDER / "netflux.toml").read_text())
    assert (FOLDER / found["template"]).exists()
    repositories = {
        each.properties["RepositoryName"]
        for each in parse(BODY).resources.values()
        if each.type == "AWS::ECR::Repository"
    }
    assert set(found["images"]) == repositories
    for source in (*found["images"].values(), *found["buckets"].values()):
        assert (FOLDER / source["folder"]).is_dir()


def test_a_task_waits_for_its_schema_and_starts_with_its_own_secret_only() -> None:
    resources = parse(BODY).resources
    for name in ("Movie", "Customer"):
        migrate, service = resources[f"{name}TaskDefinition"].properties["ContainerDefinitions"]
        assert migrate["Essential"] is False
        assert service["DependsOn"] == [{"ContainerName": "migrate", "Condition": "SUCCESS"}]
        assert [each["Name"] for each in service["Secrets"]] == [
            "SPRING_DATASOURCE_USERNAME",
            "SPRING_DATASOURCE_PASSWORD",
        ]
        assert {each["Name"] for each in migrate["Secrets"]} >= {"MASTER_USERNAME", "MASTER_PASSWORD"}


class Made:
    """The stack's resources as the region's own APIs describe them."""

    def __init__(self, cloud: Any, ids: dict[str, str]) -> None:
        self.cloud = cloud
        self.ids = ids

    async def all(self, service: str, operation: str, listed: str, **params: Any) -> list[dict[str, Any]]:
        """What a Describe call lists."""
        found: list[dict[str, Any]] = (await self.cloud.apis.call(service, operation, params))[listed]
        return found


@pytest.fixture
async def made(cloud: Any) -> Made:
    """The stack `netflux`, complete."""
    stack = await cloud.create(BODY, StackName="netflux")
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    resources = await cloud.resources("netflux")
    return Made(cloud, {name: each["PhysicalResourceId"] for name, each in resources.items()})


async def test_rows_1_to_4_network_and_security_groups(made: Made) -> None:
    vpc = (await made.all("ec2", "DescribeVpcs", "Vpcs", VpcIds=[made.ids["Vpc"]]))[0]
    assert (vpc["CidrBlock"], vpc["State"]) == ("10.0.0.0/16", "available")
    names = ("PublicSubnet1", "PublicSubnet2", "PrivateSubnet1", "PrivateSubnet2", "PrivateSubnet3", "PrivateSubnet4")
    subnets = {each["SubnetId"]: each for each in await made.all("ec2", "DescribeSubnets", "Subnets")}
    found = [subnets[made.ids[name]] for name in names]
    assert [each["CidrBlock"] for each in found] == [f"10.0.{number}.0/24" for number in range(1, 7)]
    assert [each["AvailabilityZone"][-1] for each in found] == list("ababab")
    tables = {each["RouteTableId"]: each for each in await made.all("ec2", "DescribeRouteTables", "RouteTables")}
    for table, target, members in (
        ("PublicRouteTable", ("GatewayId", made.ids["InternetGateway"]), names[:2]),
        ("PrivateRouteTable", ("NatGatewayId", made.ids["NatGateway"]), names[2:]),
    ):
        described = tables[made.ids[table]]
        route = next(each for each in described["Routes"] if each.get("DestinationCidrBlock") == "0.0.0.0/0")
        assert route[target[0]] == target[1]
        associated = {each.get("SubnetId") for each in described["Associations"]} - {None}
        assert associated == {made.ids[name] for name in members}
    groups = {each["GroupId"]: each for each in await made.all("ec2", "DescribeSecurityGroups", "SecurityGroups")}
    for name, title, about, port, sources in (
        ("AlbSecurityGroup", "netflux-alb-sg", "Allow external traffic to ALB", 80, ["0.0.0.0/0"]),
        (
            "AppSecurityGroup",
            "netflux-app-sg",
            "Allow traffic from ALB to app",
            8080,
            ["AlbSecurityGroup", "AppSecurityGroup"],
        ),
        ("DatabaseSecurityGroup", "netflux-db-sg", "Allow traffic from backend apps", 5432, ["AppSecurityGroup"]),
    ):
        group = groups[made.ids[name]]
        assert (group["GroupName"], group["Description"]) == (title, about)
        rules = group["IpPermissions"]
        assert {(each["IpProtocol"], each["FromPort"], each["ToPort"]) for each in rules} == {("tcp", port, port)}
        allowed = [pair["GroupId"] for each in rules for pair in each["UserIdGroupPairs"]]
        allowed += [block["CidrIp"] for each in rules for block in each["IpRanges"]]
        assert sorted(allowed) == sorted(made.ids.get(each, each) for each in sources)


async def test_rows_5_to_7_target_groups_listener_and_rules(made: Made) -> None:
    for name, title in (
        ("MovieTargetGroup", "movie-service-containers"),
        ("CustomerTargetGroup", "customer-service-containers"),
    ):
        arn = made.ids[name]
        group = (await made.all("elbv2", "DescribeTargetGroups", "TargetGroups", TargetGroupArns=[arn]))[0]
        wanted = {
            "TargetGroupName": title, "TargetType": "ip", "Protocol": "HTTP", "Port": 8080, "ProtocolVersion": "HTTP1",
            "HealthCheckProtocol": "HTTP", "HealthCheckPath": "/actuator/health", "HealthCheckIntervalSeconds": 30,
            "HealthCheckTimeoutSeconds": 5, "HealthyThresholdCount": 3, "UnhealthyThresholdCount": 3,
            "HealthCheckPort": "traffic-port", "Matcher": {"HttpCode": "200"}, "VpcId": made.ids["Vpc"],
        }  # fmt: skip
        assert {key: group[key] for key in wanted} == wanted
        attributes = await made.all("elbv2", "DescribeTargetGroupAttributes", "Attributes", TargetGroupArn=arn)
        assert {"Key": "deregistration_delay.timeout_seconds", "Value": "30"} in attributes
    balancer = (await made.all("elbv2", "DescribeLoadBalancers", "LoadBalancers"))[0]
    assert (balancer["LoadBalancerName"], balancer["Scheme"], balancer["Type"]) == (
        "netflux-alb",
        "internet-facing",
        "application",
    )
    assert balancer["SecurityGroups"] == [made.ids["AlbSecurityGroup"]]
    subnets = {each["SubnetId"] for each in balancer["AvailabilityZones"]}
    assert subnets == {made.ids["PublicSubnet1"], made.ids["PublicSubnet2"]}
    listener = (await made.all("elbv2", "DescribeListeners", "Listeners", LoadBalancerArn=made.ids["LoadBalancer"]))[0]
    assert (listener["Port"], listener["Protocol"]) == (80, "HTTP")
    assert listener["DefaultActions"][0]["FixedResponseConfig"] == {
        "StatusCode": "404", "ContentType": "text/plain", "MessageBody": ":(",
    }  # fmt: skip
    rules = await made.all("elbv2", "DescribeRules", "Rules", ListenerArn=made.ids["Listener"])
    found = {
        each["Priority"]: (each["Conditions"][0]["PathPatternConfig"]["Values"], each["Actions"][0]["TargetGroupArn"])
        for each in rules
        if not each["IsDefault"]
    }
    assert found == {
        "500": (["/api/movies*"], made.ids["MovieTargetGroup"]),
        "501": (["/api/customers/*"], made.ids["CustomerTargetGroup"]),
    }


async def test_rows_8_to_11_bucket_and_distribution(made: Made) -> None:
    call = made.cloud.apis.call
    assert made.ids["SiteBucket"] == "netflux-bucket"
    block = (await call("s3", "GetPublicAccessBlock", {"Bucket": "netflux-bucket"}))["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    policy = json.loads((await call("s3", "GetBucketPolicy", {"Bucket": "netflux-bucket"}))["Policy"])
    (statement,) = policy["Statement"]
    arn = f"arn:aws:cloudfront::000000000000:distribution/{made.ids['Distribution']}"
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert (statement["Action"], statement["Resource"]) == ("s3:GetObject", "arn:aws:s3:::netflux-bucket/*")
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceArn": arn}}
    config = (await call("cloudfront", "GetDistributionConfig", {"Id": made.ids["Distribution"]}))["DistributionConfig"]
    assert (config["DefaultRootObject"], config["PriceClass"], config["Enabled"]) == (
        "index.html",
        "PriceClass_All",
        True,
    )
    site, balancer = config["Origins"]["Items"]
    assert site["DomainName"].startswith("netflux-bucket.s3.us-east-1.")
    assert site["OriginAccessControlId"] == made.ids["OriginAccessControl"]
    assert site["S3OriginConfig"] == {"OriginAccessIdentity": ""}
    assert balancer["CustomOriginConfig"] == {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}
    (api,) = config["CacheBehaviors"]["Items"]
    assert (api["PathPattern"], api["ViewerProtocolPolicy"]) == ("/api/*", "redirect-to-https")
    assert set(api["AllowedMethods"]["Items"]) == {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"}
    assert api["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert api["OriginRequestPolicyId"] == "216adef6-5c7f-47e4-b989-5492eafa07d3"
    assert config["DefaultCacheBehavior"]["CachePolicyId"] == "658327ea-f89d-4fab-a63d-7e88639e58f6"
    control = await call("cloudfront", "GetOriginAccessControl", {"Id": made.ids["OriginAccessControl"]})
    signing = control["OriginAccessControl"]["OriginAccessControlConfig"]
    assert (signing["SigningProtocol"], signing["SigningBehavior"]) == ("sigv4", "always")


async def test_rows_12_to_15_database_secrets_repositories_cluster(made: Made) -> None:
    call = made.cloud.apis.call
    group = (await made.all("rds", "DescribeDBSubnetGroups", "DBSubnetGroups"))[0]
    subnets = {each["SubnetIdentifier"] for each in group["Subnets"]}
    assert subnets == {made.ids["PrivateSubnet3"], made.ids["PrivateSubnet4"]}
    sent = made.cloud.rds.instances["netflux-db"]
    wanted = {
        "Engine": "postgres", "EngineVersion": "17", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20,
        "StorageType": "gp3", "StorageEncrypted": True, "MultiAZ": False, "MasterUsername": "postgres",
        "ManageMasterUserPassword": True, "PubliclyAccessible": False, "BackupRetentionPeriod": 0,
        "VpcSecurityGroupIds": [made.ids["DatabaseSecurityGroup"]], "DBSubnetGroupName": "netflux-db-subnets",
    }  # fmt: skip
    assert {key: sent[key] for key in wanted} == wanted
    for owner in ("movie", "customer"):
        secret = json.loads(
            (await call("secretsmanager", "GetSecretValue", {"SecretId": f"/prod/netflux/db/{owner}"}))["SecretString"]
        )
        assert secret["username"] == owner
        assert len(secret["password"]) == 32
        assert secret["password"].isalnum()
    repositories = await made.all("ecr", "DescribeRepositories", "repositories")
    assert {each["repositoryName"] for each in repositories} == {"movie-service", "customer-service"}
    namespace = (await made.all("servicediscovery", "ListNamespaces", "Namespaces"))[0]
    assert (namespace["Name"], namespace["Type"]) == ("prod", "HTTP")
    cluster = made.cloud.ecs.clusters["prod"]
    assert cluster["serviceConnectDefaults"] == {"namespace": namespace["Arn"]}


@pytest.mark.parametrize("name", ["movie-service", "customer-service"])
async def test_rows_16_and_17_task_definitions_and_services(made: Made, name: str) -> None:
    call, title = made.cloud.apis.call, name.partition("-")[0].title()
    definition = (await call("ecs", "DescribeTaskDefinition", {"taskDefinition": made.ids[f"{title}TaskDefinition"]}))[
        "taskDefinition"
    ]
    assert (definition["family"], definition["cpu"], definition["memory"]) == (name, "512", "1024")
    assert (definition["networkMode"], definition["requiresCompatibilities"]) == ("awsvpc", ["FARGATE"])
    assert definition["taskRoleArn"].endswith(":role/netflux-task-role")
    assert definition["executionRoleArn"].endswith(":role/ecsTaskExecutionRole")
    container = definition["containerDefinitions"][1]
    assert container["portMappings"] == [
        {"name": f"{name}-8080", "containerPort": 8080, "protocol": "tcp", "appProtocol": "http"}
    ]
    assert {"name": "SPRING_PROFILES_ACTIVE", "value": "prod"} in container["environment"]
    assert container["logConfiguration"]["options"]["awslogs-group"] == f"/ecs/{name}"
    secret = made.ids[f"{title}Secret"]
    assert container["secrets"] == [
        {"name": "SPRING_DATASOURCE_USERNAME", "valueFrom": f"{secret}:username::"},
        {"name": "SPRING_DATASOURCE_PASSWORD", "valueFrom": f"{secret}:password::"},
    ]
    service = (await call("ecs", "DescribeServices", {"cluster": "prod", "services": [name]}))["services"][0]
    wanted = {
        "desiredCount": 2, "launchType": "FARGATE", "schedulingStrategy": "REPLICA",
        "healthCheckGracePeriodSeconds": 90,
        "loadBalancers": [
            {"containerName": name, "containerPort": 8080, "targetGroupArn": made.ids[f"{title}TargetGroup"]},
        ],
        "networkConfiguration": {"awsvpcConfiguration": {
            "assignPublicIp": "DISABLED", "securityGroups": [made.ids["AppSecurityGroup"]],
            "subnets": [made.ids["PrivateSubnet1"], made.ids["PrivateSubnet2"]],
        }},
    }  # fmt: skip
    assert {key: service[key] for key in wanted} == wanted
    assert service["deploymentConfiguration"]["minimumHealthyPercent"] == 100
    assert service["deploymentConfiguration"]["maximumPercent"] == 200
    connect = service["serviceConnectConfiguration"]
    assert connect["enabled"] is True
    assert connect["services"] == [
        {
            "portName": f"{name}-8080",
            "discoveryName": f"{name}-8080",
            "clientAliases": [{"dnsName": name, "port": 8080}],
        }
    ]


async def test_customer_service_starts_once_movie_service_is_there_but_not_yet_stable(made: Made) -> None:
    created = [params["serviceName"] for params in made.cloud.made("CreateService")]
    assert created == ["movie-service", "customer-service"]
    events = (await made.cloud.cf("DescribeStackEvents", StackName="netflux"))["StackEvents"]
    told = [f"{e['LogicalResourceId']} {e.get('DetailedStatus', e['ResourceStatus'])}" for e in reversed(events)]
    assert told.index("MovieService CONFIGURATION_COMPLETE") < told.index("CustomerService CREATE_IN_PROGRESS")


async def test_the_execution_role_may_do_what_starting_a_task_needs_and_no_more(made: Made) -> None:
    call = made.cloud.apis.call
    names = (await call("iam", "ListRolePolicies", {"RoleName": "ecsTaskExecutionRole"}))["PolicyNames"]
    assert set(names) == {"pull-images", "read-secrets", "write-logs"}
    found = await call("iam", "GetRolePolicy", {"RoleName": "ecsTaskExecutionRole", "PolicyName": "read-secrets"})
    document = found["PolicyDocument"]
    (statement,) = json.loads(unquote(document))["Statement"]
    assert statement["Action"] == "secretsmanager:GetSecretValue"
    assert set(statement["Resource"]) >= {made.ids["MovieSecret"], made.ids["CustomerSecret"]}
    assert len(statement["Resource"]) == 3


async def test_the_outputs_are_addresses(made: Made) -> None:
    stack = (await made.cloud.cf("DescribeStacks", StackName="netflux"))["Stacks"][0]
    found = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert found["SiteUrl"].startswith("https://")
    assert found["BucketName"] == "netflux-bucket"
    assert found["DatabaseEndpoint"].endswith(":5432")
    assert found["ClusterName"] == "prod"
    assert ".elb." in found["LoadBalancerDnsName"]
