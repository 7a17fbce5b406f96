"""Functions of a template answer behind a load balancer and at a URL, and are gone with their stack."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.behaviours.cloud import Cloud, running, wait_for
from tests.behaviours.images import push, why_no_containers
from tests.oci import OciImage, busybox

TEMPLATE = """
Parameters:
  Word: {Type: String, Default: one}
Resources:
  V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.1.0.0/16}}
  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref V, CidrBlock: 10.1.1.0/24, AvailabilityZone: us-east-1a}}
  B: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref V, CidrBlock: 10.1.2.0/24, AvailabilityZone: us-east-1b}}
  G:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      VpcId: !Ref V
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}]
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole]
  F:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Role: !GetAtt Role.Arn
      VpcConfig: {SubnetIds: [!Ref A], SecurityGroupIds: [!GetAtt G.GroupId]}
      Environment: {Variables: {WORD: !Ref Word}}
      Timeout: 20
      Code:
        ZipFile: |
          import os, cfnresponse
          def handler(event, context):
              said = [os.environ["WORD"], event.get("path") or event["rawPath"], context.function_version]
              return {"statusCode": 201, "headers": {"x-said": " ".join(said)}, "body": event.get("body", "")}
  Lets:
    Type: AWS::Lambda::Permission
    Properties:
      {FunctionName: !GetAtt F.Arn, Action: "lambda:InvokeFunction", Principal: elasticloadbalancing.amazonaws.com}
  Opens:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !Ref F, Action: "lambda:InvokeFunctionUrl", Principal: "*", FunctionUrlAuthType: NONE}
  U: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !Ref F, AuthType: NONE}}
  N: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref F}}
  Live: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref F, FunctionVersion: !GetAtt N.Version, Name: live}}
  T:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    DependsOn: Lets
    Properties: {TargetType: lambda, Targets: [{Id: !GetAtt F.Arn}]}
  LB:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Scheme: internal, Subnets: [!Ref A, !Ref B], SecurityGroups: [!GetAtt G.GroupId]}
  L:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref LB
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref T}]
Outputs:
  Name: {Value: !Ref F}
  Balancer: {Value: !GetAtt LB.DNSName}
  Url: {Value: !GetAtt U.FunctionUrl}
  Alias: {Value: !Ref Live}
"""


def _deployed(cloud: Cloud, operation: str, word: str) -> dict[str, str]:
    stacks = cloud.boto3("cloudformation")
    given = [{"ParameterKey": "Word", "ParameterValue": word}]
    call = getattr(stacks, operation)
    call(StackName="s", TemplateBody=TEMPLATE, Parameters=given, Capabilities=["CAPABILITY_IAM"])

    def settled() -> dict[str, str] | None:
        stack = stacks.describe_stacks(StackName="s")["Stacks"][0]
        if stack["StackStatus"].endswith("_IN_PROGRESS"):
            return None
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), _events(cloud)
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    return wait_for("the stack is there", settled)


def _events(cloud: Cloud) -> list[str]:
    events = cloud.boto3("cloudformation").describe_stack_events(StackName="s")["StackEvents"]
    return [f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason', '')}" for one in events]


@pytest.mark.e2e
def test_a_templates_function_answers_everywhere_and_leaves_nothing(tmp_path: Path) -> None:
    with running(tmp_path / "s", "--empty") as cloud:
        found = _deployed(cloud, "create_stack", "one")

        def answer(url: str) -> httpx.Response:
            return cloud.ask("POST", url, content=b"hello", headers={"content-type": "text/plain"})

        place = f"http://{found['Balancer']}/a"
        wait_for("the listener is there", lambda: answer(place).status_code != 503)
        balanced = answer(place)
        assert (balanced.status_code, balanced.text) == (201, "hello")
        assert balanced.headers["x-said"] == "one /a $LATEST"
        assert balanced.headers["server"] == "awselb/2.0"
        assert answer(f"{found['Url']}b").headers["x-said"] == "one /b $LATEST"
        called = cloud.boto3("lambda").invoke(FunctionName=found["Alias"], Payload=b'{"path": "/c"}')
        assert b"one /c 1" in called["Payload"].read()
        assert _deployed(cloud, "update_stack", "two") == found
        assert answer(place).headers["x-said"] == "two /a $LATEST"
        cloud.boto3("cloudformation").delete_stack(StackName="s")
        wait_for("the stack is gone", lambda: not cloud.boto3("cloudformation").describe_stacks()["Stacks"])
        assert cloud.boto3("lambda").list_functions()["Functions"] == []
        assert cloud.boto3("ec2").describe_network_interfaces()["NetworkInterfaces"] == []
        assert cloud.ask("GET", found["Url"]).status_code in (403, 404)


BOOTSTRAP = b"""#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
while true; do
  wget -S -q -O /tmp/event $api/next 2> /tmp/head
  id=$(grep -i request-id /tmp/head | tr -d '\\r' | sed 's/.*: //')
  echo "seen by $AWS_LAMBDA_FUNCTION_NAME $1"
  wget -q -O /dev/null --header 'Content-Type: application/json' --post-file /tmp/event $api/$id/response
done
"""
TOOLS = ("sh", "wget", "grep", "tr", "sed", "echo")


@pytest.mark.e2e
@pytest.mark.skipif(why_no_containers() is not None or busybox() is None, reason="no containers here")
def test_a_function_of_a_container_image(tmp_path: Path) -> None:
    program = busybox()
    assert program is not None
    files = {f"/bin/{tool}": program for tool in TOOLS} | {"/entry": BOOTSTRAP, "/tmp/.keep": b""}
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    with running(tmp_path / "s", "--empty") as cloud:
        role = cloud.boto3("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        uri = cloud.boto3("ecr").create_repository(repositoryName="echo")["repository"]["repositoryUri"]
        push(cloud, OciImage(files, ["/entry"]), tmp_path, "echo:1")
        functions = cloud.boto3("lambda")
        made = functions.create_function(
            FunctionName="echo", PackageType="Image", Code={"ImageUri": f"{uri}:1"}, Role=role, Timeout=60,
            ImageConfig={"Command": ["/entry", "own"]},
        )  # fmt: skip
        assert (made["PackageType"], made["ImageConfigResponse"]["ImageConfig"]["Command"]) == (
            "Image",
            ["/entry", "own"],
        )
        wait_for(
            "it is active", lambda: functions.get_function(FunctionName="echo")["Configuration"]["State"] == "Active"
        )
        for number in range(2):
            answer = functions.invoke(FunctionName="echo", Payload=b'{"n": %d}' % number, LogType="Tail")
            assert json.loads(answer["Payload"].read()) == {"n": number}
        found = functions.get_function(FunctionName="echo")["Code"]
        assert (found["RepositoryType"], found["ImageUri"]) == ("ECR", f"{uri}:1")
        assert "@sha256:" in found["ResolvedImageUri"]
