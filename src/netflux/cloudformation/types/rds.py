"""RDS: instances, the groups that they are in, and who is told of their events."""

from __future__ import annotations

from typing import Any

from netflux.cloudformation.types.table import Facts, Read, Row, Step, Tagging, status

_SUBNET_GROUP = Row(
    type="AWS::RDS::DBSubnetGroup",
    service="rds",
    create=Step("CreateDBSubnetGroup"),
    id="$new.DBSubnetGroupName",
    read=Read("DescribeDBSubnetGroups", {"DBSubnetGroupName": "$id"}, "$response.DBSubnetGroups.0"),
    attributes={"DBSubnetGroupArn": "$item.DBSubnetGroupArn"},
    update=(
        Step(
            "ModifyDBSubnetGroup",
            ("DBSubnetGroupDescription", "SubnetIds"),
            always=("SubnetIds",),
            params={"DBSubnetGroupName": "$id"},
        ),
    ),
    delete=(Step("DeleteDBSubnetGroup", params={"DBSubnetGroupName": "$id"}),),
    gone=("DBSubnetGroupNotFoundFault", "DBSubnetGroupNotFound"),
    named="DBSubnetGroupName",
    name_length=255,
    lower=True,
    tags=Tagging("AddTagsToResource", "RemoveTagsFromResource", {"ResourceName": "$item.DBSubnetGroupArn"}),
)


def _parameters(facts: Facts) -> list[dict[str, Any]]:
    """At most 20 parameters a call [ModifyDBParameterGroup]; CloudFormation applies them at the next reboot."""
    given = [
        {"ParameterName": name, "ParameterValue": str(value), "ApplyMethod": "pending-reboot"}
        for name, value in facts.new.get("Parameters", {}).items()
    ]
    return [
        {"DBParameterGroupName": facts.id, "Parameters": given[start : start + 20]}
        for start in range(0, len(given), 20)
    ]


def _reset(facts: Facts) -> list[dict[str, Any]]:
    """Parameters that a template no longer has get their defaults, at most 20 a call [ResetDBParameterGroup]."""
    gone = sorted(facts.old.get("Parameters", {}).keys() - facts.new.get("Parameters", {}).keys())
    given = [{"ParameterName": name, "ApplyMethod": "pending-reboot"} for name in gone]
    return [
        {"DBParameterGroupName": facts.id, "Parameters": given[start : start + 20]}
        for start in range(0, len(given), 20)
    ]


_PARAMETER_GROUP = Row(
    type="AWS::RDS::DBParameterGroup",
    service="rds",
    create=Step("CreateDBParameterGroup", renames={"Family": "DBParameterGroupFamily"}),
    id="$new.DBParameterGroupName",
    read=Read("DescribeDBParameterGroups", {"DBParameterGroupName": "$id"}, "$response.DBParameterGroups.0"),
    attributes={"DBParameterGroupName": "$id", "DBParameterGroupArn": "$item.DBParameterGroupArn"},
    also=(
        Step("ModifyDBParameterGroup", ("Parameters",), build=_parameters, defaults={"Parameters": {}}),
        Step("ResetDBParameterGroup", ("Parameters",), build=_reset),
    ),
    delete=(Step("DeleteDBParameterGroup", params={"DBParameterGroupName": "$id"}),),
    gone=("DBParameterGroupNotFound", "DBParameterGroupNotFoundFault"),
    named="DBParameterGroupName",
    name_length=255,
    lower=True,
    tags=Tagging("AddTagsToResource", "RemoveTagsFromResource", {"ResourceName": "$item.DBParameterGroupArn"}),
)

_RENAMES = {"VPCSecurityGroups": "VpcSecurityGroupIds", "CustomIAMInstanceProfile": "CustomIamInstanceProfile"}

_NOT_OF_A_SNAPSHOT = (
    "MasterUserPassword", "MaxAllocatedStorage", "MonitoringInterval", "MonitoringRoleArn", "PromotionTier",
    "PreferredMaintenanceWindow", "DatabaseInsightsMode", "EnablePerformanceInsights", "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod",
)  # fmt: skip
"""Properties that an instance gets after it was restored: RestoreDBInstanceFromDBSnapshot has no members for them."""


def _ending(facts: Facts) -> list[dict[str, Any]]:
    """DeletionPolicy Snapshot fills `name`: the final snapshot's."""
    made: dict[str, Any] = {"DBInstanceIdentifier": facts.id}
    if facts.name:
        made["FinalDBSnapshotIdentifier"] = facts.name
    else:
        made["SkipFinalSnapshot"] = True
    if "DeleteAutomatedBackups" in facts.new:
        made["DeleteAutomatedBackups"] = str(facts.new["DeleteAutomatedBackups"]).lower() == "true"
    return [made]


_OBSERVED: dict[str, Any] = {
    "MonitoringInterval": 0, "MonitoringRoleArn": "", "EnablePerformanceInsights": False,
    "PerformanceInsightsKMSKeyId": "", "PerformanceInsightsRetentionPeriod": 7,
}  # fmt: skip


def _observed(facts: Facts) -> list[dict[str, Any]]:
    """What says how something is observed is told only while it is observed."""
    told = {**_OBSERVED, **facts.new}
    interval, insights = int(told["MonitoringInterval"]), str(told["EnablePerformanceInsights"]).lower() == "true"
    made: dict[str, Any] = {"MonitoringInterval": interval, "EnablePerformanceInsights": insights}
    if interval:
        made["MonitoringRoleArn"] = told["MonitoringRoleArn"]
    if insights:
        made["PerformanceInsightsRetentionPeriod"] = int(told["PerformanceInsightsRetentionPeriod"])
    if insights and told["PerformanceInsightsKMSKeyId"]:
        made["PerformanceInsightsKMSKeyId"] = told["PerformanceInsightsKMSKeyId"]
    return [{"DBInstanceIdentifier": facts.id, **made}]


def _exports(facts: Facts) -> list[dict[str, Any]]:
    """ModifyDBInstance takes what is to be exported from now on, and what no longer."""
    before, after = facts.old.get("EnableCloudwatchLogsExports", []), facts.new.get("EnableCloudwatchLogsExports", [])
    changes = {
        "EnableLogTypes": [one for one in after if one not in before],
        "DisableLogTypes": [one for one in before if one not in after],
    }
    made = {name: logs for name, logs in changes.items() if logs}
    return [{"DBInstanceIdentifier": facts.id, "CloudwatchLogsExportConfiguration": made}] if made else []


def _options(facts: Facts) -> list[dict[str, Any]]:
    """PostgreSQL has no options: ModifyOptionGroup refuses whatever is in it, by name."""
    given = facts.new.get("OptionConfigurations", [])
    options = [{"OptionName": str(one.get("OptionName", ""))} for one in given]
    return [{"OptionGroupName": facts.id, "OptionsToInclude": options}] if options else []


def _sources(facts: Facts, one: dict[str, Any], other: dict[str, Any]) -> list[dict[str, Any]]:
    """A call for each source that is in the one and not in the other."""
    kept = other.get("SourceIds", [])
    listed = [source for source in one.get("SourceIds", []) if source not in kept]
    return [{"SubscriptionName": facts.id, "SourceIdentifier": source} for source in listed]


def _sources_new(facts: Facts) -> list[dict[str, Any]]:
    return _sources(facts, facts.new, facts.old)


def _sources_gone(facts: Facts) -> list[dict[str, Any]]:
    return _sources(facts, facts.old, facts.new)


def _created(facts: Facts) -> str | None:
    """Nothing while the instance is made."""
    moment = facts.item.get("InstanceCreateTime")
    return moment.isoformat() if moment is not None else None


_INSTANCE = Row(
    type="AWS::RDS::DBInstance",
    service="rds",
    create=Step("CreateDBInstance", renames=_RENAMES),
    id="$new.DBInstanceIdentifier",
    read=Read("DescribeDBInstances", {"DBInstanceIdentifier": "$id"}, "$response.DBInstances.0"),
    attributes={
        "Endpoint.Address": "$item.Endpoint.Address",
        "Endpoint.Port": "$item.Endpoint.Port",
        "Endpoint.HostedZoneId": "$item.Endpoint.HostedZoneId",
        "MasterUserSecret.SecretArn": "$item.MasterUserSecret.SecretArn",
        "DBInstanceArn": "$item.DBInstanceArn",
        "DbiResourceId": "$item.DbiResourceId",
        "DBInstanceStatus": "$item.DBInstanceStatus",
        "InstanceCreateTime": _created,
        "CertificateDetails.CAIdentifier": "$item.CACertificateIdentifier",
    },
    update=(
        Step(
            "ModifyDBInstance",
            (
                "AllocatedStorage",
                "AllowMajorVersionUpgrade",
                "AutoMinorVersionUpgrade",
                "BackupRetentionPeriod",
                "CACertificateIdentifier",
                "CopyTagsToSnapshot",
                "DBInstanceClass",
                "DBParameterGroupName",
                "DeletionProtection",
                "DatabaseInsightsMode",
                "EngineLifecycleSupport",
                "EngineVersion",
                "EnableIAMDatabaseAuthentication",
                "Iops",
                "MasterUserPassword",
                "ManageMasterUserPassword",
                "MaxAllocatedStorage",
                "MultiAZ",
                "OptionGroupName",
                "Port",
                "PreferredBackupWindow",
                "PreferredMaintenanceWindow",
                "PromotionTier",
                "PubliclyAccessible",
                "StorageThroughput",
                "StorageType",
                "VPCSecurityGroups",
            ),
            renames=_RENAMES | {"Port": "DBPortNumber"},
            params={"DBInstanceIdentifier": "$id", "ApplyImmediately": True},
            defaults={"DeletionProtection": False, "CopyTagsToSnapshot": False, "BackupRetentionPeriod": 1},
        ),
        Step(
            "ModifyDBInstance",
            ("EnableCloudwatchLogsExports",),
            build=_exports,
            defaults={"EnableCloudwatchLogsExports": []},
        ),
        Step("ModifyDBInstance", tuple(_OBSERVED), build=_observed, defaults=_OBSERVED),
    ),
    instead={
        "DBSnapshotIdentifier": (
            Step("RestoreDBInstanceFromDBSnapshot", renames=_RENAMES),
            Step(
                "ModifyDBInstance",
                _NOT_OF_A_SNAPSHOT,
                params={"DBInstanceIdentifier": "$id", "ApplyImmediately": True},
                settled=True,
            ),
        ),
    },
    delete=(Step("DeleteDBInstance", build=_ending),),
    kept_as_snapshot=True,
    gone=("DBInstanceNotFound", "DBInstanceNotFoundFault"),
    stable=status(
        "DBInstanceStatus",
        ("available", "storage-optimization"),
        (
            "failed",
            "incompatible-network",
            "incompatible-parameters",
            "incompatible-restore",
            "deleting",
            "storage-full",
        ),
    ),
    over=lambda _item: False,
    busy=lambda item: item["DBInstanceStatus"] in ("backing-up", "resetting-master-credentials"),
    named="DBInstanceIdentifier",
    lower=True,
    consumed=("DeleteAutomatedBackups", "AllowMajorVersionUpgrade", "ApplyImmediately"),
    tags=Tagging("AddTagsToResource", "RemoveTagsFromResource", {"ResourceName": "$item.DBInstanceArn"}),
    seconds=3600.0,
)

_OPTION_GROUP = Row(
    type="AWS::RDS::OptionGroup",
    service="rds",
    create=Step(
        "CreateOptionGroup",
        only=("OptionGroupName", "EngineName", "MajorEngineVersion", "OptionGroupDescription", "Tags"),
    ),
    id="$new.OptionGroupName",
    read=Read("DescribeOptionGroups", {"OptionGroupName": "$id"}, "$response.OptionGroupsList.0"),
    also=(Step("ModifyOptionGroup", ("OptionConfigurations",), build=_options),),
    delete=(Step("DeleteOptionGroup", params={"OptionGroupName": "$id"}),),
    gone=("OptionGroupNotFoundFault",),
    named="OptionGroupName",
    name_length=255,
    lower=True,
    tags=Tagging("AddTagsToResource", "RemoveTagsFromResource", {"ResourceName": "$item.OptionGroupArn"}),
)

_EVENT_SUBSCRIPTION = Row(
    type="AWS::RDS::EventSubscription",
    service="rds",
    create=Step("CreateEventSubscription"),
    id="$new.SubscriptionName",
    read=Read("DescribeEventSubscriptions", {"SubscriptionName": "$id"}, "$response.EventSubscriptionsList.0"),
    update=(
        Step(
            "ModifyEventSubscription",
            ("EventCategories", "Enabled", "SourceType"),
            params={"SubscriptionName": "$id"},
            defaults={"EventCategories": [], "Enabled": True},
        ),
        Step("RemoveSourceIdentifierFromSubscription", ("SourceIds",), build=_sources_gone, defaults={"SourceIds": []}),
        Step("AddSourceIdentifierToSubscription", ("SourceIds",), build=_sources_new, defaults={"SourceIds": []}),
    ),
    delete=(Step("DeleteEventSubscription", params={"SubscriptionName": "$id"}),),
    gone=("SubscriptionNotFound", "SubscriptionNotFoundFault"),
    named="SubscriptionName",
    name_length=254,
    tags=Tagging("AddTagsToResource", "RemoveTagsFromResource", {"ResourceName": "$item.EventSubscriptionArn"}),
)

ROWS = (_SUBNET_GROUP, _PARAMETER_GROUP, _INSTANCE, _OPTION_GROUP, _EVENT_SUBSCRIPTION)
