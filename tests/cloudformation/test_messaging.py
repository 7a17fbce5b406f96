"""Topics, queues, their policies, and who IAM knows, from templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from netflux.aws.cloudwatch.api import CloudWatchApi
from netflux.aws.cloudwatch.ground import Ground
from netflux.aws.cloudwatch.series import Series
from netflux.aws.logs.api import LogsApi
from netflux.aws.logs.store import Store
from netflux.aws.messages import Messages
from netflux.clock import Clock
from tests.cloudformation.cloud import Cloud

TEMPLATE = """
Resources:
  Dead: {Type: AWS::SQS::Queue}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 90
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}
      Tags: [{Key: stage, Value: test}]
  Ordered: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true, ContentBasedDeduplication: true}}
  Alerts:
    Type: AWS::SNS::Topic
    Properties:
      DisplayName: Alerts
      Subscription: [{Protocol: sqs, Endpoint: !GetAtt Jobs.Arn}]
  Steps: {Type: AWS::SNS::Topic, Properties: {FifoTopic: true}}
  Listens:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Alerts, Protocol: sqs, Endpoint: !GetAtt Dead.Arn, RawMessageDelivery: true}
  MaySend:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: 'sqs:SendMessage', Resource: '*'}
  MayPublish:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Alerts]
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: 'sns:Publish', Resource: !Ref Alerts}
Outputs:
  Url: {Value: !Ref Jobs}
  Name: {Value: !GetAtt Jobs.QueueName}
  Topic: {Value: !GetAtt Alerts.TopicName}
  Arn: {Value: !Ref Alerts}
  Ordered: {Value: !GetAtt Ordered.QueueName}
  Steps: {Value: !GetAtt Steps.TopicName}
"""


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    """By name."""
    return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}


async def attributes(cloud: Cloud, url: str) -> dict[str, str]:
    asked = {"QueueUrl": url, "AttributeNames": ["All"]}
    found: dict[str, str] = (await cloud.apis.call("sqs", "GetQueueAttributes", asked))["Attributes"]
    return found


async def topic(cloud: Cloud, arn: str) -> dict[str, str]:
    found: dict[str, str] = (await cloud.apis.call("sns", "GetTopicAttributes", {"TopicArn": arn}))["Attributes"]
    return found


async def test_queues_and_topics_are_as_the_template_says_follow_it_and_go(cloud: Cloud) -> None:
    stack = await cloud.create(TEMPLATE)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.reasons()
    told = outputs(stack)
    assert told["Ordered"].endswith(".fifo")
    assert told["Steps"].endswith(".fifo")
    assert told["Topic"] == told["Arn"].rpartition(":")[2]
    had = await attributes(cloud, told["Url"])
    assert had["VisibilityTimeout"] == "90"
    assert json.loads(had["RedrivePolicy"])["maxReceiveCount"] == 3
    assert "sns.amazonaws.com" in had["Policy"]
    assert (await cloud.apis.call("sqs", "ListQueueTags", {"QueueUrl": told["Url"]}))["Tags"] == {"stage": "test"}
    assert "events.amazonaws.com" in (await topic(cloud, told["Arn"]))["Policy"]
    listed = await cloud.apis.call("sns", "ListSubscriptionsByTopic", {"TopicArn": told["Arn"]})
    assert len(listed["Subscriptions"]) == 2

    changed = TEMPLATE.replace("VisibilityTimeout: 90", "DelaySeconds: 7").replace(
        "maxReceiveCount: 3}", "maxReceiveCount: 4}"
    )
    changed = changed.replace("Subscription: [{Protocol: sqs, Endpoint: !GetAtt Jobs.Arn}]", "SignatureVersion: 2")
    before, _, _ = changed.partition("  MayPublish:")
    changed = before + TEMPLATE[TEMPLATE.index("Outputs:") :]
    assert (await cloud.update(changed))["StackStatus"] == "UPDATE_COMPLETE"
    has = await attributes(cloud, told["Url"])
    assert (has["VisibilityTimeout"], has["DelaySeconds"]) == ("30", "7")
    assert json.loads(has["RedrivePolicy"])["maxReceiveCount"] == 4
    found = await topic(cloud, told["Arn"])
    assert (found["SignatureVersion"], found["SubscriptionsConfirmed"]) == ("2", "1")
    assert "events.amazonaws.com" not in found["Policy"]

    await cloud.cf("DeleteStack", StackName="s")
    await cloud.settled(stack["StackId"])
    assert not [*cloud.queues.queues]
    assert not [*cloud.topics.topics]


async def test_a_queue_that_is_there_is_not_taken_over(cloud: Cloud) -> None:
    await cloud.apis.call("sqs", "CreateQueue", {"QueueName": "mine"})
    stack = await cloud.create("Resources: {Q: {Type: 'AWS::SQS::Queue', Properties: {QueueName: mine}}}")
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "mine" in cloud.queues.queues


PEOPLE = """
Resources:
  Group: {Type: AWS::IAM::Group, Properties: {Path: /ci/}}
  User:
    Type: AWS::IAM::User
    Properties:
      Groups: [!Ref Group]
      Policies:
        - PolicyName: list
          PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:List*', Resource: '*'}]}
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']
      PermissionsBoundary: arn:aws:iam::aws:policy/PowerUserAccess
      LoginProfile: {Password: 'Correct-Horse-7'}
      Tags: [{Key: team, Value: ci}]
  Alone:
    Type: AWS::IAM::UserPolicy
    Properties:
      UserName: !Ref User
      PolicyName: alone
      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'ecs:List*', Resource: '*'}]}
  Shared:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Users: [!Ref User]
      Groups: [!Ref Group]
      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'ecr:*', Resource: '*'}]}
  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}
Outputs:
  User: {Value: !Ref User}
  Group: {Value: !Ref Group}
  Key: {Value: !Ref Key}
  Secret: {Value: !GetAtt Key.SecretAccessKey}
"""


async def test_a_user_is_made_changed_and_deleted_with_all_that_it_has(cloud: Cloud) -> None:
    stack = await cloud.create(PEOPLE)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.reasons()
    told = outputs(stack)
    iam = lambda operation, **params: cloud.apis.call("iam", operation, params)  # noqa: E731
    user = told["User"]
    assert len(told["Secret"]) == 40
    assert (await iam("GetUser", UserName=user))["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(
        "PowerUserAccess"
    )
    assert sorted((await iam("ListUserPolicies", UserName=user))["PolicyNames"]) == ["alone", "list"]
    assert len((await iam("ListAttachedUserPolicies", UserName=user))["AttachedPolicies"]) == 2
    assert [one["GroupName"] for one in (await iam("ListGroupsForUser", UserName=user))["Groups"]] == [told["Group"]]

    changed = PEOPLE.replace("      PermissionsBoundary: arn:aws:iam::aws:policy/PowerUserAccess\n", "")
    changed = changed.replace("      Groups: [!Ref Group]\n      Policies", "      Policies").replace(
        "s3:List*", "s3:Get*"
    )
    changed = changed.replace("{UserName: !Ref User}}\nOutputs", "{UserName: !Ref User, Status: Inactive}}\nOutputs")
    stack = await cloud.update(changed)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", await cloud.reasons()
    assert outputs(stack)["Secret"] == told["Secret"]
    assert "PermissionsBoundary" not in (await iam("GetUser", UserName=user))["User"]
    assert (await iam("ListGroupsForUser", UserName=user))["Groups"] == []
    assert (await iam("ListAccessKeys", UserName=user))["AccessKeyMetadata"][0]["Status"] == "Inactive"

    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert (await iam("ListUsers"))["Users"] == []


ALARMS = """
Resources:
  Page: {Type: AWS::SNS::Topic}
  Slow:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: Shop
      MetricName: latency
      Statistic: Average
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: [!Ref Page]
      OKActions: [!Ref Page]
  Both:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties: {AlarmRule: !Sub 'ALARM("${Slow}")', AlarmActions: [!Ref Page], AlarmDescription: all}
  Board:
    Type: AWS::CloudWatch::Dashboard
    Properties: {DashboardBody: '{"widgets": []}'}
"""


async def test_alarms_that_tell_a_topic_are_made_changed_and_deleted(cloud: Cloud) -> None:
    cloudwatch = CloudWatchApi(Ground(Series(), frozenset(), cloud.documents, Clock()))
    cloudwatch.transitions.destinations.register("sns", Messages(cloud.queues, cloud.topics).publish)
    cloud.apis.register(cloudwatch)
    stack = await cloud.create(ALARMS)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.reasons()
    assert (
        await cloud.update(ALARMS.replace("      OKActions: [!Ref Page]\n", "").replace(", AlarmDescription: all", ""))
    )["StackStatus"] == "UPDATE_COMPLETE", await cloud.reasons()
    kinds = ["MetricAlarm", "CompositeAlarm"]
    told = await cloud.apis.call("cloudwatch", "DescribeAlarms", {"AlarmTypes": kinds})
    assert told["MetricAlarms"][0]["OKActions"] == []
    assert len(told["MetricAlarms"][0]["AlarmActions"]) == 1
    assert "AlarmDescription" not in told["CompositeAlarms"][0]
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert (await cloud.apis.call("cloudwatch", "DescribeAlarms", {"AlarmTypes": kinds}))["MetricAlarms"] == []


async def test_an_action_that_nothing_here_carries_out_fails_by_name(cloud: Cloud) -> None:
    cloudwatch = CloudWatchApi(Ground(Series(), frozenset(), cloud.documents, Clock()))
    cloudwatch.transitions.destinations.register("sns", Messages(cloud.queues, cloud.topics).publish)
    cloud.apis.register(cloudwatch)
    stack = await cloud.create(
        ALARMS.replace("AlarmActions: [!Ref Page]\n", "AlarmActions: ['arn:aws:automate:us-east-1:ec2:stop']\n")
    )
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert any("the alarm action arn:aws:automate" in why for why in await cloud.reasons())


LOGGING = """
Resources:
  Group: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}
  Stream: {Type: AWS::Logs::LogStream, Properties: {LogGroupName: !Ref Group}}
  Errors:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: !Ref Group
      FilterPattern: '{ $.level = "ERROR" }'
      MetricTransformations:
        - {MetricName: errors, MetricNamespace: Shop, MetricValue: 1, DefaultValue: 0}
  Policy:
    Type: AWS::Logs::ResourcePolicy
    Properties:
      PolicyName: events
      PolicyDocument: >-
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": "logs:PutLogEvents", "Resource": "*"}]}
Outputs: {Group: {Value: !Ref Group}}
"""


async def test_a_groups_stream_filters_and_policies_follow_the_template(cloud: Cloud, tmp_path: Path) -> None:
    cloud.apis.register(LogsApi(Store(tmp_path / "logs", cloud.documents), Clock(), cloud.apis))
    stack = await cloud.create(LOGGING)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.reasons()

    async def filters() -> list[dict[str, Any]]:
        return list((await cloud.apis.call("logs", "DescribeMetricFilters", {}))["metricFilters"])

    (made,) = await filters()
    assert made["metricTransformations"][0]["defaultValue"] == 0.0
    changed = LOGGING.replace(", DefaultValue: 0", "").replace("ERROR", "FATAL").replace("RetentionInDays: 7", "")
    stack = await cloud.update(changed)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", await cloud.reasons()
    (made,) = await filters()
    assert made["filterPattern"] == '{ $.level = "FATAL" }'
    assert "defaultValue" not in made["metricTransformations"][0]
    (group,) = (await cloud.apis.call("logs", "DescribeLogGroups", {}))["logGroups"]
    assert "retentionInDays" not in group
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert await filters() == []
    assert (await cloud.apis.call("logs", "DescribeResourcePolicies", {}))["resourcePolicies"] == []
