"""Policies decide: a stack whose execution role may not read its secret, and what a task's own calls get."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.behaviours.cloud import Cloud, running, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

ACCOUNT = "123456789012"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.us-east-1.localhost/app:latest"
PROGRAM = textwrap.dedent("""
    import os, time
    import botocore.session
    from botocore.exceptions import ClientError
    print("password", len(os.environ["PASSWORD"]), flush=True)
    session = botocore.session.get_session()
    for operation in ("list_queues", "create_queue"):
        client = session.create_client("sqs", region_name="us-east-1")
        try:
            getattr(client, operation)(**({"QueueName": "jobs"} if operation == "create_queue" else {}))
            print("did", operation, flush=True)
        except ClientError as error:
            print(error, flush=True)
    time.sleep(600)
""")
TEMPLATE = """
Parameters:
  Actions: { Type: CommaDelimitedList }
Resources:
  Vpc: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.7.0.0/16 } }
  Subnet: { Type: AWS::EC2::Subnet, Properties: { VpcId: !Ref Vpc, CidrBlock: 10.7.1.0/24 } }
  Gateway: { Type: AWS::EC2::InternetGateway }
  Attached: { Type: AWS::EC2::VPCGatewayAttachment, Properties: { VpcId: !Ref Vpc, InternetGatewayId: !Ref Gateway } }
  Routes: { Type: AWS::EC2::RouteTable, Properties: { VpcId: !Ref Vpc } }
  Out:
    Type: AWS::EC2::Route
    DependsOn: Attached
    Properties: { RouteTableId: !Ref Routes, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway }
  Routed:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: { SubnetId: !Ref Subnet, RouteTableId: !Ref Routes }
  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: app, VpcId: !Ref Vpc } }
  Secret: { Type: AWS::SecretsManager::Secret, Properties: { Name: app, SecretString: s3cret } }
  Logs: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: /app } }
  Execution:
    Type: AWS::IAM::Role
    Properties:
      RoleName: execution
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: sts:AssumeRole }]
      Policies:
        - PolicyName: start
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{ Effect: Allow, Action: !Ref Actions, Resource: "*" }]
  Own:
    Type: AWS::IAM::Role
    Properties:
      RoleName: own
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{ Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: sts:AssumeRole }]
      Policies:
        - PolicyName: look
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{ Effect: Allow, Action: sqs:ListQueues, Resource: "*" }]
  Cluster: { Type: AWS::ECS::Cluster, Properties: { ClusterName: app } }
  Definition:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: app
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      Cpu: "256"
      Memory: "512"
      ExecutionRoleArn: !GetAtt Execution.Arn
      TaskRoleArn: !GetAtt Own.Arn
      ContainerDefinitions:
        - Name: app
          Image: IMAGE
          Secrets: [{ Name: PASSWORD, ValueFrom: !Ref Secret }]
          LogConfiguration:
            LogDriver: awslogs
            Options: { awslogs-group: !Ref Logs, awslogs-region: us-east-1, awslogs-stream-prefix: s }
  Service:
    Type: AWS::ECS::Service
    DependsOn: [Out, Routed]
    Properties:
      ServiceName: app
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Definition
      LaunchType: FARGATE
      DesiredCount: 1
      DeploymentConfiguration: { DeploymentCircuitBreaker: { Enable: true, Rollback: false } }
      NetworkConfiguration:
        AwsvpcConfiguration: { Subnets: [!Ref Subnet], SecurityGroups: [!Ref Group], AssignPublicIp: ENABLED }
""".replace("IMAGE", REPOSITORY)
START = "ecr:GetAuthorizationToken,ecr:BatchGetImage,ecr:GetDownloadUrlForLayer,logs:CreateLogStream,logs:PutLogEvents"
DENIED = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
    "unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret "
)


def brought(cloud: Cloud, name: str, actions: str) -> tuple[str, str]:
    """The status that the stack ends in, and why."""
    formation = cloud.boto3("cloudformation")
    formation.create_stack(
        StackName=name, TemplateBody=TEMPLATE, Capabilities=["CAPABILITY_NAMED_IAM"], OnFailure="DO_NOTHING",
        Parameters=[{"ParameterKey": "Actions", "ParameterValue": actions}],
    )  # fmt: skip

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = formation.describe_stacks(StackName=name)["Stacks"][0]
        return found if found["StackStatus"] != "CREATE_IN_PROGRESS" else None

    status = wait_for("the stack has ended", ended, 120)
    assert status is not None
    events = formation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [one.get("ResourceStatusReason", "") for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
    return status["StackStatus"], " ".join(failed)


def filled(cloud: Cloud, folder: Path) -> None:
    """The repository, with the program's image."""
    folder.mkdir(exist_ok=True)
    (folder / "program.py").write_text(PROGRAM)
    cloud.boto3("ecr").create_repository(repositoryName="app")
    cloud.command("push", str(folder), "app:latest", "--", "python", "program.py")


def removed(cloud: Cloud, name: str) -> None:
    formation = cloud.boto3("cloudformation")
    formation.delete_stack(StackName=name)
    formation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def lines(cloud: Cloud) -> list[str]:
    logs = cloud.boto3("logs")
    streams = logs.describe_log_streams(logGroupName="/app")["logStreams"]
    return [
        event["message"]
        for stream in streams
        for event in logs.get_log_events(logGroupName="/app", logStreamName=stream["logStreamName"])["events"]
    ]


def test_an_execution_role_that_may_not_read_the_secret_fails_the_stack_in_aws_words(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with running(state, "--empty", "--speed", "10") as cloud:
        filled(cloud, tmp_path / "app")
        status, why = brought(cloud, "poor", START)
        assert status == "CREATE_FAILED"
        assert DENIED in why
        secret = cloud.boto3("secretsmanager").describe_secret(SecretId="app")["ARN"]
        needs = f"is not authorized to perform: secretsmanager:GetSecretValue on resource: {secret} because no identity"
        assert needs in why
        events = cloud.boto3("ecs").describe_services(cluster="app", services=["app"])["services"][0]["events"]
        assert any(DENIED in event["message"] for event in events)
        told = json.loads(cloud.command("why-denied", "--json", check=False).stdout)["denials"][0]
        assert (told["action"], told["resource"]) == ("secretsmanager:GetSecretValue", secret)
        assert told["policy"]["Statement"] == [
            {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret}
        ]
        asked = ("--principal", f"arn:aws:iam::{ACCOUNT}:role/execution", "--action", "secretsmanager:GetSecretValue")
        assert cloud.command("why-denied", *asked, "--resource", secret, check=False).returncode == 1
        removed(cloud, "poor")
    with running(state, "--empty", "--speed", "10", "--iam", "off") as cloud:
        assert brought(cloud, "poor", START)[0] == "CREATE_COMPLETE"
        assert "--iam off" in cloud.command("status").stdout


def test_a_task_s_own_calls_are_its_role_s(tmp_path: Path) -> None:
    with running(tmp_path / "state", "--empty", "--speed", "10") as cloud:
        filled(cloud, tmp_path / "app")
        assert brought(cloud, "rich", f"{START},secretsmanager:GetSecretValue")[0] == "CREATE_COMPLETE"
        wait_for("the task has made its calls", lambda: len(lines(cloud)) >= 3, 60)
        password, listed, denied = lines(cloud)[:3]
        assert (password, listed) == ("password 6", "did list_queues")
        assert denied.startswith("An error occurred (AccessDenied) when calling the CreateQueue operation: User: arn:")
        assert ":assumed-role/own/" in denied
        assert "is not authorized to perform: sqs:createqueue on resource: arn:aws:sqs:us-east-1" in denied
