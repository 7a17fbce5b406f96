"""Names as a task sees them, on a running cloud whose tasks have a network of their own."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netflux.runtime import enclosure
from tests.behaviours.cloud import Cloud, running, wait_for

REFUSED = enclosure.refusal()
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.skipif(REFUSED is not None, reason=f"network namespaces: {REFUSED}"),
]

TEMPLATE = """
Resources:
  Vpc: {Type: "AWS::EC2::VPC", Properties: {CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true}}
  One: {Type: "AWS::EC2::Subnet", Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1a}}
  Two: {Type: "AWS::EC2::Subnet", Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.2.0/24, AvailabilityZone: us-east-1b}}
  Routes: {Type: "AWS::EC2::RouteTable", Properties: {VpcId: !Ref Vpc}}
  Routed: {Type: "AWS::EC2::SubnetRouteTableAssociation", Properties: {RouteTableId: !Ref Routes, SubnetId: !Ref One}}
  S3:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      {VpcId: !Ref Vpc, VpcEndpointType: Gateway, ServiceName: com.amazonaws.us-east-1.s3, RouteTableIds: [!Ref Routes]}
  EcrApi:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      VpcEndpointType: Interface
      PrivateDnsEnabled: true
      SubnetIds: [!Ref Two]
      ServiceName: com.amazonaws.us-east-1.ecr.api
  EcrDkr:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      VpcEndpointType: Interface
      PrivateDnsEnabled: true
      SubnetIds: [!Ref Two]
      ServiceName: com.amazonaws.us-east-1.ecr.dkr
  LogsApi:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      VpcEndpointType: Interface
      PrivateDnsEnabled: true
      SubnetIds: [!Ref Two]
      ServiceName: com.amazonaws.us-east-1.logs
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Name: shop, Scheme: internal, Subnets: [!Ref One, !Ref Two]}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 8080
      Protocol: HTTP
      DefaultActions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: "200", MessageBody: hello}}]
  Subnets:
    Type: AWS::RDS::DBSubnetGroup
    Properties: {DBSubnetGroupDescription: s, SubnetIds: [!Ref One, !Ref Two]}
  Database:
    Type: AWS::RDS::DBInstance
    Properties:
      DBInstanceIdentifier: films
      Engine: postgres
      DBInstanceClass: db.t3.micro
      AllocatedStorage: "20"
      DBSubnetGroupName: !Ref Subnets
      MasterUsername: master
      MasterUserPassword: not-a-secret
      BackupRetentionPeriod: 0
  Corp: {Type: "AWS::ServiceDiscovery::PrivateDnsNamespace", Properties: {Name: corp.internal, Vpc: !Ref Vpc}}
  Registry:
    Type: AWS::ServiceDiscovery::Service
    Properties:
      Name: api
      NamespaceId: !Ref Corp
      DnsConfig: {DnsRecords: [{Type: A, TTL: 10}]}
      HealthCheckCustomConfig: {FailureThreshold: 1}
  Repository: {Type: "AWS::ECR::Repository", Properties: {RepositoryName: asker}}
  Logs: {Type: "AWS::Logs::LogGroup", Properties: {LogGroupName: /asker}}
  Cluster: {Type: "AWS::ECS::Cluster", Properties: {ClusterName: prod}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        {Statement: [{Effect: Allow, Principal: {Service: ecs-tasks.amazonaws.com}, Action: sts:AssumeRole}]}
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"]
Outputs:
  Balancer: {Value: !GetAtt Balancer.DNSName}
  Database: {Value: !GetAtt Database.Endpoint.Address}
  Registry: {Value: !GetAtt Registry.Arn}
  Namespace: {Value: !Ref Corp}
  Vpc: {Value: !Ref Vpc}
  One: {Value: !Ref One}
  Two: {Value: !Ref Two}
  Role: {Value: !GetAtt Role.Arn}
"""

ASKER = textwrap.dedent("""
    import json, os, socket, time

    told = {}
    while True:
        for name in os.environ["NAMES"].split():
            try:
                found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
                seen = sorted({entry[4][0] for entry in found})
            except OSError as error:
                seen = str(error)
            if told.get(name) != seen:
                told[name] = seen
                print(json.dumps([name, seen]), flush=True)
        time.sleep(0.1)
""")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    state: Path = tmp_path_factory.mktemp("names") / "state"
    with running(state, "--empty", "--speed", "10", "--network", "namespaces") as cloud:
        yield cloud


@pytest.fixture(scope="module")
def told(cloud: Cloud) -> dict[str, str]:
    """Outputs of the stack, made."""
    cloudformation = cloud.boto3("cloudformation")
    cloudformation.create_stack(StackName="s", TemplateBody=TEMPLATE, Capabilities=["CAPABILITY_IAM"])

    def complete() -> dict[str, Any] | None:
        found = cloudformation.describe_stacks(StackName="s")["Stacks"][0]
        assert found["StackStatus"] in ("CREATE_IN_PROGRESS", "CREATE_COMPLETE"), found
        return found if found["StackStatus"] == "CREATE_COMPLETE" else None

    made = wait_for("the stack is complete", complete, 60)
    return {one["OutputKey"]: one["OutputValue"] for one in made["Outputs"]}


def serve(cloud: Cloud, told: dict[str, str], names: list[str]) -> None:
    """A service of one task that looks names up again and again."""
    define(cloud, told, names)
    cloud.boto3("ecs").create_service(
        cluster="prod", serviceName="asker", taskDefinition="asker", desiredCount=1, launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [told["One"]]}},
        serviceRegistries=[{"registryArn": told["Registry"]}],
    )  # fmt: skip


def define(cloud: Cloud, told: dict[str, str], names: list[str], *volumes: dict[str, Any]) -> None:
    """The task definition of the service, and its image."""
    folder = cloud.state.parent / "image"
    folder.mkdir(exist_ok=True)
    (folder / "ask.py").write_text(ASKER)
    cloud.command("push", str(folder), "asker:latest", "--", "python", "ask.py")
    image = cloud.boto3("ecr").describe_repositories()["repositories"][0]["repositoryUri"]
    ecs = cloud.boto3("ecs")
    logs = {"awslogs-group": "/asker", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs"}
    ecs.register_task_definition(
        family="asker", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512",
        executionRoleArn=told["Role"], volumes=[*volumes],
        containerDefinitions=[{
            "name": "ask", "image": f"{image}:latest", "environment": [{"name": "NAMES", "value": " ".join(names)}],
            "logConfiguration": {"logDriver": "awslogs", "options": logs},
        }],
    )  # fmt: skip


def seen(cloud: Cloud) -> dict[str, Any]:
    """What the oldest of the running tasks has found last, by name."""
    found = running_tasks(cloud)
    if not found:
        return {}
    stream = f"ecs/ask/{min(found, key=lambda one: one['startedAt'])['taskArn'].rpartition('/')[2]}"
    told = cloud.boto3("logs").get_log_events(logGroupName="/asker", logStreamName=stream, startFromHead=True)
    return dict(json.loads(event["message"]) for event in told["events"])


def addresses(cloud: Cloud, description: str) -> list[str]:
    """Of the interfaces whose description begins so."""
    found = cloud.boto3("ec2").describe_network_interfaces()["NetworkInterfaces"]
    return sorted(one["PrivateIpAddress"] for one in found if one["Description"].startswith(description))


def test_a_task_in_a_subnet_without_a_way_to_s3_does_not_get_its_image_and_one_with_closed_groups_nothing_nor_its_files(
    cloud: Cloud, told: dict[str, str]
) -> None:
    ecs, groups = cloud.boto3("ecs"), cloud.boto3("ec2")
    closed = groups.create_security_group(GroupName="closed", Description="c", VpcId=told["Vpc"])["GroupId"]
    (rule,) = groups.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [closed]}])[
        "SecurityGroupRules"
    ]
    groups.revoke_security_group_egress(GroupId=closed, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    efs = cloud.boto3("efs")
    files = efs.create_file_system(CreationToken="t")["FileSystemId"]
    efs.create_mount_target(FileSystemId=files, SubnetId=told["One"], SecurityGroups=[closed])
    wait_for(
        "its mount target is there",
        lambda: efs.describe_mount_targets(FileSystemId=files)["MountTargets"][0]["LifeCycleState"] == "available",
    )
    define(cloud, told, [], {"name": "files", "efsVolumeConfiguration": {"fileSystemId": files}})
    networks: list[dict[str, Any]] = [
        {"subnets": [told["Two"]]}, {"subnets": [told["One"]], "securityGroups": [closed]},
        {"subnets": [told["One"]]},
    ]  # fmt: skip
    arns = [
        ecs.run_task(
            cluster="prod", taskDefinition="asker", launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": network},
        )["tasks"][0]["taskArn"]
        for network in networks
    ]  # fmt: skip

    def stopped() -> list[str]:
        found = ecs.describe_tasks(cluster="prod", tasks=arns)["tasks"]
        return [one["stoppedReason"] for one in found] if all("stoppedAt" in one for one in found) else []

    unpulled, unreached, unmounted = wait_for("all have stopped", stopped, 60)
    assert unpulled.startswith("CannotPullContainerError: ")
    assert "https://s3.us-east-1.amazonaws.com/" in unpulled
    assert unreached.startswith("ResourceInitializationError: unable to pull secrets or registry auth: ")
    assert unreached.endswith("dial tcp 198.51.100.7:443: i/o timeout")
    assert "b'mount.nfs4: Connection timed out'" in unmounted


def test_a_running_task_resolves_load_balancer_database_and_private_namespace_as_they_change(
    cloud: Cloud, told: dict[str, str]
) -> None:
    balancer, database, api, outside = told["Balancer"], told["Database"], "api.corp.internal", "example.com"
    serve(cloud, told, [balancer, database, api, outside])
    wait_for("the task finds its own address", lambda: seen(cloud).get(api) == tasks(cloud), 30)
    nodes = addresses(cloud, "ELB app/shop")
    assert len(nodes) == 2
    assert seen(cloud)[balancer] == nodes
    assert seen(cloud)[database] == addresses(cloud, "RDSNetworkInterface")
    assert isinstance(seen(cloud)[outside], str)
    cloud.boto3("ecs").update_service(cluster="prod", service="asker", desiredCount=2)
    wait_for("it finds the second task too", lambda: len(tasks(cloud)) == 2 and seen(cloud)[api] == tasks(cloud), 30)
    cloud.boto3("rds").delete_db_instance(DBInstanceIdentifier="films", SkipFinalSnapshot=True)
    wait_for("it no longer finds the database", lambda: isinstance(seen(cloud)[database], str), 60)
    instances = cloud.boto3("servicediscovery").discover_instances(
        NamespaceName="corp.internal", ServiceName="api", HealthStatus="HEALTHY"
    )["Instances"]
    assert sorted(one["Attributes"]["AWS_INSTANCE_IPV4"] for one in instances) == tasks(cloud)


def tasks(cloud: Cloud) -> list[str]:
    """Addresses of the running tasks."""
    return sorted(one["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for one in running_tasks(cloud))


def running_tasks(cloud: Cloud) -> list[dict[str, Any]]:
    ecs = cloud.boto3("ecs")
    arns = ecs.list_tasks(cluster="prod")["taskArns"]
    found = ecs.describe_tasks(cluster="prod", tasks=arns)["tasks"] if arns else []
    return [one for one in found if one["lastStatus"] == "RUNNING"]
