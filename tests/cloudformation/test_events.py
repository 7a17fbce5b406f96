"""Rules, buses and schedules of templates."""

from __future__ import annotations

import json

from netflux.aws.destinations import Destinations
from netflux.aws.events.api import EventsApi
from netflux.aws.events.outlet import Outlet
from netflux.aws.events.schedulerapi import SchedulerApi
from netflux.aws.messages import Messages
from netflux.clock import Clock
from tests.cloudformation.cloud import ACCOUNT, REGION, Cloud

TEMPLATE = """
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: orders, Description: all orders}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      Description: big ones
      EventBusName: !Ref Bus
      EventPattern: {source: [shop], detail: {price: [{numeric: ['>', 10]}]}}
      Targets:
        - {Id: q, Arn: !GetAtt Queue.Arn, RetryPolicy: {MaximumRetryAttempts: 3}}
        - Id: again
          Arn: !GetAtt Queue.Arn
          InputTransformer: {InputPathsMap: {p: $.detail.price}, InputTemplate: '"<p>"'}
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: cron(0 3 * * ? *)
      State: ENABLED
      Targets: [{Id: q, Arn: !GetAtt Queue.Arn, Input: '{"night": true}'}]
  Permission:
    Type: AWS::Events::EventBusPolicy
    Properties: {EventBusName: !Ref Bus, StatementId: other, Action: 'events:PutEvents', Principal: '111122223333'}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: scheduler.amazonaws.com}}]
  Group: {Type: AWS::Scheduler::ScheduleGroup, Properties: {Name: jobs}}
  Schedule:
    Type: AWS::Scheduler::Schedule
    Properties:
      GroupName: !Ref Group
      ScheduleExpression: rate(1 hour)
      FlexibleTimeWindow: {Mode: 'OFF'}
      Target: {Arn: !GetAtt Queue.Arn, RoleArn: !GetAtt Role.Arn, Input: '{}'}
Outputs:
  Rule: {Value: !Ref Rule}
  Nightly: {Value: !Ref Nightly}
  NightlyArn: {Value: !GetAtt Nightly.Arn}
  Bus: {Value: !GetAtt Bus.Arn}
"""


def with_events(cloud: Cloud) -> None:
    """EventBridge, answering from now on."""
    destinations, place = Destinations(), (REGION, ACCOUNT)
    destinations.register("sqs", Messages(cloud.queues, cloud.topics).send)
    outlet = Outlet(cloud.documents, Clock(), destinations, cloud.queues)
    cloud.apis.register(EventsApi(cloud.documents, Clock(), place, outlet))
    cloud.apis.register(SchedulerApi(cloud.documents, Clock(), place, outlet))


async def test_rules_buses_and_schedules_are_made_changed_and_deleted(cloud: Cloud) -> None:
    with_events(cloud)

    async def targets(rule: str, bus: str = "default") -> list[str]:
        asked = {"Rule": rule, "EventBusName": bus}
        return [one["Id"] for one in (await cloud.apis.call("events", "ListTargetsByRule", asked))["Targets"]]

    stack = await cloud.create(TEMPLATE)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.reasons()
    told = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    assert told["Bus"].endswith(":event-bus/orders")
    assert told["Rule"].startswith("orders|s-Rule-")
    assert told["NightlyArn"].endswith(f":rule/{told['Nightly']}")
    name = told["Rule"].partition("|")[2]
    rule = await cloud.apis.call("events", "DescribeRule", {"Name": name, "EventBusName": "orders"})
    assert json.loads(rule["EventPattern"])["source"] == ["shop"]
    assert await targets(name, "orders") == ["q", "again"]
    assert (await cloud.apis.call("scheduler", "ListSchedules", {"GroupName": "jobs"}))["Schedules"]

    changed = TEMPLATE.replace("      Description: big ones\n", "").replace("source: [shop]", "source: [store]")
    changed = changed.replace("rate(1 hour)", "rate(2 hours)").replace("State: ENABLED", "State: DISABLED")
    begin, end = changed.index("        - Id: again"), changed.index("  Nightly:")
    stack = await cloud.update(changed[:begin] + changed[end:])
    assert stack["StackStatus"] == "UPDATE_COMPLETE", await cloud.reasons()
    rule = await cloud.apis.call("events", "DescribeRule", {"Name": name, "EventBusName": "orders"})
    assert json.loads(rule["EventPattern"])["source"] == ["store"]
    assert "Description" not in rule
    assert await targets(name, "orders") == ["q"]
    assert (await cloud.apis.call("events", "DescribeRule", {"Name": told["Nightly"]}))["State"] == "DISABLED"

    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE", await cloud.reasons(
        stack["StackId"]
    )
    assert [one["Name"] for one in (await cloud.apis.call("events", "ListEventBuses", {}))["EventBuses"]] == ["default"]
    assert (await cloud.apis.call("events", "ListRules", {}))["Rules"] == []
    assert (await cloud.apis.call("scheduler", "ListSchedules", {}))["Schedules"] == []
