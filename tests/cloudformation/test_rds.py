"""RDS's types: what is called for a snapshot, an update and a deletion, and what is told of events."""

from __future__ import annotations

from netflux.aws.rds.api import RdsApi
from netflux.aws.rds.installation import installations
from netflux.aws.rds.instance import Instances
from netflux.clock import Clock
from tests.cloudformation.cloud import Cloud
from tests.controlplane.plane import with_iam, with_queues

MAJOR = installations()[0].major
DATABASE = """
Resources:
  Db:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Snapshot
    Properties:
      DBInstanceClass: db.t4g.micro
      Engine: postgres
      AllocatedStorage: "20"
      MasterUsername: boss
      MasterUserPassword: correct-horse
"""
AROUND = f"""
Resources:
  Options:
    Type: AWS::RDS::OptionGroup
    Properties: {{EngineName: postgres, MajorEngineVersion: "{MAJOR}", OptionGroupDescription: d}}
  Told:
    Type: AWS::RDS::EventSubscription
    Properties:
      SnsTopicArn: TOPIC
      SourceType: db-instance
      EventCategories: [CATEGORY]
Outputs:
  Options: {{Value: !Ref Options}}
  Told: {{Value: !Ref Told}}
"""


async def test_a_deleted_database_leaves_a_snapshot_where_the_policy_says_so(cloud: Cloud) -> None:
    stack = await cloud.create(DATABASE)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.events()
    await cloud.cf("DeleteStack", StackName=stack["StackId"])
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    [asked] = cloud.made("DeleteDBInstance")
    assert asked["FinalDBSnapshotIdentifier"].startswith("s-snapshot-db-")
    assert "SkipFinalSnapshot" not in asked


async def test_a_database_of_a_snapshot_is_restored_and_gets_what_a_restoration_has_no_members_for(
    cloud: Cloud,
) -> None:
    more = "      DBSnapshotIdentifier: kept\n      PreferredMaintenanceWindow: mon:01:00-mon:02:00\n"
    stack = await cloud.create(DATABASE + more)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.events()
    assert cloud.made("CreateDBInstance") == []
    [restored] = cloud.made("RestoreDBInstanceFromDBSnapshot")
    assert (restored["DBSnapshotIdentifier"], restored["AllocatedStorage"]) == ("kept", 20)
    [changed] = cloud.made("ModifyDBInstance")
    assert changed == {
        "DBInstanceIdentifier": restored["DBInstanceIdentifier"], "ApplyImmediately": True,
        "MasterUserPassword": "correct-horse", "PreferredMaintenanceWindow": "mon:01:00-mon:02:00",
    }  # fmt: skip
    stack = await cloud.update(DATABASE)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", await cloud.events()
    assert len(cloud.made("CreateDBInstance")) == 1
    assert [one["DBInstanceIdentifier"] for one in cloud.made("DeleteDBInstance")] == [restored["DBInstanceIdentifier"]]


async def test_what_observes_a_database_is_turned_on_and_off(cloud: Cloud) -> None:
    on = "      EnablePerformanceInsights: true\n      PerformanceInsightsRetentionPeriod: 31\n"
    on += "      EnableCloudwatchLogsExports: [postgresql]\n      MonitoringInterval: 60\n      MonitoringRoleArn: r\n"
    stack = await cloud.create(DATABASE + on)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.events()
    stack = await cloud.update(DATABASE)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", await cloud.events()
    said = {name: value for call in cloud.made("ModifyDBInstance") for name, value in call.items()}
    assert said["CloudwatchLogsExportConfiguration"] == {"DisableLogTypes": ["postgresql"]}
    assert (said["EnablePerformanceInsights"], said["MonitoringInterval"]) == (False, 0)
    assert "PerformanceInsightsRetentionPeriod" not in said


async def test_option_groups_and_subscriptions(cloud: Cloud) -> None:
    cloud.apis.register(RdsApi(Instances(cloud.documents), cloud.apis, installations(), Clock()))
    with_queues(cloud.apis, cloud.documents, with_iam(cloud.apis, cloud.documents))
    topic = (await cloud.apis.call("sns", "CreateTopic", {"Name": "told"}))["TopicArn"]
    template = AROUND.replace("TOPIC", topic)
    stack = await cloud.create(template.replace("CATEGORY", "failure"))
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.events()
    names = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    stack = await cloud.update(template.replace("CATEGORY", "deletion"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", await cloud.events()
    wanted = {"SubscriptionName": names["Told"]}
    [told] = (await cloud.apis.call("rds", "DescribeEventSubscriptions", wanted))["EventSubscriptionsList"]
    assert told["EventCategoriesList"] == ["deletion"]
    await cloud.cf("DeleteStack", StackName=stack["StackId"])
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert (await cloud.apis.call("rds", "DescribeEventSubscriptions", {}))["EventSubscriptionsList"] == []
