"""AWS::EC2::FlowLog: made, replaced, deleted, and failed with EC2's reason."""

from __future__ import annotations

import pytest

from netflux.aws.ec2.api import Ec2Api
from netflux.aws.ec2.flowlogapi import FlowLogApi
from netflux.aws.ec2.flowlogs import FlowLogs
from netflux.clock import Clock
from tests.aws.ec2.flowing import Packets
from tests.cloudformation.cloud import ACCOUNT, REGION, Cloud

TEMPLATE = """
Resources:
  Network:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16}
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {BucketName: flows}
  Flows:
    Type: AWS::EC2::FlowLog
    Properties:
      ResourceType: VPC
      ResourceId: !Ref Network
      TrafficType: REJECT
      LogDestinationType: s3
      LogDestination: !Sub "${Bucket.Arn}/team"
      MaxAggregationInterval: 60
      Tags: [{Key: team, Value: a}]
Outputs:
  Id: {Value: !GetAtt Flows.Id}
"""


@pytest.fixture(autouse=True)
def flow_logs(cloud: Cloud) -> Packets:
    packets, clock = Packets(), Clock()
    logs = FlowLogs(cloud.apis.call, cloud.documents, packets, clock, (ACCOUNT, REGION))  # type: ignore[arg-type]
    api = FlowLogApi(logs, cloud.documents, cloud.apis.call, clock, lambda _: None)
    cloud.apis.register(Ec2Api(cloud.documents, clock, api))
    return packets


async def test_a_flow_log_is_made_tagged_replaced_and_deleted(cloud: Cloud, flow_logs: Packets) -> None:
    stack = await cloud.create(TEMPLATE)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.cf("DescribeStackEvents", StackName="s")
    before = (await cloud.resources())["Flows"]["PhysicalResourceId"]
    assert [one["OutputValue"] for one in stack["Outputs"]] == [before]
    (asked,) = cloud.made("CreateFlowLogs")
    network = (await cloud.resources())["Network"]["PhysicalResourceId"]
    assert asked["ResourceIds"] == [network]
    assert flow_logs.watched == {network}
    assert asked["LogDestination"] == "arn:aws:s3:::flows/team"
    assert asked["MaxAggregationInterval"] == 60
    (specification,) = asked["TagSpecifications"]
    assert specification["ResourceType"] == "vpc-flow-log"
    assert {"Key": "team", "Value": "a"} in specification["Tags"]

    stack = await cloud.update(TEMPLATE.replace("/team", "/others"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    after = (await cloud.resources())["Flows"]["PhysicalResourceId"]
    assert after != before
    logs = (await cloud.apis.call("ec2", "DescribeFlowLogs", {}))["FlowLogs"]
    assert [one["FlowLogId"] for one in logs] == [after]

    await cloud.cf("DeleteStack", StackName=stack["StackId"])
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert (await cloud.apis.call("ec2", "DescribeFlowLogs", {}))["FlowLogs"] == []
    assert flow_logs.watched == frozenset()


async def test_a_bucket_that_is_not_there_fails_the_stack_with_ec2s_reason(cloud: Cloud) -> None:
    stack = await cloud.create(TEMPLATE.replace("${Bucket.Arn}/team", "arn:aws:s3:::absent"))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    reasons = [one["ResourceStatusReason"] for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
    assert any("absent does not exist" in reason for reason in reasons)
