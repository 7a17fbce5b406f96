"""Every member that a create or modify operation carries is sent, and found again in what is described."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from tests.controlplane.plane import Plane, with_iam, with_queues

from netflux.aws.destinations import Destinations
from netflux.aws.rds.api import RdsApi
from netflux.aws.rds.installation import installations
from netflux.aws.rds.instance import Instances
from netflux.aws.secretsmanager.api import SecretsManagerApi
from netflux.clock import Clock
from netflux.controlplane.operation import Members, declaration

FAMILY = f"postgres{installations()[0].major}"
TAGS = [{"Key": "a", "Value": "1"}]
MORE = [{"ResourceType": "db-instance", "Tags": [{"Key": "b", "Value": "2"}]}]
NOTHING_MORE: dict[str, Any] = {
    "MultiAZ": False, "EnableIAMDatabaseAuthentication": False,
    "DatabaseInsightsMode": "standard", "EnableCustomerOwnedIp": False,
    "NetworkType": "IPV4", "MultiTenant": False, "DedicatedLogVolume": False, "DBSecurityGroups": [],
    "Engine": "postgres", "LicenseModel": "postgresql-license", "MasterUserAuthenticationType": "password",
}  # fmt: skip
"""Members of which one value is carried; those that DBInstance tells under another name are looked at below."""
NOT_RESTORED = (
    "DatabaseInsightsMode", "MultiTenant", "DBSecurityGroups",
    "MasterUserAuthenticationType",
)  # fmt: skip
"""Those of them that RestoreDBInstanceFromDBSnapshot has no member for."""
TOLD_AS = {
    "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled", "EnableCustomerOwnedIp": "CustomerOwnedIpEnabled",
}  # fmt: skip


class Databases:
    """RDS without machines: instances are kept and never started."""

    def __init__(self, path: Path) -> None:
        self.plane = Plane(path)

    async def start(self) -> None:
        self.apis = await self.plane.start()
        self.instances = Instances(self.plane.documents)
        self.clock = Clock()
        self.apis.register(RdsApi(self.instances, self.apis, installations(), self.clock))
        self.apis.register(SecretsManagerApi(self.plane.documents, self.clock, self.apis))
        vpc = (await self.apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
        self.subnets = []
        for number, zone in enumerate("abc"):
            block = {"CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": f"us-east-1{zone}"}
            made = await self.apis.call("ec2", "CreateSubnet", {"VpcId": vpc, **block})
            self.subnets.append(made["Subnet"]["SubnetId"])
        self.groups = []
        for name in ("one", "two"):
            group = {"GroupName": name, "Description": "d", "VpcId": vpc}
            self.groups.append((await self.apis.call("ec2", "CreateSecurityGroup", group))["GroupId"])
        with_iam(self.apis, self.plane.documents)
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                    "Principal": {"Service": "monitoring.rds.amazonaws.com"}}]}  # fmt: skip
        made = {"RoleName": "monitoring", "AssumeRolePolicyDocument": json.dumps(document)}
        self.role = (await self.apis.call("iam", "CreateRole", made))["Role"]["Arn"]
        self.key = (await self.apis.call("kms", "CreateKey", {}))["KeyMetadata"]["Arn"]

    async def __call__(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("rds", operation, params)

    async def whole(self, operation: str, *others: Mapping[str, Any], **params: Any) -> dict[str, Any]:
        """The same, where the calls together have every member that is carried."""
        declared = declaration(getattr(RdsApi, xform_name(operation)))
        assert declared is not None
        sent = {path for given in (params, *others) for path in _paths(given)}
        assert {*_members(declared.carries)} == sent
        return await self(operation, **params)

    async def instance(self, name: str = "db") -> dict[str, Any]:
        found: dict[str, Any] = (await self("DescribeDBInstances", DBInstanceIdentifier=name))["DBInstances"][0]
        return found

    async def tags(self, arn: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = (await self("ListTagsForResource", ResourceName=arn))["TagList"]
        return found


def _members(carried: Members, above: str = "") -> Iterator[str]:
    for name, below in carried.items():
        yield f"{above}{name}"
        yield from _members(below, f"{above}{name}.")


def _paths(value: Any, above: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _paths(item, above)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield f"{above}{name}"
            yield from _paths(item, f"{above}{name}.")


@pytest.fixture
async def databases(tmp_path: Path) -> AsyncIterator[Databases]:
    made = Databases(tmp_path)
    await made.start()
    yield made
    made.plane.stop()


async def _subnet_group(databases: Databases) -> None:
    sent = {"DBSubnetGroupName": "G", "DBSubnetGroupDescription": "d", "SubnetIds": databases.subnets[:2]}
    await databases.whole("CreateDBSubnetGroup", **sent, Tags=TAGS)


async def _parameter_group(databases: Databases) -> None:
    sent = {"DBParameterGroupName": "P", "DBParameterGroupFamily": FAMILY, "Description": "d"}
    await databases.whole("CreateDBParameterGroup", **sent, Tags=TAGS)


async def test_subnet_groups(databases: Databases) -> None:
    await _subnet_group(databases)
    [told] = (await databases("DescribeDBSubnetGroups", DBSubnetGroupName="g"))["DBSubnetGroups"]
    assert (told["DBSubnetGroupName"], told["DBSubnetGroupDescription"]) == ("g", "d")
    assert [subnet["SubnetIdentifier"] for subnet in told["Subnets"]] == databases.subnets[:2]
    assert await databases.tags(told["DBSubnetGroupArn"]) == TAGS
    changed = {"DBSubnetGroupName": "g", "DBSubnetGroupDescription": "e", "SubnetIds": databases.subnets[1:]}
    await databases.whole("ModifyDBSubnetGroup", **changed)
    [told] = (await databases("DescribeDBSubnetGroups"))["DBSubnetGroups"]
    assert told["DBSubnetGroupDescription"] == "e"
    assert [subnet["SubnetIdentifier"] for subnet in told["Subnets"]] == databases.subnets[1:]
    await databases("DeleteDBSubnetGroup", DBSubnetGroupName="g")
    assert (await databases("DescribeDBSubnetGroups"))["DBSubnetGroups"] == []


async def test_option_groups(databases: Databases) -> None:
    sent = {"OptionGroupName": "O", "EngineName": "postgres", "MajorEngineVersion": installations()[0].major,
            "OptionGroupDescription": "d", "Tags": TAGS}  # fmt: skip
    await databases.whole("CreateOptionGroup", **sent)
    [told] = (await databases("DescribeOptionGroups", OptionGroupName="o"))["OptionGroupsList"]
    kept = {name: value for name, value in sent.items() if name != "Tags"}
    assert {**told, **kept, "OptionGroupName": "o"} == told
    assert await databases.tags(told["OptionGroupArn"]) == TAGS
    await databases.whole("ModifyOptionGroup", OptionGroupName="o", OptionsToRemove=[])
    await databases("DeleteOptionGroup", OptionGroupName="o")
    names = [one["OptionGroupName"] for one in (await databases("DescribeOptionGroups"))["OptionGroupsList"]]
    assert names == [f"default:postgres-{one.major}" for one in reversed(installations())]


async def test_a_topic_is_told_of_the_events_that_it_is_subscribed_to(databases: Databases) -> None:
    keys = with_iam(databases.apis, databases.plane.documents)
    _, topics = with_queues(databases.apis, databases.plane.documents, keys)
    destinations = Destinations()
    destinations.register("sns", lambda event: topics.publish(event.arn, event.body, event.subject))
    databases.instances.destinations = destinations
    await _subnet_group(databases)
    await databases(
        "CreateDBInstance", DBInstanceIdentifier="db", DBInstanceClass="db.t4g.micro", AllocatedStorage=20,
        Engine="postgres", MasterUsername="boss", MasterUserPassword="correct-horse", DBSubnetGroupName="g",
    )  # fmt: skip
    topic, other = [
        (await databases.apis.call("sns", "CreateTopic", {"Name": name}))["TopicArn"] for name in ("one", "two")
    ]
    url = (await databases.apis.call("sqs", "CreateQueue", {"QueueName": "q"}))["QueueUrl"]
    arn = topic.replace(":sns:", ":sqs:").replace(":one", ":q")
    subscribed = {"Protocol": "sqs", "Endpoint": arn, "Attributes": {"RawMessageDelivery": "true"}}
    for each in (topic, other):
        await databases.apis.call("sns", "Subscribe", {"TopicArn": each, **subscribed})
    sent = {"SubscriptionName": "S", "SnsTopicArn": other, "SourceType": "db-instance", "Enabled": False,
            "EventCategories": ["failure"], "SourceIds": ["db"], "Tags": TAGS}  # fmt: skip
    made = (await databases.whole("CreateEventSubscription", **sent))["EventSubscription"]
    assert await databases.tags(made["EventSubscriptionArn"]) == TAGS
    changed = {"SnsTopicArn": topic, "SourceType": "db-instance", "Enabled": True, "EventCategories": ["deletion"]}
    await databases.whole("ModifyEventSubscription", SubscriptionName="S", **changed)
    [told] = (await databases("DescribeEventSubscriptions", SubscriptionName="S"))["EventSubscriptionsList"]
    assert (told["CustSubscriptionId"], told["SnsTopicArn"], told["Enabled"]) == ("S", topic, True)
    assert (told["SourceType"], told["EventCategoriesList"]) == ("db-instance", ["deletion"])
    assert told["SourceIdsList"] == ["db"]
    instance = databases.instances.get("db")
    assert instance is not None
    databases.instances.record(instance, "started", "notification", databases.clock.now())
    databases.instances.record(instance, "gone", "deletion", databases.clock.now())
    asked = {"QueueUrl": url, "MaxNumberOfMessages": 10}
    [message] = (await databases.apis.call("sqs", "ReceiveMessage", asked))["Messages"]
    body = json.loads(message["Body"])
    assert (body["Event Source"], body["Source ID"], body["Event Message"]) == ("db-instance", "db", "gone")
    source = {"SubscriptionName": "S", "SourceIdentifier": "db"}
    told = (await databases.whole("RemoveSourceIdentifierFromSubscription", **source))["EventSubscription"]
    assert told["SourceIdsList"] == []
    told = (await databases.whole("AddSourceIdentifierToSubscription", **source))["EventSubscription"]
    assert told["SourceIdsList"] == ["db"]
    await databases("DeleteEventSubscription", SubscriptionName="S")
    assert (await databases("DescribeEventSubscriptions"))["EventSubscriptionsList"] == []


async def test_parameter_groups(databases: Databases) -> None:
    await _parameter_group(databases)
    [told] = (await databases("DescribeDBParameterGroups", DBParameterGroupName="p"))["DBParameterGroups"]
    named = {"DBParameterGroupName": "p", "DBParameterGroupFamily": FAMILY, "Description": "d"}
    assert {**told, **named} == told
    assert await databases.tags(told["DBParameterGroupArn"]) == TAGS
    parameter = {"ParameterName": "work_mem", "ParameterValue": "8192", "ApplyMethod": "pending-reboot"}
    await databases.whole("ModifyDBParameterGroup", DBParameterGroupName="p", Parameters=[parameter])
    [told] = (await databases("DescribeDBParameters", DBParameterGroupName="p", Source="user"))["Parameters"]
    assert {**told, **parameter} == told
    copied = {"SourceDBParameterGroupIdentifier": "p", "TargetDBParameterGroupIdentifier": "q"}
    await databases.whole("CopyDBParameterGroup", **copied, TargetDBParameterGroupDescription="e", Tags=TAGS)
    [told] = (await databases("DescribeDBParameters", DBParameterGroupName="q", Source="user"))["Parameters"]
    assert {**told, **parameter} == told
    named = [{"ParameterName": "work_mem", "ApplyMethod": "immediate"}]  # type: ignore[assignment]
    everything = {"ResetAllParameters": True}
    await databases.whole("ResetDBParameterGroup", everything, DBParameterGroupName="p", Parameters=named)
    assert (await databases("DescribeDBParameters", DBParameterGroupName="p", Source="user"))["Parameters"] == []


async def test_snapshots_and_what_is_restored_from_them(databases: Databases) -> None:
    await _subnet_group(databases)
    await _parameter_group(databases)
    new = {"DBInstanceIdentifier": "db", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 400,
           "Engine": "postgres", "MasterUsername": "boss", "MasterUserPassword": "correct-horse",
           "DBSubnetGroupName": "g"}  # fmt: skip
    await databases("CreateDBInstance", **new)
    databases.instances.update("db", prepared=True, verifier="")
    databases.instances.observe("db", running=True, accepting=True)
    taken = {"DBSnapshotIdentifier": "S", "DBInstanceIdentifier": "db", "Tags": TAGS}
    told = (await databases.whole("CreateDBSnapshot", **taken))["DBSnapshot"]
    assert (told["DBSnapshotIdentifier"], told["DBInstanceIdentifier"], told["TagList"]) == ("s", "db", TAGS)
    snapshot = databases.instances.snapshot("s")
    assert snapshot is not None
    databases.instances.finish_snapshot(snapshot, "available", databases.clock.now())
    major = installations()[0].major
    copied = {"SourceDBSnapshotIdentifier": "s", "TargetDBSnapshotIdentifier": "t", "KmsKeyId": databases.key,
              "OptionGroupName": f"default:postgres-{major}", "SnapshotTarget": "region",
              "CopyTags": True, "Tags": [{"Key": "c", "Value": "3"}],
              "TagSpecifications": [{**MORE[0], "ResourceType": "db-snapshot"}]}  # fmt: skip
    told = (await databases.whole("CopyDBSnapshot", **copied))["DBSnapshot"]
    assert (told["DBSnapshotIdentifier"], told["KmsKeyId"], told["Encrypted"]) == ("t", databases.key, True)
    assert {tag["Key"] for tag in told["TagList"]} == {"a", "b", "c"}
    kept: dict[str, Any] = {
        "DBInstanceClass": "db.t4g.small", "AvailabilityZone": "us-east-1b", "PubliclyAccessible": True,
        "AutoMinorVersionUpgrade": False, "Iops": 12000, "StorageThroughput": 500, "StorageType": "gp3",
        "CopyTagsToSnapshot": True, "DeletionProtection": True, "AllocatedStorage": 450, "BackupRetentionPeriod": 7,
        "PreferredBackupWindow": "03:00-04:00", "CACertificateIdentifier": "rds-ca-rsa4096-g1",
        "EngineLifecycleSupport": "open-source-rds-extended-support-disabled", "BackupTarget": "region",
        **{name: value for name, value in NOTHING_MORE.items() if name not in NOT_RESTORED},
    }  # fmt: skip
    await databases.whole(
        "RestoreDBInstanceFromDBSnapshot", **kept, DBInstanceIdentifier="R", DBSnapshotIdentifier="s", Port=5433,
        DBSubnetGroupName="g", OptionGroupName=f"default:postgres-{major}", Tags=TAGS, TagSpecifications=MORE,
        VpcSecurityGroupIds=databases.groups, DBParameterGroupName="p", EnableCloudwatchLogsExports=["postgresql"],
        ManageMasterUserPassword=True, MasterUserSecretKmsKeyId=databases.key,
    )  # fmt: skip
    told = await databases.instance("r")
    expected = {TOLD_AS.get(name, name): value for name, value in kept.items()}
    assert {name: told.get(name) for name in expected} == expected
    assert (told["MasterUsername"], told["DBParameterGroups"][0]["DBParameterGroupName"]) == ("boss", "p")
    assert databases.instances.get("r").port == 5433  # type: ignore[union-attr]
    assert told["EnabledCloudwatchLogsExports"] == ["postgresql"]
    assert told["MasterUserSecret"]["KmsKeyId"] == databases.key
    assert told["TagList"] == [*TAGS, *MORE[0]["Tags"]]


async def test_db_instances(databases: Databases) -> None:
    await _subnet_group(databases)
    await _parameter_group(databases)
    kept: dict[str, Any] = {
        "DBName": "movies", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 400, "StorageType": "gp3",
        "Iops": 12000, "StorageThroughput": 500, "MaxAllocatedStorage": 500, "MasterUsername": "boss",
        "PreferredMaintenanceWindow": "mon:01:00-mon:02:00", "PreferredBackupWindow": "03:00-04:00",
        "BackupRetentionPeriod": 7, "AutoMinorVersionUpgrade": False, "PubliclyAccessible": False,
        "CopyTagsToSnapshot": True, "PromotionTier": 2, "DeletionProtection": True, "StorageEncrypted": True,
        "KmsKeyId": databases.key, "CACertificateIdentifier": "rds-ca-rsa4096-g1",
        "EngineLifecycleSupport": "open-source-rds-extended-support-disabled", "AvailabilityZone": "us-east-1b",
        "EngineVersion": installations()[0].version, "BackupTarget": "region", **NOTHING_MORE,
        "MonitoringInterval": 30, "MonitoringRoleArn": databases.role, "EnablePerformanceInsights": True,
        "PerformanceInsightsRetentionPeriod": 31, "PerformanceInsightsKMSKeyId": databases.key,
    }  # fmt: skip
    password = {"MasterUserPassword": "correct-horse"}
    await databases.whole(
        "CreateDBInstance", password, **kept, DBInstanceIdentifier="DB", Port=5433,
        VpcSecurityGroupIds=databases.groups,
        DBSubnetGroupName="g", DBParameterGroupName="p", OptionGroupName=f"default:postgres-{installations()[0].major}",
        ManageMasterUserPassword=True, MasterUserSecretKmsKeyId=databases.key,
        EnableCloudwatchLogsExports=["postgresql"],
        Tags=TAGS, TagSpecifications=MORE,
    )  # fmt: skip
    told = await databases.instance()
    hidden = ("MasterUserAuthenticationType",)
    expected = {TOLD_AS.get(name, name): value for name, value in kept.items() if name not in hidden}
    assert {name: told.get(name) for name in expected} == expected
    assert told["EnabledCloudwatchLogsExports"] == ["postgresql"]
    assert told["DBInstanceIdentifier"] == "db"
    assert databases.instances.get("db").port == 5433  # type: ignore[union-attr]
    assert [group["VpcSecurityGroupId"] for group in told["VpcSecurityGroups"]] == databases.groups
    assert told["DBSubnetGroup"]["DBSubnetGroupName"] == "g"
    assert told["DBParameterGroups"][0]["DBParameterGroupName"] == "p"
    assert told["MasterUserSecret"]["KmsKeyId"] == databases.key
    assert told["TagList"] == [*TAGS, *MORE[0]["Tags"]]
    changed = {**kept, "BackupRetentionPeriod": 8, "PreferredMaintenanceWindow": "tue:01:00-tue:02:00",
               "PreferredBackupWindow": "05:00-06:00", "DBInstanceClass": "db.t4g.small", "AllocatedStorage": 450,
               "Iops": 13000, "StorageThroughput": 510, "MaxAllocatedStorage": 600, "PromotionTier": 3,
               "AutoMinorVersionUpgrade": True, "PubliclyAccessible": True, "CopyTagsToSnapshot": False,
               "MonitoringInterval": 60, "PerformanceInsightsRetentionPeriod": 731,
               "DeletionProtection": False, "CACertificateIdentifier": "rds-ca-rsa2048-g1",
               "EngineLifecycleSupport": "open-source-rds-extended-support"}  # fmt: skip
    for name in ("DBName", "MasterUsername", "StorageEncrypted", "KmsKeyId", "AvailabilityZone", "BackupTarget"):
        del changed[name]
    databases.instances.update("db", prepared=True, secret_new=False)
    databases.instances.observe("db", running=True, accepting=True)
    others = {"MasterUserPassword": "correct-horse", "ManageMasterUserPassword": False, "MasterUserSecretKmsKeyId": "k"}
    await databases.whole(
        "ModifyDBInstance", others, **changed, DBInstanceIdentifier="db", ApplyImmediately=True, DBPortNumber=5434,
        VpcSecurityGroupIds=databases.groups[:1], DBSubnetGroupName="g", DBParameterGroupName=f"default.{FAMILY}",
        OptionGroupName=f"default:postgres-{installations()[0].major}", RotateMasterUserPassword=True,
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["upgrade"], "DisableLogTypes": ["postgresql"]},
        AllowMajorVersionUpgrade=False, TagSpecifications=[{**MORE[0], "Tags": [{"Key": "c", "Value": "3"}]}],
    )  # fmt: skip
    told = await databases.instance()
    expected = {TOLD_AS.get(name, name): value for name, value in changed.items() if name not in hidden}
    assert {name: told.get(name) for name in expected} == expected
    assert told["EnabledCloudwatchLogsExports"] == ["upgrade"]
    assert told["PendingModifiedValues"] == {}
    assert databases.instances.get("db").port == 5434  # type: ignore[union-attr]
    assert [group["VpcSecurityGroupId"] for group in told["VpcSecurityGroups"]] == databases.groups[:1]
    off = {"EnablePerformanceInsights": False, "PerformanceInsightsRetentionPeriod": 7}
    window = {"PreferredMaintenanceWindow": "Mon:00:00-Mon:03:00"}
    databases.instances.update("db", secret_new=False, verifier="", reboots=0)
    again = (await databases("ModifyDBInstance", DBInstanceIdentifier="db", **off, **window))["DBInstance"]
    assert again["PerformanceInsightsEnabled"] is False
    assert again["PreferredMaintenanceWindow"] == "mon:00:00-mon:03:00"
    assert told["DBParameterGroups"][0]["DBParameterGroupName"] == f"default.{FAMILY}"
    assert told["TagList"][-1] == {"Key": "c", "Value": "3"}
