"""Versions of a project's code: a deployment picks the folder up as it is, a rollback runs the code of before."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.behaviours.cloud import Cloud, running, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

TEMPLATE = """
Resources:
  Vpc: {Type: "AWS::EC2::VPC", Properties: {CidrBlock: 10.0.0.0/16}}
  One: {Type: "AWS::EC2::Subnet", Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1a}}
  Gateway: {Type: "AWS::EC2::InternetGateway"}
  Attached: {Type: "AWS::EC2::VPCGatewayAttachment", Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway}}
  Routes: {Type: "AWS::EC2::RouteTable", Properties: {VpcId: !Ref Vpc}}
  Out:
    Type: AWS::EC2::Route
    DependsOn: Attached
    Properties: {RouteTableId: !Ref Routes, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}
  Routed: {Type: "AWS::EC2::SubnetRouteTableAssociation", Properties: {SubnetId: !Ref One, RouteTableId: !Ref Routes}}
  Repository: {Type: "AWS::ECR::Repository", Properties: {RepositoryName: teller, EmptyOnDelete: true}}
  Logs: {Type: "AWS::Logs::LogGroup", Properties: {LogGroupName: /teller}}
  Cluster: {Type: "AWS::ECS::Cluster", Properties: {ClusterName: prod}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        {Statement: [{Effect: Allow, Principal: {Service: ecs-tasks.amazonaws.com}, Action: sts:AssumeRole}]}
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"]
  Definition:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: teller
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      Cpu: "256"
      Memory: "512"
      ExecutionRoleArn: !GetAtt Role.Arn
      ContainerDefinitions:
        - Name: teller
          Image: !Sub "${Repository.RepositoryUri}:latest"
          HealthCheck: {Command: [CMD, "true"], Interval: 5}
          LogConfiguration:
            LogDriver: awslogs
            Options: {awslogs-group: !Ref Logs, awslogs-region: us-east-1, awslogs-stream-prefix: ecs}
  Service:
    Type: AWS::ECS::Service
    DependsOn: [Out, Routed]
    Properties:
      ServiceName: teller
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Definition
      DesiredCount: 1
      LaunchType: FARGATE
      DeploymentConfiguration: {DeploymentCircuitBreaker: {Enable: true, Rollback: true}}
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [!Ref One], AssignPublicIp: ENABLED}}
"""
PROGRAM = """
import time
print("this is {version}", flush=True)
while True:
    time.sleep(60)
"""
BROKEN = "import sys; print('this is broken', flush=True); sys.exit(1)"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one image."""
    (tmp_path / "app").mkdir()
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "netflux.toml").write_text(
        f'template = "template.yaml"\n[images.teller]\nfolder = "app"\ncommand = ["{sys.executable}", "main.py"]\n'
    )
    write(tmp_path, PROGRAM.format(version="one"))
    return tmp_path


@pytest.fixture
def cloud(project: Path) -> Iterator[Cloud]:
    with running(project / "state", str(project), "--speed", "10") as cloud:
        yield cloud


def write(project: Path, program: str) -> None:
    (project / "app" / "main.py").write_text(program)


def told(cloud: Cloud) -> list[str]:
    """What the tasks that run have said, each with its last word."""
    ecs, logs = cloud.boto3("ecs"), cloud.boto3("logs")
    arns = ecs.list_tasks(cluster="prod")["taskArns"]
    found: list[str] = []
    for task in ecs.describe_tasks(cluster="prod", tasks=arns)["tasks"] if arns else ():
        if task["lastStatus"] == "RUNNING":
            stream = f"ecs/teller/{task['taskArn'].rpartition('/')[2]}"
            events = logs.get_log_events(logGroupName="/teller", logStreamName=stream)["events"]
            found += [event["message"] for event in events[-1:]]
    return sorted(found)


def service(cloud: Cloud) -> dict[str, Any]:
    (found,) = cloud.boto3("ecs").describe_services(cluster="prod", services=["teller"])["services"]
    assert isinstance(found, dict)
    return found


def deploy(cloud: Cloud) -> None:
    cloud.boto3("ecs").update_service(cluster="prod", service="teller", forceNewDeployment=True)


def digests(cloud: Cloud) -> dict[str, str]:
    found = cloud.boto3("ecr").describe_images(repositoryName="teller")["imageDetails"]
    return {tag: one["imageDigest"] for one in found for tag in one.get("imageTags", [one["imageDigest"]])}


def test_an_edit_runs_with_the_next_deployment_and_a_rollback_runs_the_code_of_before(
    cloud: Cloud, project: Path
) -> None:
    wait_for("version one runs", lambda: told(cloud) == ["this is one"], 30)
    first = digests(cloud)["latest"]
    write(project, PROGRAM.format(version="two"))
    (task,) = cloud.boto3("ecs").list_tasks(cluster="prod")["taskArns"]
    cloud.boto3("ecs").stop_task(cluster="prod", task=task)
    wait_for("another task of the same deployment runs", lambda: told(cloud) == ["this is one"], 60)
    assert digests(cloud) == {"latest": first}

    deploy(cloud)
    wait_for("version two runs", lambda: told(cloud) == ["this is two"], 60)
    second = digests(cloud)["latest"]
    assert second != first
    assert first in digests(cloud)
    wait_for("it is complete", lambda: [one["rolloutState"] for one in service(cloud)["deployments"]] == ["COMPLETED"])

    write(project, BROKEN)
    deploy(cloud)
    failed = service(cloud)["deployments"][0]["id"]
    wait_for(
        "the service went back",
        lambda: (
            [(one["id"] == failed, one["rolloutState"]) for one in service(cloud)["deployments"]]
            == [(False, "COMPLETED")]
        ),
        120,
    )
    (task,) = cloud.boto3("ecs").list_tasks(cluster="prod")["taskArns"]
    cloud.boto3("ecs").stop_task(cluster="prod", task=task)
    wait_for("a task of the deployment of before runs the code of before", lambda: told(cloud) == ["this is two"], 60)
    (described,) = cloud.boto3("ecs").describe_tasks(
        cluster="prod", tasks=cloud.boto3("ecs").list_tasks(cluster="prod")["taskArns"]
    )["tasks"]
    assert described["containers"][0]["imageDigest"] == second
    assert digests(cloud)["latest"] not in (first, second)  # the broken one was pushed

    images = [{"imageDigest": first}]
    cloud.boto3("ecr").batch_delete_image(repositoryName="teller", imageIds=images)
    trees = cloud.state / "images" / "trees"
    wait_for("the first version's content is gone", lambda: len([*trees.iterdir()]) == 2)


def test_a_live_image_is_told(cloud: Cloud, project: Path) -> None:
    cloud.command("push", str(project / "app"), "teller:live", "--live", "--", "python", "main.py")
    assert "teller:live" in cloud.command("status").stdout
    found = cloud.boto3("ecr").describe_images(repositoryName="teller", imageIds=[{"imageTag": "live"}])
    assert found["imageDetails"][0]["imageManifestMediaType"] == "application/vnd.netflux.process.live.v1+json"
